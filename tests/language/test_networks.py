"""Inputs and outputs of the whole network, shared tensors, layers for training only, and `like`."""

import pytest

from archcalc.api import report
from archcalc.spec.source import SpecError
from tests.language.networks import network, wiring


def test_several_inputs_by_name() -> None:
    net = network("""
        parameters: {t: 5}
        inputs:
          left: {shape: [t, 6], axes: [sequence, channel]}
          right: {shape: [t, 6], axes: [sequence, channel]}
        layers:
        - a: {linear: 6, from: right}
        - sum: {add: [a, left]}
    """)
    assert [node.name for node in net.inputs] == ["left", "right"]
    assert wiring(net) == "a<right sum<a,left"
    assert [str(x) for x in report(net).inputs.values()] == ["5×6", "5×6"]


def test_outputs_default_to_the_last_layer_and_are_listed_in_order() -> None:
    def outputs(text: str) -> list[str]:
        net = network("- a: {conv: 4, then: relu}\n- b: tanh\n- c: sigmoid".join(["layers:\n", text]))
        return [net.nodes[i].name for i in net.outputs]

    assert outputs("") == ["c"]
    assert outputs("\noutputs: [c, b]") == ["c", "b"]
    assert outputs("\noutputs: a") == ["a.relu"]
    assert outputs("\noutputs: [b, b, input]") == ["b", "input"]


TRAINING = """
    layers:
    - a: {conv: 4}
    - aux: {conv: 2, from: a, only: train}
    - drop: {dropout: 0.5}
    - b: {relu: , from: drop}
    outputs: [b, aux]
"""


def test_only_train() -> None:
    evaluated, trained = network(TRAINING), network(TRAINING, mode="train")
    assert wiring(evaluated) == "a<input b<a"
    assert [evaluated.nodes[i].name for i in evaluated.outputs] == ["b"]
    assert wiring(trained) == "a<input aux<a drop<aux b<drop"
    assert [trained.nodes[i].name for i in trained.outputs] == ["b", "aux"]


def test_only_train_cannot_be_read_otherwise() -> None:
    with pytest.raises(SpecError, match="b: 'aux' exists only in training"):
        network("- aux: {conv: 2, only: train}\n- b: {relu: , from: aux}")


def test_a_tied_tensor_counts_once() -> None:
    # GPT-2's head is the table of its embedding
    text = """
        input: {{shape: [5], dtype: int64}}
        layers:
        - wte: {{embedding: 10, features: 6}}
        - mlp: {{linear: 6}}
        - head: {{linear: 10, bias: false{share}}}
    """
    tied = report(network(text.format(share=", share: {weight: wte.weight}")))
    apart = report(network(text.format(share="")))
    assert apart.totals.params == 10 * 6 + (6 * 6 + 6) + 10 * 6
    assert tied.totals.params == 10 * 6 + (6 * 6 + 6)
    assert (tied["head"].params, tied["head"].macs) == (0, apart["head"].macs)
    assert tied["head"].node.share == {"weight": (tied.net.index["wte"], "weight")}


@pytest.mark.parametrize(("share", "message"), [
    ("{weight: a.weight}", "b: 'weight' is 4×6×1×1, but 'a.weight' is 6×4×1×1"),
    ("{weight: a.wieght}", "b: 'a' has no tensor 'wieght'; it has weight, bias"),
    ("{wieght: a.weight}", "b: has no tensor 'wieght' to share; it has weight, bias"),
    ("{weight: x.weight}", "b: no earlier layer is called 'x'"), ("{weight: c.weight}", "b: 'c' comes later"),
    ("{weight: b.weight}", "b: 'b' is this layer itself; a layer may name only earlier ones"),
    ("{weight: a}", "'share' is a mapping such as {weight: embedding.weight}: tensor to layer.tensor"),
    ("a.weight", "'share' is a mapping"), ("[a.weight]", "'share' is a mapping"),
])
def test_share_that_does_not_fit(share: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        network(f"- a: {{conv: 6}}\n- b: {{conv: 4, share: {share}}}\n- c: relu")
    assert message in str(error.value)


def test_a_shared_convolution_in_a_block_names_its_own() -> None:
    net = network("""
        blocks:
          twice:
            - a: {conv: 4}
            - b: {conv: 4, share: {weight: a.weight, bias: a.bias}}
        layers:
        - x: {twice: , repeat: 2}
    """)
    assert report(net).totals.params == 2 * (4 * 4 + 4)
    assert net["x.2.b"].share["weight"] == (net.index["x.2.a"], "weight")


def test_like_names_a_layer_whose_size_is_taken() -> None:
    net = network("""
        - small: {maxpool: 2, stride: 2}
        - up: {upsample: , like: input}
        - crop: {crop: , like: small}
    """)
    assert wiring(net) == "small<input up<small,input crop<up,small"
    assert [row.shape for row in report(net).rows] == [(4, 4, 4), (4, 8, 8), (4, 4, 4)]


def test_names_reach_down_and_up() -> None:
    net = network("""
        blocks: {b: [{sum: {add: {l: [{conv1: {conv: 4, then: relu}}], r: []}}}]}
        layers:
        - x: {b: , repeat: 2}
        - y: {add: [x.2.sum.l.conv1, x.1.sum.l.conv1.relu, x.2.sum.l]}
    """)
    assert wiring(net).split()[-1] == "y<x.2.sum.l.conv1.relu,x.1.sum.l.conv1.relu,x.2.sum.l.conv1.relu"
