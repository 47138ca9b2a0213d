"""A difference as a text table, as Markdown and as data."""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from archcalc.analysis.shapes import calls
from archcalc.comparison.pairs import Differences, Pair, described, shape_change
from archcalc.net import Net, Node
from archcalc.reports.markdown import escape
from archcalc.reports.model import Totals, total
from archcalc.reports.report import Report

SIGNS = {"same": " ", "changed": "~", "added": "+", "removed": "-", "renamed": ">"}
CONVENTION = "Parameters and MACs are what the second has more than the first, per sample."


class Entry(NamedTuple):
    """A line of a listing: a layer, or a block that came or went as a whole; and what became of it, in words."""

    status: str
    name: str
    what: str
    params: int
    macs: int


def entries(diff: Differences, everything: bool = False) -> list[Entry]:
    """What is worth a line: all but layers that are the same, or only renamed, at the same cost.

    A block of which every layer was added, or removed, is one entry, and so are equal repetitions of a block,
    unless ``everything`` is asked for.
    """
    blocks = {} if everything else {**_whole(diff, diff.a, "removed"), **_whole(diff, diff.b, "added")}
    found: dict[tuple[str, str] | int, list[Pair]] = {}
    for k, pair in enumerate(diff.pairs):
        if everything or pair.status not in ("same", "renamed") or pair.params or pair.macs:
            block = blocks.get((pair.status, _name(diff, pair)))
            found.setdefault((pair.status, block) if block else k, []).append(pair)
    listed = [_entry(diff, key, pairs) for key, pairs in found.items()]
    return listed if everything else [_run(list(run)) for _, run in groupby(listed, _repetition)]


def _repetition(entry: Entry) -> Entry:
    """What entries of equal repetitions have in common: all but the numbers in the name."""
    return entry._replace(name=".".join("*" if part.isdecimal() else part for part in entry.name.split(".")))


def _run(run: list[Entry]) -> Entry:
    first, n = run[0], len(run)
    if n == 1:
        return first
    return first._replace(name=f"{first.name} … {run[-1].name}", what=f"{n} times {first.what}",
                          params=n * first.params, macs=n * first.macs)


def _whole(diff: Differences, net: Net, status: str) -> dict[tuple[str, str], str]:
    """For each layer of a status in a network, the outermost block around it with no layer of another status."""
    names = {_name(diff, pair) for pair in diff.pairs if pair.status == status}
    outside = {"", *(block for node in net.nodes if node.name not in names for block in _around(node.name))}
    return {(status, name): next((block for block in _around(name) if block not in outside), name) for name in names}


def _around(name: str) -> list[str]:
    """A name's blocks from the outermost to itself."""
    parts = name.split(".")
    return [".".join(parts[:i + 1]) for i in range(len(parts))]


def _entry(diff: Differences, key: tuple[str, str] | int, pairs: list[Pair]) -> Entry:
    params, macs = sum(p.params for p in pairs), sum(p.macs for p in pairs)
    first = pairs[0]
    if len(pairs) == 1 or not isinstance(key, tuple):
        return Entry(first.status, _name(diff, first), "; ".join(_what(diff, first)), params, macs)
    net, indices = (diff.a, [p.a for p in pairs]) if first.b is None else (diff.b, [p.b for p in pairs])
    layers = [net.nodes[i or 0].layer for i in indices]
    kinds = Counter(layer.kind for layer in layers)
    made = ", ".join(map(described, layers)) if len(layers) < 4 else \
        f"{len(layers)} layers: " + ", ".join(f"{n} {kind}" if n > 1 else kind for kind, n in kinds.items())
    return Entry(first.status, key[1], f"{made}; output {calls(net)[indices[-1] or 0].out}", params, macs)


def table(diff: Differences, everything: bool = False, width: int = 80, bold: Callable[[str], str] = str) -> str:
    """One entry a layer, with what it was and became below it, and the totals of both networks."""
    found = entries(diff, everything)
    rows = [(SIGNS[e.status], e.name, _signed(e.params), _signed(e.macs)) for e in found]
    rows.append((" ", "total", _signed(diff.params), _signed(diff.macs)))
    head = (" ", "layer", "params", "MACs")
    sizes = [max(len(row[k]) for row in (head, *rows)) for k in (2, 3)]
    names = min(max(len(row[1]) for row in (head, *rows)), max(20, width - 6 - sum(sizes)))
    lines = [bold(_title(diff)), "", bold(_line(head, names, sizes))]
    for entry, row in zip(found, rows, strict=False):
        lines.append(_line(row, names, sizes))
        lines += textwrap.wrap(entry.what, width, initial_indent="    ", subsequent_indent="    ",
                               break_on_hyphens=False, break_long_words=False)
    if not found:
        lines.append("  no layer differs")
    lines += ["─" * (6 + names + sum(sizes)), bold(_line(rows[-1], names, sizes)), ""]
    return "\n".join([*lines, *_totals(diff, width), "", *_notes(diff, everything, width)]) + "\n"


def _title(diff: Differences) -> str:
    a, b = diff.a, diff.b
    return f"{a.name} -> {b.name}" if a.name != b.name else f"{a.spec} -> {b.spec}"


def _line(row: tuple[str, ...], names: int, sizes: list[int]) -> str:
    sign, name, *numbers = row
    text = "  ".join(n.rjust(size) for n, size in zip(numbers, sizes, strict=True))
    if len(name) <= names:
        return f"{sign} {name:<{names}}  {text}".rstrip()
    # A long name stands alone, and its numbers below it.
    shown = textwrap.fill(name, names + 4 + sum(sizes), initial_indent=f"{sign} ", subsequent_indent="  ",
                          break_long_words=False, break_on_hyphens=False)
    return f"{shown}\n{' ' * (names + 4)}{text}"


