"""What a rule of a convention may read about a layer: numbers that follow from its rules and fields, of any kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from archcalc.analysis.shapes import Call
from archcalc.dims import Dim, product
from archcalc.layers.base import Sliding
from archcalc.tensor import Window

UNITS = ("tokens", "scores", "steps", "positions", "distances", "weights")
"""Units of factors in a layer's products that are variables: the first factor of that unit."""


def _macs_of(call: Call) -> tuple[Dim, ...]:
    return tuple(product(n for n, _ in factors) for factors in call.products.values())


def _einsum(call: Call) -> tuple[int, ...]:
    # numpy.einsum_path prints FLOPs with "%.3e", and the tools read them from there.
    return tuple(int(float(f"{2 * macs:.3e}")) for macs in _macs_of(call))


def _channels(call: Call) -> Dim:
    x = call.inputs[0] if call.inputs else call.out
    return x.dims[x.channel] if x.axes.count("channel") == 1 else 1


def _along(call: Call) -> Dim:
    axis = getattr(call.layer, "axis", None)
    return 1 if axis is None else call.inputs[0].dims[call.inputs[0].axis(axis)]


def _windows(call: Call) -> tuple[Window, ...]:
    return call.layer.windows(*call.inputs) if isinstance(call.layer, Sliding) else ()


def _positions(call: Call) -> Dim:
    # Not Window.positions, which refuses a window larger than its input: calflops does not.
    return product((n + w.before + w.after - w.extent) // w.stride + 1
                   for w, n in zip(_windows(call), call.inputs[0].spatial, strict=False))


VARIABLES: dict[str, tuple[Callable[[Call], Any], str]] = {
    "outputs": (lambda call: call.n_outputs, "elements of the output"),
    "inputs": (lambda call: sum(x.size for x in call.inputs), "elements of all inputs"),
    "sources": (lambda call: len(call.inputs), "number of inputs"),
    "channels": (_channels, "channels of the first input"),
    "rank": (lambda call: len(call.inputs[0].space) if call.inputs else 0, "spatial axes of the first input"),
    "macs": (lambda call: call.macs, "multiply-accumulates"),
    "ops": (lambda call: call.flops - 2 * call.macs, "every other operation, by archcalc's own count"),
    "products": (_macs_of, "a list: the multiply-accumulates of each matrix product"),
    "einsum_flops": (_einsum, "a list: 2 × `products`, with the four digits that `numpy.einsum_path` prints"),
    "params": (lambda call: call.n_params, "elements of trainable tensors"),
    "biases": (lambda call: sum(w.size for w in call.params.values() if w.role == "bias"), "elements of biases"),
    "tensors": (lambda call: tuple(call.params), "a list: the names of trainable tensors"),
    "along": (_along, "size of the axis that the field `axis` names"),
    "area": (lambda call: product(w.kernel for w in _windows(call)), "positions in a window"),
    "windows": (_positions, "positions of a window on the input"),
    "strides": (lambda call: product(w.stride for w in _windows(call)), "strides along all axes, multiplied"),
}
"""Variables of every layer: how each is worked out, and what it is."""


def fields(kind: type) -> frozenset[str]:
    """The fields of a kind, which are variables of its rules."""
    return frozenset(getattr(kind, "model_fields", ()))


class Context(Mapping[str, Any]):
    """The variables of one layer by name, each worked out when it is read; ``call`` is how code calls the layer.

    Names are those of `VARIABLES`, then of `UNITS`, then of the layer's fields.
    """

    def __init__(self, call: Call, how: str) -> None:
        self._call, self._how = call, how

    def __getitem__(self, name: str) -> Any:
        if name == "call":
            return self._how
        if name in VARIABLES:
            return VARIABLES[name][0](self._call)
        if name in UNITS:
            return self._unit(name)
        return getattr(self._call.layer, name)

    def _unit(self, name: str) -> int:
        factors = (factor for factors in self._call.products.values() for factor in factors)
        found: int | None = next((n for n, unit in factors if unit == name), None)
        if found is None:
            raise ValueError(f"{self._call.layer.kind} has no {name} among its products")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(("call", *VARIABLES, *UNITS, *fields(type(self._call.layer))))

    def __len__(self) -> int:
        return sum(1 for _ in self)
