"""Rules about windows: kernels, strides, padding and dilation against the map they slide over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod

from archcalc.linting.facts import Along, Facts, alike, size_text
from archcalc.linting.rules import Found, rule


def _unread(facts: Facts, i: int) -> Iterator[tuple[str, int, list[int]]]:
    """Per axis of a node's output, its name, size and the positions that no reader's window holds.

    Nothing where a reader is no window with a stride, or where the output is one of the network's.
    """
    readers = facts.readers[i]
    paths = [facts.windows(k) for k in readers]
    if not paths or i in facts.net.outputs or not all(p and any(a.window.stride > 1 for a in p) for p in paths):
        return
    for axis in zip(*paths, strict=True):
        seen = {u for along in axis for j in range(along.outputs) for u in along.units(j)}
        yield axis[0].axis, axis[0].n, [u for u in range(axis[0].n) if u not in seen]


def _border(n: int, unread: list[int]) -> int:
    """How many positions at the ends are unread, if all the others are read."""
    inner = set(range(n)) - set(unread)
    return len(unread) if inner and max(inner) - min(inner) + 1 == len(inner) else 0


def _places(found: Sequence[tuple[str, int, int]], what: str = "position") -> str:
    """So many of how many along which axes, with the verb: ``1 position of 32 along height and width is``."""
    kinds = dict.fromkeys((n, count) for _, n, count in found)
    texts = [f"{count} {what}{'s' * (count > 1)} of {n} along " + " and ".join(
        axis for axis, *rest in found if tuple(rest) == (n, count)) for n, count in kinds]
    return " and ".join(texts) + (" is" if len(kinds) == 1 == found[0][2] else " are")


def _kernel(found: list[Along]) -> str:
    return size_text(tuple(a.window.kernel for a in found))


@rule("AC101", "border outside of all windows", "note",
      source="Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, §2.4",
      example="- pool: {maxpool: 3, stride: 2}", better="- pool: {maxpool: 3, stride: 2, ceil: true}")
def border(facts: Facts) -> Iterator[Found]:
    """A window does not tile its input: with n inputs, padding p and a kernel k, (n + 2p − k) is no multiple
    of the stride, the quotient is rounded down, and the last rows or columns are in no window.

    What stands there is lost for the layers behind, and an image that is shifted by a pixel is cut differently.
    Padding that is left over does no harm and is no finding, nor is a border that another layer reads.
    """
    for i in range(len(facts.nodes)):
        lost = [(axis, n, count) for axis, n, unread in _unread(facts, i) if (count := _border(n, unread))]
        if not lost:
            continue
        first = facts.readers[i][0]
        a = next(a for a in facts.windows(first) if a.axis == lost[0][0])
        pads = a.window.before + a.window.after
        rest = (a.n + pads - a.window.extent) % a.window.stride
        ceil = "set `ceil: true`, " if hasattr(facts.nodes[first].layer, "ceil") else ""
        yield Found(first, f"{_places(lost)} in no window: {a.n} + {pads} − {a.window.extent} leaves {rest} when "
                    f"divided by the stride of {a.window.stride}", f"{ceil}pad, or choose an input that fits", "kernel")


@rule("AC102", "stride larger than the kernel", "note",
      source="He, Zhang, Zhang, Zhang, Xie, Li 2019, Bag of Tricks for Image Classification with CNNs, §4.2 (ResNet-B)",
      example="- conv: {conv: 32, kernel: 1, stride: 2}",
      better="- conv: {conv: 32, kernel: 2, stride: 2}")
def skipped(facts: Facts) -> Iterator[Found]:
    """The stride is larger than the kernel, so that positions between the windows are read by no layer.

    They were computed for nothing. ResNet's first bottleneck of a stage does so: a 1×1 convolution with stride 2,
    and a projection with stride 2 beside it, leave three quarters of their input unread. Moving the stride to
    the 3×3 convolution (as torchvision does) or pooling before the projection reads all of it.
    """
    for i in range(len(facts.nodes)):
        axes = list(_unread(facts, i))
        if not any(unread and not _border(n, unread) for _, n, unread in axes):
            continue
        share = 1 - prod((Fraction(n - len(unread), n) for _, n, unread in axes), start=Fraction(1))
        readers = facts.readers[i]
        along = facts.windows(readers[0])
        others = f", nor by {facts.named(readers[1:])}" if readers[1:] else ""
        yield Found(readers[0], f"{float(share):.0%} of '{facts.nodes[i].name}' is not read by the {_kernel(along)} "
                    f"windows with stride {alike(a.window.stride for a in along)}{others}",
                    "move the stride to a layer with a larger kernel, or pool first", "stride")


@rule("AC103", "kernel larger than its map", "warning", source="arithmetic",
      example="""
