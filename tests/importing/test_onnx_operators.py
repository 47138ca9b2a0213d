"""ONNX operators, one small file each: kinds, shapes, and figures that are written out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from archcalc import ArchcalcError, Report, loads, report
from archcalc.importing.imported import Imported
from archcalc.importing.onnx.reading import read
from tests.importing.protobuf import floats, graph, model, node, tensor, tensors

IMAGE = ["N", 3, 9, 9]


class Case(NamedTuple):
    """Nodes from x to y, their constants, the kinds that they are, the shape of y per sample, parameters and MACs."""

    nodes: list[bytes]
    arrays: list[bytes]
    kinds: list[str]
    shape: tuple[int, ...]
    params: int = 0
    macs: int = 0
    x: list[Any] = IMAGE


def conv(**attributes: Any) -> list[bytes]:
    return [node("Conv", ["x", "w"], ["y"], **attributes)]


KERNEL = [tensor("w", [4, 3, 3, 3])]
SEQUENCE = ["N", 6, 8]
CASES = {
    "same upper, all even": Case(conv(auto_pad="SAME_UPPER", strides=[2, 2]), KERNEL, ["conv"], (4, 5, 5), 108,
                                 25 * 108),
    "same lower": Case(conv(auto_pad="SAME_LOWER", strides=[2, 2]), [tensor("w", [4, 3, 2, 2])], ["conv"], (4, 5, 5),
                       48, 25 * 48),
    "dilated": Case(conv(dilations=[2, 2]), KERNEL, ["conv"], (4, 5, 5), 108, 25 * 108),
    "ceiling": Case([node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)], [], ["maxpool"],
                    (3, 5, 5)),
    "transposed to a size": Case([node("ConvTranspose", ["x", "w"], ["y"], strides=[2, 2], output_shape=[18, 18])],
                                 [tensor("w", [3, 4, 3, 3])], ["conv_transpose"], (4, 18, 18), 108, 81 * 108),
    "resized by scales": Case([node("Resize", ["x", "", "s"], ["y"], mode="linear")],
                              [floats("s", [4], [1, 1, 2, 2])], ["upsample"], (3, 18, 18)),
    "resized to sizes": Case([node("Resize", ["x", "", "", "s"], ["y"])], [tensor("s", [4], [1, 3, 12, 15])],
                             ["upsample"], (3, 12, 15)),
    "depth to space as TensorFlow has it": Case(
        [node("DepthToSpace", ["x"], ["y"], blocksize=2)], [], ["reshape", "permute", "reshape"], (2, 6, 8),
        x=["N", 8, 3, 4]),
    "depth to space": Case([node("DepthToSpace", ["x"], ["y"], blocksize=2, mode="CRD")], [], ["pixel_shuffle"],
                           (2, 6, 8), x=["N", 8, 3, 4]),
    "every second": Case([node("Slice", ["x", "a", "b", "c", "d"], ["y"])],
                         [tensor(n, [1], [v]) for n, v in (("a", 1), ("b", 9), ("c", 3), ("d", 2))], ["slice"],
                         (3, 9, 4)),
    "mean, axes in an attribute": Case([node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)], [],
                                       ["global_avgpool"], (3,)),
    "mean, axes as an input": Case([node("ReduceMean", ["x", "a"], ["y"], keepdims=1)], [tensor("a", [2], [2, 3])],
                                   ["global_avgpool"], (3, 1, 1)),
    "clipped": Case([node("Clip", ["x", "a", "b"], ["y"])], [floats("a", [], [-1]), floats("b", [], [1])], ["clamp"],
                    (3, 9, 9)),
    "swish": Case([node("Swish", ["x"], ["y"])], [], ["silu"], (3, 9, 9)),
    "scaled dense layer": Case([node("Gemm", ["x", "w"], ["y"], alpha=0.5)], [tensor("w", [8, 5])],
                               ["rescale", "linear"], (5,), 40, 40, ["N", 8]),
    "dense einsum": Case([node("Einsum", ["x", "w"], ["y"], equation="bti,io->bto")], [tensor("w", [8, 5])],
                         ["reshape", "linear"], (6, 5), 40, 6 * 40, SEQUENCE),
    "einsum of two": Case([node("Einsum", ["x", "x"], ["y"], equation="bti,bsi->bts")], [], ["matmul"], (6, 6), 0,
                          6 * 6 * 8, SEQUENCE),
    "weights of several axes": Case([node("MatMul", ["x", "w"], ["y"])], [tensor("w", [2, 8, 5])],
                                    ["parameter", "matmul"], (2, 6, 5), 80, 2 * 6 * 8 * 5, ["N", 2, 6, 8]),
    "attention of opset 23": Case([node("Attention", ["x", "x", "x"], ["y"], q_num_heads=2, kv_num_heads=2)], [],
                                  ["reshape", "scaled_dot_product"], (6, 8), 0, 2 * 6 * 6 * 8, SEQUENCE),
    "norm by the root of squares": Case(
        [node("Pow", ["x", "two"], ["s"]), node("ReduceMean", ["s"], ["m"], axes=[-1]),
         node("Add", ["m", "eps"], ["e"]), node("Sqrt", ["e"], ["r"]), node("Div", ["x", "r"], ["d"]),
         node("Mul", ["w", "d"], ["y"])],
        [floats("two", [], [2]), floats("eps", [], [1e-5]), tensor("w", [8])], ["reshape", "rmsnorm"], (6, 8), 8, 0,
        SEQUENCE),
    "arithmetic on shapes": Case(
        [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n"]), node("Unsqueeze", ["n", "first"], ["u"]),
         node("ConstantOfShape", ["one"], ["c"], value=tensor("", [1], [48])), node("Equal", ["c", "minus"], ["q"]),
         node("Where", ["q", "u", "c"], ["t"]), node("Concat", ["u", "t"], ["target"], axis=0),
         node("Reshape", ["x", "target"], ["y"])],
        [tensor("zero", [], [0]), tensor("first", [1], [0]), tensor("one", [1], [1]), tensor("minus", [1], [-1])],
        ["flatten"], (48,), x=SEQUENCE),
    "quantized": Case([node("QLinearConv", ["x", "a", "z", "w", "a", "z", "a", "z"], ["y"])],
                      [*KERNEL, floats("a", [], [0.1]), tensor("z", [], [0])], ["conv"], (4, 7, 7), 108, 49 * 108),
    "a branch that is known": Case(
        [node("If", ["yes"], ["y"], then_branch=graph([node("Relu", ["x"], ["a"])], [tensors("a", IMAGE)]),
              else_branch=graph([node("Loop", ["x"], ["b"])], [tensors("b", IMAGE)]))],
        [tensor("yes", [1], [1])], ["relu"], (3, 9, 9)),
}


def net_of(case: Case, folder: Path, opset: int = 21) -> tuple[Imported, Report]:
    path = folder / "net.onnx"
    path.write_bytes(model(case.nodes, [tensors("x", case.x)], [tensors("y", ["N", *case.shape])], case.arrays, opset))
    found = read(str(path))
    return found, report(loads(found.text))


@pytest.mark.parametrize("name", CASES)
def test_operators(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    found, ours = net_of(case, tmp_path)
    assert [row.kind for row in ours.rows] == case.kinds
    assert (ours.rows[-1].shape, ours.totals.params, ours.totals.macs) == (case.shape, case.params, case.macs)
    assert any("quantized" in note for note in found.notes) == (name == "quantized")


def lstm(*extra: str, outputs: tuple[str, ...] = ("y",), **attributes: Any) -> list[bytes]:
    return [node("LSTM", ["x", "w", "r", "b", *extra], list(outputs), **{"layout": 1} | attributes)]


def stacked(ways: int) -> list[bytes]:
    """An LSTM's tensors for 8 inputs and 5 features."""
    return [tensor("w", [ways, 20, 8]), tensor("r", [ways, 20, 5]), tensor("b", [ways, 40])]


