"""Rules for functions of torch that no kind has, but that are parts of what some kind is."""

from __future__ import annotations

from math import prod
from typing import Any

from archcalc.importing.idioms.normed import normed
from archcalc.importing.sketch import Refused
from archcalc.importing.torch.attention import number
from archcalc.importing.torch.call import Call
from archcalc.importing.torch.rules import of
from archcalc.importing.views.batched import Value


def function(c: Call, word: str, x: Any, what: str, exponent: float = 1.0, why: str = "has no kind") -> Value:
    """An opaque layer of which it is known what it computes, in case that it is a part of something."""
    if not isinstance(x, Value) or x.batch is None:
        raise Refused(why)
    made = c.unknown(word, x, f"{word}: {why}")
    c.sketch.functions[c.sketch.drafts[made.node]] = (what, exponent)
    return made


def normalization(c: Call, x: Any, other: Any, power: int) -> Value | None:
    """A product of two values (a quotient where ``power`` is −1) that normalizes the first one."""
    if not c.tape.fuses or not isinstance(x, Value) or not isinstance(other, Value) or x.shape != c.shape or \
            (len(x.shape), x.batch, x.split) != (len(other.shape), other.batch, other.split):
        return None
    return normed(c.views, c.named, x, other.node, power)


@of("rsqrt")
def _rsqrt(c: Call, input: Any) -> Any:
    return function(c, "rsqrt", input, "power", -0.5)


@of("sqrt")
def _sqrt(c: Call, input: Any) -> Any:
    return function(c, "sqrt", input, "power", 0.5)


@of("reciprocal")
def _reciprocal(c: Call, input: Any) -> Any:
    return function(c, "reciprocal", input, "power", -1.0)


@of("__rdiv__", "__rtruediv__")
def _divided(c: Call, input: Any, other: Any) -> Any:
    if number(other) != 1:
        raise Refused("divides by a tensor")
    return _reciprocal(c, input)


@of("erf")
def _erf(c: Call, input: Any) -> Any:
    return function(c, "erf", input, "erf")


@of("var")
def _var(c: Call, input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *,
         correction: Any = 1) -> Any:
    """The mean square of differences from the mean."""
    return _variance(c, input, dim, keepdim, correction if unbiased is None else int(unbiased), c.shape)[0]


@of("var_mean")
def _var_mean(c: Call, input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *,
              correction: Any = 1) -> Any:
    return _variance(c, input, dim, keepdim, correction if unbiased is None else int(unbiased), c.shape)


def _variance(c: Call, x: Any, dim: Any, keep: bool, correction: Any, shape: tuple[int, ...]) -> list[Value]:
    """Variance and mean, in layers."""
    if isinstance(dim, bool) or dim is None or not isinstance(x, Value) or x.batch is None:
        raise Refused("has no axes")
    dims = [d % len(x.shape) for d in (dim if isinstance(dim, (list, tuple)) else [dim])]
    where = tuple(c.views.axis_name(x, x.axis(d)) for d in dims)
    axes = where[0] if len(where) == 1 else where
    name, kept = c.named("var"), tuple(1 if i in dims else n for i, n in enumerate(x.shape))
    batch = x.batch if keep else x.batch - sum(d < x.batch for d in dims)
    mean = c.layer("mean", [x], kept, name=f"{name}.mean", axes=axes, keep=True)
    minus = c.layer("rescale", [mean], kept, name=f"{name}.minus", factor=-1.0)
    apart = c.layer("add", [x, minus], x.shape, name=f"{name}.add", batch=x.batch)
    square = c.layer("multiply", [apart, apart], x.shape, name=f"{name}.multiply")
    found = c.layer("mean", [square], shape, name=name, batch=batch, axes=axes, keep=keep)
    n = prod(x.shape[d] for d in dims)
    if correction:
        if correction is None or n <= correction:
            raise Refused("divides by nothing")
        found = c.layer("rescale", [found], shape, name=f"{name}.rescale", batch=batch, factor=n / (n - correction))
    return [found, c.views.reshape(c.named("reshape"), mean, shape)]
