"""Items compiled once per file: kinds, blocks, expressions and references resolved as far as names go."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from archcalc.layers.base import Layer
from archcalc.layers.registry import is_reference, kinds, words
from archcalc.spec.blocks import Block, by_argument, check_nesting, signature, without
from archcalc.spec.document import Document
from archcalc.spec.item import Item
from archcalc.spec.items import STRUCTURE, BlockTerm, Entry, Lexicon, block_name, check_keys, entries
from archcalc.spec.source import SpecError, Term
from archcalc.spec.value import Value
from archcalc.words import listed, suggest


class Compiler:
    """Compiles a document's blocks and layers."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.blocks: dict[str, Block] = {}
        for key, (place, _, _) in document.blocks.items():
            block = signature(key, place, document.parameters)
            if block.name in self.blocks:
                raise SpecError(place, f"duplicate block '{block.name}'")
            self.blocks[block.name] = block
        for key, block_term in document.blocks.items():
            self._body(self.blocks[block_name(key)], block_term)
        for block in self.blocks.values():
            check_nesting(block)

    def layers(self, term: Term) -> list[Item]:
        """The items of the top level."""
        items = self.items(term, self.document.lexicon, tuple(self.document.parameters))
        check_nesting(Block("", term, {}, items))
        return items

    def input(self, entry: Entry, known: Collection[str]) -> Item:
        """An input of the network, which is an item of kind `input`."""
        return self._item(entry, Lexicon(), known)

    def _body(self, block: Block, written: BlockTerm) -> None:
        _, term, lexicon = written
        layers = term
        if isinstance(term.value, dict):
            check_keys(term, ("then", "defaults", "layers"), "key", " of a block")
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
        try:
            self._fill(item, entry, lexicon, known, follows)
        except SpecError as error:
            error.layer = error.layer or entry.name
            raise
        return item

    def _fill(self, item: Item, entry: Entry, lexicon: Lexicon, known: Collection[str], follows: bool) -> None:
        fields = dict(entry.fields.value)
        item.places = {k: entry.fields.place(k) for k in fields}
        item.condition = Value(fields.pop("if"), known) if "if" in fields else None
        if "repeat" in fields:
            item.repeat = Value(fields.pop("repeat"), known)
            known = (*known, "index")
        if "first" in fields:
            item.first = self._first(entry, fields.pop("first"), lexicon, known)
        item.sources = _names(fields.pop("from")) if "from" in fields else None
        item.train = _only(fields.pop("only")) if "only" in fields else False
        item.share = _share(fields.pop("share")) if "share" in fields else {}
        then = fields.pop("then", None)
        if entry.kind in self.blocks:
            self._use_block(item, fields, known)
        else:
            self._use_kind(item, fields, lexicon, known)
            if then is None and follows:
                then = lexicon.then.get(entry.kind)
        if then is not None and then.value is not None:
            chain = then if isinstance(then.value, list) else then.like([then])
            item.then = [self._item(e, lexicon, known, follows=False) for e in entries(chain, self.blocks)]
        if item.first is not None:
            item.first.repeated = item.repeated
        inner = (*item.then, *(i for _, branch in item.branches or () for i in branch))
        item.indexed = any(i.varies for i in inner) or (item.block is not None and _reads_index(item.fields.values()))
        item.varies = _reads_index((item.condition, item.repeat)) or (item.repeat is None and item.indexed)

    def _first(self, entry: Entry, first: Term, lexicon: Lexicon, known: Collection[str]) -> Item:
        if not isinstance(first.value, dict) or "repeat" not in entry.fields.value:
            raise SpecError(first, "'first' is a mapping of what differs in the first of a `repeat`")
        for word in ("repeat", "first", "if", "only"):
            if word in first.value:
                raise SpecError(first.place(word), f"'{word}' is of all repetitions and cannot differ in the first")
        fields = {k: v for k, v in entry.fields.value.items() if k not in ("first", "repeat", "if") and k[0:1] != "@"}
        if entry.kind in self.blocks:
            arguments = tuple(self.blocks[entry.kind].arguments)
            fields[entry.kind] = without(fields[entry.kind], arguments, first.value)
        elif kinds()[entry.kind].main in first.value:
            fields[entry.kind] = first.like(None)
        both = Term({**fields, **first.value}, entry.fields.source, entry.fields.line, entry.fields.column,
                    {**entry.fields.keys, **first.keys})
        return self._item(entry._replace(fields=both), lexicon, known)

    def _use_block(self, item: Item, fields: dict[str, Term], known: Collection[str]) -> None:
        block = item.block = self.blocks[item.entry.kind]
        for key in [k for k in fields if k.startswith("@") and k not in item.term.keys]:
            copy = item.places[key] = fields.pop(key)
            item.repeated[int(key[1:])] = self.blocks[copy.value]
            if item.repeat is None:
                raise SpecError(copy, f"'{item.name}' is not repeated: it has no '{item.name}.{key[1:]}'")
        given = _positional(block, fields.pop(item.entry.kind))
        for key, term in fields.items():
            if key in given:
                raise SpecError(item.term.place(key), f"argument '{key}' of block '{block.name}' is given twice")
            given[key] = term
        for key, term in given.items():
            if key not in block.arguments:
                fix = suggest(key, block.arguments) or f"; it has {listed(block.arguments, 20) or 'none'}"
                place = item.term.place(key) if key in fields else term
                raise SpecError(place, f"block '{block.name}' has no argument '{key[:80]}'{fix}")
        missing = [k for k, default in block.arguments.items() if default is None and k not in given]
        if missing:
            raise SpecError(item.place, f"block '{block.name}' needs {listed(missing).replace(' or ', ' and ')}")
        item.fields = {key: Value(term, known) for key, term in given.items()}

    def _use_kind(self, item: Item, fields: dict[str, Term], lexicon: Lexicon, known: Collection[str]) -> None:
        kind = item.kind = kinds()[item.entry.kind]
        defaults = lexicon.defaults.get(kind.kind)
        for key, term in (defaults.value or {}).items() if defaults else ():
            fields.setdefault(key, term)
            item.places.setdefault(key, defaults.place(key))  # type: ignore[union-attr]
        main = fields.pop(kind.kind)
        if kind.branches and isinstance(main.value, (dict, list)):
            self._use_branches(item, main, lexicon, known)
        elif main.value is not None:
            if isinstance(main.value, str) and main.value not in known:
                self._not_a_layer(item.entry, kind, main)
            _use_main(item, kind, fields, main)
        for key, term in fields.items():
            if key not in kind.model_fields:
                fix = suggest(key, [*kind.model_fields, *STRUCTURE]) \
                    or f"; '{kind.kind}' has {listed(kind.model_fields, 20).replace(' or ', ' and ') or 'no fields'}"
                raise SpecError(item.places.get(key, term), f"unknown field '{key[:80]}'{fix}")
            if is_reference(kind, key):
                item.likes[key] = _reference(term)
            else:
                item.fields[key] = Value(term, known, words(kind, key))
        item.names = tuple(sorted(frozenset().union(*(v.names for v in item.fields.values()))))

    def _not_a_layer(self, entry: Entry, kind: type[Layer], main: Term) -> None:
        """Refuse ``- avgpool: global_avgpool``, which names one kind and means another."""
        word = main.value
        if kind.main is not None and (word in self.blocks or word in kinds()) and word not in words(kind, kind.main):
            what = "block" if word in self.blocks else "layer kind"
            fix = f"; a layer that is called '{kind.kind}' is `- {kind.kind}: {{{word}: }}`" \
                if entry.place is entry.fields.keys.get(kind.kind) else ""
            raise SpecError(main, f"{what} '{word[:80]}' stands where the '{kind.main}' of '{kind.kind}' is due{fix}")

    def _use_branches(self, item: Item, main: Term, lexicon: Lexicon, known: Collection[str]) -> None:
        if isinstance(main.value, list) and all(isinstance(v.value, str) for v in main.value) and main.value:
            if item.sources is not None:
                raise SpecError(main, "inputs are given twice: by name here and by `from`")
            item.sources = main.value
            return
        pairs = main.value.items() if isinstance(main.value, dict) else enumerate(main.value, 1)
        item.branches = [(str(name), self.items(branch, lexicon, known)) for name, branch in pairs]
        if not item.branches:
            raise SpecError(main, f"'{item.entry.kind}' has no branches")


