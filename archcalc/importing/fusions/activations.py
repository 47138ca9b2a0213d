"""Activations that are written out, by what they compute: the expression of one tensor is expanded and compared.

An expression is a sum of products of the tensor ``x`` and of functions of such sums; expanded, all ways to write the
same are the same text, with six digits of each number. So ``0.5 * x * (1 + erf(x / sqrt(2)))`` is
``0.5·erf(0.707107·x)·x + 0.5·x``.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from archcalc.importing.fusions.parts import called
from archcalc.importing.fusions.rules import Match, Pattern, ends_with
from archcalc.importing.idioms.attended import factor_of
from archcalc.importing.sketch import Draft

Sum = dict[tuple[str, ...], float]
"""Coefficients of products, which are sorted factors."""

TANH = {"approximate": "tanh"}
KNOWN: dict[str, tuple[str, dict[str, Any]]] = {
    "0.5·erf(0.707107·x)·x + 0.5·x": ("gelu", {}),
    "0.5·tanh(0.797885·x + 0.0356774·x·x·x)·x + 0.5·x": ("gelu", TANH),
    "1·sigmoid(1.59577·x + 0.0713548·x·x·x)·x": ("gelu", TANH),     # (1 + tanh(v)) / 2 = sigmoid(2·v)
    "1·sigmoid(1·x)·x": ("silu", {}),
    "0.5·tanh(0.5·x)·x + 0.5·x": ("silu", {}),
    "0.166667·relu6(3 + 1·x)·x": ("hard_swish", {}),
    "1·clamp[0.0, 1.0](0.5 + 0.166667·x)·x": ("hard_swish", {}),
    "0.166667·relu6(3 + 1·x)": ("hard_sigmoid", {}),
    "1·clamp[0.0, 1.0](0.5 + 0.166667·x)": ("hard_sigmoid", {}),
}
"""Kinds by what they compute: √½ = 0.707107, √(2/π) = 0.797885, and that times 0.044715 = 0.0356774."""

FUNCTIONS = ("sigmoid", "tanh", "relu6", "clamp")
SPREAD = {"hard_sigmoid": ("relu6", 3.0, 1 / 6)}
"""Kinds that are another function of x and a number, times a factor."""
LARGEST = 16
"""Layers of an expression, and terms of a sum."""


@ends_with("multiply", "rescale", "clamp")
def _activation(p: Pattern) -> Match | None:
    """The layers from a tensor to the last one, if they are an activation of it."""
    for x in _before(p):
        expression = _Expression(p, x)
        found = expression.of(p.index)
        kind, fields = KNOWN.get("" if found is None else text(found), ("", {}))
        if kind:
            gone = [i for i in expression.parts if i != p.index]
            return Match(kind, fields, [x], gone, called(p.last, kind, p.last.kind, "mul", "div"), uncounted=None)
    return None


def text(found: Sum) -> str:
    """A sum as it is compared.

    >>> text({("x",): 0.5, ("erf(1·x)", "x"): 1 / 3})
    '0.333333·erf(1·x)·x + 0.5·x'
    """
    return " + ".join("·".join((f"{found[key]:.6g}", *key)) for key in sorted(found))


class _Expression:
    """Layers as sums of products of one of them, ``x``; ``parts`` are those in between, and what each is."""

    def __init__(self, p: Pattern, x: int) -> None:
        self.p, self.x, self.parts = p, x, dict[int, Sum | None]()

    def of(self, index: int) -> Sum | None:
        """What a layer is; None if it is anything else, or long."""
        if index == self.x:
            return {("x",): 1.0}
        if index not in self.parts:
            self.parts[index] = None
            self.parts[index] = self._computed(self.p[index])
        return self.parts[index]

    def _computed(self, draft: Draft) -> Sum | None:
        if draft.kind == "constant":
            value = draft.fields.get("value")
            return None if value is None or set(draft.out.dims) != {1} else {(): value}
        if len(self.parts) > LARGEST or draft.out != self.p[self.x].out or (draft.kind not in (
                "add", "multiply", "rescale", *FUNCTIONS, *SPREAD) and draft not in self.p.sketch.functions):
            return None
        given = [self.of(i) for i in draft.inputs]
        inner = [sum_ for sum_ in given if sum_ is not None]
        return self._made(draft, inner) if len(inner) == len(given) else None

    def _made(self, draft: Draft, inner: list[Sum]) -> Sum | None:
        function, exponent = self.p.sketch.functions.get(draft, (draft.kind, 1.0))
        if function == "add":
            return _added(inner)
        if function == "rescale":
            return {key: factor_of(draft) * value for key, value in inner[0].items()}
        if function == "power":
            return _multiplied(inner * int(exponent)) if exponent in (2.0, 3.0) else None
        if function == "multiply":
            return _multiplied(inner)
        if function in SPREAD:
            name, number, factor = SPREAD[function]
            return {(f"{name}({text(_added([inner[0], {(): number}]))})",): factor}
        bounds = str([draft.fields.get("low"), draft.fields.get("high")]) if function == "clamp" else ""
        return {(f"{function}{bounds}({text(inner[0])})",): 1.0}


def _added(sums: list[Sum]) -> Sum:
    found: Sum = {}
    for one in sums:
        for key, value in one.items():
            found[key] = found.get(key, 0.0) + value
    return found


def _multiplied(sums: list[Sum]) -> Sum | None:
    found: Sum = {(): 1.0}
    for one in sums:
        if len(found) * len(one) > LARGEST:
            return None
        found = _added([{tuple(sorted((*a, *b))): found[a] * one[b]} for a, b in product(found, one)])
    return found


def _before(p: Pattern) -> list[int]:
    """The layers that the last one may be an expression of, those next to it first."""
    found, waiting = list[int](), [*p.last.inputs]
    while waiting and len(found) < LARGEST:
        index = waiting.pop(0)
        if index not in found and p[index].kind != "constant":
            found.append(index)
            elementwise = p[index].out == p.last.out
            waiting += p[index].inputs if elementwise else []
    return found
