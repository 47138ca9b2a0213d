"""What is fused into what."""

import archcalc
from archcalc.diagrams.parts import fused


def names(text: str) -> list[list[str]]:
    net = archcalc.loads(text)
    return [[net.nodes[i].name for i in part.nodes] for part in fused(net)]


def test_normalization_and_activation_join_their_convolution() -> None:
    assert names("""
input: [3, 8, 8]
layers:
  - c: {conv: 4, kernel: 3, then: [batchnorm, relu]}
  - p: {maxpool: 2, stride: 2}
  - flatten
  - f: {linear: 10, then: softmax}
""") == [["c", "c.batchnorm", "c.relu"], ["p", "flatten"], ["f", "f.softmax"]]


def test_what_two_layers_read_stays_apart() -> None:
    assert names("""
input: [3, 8, 8]
layers:
  - c: {conv: 3}
  - r: relu
  - s: {add: [c, r]}
""") == [["c"], ["r"], ["s"]]


def test_pre_activation_joins_the_layer_behind() -> None:
    assert names("""
input: [4, 8, 8]
layers:
  - a: {conv: 4}
  - sum:
      add:
        branch: [{n: batchnorm}, {r: relu}, {c: {conv: 4}}]
        input: []
""") == [["a"], ["sum.branch.n", "sum.branch.r", "sum.branch.c"], ["sum"]]


def test_an_output_stays_visible() -> None:
    assert names("""
input: [4, 8, 8]
outputs: [c, r]
layers:
  - c: {conv: 4}
  - r: relu
""") == [["c"], ["r"]]


def test_a_network_of_activations_only() -> None:
    assert names("input: [4]\nlayers: [{r: relu}, {t: tanh}]") == [["r", "t"]]
