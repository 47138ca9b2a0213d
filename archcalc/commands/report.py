"""`archcalc report`: the table, its other formats, and sections beside it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

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
from archcalc.commands._output import PAGES, bold_for, format_of, width_of, write
from archcalc.errors import UsageError

RENDERERS = {"table": "table", "csv": "csv", "md": "markdown"}
"""Formats whose reports stand one below the other, and the modules that write them."""
FORMATS = ("table", "json", "csv", "md", "html")


@click.command(epilog=SPEC_HELP)
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@network_options
@batch_option
@dtype_option
@click.option("--depth", type=click.IntRange(1, 100), help="Sum rows by block, down to this many levels of names.")
@click.option("--layout", type=click.Choice(["chw", "hwc"]), default="chw", show_default=True,
              help="Show shapes channel first or channel last.")
@click.option("--columns", metavar="A,B,...", help="Choose columns: kind, label, output, params, weights, buffers, "
              "macs, flops, count, outputs, memory, field, stride, start, unproductive; or all.")
@click.option("--count", metavar="NAME", help="Count as another tool does, in place of FLOPs: fvcore, ptflops, "
              "ptflops-aten, thop, torchinfo, calflops, calflops-macs, torch, timm or burden.")
@click.option("--local", is_flag=True, help="Receptive fields through windowed paths alone.")
@click.option("--optimizer", type=click.Choice(["sgd", "momentum", "adam"]), default="adam", show_default=True,
              help="For the bytes of a training step.")
@click.option("--checkpoint", is_flag=True, help="Train with gradient checkpoints at top-level blocks.")
@click.option("--memory", "section", flag_value="memory", help="Show memory line by line instead of the table.")
@click.option("--order", "section", flag_value="order", help="Search the order with the lowest peak of inference.")
@click.option("--placement", "section", flag_value="placement", help="Show what each device holds and what crosses.")
@click.option("--field-of", "unit", metavar="LAYER@I,J", help="Show the region of the input that one unit sees.")
@click.option("--from", "source", metavar="LAYER", help="With --field-of: the region of this layer instead.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: table, or by the suffix of -o. html: one "
              "page for a browser, of several networks side by side.")
@output_option
def command(specs: tuple[str, ...], mode: str, input_size: str | None, settings: tuple[str, ...], batch: int,
            dtype: str, depth: int | None, layout: str, columns: str | None, count: str | None, local: bool,
            optimizer: str, checkpoint: bool, section: str | None, unit: str | None, source: str | None,
            form: str | None, output: str | None) -> None:
    """Print every layer's output shape, parameters, MACs, FLOPs, memory and field, and the totals.

    The table has as many columns as its width has room for; --columns chooses others.
    """
    from archcalc.reports.report import Report

    form = form or format_of(output, PAGES)
    if form == "csv" and len(specs) > 1:
        raise UsageError("--format csv takes one SPEC; its rows have no column for the network")
    if count is not None:
        check_count(count, batch)
    reports = [Report(opened(spec, mode, input_size, settings), batch, dtype, local=local, optimizer=optimizer,
                      checkpoint=checkpoint, count=count) for spec in specs]
    if section or unit or source:
        write("\n".join(_section(r, section, unit, source, form) for r in reports), output)
        return
    shown = tuple(c.strip() for c in columns.split(",")) if columns else ()
    text = _text(reports, form, output, depth=depth, layout=layout, columns=shown)
    write(text if text.endswith("\n") else text + "\n", output)


def _text(reports: Sequence[Any], form: str, output: str | None, **options: Any) -> str:
    """Reports in a format."""
    if form == "html":
        from archcalc.html import page

        return page(reports, **options)
    if form == "json":
        depth = options["depth"]
        if len(reports) == 1:
            return str(reports[0].to_json(depth))
        import json

        return json.dumps([r.to_dict(depth) for r in reports], ensure_ascii=False, indent=1) + "\n"
    if form == "table":
        options |= {"width": width_of(output), "bold": bold_for(output)}
    render = import_module(f"archcalc.reports.{RENDERERS[form]}").render
    return "\n".join(render(r, **options) for r in reports)


def _section(report: Any, section: str | None, unit: str | None, source: str | None, form: str) -> str:
    """A section of a report as text or JSON."""
    from archcalc.reports import sections

    if form not in ("table", "json"):
        raise UsageError(f"--format {form} has no such section; use table or json")
    if unit is None and section is None:
        raise UsageError("--from goes with --field-of LAYER@I,J")
    if unit is not None:
        if section is not None:
            raise UsageError(f"--field-of and --{section} are two sections; ask for one at a time")
        return sections.region_text(report, unit, source, form == "json")
    if form == "json":
        return sections.as_json(report, section)
    text: str = getattr(sections, f"{section}_text")(report)
    return text
