"""`archcalc show`: a spec, or its layers expanded."""

from __future__ import annotations

import click

from archcalc.commands._options import SPEC_HELP, network_options, opened, output_option
from archcalc.commands._output import write
from archcalc.errors import UsageError


@click.command(epilog=SPEC_HELP)
@click.argument("spec", metavar="SPEC")
@network_options
@click.option("--expanded", is_flag=True, help="The layers after expansion, as a flat spec.")
@output_option
def command(spec: str, mode: str, input_size: str | None, settings: tuple[str, ...], expanded: bool,
         output: str | None) -> None:
    """Print a spec as it is written, or its layers expanded."""
    if expanded:
        from archcalc.spec.flat import flat

        write(flat(opened(spec, mode, input_size, settings)), output)
        return
    if settings or input_size:
        raise UsageError("--set and --input change the layers: use them with --expanded")
    from archcalc.spec.document import open_document

    write("\n".join(open_document(spec).root.source.lines) + "\n", output)