SIZE = 20 * 8 + 20 * 5 + 40
"""Parameters of a direction: 4 gates of 5, of 8 inputs and 5 features, and two biases."""


@pytest.mark.parametrize(("outputs", "kinds", "shape"), [
    (("y",), {"lstm"}, (6, 2, 5)), (("", "y"), {"lstm"}, (2, 5)),
    (("all", "y"), {"lstm", "slice", "concat"}, (2, 5)), (("all", "last", "y"), {"lstm", "opaque"}, (2, 5))])
def test_both_directions_and_states_of_an_lstm(outputs: tuple[str, ...], kinds: set[str], shape: tuple[int, ...],
                                               tmp_path: Path) -> None:
    nodes = [*lstm(outputs=outputs, direction="bidirectional"), *([node("Relu", ["all"], ["z"])] * ("all" in outputs))]
    found, ours = net_of(Case(nodes, stacked(2), [], shape, x=SEQUENCE), tmp_path)
    net = loads(found.text)
    assert {row.kind for row in ours.rows} - {"reshape", "permute", "relu"} == kinds
    assert (ours.totals.params, ours.totals.macs) == (2 * SIZE, 6 * 2 * 20 * (8 + 5))
    assert ours[net.nodes[net.outputs[0]].name].shape == shape


@pytest.mark.parametrize(("nodes", "why"), [
    (lstm("", "", "", "p"), "has peepholes"), (lstm(direction="reverse"), "reads the sequence backwards"),
    (lstm(clip=1.0), "clips, or couples its gates"), (lstm("", "h"), "begins in a state of its own")])
