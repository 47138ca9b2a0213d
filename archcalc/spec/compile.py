"""Items compiled once per file: kinds, blocks, expressions and references resolved as far as names go."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import pydantic

from archcalc.errors import RuleError
from archcalc.layers.base import Layer
from archcalc.layers.registry import expects, is_reference, kinds, words
from archcalc.spec.document import Document
from archcalc.spec.expression import Env
from archcalc.spec.items import STRUCTURE, BlockTerm, Entry, Lexicon, block_name, check_keys, entries
from archcalc.spec.source import MAX_DEPTH, SpecError, Term, describe, listed, suggest
from archcalc.spec.value import Value

_SIGNATURE = re.compile(r"\s*([\w@-]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
_ARGUMENT = re.compile(r"\s*([^\W\d]\w*)\s*(?:=\s*(.+?))?\s*", re.DOTALL)


@dataclass(eq=False)
class Block:
    """A block: arguments with defaults, and a body of items."""

    name: str
    place: Term
    arguments: dict[str, Value | None]
    body: list[Item] = field(default_factory=list)


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
        self.first: Item | None = None
        self.condition: Value | None = None
        self.train = False
        self.share: dict[str, Term] = {}
        self.names: tuple[str, ...] = ()
        self._made: dict[tuple[Any, ...], Layer] = {}

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
            how = f"the value of '{self.kind.kind}'" if at == self.kind.main else "a field"
            return self.error(f"'{at}' is missing, {how}: expected {expected}", name)
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


class Compiler:
    """Compiles a document's blocks and layers."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.blocks: dict[str, Block] = {}
        for key, (place, _, _) in document.blocks.items():
            block = self._signature(key, place)
            if block.name in self.blocks:
                raise SpecError(place, f"duplicate block '{block.name}'")
            self.blocks[block.name] = block
        for key, block_term in document.blocks.items():
            self._body(self.blocks[block_name(key)], block_term)
        done: set[Block] = set()
        for block in self.blocks.values():
            _refuse_cycles(block, [], done)

    def layers(self, term: Term) -> list[Item]:
        """The items of the top level."""
        return self.items(term, self.document.lexicon, tuple(self.document.parameters))

    def input(self, entry: Entry, known: Collection[str]) -> Item:
        """An input of the network, which is an item of kind `input`."""
        return self._item(entry, Lexicon(), known)

    def _signature(self, key: str, place: Term) -> Block:
        match = _SIGNATURE.fullmatch(key)
        if match is None:
            raise SpecError(place, f"'{key[:80]}' is not a block's signature; write `name(width, stride=1)`")
        name, inside = match[1], match[2]
        if name in kinds():
            raise SpecError(place, f"block '{name}' has the name of a layer kind")
        arguments: dict[str, Value | None] = {}
        for part in _split(inside) if inside and inside.strip() else ():
            argument = _ARGUMENT.fullmatch(part)
            if argument is None or argument[1] in STRUCTURE or argument[1] in arguments:
                raise SpecError(place, f"'{part.strip()[:80]}' cannot be an argument of block '{name}'")
            default = None
            if argument[2] is not None:
                known = (*self.document.parameters, *arguments)
                default = Value(place.like(_number(argument[2])), known)
            arguments[argument[1]] = default
        return Block(name, place, arguments)

    def _body(self, block: Block, written: BlockTerm) -> None:
        _, term, lexicon = written
        layers = term
        if isinstance(term.value, dict):
            check_keys(term, ("then", "defaults", "layers"), "key of a block")
            if "layers" not in term.value:
                raise SpecError(term, f"block '{block.name}' has no `layers`")
            lexicon = lexicon.extended(term.value.get("then"), term.value.get("defaults"))
            layers = term.value["layers"]
        block.body = self.items(layers, lexicon, (*self.document.parameters, *block.arguments))

    def items(self, term: Term, lexicon: Lexicon, known: Collection[str]) -> list[Item]:
        """The items of a list."""
        return [self._item(entry, lexicon, known) for entry in entries(term, self.blocks)]

    def _item(self, entry: Entry, lexicon: Lexicon, known: Collection[str], follows: bool = True) -> Item:
        item = Item(entry)
        fields = dict(entry.fields.value)
        places = {k: entry.fields.place(k) for k in fields}
        if "repeat" in fields:
            item.repeat = Value(fields.pop("repeat"), known)
            known = (*known, "index")
        if "first" in fields:
            item.first = self._first(entry, fields.pop("first"), lexicon, known)
        item.condition = Value(fields.pop("if"), known) if "if" in fields else None
        item.sources = _names(fields.pop("from")) if "from" in fields else None
        item.train = self._only(fields.pop("only")) if "only" in fields else False
        item.share = self._share(fields.pop("share")) if "share" in fields else {}
        own_then = fields.pop("then", None)
        if entry.kind in self.blocks:
            self._use_block(item, fields, known)
        else:
            self._use_kind(item, fields, places, lexicon, known)
            if own_then is None and follows:
                own_then = lexicon.then.get(entry.kind)
        if own_then is not None and own_then.value is not None:
            chain = own_then if isinstance(own_then.value, list) else own_then.like([own_then])
            item.then = [self._item(e, lexicon, known, follows=False) for e in entries(chain, self.blocks)]
        return item

    def _first(self, entry: Entry, first: Term, lexicon: Lexicon, known: Collection[str]) -> Item:
        if not isinstance(first.value, dict) or "repeat" not in entry.fields.value:
            raise SpecError(first, "'first' is a mapping of what differs in the first of a `repeat`")
        fields = {k: v for k, v in entry.fields.value.items() if k not in ("first", "repeat")}
        both = Term({**fields, **first.value}, entry.fields.source, entry.fields.line, entry.fields.column,
                    {**entry.fields.keys, **first.keys})
        return self._item(entry._replace(fields=both), lexicon, known)

    def _only(self, term: Term) -> bool:
        if term.value != "train":
            raise SpecError(term, f"'only' takes 'train', found {term}")
        return True

    def _share(self, term: Term) -> dict[str, Term]:
        if not isinstance(term.value, dict) or not all(
                isinstance(v.value, str) and "." in v.value for v in term.value.values()):
            raise SpecError(term, "'share' is a mapping such as {weight: embedding.weight}: tensor to layer.tensor")
        return dict(term.value)

    def _use_block(self, item: Item, fields: dict[str, Term], known: Collection[str]) -> None:
        block = item.block = self.blocks[item.entry.kind]
        for key in [k for k in fields if k.startswith("@") and k not in item.term.keys]:
            item.repeated[int(key[1:])] = self.blocks[fields.pop(key).value]
        main = fields.pop(block.name)
        given: dict[str, Term] = dict(main.value) if isinstance(main.value, dict) else {}
        if main.value is not None and not isinstance(main.value, dict):
            positional = main.value if isinstance(main.value, list) else [main]
            if len(positional) > len(block.arguments):
                raise SpecError(main, f"block '{block.name}' takes {len(block.arguments)} arguments"
                                f" ({listed(block.arguments, 20) or 'none'}), found {len(positional)}")
            given = dict(zip(block.arguments, positional, strict=False))
        for key, term in fields.items():
            if key in given:
                raise SpecError(item.term.place(key), f"argument '{key}' of block '{block.name}' is given twice")
            given[key] = term
        for key in given:
            if key not in block.arguments:
                place = (main if key in main.keys else item.term).place(key)
                raise SpecError(place, f"block '{block.name}' has no argument '{key[:80]}'{suggest(key, block.arguments)}")
        missing = [k for k, default in block.arguments.items() if default is None and k not in given]
        if missing:
            raise SpecError(item.place, f"block '{block.name}' needs {listed(missing).replace(' or ', ' and ')}", item.name)
        item.fields = {key: Value(term, known) for key, term in given.items()}

    def _use_kind(self, item: Item, fields: dict[str, Term], places: dict[str, Term],
                  lexicon: Lexicon, known: Collection[str]) -> None:
        kind = item.kind = kinds()[item.entry.kind]
        defaults = lexicon.defaults.get(kind.kind)
        for key, term in (defaults.value or {}).items() if defaults else ():
            fields.setdefault(key, term)
            places.setdefault(key, defaults.place(key))  # type: ignore[union-attr]
        main = fields.pop(kind.kind)
        if kind.branches and isinstance(main.value, (dict, list)):
            self._use_branches(item, main, lexicon, known)
        elif main.value is not None and kind.main is None:
            raise SpecError(main, f"'{kind.kind}' takes no value, found {main}; "
                            f"its fields are {listed(kind.model_fields, 20) or 'none'}", item.name)
        elif main.value is not None and kind.main is not None:
            if kind.main in fields and kind.main in item.term.keys:
                raise SpecError(item.term.place(kind.main), f"'{kind.main}' is given twice: it is the value of '{kind.kind}'")
            fields[kind.main] = main
            places[kind.main] = main
        for key, term in fields.items():
            if key not in kind.model_fields:
                known_fields = [*kind.model_fields, *STRUCTURE]
                fix = suggest(key, known_fields) or f"; '{kind.kind}' has {listed(kind.model_fields, 20) or 'no fields'}"
                raise SpecError(places.get(key, term), f"unknown field '{key[:80]}'{fix}", item.name)
            if is_reference(kind, key):
                item.likes |= {key: _reference(term)}
            else:
                item.fields[key] = Value(term, known, words(kind, key))
        item.places = places
        item.names = tuple(sorted(frozenset().union(*(v.names for v in item.fields.values()))))

    def _use_branches(self, item: Item, main: Term, lexicon: Lexicon, known: Collection[str]) -> None:
        if isinstance(main.value, list) and all(isinstance(v.value, str) for v in main.value) and main.value:
            if item.sources is not None:
                raise SpecError(main, "inputs are given twice: by name here and by `from`", item.name)
            item.sources = main.value
            return
        pairs = main.value.items() if isinstance(main.value, dict) else enumerate(main.value, 1)
        item.branches = [(str(name), self.items(branch, lexicon, known)) for name, branch in pairs]
        if not item.branches:
            raise SpecError(main, f"'{item.entry.kind}' has no branches", item.name)


