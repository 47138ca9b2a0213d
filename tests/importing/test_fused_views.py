"""Views that are one layer of the language: crops, shuffles, picked elements, permutations around a normalization."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archcalc import Net, loads
from archcalc.importing.onnx.reading import read
from tests.importing.protobuf import field, floats, model, node, tensor, tensors


def imported(path: Path, nodes: list[bytes], arrays: list[bytes], x: list[Any], y: list[Any]) -> Net:
    """The network of an ONNX file that is written by hand."""
    path = path / "net.onnx"
    path.write_bytes(model(nodes, [tensors("x", x)], [tensors("y", y)], arrays))
    return loads(read(str(path)).text)


def words(net: Net) -> list[str]:
    return [node.layer.kind for node in net.layers]


def one(net: Net, kind: str) -> Any:
    """The layer of a kind, of which there is one."""
    found, = (node.layer for node in net.layers if node.layer.kind == kind)
    return found


def made(module: Any, *x: Any) -> Net:
    """The network of a torch module, whose outputs with the module's tensors are the module's."""
    import torch

    from archcalc import from_torch
    from archcalc.crosscheck import build

    module = module.double().eval()
    net = from_torch(module, x)
    built = build(net, dtype=torch.float64).eval()
    own = [*module.parameters(), *module.buffers()]
    with torch.no_grad():
        for given in (*built.parameters(), *built.buffers()):
            place = next(i for i, t in enumerate(own) if squeezed(t) == squeezed(given))
            given.copy_(own.pop(place).view(given.shape))
        torch.testing.assert_close(built(*x), module(*x), rtol=1e-10, atol=1e-10)
    assert not own
    return net


def squeezed(t: Any) -> list[int]:
    return [n for n in t.shape if n != 1]


def module(function: Any, **parts: Any) -> Any:
    """A module of parts and parameters, with random numbers."""
    import torch

    class Made(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, part in parts.items():
                setattr(self, name, part)

        def forward(self, *x: Any) -> Any:
            return function(self, *x)

    found = Made()
    with torch.no_grad():
        for p in found.parameters():
            p.copy_(torch.rand_like(p) + 0.5)
    return found


def image(*dims: int) -> Any:
    import torch

    return torch.rand(2, *dims, dtype=torch.float64)


@pytest.mark.torch
def test_crops() -> None:
    net = made(module(lambda m, x: x[:, :, 1:7, 2:9]), image(3, 10, 12))
    assert words(net) == ["crop"]
    assert (one(net, "crop").size, one(net, "crop").offset) == ((6, 7), (1, 2))
    net = made(module(lambda m, x: x[:, :, 2:8, 3:9]), image(3, 10, 12))        # (10 − 6) / 2 and (12 − 6) / 2
    assert (one(net, "crop").size, one(net, "crop").offset) == (6, None)
    net = made(module(lambda m, x: x[:, :, 2:5, 1:5, :3]), image(3, 5, 5, 5))
    assert (one(net, "crop").size, one(net, "crop").offset) == ((3, 4, 3), (2, 1, 0))


@pytest.mark.torch
@pytest.mark.parametrize("first", [True, False])
def test_a_crop_to_what_it_is_joined_with(first: bool) -> None:
    """U-Net's, whether it is cut before or after what it is joined with is computed."""
    import torch

    def run(m: Any, x: Any) -> Any:
        if first:
            cut = x[:, :, 2:8, 1:7]
            return torch.cat([cut, m.conv(x)], 1)
        small = m.conv(x)
        return torch.cat([x[:, :, 2:8, 1:7], small], 1)
    net = made(module(run, conv=torch.nn.Conv2d(3, 5, (5, 3))), image(3, 10, 8))
    assert words(net) == ["conv", "crop", "concat"]
    crop = net.layers[1]
    assert (crop.layer.like, [net.nodes[i].name for i in crop.inputs]) == (True, ["input", "conv"])


