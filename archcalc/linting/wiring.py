"""Rules about how layers are joined: what is read, by whom, and whether what meets fits together."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from archcalc.analysis.receptive_field import AxisField, axis_field
from archcalc.linting.facts import Facts, activates, alike
from archcalc.linting.rules import Found, rule


@rule("AC301", "layers that nothing reads", "warning", source="definition of the network's outputs",
      example="- a: {conv: 32}\n- b: {conv: 32, from: a}\n- c: {relu: , from: a}",
      better="- a: {conv: 32}\n- b: {conv: 32, from: a}\n- c: {relu: , from: a}\noutputs: [b, c]")
def dead(facts: Facts) -> Iterator[Found]:
    """No output of the network depends on a layer: neither it nor a layer that reads it is an output.

    It costs time and memory, and its parameters get no gradient. A `from:` that skips it, or an output that
    `outputs:` does not name, is the usual cause. Layers that only dead ones need are counted with them.
    """
    for i, _, _ in facts.layers():
        if facts.live[i] or facts.readers[i]:
            continue
        only = _serving(facts, i)
        params = sum(facts.calls[k].n_params for k in only)
        others = f" and {len(only) - 1} layer{'s' * (len(only) > 2)} for it alone" if len(only) > 1 else ""
        yield Found(i, f"no output of the network depends on it{others}: {params:,} parameters and "
                    f"{sum(facts.calls[k].macs for k in only):,} MACs for nothing",
                    "name it in `outputs`, read it, or remove it")


def _serving(facts: Facts, i: int) -> set[int]:
    """A dead layer and those that only it needs."""
    found = {i}
    for k in range(i - 1, facts.net.n_inputs - 1, -1):
        if not facts.live[k] and facts.readers[k] and found.issuperset(facts.readers[k]):
            found.add(k)
    return found


@rule("AC302", "input that nothing reads", "warning", source="definition of the network's outputs",
      example="inputs:\n  image: [3, 32, 32]\n  mask: [1, 32, 32]\nlayers:\n- conv: {conv: 8, from: image}",
      better="inputs:\n  image: [3, 32, 32]\n  mask: [1, 32, 32]\nlayers:\n- concat: [image, mask]\n- conv: {conv: 8}")
def unused_input(facts: Facts) -> Iterator[Found]:
    """No output of the network depends on one of its inputs.

    Whoever runs the network prepares a tensor for nothing, and what was meant to be learnt from it is not.
    """
    for i in range(facts.net.n_inputs):
        if not facts.live[i]:
            yield Found(i, "no output of the network depends on this input", "read it, or remove it")


@rule("AC303", "shortcut that does not match", "warning", source="NumPy, Broadcasting",
      example="- conv: {conv: 16, kernel: 3, padding: 1}\n- pool: global_avgpool\n- sum: {add: [conv, pool]}",
      better="- conv: {conv: 16, kernel: 3, padding: 1}\n- other: {conv: 16}\n- sum: {add: [conv, other]}")
def broadcast(facts: Facts) -> Iterator[Found]:
    """The inputs of a sum have different shapes, and the smaller one is repeated to fit.

    Frameworks do so without a word. A shortcut whose branch shrank to 1×1, or to one channel, adds one number
    to all positions, which is rarely meant. A product that scales channels, as in squeeze and excitation, is no
    finding, nor is a learned tensor such as a position embedding.
    """
    for i, layer, call in facts.layers():
        if getattr(layer, "function", "") != "add":
            continue
        for k, x in zip(facts.nodes[i].inputs, call.inputs, strict=True):
            if x.dims != call.out.dims and facts.driven[k]:
                yield Found(i, f"'{facts.nodes[k].name}' is {x} and is repeated to fit {call.out}",
                            "make the shapes equal: a projection, another stride, or no pooling in the branch")
                break


@rule("AC304", "branches out of line", "note",
      source="Araujo, Norris, Sim 2019, Computing Receptive Fields of Convolutional Neural Networks, §Alignment",
      example="""
- sum:
    add:
      branch: [{conv: 16, kernel: 3, stride: 2, padding: 1}]
      shortcut: [{avgpool: 2, stride: 2}]
""", better="""
- sum:
    add:
      branch: [{conv: 16, kernel: 3, stride: 2, padding: 1}]
      shortcut: [{avgpool: 3, stride: 2, padding: 1, count_include_pad: false}]
