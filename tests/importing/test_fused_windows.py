"""Attention within windows that is written out, as one layer: from exported source, from code of others, from ONNX."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archcalc.api import loads
from archcalc.layers.embedding import distances
from archcalc.layers.window import regions
from archcalc.net import Net
from tests.importing.windowed import Windowed

SPEC = """
input: [2, {0}, {1}]
layers:
  - patches: {{conv: 12}}
  - last: {{permute: [1, 2, 0], then: layernorm}}
  - attended: {{window_attention: {2}, heads: 3, shift: {3}, version: {4}, bias: {5}}}
"""
KINDS = ["conv", "permute", "layernorm", "window_attention"]
FORMS = [(8, 8, "4", "0", 1, "true"), (8, 8, "4", "1", 1, "true"), (8, 12, "[4, 3]", "[2, 1]", 1, "true"),
         (8, 8, "4", "[0, 3]", 1, "true"), (4, 8, "4", "2", 1, "true"), (4, 4, "4", "0", 1, "true"),
         (7, 9, "4", "0", 1, "true"), (7, 9, "4", "1", 1, "true"), (8, 6, "4", "2", 1, "false"),
         (8, 8, "4", "0", 2, "true"), (8, 8, "4", "1", 2, "true"), (4, 4, "4", "0", 2, "true"),
         (7, 12, "[4, 3]", "[2, 1]", 2, "false")]


def _spec(form: Any) -> Net:
    return loads(SPEC.format(*form))


def _copied(ours: Any, tensors: dict[str, Any]) -> None:
    """Put tensors into a module, each by the last two words of its name."""
    import torch

    with torch.no_grad():
        for name, tensor in (*ours.named_parameters(), *ours.named_buffers()):
            ends = name.replace("__", ".").split(".")[-2:]
            found = [t for n, t in tensors.items() if n.split(".")[-2:] == ends]
            if found:
                tensor.copy_(found[0].reshape(tensor.shape))
            else:       # a buffer, which the file computes
                assert name.rpartition(".")[2] in ("relative_position_index", "relative_coords_table")


def _made(text: str) -> Any:
    """The last class of a source, made, with other numbers than it begins with."""
    import torch

    space: dict[str, Any] = {}
    exec(compile(text, "exported.py", "exec"), space)
    torch.manual_seed(0)
    made = space[text.rpartition("\nclass ")[2].partition("(")[0]]().double().eval()
    with torch.no_grad():
        for p in made.parameters():
            p.copy_(torch.randn(p.shape, dtype=torch.float64) / 2)
    return made


def _returned(made: Any, *dims: int) -> Net:
    """The network that a module is imported as."""
    import torch

    from archcalc import from_torch

    return from_torch(made, torch.zeros(2, *dims))


def _kinds(net: Net) -> list[str]:
    return [node.layer.kind for node in net.layers]


def _sorted(tensors: Any) -> list[Any]:
    """Tensors by their shapes without axes of 1; those of one shape in order."""
    return sorted(tensors, key=lambda t: [n for n in t.shape if n != 1])


def _equal(net: Net, made: Any, *dims: int) -> None:
    """The module built of a network gives another's outputs with its tensors."""
    import torch

    from archcalc.crosscheck import build

    ours = build(net, dtype=torch.float64).eval()
    x = torch.randn(2, *dims, dtype=torch.float64)
    with torch.no_grad():
        for a, b in zip(_sorted(ours.parameters()), _sorted(made.parameters()), strict=True):
            a.copy_(b.reshape(a.shape))
        if len([*ours.buffers()]) == len([*made.buffers()]):    # else a layer makes a mask of its own
            for a, b in zip(ours.buffers(), made.buffers(), strict=True):
                a.copy_(b.reshape(a.shape))
        assert torch.allclose(ours(x), made(x), rtol=1e-10, atol=1e-10)


@pytest.mark.torch
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_exported_source_comes_back(form: Any) -> None:
    """One layer with the same fields (an axis with one window is not shifted) and the same outputs."""
    from archcalc.exporting.torch_source import torch_source

    net = _spec(form)
    made = _made(torch_source(net))
    back = _returned(made, 2, *form[:2])
    assert _kinds(back) == KINDS
    ours, theirs = (n.layers[-1].layer.model_dump() for n in (net, back))
    assert {**ours, "shift": 0} == {**theirs, "shift": 0}
    _equal(back, made, 2, *form[:2])


