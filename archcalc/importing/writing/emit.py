"""The text of a spec, as a person would have written it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.importing.sketch import Sketch
from archcalc.importing.writing.arguments import Expression
from archcalc.importing.writing.items import PREVIOUS, Item, likes
from archcalc.importing.writing.rows import Row
from archcalc.importing.writing.structure import Structure, structure
from archcalc.importing.writing.templates import Template
from archcalc.importing.writing.text import flow, quoted, scalar
from archcalc.importing.writing.wording import Then, Wording, Written, same_then, wording
from archcalc.layers.registry import kinds


def emit(sketch: Sketch, comments: Sequence[str] = (), fold: bool = True) -> str:
    """The spec of a sketch; comments stand at its beginning. Without ``fold``, layers stand one by one."""
    found = structure(sketch, fold)
    return _Writer(sketch, found).text(comments)


class _Writer:
    def __init__(self, sketch: Sketch, found: Structure) -> None:
        self.sketch, self.found = sketch, found
        self.paths, self.owners = dict(_paths(found.items)), dict(_paths(found.items, own=True))
        self.inputs = {i: d for i, d in enumerate(sketch.drafts) if d.kind == "input"}
        self.parameters: dict[str, Any] = dict(sketch.parameters)
        self.classifier = self._classifier()
        self.words = wording(w for rows, stands in self._lists() for _, w in _written(rows, stands))

    def _classifier(self) -> Item | None:
        """The dense layer that an image's network ends with: what its classes are called so after."""
        last, images = self.found.items[-1], [d for d in self.inputs.values() if len(d.out.dims) == 3]
        ends = last.kind == "linear" and not last.then and self.sketch.outputs[:1] == [last.out]
        return last if ends and len(images) == len(self.inputs) == 1 and not self.parameters else None

    def _lists(self) -> Iterator[tuple[list[Row], dict[tuple[str, str], Any] | None]]:
        for block in self.found.blocks:
            yield block.body, block.stands
        yield self.found.rows, None

    def text(self, comments: Sequence[str]) -> str:
        """The whole spec."""
        body = [*self._blocks(), "", "layers:", *self._items(self.found.rows, None, "  ")]
        shape = self._input()
        if self.classifier is not None:
            self.parameters["classes"] = self.classifier.fields["features"]
        head = [*(f"# {line}" for line in comments), f"name: {quoted(self.sketch.title)}"]
        if self.parameters:
            head.append(f"parameters: {flow(self.parameters)}")
        head += shape
        if self.words.defaults:
            head.append(f"defaults: {flow(self.words.defaults)}")
        if self.words.then:
            head.append(f"then: {flow({kind: _then(chain, self.words) for kind, chain in self.words.then.items()})}")
        outputs = [self.paths.get(i, "input") for i in self.sketch.outputs]
        last = self.found.items[-1].out
        tail = [] if self.sketch.outputs == [last] or not outputs else [
            f"outputs: {flow(outputs)}" if len(outputs) > 1 else f"outputs: {quoted(outputs[0])}"]
        return "\n".join([*head, *body, *tail]) + "\n"

    def _input(self) -> list[str]:
        """The inputs; the sides of a square image are a parameter."""
        shapes = {i: [Expression(self.sketch.symbols[i, k]) if (i, k) in self.sketch.symbols else n
                      for k, n in enumerate(d.fields["shape"])] for i, d in self.inputs.items()}
        if len(self.inputs) > 1:
            return ["inputs:", *(f"  {quoted(d.name)}: {flow({**d.fields, 'shape': shapes[i]})}"
                                 for i, d in self.inputs.items())]
        index, draft = next(iter(self.inputs.items()))
        fields, shape = dict(draft.fields), shapes[index]
        if len(shape) == 3 and shape[1] == shape[2] and not self.sketch.parameters and "axes" not in fields:
            self.parameters = {"image": shape[1], **self.parameters}
            shape[1:] = [Expression("image")] * 2
        fields["shape"] = shape
        return [f"input: {flow(shape if len(fields) == 1 else fields)}"]

    def _blocks(self) -> Iterator[str]:
        if self.found.blocks:
            yield ""
            yield "blocks:"
        for block in self.found.blocks:
            named = ", ".join(a.name if a.default is None else f"{a.name}={scalar(a.default)}" for a in block.arguments)
            signature = f"{block.name}({named})" if named else block.name
            yield f"  {signature}:"
            yield from self._items(block.body, block.stands, "    ")

    def _items(self, rows: Sequence[Row], stands: dict[tuple[str, str], Any] | None, indent: str,
               path: str = "") -> Iterator[str]:
        for row in rows:
            item = row.item
            fields = self._fields(row, stands, path)
            note = f"        # {item.note}" if item.note else ""
            if row.branches is None:
                yield f"{indent}- {_entry(item.name, fields)}{note}"
                continue
            rest = {k: v for k, v in fields.items() if k != item.kind}
            yield f"{indent}- {quoted(item.name)}:"
            yield f"{indent}    {item.kind}:"
            for name, inner in row.branches:
                if inner:
                    yield f"{indent}      {name}:"
                    yield from self._items(inner, stands, f"{indent}        ", f"{path}{item.name}.{name}.")
                else:
                    yield f"{indent}      {name}: []"
            for key, value in rest.items():
                yield f"{indent}    {key}: {flow(value)}"

    def _fields(self, row: Row, stands: dict[tuple[str, str], Any] | None, path: str) -> dict[str, Any]:
        """All that an item says, in the order in which it is written."""
        item, place = row.item, path + row.item.name
        layer = _layer(row, stands, path)
        if item is self.classifier:
            layer = layer._replace(fields={**layer.fields, "features": Expression("classes")})
        fields = _call(row.item, layer.fields) if item.block is not None else self._own(layer)
        if row.branches is None:
            fields |= self._from(row, item)
        fields |= self._then(layer)
        if item.repeat is not None:
            fields["repeat"] = (stands or {}).get((place, "repeat"), item.repeat)
        first = {f: (stands or {}).get((place, f"first.{f}"), item.first.get(f)) for f in _firsts(row, stands, place)}
        if first:
            fields["first"] = first
        if (place, "if") in (stands or {}):
            fields["if"] = (stands or {})[place, "if"]
        if item.share:
            fields["share"] = {t: f"{self.owners[o]}.{theirs}" for t, (o, theirs) in item.share.items()}
        if item.train and (item.block is not None or kinds()[item.kind].only is None):
            fields["only"] = Expression("train")
        return fields

    def _own(self, layer: Written) -> dict[str, Any]:
        """A kind with its fields, without what the defaults say, and with what they say otherwise."""
        return _kind(layer.kind, layer.fields, self.words.defaults.get(layer.kind, {}))

    def _then(self, layer: Written) -> dict[str, Any]:
        usual = self.words.then.get(layer.kind, ())
        then = layer.then or ()
        if same_then(then, usual):
            return {}
        return {"then": _then(then, self.words)}

    def _from(self, row: Row, item: Item) -> dict[str, Any]:
        if row.reads in ([], [PREVIOUS]) and len(self.inputs) > 1 and row is self.found.rows[0]:
            return {"from": self.inputs[item.inputs[0]].name}
        if row.reads == [PREVIOUS] or not row.reads:
            return {}
        if item.gathers is not None:
            begin, first = (self.paths.get(i, "input") for i in item.gathers)
            return {"from": [begin, f"{first.removesuffix('.1')}.*"]}
        names = [self._name(token, item, i) for i, token in enumerate(row.reads)]
        liked = likes(item)
        given = names[:len(names) - len(liked)]
        said = {} if row.reads[0] == PREVIOUS and len(given) == 1 else {"from": given[0] if len(given) == 1 else given}
        return {**dict(zip(liked, names[len(given):], strict=True)), **said}

    def _name(self, token: Any, item: Item, number: int) -> str:
        if token == PREVIOUS:
            token = 0
        if isinstance(token, str):
            return token
        source = item.inputs[number]
        if source in self.inputs and len(self.inputs) > 1:
            return self.inputs[source].name
        return "input" if token == 0 else f"input.{token + 1}"