def _names(term: Term) -> list[Term]:
    if isinstance(term.value, str):
        return [term]
    if not isinstance(term.value, list) or not term.value:
        raise SpecError(term, f"'from' takes the name of an earlier layer or a list of names, found {term}")
    return [_reference(t) for t in term.value]


def _reference(term: Term) -> Term:
    if not isinstance(term.value, (str, int)) or isinstance(term.value, bool):
        raise SpecError(term, f"expected the name of an earlier layer, found {term}")
    return term.like(str(term.value))


def _split(text: str) -> list[str]:
    """Arguments at top-level commas."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([") - (c in ")]")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return parts


def _number(text: str) -> Any:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else {"true": True, "false": False}.get(text, text)


def _refuse_cycles(block: Block, path: list[Block], done: set[Block]) -> None:
    if block in path:
        names = " → ".join(b.name for b in [*path[path.index(block):], block])
        raise SpecError(block.place, f"block '{block.name}' contains itself: {names}")
    if len(path) > MAX_DEPTH:
        raise SpecError(block.place, f"blocks are nested deeper than {MAX_DEPTH} levels")
    for inner in _blocks_in(block.body):
        if inner not in done:
            _refuse_cycles(inner, [*path, block], done)
    done.add(block)


def _blocks_in(items: list[Item]) -> list[Block]:
    found: list[Block] = []
    for item in items:
        found += [item.block] if item.block else []
        found += item.repeated.values()
        for _, branch in item.branches or ():
            found += _blocks_in(branch)
        found += _blocks_in(item.then)
    return found
