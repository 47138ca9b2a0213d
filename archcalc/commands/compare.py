"""`archcalc compare`: totals and stages of several networks side by side."""

from __future__ import annotations

import click

from archcalc.commands._options import (
    SPEC_HELP,
    batch_option,
    check_count,
    dtype_option,
    network_options,
    opened,
    output_option,
)
from archcalc.commands._output import bold_for, format_of, width_of, write


@click.command(epilog=SPEC_HELP)
@click.argument("specs", nargs=-1, required=True, metavar="SPEC SPEC...")
@network_options
@batch_option
@dtype_option
@click.option("--count", metavar="NAME", help="Also compare what another tool would print: see `report --count`.")
@click.option("--format", "form", type=click.Choice(["table", "md", "csv", "json"]), help="Default: table, or by the "
              "suffix of -o.")
@output_option
def command(specs: tuple[str, ...], mode: str, input_size: str | None, settings: tuple[str, ...], batch: int,
            dtype: str, count: str | None, form: str | None, output: str | None) -> None:
    """Put the totals and stages of networks side by side, with ratios to the first, and mark the least.

    Networks stand in columns where these fit, else in rows.
    """
    from archcalc.comparison import totals_text
    from archcalc.comparison.side_by_side import compare

    form = form or format_of(output)
    if count is not None:
        check_count(count, batch)
    nets = [opened(spec, mode, input_size, settings) for spec in specs]
    found = compare(*nets, batch=batch, dtype=dtype, count=count)
    if form == "table":
        write(totals_text.table(found, width_of(output), bold_for(output)), output)
    else:
        render = {"md": totals_text.markdown, "csv": totals_text.csv_text, "json": totals_text.to_json}[form]
        write(render(found), output)