@pytest.mark.torch
def test_what_is_no_crop() -> None:
    import torch

    both = made(module(lambda m, x: torch.cat([(cut := x[:, :, 1:7]).mean(3), cut[:, :, :, :8].mean(3)], 1)),
                image(3, 10, 12))
    assert "crop" not in words(both)        # something else reads what the first slice gives
    assert words(made(module(lambda m, x: x[:, :, ::2, 1:9]), image(3, 10, 12))) == ["slice", "slice"]
    assert words(made(module(lambda m, x: x[:, 1:, 1:9]), image(3, 10, 12))) == ["slice", "slice"]
    aside = made(module(lambda m, x: torch.cat([x[:, :, :6, :6], m.conv(x)], 1), conv=torch.nn.Conv2d(3, 5, 5)),
                 image(3, 10, 10))
    assert not one(aside, "crop").like      # it is not the middle
    below = made(module(lambda m, x: torch.cat([x[:, :, 2:8, 2:8], m.conv(x)], 2), conv=torch.nn.Conv2d(3, 3, 5)),
                 image(3, 10, 10))
    assert not one(below, "crop").like      # rows may differ in number
    twice = made(module(lambda m, x: torch.cat([(cut := x[:, :, 2:8, 2:8]), m.conv(x), cut], 1),
                        conv=torch.nn.Conv2d(3, 5, 5)), image(3, 10, 10))
    assert not one(twice, "crop").like


@pytest.mark.torch
def test_picked_channels() -> None:
    import torch

    def pick(*indices: int) -> Any:
        return lambda m, x: torch.cat([x[:, i:i + 1] for i in indices], 1)
    net = made(module(pick(2, 0, 3)), image(5, 4, 4))
    assert words(net) == ["select"]
    assert one(net, "select").indices == (2, 0, 3)
    both = made(module(lambda m, x: m.conv(pick(4, 1)(m, x)) + m.conv2(pick(1, 0)(m, x)),
                       conv=torch.nn.Conv2d(2, 3, 1), conv2=torch.nn.Conv2d(2, 3, 1, bias=False)), image(5, 4, 4))
    assert words(both) == ["select", "conv", "select", "conv", "add"]
    rows = made(module(lambda m, x: torch.cat([x[:, :, 3:4], x[:, :, 1:2]], 2)), image(5, 4, 4))
    assert (one(rows, "select").indices, one(rows, "select").axis) == ((3, 1), 1)


@pytest.mark.torch
def test_what_is_not_picked() -> None:
    import torch

    two = made(module(lambda m, x, y: torch.cat([x[:, 2:3], y[:, :1]], 1)), image(5, 4, 4), image(5, 4, 4))
    wide = made(module(lambda m, x: torch.cat([x[:, 2:4], x[:, :1]], 1)), image(5, 4, 4))
    across = made(module(lambda m, x: torch.cat([x[:, 2:3], x[:, :1]], 2)), image(5, 4, 4))
    assert [words(net) for net in (two, wide, across)] == [["slice", "slice", "concat"]] * 3


def norms() -> Any:
    import torch

    return [("layernorm", torch.nn.LayerNorm(6, eps=1e-6)), ("rmsnorm", torch.nn.RMSNorm(6, eps=1e-6))]


@pytest.mark.torch
@pytest.mark.parametrize("which", [0, 1])
def test_normalized_channels(which: int) -> None:
    """ConvNeXt's: channels last, normalized, and first again."""
    kind, norm = norms()[which]
    net = made(module(lambda m, x: m.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), norm=norm), image(6, 4, 5))
    assert words(net) == [kind]
    assert net.layers[0].layer.eps == 1e-6
    net = made(module(lambda m, x: m.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).flatten(1), norm=norm),
               image(6, 1, 1))
    assert words(net) == [kind, "flatten"]


@pytest.mark.torch
def test_what_is_not_normalized_channels() -> None:
    import torch

    norm = norms()[0][1]
    turned = made(module(lambda m, x: m.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 2, 1), norm=norm), image(6, 4, 5))
    assert words(turned) == ["permute", "layernorm", "permute"]
    read = made(module(lambda m, x: torch.cat([(y := m.norm(x.permute(0, 2, 3, 1))).permute(0, 3, 1, 2).flatten(1),
                                               y.flatten(1)], 1), norm=norm), image(6, 4, 5))
    assert words(read)[:2] == ["permute", "layernorm"]
    both = made(module(lambda m, x: m.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), norm=torch.nn.LayerNorm([5, 6])),
                image(6, 4, 5))
    assert words(both) == ["permute", "layernorm", "permute"]


