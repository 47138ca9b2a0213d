"""ONNX files: figures written out, dynamic dimensions, patterns, and what malformed files are answered with."""

from __future__ import annotations

import random
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archcalc import ArchcalcError, loads, report
from archcalc.importing.onnx.reading import read
from archcalc.importing.references import Input, imported
from tests.importing.protobuf import field, model, node, tensor, tensors


def saved(folder: Path, data: bytes) -> str:
    path = folder / "net.onnx"
    path.write_bytes(data)
    return str(path)


def classifier(*, height: int | str = 32, batch: int | str = "N", kind: str = "Conv", target: Any = (0, -1)) -> bytes:
    nodes = [
        node(kind, ["x", "a.weight", "a.bias"], ["a"], "/a/Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1],
             strides=[2, 2]),
        node("Relu", ["a"], ["r"], "/Relu"),
        node("GlobalAveragePool", ["r"], ["p"], "/pool/GlobalAveragePool"),
        node("Reshape", ["p", "shape"], ["f"], "/Reshape"),
        node("Gemm", ["f", "fc.weight", "fc.bias"], ["y"], "/fc/Gemm", transB=1)]
    arrays = [tensor("a.weight", [8, 3, 3, 3]), tensor("a.bias", [8]), tensor("fc.weight", [10, 8]),
              tensor("fc.bias", [10]), tensor("shape", [len(target)], target)]
    return model(nodes, [tensors("x", [batch, 3, height, 32])], [tensors("y", [batch, 10])], arrays)


@pytest.mark.parametrize("target", [(0, -1), (-1, 8), (1, 8), (1, -1)])
@pytest.mark.parametrize("batch", ["N", 1])
def test_figures(target: tuple[int, int], batch: int | str, tmp_path: Path) -> None:
    if batch == "N" and target[0] == 1:
        target = (0, 8)
    found = report(loads(read(saved(tmp_path, classifier(batch=batch, target=target))).text))
    assert found.totals.params == 8 * 27 + 8 + 80 + 10
    assert found.totals.macs == 16 * 16 * 8 * 27 + 80
    assert [row.name for row in found.rows] == ["a", "a.relu", "pool", "flatten", "fc"]


def test_dynamic_dimensions_are_parameters(tmp_path: Path) -> None:
    path = saved(tmp_path, classifier(height="height"))
    net = loads(read(path).text)
    assert net.parameters["height"] == 224
    assert report(net, height=64)["a"].shape == (8, 32, 16)
    assert loads(read(path, [Input(None, (3, 96, 32))]).text).parameters["height"] == 96
    assert loads(imported(f"{path}@3x48x32").text).parameters["height"] == 48


def test_equal_weights_with_a_name_of_their_own_are_their_own(tmp_path: Path) -> None:
    nodes = [node("Identity", ["w"], ["v"]), node("MatMul", ["x", "w"], ["a"]), node("MatMul", ["a", "v"], ["b"]),
             node("MatMul", ["b", "w"], ["y"])]
    data = model(nodes, [tensors("x", ["N", 4])], [tensors("y", ["N", 4])], [tensor("w", [4, 4])])
    net = loads(read(saved(tmp_path, data)).text)
    assert report(net).totals.params == 2 * 16
    assert [bool(n.share) for n in net.layers] == [False, False, True]


def test_gelu_and_biases_of_products(tmp_path: Path) -> None:
    nodes = [node("MatMul", ["x", "w"], ["m"]), node("Add", ["b", "m"], ["h"]), node("Div", ["h", "root"], ["d"]),
             node("Erf", ["d"], ["e"]), node("Add", ["e", "one"], ["s"]), node("Mul", ["h", "s"], ["t"]),
             node("Mul", ["t", "half"], ["y"])]
    constant = [scalar("root", 2 ** 0.5), scalar("one", 1.0), scalar("half", 0.5)]
    data = model(nodes, [tensors("x", ["N", 4])], [tensors("y", ["N", 6])],
                 [tensor("w", [4, 6]), tensor("b", [6]), *constant])
    net = loads(read(saved(tmp_path, data)).text)
    assert [n.layer.kind for n in net.layers] == ["linear", "gelu"]
    assert report(net).totals.params == 4 * 6 + 6


