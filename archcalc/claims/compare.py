"""A printed value against a computed one, at the precision printed."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.claims.measured import Counting, Measured, Unjudged
from archcalc.claims.quantities import QUANTITIES
from archcalc.claims.quantity import Settings, Value
from archcalc.spec.claim import Claim
from archcalc.spec.figure import Figure

ABOUT = Fraction(1, 10)
"""What ``~`` allows, as a part of the printed figure."""

KILO = ("K", "k", "KB", "kB", "MB", "GB", "thousand")
"""Units that are powers of K; M and G are decimal in every convention."""

_POWERS = {"MB": 2, "GB": 3}
Number: TypeAlias = "int | Fraction"


def scaled(figure: Figure, kilo: int) -> Figure:
    """A figure with another K."""
    if figure.unit not in KILO or kilo == 1000:
        return figure
    factor = Fraction(kilo, 1000) ** _POWERS.get(figure.unit, 1)
    return figure._replace(value=figure.value * factor, step=figure.step * factor)


def fits(figure: Figure, value: Number) -> str:
    """How a value agrees with a figure: exactly, rounded, truncated …; empty where it does not.

    >>> from archcalc.spec.source import Term
    >>> from archcalc.spec.figure import parse_figure
    >>> [fits(parse_figure(Term("3.8e9", None, 0, 0)), n) for n in (3_800_000_000, 3_760_000_000, 3_857_925_120)]
    ['exactly', 'rounded', 'truncated']
    """
    v, step = figure.value, figure.step
    below = value // step * step
    tests = {
        "": (("exactly", value == v), ("rounded", abs(value - v) <= step / 2), ("truncated", v <= value < v + step)),
        "~": (("about", abs(value - v) <= v * ABOUT or abs(value - v) <= step / 2),),
        "<=": (("at most", value <= v), ("at most, at the precision printed,", below <= v)),
        ">=": (("at least", value >= v), ("at least, at the precision printed,", value + step / 2 >= v)),
        "<": (("less than", value < v),),
        ">": (("more than", value > v),),
    }
    return next((how for how, holds in tests[figure.relation] if holds), "")


def agreement(claim: Claim, value: Value, kilo: int = 1000) -> str:
    """How a value agrees with a claim; empty where it does not."""
    if isinstance(value, Settings):
        return _all(_one(claim, v, kilo) for v in value)
    return _one(claim, value, kilo)


def _one(claim: Claim, value: Any, kilo: int) -> str:
    """Agreement with a number, sizes, names or a word; one figure may stand for several equal sizes."""
    printed = claim.value
    if isinstance(printed, Figure):
        values = value if isinstance(value, tuple) else (value,)
        return _all(_number(scaled(printed, kilo), v) for v in values)
    if not isinstance(value, tuple):
        return "exactly" if _same(printed[0], str(value).lower()) and len(printed) == 1 else ""
    if len(value) != len(printed):
        return ""
    return _all(_number(p, v) if isinstance(p, Figure) else _same(p, v) for p, v in zip(printed, value, strict=True))


def _all(hows: Iterable[str]) -> str:
    """How several values agree: as the first, if all do."""
    found = list(hows)
    return found[0] if found and all(found) else ""


def _number(figure: Figure, value: Any) -> str:
    return fits(figure, value) if isinstance(value, (int, Fraction)) and not isinstance(value, bool) else ""


def _same(printed: object, name: object) -> str:
    """Whether a word is the one printed, or a layer behind the one printed: ``conv1.relu`` for ``conv1``."""
    return "exactly" if name == printed or str(name).startswith(f"{printed}.") else ""


class Computed(NamedTuple):
    """What a claim's figure is compared with: the value, and for a ratio, share or difference what it is made of."""

    value: Value
    own: Value
    other: Number = 0


def computed(claim: Claim, m: Measured, to: Measured | None, counting: Counting) -> Computed:
    """The value that a claim speaks of. Raises `Unjudged`, or `Unknown` for a name."""
    measure = QUANTITIES[claim.quantity].measure
    own = measure(m, claim, counting)
    figure = claim.value
    if not isinstance(figure, Figure) or not isinstance(own, (int, Fraction)):
        return Computed(own, own)
    if claim.share:
        total = measure(m, claim._replace(of=None), counting)
        assert isinstance(total, (int, Fraction))
        return Computed(_ratio(own, total), own, total)
    if to is not None:
        other = measure(to, claim, counting)
        assert isinstance(other, (int, Fraction))
        return Computed(_relative(figure, own, other), own, other)
    if figure.than and figure.unit == "%":
        return Computed(own - 1 if figure.than in ("more", "deeper") else 1 - own, own)
    return Computed(own, own)


def _relative(figure: Figure, own: Number, other: Number) -> Number:
    """A value relative to another: so many times, so many percent or so many, more or fewer."""
    fewer = figure.than in ("fewer", "less")
    if figure.unit == "%" and figure.than:
        return 1 - _ratio(own, other) if fewer else _ratio(own, other) - 1
    if figure.unit in ("x", "%") or not figure.than:
        return _ratio(other, own) if fewer else _ratio(own, other)
    return other - own if fewer else own - other


def _ratio(a: Number, b: Number) -> Fraction:
    if b == 0:
        raise Unjudged("it is a ratio to nothing")
    return Fraction(a) / b
