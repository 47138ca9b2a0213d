"""The parts of the schemas that are written by hand: words of an item, top-level keys."""

from __future__ import annotations

from typing import Any, TypeAlias

from archcalc.spec.called import CALLS
from archcalc.spec.claim import QUANTITIES
from archcalc.spec.sections import BUDGETS

Schema: TypeAlias = dict[str, Any]

STRING: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}
BOOL: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SIZES: Schema = {"type": "array", "items": COUNT}
NAMES: Schema = {"type": "array", "items": STRING}
DRAFT = "http://json-schema.org/draft-07/schema#"


def ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def any_of(*schemas: Schema) -> Schema:
    """One of several, each once, those within `anyOf` as if written out."""
    flat: list[Schema] = []
    for schema in schemas:
        flat += [s for s in schema.get("anyOf", [schema]) if s not in flat]
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def list_of(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def map_of(values: Schema, **more: Any) -> Schema:
    return {"type": "object", "additionalProperties": values, **more}


def record(properties: Schema, **more: Any) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False, **more}


def grows(required: Schema, optional: Schema | None = None) -> Schema:
    """A record to which later versions may add keys."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def when(kind: str, then: Schema, other: Schema) -> Schema:
    """By JSON type, so that a message is about the one form that was meant; `anyOf` would name none."""
    return {"if": {"type": kind}, "then": then, "else": other}


def said(schema: Schema, text: str) -> Schema:
    # Draft 7 ignores what stands beside `$ref`, so a reference is wrapped.
    return {"description": text, **({"allOf": [schema]} if "$ref" in schema else schema)}


WORDS: dict[str, tuple[Schema, str]] = {
    "expression": (STRING, "An expression over parameters and arguments: `2*width`, `3 if deep else 1`."),
    "from": (any_of(STRING, list_of(any_of(STRING, {"type": "integer"}), minItems=1)),
             "What the layer reads instead of the layer before: an earlier layer, or a list of names and patterns."),
    "then": (when("array", ref("layers"), when("null", {}, ref("item"))),
             "Layers behind this one, named below it: `then: relu`, `then: [batchnorm, relu]`; `[]` is none."),
    "repeat": (any_of({"type": "integer", "minimum": 0}, ref("expression")),
               "How often the layer or block is repeated, one behind the other; `index` counts from 1."),
    "first": ({"type": "object"}, "What differs in the first of a `repeat`."),
    "if": (any_of({"type": ["boolean", "number"]}, ref("expression")), "Whether the layer is there."),
    "only": ({"enum": ["train"]}, "Leaves the layer out of all modes but training."),
    "share": (map_of({"type": "string", "pattern": r"\."}),
              "Tensors of other layers in place of its own: `{weight: embedding.weight}`."),
    "before": (STRING, "In `override`: the layer comes before this one."),
    "after": (STRING, "In `override`: the layer comes after this one."),
}
"""The words of an item, and what a string where a value is due means."""

PARAMETER = any_of({"type": ["number", "boolean", "string"]}, list_of(ref("parameter")))
_FIGURE: Schema = {"type": ["number", "string"]}
_FIGURES = any_of(_FIGURE, list_of(_FIGURE))

_FORMS: dict[str, Schema] = {
    "figure": any_of(_FIGURE, map_of(_FIGURE)),
    "sizes": any_of(list_of(_FIGURE), map_of(list_of(_FIGURE))),
    "per axis": any_of(_FIGURES, map_of(_FIGURES)),
    "settings": map_of(map_of(any_of({"type": ["number", "string", "boolean"]}, list_of(_FIGURE)))),
    "words": any_of(STRING, list_of(STRING), map_of(any_of(STRING, list_of(STRING)))),
    "arithmetic": map_of(_FIGURE),
}
"""The forms in which a claim writes its value."""

CLAIM = record(
    {quantity: _FORMS[form] for quantity, form in QUANTITIES.items()}
    | {"statement": said(STRING, "The sentence that makes the claim."),
       "source": said({"type": ["string", "number"]}, "Where it is printed; claims of one source are judged together."),
       "note": said(STRING, "Why it is known to differ, or under which convention it holds."),
       "spec": said(STRING, "The network that it is of: a variant of this file, or another spec."),
       "with": said(map_of(any_of(ref("parameter"), {"type": ["object", "null"]})),
                    "Parameters, and fields of layers, that differ for this claim."),
       "mode": {"enum": ["eval", "train"]},
       "under": said(any_of(STRING, list_of(STRING)), "Conventions that the source itself states."),
       "to": said(STRING, "The network that a ratio or a difference is to."),
       "share": said({"type": "boolean"}, "Whether the figure is a share of the network's total."),
       "unchecked": said(STRING, "Why it cannot be checked; then there is no quantity.")},
    anyOf=[{"required": [key]} for key in (*QUANTITIES, "unchecked")])

SECTIONS: dict[str, tuple[Schema, str]] = {
    "name": ({"type": ["string", "number"]}, "The network's name, as tables show it."),
    "paper": (any_of(STRING, map_of({}, properties={
        "authors": list_of(STRING), "title": STRING, "year": {"type": "integer"}})), "Its authors, title and year."),
    "notes": (any_of(STRING, list_of(STRING)), "Remarks on how the paper was read."),
    "extends": (STRING, "A spec to start from: a path beside this file, or a name of the zoo."),
    "include": (any_of(STRING, list_of(STRING)), "Specs whose blocks and parameters this one uses."),
    "parameters": (map_of(ref("parameter")), "Names for numbers, words and lists, which `--set` replaces."),
    "input": (ref("input"), "The input's shape without the batch: `[3, 224, 224]`, channels first."),
    "inputs": (map_of(ref("input"), minProperties=1), "Several inputs by name."),
    "outputs": (any_of({"type": ["string", "integer"]}, list_of({"type": ["string", "integer"]})),
                "Names of the network's outputs; by default the last layer."),
    "then": (map_of(ref("then")), "By kind: layers behind every layer of the kind that has no `then` of its own."),
    "defaults": (ref("defaults"), "By kind: values of fields that a layer does not give itself."),
    "blocks": (map_of(when("array", ref("layers"), record({
        "layers": ref("layers"), "then": map_of(ref("then")), "defaults": ref("defaults")}, required=["layers"]))),
        "Blocks: `name(width, stride=1)` and the layers it stands for."),
    "layers": (ref("layers"), "The layers in order; each reads the one before unless it says `from`."),
    "override": (map_of(when("object", ref("patch"), {"type": ["string", "null"]})),
                 "Changes to layers by name: fields, `null` to remove, `before` or `after` to insert and move."),
    "variants": ({"type": "object"}, "Networks of a family: each a name, and the parameters that differ."),
    "placement": (record({
        "devices": any_of({"type": "integer", "minimum": 1}, ref("expression")), "split": {"enum": ["filters", None]},
        "layers": map_of(any_of({"type": "integer"}, list_of({"type": "integer"})))}, required=["devices"]),
        "How the network is spread over devices."),
    "claims": (list_of(CLAIM), "Published figures, compared with those computed: `{params: 60M, source: abstract}`."),
    "audit": (record({"title": STRING, "source": STRING}),
              "In a file of claims on several specs, in the place of a network: its title, and the claims' source."),
    "budget": (map_of(map_of(_FIGURE, propertyNames={"enum": list(BUDGETS)}),
                    properties=dict.fromkeys(BUDGETS, _FIGURE)), "Upper bounds, of the network or of a part by name."),
    "augmentation": (record({key: any_of({"type": "integer", "minimum": 1}, ref("expression"))
                              for key in ("image", "crop")} | {"flip": {"type": "boolean"}},
                             required=["image", "crop"]), "Crops of training images, doubled by flips."),
    "calls": (map_of({"enum": list(CALLS)}), "How the code described calls its layers, by kind or by a pattern of "
              "names: `{relu: function}`. Tools that count modules miss the others (`report --count`)."),
}
"""Top-level keys: schema and documentation."""
