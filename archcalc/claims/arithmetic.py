"""The arithmetic behind a computed value, written out: from the rules that gave it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from archcalc.claims.counts import operations_of, parameters_of
from archcalc.claims.measured import Counting
from archcalc.claims.quantity import counted
from archcalc.claims.search import Reading
from archcalc.claims.words import number
from archcalc.errors import ArchcalcError
from archcalc.explain import explain
from archcalc.reports.model import Row
from archcalc.spec.claim import Claim

TERMS = 6
"""A sum of more terms is given by their number."""

_COUNTS: dict[str, Callable[[Row, Counting], int]] = {
    "params": parameters_of,
    "weights": lambda row, counting: row.weights,
    "buffers": lambda row, counting: row.buffers,
    "macs": lambda row, counting: row.macs,
    "flops": operations_of,
    "outputs": lambda row, counting: row.outputs,
    "neurons": lambda row, counting: row.outputs if row.weights or not row.node.inputs else 0,
}
"""What sums over layers: each layer's term."""

_EXPLAINED = {"params": "params", "weights": "params", "macs": "macs", "flops": "flops", "field": "field"}
"""What `explain` writes out for one layer."""


def arithmetic(claim: Claim, reading: Reading) -> str:
    """How the computed value comes about; empty where there is nothing to write out."""
    found = reading.computed
    if (reading.to is not None or claim.share) and isinstance(found.own, (int, Fraction)):
        sign = "−" if isinstance(found.value, int) else "/"
        terms = (found.other, found.own) if _inverted(claim) else (found.own, found.other)
        return f"{number(terms[0])} {sign} {number(terms[1])} = {number(found.value)}"
    if claim.quantity in _COUNTS:
        return _sum(claim, reading)
    if claim.quantity in ("shape", "size"):
        return _shape(reading.measured.last(claim.of))
    if claim.quantity in _EXPLAINED:
        return _explained(reading, reading.measured.last(claim.of), claim.quantity)
    if claim.quantity == "augmentation":
        return _augmentation(reading)
    return ""


def _inverted(claim: Claim) -> bool:
    return getattr(claim.value, "than", "") in ("fewer", "less")


def _sum(claim: Claim, reading: Reading) -> str:
    term = _COUNTS[claim.quantity]
    rows = counted(reading.measured.rows(claim.of), reading.counting)
    terms = [(row, n) for row in rows if (n := term(row, reading.counting))]
    if len(terms) == 1:
        row = terms[0][0]
        if claim.quantity in _EXPLAINED:
            return _explained(reading, row, claim.quantity)
        return f"{' × '.join(map(str, row.shape))} = {row.outputs:,}" if len(row.shape) > 1 else ""
    total = sum(n for _, n in terms)
    if not 0 < len(terms) <= TERMS:
        return f"the sum over {len(terms)} layers" if terms else ""
    inside = f"{claim.of}."
    return " + ".join(f"{n:,} ({row.name.removeprefix(inside)})" for row, n in terms) + f" = {total:,}"


def _explained(reading: Reading, row: Row, quantity: str) -> str:
    if not row.node.inputs:
        return ""
    what = "macs" if quantity == "flops" and reading.counting.flops == "macs" else _EXPLAINED[quantity]
    try:
        first = explain(reading.measured.report, [row.name], (what,))[0]
    except ArchcalcError:       # a layer that `with` took out may have left a section behind that names it
        return ""
    return "; ".join(str(step) for step in first.steps if step.arithmetic).replace("  (", " (")


def _shape(row: Row) -> str:
    derived = row.call.layer.derivation(*row.call.inputs)
    return ", ".join(dict.fromkeys(f"{text} = {row.call.out.dims[axis]:,}" for axis, text in derived.items()))


def _augmentation(reading: Reading) -> str:
    from archcalc.reports.sections import augmentation_steps

    return "; ".join(f"{text} = {result}" for text, result, _ in augmentation_steps(reading.measured.report))