def test_what_an_lstm_may_not_be(nodes: list[bytes], why: str, tmp_path: Path) -> None:
    more = [tensor("p", [1, 15]), floats("h", [1, 1, 5], [1, 2, 3, 4, 5])]
    found, ours = net_of(Case(nodes, [*stacked(1), *more], [], (6, 1, 5), x=SEQUENCE), tmp_path)
    assert why in " ".join(found.notes)
    assert [row.kind for row in ours.rows] == ["opaque"]
    assert ours.totals.params >= SIZE


@pytest.mark.parametrize(("nodes", "message"), [
    ([node("Loop", ["x"], ["y"], "around")], r"node 'around' \(Loop\) is a loop"),
    ([node("If", ["x"], ["y"], "fork")], r"node 'fork' \(If\) depends on numbers of the input"),
    ([node("Resize", ["x", "", "s"], ["y"], "small")], r"node 'small' \(Resize\) resizes to nothing"),
])
def test_what_cannot_be_imported(nodes: list[bytes], message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(model(nodes, [tensors("x", IMAGE)], [], [floats("s", [4], [1, 1, 0, 0])]))
    with pytest.raises(ArchcalcError, match=message):
        read(str(path))


def block(number: int, channels: int, stride: int = 1) -> tuple[list[bytes], list[bytes]]:
    """A residual block without names, with a convolution in its shortcut where it is strided."""
    x, n = f"t{number}", number + 1
    wide = channels // stride
    nodes = [node("Conv", [x, f"a{n}"], [f"p{n}"], pads=[1, 1, 1, 1], strides=[stride, stride]),
             node("Relu", [f"p{n}"], [f"q{n}"]), node("Conv", [f"q{n}", f"b{n}"], [f"r{n}"], pads=[1, 1, 1, 1])]
    arrays = [tensor(f"a{n}", [channels, wide, 3, 3]), tensor(f"b{n}", [channels, channels, 3, 3])]
    if stride > 1:
        nodes.append(node("Conv", [x, f"c{n}"], [f"s{n}"], strides=[stride, stride]))
        arrays.append(tensor(f"c{n}", [channels, wide, 1, 1]))
    nodes += [node("Add", [f"r{n}", f"s{n}" if stride > 1 else x], [f"u{n}"]), node("Relu", [f"u{n}"], [f"t{n}"])]
    return nodes, arrays


def test_repeated_parts_without_names_become_blocks(tmp_path: Path) -> None:
    widths = [8, 8, 8, 16, 16, 16, 32, 32, 32]
    parts = [block(i, w, 2 if i and w > widths[i - 1] else 1) for i, w in enumerate(widths)]
    path = tmp_path / "net.onnx"
    path.write_bytes(model([n for nodes, _ in parts for n in nodes], [tensors("t0", ["N", 8, 16, 16])],
                           [tensors("t9", ["N", 32, 4, 4])], [a for _, arrays in parts for a in arrays]))
    text = read(str(path)).text
    found = report(loads(text))
    first = 3 * 2 * 9 * 8 * 8
    grown = [9 * w // 2 * w + 9 * w * w + w // 2 * w for w in (16, 32)]
    assert found.totals.params == first + sum(grown) + 2 * 2 * 9 * (16**2 + 32**2)
    assert text.count("repeat: 3") == 3
    assert len(text.splitlines()) < 25


def test_weights_may_be_inputs(tmp_path: Path) -> None:
    nodes = [node("Conv", ["x", "c.weight"], ["y"])]
    x, y, w = tensors("x", IMAGE), tensors("y", ["N", 4, 7, 7]), tensor("c.weight", [4, 3, 3, 3])
    files = {"parameter": model(nodes, [x, tensors("c.weight", [4, 3, 3, 3], about="parameter")], [y]),
             "both": model(nodes, [x, tensors("c.weight", [4, 3, 3, 3])], [y], [w]),
             "array": model(nodes, [x], [y], [w])}
    texts = []
    for data in files.values():
        (tmp_path / "net.onnx").write_bytes(data)
        texts.append(read(str(tmp_path / "net.onnx")).text)
    assert texts[0] == texts[1] == texts[2]
    assert report(loads(texts[0])).totals.params == 108
