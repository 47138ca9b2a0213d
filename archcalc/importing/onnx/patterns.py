"""Groups of ONNX nodes that are one operation, as exporters write them for older opsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcalc.importing.onnx.file import Graph, Operation

Match = tuple[str, tuple[str, ...], str, dict[str, Any], list[Operation]]


class _Wires:
    """Who makes and who reads each tensor."""

    def __init__(self, graph: Graph) -> None:
        self.arrays = graph.arrays
        self.maker = {out: op for op in graph.operations for out in op.outputs}
        self.readers: dict[str, list[Operation]] = {}
        self.constants = {op.outputs[0]: op.attributes["value"].numbers for op in graph.operations
                          if op.kind == "Constant" and hasattr(op.attributes.get("value"), "numbers")}
        for op in graph.operations:
            for name in op.inputs:
                self.readers.setdefault(name, []).append(op)

    def number(self, name: str) -> float | None:
        """The one number of a constant."""
        numbers = self.arrays[name].numbers if name in self.arrays else self.constants.get(name)
        return float(numbers[0]) if numbers is not None and len(numbers) == 1 else None

    def integers(self, name: str) -> tuple[int, ...] | None:
        """The numbers of a constant."""
        numbers: tuple[int, ...] | None = self.arrays[name].numbers if name in self.arrays else self.constants.get(name)
        return numbers

    def next(self, op: Operation, kind: str) -> Operation | None:
        """The only reader of a node's output, if it is of a kind."""
        found = self.readers.get(op.outputs[0], [])
        return found[0] if len(found) == 1 and found[0].kind == kind else None

    def other(self, op: Operation, name: str) -> str:
        """The operand of a node that is not the one given."""
        return op.inputs[1] if op.inputs[0] == name else op.inputs[0]


def simplified(graph: Graph) -> Graph:
    """The graph with GELU, SiLU, hard swish and layer normalization as one node each."""
    wires = _Wires(graph)
    gone: dict[int, Operation | None] = {}
    for op in graph.operations:
        for pattern in PATTERNS.get(op.kind, ()):
            match = pattern(wires, op)
            if match is None:
                continue
            kind, inputs, out, attributes, parts = match
            if any(id(part) in gone for part in parts):
                continue
            gone.update({id(part): None for part in parts})
            last = next(part for part in parts if out in part.outputs)
            gone[id(last)] = Operation(parts[0].name, kind, "", inputs, (out,), attributes, parts[0].scope)
    kept = [gone.get(id(op), op) for op in graph.operations]
    return graph._replace(operations=[op for op in kept if op is not None])


def _gelu(w: _Wires, erf: Operation) -> Match | None:
    """x/√2 → erf → + 1 → · x → · ½, the last two in any order."""
    divided = w.maker.get(erf.inputs[0])
    if divided is None or divided.kind not in ("Div", "Mul"):
        return None
    x = divided.inputs[0]
    added = w.next(erf, "Add")
    first = w.next(added, "Mul") if added else None
    second = w.next(first, "Mul") if first else None
    if added is None or first is None or second is None or w.number(w.other(added, erf.outputs[0])) != 1:
        return None
    operands = {w.other(first, added.outputs[0]), w.other(second, first.outputs[0])}
    half = [name for name in operands if w.number(name) == 0.5]
    if x not in operands or len(half) != 1:
        return None
    return "Gelu", (x,), second.outputs[0], {}, [divided, erf, added, first, second]


def _gated(kind: str, gate: str) -> Callable[[_Wires, Operation], Match | None]:
    def match(w: _Wires, op: Operation) -> Match | None:
        product = w.next(op, "Mul")
        if op.kind != gate or product is None or w.other(product, op.outputs[0]) != op.inputs[0]:
            return None
        return kind, (op.inputs[0],), product.outputs[0], {}, [op, product]
    return match


