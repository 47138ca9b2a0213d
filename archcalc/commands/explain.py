"""`archcalc explain`: the arithmetic behind the numbers."""

from __future__ import annotations

import click

from archcalc.commands._options import SPEC_HELP, dtype_option, network_options, opened, output_option
from archcalc.commands._output import format_of, write
from archcalc.errors import UsageError


@click.command(epilog=SPEC_HELP)
@click.argument("spec", metavar="SPEC")
@click.argument("layers", nargs=-1, metavar="[LAYER]...")
@network_options
@click.option("--what", metavar="A,B,...", help="Choose of shape, params, macs, flops, field, memory.")
@click.option("--batch", type=click.IntRange(1, 10**9 - 1), default=1, show_default=True, help="Samples.")
@dtype_option
@click.option("--local", is_flag=True, help="Receptive fields through windowed paths alone.")
@click.option("--latex", is_flag=True, help="Write LaTeX (align*) instead of text.")
@click.option("--format", "form", type=click.Choice(["table", "md", "json"]), help="Default: table (plain text), or "
              "by the suffix of -o.")
@output_option
def command(spec: str, layers: tuple[str, ...], mode: str, input_size: str | None, settings: tuple[str, ...],
            what: str | None, batch: int, dtype: str, local: bool, latex: bool, form: str | None,
            output: str | None) -> None:
    """Write out the arithmetic behind every number of some layers, or of all and the totals.

    LAYER is a layer's full name, or a block's for all that is in it.
    """
    from archcalc.explain import WHAT
    from archcalc.explain import explain as explanations
    from archcalc.reports.explanation import render
    from archcalc.reports.report import Report
    from archcalc.words import listed, suggest

    chosen = tuple(w.strip() for w in what.split(",")) if what else WHAT
    for word in chosen:
        if word not in WHAT:
            raise UsageError(f"unknown quantity '{word[:40]}'{suggest(word, WHAT) or f'; there are {listed(WHAT)}'}")
    found = Report(opened(spec, mode, input_size, settings), batch, dtype, local=local)
    for layer in layers:
        if layer not in found.net.parts:
            raise UsageError(f"{found.net.spec} has no layer or block '{layer[:80]}'{suggest(layer, found.net.parts)}")
    form = "latex" if latex else form or format_of(output)
    if form == "csv":
        raise UsageError("an explanation is no table of values; use .txt, .md or .json")
    write(render(found, explanations(found, layers, chosen), form), output)
