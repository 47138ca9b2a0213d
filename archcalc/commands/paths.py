"""`archcalc paths`: depth, and the paths from the inputs to the outputs."""

from __future__ import annotations

import click

from archcalc.commands._options import SPEC_HELP, network_options, opened, output_option
from archcalc.commands._output import bold_for, format_of, write


@click.command(epilog=SPEC_HELP)
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--unit", type=click.Choice(["weights", "pooling", "layers"]), default="weights", show_default=True,
              help="What a path's length counts: layers with weights, those and pooling, or all layers.")
@click.option("--init", metavar="NAME", help="Also the share of the gradient that paths of each length carry at this "
              "initialisation: he, xavier, lecun, orthogonal, normal:0.01 or paper.")
@network_options
@click.option("--format", "form", type=click.Choice(["table", "md", "csv", "json"]), help="Default: table, or by the "
              "suffix of -o.")
@output_option
def command(specs: tuple[str, ...], unit: str, init: str | None, mode: str, input_size: str | None,
            settings: tuple[str, ...], form: str | None, output: str | None) -> None:
    """Count layers as papers do, and the paths from the inputs to the outputs by length.

    Depth, numbers of paths and their lengths are exact; shares of the gradient are estimates.
    """
    from archcalc.analysis.paths import paths
    from archcalc.reports import paths as text

    form = form or format_of(output)
    found = []
    for spec in specs:
        one = paths(opened(spec, mode, input_size, settings), unit)
        shares = None
        if init is not None:
            from archcalc.propagation.shares import gradient_shares

            shares = gradient_shares(one, init)
        found.append(text.Told(one, shares, init))
    if form == "table":
        write("\n".join(text.table(one, bold_for(output)) for one in found), output)
    else:
        write({"md": text.markdown, "csv": text.csv_text, "json": text.to_json}[form](found), output)
