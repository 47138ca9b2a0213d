"""Attention within windows of an image, which may be padded and shifted (Liu et al. 2021, Swin)."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from archcalc.dims import Dim
from archcalc.fields import per_axis
from archcalc.importing.fusions.cosine import apart, cosines, network, projected
from archcalc.importing.fusions.parts import Numbers, along, chain, numbers, per_head, terms, thirds
from archcalc.importing.fusions.rules import Match, Pattern, ends_with
from archcalc.importing.idioms.attended import swapped
from archcalc.importing.sketch import Draft
from archcalc.layers.shape import axes_of
from archcalc.layers.window import regions

IMAGE = ("space", "space", "channel")
HIDDEN = -100.0
"""What is added to the scores of tokens that the shift has brought together."""

Pair = tuple[int, int]


class Windows(NamedTuple):
    """Tokens of an image in windows, and the way back: the image, the windows' sides, and how many there are."""

    image: int
    sides: Pair
    counts: Pair


class Core(NamedTuple):
    """Attention with its dense layers: the tokens, the fields, the numbers of a mask if there is one."""

    tokens: int
    fields: dict[str, Any]
    mask: Numbers | None
    gone: list[int]
    masked: Dim = 0
    "Operations of adding the mask."


class Attended(NamedTuple):
    """Attention within windows of an image, which it replaces, but for a shift."""

    windows: Windows
    core: Core
    gone: list[int]

    @property
    def fields(self) -> dict[str, Any]:
        """Those of the kind."""
        return {"window": self.windows.sides, **self.core.fields}


@ends_with("window_reverse", "reshape")
def _plain(p: Pattern) -> Match | None:
    """Windows that are not shifted."""
    found = attended(p, p.index)
    if found is None or found.core.mask is not None:
        return None
    return Match("window_attention", found.fields, [found.windows.image], found.gone)


@ends_with("roll")
def _shifted(p: Pattern) -> Match | None:
    """A roll, windows with a mask, and the roll back."""
    back = p.last
    found = attended(p, back.inputs[0])
    if found is None or found.core.mask is None:
        return None
    there = p[found.windows.image]
    shift = shifts(back)
    if there.kind != "roll" or shift is None or shifts(there) != (-shift[0], -shift[1]):
        return None
    sides, counts = found.windows.sides, found.windows.counts
    if any(not 0 <= s < side or (s and n == 1) for s, side, n in zip(shift, sides, counts, strict=True)) or \
            not hides(found.core.mask(), counts, sides, shift):
        return None
    gone = [*found.gone, back.inputs[0], found.windows.image]
    # the masks of a shift are not counted
    return Match("window_attention", {**found.fields, "shift": shift}, [there.inputs[0]], gone,
                 uncounted=found.core.masked)


@ends_with("slice")
def _padded(p: Pattern) -> Match | None:
    """Zeros behind an image, up to whole windows, attention, and the image cut out again."""
    gone, index = list[int](), p.index
    while p[index].kind == "slice":
        if p[index].fields.get("start", 0) != 0 or p[index].fields.get("step", 1) != 1:
            return None
        index = p[index].inputs[0]
        gone.append(index)
    attention = p[index]
    if attention.kind != "window_attention":
        return None
    pad = p[attention.inputs[0]]
    if pad.kind != "pad" or set(pad.fields) != {"padding"}:
        return None
    image = p[pad.inputs[0]].out
    sides = per_axis(attention.fields["window"], 2, "window")
    more = [b - a for a, b in zip(image.spatial, pad.out.spatial, strict=True)]
    behind = [n if isinstance(n, tuple) else (n, n) for n in per_axis(pad.fields["padding"], 2, "padding")]
    if image.axes != IMAGE or image != p.last.out or behind != [(0, n) for n in more] or \
            any(n >= side for n, side in zip(more, sides, strict=True)):
        return None
    return Match("window_attention", attention.fields, [pad.inputs[0]], [*gone, attention.inputs[0]], attention.wanted)


def attended(p: Pattern, index: int) -> Attended | None:
    """Attention between an image's windows and the layer that makes an image of them again."""
    made, inner = p[index], p[index].inputs[0]
    if made.out.axes != IMAGE or p[inner].out.channels != made.out.channels:
        return None
    core = _scaled(p, inner, index) or _cosine(p, inner, index)
    windows = None if core is None else entered(p, core.tokens, index)
    if core is None or windows is None:
        return None
    return Attended(windows, core, list(dict.fromkeys([inner, *core.gone, core.tokens])))


