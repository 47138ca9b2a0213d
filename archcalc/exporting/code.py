"""Python expressions that are written down instead of computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from archcalc.errors import RuleError


class Code:
    """An expression: a head and its parts. Operators, attributes, items and calls give larger ones.

    Heads: ``name`` (text), ``literal`` (value, field), ``list`` and ``tuple`` (parts), ``attribute`` (of, name),
    ``item`` (of, index), ``slice`` (start, stop, step), ``call`` (function, arguments by position, by name),
    ``infix`` (operator, left, right), ``minus`` (of), ``given`` (condition, then, else), ``own`` (a tensor or
    module that a layer has; resolved when its name is known).
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
    def infix(sign: str, turned: bool) -> Callable[[Code, Any], Code]:
        def joined(a: Code, b: Any) -> Code:
            return Code("infix", sign, code(b), a) if turned else Code("infix", sign, a, code(b))
        return joined

    for name, sign in {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
                       "matmul": "@"}.items():
        setattr(Code, f"__{name}__", infix(sign, False))
        setattr(Code, f"__r{name}__", infix(sign, True))
    for name, sign in {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
        setattr(Code, f"__{name}__", infix(sign, False))


_operators()


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
