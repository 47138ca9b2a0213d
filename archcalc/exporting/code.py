"""Python expressions that are written down instead of computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from archcalc.errors import RuleError


class Code:
    """An expression: a head and its parts. Operators, attributes, items and calls give larger ones.

    Heads: ``name`` (text), ``literal`` (value, field), ``list`` and ``tuple`` (parts), ``attribute`` (of, name),
    ``item`` (of, index), ``slice`` (start, stop, step), ``call`` (function, arguments by position, by name),
    ``infix`` (operator, left, right), ``minus`` (of), ``given`` (condition, then, else), ``starred`` (of), ``repeated``
    (what, then for each clause its variables as text and what they run over), ``own`` (a tensor or module that a
    layer has; resolved when its name is known).
    """

    __slots__ = ("head", "parts")

    def __init__(self, head: str, *parts: Any) -> None:
        self.head, self.parts = head, parts

    def __getattr__(self, name: str) -> Code:
        if name.startswith("__"):
            raise AttributeError(name)
        return Code("attribute", self, name)

    def __getitem__(self, index: Any) -> Code:
        return Code("item", self, code(index))

    def __call__(self, *args: Any, **named: Any) -> Code:
        return Code("call", self, tuple(code(a) for a in args), {k: code(v) for k, v in named.items()})

    def __neg__(self) -> Code:
        return Code("minus", self)

    def _no(self) -> NoReturn:
        raise RuleError("its torch equivalent depends on a tensor's values or shape in a way that source cannot tell")

    def __bool__(self) -> bool:
        self._no()

    def __iter__(self) -> Iterator[Any]:
        self._no()

    def __len__(self) -> int:
        self._no()


def _operators() -> None:
    def joining(sign: str, turned: bool) -> Callable[[Code, Any], Code]:
        return lambda a, b: infix(sign, code(b), a) if turned else infix(sign, a, b)

    for name, sign in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
                       "matmul": "@"}.items():
        setattr(Code, f"__{name}__", joining(sign, False))
        setattr(Code, f"__r{name}__", joining(sign, True))
    for name, sign in {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
        setattr(Code, f"__{name}__", joining(sign, False))


_operators()


def infix(sign: str, left: Code, right: Any) -> Code:
    """An operator between two expressions."""
    return Code("infix", sign, left, code(right))


def name(text: str) -> Code:
    """A name, or any other text that binds as tightly."""
    return Code("name", text)


def code(value: Any, field: str = "") -> Code:
    """A value as an expression: a literal, unless there are expressions in it. ``field`` is what it is given as."""
    if isinstance(value, Code):
        return value
    if hasattr(value, "as_code"):
        made: Code = value.as_code()
        return made
    if isinstance(value, slice):
        return Code("slice", *(None if v is None else code(v) for v in (value.start, value.stop, value.step)))
    if isinstance(value, (list, tuple)) and any(not _plain(v) for v in value):
        return Code("list" if isinstance(value, list) else "tuple", *(code(v) for v in value))
    return Code("literal", value, field)


ANY = "any value"
"""A constant of a part that a block does not have."""


def shape(of: Code) -> Any:
    """What expressions have in common that differ in numbers only."""
    if of.head == "literal":
        return of.parts[0] if isinstance(of.parts[0], str) and of.parts[0] != ANY else "constant"
    if of.head == "call":
        return ("call", shape(of.parts[0]), tuple(map(shape, of.parts[1])),
                tuple((k, shape(v)) for k, v in of.parts[2].items()))
    return (of.head, *(shape(p) if isinstance(p, Code) else p for p in of.parts))


def typed(values: Iterable[Any]) -> tuple[Any, ...]:
    """Values that are equal only if Python writes them alike: True is no 1."""
    return tuple((type(v).__name__, tuple(v) if isinstance(v, list) else v) for v in values)


def _plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_plain, value))
    return not isinstance(value, (Code, slice)) and not hasattr(value, "as_code")


def children(of: Code) -> list[Code]:
    """The expressions that one is made of, in the order in which they are written."""
    found: list[Code] = []
    for part in of.parts:
        if isinstance(part, Code):
            found.append(part)
        elif isinstance(part, tuple) and of.head == "call":
            found += part
        elif isinstance(part, dict):
            found += part.values()
    return found


def rebuilt(of: Code, change: Callable[[Code], Code | None], known: dict[int, Code] | None = None) -> Code:
    """The expression with parts replaced, outermost first, where ``change`` gives something.

    Parts that are one object stay one object.
    """
    known = {} if known is None else known
    if id(of) in known:
        return known[id(of)]
    other = change(of)
    if other is None:
        parts = tuple(_rebuilt(part, of.head, change, known) for part in of.parts)
        same = all(a is b for a, b in zip(parts, of.parts, strict=True))
        other = of if same else Code(of.head, *parts)
    known[id(of)] = other
    return other


def _rebuilt(part: Any, head: str, change: Callable[[Code], Code | None], known: dict[int, Code]) -> Any:
    if isinstance(part, Code):
        return rebuilt(part, change, known)
    if isinstance(part, tuple) and head == "call":
        found = tuple(rebuilt(p, change, known) for p in part)
        return part if all(a is b for a, b in zip(found, part, strict=True)) else found
    if isinstance(part, dict):
        new = {k: rebuilt(v, change, known) for k, v in part.items()}
        return part if all(new[k] is v for k, v in part.items()) else new
    return part


def walk(of: Code) -> Iterator[Code]:
    """The expression and all in it, outermost first, in writing order."""
    yield of
    for child in children(of):
        yield from walk(child)


def literal(value: Any) -> str:
    """A constant as Python writes it.

    >>> literal((1, -2.0)), literal(float("-inf"))
    ('(1, -2.0)', 'float("-inf")')
    """
    if value is Ellipsis:
        return "..."
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(literal, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' if len(value) == 1 else ''})"
    return repr(value)
