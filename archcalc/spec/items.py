"""The items of a list of layers as written: what is the name, what the kind, what the fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from archcalc.layers.registry import kinds
from archcalc.spec.source import SpecError, Term
from archcalc.words import describe, listed, suggest

STRUCTURE = ("from", "then", "repeat", "first", "if", "only", "share")
"""Words that every item may have besides the fields of its kind."""


class Lexicon(NamedTuple):
    """What a file or block says about all its layers: `then` and `defaults` by kind."""

    then: dict[str, Term] = {}
    defaults: dict[str, Term] = {}

    def extended(self, then: Term | None, defaults: Term | None) -> Lexicon:
        """With those of an inner place, which win."""
        for term in (then, defaults):
            if term is not None and term.value is not None and not isinstance(term.value, dict):
                raise SpecError(term, f"expected a mapping by kind, found {term}")
        for term in (then, defaults):
            for kind in (term.value or {}) if term else {}:
                if kind not in kinds():
                    raise SpecError(term.place(kind), f"unknown kind '{kind[:80]}'{suggest(kind, kinds())}")  # type: ignore[union-attr]
        joined = dict(self.defaults)
        for kind, fields in ((defaults.value or {}) if defaults else {}).items():
            joined[kind] = merged(joined[kind], fields) if kind in joined else fields
        return Lexicon({**self.then, **((then.value or {}) if then else {})}, joined)


BlockTerm = tuple[Term, Term, Lexicon]
"""A block as written: its key, its body, and the words of its file."""


def merged(old: Term, new: Term) -> Term:
    """One mapping over another."""
    if not (isinstance(old.value, dict) and isinstance(new.value, dict)):
        return new
    return Term({**old.value, **new.value}, new.source, new.line, new.column, {**old.keys, **new.keys})


def block_name(signature: str) -> str:
    """The name in ``bottleneck(w, stride=1)``."""
    return signature.split("(")[0].strip()


def check_keys(term: Term, known: Collection[str], what: str, of: str = "") -> None:
    """Refuse keys of a mapping that are not known: ``unknown key 'x' of 'placement'``."""
    for key, place in term.keys.items():
        if key not in known:
            there = f"; there are {listed(known, 30).replace(' or ', ' and ')}" if known else "; there are none"
            raise SpecError(place, f"unknown {what} '{key[:80]}'{of}{suggest(key, known) or there}")


class Entry(NamedTuple):
    """An item taken apart: its name and place; its kind or block; all its fields, the kind's value first."""

    name: str
    place: Term
    kind: str
    fields: Term

    def term(self) -> Term:
        """The item as a term again, in full."""
        return Term({self.name: self.fields}, self.place.source, self.place.line, self.place.column,
                    {self.name: self.place})

    def put(self, key: str, value: Term, old: str | None = None) -> Entry:
        """With one field replaced, or renamed from ``old``."""
        items = {(key if k == old else k): v for k, v in self.fields.value.items()} | {key: value}
        return Entry(self.name, self.place, key if self.kind == old else self.kind, self.fields.like(items))


def entries(layers: Term, blocks: Collection[str]) -> list[Entry]:
    """The items of a list of layers; unnamed ones are called by their kind and numbered from the second."""
    if not isinstance(layers.value, list):
        raise SpecError(layers, f"expected a list of layers, found {layers}")
    found = [_entry(item, blocks) for item in layers.value]
    taken: dict[str, Term] = {}
    for name, entry in found:
        if name is not None:
            if name in taken:
                raise SpecError(entry.place, f"duplicate name '{name[:80]}'; "
                                f"the first is in line {taken[name].line + 1}")
            taken[name] = entry.place
    result = []
    numbers = dict.fromkeys((entry.kind for _, entry in found), 1)
    for name, entry in found:
        if name is None:
            name = entry.kind
            while name in taken:
                numbers[entry.kind] += 1
                name = f"{entry.kind}_{numbers[entry.kind]}"
            taken[name] = entry.place
        result.append(entry._replace(name=name))
    return result


def _entry(item: Term, blocks: Collection[str]) -> tuple[str | None, Entry]:
    if isinstance(item.value, str):
        return None, _bare(item, item.value, blocks)
    if not isinstance(item.value, dict) or not item.value:
        raise SpecError(item, f"a layer is `name: {{kind: ...}}` or a bare kind, found {item}")
    key, value = next(iter(item.value.items()))
    place = item.place(key)
    if len(item.value) > 1:
        if not _known(key, blocks):
            raise SpecError(place, f"one layer has {len(item.value)} keys here; "
                            f"write `- {key[:40]}: {{kind: ..., ...}}`")
        return None, Entry(key, place, key, item)
    if _is_fields(key, value, blocks):
        fields = {key: item.like(None), **value.value}
        return None, Entry(key, place, key, Term(fields, value.source, value.line, value.column,
                                                 {key: place, **value.keys}))
    if _known(key, blocks) and not _defines(value, key, blocks):
        return None, Entry(key, place, key, item)
    return key, named(key, place, value, blocks)


