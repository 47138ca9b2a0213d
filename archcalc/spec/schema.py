"""JSON Schemas (draft 7) of the spec language and of a report, derived from the kinds and their fields."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from archcalc.analysis.storage import BYTES
from archcalc.layers.base import Layer
from archcalc.layers.registry import expects, is_reference, kinds
from archcalc.spec.document import KEYS, VARIANT_KEYS
from archcalc.spec.items import STRUCTURE
from archcalc.spec.schema_parts import (
    BOOL,
    COUNT,
    DRAFT,
    NAMES,
    NULL,
    PARAMETER,
    SECTIONS,
    SIZES,
    STRING,
    WORDS,
    Schema,
    any_of,
    grows,
    list_of,
    map_of,
    record,
    ref,
    said,
    when,
)

MOVES = ("before", "after")
"""Words of an item in `override`."""
_JSON_TYPES: dict[type, str] = {dict: "object", list: "array", str: "string", int: "number"}
_KEPT = ("type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems")


def spec_schema() -> Schema:
    """The schema of a spec, with the documentation of each kind and field for editors."""
    definitions = {word: said(schema, text) for word, (schema, text) in WORDS.items()} | _Definitions().all()
    sections = {key: _section(key, types) for key, types in KEYS.items()}
    variant = map_of(ref("parameter"), properties={key: sections[key] for key in VARIANT_KEYS})
    sections["variants"] |= {"else": map_of(when("string", {}, variant))}
    return {"$schema": DRAFT, "title": "archcalc spec", "type": "object", "properties": sections,
            "additionalProperties": False, "not": {"required": ["input", "inputs"]}, "definitions": definitions}


class _Definitions:
    """Definitions of the forms that an item has, and of each kind; equal values of fields are defined once."""

    def __init__(self) -> None:
        self.layers = {name: kind for name, kind in sorted(kinds().items()) if kind.inputs != (0, 0)}
        self.values: Schema = {}

    def all(self) -> Schema:
        """Every definition by name."""
        found = self.items() | self.parts() | {f"kind.{name}": self.kind(kind) for name, kind in self.layers.items()}
        return found | {f"value.{words}": schema for words, schema in sorted(self.values.items())}

    def items(self) -> Schema:
        """The forms of an item of a list of layers."""
        about = {name: _about(kind) for name, kind in self.layers.items()}
        words = {word: ref(word) for word in STRUCTURE}
        mapping = {"type": "object"}
        return {
            "layers": list_of(ref("item")),
            "item": when("object", {"if": {"maxProperties": 1}, "then": ref("named"), "else": ref("layer")},
                         ref("bare")),
            "bare": {"description": "A kind, or a block that needs no arguments.", **STRING, "minLength": 1, "anyOf": [{
                "enum": list(self.layers), "enumDescriptions": [about[name]["description"] for name in self.layers]},
                STRING]},
            "named": {"description": "`name: {kind: ..., field: ...}`", "minProperties": 1,
                      "propertyNames": {"pattern": r"^(?!input$)(?![0-9]+$)[^*]+$"},
                      "properties": {name: about[name] | self.alone(kind) for name, kind in self.layers.items()},
                      "additionalProperties": when("object", ref("layer"), {})},
            "layer": {"allOf": [ref("patch"), {"if": ref("kinded"), "then": {
                "propertyNames": {"not": {"enum": list(MOVES)}}}}]},
            "patch": {**mapping, "minProperties": 1, "properties": about | words,
                      "allOf": [{"if": self.has(name), "then": ref(f"kind.{name}")} for name in self.layers]},
            "kinded": {"anyOf": [{"required": [name]} for name in self.layers]},
            "branches": said(map_of(ref("layers"), minProperties=1), "Branches, which start at the layer's input."),
        }

    def has(self, name: str) -> Schema:
        """Whether a mapping has the kind, and not another one's field of the same name."""
        owners = [{"required": [owner]} for owner, kind in self.layers.items() if name in kind.model_fields]
        return {"required": [name], **({"not": any_of(*owners)} if owners else {})}

    def alone(self, kind: type[Layer]) -> Schema:
        """What may follow a kind's name where it stands alone: its value, its fields, or, as a name, a layer."""
        fields: Schema = {"if": ref("kinded"), "then": ref("layer"), "else": ref(f"kind.{kind.kind}")}
        if any(field in self.layers for field in kind.model_fields):
            own = {"propertyNames": {"enum": [*kind.model_fields, *STRUCTURE]}}
            fields = {"if": own, "then": ref(f"kind.{kind.kind}"), "else": fields}
        if kind.branches:
            fields = {"if": {"additionalProperties": {"type": "array"}}, "then": ref("branches"), "else": fields}
        value = self.main(kind)
        if kind.main is None:
            value = when("string", ref("bare"), value)
        return when("object", fields, value)

    def kind(self, kind: type[Layer]) -> Schema:
        """A layer of one kind: its value, its fields and the words of every item."""
        words = {word: ref(word) for word in (*STRUCTURE, *MOVES)} | {"first": ref(f"kind.{kind.kind}")}
        return record({kind.kind: _about(kind) | self.main(kind)} | self.fields(kind) | words)

    def main(self, kind: type[Layer]) -> Schema:
        """The value of `kind: value`."""
        field = [] if kind.main is None else [self.value(kind, kind.main)]
        if not kind.branches:
            return any_of(*field, NULL)
        inputs = said(list_of(STRING), "Names of earlier layers.")
        return when("object", ref("branches"), any_of(*field, inputs, list_of(ref("layers")), NULL))

    def fields(self, kind: type[Layer]) -> Schema:
        """The fields of a kind with their documentation."""
        return {name: said(self.value(kind, name), _takes(kind, name)) for name in kind.model_fields}

    def value(self, kind: type[Layer], field: str) -> Schema:
        """What a field takes, defined once under the words for it."""
        if is_reference(kind, field):
            return {"type": ["string", "integer"]}
        options = list(_options(kind.model_json_schema()["properties"][field]))
        schema = any_of(*(option for option in options if option != NULL), ref("expression"))
        words = re.sub(r"\W+", "-", expects(kind, field)).strip("-")
        shared = ref(f"value.{words}") if self.values.setdefault(words, schema) == schema else schema
        return any_of(shared, NULL) if NULL in options else shared

    def parts(self) -> Schema:
        """Parameters, inputs and defaults."""
        fields = self.fields(kinds()["input"])
        own = {name: [ref(f"kind.{name}"), {"propertyNames": {"enum": list(kind.model_fields)}}]
               for name, kind in self.layers.items() if kind.model_fields}
        return {
            "parameter": PARAMETER,
            "input": when("object", record(fields, required=["shape"]), self.value(kinds()["input"], "shape")),
            "defaults": record({name: {"allOf": schemas} for name, schemas in own.items()}),
        }