def _firsts(row: Row, stands: dict[tuple[str, str], Any] | None, place: str) -> list[str]:
    named = [field.removeprefix("first.") for where, field in stands or {}
             if where == place and field.startswith("first.")]
    return named or list(row.item.first)


def _layer(row: Row, stands: dict[tuple[str, str], Any] | None, path: str) -> Written:
    """A row as it is written: the fields of its item, or what stands in their slots."""
    item, place = row.item, path + row.item.name
    if stands is None:
        return Written(item.kind, item.fields, tuple(item.then))
    fields = {field: value for (where, field), value in stands.items()
              if where == place and field not in ("if", "repeat") and not field.startswith("first.")}
    then = tuple((kind, {f: v for (where, f), v in stands.items() if where == f"{place}.{kind}" and f != "if"})
                 for kind, _ in item.then)
    return Written(item.kind, fields, then)


def _written(rows: Sequence[Row], stands: dict[tuple[str, str], Any] | None,
             path: str = "") -> Iterator[tuple[str, Written]]:
    for row in rows:
        if row.item.block is None:
            yield path, _layer(row, stands, path)
        for name, inner in row.branches or ():
            yield from _written(inner, stands, f"{path}{row.item.name}.{name}.")


def _kind(kind: str, fields: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    known = kinds()[kind]
    said = {f: v for f, v in fields.items() if f not in defaults and v != known.model_fields[f].default}
    said |= {f: fields.get(f, known.model_fields[f].default) for f in defaults
             if fields.get(f, known.model_fields[f].default) != defaults[f]}
    return {kind: said.pop(known.main, None) if known.main else None, **said}


def _then(chain: Then, words: Wording) -> Any:
    """What follows a layer, as short as it can be written."""
    found = []
    for kind, fields in chain:
        own = _kind(kind, fields, words.defaults.get(kind, {}))
        found.append(kind if own == {kind: None} else own)
    return found[0] if len(found) == 1 and isinstance(found[0], str) else found


def _call(item: Item, fields: dict[str, Any]) -> dict[str, Any]:
    """The use of a block: arguments without a default in order, the others by name."""
    block: Template = item.block
    needed = [a for a in block.arguments if a.default is None]
    named = {a.name: fields[a.name] for a in block.arguments
             if a.default is not None and fields.get(a.name, a.default) != a.default}
    values = [fields[a.name] for a in needed]
    if len(values) == 1 and not isinstance(values[0], tuple):
        return {block.name: values[0], **named}
    return {block.name: values or None, **named}


def _paths(items: Sequence[Item], prefix: str = "", own: bool = False) -> Iterator[tuple[int, str]]:
    """The name of the layer that makes each draft, or ends at it; with ``own``, of the one that has its tensors."""
    for item in items:
        name = prefix + item.name
        for number, copy in enumerate(item.copies, 1):
            whole = f"{name}.{number}" if item.repeat is not None else name
            yield from _paths(copy, f"{whole}.", own)
            if not own:
                yield copy[-1].out, whole
        for i, draft in enumerate(item.drafts):
            yield draft, name if i == 0 or (draft == item.out and not own) else f"{name}.{item.then[i - 1][0]}"
        if not own:
            yield item.out, name


def _entry(name: str, fields: dict[str, Any]) -> str:
    if len(fields) == 1 and next(iter(fields.values())) is None:
        kind = next(iter(fields))
        if name == kind or name not in kinds():
            return quoted(kind) if name == kind else f"{quoted(name)}: {quoted(kind)}"
    return f"{quoted(name)}: {flow(fields)}"