def _checked(name: str, place: Term, what: str) -> str:
    if not all(name.split(".")) or "*" in name or name.isdigit() or not name.isprintable():
        raise SpecError(place, f"{describe(name)} cannot name {what}: a name is a word, or words joined by dots, "
                        "without '*', and not a number")
    return name


def named(name: str, place: Term, value: Term, blocks: Collection[str]) -> Entry:
    """The item ``name: value``."""
    _checked(name, place, "a layer")
    if name.partition(".")[0] == "input":
        raise SpecError(place, f"'{name[:80]}' cannot name a layer: 'input' is what the network or the block reads")
    if isinstance(value.value, str):
        return _bare(value, value.value, blocks)._replace(name=name, place=place)
    if not isinstance(value.value, dict) or not value.value:
        raise SpecError(value if value.value is not None else place,
                        f"'{name[:80]}' has no kind: write `{name[:40]}: {{kind: ...}}`, found {value}")
    for key in value.value:
        if _known(key, blocks):
            return Entry(name, place, key, value)
    key = next((k for k in value.value if k not in (*STRUCTURE, "before", "after")), next(iter(value.value)))
    if any(key in kind.model_fields for kind in kinds().values()):
        raise SpecError(place, f"'{name[:80]}' has no kind, only fields: "
                        f"write `{name[:40]}: {{kind: ..., {key}: ...}}`")
    raise SpecError(value.place(key), _unknown_kind(key, blocks), name)


def _bare(term: Term, kind: str, blocks: Collection[str]) -> Entry:
    if not _known(kind, blocks):
        raise SpecError(term, _unknown_kind(kind, blocks))
    return Entry(kind, term, kind, Term({kind: term.like(None)}, term.source, term.line, term.column, {kind: term}))


def _unknown_kind(kind: str, blocks: Collection[str]) -> str:
    plain = kind.lower().removesuffix("2d")     # torch's Conv2d and MaxPool2d are ours without the 2d
    near = f"; did you mean '{plain}'?" if plain in kinds() else suggest(kind, [*kinds(), *blocks])
    return f"unknown kind '{kind[:80]}'{near or '; `archcalc list --kinds` shows them'}"


def _known(kind: str, blocks: Collection[str]) -> bool:
    return kind in blocks or kind in kinds()


def _is_fields(key: str, value: Term, blocks: Collection[str]) -> bool:
    """Whether ``- maxpool: {kernel: 3}``: a kind's fields in place of its main value."""
    if key in blocks or key not in kinds() or not isinstance(value.value, dict):
        return False
    kind = kinds()[key]
    own = [k for k in value.value if k not in STRUCTURE]
    return all(k in kind.model_fields for k in own) and bool(value.value)


def _defines(value: Term, key: str, blocks: Collection[str]) -> bool:
    """Whether the value holds a kind of its own, so that the key is a name though it is also a kind."""
    if isinstance(value.value, str):
        return key not in blocks and kinds()[key].main is None and _known(value.value, blocks)
    if not isinstance(value.value, dict):
        return False
    joins = key not in blocks and kinds()[key].branches
    branches = joins and all(isinstance(v.value, list) for v in value.value.values())
    return any(_known(k, blocks) for k in value.value) and not branches


def input_entries(one: Term | None, several: Term | None, root: Term) -> list[Entry]:
    """The network's inputs as items of kind `input`: one that is called so, or several by name."""
    if several is not None and one is not None:
        raise SpecError(several, "a spec has either `input` or `inputs`")
    if several is not None:
        if not several.value:
            raise SpecError(several, "`inputs` names no input")
        return [_input(_checked(name, several.place(name), "an input"), several.place(name), term)
                for name, term in several.value.items()]
    if one is None:
        raise SpecError(root, "the spec has no `input`; write `input: [3, 224, 224]` for an image")
    return [_input("input", root.place("input"), one)]


def _input(name: str, place: Term, term: Term) -> Entry:
    fields = term.value if isinstance(term.value, dict) else {"shape": term}
    keys = {"input": term, "shape": term, **term.keys}
    fields = {"input": term.like(None), **fields}
    return Entry(name, place, "input", Term(fields, term.source, term.line, term.column, keys))


def by_name(blocks: Mapping[str, BlockTerm]) -> dict[str, str]:
    """Block name → its key as written."""
    return {block_name(key): key for key in blocks}
