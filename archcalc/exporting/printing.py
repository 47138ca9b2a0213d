"""Expressions as lines of Python, broken where they are too long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.exporting.body import Statement
from archcalc.exporting.code import Code, literal
from archcalc.exporting.signatures import REQUIRED, Argument, signature

WIDTH = 100
_BINDS = {"<": 1, "<=": 1, ">": 1, ">=": 1, "+": 2, "-": 2, "*": 3, "@": 3, "/": 3, "//": 3, "%": 3, "**": 5}
_TIGHT = 6
Signatures = Mapping[str, Mapping[str, Argument]]


class Printer:
    """Writes expressions; ``own`` has the signatures of the classes of the file."""

    def __init__(self, own: Signatures) -> None:
        self.own = own

    def lines(self, of: Code, start: str = "", end: str = "", indent: int = 0, split: bool = False,
              inside: bool = False) -> list[str]:
        """An expression between what stands before and behind it, on as few lines as its length asks for.

        ``split`` gives each argument a line in any case; ``inside`` says that brackets stand around the expression.
        """
        flat = " " * indent + start + self.flat(of) + end
        if len(flat) <= WIDTH and not split:
            return [flat]
        if of.head in ("attribute", "item") or (of.head == "call" and _links(of)):
            return self._chain(of, start, end, indent, inside)
        if of.head == "call" and self._arguments(of):
            return self._exploded(self._arguments(of), f"{start}{self._tight(of.parts[0])}(", f"){end}", indent, split)
        if of.head in ("list", "tuple") and of.parts:
            first, last = "[]" if of.head == "list" else "()"
            return self._exploded(list(of.parts), start + first, last + end, indent)
        if of.head == "braced":
            return [" " * indent + start + "(", *self.lines(of.parts[0], "", "", indent + 4, inside=True),
                    " " * indent + ")" + end]
        if of.head == "minus":
            return self.lines(_braced(of.parts[0], 4), f"{start}-", end, indent, inside=inside)
        if of.head == "starred":
            return self.lines(of.parts[0], f"{start}*", end, indent)
        if of.head == "repeated":
            return [" " * indent + start + "[", *self.lines(of.parts[0], "", "", indent + 4, inside=True),
                    *(" " * (indent + 4) + clause for clause in self._clauses(*of.parts[1:])), " " * indent + "]" + end]
        if of.head in ("infix", "given"):
            return self._stacked(of, start, end, indent, inside)
        return [flat]

    def statement(self, of: Statement, indent: int) -> list[str]:
        """A line of forward."""
        return self.lines(of.code, of.start, of.end, indent + 4 * of.depth)

    def _stacked(self, of: Code, start: str, end: str, indent: int, inside: bool) -> list[str]:
        """An operation in brackets where there are none: on one line, or each operand on lines of its own."""
        alone = " " * (indent + 4) + self.flat(of)
        if not (inside and not start) and len(alone) <= WIDTH:
            return [" " * indent + start + "(", alone, " " * indent + ")" + end]
        bare = inside and not end.strip(",") and not start
        step = indent if bare else indent + 4
        found = [line for sign, part in (self._operands(of) if of.head == "infix" else self._choice(of))
                 for line in self.lines(part, sign, "", step, inside=True)]
        if bare:
            return [*found[:-1], found[-1] + end]
        return [" " * indent + start + "(", *found, " " * indent + ")" + end]

    def _operands(self, of: Code) -> list[tuple[str, Code]]:
        """The operands of a sum or product of many, with their operators."""
        level, found = _BINDS[of.parts[0]], list[tuple[str, Code]]()
        while of.head == "infix" and _BINDS[of.parts[0]] == level:
            sign, of, right = of.parts
            found.append((f"{sign} ", _braced(right, level + 1)))
        return [("", _braced(of, level)), *reversed(found)]

    def _choice(self, of: Code) -> list[tuple[str, Code]]:
        condition, then, other = of.parts
        return [("", then), ("if ", condition), ("else ", other)]

    def _chain(self, of: Code, start: str, end: str, indent: int, inside: bool) -> list[str]:
        """A chain of methods, one to a line behind the first; one alone stays behind what it is called on."""
        links: list[str] = []
        while of.head in ("attribute", "item") or (of.head == "call" and _links(of)):
            base = of.parts[0].parts[0] if of.head == "call" else of.parts[0]
            links.append(self.flat(of)[len(self._tight(base)):])
            of = base
        links.reverse()
        base, short = _braced(of, _TIGHT), len(self._tight(of)) <= 4 or not links[0].startswith(".")
        if len(links) == 1 or sum(link.startswith(".") for link in links) < 2:
            return self.lines(base, start, "".join(links) + end, indent, inside=inside)
        first = links[:1] if short else []
        rows: list[str] = []
        for link in links[len(first):]:
            if link.startswith("."):
                rows.append(link)
            else:
                (rows or first)[-1] += link
        bare = inside and not start
        step = indent if bare else indent + 4
        found = [*self.lines(base, "", "".join(first), step, inside=True), *(" " * step + row for row in rows)]
        if bare:
            return [*found[:-1], found[-1] + end]
        return [" " * indent + start + "(", *found, " " * indent + ")" + end]

    def _exploded(self, items: list[Any], start: str, end: str, indent: int, split: bool = False) -> list[str]:
        found = [" " * indent + start]
        flat = " " * (indent + 4) + ", ".join(map(self._shown, items))
        if len(flat) <= WIDTH and not split:
            return [*found, flat, " " * indent + end]
        alone = len(items) == 1 and not split
        for item in items:
            word, value = item if isinstance(item, tuple) else ("", item)
            found += self.lines(value, f"{word}=" if word else "", "" if alone else ",", indent + 4, inside=True)
        return [*found, " " * indent + end]

    def _shown(self, item: Any) -> str:
        return f"{item[0]}={self.flat(item[1])}" if isinstance(item, tuple) else self.flat(item)

    def _arguments(self, of: Code) -> list[Any]:
        """Positional arguments as expressions, others as (name, expression), defaults left out."""
        function, args, named = of.parts
        text = self.flat(function)
        known = self.own.get(text) or signature(text)
        if known is None and function.head == "attribute":
            known = signature(f".{function.parts[1]}")
        if known is None or len(args) > len(known):
            return [*args, *((w, v) for w, v in named.items() if v.head != "literal" or v.parts[0] is not None)]
        given = dict(zip(known, args, strict=False)) | named
        found: list[Any] = []
        positional = True
        for word, argument in known.items():
            if word not in given or (given[word].head == "literal" and given[word].parts[0] == argument.default
                                     and argument.default is not REQUIRED
                                     and isinstance(given[word].parts[0], bool) == isinstance(argument.default, bool)):
                positional = False
                continue
            found.append(given[word] if positional and argument.positional else (word, given[word]))
        return found

    def flat(self, of: Code) -> str:
        """The expression on one line."""
        if of.head == "call":
            return f"{self._tight(of.parts[0])}({', '.join(map(self._shown, self._arguments(of)))})"
        return str(getattr(self, f"_{of.head}")(*of.parts))

    def _name(self, text: str) -> str:
        return text

    def _literal(self, value: Any, _: str = "") -> str:
        return literal(value)

    def _list(self, *items: Code) -> str:
        return f"[{', '.join(map(self.flat, items))}]"

    def _tuple(self, *items: Code) -> str:
        return f"({', '.join(map(self.flat, items))}{',' if len(items) == 1 else ''})"

    def _attribute(self, of: Code, word: str) -> str:
        return f"{self._tight(of)}.{word}"

    def _item(self, of: Code, index: Code) -> str:
        inner = self.flat(index)
        several = len(index.parts if index.head == "tuple" else index.parts[0] if _is_tuple(index) else ()) > 1
        return f"{self._tight(of)}[{inner[1:-1] if several else inner}]"

    def _slice(self, start: Code | None, stop: Code | None, step: Code | None) -> str:
        first, last = (self.flat(v) if v is not None else "" for v in (start, stop))
        first = "" if first == "0" else first
        by = self.flat(step) if step is not None else "1"
        simple = all(v is None or v.head in ("literal", "name") for v in (start, stop, step))
        colon = ":" if simple else " : "
        return (f"{first}{colon}{last}" if by == "1" else f"{first}{colon}{last}:{by}" if simple else
                f"{first} :: {by}" if not last else f"{first} : {last} : {by}").strip()

    def _minus(self, of: Code) -> str:
        return f"-{self._bracketed(of, 4)}"

    def _infix(self, sign: str, left: Code, right: Code) -> str:
        level = _BINDS[sign]
        if sign == "**":
            simple = all(v.head in ("name", "literal", "attribute") or (v.head == "minus" and v.parts[0].head == "name")
                         for v in (left, right))
            power = f"{self._bracketed(left, level + 1)} ** {self._bracketed(right, 4)}"
            return power.replace(" ** ", "**") if simple else power
        return f"{self._bracketed(left, level)} {sign} {self._bracketed(right, level + 1)}"

    def _given(self, condition: Code, then: Code, other: Code) -> str:
        return f"{self.flat(then)} if {self.flat(condition)} else {self.flat(other)}"

    def _braced(self, of: Code) -> str:
        return f"({self.flat(of)})"

    def _starred(self, of: Code) -> str:
        return f"*{self.flat(of)}"

    def _repeated(self, of: Code, *clauses: Any) -> str:
        return f"[{' '.join([self.flat(of), *self._clauses(*clauses)])}]"

    def _clauses(self, *of: Any) -> list[str]:
        return [f"for {of[k]} in {self.flat(of[k + 1])}" for k in range(0, len(of), 2)]

    def _bracketed(self, of: Code, level: int) -> str:
        return f"({self.flat(of)})" if _level(of) < level else self.flat(of)

    def _tight(self, of: Code) -> str:
        return self._bracketed(of, _TIGHT)


def _links(of: Code) -> bool:
    """Whether a call is one of a method of something that is computed."""
    function = of.parts[0]
    return bool(function.head == "attribute") and not (
        function.parts[0].head == "name" and function.parts[0].parts[0] == "self")


def _is_tuple(of: Code) -> bool:
    return of.head == "literal" and isinstance(of.parts[0], tuple)


def _braced(of: Code, level: int) -> Code:
    """The expression in brackets, where it binds less than that."""
    return Code("braced", of) if _level(of) < level else of


def _level(of: Code) -> int:
    if of.head == "literal":
        value = of.parts[0]
        return 4 if isinstance(value, (int, float)) and value < 0 else _TIGHT
    if of.head == "infix":
        return _BINDS[of.parts[0]]
    return {"minus": 4, "given": 0}.get(of.head, _TIGHT)