def scalar(name: str, value: float) -> bytes:
    return field(2, 1) + field(8, name) + field(4, value)


def test_what_has_no_kind_is_opaque_with_the_sizes_that_the_file_notes(tmp_path: Path) -> None:
    nodes = [node("NonZero", ["x"], ["n"], "/odd/NonZero"), node("Relu", ["n"], ["y"])]
    data = model(nodes, [tensors("x", ["N", 4])], [tensors("y", ["N", 7])], noted=[tensors("n", ["N", 7])])
    found = read(saved(tmp_path, data))
    assert "{opaque: [7]}" in found.text
    assert found.notes[0].startswith("1 layer is opaque")
    data = model(nodes, [tensors("x", ["N", 4])], [tensors("y", ["N", 7])])
    with pytest.raises(ArchcalcError, match=r"node '/odd/NonZero' .* has no kind, and its output has no sizes"):
        read(saved(tmp_path, data))


@pytest.mark.parametrize(("data", "message"), [
    (b"", "is empty"), (b"\x00\x01", "no field begins at byte 0"), (b"hello, world", "is not a whole ONNX file"),
    (b"\x08\x08", "has no graph"), (classifier()[:-40], "is not a whole ONNX file"),
    (model([node("Relu", ["z"], ["y"], "first")], [tensors("x", ["N", 4])], [tensors("y", ["N", 4])]),
     "node 'first' reads 'z', which no node before it makes"),
    (model([node("Relu", ["x"], ["y"])], [tensors("x", [4])], [tensors("y", [4])]), "has no batch axis"),
    (model([], [tensors("x", ["N", 4])], [tensors("x", ["N", 4])]), "no layer was found"),
])
def test_bad_files(data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError) as caught:
        read(saved(tmp_path, data))
    assert message in str(caught.value)


def test_missing_file_and_wrong_input(tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError, match="cannot be read: No such file"):
        read(str(tmp_path / "none.onnx"))
    path = saved(tmp_path, classifier())
    with pytest.raises(ArchcalcError, match=r"'x' of net\.onnx has sizes 3×32×32 per sample, found 3×64×32"):
        read(path, [Input(None, (3, 64, 32))])
    with pytest.raises(ArchcalcError, match="has the inputs x; found --input 'z'"):
        read(path, [Input("z", (3, 32, 32))])


def test_hostile_graphs(tmp_path: Path) -> None:
    relu = [node("Relu", ["x"], ["y"])]
    huge = b"".join(field(1, 1 << 40) for _ in range(4)) + field(2, 1) + field(8, "w")
    negative = field(1, -3) + field(2, 1) + field(8, "w")
    x, y = tensors("x", ["N", 4]), tensors("y", ["N", 4])
    files = {
        "has 1.5e+48 elements": model(relu, [x], [y], [huge]), "has a negative size": model(relu, [x], [y], [negative]),
        "which no node before it makes": model([node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"])], [x], [y]),
        "more than 50,000 nodes": model([node("Relu", ["x"], ["x"])] * 50_001, [x], [y]),
        "parameter 'w' has no sizes": model(relu, [x, tensors("w", ["N", 4], about="parameter")], [y])}
    for message, data in files.items():
        with pytest.raises(ArchcalcError, match=re.escape(message)):
            read(saved(tmp_path, data))
    twice = model([node("Relu", ["x"], ["y"], "same"), node("Relu", ["y"], ["y"], "same")], [x], [y])
    assert len(report(loads(read(saved(tmp_path, twice)).text)).rows) == 2


@settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, 10**6))
def test_flipped_and_truncated_files(tmp_path: Path, flips: list[tuple[int, int]], length: int) -> None:
    data = bytearray(classifier())
    for place, byte in flips:
        data[place % len(data)] = byte
    with suppress(ArchcalcError):
        read(saved(tmp_path, bytes(data[:length % len(data) + 1] if length % 3 == 0 else data)))


def test_damaged_files_never_raise_anything_else(tmp_path: Path) -> None:
    whole, chance = classifier(), random.Random(0)
    for _ in range(300):
        data = bytearray(whole[:chance.randrange(len(whole))] if chance.random() < 0.3 else whole)
        for _ in range(chance.randrange(1, 4)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        with suppress(ArchcalcError):
            read(saved(tmp_path, bytes(data)))