CHANGES = {
    1: {"another mask": ("* -100.0", "* -50.0"), "another scale": ("q.shape[-1] ** -0.5", "q.shape[-1] ** -0.25"),
        "another region": ("places >= size - shift", "places >= size - shift - 1"),
        "not rolled back": ("x = x.roll(shift, (1, 2))", "x = x.roll((-shift[0], -shift[1]), (1, 2))"),
        "rolled along one axis": ("x = x.roll((-shift[0], -shift[1]), (1, 2))", "x = x.roll((-shift[0],), (1,))"),
        "keys before queries": ("q, k, v = self.project(x)", "k, q, v = self.project(x)"),
        "values before keys": ("q, k, v = self.project(x)", "q, v, k = self.project(x)"),
        "distances turned": ("biases.permute(2, 0, 1)", "biases.permute(2, 1, 0)"),
        "another index": ("(2 * width - 1) + difference[..., 1]", "(2 * width - 1) - difference[..., 1]"),
        "windows turned": ("(down, across)).transpose(2, 3)", "(across, down)).transpose(1, 2).transpose(2, 3)")},
    2: {"another factor": ("16 * table", "8 * table"), "another bound": ("max=4.605170185988092", "max=4.5"),
        "keys with a bias": ("torch.zeros_like(k)", "k"), "values without": ("[q, torch.zeros_like(k), v]",
                                                                            "[q, k, torch.zeros_like(v)]"),
        "keys of any length": ("F.normalize(k, dim=-1)", "k"),
        "normalized along tokens": ("F.normalize(q, dim=-1)", "F.normalize(q, dim=-2)"),
        "other coordinates": (".log2() / 3", ".log2() / 2"), "tanh": (".sigmoid()", ".tanh()"),
        "another activation": ("nn.ReLU()", "nn.GELU()"), "another mask": ("* -100.0", "* -50.0"),
        "values before keys": ("q, k, v = self.project(x)", "q, v, k = self.project(x)")}}


OF_A_SHIFT = ("another mask", "another region", "not rolled back", "rolled along one axis")


@pytest.mark.torch
@pytest.mark.parametrize(("version", "change"), [(v, change) for v, found in CHANGES.items() for change in found])
def test_near_misses_stay_written_out(version: int, change: str) -> None:
    """Source that computes something else in one place is not the layer; what it is gives its outputs all the same."""
    from archcalc.exporting.torch_source import torch_source

    shift = int(change in OF_A_SHIFT)
    text, (old, new) = torch_source(_spec((8, 8, "4", str(shift), version, "true"))), CHANGES[version][change]
    assert old in text
    made = _made(text.replace(old, new))
    back = _returned(made, 2, 8, 8)
    assert "window_attention" not in _kinds(back)
    if not shift:       # masks that are made in the run have no kind
        _equal(back, made, 2, 8, 8)


@pytest.mark.torch
def test_zeros_before_an_image_stay() -> None:
    """The kind pads behind it only: what pads before it is a layer of its own, and so is what cuts the image out."""
    from archcalc.exporting.torch_source import torch_source

    text, old = torch_source(_spec((7, 9, "4", "0", 1, "true"))), "(0, 0, 0, -width % wide, 0, -height % high)"
    assert old in text
    made = _made(text.replace(old, "(0, 0, -width % wide, 0, -height % high, 0)"))
    back = _returned(made, 2, 7, 9)
    assert _kinds(back)[3:5] == ["pad", "window_attention"]
    _equal(back, made, 2, 7, 9)


@pytest.mark.torch
@pytest.mark.parametrize("shift", [0, 2])
def test_code_of_others(shift: int) -> None:
    """As Swin's authors write it: tokens in one axis, windows in the batch, and a mask that is a buffer."""
    made = Windowed.of(shift)
    back = _returned(made, 2, 8, 12)
    assert _kinds(back) == KINDS
    assert back.layers[-1].layer.model_dump(exclude_defaults=True) == {
        "window": 4, "heads": 3, **({"shift": shift} if shift else {})}
    _equal(back, made, 2, 8, 12)


@pytest.mark.torch
def test_an_image_that_is_one_window() -> None:
    """Its tokens are in order; only a reshape makes an image of them again."""
    made = Windowed.of(0, whole=True)
    back = _returned(made, 2, 4, 4)
    assert _kinds(back) == KINDS
    assert back.layers[-1].layer.model_dump(exclude_defaults=True) == {"window": 4, "heads": 3}
    _equal(back, made, 2, 4, 4)


@pytest.mark.torch
@pytest.mark.parametrize(("change", "value"), [("minus_infinity", True), ("read_twice", True), ("bias_of_last", False),
                                               ("shared", True)])
def test_code_of_others_that_does_something_else(change: str, value: Any) -> None:
    made = Windowed.of(2, **{change: value})
    assert "window_attention" not in _kinds(_returned(made, 2, 8, 12))


@pytest.mark.torch
def test_a_grid_comes_back_as_windows() -> None:
    """MaxViT: tokens that are far apart attend to each other, and go back to their places."""
    from archcalc.exporting.torch_source import torch_source

    net = loads("""
input: [2, 8, 12]
layers:
  - patches: {conv: 6}
  - last: {permute: [1, 2, 0], then: layernorm}
  - grid: {window_partition: [2, 3]}
  - swapped: {permute: [1, 0, 2]}
  - cells: {reshape: [6, 16, 6], axes: [window, sequence, channel]}
  - bias: {relative_bias: 4, heads: 2}
  - qkv: {linear: 18, from: cells}
  - q: {chunk: 3, part: 0}
  - k: {chunk: 3, part: 1, from: qkv}
  - v: {chunk: 3, part: 2, from: qkv}
  - attention: {scaled_dot_product: 2, from: [q, k, v], position: bias, root_of: 6}
  - cells_back: {reshape: [6, 16, 6], axes: [sequence, window, channel]}
  - swapped_back: {permute: [1, 0, 2]}
  - image: {window_reverse: [8, 12], window: [2, 3]}
  - first: {permute: [2, 0, 1]}
""")
    made = _made(torch_source(net))
    back = _returned(made, 2, 8, 12)
    assert sorted(_kinds(back)) == sorted(_kinds(net))
    _equal(back, made, 2, 8, 12)