def shuffle(groups: int, *axes: int) -> Any:
    """ShuffleNet's, or another exchange of axes."""
    def run(m: Any, x: Any) -> Any:
        n, c, h, w = x.shape
        return x.view(n, groups, c // groups, h, w).transpose(*axes).reshape(n, c, h, w)
    return run


@pytest.mark.torch
def test_shuffled_channels() -> None:
    net = made(module(shuffle(3, 1, 2)), image(12, 4, 4))
    assert words(net) == ["channel_shuffle"]
    assert one(net, "channel_shuffle").groups == 3
    square = made(module(shuffle(2, 1, 2)), image(4, 3, 3))     # 2 groups of 2 are their own way back
    assert words(square) == ["channel_shuffle"]
    assert words(made(module(shuffle(3, 3, 4)), image(12, 4, 4))) == ["permute"]
    assert "channel_shuffle" not in words(made(module(shuffle(4, 2, 3)), image(16, 4, 4)))


@pytest.mark.torch
def test_equal_parts_of_an_image() -> None:
    import torch

    net = made(module(lambda m, x: torch.cat([x[:, 4:], m.conv(x[:, :4])], 1), conv=torch.nn.Conv2d(4, 4, 1)),
               image(8, 3, 3))
    assert sorted(words(net)) == ["chunk", "chunk", "concat", "conv"]
    some = made(module(lambda m, x: x[:, 4:]), image(8, 3, 3))      # the other half is not taken
    apart = made(module(lambda m, x: torch.cat([x[:, 3:], m.conv(x[:, :3])], 1), conv=torch.nn.Conv2d(3, 4, 1)),
                 image(8, 3, 3))
    assert words(some) == ["slice"]
    assert sorted(words(apart)) == ["concat", "conv", "slice", "slice"]


# ONNX

def test_negative_padding_is_a_crop(tmp_path: Path) -> None:
    net = imported(tmp_path, [node("Pad", ["x", "p"], ["y"])], [tensor("p", [8], [0, 0, -1, -2, 0, 0, -3, -1])],
                   ["N", 3, 9, 9], ["N", 3, 5, 6])
    assert words(net) == ["crop"]
    assert (one(net, "crop").size, one(net, "crop").offset) == ((5, 6), (1, 2))


def test_shuffle_and_equal_parts_of_a_file(tmp_path: Path) -> None:
    """As torch's exporter writes torchvision's ShuffleNet."""
    nodes = [node("Reshape", ["x", "a"], ["b"]), node("Transpose", ["b"], ["c"], perm=[0, 2, 1, 3, 4]),
             node("Reshape", ["c", "d"], ["e"]), node("Split", ["e", "s"], ["f", "g"], axis=1),
             node("Relu", ["g"], ["h"]), node("Concat", ["f", "h"], ["y"], axis=1)]
    arrays = [tensor("a", [5], [-1, 2, 4, 3, 3]), tensor("d", [4], [-1, 8, 3, 3]), tensor("s", [2], [4, 4])]
    net = imported(tmp_path, nodes, arrays, ["N", 8, 3, 3], ["N", 8, 3, 3])
    assert words(net) == ["channel_shuffle", "chunk", "chunk", "relu", "concat"]
    assert one(net, "channel_shuffle").groups == 2
    assert [n.layer.part for n in net.layers if n.layer.kind == "chunk"] == [0, 1]


def test_pooling_of_single_elements_is_adaptive(tmp_path: Path) -> None:
    """What torch's exporter makes of adaptive pooling to the size that there is."""
    net = imported(tmp_path, [node("AveragePool", ["x"], ["y"], kernel_shape=[1, 1], strides=[1, 1])], [],
                   ["N", 3, 7, 7], ["N", 3, 7, 7])
    assert (words(net), one(net, "adaptive_avgpool").size) == (["adaptive_avgpool"], 7)
    padded = imported(tmp_path, [node("AveragePool", ["x"], ["y"], kernel_shape=[1, 1], strides=[1, 1],
                                      pads=[0, 0, 0, 1])], [], ["N", 3, 7, 7], ["N", 3, 7, 8])
    assert words(padded) != ["adaptive_avgpool"]


def test_a_buffer_of_a_file_is_not_learned(tmp_path: Path) -> None:
    """A tensor that is described so, as archcalc writes it: subtracted, it is a constant."""
    from archcalc import report

    for about, params in ((b"", 3), (field(12, "buffer"), 0)):
        net = imported(tmp_path, [node("Sub", ["x", "centre.of"], ["y"])],
                       [floats("centre.of", [3], [0.25, 0.5, 0.125]) + about], ["N", 3], ["N", 3])
        assert report(net).totals.params == params
