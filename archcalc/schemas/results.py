"""The schemas of results: checks, findings, audits, differences, comparisons, verifications, lists."""

from __future__ import annotations

from archcalc.schemas.analyses import NUMBER, tagged
from archcalc.spec.schema_parts import (
    BOOL,
    COUNT,
    NAMES,
    NULL,
    SIZES,
    STRING,
    Schema,
    any_of,
    grows,
    list_of,
    map_of,
    said,
)

_PLACE: Schema = {"type": "integer", "minimum": 1}
_TOTALS = dict.fromkeys(("layers", "params", "weights", "buffers", "macs", "flops", "outputs"), COUNT)
_VERDICT: Schema = {"enum": ["agrees", "agrees if", "differs", "cannot be judged"]}


def _check() -> Schema:
    nowhere: Schema = {"type": ["integer", "null"], "minimum": 1}
    outcome = grows({"kind": STRING, "title": STRING, "sentence": STRING, "holds": BOOL,
                     "file": {"type": ["string", "null"]}, "line": nowhere, "column": nowhere})
    spec = grows({"spec": STRING, "holds": BOOL, "outcomes": list_of(outcome)})
    return tagged("check", {"holds": BOOL, "specs": list_of(spec)})


def _lint() -> Schema:
    finding = grows({"code": STRING, "severity": {"enum": ["warning", "note"]},
                     "layers": NAMES, "file": STRING, "line": _PLACE, "column": _PLACE, "message": STRING,
                     "fix": STRING})
    return tagged("lint", {"specs": list_of(grows({"spec": STRING, "findings": list_of(finding)}))})


def _audit() -> Schema:
    source = grows({"source": STRING, "conventions": NAMES, "hold_as_they_are": COUNT, "hold": COUNT,
                    "figures": COUNT})
    claim = grows({
        "spec": STRING, "quantity": STRING, "of": {"type": ["string", "null"]}, "setting": {"type": ["string", "null"]},
        "printed": STRING, "statement": STRING, "source": STRING, "note": STRING, "verdict": _VERDICT,
        "sentence": STRING, "computed": said({}, "A number, a word, or a list of them."),
        "relative_error": said(any_of(NUMBER, NULL), "(printed − computed) / computed."), "conventions": NAMES,
        "alone": list_of(NAMES), "arithmetic": STRING, "news": BOOL, "file": STRING, "line": _PLACE,
        "column": _PLACE})
    audit = tagged("audit", {
        "name": STRING, "spec": STRING, "counts": map_of(COUNT),
        "statements": list_of(grows({"statement": STRING, "verdict": _VERDICT})), "sources": list_of(source),
        "verdicts": list_of(claim)})
    return {"if": {"type": "array"}, "then": list_of(audit), "else": audit}


def _diff() -> Schema:
    name: Schema = {"type": "array", "items": {"type": ["string", "null"]}, "minItems": 2, "maxItems": 2}
    change: Schema = {"type": "integer"}
    pair = grows({"status": {"enum": ["same", "changed", "added", "removed", "renamed"]},
                  "layers": said(name, "In the first and in the second network; null where there is none."),
                  "kinds": name, "changes": NAMES, "params": change, "macs": change})
    network = grows({"name": STRING, "spec": STRING, "totals": grows(_TOTALS)})
    return tagged("diff", {"networks": list_of(network, minItems=2, maxItems=2), "params": change, "macs": change,
                           "pairs": list_of(pair)})


def _comparison() -> Schema:
    figure = grows({"value": COUNT, "ratio": said(any_of(NUMBER, NULL), "To the first network's, rounded."),
                    "best": BOOL})
    stage = any_of(grows({"first": SIZES, "last": SIZES, **_TOTALS}), NULL)
    network = grows({"name": STRING, "spec": STRING, "inputs": map_of(SIZES)})
    return tagged("comparison", {
        "batch": {"type": "integer", "minimum": 1}, "dtype": STRING, "networks": list_of(network),
        "totals": said(map_of(list_of(figure)), "For each network in order."),
        "stages": said(map_of(list_of(stage)), "By the scale of the map: for each network, null where it has none.")})


def _verification() -> Schema:
    line = grows({"check": STRING, "verdict": {"enum": ["equal", "differs", "not run", "within"]}, "ours": STRING,
                  "theirs": STRING, "remark": STRING})
    spec = grows({"spec": STRING, "against": STRING, "agrees": BOOL, "lines": list_of(line)},
                 {"card": said(STRING, "The card on which it ran.")})
    return tagged("verification", {"versions": map_of(STRING), "specs": list_of(spec)})


RESULTS: dict[str, Schema] = {
    "check": _check(),
    "lint": _lint(),
    "audit": _audit(),
    "diff": _diff(),
    "comparison": _comparison(),
    "verification": _verification(),
    "list": list_of(grows({"summary": STRING}, {"spec": STRING, "kind": STRING})),
}
