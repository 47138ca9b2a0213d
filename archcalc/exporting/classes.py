"""Blocks of one form as one class: the numbers in which they differ are its arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.exporting.body import Body
from archcalc.exporting.code import ANY, Code, children, code, infix, name, rebuilt, shape, typed, walk
from archcalc.exporting.names import identifier
from archcalc.exporting.signatures import REQUIRED, Argument, signature

OPERANDS = {"*": "factor", "+": "offset"}
"""What a number is called that something is multiplied with, or that is added."""
FACTORS = (2, 3, 4, 6, 8)
"""Multiples of an argument that are written as such."""


class Unit(NamedTuple):
    """A block in its place: the body of its class, what the spec calls it, and the arguments that it has there."""

    body: Body
    title: str
    arguments: Mapping[str, Any]


class Class(NamedTuple):
    """A class of the file. ``types`` are those of its arguments; ``kept`` are the arguments that forward reads."""

    name: str
    title: str
    arguments: dict[str, Argument]
    types: dict[str, str]
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
    return typed(c.parts[0] for of in body.codes() for c in walk(of) if c.head == "literal")


def form(body: Body) -> Any:
    """What bodies of one class have in common: all but their constants."""
    return (tuple(body.parts), body.inputs, tuple((s.start, s.end, s.depth) for s in body.statements),
            tuple(shape(c) for c in body.codes()))


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
    if of.head == "slice":
        given = {id(v): (w, REQUIRED) for w, v in zip(("start", "stop", "step"), of.parts, strict=True)}
    if of.head == "given":
        given = {id(of.parts[0]): (of.parts[0].parts[1], False)}
    word = here.field or OPERANDS.get(of.parts[0], "") if of.head == "infix" else ""
    for child in children(of):
        field, default = given.get(id(child), (word, REQUIRED))
        yield from _inside(child, known, here._replace(field=field, default=default))


class _Arguments:
    """The arguments of a class, found column by column: the values that one constant has in all its blocks."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self.columns: dict[str, list[Any]] = {}
        self.defaults: dict[str, Any] = {}
        words = [w for w in units[0].arguments if all(w in unit.arguments for unit in units)]
        self.given = {w: [unit.arguments[w] for unit in units] for w in words}

    def expression(self, hole: Hole, column: list[Any], others: Iterable[str]) -> Code:
        """What gives a column: an argument, a number or list computed from those of the spec, or a new one."""
        found = self._known(hole, column)
        if found is None:
            found = self._items(hole, column)
        if found is not None:
            return found
        field = hole.field or "value"
        plain = field not in others or field == "in_channels"
        word = identifier(field if plain else f"{hole.part}_{field}".lstrip("_"), [*self.columns, *self.given])
        return self._used(word, column, hole)

    def _known(self, hole: Hole, column: list[Any]) -> Code | None:
        for columns in (self.columns, self.given):
            for word, values in columns.items():
                if _agree(values, column):
                    return self._used(word, values, hole)
        for word, values in {**self.given, **self.columns}.items():
            made = _computed(word, values, column, hole.field) if word in self.given or word == "kernel_size" else None
            if made is not None:
                self._used(word, values, hole._replace(default=REQUIRED))
                return made
        return None

    def _items(self, hole: Hole, column: list[Any]) -> Code | None:
        """A list whose items are the same in all blocks, or known."""
        lists = [v for v in column if v != ANY]
        kinds = {(type(v), len(v)) for v in lists if isinstance(v, (list, tuple))}
        if len(kinds) != 1 or any(not isinstance(v, (list, tuple)) for v in lists):
            return None
        made: list[Code] = []
        for k in range(len(lists[0])):
            items = [v if v == ANY else v[k] for v in column]
            fixed = len(set(typed(v[k] for v in lists))) == 1
            item = code(lists[0][k]) if fixed else self._known(hole._replace(default=REQUIRED, field=""), items)
            if item is None:
                return None
            made.append(item)
        return Code("list" if isinstance(lists[0], list) else "tuple", *made)

    def _used(self, word: str, values: list[Any], hole: Hole) -> Code:
        if word not in self.columns:
            common = hole.default if typed([hole.default])[0] in typed(values) else REQUIRED
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
    return typed(v for v, _ in known) == typed(c for _, c in known)


def _computed(word: str, values: list[Any], column: list[Any], field: str) -> Code | None:
    """A column as a multiple or a fraction of an argument, as its root's inverse, or as half a kernel."""
    values, column = ([row[k] for row in zip(values, column, strict=True) if ANY not in row] for k in (0, 1))
    if any(isinstance(v, bool) or not isinstance(v, int) for v in values) or len(set(values)) < 2:
        return None
    if all(isinstance(c, float) for c in column):
        rooted = all(v > 0 and c == v ** -0.5 for v, c in zip(values, column, strict=True))
        return infix("**", name(word), -0.5) if rooted else None
    if any(isinstance(c, bool) or not isinstance(c, int) for c in column):
        return None
    if field == "padding" and all(c == v // 2 for v, c in zip(values, column, strict=True)):
        return infix("//", name(word), 2)
    ratio = max(column[0] // values[0] if values[0] else 0, values[0] // column[0] if column[0] else 0)
    for k in FACTORS if len(set(values)) < 3 else (*FACTORS, ratio):
        if all(c == k * v for v, c in zip(values, column, strict=True)):
            return infix("*", code(k), name(word))
        if all(k * c == v for v, c in zip(values, column, strict=True)):
            return infix("//", name(word), k)
    return None


def merged(title: str, units: Sequence[Unit], chain: bool, classes: Known) -> tuple[Class, list[Code]]:
    """The class of blocks of one form, and what makes each block."""
    table = [_holes(unit.body, classes) for unit in units]
    first = table[0]
    columns = [[row[k].value for row in table] for k in range(len(first))]
    varying = [k for k, column in enumerate(columns) if len(set(typed(v for v in column if v != ANY))) > 1]
    fields = [first[k].field for k in {typed(columns[k]): k for k in reversed(varying)}.values()]
    twice = {f for f in fields if fields.count(f) > 1}
    arguments = _Arguments(units)
    found = {k: arguments.expression(first[k], columns[k], twice) for k in varying}
    found |= {k: code(next(v for v in columns[k] if v != ANY)) for k, hole in enumerate(first)
              if hole.value == ANY and k not in found}
    body, kept = _filled(units[0].body, found)
    known = arguments.arguments()
    made = [name(title)(**{w: arguments.columns[w][i] for w in known}) for i in range(len(units))]
    types = {w: hint(arguments.columns[w]) for w in known}
    return Class(title, units[0].title, known, types, body, kept, chain), made


def hint(values: Iterable[Any]) -> str:
    """The type of an argument that takes these values.

    >>> hint([1, (2, 1)]), hint([[0, 4]]), hint([1, 0.5]), hint([True])
    ('int | tuple[int, int]', 'list[int]', 'float', 'bool')
    """
    found = dict.fromkeys(map(_hint, values))
    if "float" in found:
        found.pop("int", None)
    return " | ".join(found)


def _hint(value: Any) -> str:
    if isinstance(value, list):
        return f"list[{hint(value)}]"
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(_hint, value))}]"
    return "None" if value is None else type(value).__name__


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
    statements = tuple([s._replace(code=put(s.code, True)) for s in body.statements])
    return Body(parts, body.inputs, statements, put(body.output, True)), tuple(kept)
