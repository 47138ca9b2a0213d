"""Rules about normalization, activations and what stands between linear maps."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from archcalc.linting.facts import Facts, activates, centres, dense_map, elementwise, groups_of, per_channel
from archcalc.linting.rules import Found, rule


@rule("AC201", "bias that a normalization cancels", "warning",
      source="Ioffe and Szegedy 2015, Batch Normalization, §3.2",
      example="- conv: {conv: 32, kernel: 3}\n- batchnorm\n- relu",
      better="- conv: {conv: 32, kernel: 3, bias: false}\n- batchnorm\n- relu")
def cancelled_bias(facts: Facts) -> Iterator[Found]:
    """A layer adds a bias to each channel, and the normalization behind it subtracts each channel's mean.

    The bias goes with the mean: it changes nothing, gets no gradient, and is taken over by the normalization's
    own. It costs an addition per output in inference, unless the two are folded, and parameters to store.
    """
    for i, layer, call in facts.layers():
        biases = sum(w.size for w in call.params.values() if w.role == "bias")
        readers = facts.readers[i]
        if biases and getattr(layer, "bias", False) is True and dense_map(call) and readers \
                and i not in facts.net.outputs \
                and all(centres(facts.calls[k]) and per_channel(facts.calls[k]) for k in readers):
            yield Found(i, f"its {biases:,} biases are cancelled by {facts.named(readers)}", "set `bias: false`",
                        "bias")


@rule("AC202", "the same function twice", "warning", source="arithmetic: max(max(x, 0), 0) = max(x, 0)",
      example="- conv: {conv: 32, then: relu}\n- relu", better="- conv: {conv: 32, then: relu}")
def repeated(facts: Facts) -> Iterator[Found]:
    """An activation stands right behind an equal one.

    The second of two ReLUs does nothing; the second of two sigmoids squeezes what is squeezed already. A `then:`
    for all layers of a kind and an activation of its own are the usual cause.
    """
    for i, layer, call in facts.layers():
        source = facts.before(i)
        if source is not None and activates(call) and facts.nodes[source].layer == layer:
            yield Found(i, f"'{facts.nodes[source].name}' before it is a {layer.kind} too", "remove one of the two")


@rule("AC203", "two linear maps in a row", "warning",
      source="Goodfellow, Bengio, Courville 2016, Deep Learning, §6.1",
      example="- a: {conv: 32, kernel: 3}\n- b: {conv: 32}",
      better="- a: {conv: 32, kernel: 3, then: relu}\n- b: {conv: 32}")
def collapsed(facts: Facts) -> Iterator[Found]:
    """Two layers of weights follow one another without a nonlinear function between, and one of them is pointwise.

    Together they are one linear map, which a single layer computes with fewer weights. It is no finding where
    the pair has fewer (a factorization, such as MobileNetV2's linear bottleneck), or where one of them works in
    groups (a depthwise separable convolution).
    """
    for i, _, call in facts.layers():
        second = dense_map(call)
        source = facts.before(i)
        while source is not None and _affine(facts, source):
            source = facts.before(source)
        first = None if source is None or not _only_reader(facts, source) else dense_map(facts.calls[source])
        if source is None or first is None or second is None:
            continue
        pair = facts.calls[source], call
        # Weights per pair of channels: the size of the kernel, 1 for a dense layer.
        taps = [one.n_weights // (a * b) for one, (a, b) in zip(pair, (first, second), strict=True)]
        one = first[0] * second[1] * prod(taps)
        if 1 in taps and first[1] == second[0] and max(map(groups_of, pair)) == 1 \
                and all(c.inputs[0].spatial == c.out.spatial for c, t in zip(pair, taps, strict=True) if t == 1) \
                and one < sum(c.n_weights for c in pair):
            yield Found(i, f"nothing between '{facts.nodes[source].name}' and it is nonlinear: together they are one "
                        f"linear map from {first[0]} to {second[1]} channels of {one:,} weights",
                        "put an activation between them, or leave one out")


def _affine(facts: Facts, i: int) -> bool:
    """Whether a layer scales and shifts each channel."""
    call = facts.calls[i]
    return call.layer.family == "norm" and call.pointwise and per_channel(call) and _only_reader(facts, i)


def _only_reader(facts: Facts, i: int) -> bool:
    return len(facts.readers[i]) == 1 and i not in facts.net.outputs


@rule("AC204", "output through the hidden activation", "warning",
      source="Goodfellow, Bengio, Courville 2016, Deep Learning, §6.2.2 (output units)",
      example="then: {linear: relu}\ninput: [64]\nlayers:\n- fc1: {linear: 64}\n- fc2: {linear: 10}",
      better="then: {linear: relu}\ninput: [64]\nlayers:\n- fc1: {linear: 64}\n- fc2: {linear: 10, then: []}")
def rectified_output(facts: Facts) -> Iterator[Found]:
    """The network's last dense layer has the activation that the hidden layers have.

    Scores of classes or values to predict are cut off, at 0 by a ReLU, and where a score is cut off there is no
    gradient. A `then:` for all dense layers catches the last one too; give that one `then: []`.
    """
    for i in facts.net.outputs:
        call, source = facts.calls[i], facts.before(i)
        if source is None or dense_map(facts.calls[source]) is None or not activates(call) \
                or call.out.axes != ("channel",):
            continue
        layer = facts.nodes[i].layer
        hidden = [k for k, other, _ in facts.layers() if k != i and other == layer]
        if hidden:
            yield Found(source, f"it makes the network's output, which passes the same {layer.kind} as "
                        f"{len(hidden)} hidden layer{'s' * (len(hidden) > 1)}", "give it `then: []`")


@rule("AC205", "dropout before batch normalization", "note",
      source="Li, Chen, Hu, Yang 2019, Understanding the Disharmony between Dropout and Batch Normalization by "
             "Variance Shift",
      example="- conv: {conv: 32, bias: false}\n- dropout: 0.5\n- batchnorm\n- relu",
      better="- conv: {conv: 32, bias: false}\n- batchnorm\n- relu\n- dropout: 0.5")
def disharmony(facts: Facts) -> Iterator[Found]:
    """A batch normalization sees what a dropout has thinned out, directly or through one layer of weights.

    In training, dropout raises the variance, which the running statistics learn; in evaluation there is no dropout
    and the statistics do not fit. Dropout behind the last batch normalization has no such effect.
    """
    net = facts.training
    for i, _, call in net.layers():
        if not (centres(call) and call.buffers):
            continue
        path, source = [i], net.before(i)
        while source is not None and (elementwise(net.calls[source]) or (
                dense_map(net.calls[source]) and not any(dense_map(net.calls[k]) for k in path))):
            if net.nodes[source].layer.only == "train" and getattr(net.nodes[source].layer, "p", False):
                name = net.nodes[i].name
                reader = facts.net.index.get(name)
                if reader is not None:
                    yield Found(reader, f"its statistics are learnt behind '{net.nodes[source].name}', which drops "
                                f"{net.nodes[source].layer.label()} of the values in training only",
                                "put the dropout behind the last batch normalization")
                break
            path.append(source)
            source = net.before(source)


@rule("AC206", "normalization of what is normalized", "warning",
      source="Ioffe and Szegedy 2015, Batch Normalization, §3",
      example="- batchnorm\n- instancenorm", better="- batchnorm")
def twice_normalized(facts: Facts) -> Iterator[Found]:
    """A normalization stands right behind another layer that only normalizes or scales.

    It takes away again the mean and the scale that the first has given, and with them the first's parameters:
    one of the two is enough.
    """
    for i, _, call in facts.layers():
        source = facts.before(i)
        if source is not None and centres(call) and facts.nodes[source].layer.family == "norm" \
                and len(facts.readers[source]) == 1:
            other = facts.nodes[source]
            yield Found(i, f"it undoes the scale and shift of '{other.name}', a {other.layer.kind}",
                        "remove one of the two")


@rule("AC207", "normalization of single values", "warning", source="arithmetic: x − mean(x) = 0 of one value",
      example="- pool: global_avgpool\n- norm: {groupnorm: 16}",
      better="- pool: global_avgpool\n- norm: {groupnorm: 4}")
def constant(facts: Facts) -> Iterator[Found]:
    """A normalization works on groups of one value each: the value less its mean is 0, whatever it was.

    All that comes out is the bias. This happens with a group per channel on a 1×1 map: behind a global pooling, or
    where the image is smaller than the network was made for.
    """
    for i, _, call in facts.layers():
        mean = call.keeps.get("mean")
        if centres(call) and mean is not None and not mean.per_batch and mean.size == call.inputs[0].size:
            yield Found(i, f"each of its {mean.size:,} groups is one value of {call.inputs[0]}, which becomes 0",
                        "normalize over more channels, or before the map shrinks to one position")
