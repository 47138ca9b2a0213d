"""Printed figures against numbers: rounded or truncated at the precision printed, and nothing else."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.claims.compare import fits, scaled
from archcalc.spec.figure import Figure, parse_figure
from archcalc.spec.source import Source, SpecError, Term

SOURCE = Source("spec.yaml", ("",))


def figure(text: str) -> Figure:
    return parse_figure(Term(text, SOURCE, 0, 0))


@pytest.mark.parametrize(("text", "value", "how"), [
    ("60M", 60_965_224, "truncated"), ("61M", 60_965_224, "rounded"), ("62M", 60_965_224, ""),
    ("60M", 59_500_000, "rounded"), ("60M", 59_499_999, ""), ("60M", 60_999_999, "truncated"), ("60M", 61_000_000, ""),
    ("0.27M", 269_722, "rounded"), ("3.8e9", 3_857_973_248, "truncated"), ("159K", 159_863, "truncated"),
    # A round number of five digits and more has as many digits as are not zero; a smaller one is exact.
    ("650,000", 659_272, "truncated"), ("650,000", 660_000, ""), ("650,000", 645_000, "rounded"), ("1000", 1001, ""),
    ("253,440", 253_441, ""), ("253,440", 253_440, "exactly"),
    ("18%", Fraction(186, 1000), "truncated"), ("12x fewer", Fraction(871, 100), ""),
    ("2x", Fraction(194, 100), "rounded"),
    ("<= 1%", Fraction(145, 10_000), "at most, at the precision printed,"), ("≤ 1%", Fraction(2, 100), ""),
    ("<= 1%", Fraction(1, 200), "at most"), ("< 0.1%", Fraction(1, 1000), ""),
    ("< 0.1%", Fraction(9, 10_000), "less than"),
    (">= 5", 5, "at least"), (">= 5", 4, ""), ("> 50%", Fraction(1, 2), ""), ("most", Fraction(51, 100), "more than"),
    ("~ 100", 110, "about"), ("~ 100", 111, ""), ("≈ 100", 90, "about"), ("similar", Fraction(95, 100), "about"),
    ("doubled", Fraction(194, 100), "rounded"), ("half", Fraction(1, 2), "exactly"), ("equal", 1, "exactly"),
    ("1e-4", Fraction(1, 10_000), "exactly"), ("1e-4", Fraction(3, 10_000), ""), ("2 MiB", 2 * 2**20, "exactly"),
])
def test_fits(text: str, value: int | Fraction, how: str) -> None:
    assert fits(figure(text), value) == how


@given(st.integers(0, 10**12), st.integers(1, 8))
def test_rounded_and_truncated_figures_fit_and_others_do_not(value: int, digits: int) -> None:
    """`nM` for n million with `digits` decimals."""
    step = 10 ** (6 - min(digits, 6))
    for shown in (value // step, (2 * value + step) // (2 * step)):
        text = f"{shown * step // 10**6}.{shown * step % 10**6:06d}"[:-(6 - min(digits, 6)) or None] + "M"
        assert fits(figure(text), value)
        assert not fits(figure(text), value + 2 * step)
        assert not fits(figure(text), value - 2 * step)


@given(st.integers(1, 10**6))
def test_k_of_1024(n: int) -> None:
    assert fits(scaled(figure(f"{n}K"), 1024), 1024 * n) == "exactly"
    assert scaled(figure(f"{n}M"), 1024) == figure(f"{n}M"), "M is decimal in every convention"
    assert scaled(figure(f"{n}MB"), 1024).value == n * 2**20


@pytest.mark.parametrize("text", ["", "lots", "60 mio", "1,00", "5 K 3", "-3", "1e999", "12 x more than", "mostly"])
def test_no_figure(text: str) -> None:
    with pytest.raises(SpecError, match="expected a figure such as 60M"):
        figure(text)
