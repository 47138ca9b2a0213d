"""Deconvnets that run, against autograd: as it is, and with the backward hooks of each method."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.shapes import calls
from archcalc.backwards.derive import METHODS
from archcalc.backwards.find import patch
from archcalc.errors import UsageError
from archcalc.layers.shape import Identity
from archcalc.net import Net, Node

pytestmark = pytest.mark.torch

NETWORKS = [("alexnet", "conv5.relu", {"image": 83}), ("alexnet", "fc8", {"image": 67, "classes": 7}),
            ("zfnet", "conv5", {"image": 84}), ("vgg-d", "stage4.conv.2", {"image": 32}),
            ("vgg-a", "fc8", {"image": 32, "classes": 7}), ("googlenet", "3b", {"image": 224}),
            ("resnet18", "conv4_x.2", {"image": 48}), ("resnet18", "fc", {"image": 32}),
            ("torchvision/mobilenet_v3_small", "bneck.4", {"image": 48})]


def model_of(net: Net, seed: int = 0) -> Any:
    """The network in float64 with weights that keep the size of signals."""
    import torch

    from archcalc.crosscheck import build

    torch.manual_seed(seed)
    model = build(net, dtype=torch.float64).eval()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.kaiming_normal_(parameter)
        else:
            torch.nn.init.uniform_(parameter, 0.1, 1)
    for name, tensor in model.named_buffers():
        if name.endswith("running_var"):
            tensor.uniform_(1, 3)
    return model


def images(net: Net, seed: int = 1) -> Any:
    """An image with plain areas, in which windows have several equal maxima."""
    import torch

    shape = calls(net)[0].out.dims
    found = torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    found[..., : shape[-1] // 3] = 0.5
    return found


@contextmanager
def hooks(model: Any, method: str) -> Iterator[None]:
    """Springenberg et al. 2015, figure 1: what a rectifier lets through, on autograd's own backward pass."""
    import torch

    def deconvnet(module: Any, grad_in: Any, grad_out: Any) -> Any:
        return (grad_out[0].clamp(min=0),)

    def guided(module: Any, grad_in: Any, grad_out: Any) -> Any:
        return (grad_in[0].clamp(min=0),)

    hook = {"deconvnet": deconvnet, "guided": guided}.get(method)
    handles = [module.register_full_backward_hook(hook) for module in model.modules()
               if hook is not None and isinstance(module, torch.nn.ReLU | torch.nn.ReLU6)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def reference(model: Any, image: Any, layer: str, unit: Sequence[int], method: str) -> Any:
    import torch

    given = image.clone().requires_grad_()
    with hooks(model, method):
        out = dict(model.steps(given))[layer]
        found, = torch.autograd.grad(out[(0, *unit)], given)
    return found[0]


def units(net: Net, layer: str, strongest: Sequence[int]) -> list[tuple[int, ...]]:
    """The strongest unit, and those in two corners."""
    out = calls(net)[net.index[layer]].out
    return [tuple(strongest), (1, *[0] * (len(out.dims) - 1)), tuple(n - 1 for n in out.dims)]


def inside(values: Any, places: Sequence[range]) -> bool:
    """Whether nothing outside the ranges of the last axes is non-zero."""
    rest = values.clone()
    rest[(..., *(slice(r.start, r.stop) for r in places))] = 0
    return not rest.any()


@pytest.mark.parametrize(("spec", "at", "parameters"), NETWORKS)
def test_three_methods_are_autograd_with_hooks(spec: str, at: str, parameters: dict[str, int]) -> None:
    import torch

    from archcalc.crosscheck.deconvnet import Projector

    net = archcalc.load(spec, **parameters)
    model, image = model_of(net), images(net)
    projector = Projector(model, at)
    look = projector.look(image)
    layer = projector.first.layer
    first, *corners = units(net, layer, look.strongest(1)[0].place)
    for method in METHODS:
        found = look.project(method, first)
        expected = reference(model, image, layer, first, method)
        assert expected.any()
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10 * float(expected.abs().max()))
        assert inside(found, patch(net, layer, first, "input"))
    for unit in corners:
        assert inside(look.project("deconvnet", unit), patch(net, layer, unit, "input"))


