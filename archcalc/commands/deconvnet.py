"""`archcalc deconvnet`: the network that goes back from a layer to the image, and what it projects."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from archcalc.commands._options import SPEC_HELP, network_options, opened, output_option
from archcalc.commands._output import bold_for, format_of, write
from archcalc.errors import UsageError

if TYPE_CHECKING:
    from archcalc.backwards.derive import Backward

SUFFIXES = {".txt": "table", ".json": "json", ".yaml": "spec", ".yml": "spec", ".svg": "svg", ".pdf": "pdf",
            ".png": "png"}
METHODS = ["deconvnet", "guided", "gradient"]


@click.command(epilog=SPEC_HELP)
@click.argument("spec", metavar="SPEC")
@click.option("--at", "layer", metavar="LAYER", required=True, help="Go back from this layer, or from the last layer "
              "of this block.")
@click.option("--unit", metavar="C,I,J", help="The unit: its index along each axis. A channel alone is a map.")
@click.option("--from", "source", metavar="LAYER", help="Go back to this input or layer: by default to the one input.")
@click.option("--method", type=click.Choice(METHODS), default="deconvnet", show_default=True,
              help="At rectifiers: deconvnet rectifies the signal, gradient masks it as the forward pass did, guided "
              "does both.")
@network_options
@click.option("--image", "images", multiple=True, metavar="FILE", help="Project units of this image, by all three "
              "methods, onto a contact sheet; several images compete. Needs torch and Pillow.")
@click.option("--weights", metavar="FILE", help="With --image: a state dict, .safetensors or .pt. Without, weights are "
              "random.")
@click.option("--top", type=click.IntRange(1, 100), help="With --image: so many of the strongest activations, of the "
              "map of --unit or of all maps. Default: 5.")
@click.option("--seed", type=int, default=0, show_default=True, help="With --image: of random weights.")
@click.option("--normalize", type=click.Choice(["imagenet", "unit"]), help="With --image: subtract ImageNet's mean and "
              "divide by its deviation, or leave pixels from 0 to 1. Default: imagenet for three channels.")
@click.option("--format", "form", type=click.Choice(["table", "json", "spec", "svg", "png", "pdf"]),
              help="Default: table, or by the suffix of -o. spec is the derived network as YAML; svg, png and pdf draw "
              "it beside the forward path.")
@output_option
def command(spec: str, layer: str, unit: str | None, source: str | None, method: str, mode: str,
            input_size: str | None, settings: tuple[str, ...], images: tuple[str, ...], form: str | None,
            output: str | None, **running: Any) -> None:
    """Derive the deconvnet of a layer: max-unpooling by switches, rectification, transposed filters.

    Prints its shapes and the patch of the image that a unit sees, or writes it as a spec or as a drawing. With
    --image it runs, and writes patches of the image beside their projections.
    """
    if mode != "eval":
        raise UsageError("a deconvnet goes back through the network of inference; leave --mode out")
    from archcalc.backwards.derive import derive
    from archcalc.backwards.text import parsed

    at = parsed(unit) if unit is not None else None
    back = derive(opened(spec, mode, input_size, settings), layer, method, source)
    if images:
        _project(back, at, images, form, output, **running)
        return
    given = [f"--{name}" for name in ("weights", "top", "normalize") if running[name] is not None]
    if given:
        raise UsageError(f"{' and '.join(given)} without --image: what should be projected?")
    _show(back, at, form or format_of(output, SUFFIXES), output)


def _show(back: Backward, unit: tuple[int, ...] | None, form: str, output: str | None) -> None:
    """The derived network in a format."""
    from archcalc.backwards import text

    if form == "spec":
        write(back.text, output)
    elif form in ("table", "json"):
        at = text.seen(back, unit)
        write(text.table(back, at, bold_for(output)) if form == "table" else text.to_json(back, at), output)
    else:
        _draw(back, unit, form, output)


def _draw(back: Backward, unit: tuple[int, ...] | None, form: str, output: str | None) -> None:
    """The derived network beside the forward path."""
    from archcalc.backwards.text import seen
    from archcalc.diagrams import raster
    from archcalc.diagrams.backwards import picture
    from archcalc.diagrams.svg import Look, svg
    from archcalc.files import write_file

    scene = picture(back, seen(back, unit))
    if form == "svg":
        write(svg(scene), output)
    elif output is None:
        raise UsageError(f"{form} is no text; name a file with -o")
    else:
        write_file(output, getattr(raster, form)(scene, Look()))


def _project(back: Backward, unit: tuple[int, ...] | None, images: tuple[str, ...], form: str | None,
             output: str | None, **running: Any) -> None:
    """The contact sheet, and on standard error how it came about."""
    if form not in (None, "png") or output is None:
        raise UsageError("--image writes a contact sheet: name a picture with -o, such as -o sheet.png")
    from archcalc.crosscheck.contact import contact_sheet

    content, remarks = contact_sheet(back, unit, images, os.path.splitext(output)[1].lower(), **running)
    from archcalc.files import write_file

    write_file(output, content)
    for remark in remarks:
        click.echo(remark, err=True)