def _written(schema: Schema) -> Schema:
    """A value as a spec has it: an expression may stand for it, and for each item of a list."""
    return any_of(*_options(schema), ref("expression"))


def _options(schema: Schema) -> Iterator[Schema]:
    for part in schema.get("anyOf", ()):
        yield from _options(part)
    if "anyOf" not in schema:
        items = schema.get("prefixItems", schema.get("items"))
        listed = [_written(item) for item in items] if isinstance(items, list) else items and _written(items)
        yield {key: schema[key] for key in _KEPT if key in schema} | ({"items": listed} if items else {})


def _takes(kind: type[Layer], field: str) -> str:
    """A field's documentation: what it takes, and its default."""
    info = kind.model_fields[field]
    text = f"Takes {expects(kind, field)}."
    if is_reference(kind, field) or info.is_required() or info.default is None:
        return text
    default = str(info.default).lower() if isinstance(info.default, bool) else str(info.default)
    return f"{text} Default: {default}."


def _about(kind: type[Layer]) -> Schema:
    text = inspect.getdoc(kind) or ""
    return {"description": text.partition("\n")[0], "markdownDescription": text}


def _section(key: str, types: tuple[type, ...]) -> Schema:
    """A top-level key: described by hand, else only by its type."""
    schema, text = SECTIONS.get(key, ({"type": [_JSON_TYPES[t] for t in types]}, ""))
    return said(when("null", {}, schema), text)


_WHOLE = list_of({"type": ["integer", "null"]})
_STRIDES = list_of(any_of({"type": ["integer", "null"]}, {"type": "string", "pattern": "^[0-9]+/[0-9]+$"}))


def report_schema() -> Schema:
    """The schema of ``report --format json``: one report, or a list of them for several specs."""
    counts = dict.fromkeys(("params", "buffers", "macs", "flops"), COUNT)
    count = grows({"convention": STRING, "total": COUNT, "unit": {"enum": ["MACs", "FLOPs"]}, "says": STRING},
                  {"by_kind": map_of(COUNT)})
    totals = grows(dict.fromkeys(("layers", "params", "weights", "buffers", "macs", "flops", "outputs"), COUNT),
                   {"bytes": map_of(COUNT), "count": said(count, "What another tool prints, with --count.")})
    field = grows({"size": _WHOLE, "stride": said(_STRIDES, "A stride that is not whole is an exact fraction, `1/2`."),
                   "start": _WHOLE}, {"aligned": BOOL, "covers_input": BOOL})
    row = grows({"name": STRING, "kind": said(STRING, "The layer's kind; `group` for a block folded by --depth."),
                 "inputs": NAMES, "output_shape": SIZES, **counts},
                {"tensors": said(map_of(SIZES), "Shapes of the trainable tensors that the layer owns."),
                 "count": said(COUNT, "What the tool of `totals.count` counts of the layer."),
                 "layers": said(COUNT, "Number of layers in a group."), "bytes": said(COUNT, "Bytes of the output."),
                 "receptive_field": said(ref("field"), "What a unit sees of the first input that it sees."),
                 "receptive_fields": said(map_of(ref("field")), "The same by input, where there are several."),
                 "unproductive": said(BOOL, "All inputs of a layer with weights cover the network's input already.")})
    row |= {"if": {"properties": {"kind": {"const": "group"}}}, "then": {"required": ["layers"]},
            "else": {"required": ["tensors"]}}
    report = grows({
        "schema": {"const": "report/1"}, "name": STRING, "spec": STRING, "parameters": map_of(ref("parameter")),
        "batch": {"type": "integer", "minimum": 1}, "dtype": {"enum": list(BYTES)}, "mode": {"enum": ["eval", "train"]},
        "inputs": said(map_of(SIZES), "Shape of each input, per sample."), "outputs": NAMES, "totals": totals,
        "layers": list_of(ref("layer"))},
        {"memory": said({"type": "object"}, "What the bytes of the totals are made of."),
         "lower_bounds": said(list_of(STRING, minItems=1), "Which numbers are lower bounds, since the operations of "
                              "the layers of the kind `opaque` are not known; absent where all are exact.")})
    definitions = {"report": report, "layer": row, "field": field, "parameter": PARAMETER}
    return {"$schema": DRAFT, "$id": "urn:archcalc:report/1", "title": "archcalc report", "if": {"type": "array"},
            "then": list_of(ref("report")), "else": ref("report"), "definitions": definitions}