def linear(net: Net) -> Net:
    """The network without its rectifiers."""
    nodes = [Node(node.name, Identity() if node.layer.rectifies else node.layer, node.inputs, node.origin, node.share)
             for node in net.nodes]
    return Net(nodes, net.n_inputs, net.outputs, spec=net.spec, document=net.document, parameters=net.parameters,
               mode=net.mode)


@pytest.mark.parametrize(("spec", "at", "parameters"), [
    ("zfnet", "conv5", {"image": 84}), ("alexnet", "fc8", {"image": 67}), ("vgg-d", "fc6", {"image": 32}),
    ("googlenet", "3b", {"image": 224}), ("resnet18", "fc", {"image": 32})])
def test_without_rectification_it_is_the_gradient(spec: str, at: str, parameters: dict[str, int]) -> None:
    import torch

    from archcalc.crosscheck.deconvnet import Projector

    net = linear(archcalc.load(spec, **parameters))
    model, image = model_of(net), images(net)
    projector = Projector(model, at, ["deconvnet"])
    look = projector.look(image)
    unit = look.strongest(1)[0].place
    expected = reference(model, image, projector.first.layer, unit, "gradient")
    assert expected.any()
    torch.testing.assert_close(look.project("deconvnet", unit), expected, rtol=1e-10,
                               atol=1e-10 * float(expected.abs().max()))


def test_that_the_comparison_can_fail() -> None:
    net = archcalc.load("zfnet", image=84)
    model, image = model_of(net), images(net)
    found = [reference(model, image, "conv5", (0, 2, 2), method) for method in METHODS]
    assert not any(a.equal(b) for a, b in pairwise(found))
    assert not inside(found[0], (range(1), range(1)))


def test_ties_are_broken_as_torch_does() -> None:
    import torch

    from archcalc.crosscheck.deconvnet import Projector

    net = archcalc.loads("input: [1, 5, 5]\nlayers: [{pool: {maxpool: 3, stride: 1, padding: 1}}]")
    image = torch.ones(1, 1, 5, 5, dtype=torch.float64)
    projector = Projector(model_of(net), "pool", ["gradient"])
    _, indices = torch.nn.functional.max_pool2d(image, 3, 1, 1, return_indices=True)
    assert torch.equal(projector.look(image).notes["pool", "switches"], indices)


@pytest.mark.parametrize("text", [
    "{maxpool: 3, stride: 2, padding: [[0, 1], [1, 0]]}", "{maxpool: 2, dilation: 3}",
    "{maxpool: 3, stride: 2, ceil: true}", "{adaptive_maxpool: 4}", "{global_maxpool: , keep: false}"])
def test_switches_of_every_kind_of_pooling(text: str) -> None:
    import torch

    from archcalc.crosscheck.deconvnet import Projector

    net = archcalc.loads(f"input: [3, 10, 9]\nlayers: [{{conv: {{conv: 4, kernel: 3}}}}, {{pool: {text}}}]")
    model = model_of(net)
    image = torch.randint(0, 3, (1, 3, 10, 9), generator=torch.Generator().manual_seed(3)).double()
    look = Projector(model, "pool", ["gradient"]).look(image)
    for unit in units(net, "pool", look.strongest(1)[0].place):
        torch.testing.assert_close(look.project("gradient", unit), reference(model, image, "pool", unit, "gradient"))


def test_weights_are_shared_and_not_copied() -> None:
    from archcalc.crosscheck.deconvnet import Projector

    net = archcalc.load("alexnet", image=67)
    model = model_of(net)
    projector = Projector(model, "fc8")
    for method in METHODS:
        reversed_ = projector.reversed[method]
        for name, undone in projector.backwards[method].undoes.items():
            for tensor, value in reversed_.tensors(name).items():
                assert value.data_ptr() == model.tensors(undone)[tensor].data_ptr()


