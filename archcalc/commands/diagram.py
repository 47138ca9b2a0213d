"""`archcalc diagram`: SVG, PNG, PDF, DOT and Mermaid."""

from __future__ import annotations

import sys
from typing import Any

import click

from archcalc.commands._options import SPEC_HELP, network_options, opened, output_file

FORMS = ["auto", "layers", "cards", "snake", "folded", "blocks", "volume", "field", "bars"]
HEATS = ["params", "macs", "memory", "field"]


@click.command(epilog=SPEC_HELP)
@click.argument("spec", metavar="SPEC")
@network_options
@click.option("-o", "--output", metavar="FILE", callback=output_file,
              help="Write here: .svg, .png, .pdf, .dot or .mmd. Without it, SVG goes to standard output.")
@click.option("--format", "kind", type=click.Choice(["svg", "png", "pdf", "dot", "mmd"]),
              help="Default: by the suffix of -o, else svg.")
@click.option("--form", type=click.Choice(FORMS), default="auto", show_default=True,
              help="layers: all of them; cards: a chain by stages; snake: stages with shortcuts in columns; folded: "
              "repeated blocks once, drawn beside; blocks: each block one box; volume: boxes of the maps' size; field: "
              "receptive fields on the input; bars: costs by layer.")
@click.option("--depth", type=click.IntRange(1, 100), help="Draw blocks at this many levels of names as one box.")
@click.option("--fold/--no-fold", default=True, show_default=True, help="Draw repeated blocks as one box.")
@click.option("--max-nodes", type=click.IntRange(1, 5000), help="Boxes at most: 60, or 600 with --no-fold.")
@click.option("--expand", multiple=True, metavar="BLOCK", help="Draw this block's inside beside the network.")
@click.option("--heads/--no-heads", default=True, show_default=True,
              help="Draw what is there in training only, dashed; totals leave it out.")
@click.option("--heat", type=click.Choice(HEATS), help="Shade by share, and print the percentage.")
@click.option("--against", metavar="SPEC", help="Mark what differs from this network: added, removed, changed.")
@click.option("--shapes", type=click.Choice(["edges", "nodes", "off"]), default="edges", show_default=True,
              help="Shapes on edges, where they change, or in boxes.")
@click.option("--counts", type=click.Choice(["both", "params", "macs", "off"]), default="both", show_default=True,
              help="Counts in boxes.")
@click.option("--layout", type=click.Choice(["hwc", "chw"]), default="hwc", show_default=True,
              help="Show shapes channel last or channel first.")
@click.option("--rankdir", type=click.Choice(["TB", "LR"]), default="TB", show_default=True,
              help="Direction of layer and block graphs.")
@click.option("--columns", default="params,macs", show_default=True, metavar="A,B,...",
              help="What form bars shows: params, macs, memory, field.")
@click.option("--layer", "layers", multiple=True, metavar="LAYER", help="A layer that form field shows.")
@click.option("--local", is_flag=True, help="Receptive fields through windowed paths alone.")
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", show_default=True,
              help="auto follows the reader's system.")
@click.option("--paper/--transparent", default=True, show_default=True, help="Paint the background.")
@click.option("--legend/--no-legend", default=True, show_default=True, help="Say what the colours mean.")
@click.option("--link", default="", metavar="TEMPLATE", help="Link each node: page.html#{layer}.")
@click.option("--id", "prefix", metavar="PREFIX", help="Prefix of all ids. Default: ac- and the network's name.")
@click.option("--engine", type=click.Choice(["auto", "pure", "dot"]), default="auto", show_default=True,
              help="pure is graphviz-pure, dot a system's Graphviz.")
def command(spec: str, mode: str, input_size: str | None, settings: tuple[str, ...], output: str | None,
            kind: str | None, against: str | None, prefix: str | None, columns: str, **given: Any) -> None:
    """Draw a network.

    The form is chosen by the network: chains get cards, small residual networks a snake, others a graph
    with their repeated blocks folded.
    """
    from archcalc.commands._output import write
    from archcalc.diagrams.diagram import Diagram, format_of
    from archcalc.diagrams.options import options
    from archcalc.errors import UsageError

    kind = kind or ("svg" if output is None else format_of(output))
    if output is None and kind in ("png", "pdf") and sys.stdout.isatty():
        raise UsageError(f"{kind} is no text for a terminal; name a file with -o")
    chosen = options(id=prefix, columns=tuple(c.strip() for c in columns.split(",")), **given)
    other = opened(against, mode, None, ()) if against is not None else None
    made = Diagram(opened(spec, mode, input_size, settings), chosen, other)
    content = made.render(kind)
    if made.note:
        click.echo(f"Note: {made.note}", err=True)
    write(content, output)
