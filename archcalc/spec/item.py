"""One item of a list of layers as it is compiled: what expansion asks of it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pydantic

from archcalc.errors import RuleError
from archcalc.layers.base import Layer
from archcalc.layers.registry import expects
from archcalc.spec.blocks import Block
from archcalc.spec.expression import Env
from archcalc.spec.items import Entry
from archcalc.spec.source import SpecError, Term
from archcalc.spec.value import Value
from archcalc.words import describe


class Item:
    """One item of a list of layers, ready to be expanded any number of times."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.name, self.place, self.term = entry.name, entry.place, entry.fields
        self.kind: type[Layer] | None = None
        self.block: Block | None = None
        self.repeated: dict[int, Block] = {}
        self.fields: dict[str, Value] = {}
        self.places: dict[str, Term] = {}
        self.likes: dict[str, Term] = {}
        self.sources: list[Term] | None = None
        self.branches: list[tuple[str, list[Item]]] | None = None
        self.then: list[Item] = []
        self.repeat: Value | None = None
        self.indexed = self.varies = False
        # whether its size depends on the index of its own repetition, and of one around it
        self.first: Item | None = None
        self.condition: Value | None = None
        self.train = False
        self.share: dict[str, Term] = {}
        self.names: tuple[str, ...] = ()
        self._made: dict[tuple[Any, ...], Layer] = {}

    def repetitions(self, env: Env, name: str) -> int:
        """How many times the item stands."""
        assert self.repeat is not None
        count = self.repeat.whole(env, name, "repeat")
        for i in self.repeated:
            if not 1 <= i <= count:
                raise SpecError(self.places[f"@{i}"], f"there is no repetition {i}: '{self.name}' has {count}", name)
        return count

    def arguments(self, env: Env, name: str) -> Env:
        """The parameters inside the item's block."""
        assert self.block is not None
        inner = dict(env)
        inner.pop("index", None)
        given = {key: value(env, name) for key, value in self.fields.items()}
        for key, default in self.block.arguments.items():
            inner[key] = given[key] if key in given else default(inner, name)  # type: ignore[misc]
        return inner

    def layer(self, env: Env, name: str) -> Layer:
        """The layer with its fields evaluated; one object for equal values."""
        key = tuple(env[n] for n in self.names)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._make(env, name)
        return made

    def _make(self, env: Env, name: str) -> Layer:
        assert self.kind is not None
        values = {f: _plain(v(env, name), self.kind, f) for f, v in self.fields.items()}
        try:
            return self.kind(**values, **dict.fromkeys(self.likes, True))
        except pydantic.ValidationError as error:
            raise self._invalid(error, values, name) from None
        except RuleError as error:
            raise self.error(str(error), name, error.field) from None

    def _invalid(self, error: pydantic.ValidationError, values: dict[str, Any], name: str) -> SpecError:
        assert self.kind is not None
        first = error.errors(include_url=False)[0]
        if not first["loc"]:
            return self.error(str(first["msg"]).removeprefix("Value error, "), name)
        at = str(first["loc"][0])
        expected = expects(self.kind, at)
        if first["type"] == "missing":
            how = f"`{{{self.kind.kind}: ...}}` sets it, " if at == self.kind.main else "expected "
            return self.error(f"'{at}' is missing: {how}{expected}", name)
        found = values.get(at)
        shown = "[" + ", ".join(map(describe, found[:8])) + "]" if isinstance(found, tuple) else describe(found)
        return self.error(f"'{at}': expected {expected}, found {shown}", name, at)

    def error(self, message: str, layer: str, field: str | None = None) -> SpecError:
        """A message about this item, at one of its fields or at the whole of it."""
        return SpecError(self.places.get(field or "", self.place), message, layer)


def _plain(value: Any, kind: type[Layer], field: str) -> Any:
    if isinstance(value, tuple):
        return tuple(_plain(v, kind, field) for v in value)
    return float(value) if isinstance(value, Fraction) else value
