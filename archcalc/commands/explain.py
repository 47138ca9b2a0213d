"""`archcalc explain`: the arithmetic behind the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from archcalc.commands._options import SPEC_HELP, batch_option, dtype_option, network_options, opened, output_option
from archcalc.commands._output import format_of, write
from archcalc.errors import UsageError

if TYPE_CHECKING:
    from archcalc.net import Net


@click.command(epilog=SPEC_HELP)
@click.argument("spec", metavar="SPEC")
@click.argument("layers", nargs=-1, metavar="[LAYER]...")
@network_options
@click.option("--what", metavar="A,B,...", help="Choose of shape, params, macs, flops, field, memory.")
@click.option("--count", metavar="A,B", help="Explain instead where two tools' counts part, kind by kind, or one's and "
              "archcalc's MACs: fvcore, ptflops, ptflops-aten, thop, torchinfo, calflops, calflops-macs, torch, timm, "
              "burden.")
@batch_option
@dtype_option
@click.option("--local", is_flag=True, help="Receptive fields through windowed paths alone.")
@click.option("--latex", is_flag=True, help="Write LaTeX (align*) instead of text.")
@click.option("--format", "form", type=click.Choice(["table", "md", "json"]), help="Default: table (plain text), or "
              "by the suffix of -o.")
@output_option
def command(spec: str, layers: tuple[str, ...], mode: str, input_size: str | None, settings: tuple[str, ...],
            what: str | None, count: str | None, batch: int, dtype: str, local: bool, latex: bool, form: str | None,
            output: str | None) -> None:
    """Write out the arithmetic behind every number of some layers, or of all and the totals.

    LAYER is a layer's full name, or a block's for all that is in it.
    """
    if count is not None:
        if what or latex or batch != 1:
            raise UsageError("--count goes with neither --what, --latex nor --batch")
        write(_counts(opened(spec, mode, input_size, settings), layers, count, form or format_of(output)), output)
        return
    if latex and form is not None:
        raise UsageError(f"--latex is a format of its own; leave out --format {form}")
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
    _check(found.net, layers)
    form = "latex" if latex else form or format_of(output)
    if form == "csv":
        raise UsageError("an explanation is no table of values; use .txt, .md or .json")
    write(render(found, explanations(found, layers, chosen), form), output)


def _check(net: Net, layers: Sequence[str]) -> None:
    from archcalc.words import suggest

    for layer in layers:
        if layer not in net.parts:
            raise UsageError(f"{net.spec} has no layer or block '{layer[:80]}'{suggest(layer, net.parts)}")


def _counts(net: Net, layers: Sequence[str], count: str, form: str) -> str:
    """Where two tools part, in a format."""
    from archcalc.conventions.difference import difference
    from archcalc.reports.counts import render

    names = [name.strip() for name in count.split(",")]
    if len(names) > 2:
        raise UsageError(f"--count compares two tools, found {len(names)}: {count[:80]}")
    if form == "csv":
        raise UsageError("an explanation is no table of values; use .txt, .md or .json")
    _check(net, layers)
    return render(difference(net, names, layers), form)