""")
def misaligned(facts: Facts) -> Iterator[Found]:
    """Two paths of the same stride meet whose windows have different centres.

    What is added or concatenated at one place comes from places of the image that lie apart. Half a pixel is
    common (an even window beside an odd one, uneven padding) and small beside the field; more is often a padding
    that one branch lacks.
    """
    for i, _, call in facts.layers():
        seen = [facts.nodes[i].inputs[sight.input] for sight in call.sights]
        if len(set(seen)) < 2 or not call.out.space:
            continue
        for which in range(facts.net.n_inputs):
            apart = _apart([_fields(facts, k, which) for k in dict.fromkeys(seen)])
            if any(apart):
                yield Found(i, f"the windows that meet have centres {alike(apart, ' and ')} px apart",
                            "pad the branches alike, so that their windows have one centre")
                break


def _fields(facts: Facts, i: int, which: int) -> list[AxisField | None]:
    """A node's field through windows on an input of the network, per spatial axis of it."""
    call, seen = facts.calls[i], facts.report.fields[i][which]
    return [axis_field(s, call.out.dims[s.axis] if s.axis is not None else 1, local=True) for s in seen or ()]


def _apart(inputs: list[list[AxisField | None]]) -> list[Fraction]:
    """How far the centres of fields of equal strides lie apart, per axis.

    Fields that end at one pixel are those of causal convolutions; those that change with the unit have no centre.
    """
    found = []
    for axis in zip(*[fields for fields in inputs if fields], strict=False):
        known = [(f.stride, f.centre, f.size) for f in axis
                 if f is not None and f.stride is not None and f.centre is not None and f.phases == 1]
        if len(known) > 1 and len({stride for stride, _, _ in known}) == 1:
            centres = [centre for _, centre, _ in known]
            causal = len({(stride, centre + Fraction(size, 2)) for stride, centre, size in known}) == 1 == known[0][0]
            found.append(Fraction(0) if causal else max(centres) - min(centres))
    return found


@rule("AC305", "one layer read twice", "warning", source="arithmetic: x + x = 2x",
      example="- a: {conv: 16, then: relu}\n- b: {conv: 16}\n- sum: {add: [b, b]}",
      better="- a: {conv: 16, then: relu}\n- b: {conv: 16}\n- sum: {add: [a, b]}")
def doubled(facts: Facts) -> Iterator[Found]:
    """A layer that joins others reads one of them twice.

    A sum with itself is twice the value, and a concatenation with itself doubles the cost of what comes behind
    for the same content. Usually one of the two names was meant to be another.
    """
    for i, layer, _ in facts.layers():
        inputs = facts.nodes[i].inputs
        twice = [k for k in dict.fromkeys(inputs) if inputs.count(k) > 1]
        if layer.family == "merge" and twice:
            yield Found(i, f"it reads {facts.named(twice)} {inputs.count(twice[0])} times", "name the other input")


@rule("AC306", "activation at the end of a residual branch", "note",
      source="He, Zhang, Ren, Sun 2016, Identity Mappings in Deep Residual Networks, §4.1 (ReLU before addition)",
      example="""
- sum:
    add:
      branch: [{conv: 16, kernel: 3, padding: 1, then: relu}]
      shortcut: []
""", better="""
- sum:
    add:
      branch: [{conv: 16, kernel: 3, padding: 1}]
      shortcut: []
    then: relu
""")
def rectified(facts: Facts) -> Iterator[Found]:
    """A residual branch ends in an activation before it is added to its shortcut.

    Behind a ReLU the branch can only add: values grow from block to block, and He et al. measured 7.84 % error
    instead of 6.61 % for ResNet-110 on CIFAR-10. Functions that let negative values through do less harm. A `then:`
    for all convolutions reaches the last one of the branch too; give that one its own.
    """
    for i, layer, _ in facts.layers():
        if getattr(layer, "function", "") != "add":
            continue
        inputs = facts.nodes[i].inputs
        for k in inputs:
            others = [j for j in inputs if j < k]
            if activates(facts.calls[k]) and others and _reaches(facts, others[-1], k):
                yield Found(i, f"its branch ends in '{facts.nodes[k].name}', a {facts.nodes[k].layer.kind}",
                            "put the activation behind the sum")
                break


def _reaches(facts: Facts, source: int, target: int) -> bool:
    """Whether a node's output leads to another."""
    stack, seen = [target], {target}
    while stack:
        for k in facts.nodes[stack.pop()].inputs:
            if k == source:
                return True
            if k > source and k not in seen:
                seen.add(k)
                stack.append(k)
    return False
