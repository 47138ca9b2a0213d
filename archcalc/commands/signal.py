"""`archcalc signal`: how signals and gradients survive at initialisation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from archcalc.commands._options import SPEC_HELP, network_options, opened, output_option
from archcalc.commands._output import bold_for, format_of, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.propagation.propagate import Propagation

PICTURES = {".svg": "svg", ".png": "png", ".pdf": "pdf"}


@click.command(epilog=SPEC_HELP)
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--init", "inits", default="he", show_default=True, metavar="A,B,...",
              help="How weights are drawn: he, xavier, lecun, orthogonal, normal:0.01 (a standard deviation), or "
              "paper, as the network's paper says.")
@network_options
@click.option("--all", "everything", is_flag=True, help="List all layers, not only those with weights and outputs.")
@click.option("--format", "form", type=click.Choice(["table", "md", "csv", "json", "svg", "png", "pdf"]),
              help="Default: table, or by the suffix of -o. svg, png and pdf are a chart along depth.")
@output_option
def command(specs: tuple[str, ...], inits: str, mode: str, input_size: str | None, settings: tuple[str, ...],
            everything: bool, form: str | None, output: str | None) -> None:
    """Estimate mean squares of every layer's output and gradient at initialisation, by mean-field rules.

    Says how much signal and gradient grow or shrink from one end to the other. Batch normalization has the
    statistics of large batches in both modes; --mode train adds dropout and auxiliary heads. Several networks or
    schemes stand in one chart: archcalc signal plain34 resnet34 -o signal.svg
    """
    from archcalc.propagation import text
    from archcalc.propagation.propagate import signal

    form = form or PICTURES.get(os.path.splitext(output or "")[1].lower()) or format_of(output)
    nets = [opened(spec, mode, input_size, settings) for spec in specs]
    found = [signal(net, init.strip()) for net in nets for init in inits.split(",")]
    if form in PICTURES.values():
        _picture(found, form, output)
    elif form == "json":
        write(text.to_json(found), output)
    elif form == "csv":
        write(text.csv_text(found, everything), output)
    elif form == "md":
        write("\n".join(text.markdown(one, everything) for one in found), output)
    else:
        write("\n".join(text.table(one, everything, bold_for(output)) for one in found), output)


def _picture(found: Sequence[Propagation], form: str, output: str | None) -> None:
    import sys

    from archcalc.diagrams.signals import signal_picture
    from archcalc.errors import UsageError

    if output is None and form != "svg" and sys.stdout.isatty():
        raise UsageError(f"{form} is no text for a terminal; name a file with -o")
    content = signal_picture(found, form)
    write(content, output)
