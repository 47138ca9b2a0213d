"""`override`: patch, remove, insert and move layers by name, also inside branches and blocks."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.layers.registry import kinds
from archcalc.spec.blocks import argument_names, without
from archcalc.spec.items import BlockTerm, Entry, by_name, entries, named
from archcalc.spec.source import SpecError, Term
from archcalc.words import suggest

MAX_STEPS = 5_000_000
"""Layers and blocks that patches look through to find their own; one that is written anew counts sixty times."""


def override(layers: Term, blocks: Mapping[str, BlockTerm], patches: Term) -> tuple[Term, dict[str, BlockTerm]]:
    """The layers and blocks with patches applied in order. A block patched in one place is copied first."""
    patcher = _Patcher(dict(blocks))
    if not patches.value:
        return layers, patcher.blocks
    items = entries(layers, by_name(blocks))
    for path, patch in patches.value.items():
        items = patcher.patched(items, path.split("."), patch, patches.place(path))
    return layers.like([item.term() for item in items]), patcher.blocks


class _Patcher:
    def __init__(self, blocks: dict[str, BlockTerm]) -> None:
        self.blocks = blocks
        self.steps = 0

    def apply(self, layers: Term, path: list[str], patch: Term, place: Term) -> Term:
        """The list with the layer at a path patched."""
        items = entries(layers, by_name(self.blocks))
        self._spend(59 * len(items), place)
        items = self.patched(items, path, patch, place)
        return layers.like([item.term() for item in items])

    def patched(self, items: list[Entry], path: list[str], patch: Term, place: Term) -> list[Entry]:
        """The items of a list, with the one at a path patched."""
        self._spend(len(items) + len(self.blocks), place)
        names = [item.name for item in items]
        path = [whole] if (whole := ".".join(path)) in names else path
        at = names.index(path[0]) if path[0] in names else None
        if len(path) == 1:
            return self._patch(items, at, path[0], patch, place)
        if at is None:
            raise SpecError(place, f"unknown layer '{path[0][:80]}'{suggest(path[0], names)}")
        return [*items[:at], self._descend(items[at], path[1:], patch, place), *items[at + 1:]]

    def _spend(self, steps: int, place: Term) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise SpecError(place, f"`override` takes more than {MAX_STEPS:,} steps: many patches of many layers")

    def _descend(self, entry: Entry, path: list[str], patch: Term, place: Term) -> Entry:
        value = entry.fields.value[entry.kind]
        if entry.kind in by_name(self.blocks):
            return self._inside(entry, path, patch, place)
        if isinstance(value.value, dict) and path[0] in value.value and len(path) > 1:
            branches = {**value.value, path[0]: self.apply(value.value[path[0]], path[1:], patch, place)}
            return entry.put(entry.kind, value.like(branches))
        raise SpecError(place, f"'{entry.name}' has no layer '{path[0][:80]}' that could be changed; "
                        f"what `then` makes is changed by `{entry.name}: {{then: [...]}}`")

    def _inside(self, entry: Entry, path: list[str], patch: Term, place: Term) -> Entry:
        """With a layer of its block patched, in all repetitions or, where the path begins with a number, in one."""
        fields = entry.fields.value
        if path[0].isdigit() and len(path) > 1:
            key = f"@{int(path[0][:9])}"
            block = fields[key].value if key in fields else entry.kind
            return entry.put(key, place.like(self._copy(block, path[1:], patch, place)))
        for key in [k for k in fields if k.startswith("@")]:
            entry = entry.put(key, fields[key].like(self._copy(fields[key].value, path, patch, place)))
        return entry.put(self._copy(entry.kind, path, patch, place), fields[entry.kind], old=entry.kind)

    def _copy(self, block: str, path: list[str], patch: Term, place: Term) -> str:
        """A copy of a block with a layer patched in it; its name."""
        key = by_name(self.blocks)[block]
        term, body, lexicon = self.blocks[key]
        name = f"{block.split('@')[0]}@{len(self.blocks)}"
        if isinstance(body.value, dict) and "layers" in body.value:
            body = body.like({**body.value, "layers": self.apply(body.value["layers"], path, patch, place)})
        else:
            body = self.apply(body, path, patch, place)
        self.blocks[key.replace(block, name, 1)] = term, body, lexicon
        return name

    def _patch(self, items: list[Entry], at: int | None, name: str, patch: Term, place: Term) -> list[Entry]:
        old = None if at is None else items[at]
        if patch.value is None:
            if old is None:
                raise SpecError(place, f"unknown layer '{name[:80]}'{suggest(name, [e.name for e in items])}")
            return [item for item in items if item is not old]
        anchor, side, rest = _moved(patch)
        new = self._changed(old, rest, place) if old else self._new(items, name, rest, place, anchor)
        if anchor is None:
            return [new if item is old else item for item in items]
        items = [item for item in items if item is not old]
        for i, item in enumerate(items):
            if item.name == anchor.value:
                return [*items[:i + side], new, *items[i + side:]]
        raise SpecError(anchor, f"unknown layer {anchor}{suggest(str(anchor.value), [e.name for e in items])}")

    def _changed(self, old: Entry, patch: Term, place: Term) -> Entry:
        if not isinstance(patch.value, dict):
            return named(old.name, place, patch, by_name(self.blocks))
        blocks = by_name(self.blocks)
        own = argument_names(blocks[old.kind]) if old.kind in blocks else kinds()[old.kind].model_fields
        for key in patch.value:
            if key != old.kind and key not in own and (key in blocks or key in kinds()):
                return named(old.name, place, patch, blocks)
        kept = dict(old.fields.value)
        if old.kind in blocks:
            kept[old.kind] = without(kept[old.kind], argument_names(blocks[old.kind]), patch.value)
        elif kinds()[old.kind].main in patch.value:
            kept[old.kind] = patch.like(None)
        fields = Term({**kept, **patch.value}, patch.source, patch.line, patch.column,
                      {**old.fields.keys, **patch.keys})
        return Entry(old.name, place, old.kind, fields)

    def _new(self, items: list[Entry], name: str, patch: Term, place: Term, anchor: Term | None) -> Entry:
        blocks = by_name(self.blocks)
        has_kind = isinstance(patch.value, dict) and any(k in kinds() or k in blocks for k in patch.value)
        if anchor is None or not has_kind:
            hint = suggest(name, [e.name for e in items])
            if anchor is not None or not has_kind:
                hint = hint or "; a new layer needs a kind and `before:` or `after:`"
                raise SpecError(place, f"unknown layer '{name[:80]}'{hint}")
            raise SpecError(place, f"'{name[:80]}' is new here: say `before:` or `after:` which layer it comes{hint}")
        return named(name, place, patch, blocks)


def _moved(patch: Term) -> tuple[Term | None, int, Term]:
    """The layer that `before` or `after` names, 0 or 1, and the patch without these words."""
    if not isinstance(patch.value, dict):
        return None, 0, patch
    words = [word for word in ("before", "after") if word in patch.value]
    if len(words) == 2:
        raise SpecError(patch.place("after"), "a layer comes either before or after another, not both")
    rest = patch.like({k: v for k, v in patch.value.items() if k not in words})
    return (patch.value[words[0]], int(words[0] == "after"), rest) if words else (None, 0, patch)