def test_strongest_units() -> None:
    import torch

    from archcalc.crosscheck.deconvnet import Projector

    net = archcalc.loads("input: [3, 6, 5]\nlayers: [{a: {permute: [1, 2, 0]}}]")
    image = torch.arange(90, dtype=torch.float64).view(1, 3, 6, 5)
    look = Projector(model_of(net), "a").look(image)
    assert [unit.place for unit in look.strongest(2)] == [(5, 4, 2), (5, 4, 1)]     # the last place of two maps
    assert [unit.place for unit in look.strongest(2, 0)] == [(5, 4, 0), (5, 3, 0)]
    assert look.strongest(1)[0].activation == 89


# ── weights ──


@pytest.fixture
def small() -> Net:
    return archcalc.loads("""
input: [3, 16, 16]
then: {conv: [batchnorm, relu]}
layers:
- a: {conv: 4, kernel: 3, bias: false}
- b: {conv: 4, kernel: 3, bias: false}
- c: {conv: 4, kernel: 3, bias: false}
- flatten
- fc: {linear: 2}
""")


def _module() -> Any:
    """The same network as torch code, its tensors named after places of a sequence."""
    from torch import nn

    def unit(channels: int) -> list[Any]:
        return [nn.Conv2d(channels, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU()]

    return nn.Sequential(*unit(3), *unit(4), *unit(4), nn.Flatten(), nn.Linear(400, 2)).eval()


@pytest.mark.parametrize(("prefix", "wrapped", "words"), [
    ("", False, "in the order of the file"), ("module.", True, "in the order of the file"),
    ("shuffled", False, "by shape, those of one shape in the order of their names: a guess")])
def test_weights_by_order_and_by_shape(small: Net, tmp_path: Path, prefix: str, wrapped: bool, words: str) -> None:
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.weights import load_weights

    torch.manual_seed(4)
    module = _module()
    state = module.state_dict()
    if prefix == "shuffled":
        state = {name: state[name] for name in sorted(state, reverse=True)}
    else:
        state = {prefix + name: tensor for name, tensor in state.items()}
    torch.save({"state_dict": state} if wrapped else state, tmp_path / "w.pt")
    model = build(small).eval()
    assert load_weights(model, str(tmp_path / "w.pt")) == f"weights of w.pt: 17 tensors {words}"
    image = torch.randn(1, 3, 16, 16)
    torch.testing.assert_close(model(image), module(image))


def test_weights_by_name(small: Net, tmp_path: Path) -> None:
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.weights import load_weights

    one, other = build(small), build(small)
    state = {f"{node.name}.{name}": tensor for node in small.layers for name, tensor in one.tensors(node.name).items()}
    torch.save(dict(reversed(state.items())), tmp_path / "w.pth")
    assert load_weights(other, str(tmp_path / "w.pth")).endswith("by name")
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_weights_of_safetensors(small: Net, tmp_path: Path) -> None:
    torch_files = pytest.importorskip("safetensors.torch")
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.weights import load_weights

    module = _module()
    torch_files.save_file(module.state_dict(), str(tmp_path / "w.safetensors"))
    model = build(small).eval()
    assert "in the order of their names: a guess" in load_weights(model, str(tmp_path / "w.safetensors"))
    image = torch.randn(1, 3, 16, 16)
    torch.testing.assert_close(model(image), module(image))


def test_weights_that_do_not_fit(small: Net, tmp_path: Path) -> None:
    import torch

    from archcalc.crosscheck import build
    from archcalc.crosscheck.weights import load_weights

    def refused(content: Any) -> str:
        path = tmp_path / "w.pt"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            torch.save(content, path)
        with pytest.raises(UsageError) as error:
            load_weights(build(small), str(path))
        return str(error.value)

    state = _module().state_dict()
    assert "w.pt: does not fit spec: it has 16 tensors, the network 17" in refused(dict(list(state.items())[1:]))
    assert "its '3.weight' is 5×4×3×3, where the network's 'b.weight' is 4×4×3×3" in refused(
        state | {"3.weight": torch.zeros(5, 4, 3, 3)})
    assert "w.pt: cannot be read as weights: " in refused(b"no weights")
    assert "w.pt: holds no state dict" in refused([1, 2])
    with pytest.raises(UsageError, match=r"nowhere\.pt: cannot be read as weights: .*No such file"):
        load_weights(build(small), str(tmp_path / "nowhere.pt"))
