"""A block as the body of a class: its parts, and its forward pass as statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.exporting.code import Code, name, rebuilt, walk
from archcalc.exporting.loops import Loop
from archcalc.exporting.names import RESERVED, identifier
from archcalc.exporting.steps import Line, Step, nested, reads, shared, unaliased


class Statement(NamedTuple):
    """A line of forward: an expression between what stands before and behind it, so deep in loops."""

    start: str
    code: Code
    end: str = ""
    depth: int = 0


class Body(NamedTuple):
    """Parts by name, what makes each; the arguments of forward, its statements, and what it returns."""

    parts: dict[str, Code]
    inputs: tuple[str, ...]
    statements: tuple[Statement, ...]
    output: Code

    def codes(self) -> Iterable[Code]:
        """All its expressions, in order."""
        return [*self.parts.values(), *(s.code for s in self.statements), self.output]


def body(parts: dict[str, Code], inputs: Sequence[int], steps: Sequence[Step], outputs: Sequence[int],
         given: Sequence[str] | None = None) -> Body:
    """The body of a class from steps in order; ``inputs`` and ``outputs`` are numbers of values.

    ``given`` are the names of the arguments of forward.
    """
    steps, outputs = unaliased(steps, outputs)
    lines = shared(nested(steps, outputs))
    names = _Names(dict(zip(inputs, given or _inputs(len(inputs)), strict=True)), lines, outputs)
    found: list[Statement] = []
    for k, (word, values, c) in enumerate(lines):
        if c.head == "loop":
            found += _looped(k, c, names)
        else:
            made = rebuilt(c, names.put)
            names.line(k, word, values)
            read = any(v in names.last for v in values)
            found.append(Statement(names.left(values) if read else "", made))
    result = [rebuilt(Code("var", v), names.put) for v in outputs]
    output = result[0] if len(result) == 1 else Code("tuple", *result)
    if lines and list(lines[-1][1]) == list(outputs) and lines[-1][2].head != "loop":
        output = found.pop().code
    return Body(parts, tuple(names.first[v] for v in inputs), tuple(found), output)


def _looped(k: int, of: Code, names: _Names) -> list[Statement]:
    """The statements of a loop: first values, and those inside."""
    loop, over, *rest = of.parts
    inner = rest[len(loop.carried) + len(loop.lists):]
    found: list[Statement] = []
    keys = [*loop.carried, *(("list", v) for v in loop.lists)]
    starts = {v: (c, rebuilt(c, names.put)) for v, c in zip(keys, rest, strict=False)}
    names.loop(k, loop, starts, inner)
    for v in loop.carried:
        before, start = starts[v]
        if before.head == "var" and start.parts[0] != names.of[v]:
            found.append(Statement(f"{names.of[v]} = ", start))
    for v in loop.lists:
        start = starts["list", v][1]
        found.append(Statement(f"{names.of['list', v]}{'' if start.parts else ': list[Tensor]'} = ", start))
    found.append(Statement(f"for {names.element} in ", over, ":"))
    for (_, values), c in zip(loop.lines, inner, strict=True):
        made = rebuilt(c, names.put)
        kept = [v for v in values if v in names.of]
        if kept or len(values) > 1:
            found.append(Statement(names.left(values), made, "", 1))
            made = name(names.of[values[0]]) if values[0] in names.of else made
        for v in values:
            if v in loop.lists:
                found.append(Statement("", name(f"{names.of['list', v]}.append")(
                    name(names.of[v]) if v in names.of else made), "", 1))
    return found


class _Names:
    """A name for each value: x as long as only one is alive, else the item's."""

    def __init__(self, inputs: Mapping[int, str], lines: Sequence[Line], outputs: Sequence[int]) -> None:
        self.of: dict[Any, str] = dict(inputs)
        self.first = dict(inputs)
        self.last: dict[Any, int] = dict.fromkeys(outputs, len(lines))
        self.element = ""
        for k, (_, _, made) in enumerate(lines):
            for v in reads(made):
                self.last[v] = max(self.last.get(v, k), k)

    def put(self, c: Code) -> Code | None:
        """The name in place of the value."""
        return name(self.of[c.parts[0]]) if c.head == "var" else None

    def left(self, values: Sequence[Any]) -> str:
        """The left side of an assignment."""
        return f"{', '.join(self.of[v] for v in values)} = "

    def line(self, k: int, word: str, values: Sequence[Any]) -> None:
        """Names for what statement ``k`` gives."""
        alive = {self.of[v] for v in self.of if self.last.get(v, -1) > k}
        for v in values:
            free = [w for w in ("x", "out") if w not in alive and len(values) == 1 and not isinstance(v, tuple)]
            self.of[v] = free[0] if free else identifier(word, [*alive, "x", *RESERVED])
            alive.add(self.of[v])

    def loop(self, k: int, loop: Loop, starts: Mapping[Any, tuple[Code, Code]], inner: Sequence[Code]) -> None:
        """Names for the variables of a loop: each is that of its first value where nothing else reads that."""
        seen = [v for c in inner for v in reads(c)]
        first = [c.parts[0] for c, _ in starts.values() if c.head == "var"]
        alive = {self.of[v] for v in self.of if self.last.get(v, -1) > k or v in seen}
        for v in loop.carried:
            start = starts[v][0].parts[0] if starts[v][0].head == "var" else None
            word = self.of.get(start, "")
            taken = [*alive, *(self.of[w] for w in first if w != start)]
            plain = not word or word in alive or first.count(start) > 1
            self.of[v] = identifier("x" if "x" not in taken else "out", [*taken, *RESERVED]) if plain else word
            alive.add(self.of[v])
        alive |= {self.of[w] for w in first if w in self.of and self.last.get(w, -1) > k}
        self.element = identifier(loop.element, [*alive, *RESERVED])
        alive.add(self.element)
        self.of |= {c.parts[0]: self.element for of in inner for c in walk(of)
                    if c.head == "var" and isinstance(c.parts[0], tuple) and c.parts[0][0] == "element"}
        for v in loop.lists:
            self.of["list", v] = identifier(f"{loop.element}s", [*alive, *RESERVED])
            alive.add(self.of["list", v])
        for _, values in loop.lines:
            for v in values:
                if v not in self.of and (v in seen or len(values) > 1):
                    self.of[v] = identifier("out", [*alive, "x", *RESERVED])
                    alive.add(self.of[v])


def _inputs(count: int) -> list[str]:
    return ["x", "y", "z"][:count] if count <= 3 else [f"x{i + 1}" for i in range(count)]
