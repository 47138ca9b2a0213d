"""Depth and paths as a text table, as Markdown, as CSV and as data."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil, sqrt
from typing import Any, NamedTuple

from archcalc.analysis.paths import Paths, middle
from archcalc.reports.markdown import escape

ROWS = 20
"Lengths up to which each has a line; otherwise neighbouring ones share lines."
BAR = 24
UNIT_WORDS = {"weights": "layers with weights", "pooling": "layers with weights or pooling", "layers": "layers"}


class Told(NamedTuple):
    """Paths, with the gradient's shares by length and the scheme that they are at."""

    paths: Paths
    shares: Mapping[int, float] | None = None
    init: str | None = None


class _Bin(NamedTuple):
    first: int
    last: int
    paths: int
    share: float

    @property
    def text(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


def count_text(n: int) -> str:
    """A count, as a power of two where it is a large one, and in short where it is long.

    >>> count_text(2**54), count_text(1234), count_text(3 * 10**20)
    ('2⁵⁴ = 18,014,398,509,481,984', '1,234', '3.00·10²⁰')
    """
    digits = f"{n:,}" if n < 10**17 else _short(n)
    if n >= 64 and n & (n - 1) == 0:
        return f"2{_raised(n.bit_length() - 1)} = {digits}"
    return digits


def _raised(n: int) -> str:
    return str(n).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _short(n: int) -> str:
    """Three digits and a power of ten; the integer may be longer than what Python prints as text."""
    exponent = max(0, int((n.bit_length() - 1) * 0.30102999566398120) - 3)
    lead = n // 10**exponent
    text = str(lead)
    value = Fraction(n, 10 ** (exponent + len(text) - 1))
    return f"{float(value):.2f}·10{_raised(exponent + len(text) - 1)}"


def bins(told: Told) -> list[_Bin]:
    """The lengths, as many to a line as make at most `ROWS` lines between the tails of 1 in 1,000."""
    counts, shares = told.paths.lengths.counts, told.shares or {}
    ends = [middle(one, Fraction(999, 1000)) for one in (counts, shares) if one]
    low, high = min(a for a, _ in ends), max(b for _, b in ends)
    wide = ceil((high - low + 1) / ROWS)
    borders = [(min(counts), low - 1), *((n, min(n + wide - 1, high)) for n in range(low, high + 1, wide)),
               (high + 1, max(counts))]
    found = []
    for first, last in borders:
        span = [n for n in range(first, last + 1) if n in counts]
        if span:
            found.append(_Bin(span[0], span[-1], sum(counts[n] for n in span), sum(shares.get(n, 0.0) for n in span)))
    return found


def facts(told: Told) -> list[tuple[str, str]]:
    """What there is to say in words, each under a heading."""
    found, lengths = told.paths, told.paths.lengths
    words, depths = UNIT_WORDS[found.unit], found.depths
    low, high = lengths.within()
    said = [("depth", f"{depths['weights']:,} layers with weights, {depths['pooling']:,} with pooling, "
                      f"{depths['layers']:,} in all on the longest path"),
            ("paths", count_text(found.count)),
            ("lengths", f"{found.shortest:,} to {found.longest:,} {words}" if found.shortest < found.longest else
             f"{found.longest:,} {words}")]
    if lengths.total > 1:
        middle_part = f"; 95% of all are {low:,} to {high:,} long" if low < high else ""
        said.append(("mean", f"{float(lengths.mean):.4g}, standard deviation {sqrt(lengths.variance):.3g}"
                             f"{middle_part}"))
    if told.shares:
        mean = sum(n * share for n, share in told.shares.items())
        low, high = middle(told.shares, Fraction(95, 100))
        said.append(("gradient", f"mean length {mean:.3g}; paths of {low:,} to {high:,} carry 95% (estimate, "
                                 f"init {told.init})"))
    return said


def table(told: Told, bold: Callable[[str], str] = str) -> str:
    """Facts, then a line for each length or for some together, with bars."""
    net = told.paths.net
    lines = [f"{bold(net.name)} · {'training' if net.mode == 'train' else 'evaluation'} · {len(net):,} layers", ""]
    for head, text in facts(told):
        lines += textwrap.wrap(text, 80, initial_indent=f"{head:<10}", subsequent_indent=" " * 10)
    if told.paths.count > 1:
        lines += ["", *_histogram(told, bold)]
    lines += ["", *textwrap.wrap(_note(told), 80)]
    return "\n".join(lines) + "\n"


def _note(told: Told) -> str:
    note = "Depth, numbers of paths and lengths are exact."
    if told.shares:
        note += (" Shares of the gradient are of its sum of squares at the inputs, by mean-field rules at "
                 "initialisation; gradients of different paths are taken as uncorrelated.")
    return note


def _histogram(told: Told, bold: Callable[[str], str]) -> list[str]:
    rows, total = bins(told), told.paths.count
    most = max(row.paths for row in rows)
    top = max((row.share for row in rows), default=0.0)
    each = BAR if told.shares is None else BAR - 6
    size = max(6, *(len(row.text) for row in rows))
    heads = f"{'length':>{size}}  {'paths':>7}  {'':<{each}}" + ("  gradient" if told.shares else "")
    lines = [bold(heads.rstrip())]
    for row in rows:
        line = f"{row.text:>{size}}  {_percent(row.paths, total):>7}  {_bar(row.paths / most, each):<{each}}"
        if told.shares:
            line += f"  {_share(row.share):>8}  {_bar(row.share / top if top else 0, each)}"
        lines.append(line.rstrip())
    return lines


def _percent(part: int, whole: int) -> str:
    return _share(float(Fraction(part, whole)))


def _share(share: float) -> str:
    percent = 100 * share
    if not percent or percent >= 0.1:
        return f"{percent:.1f}%"
    return "<0.1%"


def _bar(share: float, size: int) -> str:
    eighths = round(8 * size * share)
    return "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8] if eighths % 8 else "")


def markdown(found: Sequence[Told]) -> str:
    """A section a network."""
    lines: list[str] = []
    for told in found:
        lines += [f"## {escape(told.paths.net.name)}", "", *(f"- {head}: {text}" for head, text in facts(told)), "",
                  "| length | paths | share |" + (" gradient |" if told.shares else ""),
                  "|--:|--:|--:|" + ("--:|" if told.shares else "")]
        lines += [f"| {row.text} | {count_text(row.paths)} | {_percent(row.paths, told.paths.count)} |"
                  + (f" {_share(row.share)} |" if told.shares else "") for row in bins(told)]
        lines += ["", _note(told), ""]
    return "\n".join(lines[:-1]) + "\n"


def to_dict(told: Told) -> dict[str, Any]:
    """Exact counts as decimal text, since they do not fit the numbers of JSON readers."""
    found, lengths = told.paths, told.paths.lengths
    low, high = lengths.within()
    return {"name": found.net.name, "spec": found.net.spec, "mode": found.net.mode, "unit": found.unit,
            "depth": dict(found.depths), "longest": found.longest, "shortest": found.shortest,
            "paths": decimal(found.count), "mean": float(lengths.mean), "variance": float(lengths.variance),
            "middle_95_percent": [low, high], **({"init": told.init} if told.shares else {}),
            "lengths": [{"length": n, "paths": decimal(count), **({"gradient": told.shares.get(n, 0.0)}
                                                                 if told.shares else {})}
                        for n, count in lengths.counts.items()]}


def decimal(n: int) -> str:
    """An integer of any size as text; Python's own `str` refuses more than 4,300 digits."""
    if n < 10**4000:
        return str(n)
    half = int(n.bit_length() * 0.15)
    high, low = divmod(n, 10**half)
    return decimal(high) + decimal(low).zfill(half)


def to_json(found: Sequence[Told]) -> str:
    """Several networks as a JSON text."""
    return json.dumps({"schema": "paths/1", "networks": [to_dict(told) for told in found]}, ensure_ascii=False,
                      indent=1) + "\n"


def csv_text(found: Sequence[Told]) -> str:
    """A line for each length."""
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["spec", "unit", "length", "paths", "gradient"])
    for told in found:
        writer.writerows([told.paths.net.spec, told.paths.unit, n, decimal(count),
                          (told.shares or {}).get(n, "")] for n, count in told.paths.lengths.counts.items())
    return stream.getvalue()
