"""`archcalc diff`: what changed from one network to another."""

from __future__ import annotations

import click

from archcalc.commands._options import SPEC_HELP, network_options, opened, output_option
from archcalc.commands._output import bold_for, format_of, width_of, write
from archcalc.errors import UsageError


@click.command(epilog=SPEC_HELP)
@click.argument("before", metavar="SPEC")
@click.argument("after", metavar="SPEC")
@network_options
@click.option("--all", "everything", is_flag=True, help="List layers too that are the same or only renamed.")
@click.option("--format", "form", type=click.Choice(["table", "json", "md"]), help="Default: table, or by the suffix "
              "of -o.")
@output_option
def command(before: str, after: str, mode: str, input_size: str | None, settings: tuple[str, ...], everything: bool,
            form: str | None, output: str | None) -> None:
    """List the layers that were added, removed and changed from one network to another, with what each costs.

    Layers correspond by name, then by kind, fields and surroundings, so that renaming and insertion leave
    the rest as it is. Two versions of one file in git: archcalc diff HEAD~1:net.yaml net.yaml
    """
    from archcalc.comparison import difference_text
    from archcalc.comparison.difference import diff

    form = form or format_of(output)
    if form == "csv":
        raise UsageError("a difference has no CSV format; use .txt, .md or .json")
    found = diff(*(opened(spec, mode, input_size, settings) for spec in (before, after)))
    if form == "json":
        write(difference_text.to_json(found), output)
    elif form == "md":
        write(difference_text.markdown(found, everything), output)
    else:
        write(difference_text.table(found, everything, width_of(output), bold_for(output)), output)