input: [16, 1, 1]
layers:
- conv: {conv: 16, kernel: 3, padding: 1}
""", better="""
input: [16, 1, 1]
layers:
- conv: {conv: 16}
""")
def idle_weights(facts: Facts) -> Iterator[Found]:
    """Some weights of a kernel meet nothing but padding, wherever the window stands, and are never used.

    This is so where a kernel is much larger than its map: of a 3×3 kernel with padding 1 on a 1×1 map, only the
    centre sees the map, and 8 of 9 weights are multiplied by zeros. They cost memory and time all the same.
    """
    for i, _, call in facts.layers():
        found = facts.windows(i)
        if not found or not call.n_weights:
            continue
        used = [len({t for j in range(a.outputs) for t, u in enumerate(a.units(j)) if 0 <= u < a.n}) for a in found]
        total = prod(a.window.kernel for a in found)
        if prod(used) < total:
            yield Found(i, f"{total - prod(used)} of the {total} positions of a {_kernel(found)} kernel only ever meet "
                        f"padding on a map of {size_text(tuple(a.n for a in found))}",
                        f"a kernel of {size_text(tuple(used))} computes the same", "kernel")


@rule("AC104", "outputs that see only padding", "warning",
      source="Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, §2.2",
      example="- conv: {conv: 32, kernel: 1, padding: 1}", better="- conv: {conv: 32, kernel: 1}")
def blind(facts: Facts) -> Iterator[Found]:
    """The padding is as wide as the window, so that outputs at the border see nothing of the input.

    They are the bias, whatever the image is. A 1×1 convolution that has kept the padding of the 3×3 convolution
    it was copied from is the usual case; its map grows by a border of constants.
    """
    for i, _, _ in facts.layers():
        found = facts.windows(i)
        counts = [(a.axis, a.outputs, sum(not any(0 <= u < a.n for u in a.units(j)) for j in range(a.outputs)))
                  for a in found]
        blind = [row for row in counts if row[2]]
        if blind:
            yield Found(i, f"{_places(blind, 'output')} outside of the input: nothing but padding is seen there",
                        f"a {_kernel(found)} window needs less padding", "padding")


@rule("AC105", "even kernel with uneven padding", "note",
      source="Wu, Wang, Tang, Chen, Shi 2019, Convolution with even-sized kernels and symmetric padding",
      example="- conv: {conv: 32, kernel: 4, padding: same}", better="- conv: {conv: 32, kernel: 3, padding: same}")
def lopsided(facts: Facts) -> Iterator[Found]:
    """A window of even size with stride 1 keeps the size of its map only with one more padding on one side.

    Each output then lies half a pixel beside its input, and layers in a row add their halves up: the map drifts
    to a corner. With stride 2 an even window is centred and is no finding, nor is a causal one, padded before only.
    """
    for i, _, _ in facts.layers():
        along = [a for a in facts.windows(i)
                 if a.window.extent % 2 == 0 and a.window.stride == 1 and a.window.after == a.window.before + 1]
        if along:
            w = along[0].window
            yield Found(i, f"a window of {w.extent} with padding {w.before} before and {w.after} after shifts the map "
                        f"by half a position along {' and '.join(a.axis for a in along)}", "use an odd kernel",
                        "kernel")


@rule("AC106", "average over padding", "note",
      source="PyTorch, AvgPool2d (`count_include_pad`)",
      example="- pool: {avgpool: 3, padding: 1}",
      better="- pool: {avgpool: 3, padding: 1, count_include_pad: false}")
def diluted(facts: Facts) -> Iterator[Found]:
    """An average pooling counts the zeros of its padding as values, so that averages at the border are too small.

    In a corner, a 3×3 window with padding 1 holds 4 values and 5 zeros, and gives 4/9 of their mean. Whether
    padding counts differs between frameworks (TensorFlow leaves it out), so that a port of a network changes here.
    """
    for i, layer, _ in facts.layers():
        found = facts.windows(i)
        if not getattr(layer, "count_include_pad", False) or not any(a.window.before or a.window.after for a in found):
            continue
        real = prod(sum(0 <= u < a.n for u in a.units(0)) for a in found)
        yield Found(i, f"the first average is of {real} value{'s' * (real > 1)}, but divided by "
                    f"{prod(a.window.kernel for a in found)}", "set `count_include_pad: false`", "padding")


@rule("AC107", "dilation that leaves holes", "note",
      source="Wang, Chen, Yuan, Liu, Huang, Hou, Cottrell 2018, Understanding Convolution for Semantic Segmentation, "
             "§3.2",
      example="- conv: {conv: 32, kernel: 3, dilation: 2}",
      better="- conv1: {conv: 32, kernel: 3}\n- relu\n- conv2: {conv: 32, kernel: 3, dilation: 2}")
def holes(facts: Facts) -> Iterator[Found]:
    """The steps of a dilated kernel are longer than what one of its inputs sees, so that pixels in between are missed.

    A unit then sees a grid of the image and not a part of it. Behind layers that see at least as many pixels as
    the dilation is long, the parts meet.
    """
    for i, _, _ in facts.layers():
        dilated = [a.window.dilation > 1 and a.window.kernel > 1 for a in facts.windows(i)]
        if not any(dilated):
            continue
        for a, seen in zip(facts.windows(i), _seen(facts, facts.nodes[i].inputs[0]), strict=False):
            size, stride = seen or (1, 0)
            if a.window.kernel > 1 and size < a.window.dilation * stride:
                yield Found(i, f"a unit sees stretches of {size} pixel{'s' * (size > 1)} along {a.axis}, "
                            f"{a.window.dilation * stride} apart",
                            "put a layer without dilation before it, or dilate less", "dilation")
                break


def _seen(facts: Facts, i: int) -> list[tuple[int, int] | None]:
    """Size and stride of a node's field on the first input, per spatial axis; None where there is no stride."""
    if i < facts.net.n_inputs:
        return [(1, 1) for _ in facts.calls[i].out.space]
    field = facts.report.field(facts.report.rows[i - facts.net.n_inputs])
    return [(f.size, int(f.stride)) if f.stride is not None and f.stride.denominator == 1 else None
            for f in field or ()]


@rule("AC108", "pooling to a larger map", "warning", source="arithmetic",
      example="- pool: {adaptive_avgpool: 64}", better="- pool: {adaptive_avgpool: 16}")
def enlarged(facts: Facts) -> Iterator[Found]:
    """A pooling to a fixed size gets a map that is smaller than that, and repeats its values.

    The layers behind work on copies: a network made for larger images, say, run on a small one. What they
    compute could be had at a fraction of the cost.
    """
    for i, layer, call in facts.layers():
        if layer.family != "pool" or not call.inputs[0].space or not call.out.space:
            continue
        before, after = call.inputs[0].spatial, call.out.spatial
        if len(before) == len(after) and any(m > n for n, m in zip(before, after, strict=True)):
            yield Found(i, f"a map of {size_text(before)} is pooled to {size_text(after)}: values are repeated",
                        "use a larger image, or pool to a smaller size", "size")
