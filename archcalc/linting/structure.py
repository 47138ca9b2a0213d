"""Rules about sequences of layers: what one does to the work of the next."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from archcalc.analysis.shapes import Call
from archcalc.linting.facts import Facts, dense_map, groups_of, per_channel
from archcalc.linting.rules import Found, rule


@rule("AC307", "layer that does nothing", "note", source="arithmetic",
      example="- pool: {maxpool: 1}\n- conv: {conv: 32}", better="- conv: {conv: 32}")
def idle(facts: Facts) -> Iterator[Found]:
    """A layer's output is its input: a pooling of single values, a concatenation of one tensor, a whole slice.

    It may be meant for other sizes (an adaptive pooling), or be left over from another version of the network.
    An `identity` says what it is and is no finding.
    """
    for i, layer, call in facts.layers():
        if type(layer).model_fields and (layer.family in ("pool", "merge") or not call.flops) and _copies(call):
            yield Found(i, f"its output is its input, {call.out}", "leave it out, unless it is for other sizes")


def _copies(call: Call) -> bool:
    """Whether a layer has one input, which is its output: each element sees the one at its own place."""
    x = call.inputs[0]
    if call.inputs != (call.out,) or call.params or call.buffers:
        return False
    own = [s for s in call.sights if s.input == 0 and len(s.axes) == len(x.dims) and all(
        n == 1 if pair is None else pair[0] == i and all(pair[1].units(u) == range(u, u + 1) for u in range(min(n, 64)))
        for i, (pair, n) in enumerate(zip(s.axes, x.dims, strict=True)))]
    return len(own) == len(call.sights) == 1 and ("channel" not in x.axes or per_channel(call))


@rule("AC308", "pooling after a stride with nothing between", "warning",
      source="Springenberg, Dosovitskiy, Brox, Riedmiller 2015, Striving for Simplicity: The All Convolutional Net, §2",
      example="- conv: {conv: 32, kernel: 3, stride: 2, padding: 1}\n- pool: {maxpool: 2, stride: 2}",
      better="- conv: {conv: 32, kernel: 3, padding: 1}\n- relu\n- pool: {maxpool: 2, stride: 2}")
def rushed(facts: Facts) -> Iterator[Found]:
    """A pooling with a stride reads a layer with a stride directly, so that the map shrinks twice at once.

    No activation or normalization stands between: most of what the first layer computes is dropped before it is
    used. A single layer with the product of the strides does it at less cost, and an activation between gives
    the pooling something to choose from.
    """
    for i, layer, _ in facts.layers():
        source = facts.before(i)
        if source is None or layer.family != "pool":
            continue
        strides = [max((a.window.stride for a in facts.windows(k)), default=1) for k in (source, i)]
        if min(strides) > 1:
            yield Found(i, f"its stride of {strides[1]} follows on the stride of {strides[0]} of "
                        f"'{facts.nodes[source].name}'", "put the activation between them, or use one stride", "stride")


@rule("AC309", "groups that never mix", "note",
      source="Zhang, Zhou, Lin, Sun 2018, ShuffleNet, §3.1",
      example="- a: {conv: 32, kernel: 3, groups: 2, then: relu}\n- b: {conv: 32, kernel: 3, groups: 2, then: relu}",
      better="- a: {conv: 32, kernel: 3, groups: 2, then: relu}\n- shuffle: {channel_shuffle: 2}\n"
             "- b: {conv: 32, kernel: 3, groups: 2, then: relu}")
def unmixed(facts: Facts) -> Iterator[Found]:
    """A grouped convolution reads another one whose channels were not mixed in between.

    Channels of different groups do not meet: the two layers are networks side by side. A 1×1 convolution or a
    channel shuffle between them lets information cross.
    """
    for i, _, call in facts.layers():
        if dense_map(call) is None or groups_of(call) == 1:
            continue
        source = facts.before(i)
        while source is not None and dense_map(facts.calls[source]) is None and _keeps_apart(facts, source):
            source = facts.before(source)
        if source is not None and dense_map(facts.calls[source]):
            common = gcd(groups_of(facts.calls[source]), groups_of(call))
            if common > 1:
                yield Found(i, f"it keeps the {common} groups of channels apart that '{facts.nodes[source].name}' does",
                            "put a 1×1 convolution or a channel shuffle between them", "groups")


def _keeps_apart(facts: Facts, i: int) -> bool:
    """Whether a layer mixes no channels, or only such within groups."""
    x = facts.calls[i].inputs[0]
    return "channel" in x.axes and groups_of(facts.calls[i]) > 1 and x.channels == facts.calls[i].out.channels


@rule("AC310", "field covers the image before the layer", "note",
      source="Richter, Byttner, Krumnack, Wiedenroth, Schallner, Shenk 2021, (Input) Size Matters for CNN Classifiers",
      example="""
input: [3, 16, 16]
layers:
- conv1: {conv: 32, kernel: 5, stride: 2, padding: 2, then: relu}
- conv2: {conv: 32, kernel: 5, padding: 2, then: relu, repeat: 3}
""", better="""
input: [3, 32, 32]
layers:
- conv1: {conv: 32, kernel: 5, stride: 2, padding: 2, then: relu}
- conv2: {conv: 32, kernel: 5, padding: 2, then: relu, repeat: 3}
""")
def covered(facts: Facts) -> Iterator[Found]:
    """Layers with windows read maps whose units see the whole image already.

    Their kernels bring nothing into sight. Richter et al. found that such layers do not improve what earlier ones
    have recognized, whatever the architecture: a larger image or fewer layers use the parameters better. The
    finding stands at the first such layer and counts all of them.
    """
    report = facts.report
    first = facts.net.n_inputs
    found = [i for i, _, _ in facts.layers() if report.unproductive(report.rows[i - first])
             and any(a.window.kernel > 1 for a in facts.windows(i))]
    if found:
        params, macs = (sum(getattr(report.rows[i - first], name) for i in found) for name in ("params", "macs"))
        total = report.totals
        layers = f"the {len(found)} such layers" if len(found) > 1 else "its weights"
        yield Found(found[0], f"the field of its input covers the image; {layers} hold "
                    f"{_share(params, total.params)} of the parameters and {_share(macs, total.macs)} of the MACs",
                    "use a larger image, or fewer layers")


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "0%"