def _use_main(item: Item, kind: type[Layer], fields: dict[str, Term], main: Term) -> None:
    if kind.main is None:
        raise SpecError(main, f"'{kind.kind}' takes no value, found {main}; "
                        f"its fields are {listed(kind.model_fields, 20) or 'none'}")
    if kind.main in fields and kind.main in item.term.keys:
        raise SpecError(item.term.place(kind.main), f"'{kind.main}' is given twice: it is the value of '{kind.kind}'",
                        item.name)
    fields[kind.main] = item.places[kind.main] = main


def _positional(block: Block, main: Term) -> dict[str, Term]:
    given = by_argument(tuple(block.arguments), main).value
    if isinstance(given, dict):
        return dict(given)
    count = f"{len(block.arguments)} argument{'' if len(block.arguments) == 1 else 's'}"
    names = f" ({', '.join(block.arguments)})" if block.arguments else ""
    found = len(given) if isinstance(given, list) else 1
    raise SpecError(main, f"block '{block.name}' takes {count}{names}, found {found}")


def _reads_index(values: Iterable[Value | None]) -> bool:
    return any(value is not None and "index" in value.names for value in values)


def _only(term: Term) -> bool:
    if term.value != "train":
        raise SpecError(term, f"'only' takes 'train', found {term}")
    return True


def _share(term: Term) -> dict[str, Term]:
    if not isinstance(term.value, dict) or not all(
            isinstance(v.value, str) and "." in v.value for v in term.value.values()):
        raise SpecError(term, "'share' is a mapping such as {weight: embedding.weight}: tensor to layer.tensor")
    return dict(term.value)


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