def _scaled(p: Pattern, index: int, end: int) -> Core | None:
    """Scaled products, with a table of biases."""
    layer = p[index]
    if layer.kind != "attention" or not {"heads", "position"} <= {*layer.fields} <= {"heads", "position", "bias"} or \
            len(layer.inputs) != 2:
        return None
    tokens, place = layer.inputs
    windows, (summed, gone) = entered(p, tokens, end), terms(p, place)
    tables = [i for i in summed if p[along(p, i)[0]].kind == "relative_bias"]
    if windows is None or len(tables) != 1:
        return None
    table, views = along(p, tables[0])
    mask = _masked(p, [i for i in summed if i != tables[0]], p[place].out.dims)
    if per_axis(p[table].fields["window"], 2, "window") != windows.sides or mask is None or \
            not per_head(p, tables[0], layer.fields["heads"], prod(windows.sides)):
        return None
    fields = {"heads": layer.fields["heads"], "bias": layer.fields.get("bias", True)}
    return Core(tokens, fields, mask.numbers, [*gone, table, *views, *mask.gone],
                p[place].out.size if mask.numbers else 0)


def _cosine(p: Pattern, index: int, end: int) -> Core | None:
    """Cosines, with biases of a network."""
    proj = p[index]
    found = chain(p, proj.inputs[0], "permute", "matmul", "softmax") if proj.kind == "linear" else {}
    if not found:
        return None
    turned, product, softmax = (p[found[kind]] for kind in ("permute", "matmul", "softmax"))
    heads, scores, last = turned.out.dims[-2], softmax.inputs[0], len(softmax.out.dims) - 1
    summed, gone = terms(p, scores)
    first = next((c for i in summed if (c := cosines(p, i, heads)) is not None), None)
    values = apart(p, product.inputs[1], heads)
    axis = softmax.out.axis(softmax.fields.get("axis", "channel"))
    if first is None or not values or product.fields or product.inputs[0] != found["softmax"] or \
            turned.fields["order"] != swapped(last + 1) or axis != last:
        return None
    whole = thirds(p, [first.queries, first.keys, values[-1]])
    dense = None if whole is None else projected(p, whole)
    windows = None if dense is None else entered(p, p[dense.layer].inputs[0], end)
    if whole is None or dense is None or windows is None or dense.bias != proj.fields.get("bias", True):
        return None
    term, bias = next(((i, n) for i in summed if (n := network(p, i, windows.sides, heads))), (-1, []))
    mask = _masked(p, [i for i in summed if i not in (first.gone[0], term)], softmax.out.dims)
    if not bias or mask is None:
        return None
    inner = [*found.values(), *gone, *first.gone, first.queries, first.keys, *values, dense.layer, *dense.gone, *bias,
             *mask.gone]
    sums = sum(p[i].out.size for i in gone if p[i].kind == "add") - softmax.out.size
    return Core(p[dense.layer].inputs[0], {"heads": heads, "bias": dense.bias, "version": 2}, mask.numbers, inner, sums)


class Mask(NamedTuple):
    """The numbers of a mask, and its layers; without numbers there is none."""

    numbers: Numbers | None
    gone: list[int]


def _masked(p: Pattern, rest: list[int], scores: tuple[Any, ...]) -> Mask | None:
    """A mask of windows, the same for all heads, if what else is added to scores is that, or nothing."""
    if not rest:
        return Mask(None, [])
    mask, views = along(p, rest[0])
    known = numbers(p, mask)
    if len(rest) > 1 or len(scores) != 4 or p[rest[0]].out.dims != (scores[0], 1, *scores[2:]) or known is None:
        return None
    return Mask(known, [*views, mask])


def entered(p: Pattern, tokens: int, end: int) -> Windows | None:
    """The image whose windows have these tokens, if another layer joins the windows again."""
    cut, joined = p[tokens], p[end]
    if cut.kind not in ("window_partition", "flatten"):
        return None
    image = p[cut.inputs[0]].out
    if image.axes != IMAGE or image.dims != joined.out.dims:
        return None
    if (cut.kind, joined.kind) == ("window_partition", "window_reverse"):
        sides = per_axis(cut.fields["window"], 2, "window")
        if per_axis(joined.fields["window"], 2, "window") != sides:
            return None
    elif (cut.kind, joined.kind, cut.out.dims) == ("flatten", "reshape", (prod(image.spatial), image.channels)):
        sides = image.spatial       # the image is one window
    else:
        return None
    (high, wide), (down, across) = sides, (n // side for n, side in zip(image.spatial, sides, strict=True))
    return Windows(cut.inputs[0], (high, wide), (down, across))


def shifts(roll: Draft) -> Pair | None:
    """How far an image is rolled down and to the right."""
    axes = axes_of(roll.out, roll.fields.get("axes", "space"))
    found = dict(zip(axes, per_axis(roll.fields["shift"], len(axes), "shift"), strict=True))
    return (found.get(0, 0), found.get(1, 0)) if set(found) <= {0, 1} and roll.out.axes == IMAGE else None


def hides(found: Sequence[float], counts: Pair, sides: Pair, shift: Pair) -> bool:
    """Whether a mask of windows × tokens × tokens is that of a shift: no more and no less than it hides."""
    size = prod(sides) ** 2
    parts = [*regions(counts, sides, shift)]
    return len(found) == len(parts) * size and all(
        list(found[i * size:(i + 1) * size]) == [HIDDEN if a != b else 0.0 for a in part for b in part]
        for i, part in enumerate(parts))
