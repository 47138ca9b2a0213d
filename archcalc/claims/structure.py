"""Quantities of structure: shapes and fields, numbers of layers, settings and connections of layers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.analysis.placement import spread
from archcalc.claims.measured import Counting, Measured, NoField, Unjudged, Unknown
from archcalc.claims.quantity import Register, Settings, Value, counted
from archcalc.reports.model import Row
from archcalc.spec.claim import Claim
from archcalc.spec.expression import ExpressionError, parse
from archcalc.spec.sections import augmentation, placement
from archcalc.words import suggest

STRUCTURE = Register()


@STRUCTURE("shape", "the output of {of} is {value}")
def _shape(m: Measured, claim: Claim, counting: Counting) -> Value:
    shape: tuple[int, ...] = m.last(claim.of).shape
    return shape


@STRUCTURE("size", "the maps of {of} are {value}")
def _size(m: Measured, claim: Claim, counting: Counting) -> Value:
    spatial = m.last(claim.of).out.spatial
    if not spatial:
        raise Unjudged("its output has no spatial axes")
    return tuple(spatial)


@STRUCTURE("field", "a unit of {of} sees {value} input pixels along an axis")
def _field(m: Measured, claim: Claim, counting: Counting) -> Value:
    found = m.report.field(m.last(claim.of))
    if not found:
        raise Unjudged("it has no receptive field on the input")
    return tuple(f.size for f in found)


@STRUCTURE("kernels", "the weight tensor of {of} is {value}", network=False)
def _kernels(m: Measured, claim: Claim, counting: Counting) -> Value:
    row = m.last(claim.of)
    if "weight" not in row.call.params:
        raise Unjudged("it has no weight")
    axes: tuple[int, ...] = row.call.params["weight"].shape
    return axes


def _is_layer(row: Row, counting: Counting) -> bool:
    """Whether a row counts as a layer: those with weights do, and pooling where it is counted."""
    return row.weights > 0 or (counting.pooling and row.node.layer.family == "pool")


@STRUCTURE("layers", "{of} has {value} layers", "layers", ("pooling", "convolutions"))
def _layers(m: Measured, claim: Claim, counting: Counting) -> Value:
    rows = counted(m.rows(claim.of), counting)
    if claim.of is not None and m.select(claim.of).how in ("pattern", "kind"):
        return len(rows)
    return sum(_is_layer(row, counting) for row in rows)


@STRUCTURE("depth", "the longest path through {of} has {value} layers", "layers on the longest path",
           ("pooling", "convolutions"))
def _depth(m: Measured, claim: Claim, counting: Counting) -> Value:
    within = {row.index: row for row in counted(m.rows(claim.of), counting)}
    deepest: list[int] = []
    for i, node in enumerate(m.net.nodes):
        before = max((deepest[k] for k in node.inputs), default=0)
        deepest.append(before + (i in within and _is_layer(within[i], counting)))
    return max(deepest)


@STRUCTURE("blocks", "{of} repeats its block {value} times", "blocks")
def _blocks(m: Measured, claim: Claim, counting: Counting) -> Value:
    prefix = f"{claim.of}." if claim.of else ""
    nodes = [m.net.nodes[i].name for i in m.select(claim.of).nodes]
    names = {name.removeprefix(prefix).partition(".")[0] for name in nodes}
    return sum(name.isdigit() for name in names)


@STRUCTURE("augmentation", "crops and reflections make {value} images of one", network=False)
def _augmentation(m: Measured, claim: Claim, counting: Counting) -> Value:
    found = augmentation(m.net)
    if found is None:
        raise Unjudged("the spec has no `augmentation`")
    return (found.image - found.crop + 1) ** 2 * (2 if found.flip else 1)


@STRUCTURE("year", "{of} was published in {value}", network=False)
def _year(m: Measured, claim: Claim, counting: Counting) -> Value:
    paper = m.net.document.section("paper")
    year = paper.value.get("year") if paper is not None and isinstance(paper.value, dict) else None
    if year is None or not isinstance(year.value, int):
        raise Unjudged("the spec does not give the year of its paper")
    return year.value


@STRUCTURE("settings", "{of} has {setting} {value}", network=False)
def _settings(m: Measured, claim: Claim, counting: Counting) -> Value:
    found = Settings()
    rows = m.rows(claim.of)
    fields = {field for row in rows for field in type(row.node.layer).model_fields}
    if rows and claim.setting not in fields:
        raise NoField(f"it has no field '{claim.setting[:80]}'{suggest(claim.setting, sorted(fields))}")
    for row in rows:
        if claim.setting in type(row.node.layer).model_fields:
            found.setdefault(_setting(row, claim.setting), []).append(row.name)
    if not found:
        raise Unjudged("there is no such layer")
    return found


def _setting(row: Row, field: str) -> Any:
    """A field's value: one where all axes have the same, as the windows have it where it is one of theirs."""
    layer = row.node.layer
    value = getattr(layer, field)
    if field in ("kernel", "stride", "padding", "dilation") and hasattr(layer, "windows"):
        windows = layer.windows(*row.call.inputs)
        value = tuple(w.before if w.before == w.after else f"{w.before}+{w.after}" for w in windows) \
            if field == "padding" else tuple(getattr(w, field) for w in windows)
    if isinstance(value, tuple):
        return value[0] if len(set(value)) == 1 else value
    return Fraction(str(value)) if isinstance(value, float) else value


@STRUCTURE("follows", "{of} reads {value}", network=False)
def _follows(m: Measured, claim: Claim, counting: Counting) -> Value:
    first = m.net.nodes[min(m.select(claim.of).nodes, default=m.last(claim.of).index)]
    return tuple(m.net.nodes[i].name for i in first.inputs)


@STRUCTURE("crossings", "in {of}, activations cross between devices into {value}", network=False)
def _crossings(m: Measured, claim: Claim, counting: Counting) -> Value:
    found = placement(m.net)
    if found is None:
        raise Unjudged("the spec has no `placement`")
    crossings = spread(m.net, found.devices, found.split is not None, found.layers, "float32", 1).crossings
    return tuple(dict.fromkeys(crossing.layer for crossing in crossings))


@STRUCTURE("arithmetic", "{of} = {value}", network=False)
def _arithmetic(m: Measured, claim: Claim, counting: Counting) -> Value:
    text = claim.of or ""
    expression = parse(text)
    for name in sorted(expression.names - m.net.parameters.keys()):
        raise Unknown(f"unknown name '{name[:80]}'{suggest(name, m.net.parameters)}")
    try:
        value = expression(m.net.parameters)
    except ExpressionError as error:
        raise Unknown(str(error)) from None
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise Unknown(f"'{text[:80]}' is no number")
    return value
