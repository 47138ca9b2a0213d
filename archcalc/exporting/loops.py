"""Repetitions of the spec as loops over a list of modules, where they are no plain chain.

Each repetition does the same with a module of its own. What it reads is the same for all, made in it, given by the
one before (carried), or a join of what all before it have given (a list, as in DenseNet).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from archcalc.exporting.code import Code, children, name, rebuilt, shape, walk
from archcalc.exporting.names import MEMBERS, identifier
from archcalc.exporting.repeats import RUN, repeated
from archcalc.exporting.steps import Line, Step, nested, reads, shared


class Loop(NamedTuple):
    """What a loop is but its expressions: those are the modules, the first value of each variable and list, the lines.

    ``carried`` are the values whose variables go from one repetition to the next, ``lists`` those that are collected,
    both named by the last repetition; ``lines`` are words and values of the statements inside.
    """

    element: str
    carried: tuple[Any, ...]
    lists: tuple[Any, ...]
    lines: tuple[tuple[str, tuple[Any, ...]], ...]


class Run(NamedTuple):
    """Repetitions from a step on: the steps of each, and the parts that are their modules."""

    rows: list[list[Step]]
    modules: list[str]


class _Unlike(Exception):
    """The repetitions are no loop."""


def listed(step: Step) -> str:
    """The path of a step without the numbers of repetitions; empty where there are none."""
    found = re.sub(r"\.\d+(?=\.|$)", "", step.path)
    return found if found != step.path else ""


def rolled(steps: Sequence[Step], parts: dict[str, Code], outputs: Sequence[Any]
           ) -> tuple[list[Step], dict[str, Code], dict[str, str]]:
    """Steps and parts of a block with loops, and the new ways to parts that are now in lists."""
    steps, parts, moved, at = list(steps), dict(parts), dict[str, str](), 0
    while at < len(steps):
        run = _run(steps, at, parts)
        if run is not None:
            end = at + len(run.rows) * len(run.rows[0])
            word = listed(steps[at + len(run.rows[0]) - 1]).replace(".", "_")
            word = identifier(word, [*MEMBERS, *(part for part in parts if part not in run.modules)])
            try:
                loop, steps[end:] = _loop(run, word, steps[end:], outputs)
            except _Unlike:
                pass
            else:
                steps[at:end] = [loop]
                parts, ways = _moved(parts, run.modules, word)
                moved |= ways
        at += 1
    return steps, parts, moved


def _moved(parts: dict[str, Code], modules: list[str], word: str) -> tuple[dict[str, Code], dict[str, str]]:
    made = [parts[w] for w in modules]
    every = repeated(made, listed=True)
    whole = name("nn.ModuleList")(every if every is not None else Code("list", *made))
    found = {word if w == modules[0] else w: whole if w == modules[0] else c
             for w, c in parts.items() if w == modules[0] or w not in modules}
    return found, {w: f"{word}[{k}]" for k, w in enumerate(modules)}


def _own(of: Code) -> bool:
    return of.head == "attribute" and of.parts[0].head == "name" and of.parts[0].parts[0] == "self"


def _run(steps: Sequence[Step], at: int, parts: dict[str, Code]) -> Run | None:
    stem = listed(steps[at])
    width = next((k for k, step in enumerate(steps[at + 1:], 1) if listed(step) == stem), 0) if stem else 0
    if not width:
        return None

    def like(c: Code) -> Code | None:
        if _values(c):
            return name("values")
        if c.head == "var":
            return name("value")
        return parts.get(c.parts[1]) if _own(c) else None

    def form(row: Sequence[Step]) -> list[Any]:
        return [(listed(s), len(s.outputs), shape(rebuilt(s.code, like))) for s in row]

    rows = [list(steps[at:at + width])]
    first = form(rows[0])
    for k in range(at + width, len(steps) - width + 1, width):
        if form(steps[k:k + width]) != first:
            break
        rows.append(list(steps[k:k + width]))
    modules = [[c.parts[1] for s in row for c in walk(s.code) if _own(c) and c.parts[1] in parts] for row in rows]
    if len(rows) < RUN or any(len(found) != 1 for found in modules) or any(s.code.head == "loop" for s in rows[0]):
        return None
    return Run(rows, [found[0] for found in modules])


def _values(of: Code) -> bool:
    return of.head == "tuple" and bool(of.parts) and all(p.head == "var" for p in of.parts)


def _slots(of: Code) -> Iterator[Code]:
    """The values that an expression reads, and its tuples of values, in order."""
    if _values(of):
        yield of
        return
    if of.head == "var":
        yield of
    for child in children(of):
        yield from _slots(child)


class _Sources:
    """Where what the repetitions read comes from."""

    def __init__(self, run: Run) -> None:
        self.made = {v: (i, j, m) for i, row in enumerate(run.rows) for j, step in enumerate(row)
                     for m, v in enumerate(step.outputs)}
        self.last = [step.outputs for step in run.rows[-1]]
        self.carried: dict[Any, Any] = {}
        self.lists: dict[Any, tuple[Any, ...]] = {}
        self.every = {v: tuple(row[j].outputs[m] for row in run.rows) for j, outputs in enumerate(self.last)
                      for m, v in enumerate(outputs)}

    def slot(self, column: Sequence[Code], j: int) -> Code | None:
        """What replaces a slot of step ``j`` in the last repetition; None for what stays."""
        if column[0].head == "tuple":
            tuples = [tuple(p.parts[0] for p in c.parts) for c in column]
            if len({len(t) for t in tuples}) > 1:
                return self._list(tuples)
            kept = [self.value([t[k] for t in tuples], j) or Code("var", tuples[-1][k]) for k in range(len(tuples[0]))]
            return Code("tuple", *kept)
        return self.value([c.parts[0] for c in column], j)

    def value(self, ids: Sequence[Any], j: int) -> Code | None:
        places = [self.made.get(v) for v in ids]
        if places[0] is None and len(set(ids)) == 1:
            return None
        if all(p is not None and p[0] == i and p[1:] == places[0][1:] for i, p in enumerate(places)):  # type: ignore[index]
            return None
        before = places[1]
        if places[0] is not None or before is None or any(
                p != (i, *before[1:]) for i, p in enumerate(places[1:])) or before[1] < j:
            raise _Unlike
        key = self.last[before[1]][before[2]]
        if self.carried.setdefault(key, ids[0]) != ids[0]:
            raise _Unlike
        return Code("var", key)

    def _list(self, tuples: Sequence[tuple[Any, ...]]) -> Code:
        new = tuples[1][-1:]
        place = self.made.get(new[0])
        if place is None or any(v in self.made for v in tuples[0]):
            raise _Unlike
        key = self.last[place[1]][place[2]]
        if any(t != tuples[0] + self.every[key][:i] for i, t in enumerate(tuples)):
            raise _Unlike
        if self.lists.setdefault(key, tuples[0]) != tuples[0]:
            raise _Unlike
        return Code("var", ("list", key))


def _loop(run: Run, word: str, rest: Sequence[Step], outputs: Sequence[Any]) -> tuple[Step, list[Step]]:
    """The loop as a step, and the steps behind it. Raises `_Unlike`."""
    sources = _Sources(run)
    key = ("element", run.modules[-1])
    inner: list[Step] = []
    for j, step in enumerate(run.rows[-1]):
        columns = zip(*(_slots(row[j].code) for row in run.rows), strict=True)
        new = {id(column[-1]): sources.slot(column, j) for column in columns}
        code = rebuilt(step.code, lambda c, new=new: Code("var", key) if _own(c) and c.parts[1] == run.modules[-1]
                       else new.get(id(c)))    # type: ignore[misc]
        inner.append(step._replace(code=code, nests=True))
    rest = [step._replace(code=rebuilt(step.code, lambda c: _collected(c, sources))) for step in rest]
    outside = [*outputs, *(v for step in rest for v in reads(step.code))]
    final = {v for row in sources.last for v in row}
    if any(v in sources.made and v not in final for v in outside):
        raise _Unlike
    lines = _lines(inner, {*outside} & final | {*sources.carried} | {*sources.lists})
    variables = {v: sources.carried.get(v) for v in final if v in sources.carried or v in outside}
    order = [v for row in sources.last for v in row]
    carried, lists = ([v for v in order if v in of] for of in (variables, sources.lists))
    info = Loop(word, tuple(carried), tuple(lists), tuple((w, values) for w, values, _ in lines))
    starts = [Code("var", variables[v]) if variables[v] is not None else name("None") for v in carried]
    code = Code("loop", info, Code("attribute", name("self"), word), *starts,
                *(Code("list", *(Code("var", v) for v in sources.lists[v])) for v in lists), *(c for _, _, c in lines))
    given = (*carried, *(("list", v) for v in lists))
    return Step(word, given, code, False, listed(run.rows[0][-1])), rest


def _lines(inner: Sequence[Step], kept: set[Any]) -> list[Line]:
    return shared(nested(inner, [*kept]))


def _collected(of: Code, sources: _Sources) -> Code | None:
    """A join of all that the repetitions have given, of the list."""
    if _values(of):
        ids = tuple(p.parts[0] for p in of.parts)
        for key, every in sources.every.items():
            first = sources.lists.get(key, ())
            at = next((k for k in range(len(ids)) if ids[k:k + len(first + every)] == first + every), None)
            if at is not None:
                sources.lists[key] = first
                joined = Code("var", ("list", key))
                end = at + len(first + every)
                return joined if len(ids) == end - at else Code("tuple", *of.parts[:at], Code("starred", joined),
                                                                *of.parts[end:])
    if of.head == "infix" and of.parts[0] == "+":
        return _summed(of, sources)
    return None


def _summed(of: Code, sources: _Sources) -> Code | None:
    terms: list[Code] = []
    left = of
    while left.head == "infix" and left.parts[0] == "+":
        terms.append(left.parts[2])
        left = left.parts[1]
    terms = [left, *reversed(terms)]
    ids = tuple(t.parts[0] if t.head == "var" else None for t in terms)
    for key, every in sources.every.items():
        if ids == every and not sources.lists.get(key):
            sources.lists[key] = ()
            every_one = Code("var", ("list", key))
            return name("sum")(every_one[1:], every_one[0])     # from the first on, for what begins with 0 is no tensor
    return None