def _signed(n: int) -> str:
    return f"{n:+,}" if n else "0"


def _name(diff: Differences, pair: Pair) -> str:
    a, b = diff.node(pair)
    return (b or a).name if pair.status != "renamed" else f"{a.name} -> {b.name}"  # type: ignore[union-attr]


def _what(diff: Differences, pair: Pair) -> Iterator[str]:
    """What became of a layer, in words."""
    a, b = diff.node(pair)
    if a is None or b is None:
        net, index = (diff.a, pair.a) if b is None else (diff.b, pair.b)
        yield f"{described(net.nodes[index or 0].layer)}; output {calls(net)[index or 0].out}"
        return
    if pair.status == "changed" and a.name != b.name:
        yield f"was {a.name}"
    yield from pair.changes
    if a.inputs and (pair.params or pair.macs):
        change = shape_change(calls(diff.a)[pair.a or 0], calls(diff.b)[pair.b or 0])
        if change:
            yield change


def _sums(diff: Differences) -> tuple[Totals, Totals]:
    return total(Report(diff.a).rows), total(Report(diff.b).rows)


def _totals(diff: Differences, width: int) -> list[str]:
    """Totals of both networks and their differences, which are left out where they are too wide."""
    a, b = _sums(diff)
    rows = [[name, f"{old:,}", f"-> {new:,}", _signed(new - old), _change(old, new)]
            for name, old, new in (("layers", a.layers, b.layers), ("params", a.params, b.params),
                                   ("MACs", a.macs, b.macs), ("FLOPs", a.flops, b.flops))]
    rows = [[row[0], row[1], "->" + row[2][2:].rjust(max(len(r[2]) for r in rows) - 2), *row[3:]] for row in rows]
    for left_out in ((), (3,)):
        shown = [[text for k, text in enumerate(row) if k not in left_out] for row in rows]
        sizes = [max(map(len, column)) for column in zip(*shown, strict=True)]
        lines = [f"  {row[0]:<{sizes[0]}}  " + " ".join(
            text.rjust(size) for text, size in zip(row[1:], sizes[1:], strict=True)) for row in shown]
        if max(map(len, lines)) <= width:
            break
    return [line.rstrip() for line in lines]


def _change(old: int, new: int) -> str:
    """The change as a rounded share of the first, or how many times the first it is."""
    if not old or new == old:
        return ""
    return f"({(new - old) / old:+.1%})" if new < 10 * old else f"({new / old:,.0f}×)"


def _notes(diff: Differences, everything: bool, width: int) -> list[str]:
    counts = ", ".join(f"{n} {status}" for status in ("added", "removed", "changed", "renamed", "same")
                       if (n := sum(p.status == status for p in diff.pairs)))
    renames = Counter(r for p in diff.pairs if p.status == "renamed" for r in _renames(*diff.node(p)))
    said = [f"{old} -> {new}" + (f" ({n} layers)" if n > 1 else "") for (old, new), n in renames.most_common(6)]
    lines = [f"{counts}. + added, - removed, ~ changed, > renamed. {CONVENTION}"]
    if said and not everything:
        more = f" and {len(renames) - 6} more" if len(renames) > 6 else ""
        lines.append(f"Renamed and otherwise the same: {', '.join(said)}{more}; --all lists them.")
    return [line for text in lines for line in textwrap.wrap(text, width, break_on_hyphens=False,
                                                             break_long_words=False)]


def _renames(a: Node | None, b: Node | None) -> list[tuple[str, str]]:
    """The parts in which two names differ: ``unit`` became ``sum.branch``."""
    old, new = (node.name.split(".") if node else [] for node in (a, b))
    if len(old) == len(new):
        return [(x, y) for x, y in zip(old, new, strict=True) if x != y and not x.isdecimal()]
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    while len(old) > 1 and len(new) > 1 and old[0] == new[0]:
        old, new = old[1:], new[1:]
    return [(".".join(old), ".".join(new))]


def markdown(diff: Differences, everything: bool = False) -> str:
    """The layers that differ as a Markdown table."""
    lines = [f"**{escape(_title(diff))}**", "", "| | layer | change | params | MACs |",
             "|:--|:--|:--|--:|--:|"]
    lines += [f"| {e.status} | {escape(e.name)} | {escape(e.what)} | {_signed(e.params)} | {_signed(e.macs)} |"
              for e in entries(diff, everything)]
    lines += [f"| | **total** | | {_signed(diff.params)} | {_signed(diff.macs)} |", "", CONVENTION]
    return "\n".join(lines) + "\n"


def to_dict(diff: Differences) -> dict[str, Any]:
    """All pairs, and the totals of both networks, as plain data."""
    sums = [s._asdict() for s in _sums(diff)]
    return {
        "schema": "diff/1",
        "networks": [{"name": net.name, "spec": net.spec, "totals": s}
                     for net, s in zip((diff.a, diff.b), sums, strict=True)],
        "params": diff.params,
        "macs": diff.macs,
        "pairs": [_pair(diff, pair) for pair in diff.pairs],
    }


def _pair(diff: Differences, pair: Pair) -> dict[str, Any]:
    names = [node.name if node else None for node in diff.node(pair)]
    kinds = [node.layer.kind if node else None for node in diff.node(pair)]
    return {"status": pair.status, "layers": names, "kinds": kinds, "changes": list(pair.changes),
            "params": pair.params, "macs": pair.macs}


def to_json(diff: Differences) -> str:
    """`to_dict` as a JSON text."""
    return json.dumps(to_dict(diff), ensure_ascii=False, indent=1) + "\n"
