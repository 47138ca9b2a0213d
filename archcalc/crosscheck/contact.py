"""A contact sheet: for each unit the image, the patch that it sees, and what each method projects."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from archcalc.analysis.shapes import calls
from archcalc.backwards.derive import METHODS, Backward
from archcalc.backwards.find import patch, place
from archcalc.crosscheck.build import build
from archcalc.crosscheck.deconvnet import Look, Projector, Unit
from archcalc.crosscheck.picture import Picture, pillow, read_picture
from archcalc.crosscheck.weights import load_weights
from archcalc.errors import UsageError
from archcalc.tensor import Tensor

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
COLUMNS = ("image", "patch", "deconvnet", "guided backpropagation", "gradient")
TOP = 5
TILE, GAP, MARGIN = 190, 12, 20
TITLE, WORDS = 22, 14
INK, MUTED, PAPER, MARK = (31, 41, 51), (82, 96, 109), (255, 255, 255), (181, 23, 158)


class Row(NamedTuple):
    """A line of the sheet: a unit on its image, the patch that it sees, and its projections in order of `METHODS`."""

    unit: Unit
    picture: Picture
    patch: tuple[range, ...]
    projections: tuple[torch.Tensor, ...]


def contact_sheet(back: Backward, unit: tuple[int, ...] | None, images: Sequence[str], suffix: str = ".png", *,
                  weights: str | None = None, top: int | None = None, seed: int = 0,
                  normalize: str | None = None) -> tuple[bytes, list[str]]:
    """The sheet as bytes in the format of a suffix, and how it came about in words.

    ``unit`` is an index per axis of the layer, a channel for the strongest places of its map, or None for the
    strongest maps. Without ``weights`` they are random, torch's own initialisation at ``seed``.
    """
    x = calls(back.forward)[back.forward.index[back.source]].out
    if suffix not in FORMATS:
        raise UsageError(f"a contact sheet is {', '.join(FORMATS)}, found '{suffix}'")
    if back.source not in (node.name for node in back.forward.inputs) or len(back.forward.inputs) > 1:
        raise UsageError(f"a projection onto '{back.source}' is no picture: --image needs a network of one input, "
                         "and goes back to that")
    pictures = [read_picture(path, x, normalize) for path in images]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(back.forward)
    said = load_weights(model, weights) if weights is not None else f"random weights, seed {seed}"
    looks = [Projector(model, back.layer, METHODS, back.source).look(picture.tensor) for picture in pictures]
    units = _units(back, looks, unit, top)
    rows = [Row(each, pictures[each.image], patch(back.forward, back.layer, each.place, back.source),
                tuple(looks[each.image].project(method, each.place) for method in METHODS)) for each in units]
    title = f"{back.forward.name} · {back.layer}"
    return _saved(_drawn(title, said, rows, x), FORMATS[suffix]), [*(p.remark for p in pictures), said]


def _units(back: Backward, looks: Sequence[Look], unit: tuple[int, ...] | None, top: int | None) -> list[Unit]:
    """The units shown, strongest first; of several images, where they are strongest."""
    out = calls(back.forward)[back.forward.index[back.layer]].out
    count = top or (TOP if unit is None or len(unit) == 1 else len(looks))
    if unit is not None and len(unit) == len(out.dims):
        at = place(back.forward, back.layer, unit)
        found = [Unit(at, float(look.activations[(0, *at)]), k) for k, look in enumerate(looks)]
    else:
        if unit is not None and (len(unit) != 1 or not 0 <= unit[0] < out.channels):
            raise UsageError(f"'{back.layer}' is {out}: --unit takes {len(out.dims)} indices, or a channel from 0 to "
                             f"{out.channels - 1}; found {','.join(map(str, unit))}")
        found = [each._replace(image=k) for k, look in enumerate(looks)
                 for each in look.strongest(count, unit[0] if unit else None)]
    found.sort(key=lambda each: -each.activation)
    if unit is None:
        best: dict[int, Unit] = {}
        for each in found:
            best.setdefault(each.place[out.channel], each)
        found = list(best.values())
    return found[:count]


def _drawn(title: str, said: str, rows: Sequence[Row], x: Tensor) -> Any:
    pil = pillow()
    head, line = MARGIN + TITLE + 2 * WORDS + 26, TILE + WORDS + 24
    width = 2 * MARGIN + len(COLUMNS) * TILE + (len(COLUMNS) - 1) * GAP
    sheet = pil.Image.new("RGB", (width, head + line * len(rows) + MARGIN - 12), PAPER)
    pen = pil.ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN - 6), title, INK, font=_font(pil, TITLE))
    pen.text((MARGIN, MARGIN + TITLE + 2), f"{said}; projections at equal contrast, grey is 0", MUTED,
             font=_font(pil, WORDS))
    for k, words in enumerate(COLUMNS):
        pen.text((MARGIN + k * (TILE + GAP) + TILE // 2, head - WORDS - 4), words, INK, font=_font(pil, WORDS),
                 anchor="mt")
    for r, row in enumerate(rows):
        top = head + r * line
        pen.text((MARGIN, top + 5), _caption(row, x), MUTED, font=_font(pil, WORDS))
        for k, tile in enumerate(_tiles(pil, row, x)):
            left = MARGIN + k * (TILE + GAP)
            pen.rectangle((left, top + WORDS + 10, left + TILE - 1, top + WORDS + 9 + TILE), (241, 245, 249))
            sheet.paste(tile, (left + (TILE - tile.width) // 2, top + WORDS + 10 + (TILE - tile.height) // 2))
    return sheet


def _font(pil: Any, size: int) -> Any:
    return pil.ImageFont.load_default(size)


def _caption(row: Row, x: Tensor) -> str:
    channel, *others = row.unit.place if x.channel == 0 else (row.unit.place[-1], *row.unit.place[:-1])
    at = f" at ({', '.join(map(str, others))})" if others else ""
    rows, columns = (f"{r.start} to {r.stop - 1}" if r else "none" for r in row.patch)
    return (f"{'map' if others else 'unit'} {channel}{at} · activation {row.unit.activation:.3g} · "
            f"sees rows {rows}, columns {columns} of the crop of {row.picture.name}")


def _tiles(pil: Any, row: Row, x: Tensor) -> list[Any]:
    rows, columns = row.patch
    box = columns.start, rows.start, max(columns.stop, columns.start + 1), max(rows.stop, rows.start + 1)
    whole = _fitted(pil, row.picture.crop.convert("RGB"))
    scale = whole.width / row.picture.crop.width
    pil.ImageDraw.Draw(whole).rectangle((box[0] * scale, box[1] * scale, box[2] * scale - 1, box[3] * scale - 1),
                                        outline=MARK, width=2)
    cut = [_fitted(pil, _shown(pil, each.movedim(x.channel, 0)[:, box[1]:box[3], box[0]:box[2]]))
           for each in row.projections]
    return [whole, _fitted(pil, row.picture.crop.convert("RGB").crop(box)), *cut]


def _shown(pil: Any, values: torch.Tensor) -> Any:
    """A projection as colours around grey, its 99.5th percentile at full contrast."""
    most = values.abs().flatten().float().quantile(0.995) if values.numel() < 2**24 else values.abs().max()
    scaled = (values / most if most > 0 else values).clamp(-1, 1).add(1).mul(127.5).round().byte()
    scaled = scaled.expand(3, *scaled.shape[1:]).permute(1, 2, 0).contiguous()
    return pil.Image.frombytes("RGB", (scaled.shape[1], scaled.shape[0]), bytes(scaled.flatten().tolist()))


def _fitted(pil: Any, image: Any) -> Any:
    """An image as large as a tile allows: a small one without smoothing between its pixels."""
    scale = TILE / max(image.size)
    sizes = tuple(max(1, round(side * scale)) for side in image.size)
    return image.resize(sizes, pil.Image.Resampling.NEAREST if scale > 1 else pil.Image.Resampling.LANCZOS)


def _saved(sheet: Any, form: str) -> bytes:
    stream = io.BytesIO()
    sheet.save(stream, form)
    return stream.getvalue()
