"""Blocks of one form as one class: the numbers in which they differ are its arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.exporting.body import Body, identifier
from archcalc.exporting.code import Code, children, code, name, rebuilt, walk
from archcalc.exporting.signatures import REQUIRED, Argument, signature

ANY = "any value"
"""A constant of a part that a block does not have."""
FACTORS = (2, 3, 4, 6, 8)
"""Multiples of an argument that are written as such."""


class Unit(NamedTuple):
    """A block in its place: the body of its class, what the spec calls it, and the arguments that it has there."""

    body: Body
    title: str
    arguments: Mapping[str, Any]


class Class(NamedTuple):
    """A class of the file. ``kept`` are the arguments that forward reads."""

    name: str
    title: str
    arguments: dict[str, Argument]
    body: Body
    kept: tuple[str, ...]
    chain: bool


class Hole(NamedTuple):
    """A constant of a body: its value, the argument that it is given as, the part of the body that it stands in."""

    value: Any
    field: str
    default: Any
    part: str


def constants(body: Body) -> tuple[Any, ...]:
    """The constants of a body, in order."""
    return _typed(c.parts[0] for of in body.codes() for c in walk(of) if c.head == "literal")


def form(body: Body) -> Any:
    """What bodies of one class have in common: all but their constants."""
    return (tuple(body.parts), body.inputs, tuple(word for word, _ in body.statements),
            tuple(_form(c) for c in body.codes()))


def _form(of: Code) -> Any:
    if of.head == "literal":
        return of.parts[0] if isinstance(of.parts[0], str) and of.parts[0] != ANY else "constant"
    if of.head == "call":
        return ("call", _form(of.parts[0]), tuple(map(_form, of.parts[1])),
                tuple((k, _form(v)) for k, v in of.parts[2].items()))
    return (of.head, *(_form(p) if isinstance(p, Code) else p for p in of.parts))


Known = Mapping[str, Mapping[str, Argument]]
"""The arguments of the classes so far."""


def _holes(body: Body, known: Known) -> list[Hole]:
    return [hole for part, of in [*body.parts.items(), *(("", c) for c in [*body.codes()][len(body.parts):])]
            for hole in _inside(of, known, Hole(None, "", REQUIRED, part))]


def _inside(of: Code, known: Known, here: Hole) -> Iterable[Hole]:
    if of.head == "literal":
        yield here._replace(value=of.parts[0], field=here.field or of.parts[1])
        return
    given: dict[int, tuple[str, Any]] = {}
    if of.head == "call" and of.parts[0].head in ("name", "attribute"):
        title = of.parts[0].parts[0] if of.parts[0].head == "name" else f".{of.parts[0].parts[1]}"
        arguments = known.get(title) or signature(title) or {}
        named = {**dict(zip(arguments, of.parts[1], strict=False)), **of.parts[2]}
        given = {id(v): (w, arguments[w].default if w in arguments else REQUIRED) for w, v in named.items()}
    if of.head == "given":
        given = {id(of.parts[0]): (of.parts[0].parts[1], False)}
    for child in children(of):
        field, default = given.get(id(child), ("", REQUIRED))
        yield from _inside(child, known, here._replace(field=field, default=default))


def _typed(values: Iterable[Any]) -> tuple[Any, ...]:
    """Values that are equal only if Python writes them alike: True is no 1."""
    return tuple((type(v).__name__, tuple(v) if isinstance(v, list) else v) for v in values)


class _Arguments:
    """The arguments of a class, found column by column: the values that one constant has in all its blocks."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.columns: dict[str, list[Any]] = {}
        self.defaults: dict[str, Any] = {}
        words = [w for w in units[0].arguments if all(w in unit.arguments for unit in units)]
        self.given = {w: [unit.arguments[w] for unit in units] for w in words}

    def expression(self, hole: Hole, column: list[Any], others: Iterable[str]) -> Code:
        """What gives a column: an argument, a multiple of one, or a new one."""
        for columns in (self.columns, self.given):
            for word, values in columns.items():
                if _agree(values, column):
                    return self._used(word, values, hole)
        for word, values in self.given.items():
            made = _multiple(word, values, column)
            if made is not None:
                self._used(word, values, hole._replace(default=REQUIRED))
                return made
        field = hole.field or "value"
        plain = field not in others or field == "in_channels"
        word = identifier(field if plain else f"{hole.part}_{field}".lstrip("_"), [*self.columns, *self.given])
        return self._used(word, column, hole)

    def _used(self, word: str, values: list[Any], hole: Hole) -> Code:
        if word not in self.columns:
            common = hole.default if _typed([hole.default])[0] in _typed(values) else REQUIRED
            some = next(v for v in values if v != ANY) if common is REQUIRED else common
            self.columns[word] = [some if v == ANY else v for v in values]
            self.defaults[word] = common
        return name(word)

    def arguments(self) -> dict[str, Argument]:
        """Those that have no default first."""
        first = sorted(self.columns, key=lambda w: (self.defaults[w] is not REQUIRED, w != "in_channels"))
        return {w: Argument(w, self.defaults[w] is REQUIRED, False, self.defaults[w]) for w in first}


