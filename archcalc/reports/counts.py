"""A difference of two counts in words and tables: as text, Markdown and JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.analysis.shapes import calls
from archcalc.conventions.convention import UNIT
from archcalc.conventions.difference import OWN, Difference, Kind, Side
from archcalc.reports.markdown import escape

WIDTH = 80
LARGEST = 4
"""Kinds that the opening names."""


def render(found: Difference, form: str) -> str:
    """A difference in a format: table (text), md or json."""
    return {"table": _text, "md": _markdown, "json": _json}[form](found)


def _text(found: Difference) -> str:
    lines = [title(found), ""]
    for paragraph in opening(found):
        lines += [*textwrap.wrap(paragraph, WIDTH, break_on_hyphens=False), ""]
    lines += [*_aligned(_rows(found)), ""]
    for kind in told(found):
        lines += textwrap.wrap(heading(found, kind), WIDTH, break_on_hyphens=False)
        lines += [line for side, text in reasons(found, kind) for line in textwrap.wrap(
            f"{side}: {text}", WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)]
    for paragraph in closing(found):
        lines += ["", *textwrap.wrap(paragraph, WIDTH, break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def title(found: Difference) -> str:
    """The network, its input, and the two counts."""
    net = found.net
    inputs = ", ".join(str(call.out) for call in calls(net)[:net.n_inputs])
    part = f", {', '.join(found.layers)}" if found.layers else ""
    return f"{net.name}, input {inputs}{part}: {found.sides[0].name} and {found.sides[1].name}"


def opening(found: Difference) -> Iterator[str]:
    """What each side says, and how their units compare."""
    scale, unit = _scale(max(side.total for side in found.sides))
    for side in found.sides:
        says = f" {side.says}" if side.says == side.unit else f' "{side.says}"'
        short = f" ({side.total / scale:.2f} {unit})" if unit else ""
        if side.name != OWN:
            yield f"{side.tool} says {side.total:,}{says}{short}. {side.about}"
    own = f"archcalc's own count is {found.macs:,} MACs ({found.macs / scale:.2f} {unit})." if unit \
        else f"archcalc's own count is {found.macs:,} MACs."
    yield own
    if found.sides[0].unit != found.sides[1].unit and any(side.total for side in found.sides):
        doubled = next(side for side in found.sides if UNIT[side.unit] == 2)
        equal = ", the other's number" if found.sides[0].macs == found.sides[1].macs else ""
        yield (f"The two units differ: {doubled.name} has 2 FLOPs for each multiply-accumulate. Half of its number is "
               f"{doubled.macs:,}{equal}.")
    shares = [f"{kind.name} makes {_share(found, kind)}" for kind in found.kinds if _share(found, kind)]
    if shares:
        yield f"They differ by {abs(found.total):,}: {', '.join(shares[:LARGEST])}."
    elif not found.total:
        yield "They do not differ."


def _scale(n: int) -> tuple[int, str]:
    return next(((size, unit) for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")) if n >= size), (1, ""))


def _rows(found: Difference) -> list[list[str]]:
    """The table: kinds that either side counts, and the totals."""
    a, b = found.sides
    rows = [["kind", "layers", a.name, b.name, "difference"]]
    rows += [[kind.name, f"{kind.layers:,}", *(f"{n:,}" for n in kind.counts), _signed(kind.difference)]
             for kind in found.kinds if any(kind.counts)]
    layers = sum(kind.layers for kind in found.kinds if any(kind.counts))
    return [*rows, ["total", f"{layers:,}", f"{a.total:,}", f"{b.total:,}", _signed(found.total)]]


def _signed(n: int) -> str:
    return f"{n:+,}".replace("-", "−") if n else "0"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(t.ljust(n) if i == 0 else t.rjust(n) for i, (t, n) in enumerate(zip(row, sizes, strict=True)))
             for row in rows]
    return [*lines[:-1], "─" * max(map(len, lines)), lines[-1]]


def told(found: Difference) -> list[Kind]:
    """Kinds to speak of: those that either side counts, or that have MACs."""
    return [kind for kind in found.kinds if any(kind.counts) or kind.macs]


def heading(found: Difference, kind: Kind) -> str:
    """A kind and its part in the difference."""
    layers = "1 layer" if kind.layers == 1 else f"{kind.layers:,} layers"
    if not any(kind.counts):
        return f"{kind.name}, {layers}: neither counts any of its {kind.macs:,} MACs"
    if not kind.difference:
        return f"{kind.name}, {layers}: both count {kind.counts[0]:,}"
    share = _share(found, kind)
    return f"{kind.name}, {layers}: {_signed(kind.difference)}{share and f', {share} of the difference'}"


def _share(found: Difference, kind: Kind) -> str:
    """What a kind makes of the difference, in percent, where that is a tenth or more; several may make over 100."""
    share = 100 * kind.difference / found.total if found.total else 0
    return f"{share:.1f}%".replace("-", "−") if abs(share) >= 0.1 else ""


def reasons(found: Difference, kind: Kind) -> Iterator[tuple[str, str]]:
    """Each side's name, and what it counts of a kind with the reason."""
    for side, parts in zip(found.sides, kind.reasons, strict=True):
        for part in parts:
            of = f" for {part.layers:,} of them" if len(parts) > 1 else ""
            yield side.name, f"{part.total:,}{of}, {part.because}" if part.total or len(parts) > 1 else part.because


def closing(found: Difference) -> Iterator[str]:
    """What changes with the mode, and what is not shown."""
    for side in found.sides:
        if side.modes:
            yield f"{side.name}'s own answer depends on the mode. All above is in eval mode under no_grad on the CPU."
            for mode in side.modes:
                why = "; ".join(f"{kind} counts {because}" for kind, because in mode.reasons)
                yield f"{side.name} {mode.name} says {mode.total:,} {side.unit}: {why}."


def _markdown(found: Difference) -> str:
    lines = [f"# {escape(title(found))}", ""]
    for paragraph in opening(found):
        lines += [escape(paragraph), ""]
    rows = _rows(found)
    lines += [f"| {' | '.join(map(escape, row))} |" for row in rows[:1]] + ["|:--|--:|--:|--:|--:|"]
    lines += [f"| {' | '.join(map(escape, row))} |" for row in rows[1:]] + [""]
    for kind in told(found):
        lines += [f"- {escape(heading(found, kind))}"]
        lines += [f"  - {escape(f'{side}: {text}')}" for side, text in reasons(found, kind)]
    for paragraph in closing(found):
        lines += ["", escape(paragraph)]
    return "\n".join(lines) + "\n"


def _json(found: Difference) -> str:
    kinds = [{"kind": kind.name, "layers": kind.layers, "macs": kind.macs, "difference": kind.difference,
              "counts": {side.name: {"count": count, "reasons": [reason._asdict() for reason in parts]}
                         for side, count, parts in zip(found.sides, kind.counts, kind.reasons, strict=True)}}
             for kind in found.kinds]
    return json.dumps({"schema": "counts/1", "spec": found.net.spec, "layers": list(found.layers),
                       "difference": found.total, "macs": found.macs,
                       "sides": list(map(_side, found.sides)), "kinds": kinds}, ensure_ascii=False, indent=1) + "\n"


def _side(side: Side) -> dict[str, Any]:
    return {"name": side.name, "tool": side.tool, "says": side.says, "unit": side.unit, "total": side.total,
            "modes": {mode.name: {"total": mode.total, "because": dict(mode.reasons)} for mode in side.modes}}