@pytest.mark.peers
@pytest.mark.parametrize("form", FORMS, ids=str)
def test_onnx_comes_back(form: Any, tmp_path: Path) -> None:
    """One layer, which gives the model's outputs in onnxruntime with its initializers."""
    import numpy
    import onnx
    import onnxruntime
    import torch

    from archcalc.crosscheck import build
    from archcalc.exporting.onnx.model import onnx_model
    from archcalc.importing.onnx.reading import read

    model = onnx.load_from_string(onnx_model(_spec(form), random=True))
    for one in model.graph.initializer:
        if one.name.endswith(".bias"):      # which begin as 0
            one.CopyFrom(onnx.numpy_helper.from_array(numpy.random.default_rng(0).random(
                one.dims, numpy.float32), one.name))
    data = model.SerializeToString()
    (path := tmp_path / "net.onnx").write_bytes(data)
    back = loads(read(str(path)).text)
    assert _kinds(back) == KINDS
    tensors = {i.name: torch.from_numpy(onnx.numpy_helper.to_array(i).copy())
               for i in model.graph.initializer}
    ours = build(back).eval()
    _copied(ours, tensors)
    x = torch.randn(2, 2, *form[:2])
    session = onnxruntime.InferenceSession(data)
    found, = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    with torch.no_grad():
        numpy.testing.assert_allclose(found, ours(x).numpy(), rtol=1e-3, atol=1e-4)


def _looked_up(index: list[int], path: Path) -> list[str]:
    """The kinds of an ONNX graph that adds rows of a table of 7·5 distances and 2 heads to scores of 12 places."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper

    from archcalc.importing.onnx.reading import read

    tensors = [numpy_helper.from_array(numpy.ones((35, 2), numpy.float32), "attn.table"),
               numpy_helper.from_array(numpy.array(index), "attn.index"),
               numpy_helper.from_array(numpy.array([12, 12, 2]), "shape")]
    nodes = [helper.make_node("Gather", ["attn.table", "attn.index"], ["rows"]),
             helper.make_node("Reshape", ["rows", "shape"], ["cut"]),
             helper.make_node("Transpose", ["cut"], ["bias"], perm=[2, 0, 1]),
             helper.make_node("Add", ["scores", "bias"], ["out"])]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2, 12, 12])]
            for name in ("scores", "out")]
    path.write_bytes(helper.make_model(helper.make_graph(nodes, "g", *ends, tensors)).SerializeToString())
    return _kinds(loads(read(str(path)).text))


@pytest.mark.peers
def test_relative_positions_are_known_by_the_numbers_of_the_index(tmp_path: Path) -> None:
    right, path = distances(4, 3), tmp_path / "net.onnx"
    assert "relative_bias" in _looked_up(right, path)
    for wrong in (right[::-1], [right[1], right[0], *right[2:]]):
        found = _looked_up(wrong, path)
        assert "take" in found
        assert "relative_bias" not in found


@pytest.mark.peers
@pytest.mark.parametrize(("least", "fused"), [(1e-12, True), (1e-6, False)])
def test_vectors_of_length_1(least: float, fused: bool, tmp_path: Path) -> None:
    """x / max(‖x‖, 10⁻¹²) is `l2norm`; with another bound it is not."""
    import numpy
    from onnx import TensorProto, helper, numpy_helper

    from archcalc.importing.onnx.reading import read

    tensors = [numpy_helper.from_array(numpy.array([-1]), "axes"),
               numpy_helper.from_array(numpy.array(least, numpy.float32), "least")]
    nodes = [helper.make_node("ReduceL2", ["x", "axes"], ["length"], keepdims=1),
             helper.make_node("Clip", ["length", "least"], ["held"]), helper.make_node("Div", ["x", "held"], ["y"])]
    ends = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 5, 4])] for name in "xy"]
    path = tmp_path / "net.onnx"
    opset = [helper.make_opsetid("", 18)]
    path.write_bytes(helper.make_model(helper.make_graph(nodes, "g", *ends, tensors), opset_imports=opset)
                     .SerializeToString())
    assert ("l2norm" in _kinds(loads(read(str(path)).text))) is fused


def test_regions_of_a_shift() -> None:
    """2×2 windows of 2×2, shifted by 1 along both axes: figure 4 of the paper, where 9 parts are told apart.

    The last rows and columns come from the other end, so the windows at the end hold 2, 2 and 4 parts.
    """
    assert [*regions((2, 2), (2, 2), (1, 1))] == [[0, 0, 0, 0], [1, 2, 1, 2], [3, 3, 6, 6], [4, 5, 7, 8]]
    assert [len({*part}) for part in regions((3, 1), (4, 4), (2, 0))] == [1, 1, 2]