def _layernorm(w: _Wires, mean: Operation) -> Match | None:
    """x − mean → square → mean → + ε → √ → quotient → · weight → + bias."""
    x = mean.inputs[0]
    centred = w.next(mean, "Sub")
    if centred is None or centred.inputs[0] != x:
        return None
    readers = w.readers.get(centred.outputs[0], [])
    power = next((op for op in readers if op.kind in ("Pow", "Mul")), None)
    variance = w.next(power, "ReduceMean") if power else None
    shifted = w.next(variance, "Add") if variance else None
    root = w.next(shifted, "Sqrt") if shifted else None
    quotient = w.next(root, "Div") if root else None
    scaled = w.next(quotient, "Mul") if quotient else None
    moved = w.next(scaled, "Add") if scaled else None
    chain = [mean, centred, power, variance, shifted, root, quotient, scaled, moved]
    if any(op is None for op in chain) or shifted is None or scaled is None or moved is None or quotient is None:
        return None
    weight, bias = w.other(scaled, quotient.outputs[0]), w.other(moved, scaled.outputs[0])
    eps = w.number(w.other(shifted, variance.outputs[0] if variance else ""))
    if weight not in w.arrays or bias not in w.arrays or eps is None:
        return None
    return ("LayerNormalization", (x, weight, bias), moved.outputs[0],
            {"epsilon": eps, "axis": -len(w.arrays[weight].dims)}, [op for op in chain if op is not None])


def _rmsnorm(w: _Wires, mean: Operation) -> Match | None:
    """x² → mean → + ε → √ → x divided by that → · weight."""
    square = w.maker.get(mean.inputs[0])
    if square is None or not (square.kind == "Pow" or (square.kind == "Mul" and len(set(square.inputs)) == 1)):
        return None
    x = square.inputs[0]
    shifted = w.next(mean, "Add")
    root = w.next(shifted, "Sqrt") if shifted else None
    if shifted is None or root is None or len(w.readers.get(square.outputs[0], ())) > 1:
        return None
    chain = [square, mean, shifted, root]
    quotient = w.next(root, "Div") or w.next(root, "Reciprocal")
    if quotient is not None and x not in quotient.inputs:       # 1 / √ first, and then a product
        chain.append(quotient)
        quotient = w.next(quotient, "Mul")
    scaled = w.next(quotient, "Mul") if quotient is not None and x in quotient.inputs else None
    eps = w.number(w.other(shifted, mean.outputs[0]))
    if quotient is None or scaled is None or eps is None:
        return None
    weight = w.other(scaled, quotient.outputs[0])
    if weight not in w.arrays or len(w.arrays[weight].dims) != 1:
        return None
    return "RMSNormalization", (x, weight), scaled.outputs[0], {"epsilon": eps, "axis": -1}, [*chain, quotient, scaled]


def _groupnorm(w: _Wires, norm: Operation) -> Match | None:
    """A reshape to groups → instance normalization → the way back → · weight → + bias."""
    apart, back = w.maker.get(norm.inputs[0]), w.next(norm, "Reshape")
    scaled = w.next(back, "Mul") if back else None
    moved = w.next(scaled, "Add") if scaled else None
    if apart is None or apart.kind != "Reshape" or back is None or scaled is None or moved is None:
        return None
    weight, bias = w.other(scaled, back.outputs[0]), w.other(moved, scaled.outputs[0])
    sizes = w.arrays.get(norm.inputs[1])
    if sizes is None or weight not in w.arrays or bias not in w.arrays:
        return None
    return ("GroupNormalization", (apart.inputs[0], weight, bias), moved.outputs[0],
            {"epsilon": norm.attributes.get("epsilon", 1e-5), "num_groups": sizes.dims[0]},
            [apart, norm, back, scaled, moved])


def _unit(w: _Wires, length: Operation) -> Match | None:
    """x divided by its Euclidean length, which is 10⁻¹² at least."""
    x = length.inputs[0]
    held = w.next(length, "Clip") or w.next(length, "Max")
    grown = w.next(held, "Expand") if held else None
    chain = [length, held, *([grown] if grown else [])]
    quotient = w.next(chain[-1], "Div") if chain[-1] else None
    axes = length.attributes.get("axes") or (w.integers(length.inputs[1]) if len(length.inputs) > 1 else None)
    if held is None or quotient is None or quotient.inputs[0] != x or axes is None or len(axes) != 1 or \
            not length.attributes.get("keepdims", 1) or len(held.inputs) > 2 or len(held.inputs) < 2:
        return None
    least = w.number(held.inputs[1])
    if least is None or abs(least / 1e-12 - 1) > 1e-6:
        return None
    return ("LpNormalization", (x,), quotient.outputs[0], {"axis": int(axes[0]), "p": 2},
            [op for op in (*chain, quotient) if op is not None])


PATTERNS: dict[str, Sequence[Callable[[_Wires, Operation], Match | None]]] = {
    "Erf": [_gelu], "Sigmoid": [_gated("Silu", "Sigmoid")], "HardSigmoid": [_gated("HardSwish", "HardSigmoid")],
    "ReduceMean": [_layernorm, _rmsnorm], "InstanceNormalization": [_groupnorm], "ReduceL2": [_unit],
}