def _agree(values: list[Any], column: list[Any]) -> bool:
    """Whether they are the same where both are known."""
    known = [(v, c) for v, c in zip(values, column, strict=True) if ANY not in (v, c)]
    return _typed(v for v, _ in known) == _typed(c for _, c in known)


def _multiple(word: str, values: list[Any], column: list[Any]) -> Code | None:
    values, column = ([row[k] for row in zip(values, column, strict=True) if ANY not in row] for k in (0, 1))
    numbers = [*values, *column]
    if any(isinstance(v, bool) or not isinstance(v, int) for v in numbers) or len(set(values)) < 2:
        return None
    for k in FACTORS:
        if all(c == k * v for v, c in zip(values, column, strict=True)):
            return Code("infix", "*", code(k), name(word))
        if all(k * c == v for v, c in zip(values, column, strict=True)):
            return Code("infix", "//", name(word), code(k))
    return None


def merged(title: str, units: Sequence[Unit], chain: bool, classes: Known) -> tuple[Class, list[Code]]:
    """The class of blocks of one form, and what makes each block."""
    table = [_holes(unit.body, classes) for unit in units]
    first = table[0]
    columns = [[row[k].value for row in table] for k in range(len(first))]
    varying = [k for k, column in enumerate(columns) if len(set(_typed(v for v in column if v != ANY))) > 1]
    fields = [first[k].field for k in {_typed(columns[k]): k for k in reversed(varying)}.values()]
    twice = {f for f in fields if fields.count(f) > 1}
    arguments = _Arguments(units)
    found = {k: arguments.expression(first[k], columns[k], twice) for k in varying}
    found |= {k: code(next(v for v in columns[k] if v != ANY)) for k, hole in enumerate(first)
              if hole.value == ANY and k not in found}
    body, kept = _filled(units[0].body, found)
    known = arguments.arguments()
    made = [name(title)(**{w: arguments.columns[w][i] for w in known}) for i in range(len(units))]
    return Class(title, units[0].title, known, body, kept, chain), made


def _filled(body: Body, found: Mapping[int, Code]) -> tuple[Body, tuple[str, ...]]:
    """A body with its varying constants replaced by arguments, and the arguments that its forward pass reads."""
    place = 0
    kept: dict[str, None] = {}

    def own(c: Code) -> Code | None:
        if c.head != "name":
            return None
        kept[c.parts[0]] = None
        return Code("attribute", name("self"), c.parts[0])

    def put(of: Code, inside: bool) -> Code:
        nonlocal place
        if of.head == "literal":
            place += 1
            made = found.get(place - 1, of)
            return rebuilt(made, own) if inside else made
        if of.head == "call":
            function, args, named = of.parts
            return Code("call", put(function, inside), tuple([put(a, inside) for a in args]),
                        {k: put(v, inside) for k, v in named.items()})
        return Code(of.head, *[put(p, inside) if isinstance(p, Code) else p for p in of.parts])

    parts = {word: put(c, False) for word, c in body.parts.items()}
    statements = tuple([(word, put(c, True)) for word, c in body.statements])
    return Body(parts, body.inputs, statements, put(body.output, True)), tuple(kept)
