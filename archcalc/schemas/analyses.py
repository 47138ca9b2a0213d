"""The schemas of analyses: memory, order, placement, regions, explanations, paths, signal, deconvnets."""

from __future__ import annotations

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

NUMBER: Schema = {"type": "number"}
_DECIMAL = said({"type": "string", "pattern": "^[0-9]+$"}, "Exact, as text: it may exceed what JSON readers hold.")
_MODE: Schema = {"enum": ["eval", "train"]}
_RANGES = said(list_of(any_of({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}, NULL)),
               "First and last place along each axis; null where nothing is seen.")
_BYTES = grows(dict.fromkeys(("params", "buffers", "outputs", "peak_inference", "peak_inference_min",
                              "saved_for_backward", "saved_for_backward_min", "training"), COUNT))
_STEP = grows({"optimizer": STRING, "checkpoint": BOOL, **dict.fromkeys(
    ("params", "gradients", "optimizer_state", "saved_for_backward", "working_estimate"), COUNT)})


def tagged(name: str, required: Schema, optional: Schema | None = None) -> Schema:
    """A record that names its schema."""
    return grows({"schema": {"const": f"{name}/1"}, **required}, optional)


def _change() -> Schema:
    number: Schema = {"type": ["number", "null"]}
    return said(grows({"log10_ratio": number, "per_layer": number, "depth_scale": number}),
                "From the first layer to the last; null where it is infinite.")


def _paths() -> Schema:
    length = grows({"length": COUNT, "paths": _DECIMAL}, {"gradient": NUMBER})
    network = grows({
        "name": STRING, "spec": STRING, "mode": _MODE, "unit": {"enum": ["weights", "pooling", "layers"]},
        "depth": map_of(COUNT), "longest": COUNT, "shortest": COUNT, "paths": _DECIMAL, "mean": NUMBER,
        "variance": NUMBER, "middle_95_percent": list_of(COUNT, minItems=2, maxItems=2), "lengths": list_of(length)},
        {"init": said(STRING, "The initialization of which lengths have shares of the gradient.")})
    return tagged("paths", {"networks": list_of(network)})


def _signal() -> Schema:
    number: Schema = {"type": ["number", "null"]}
    row = grows({"name": STRING, "kind": STRING, "depth": {"type": ["integer", "null"]}, "weights": BOOL,
                 **dict.fromkeys(("second_moment", "mean", "variance", "gradient", "gradient_norm"), number)},
                {"note": STRING})
    verdict = grows({"text": STRING, "layers": COUNT, "signal": _change(), "gradient": _change()})
    network = grows({"name": STRING, "spec": STRING, "mode": _MODE, "init": STRING, "source": STRING,
                     "assumptions": STRING, "border_cells": COUNT, "verdict": verdict, "layers": list_of(row)})
    return tagged("signal", {"networks": list_of(network)})


def _deconvnet() -> Schema:
    note = grows({"name": STRING, "layer": STRING, "what": STRING, "shape": SIZES})
    layer = grows({"name": STRING, "kind": STRING, "undoes": STRING, "inputs": NAMES, "output_shape": SIZES,
                   "params": COUNT})
    return tagged("deconvnet", {
        "spec": STRING, "layer": STRING, "source": STRING, "method": {"enum": ["deconvnet", "guided", "gradient"]},
        "signal": SIZES, "output_shape": SIZES, "notes": list_of(note), "layers": list_of(layer),
        "unit": list_of({"type": "integer"}), "patch": _RANGES})


def _placement() -> Schema:
    device = grows(dict.fromkeys(("params", "macs", "activations", "peak"), COUNT))
    crossing = grows({"source": STRING, "layer": STRING, "bytes": COUNT})
    return tagged("placement", {"spec": STRING, "forward": COUNT, "training": COUNT, "devices": list_of(device),
                                "crossings": list_of(crossing)})


def _explanation() -> Schema:
    step = grows(dict.fromkeys(("what", "arithmetic", "result", "remark"), STRING))
    layer = grows({"name": STRING, "title": STRING, "steps": list_of(step)})
    return tagged("explanation", {"spec": STRING, "layers": list_of(layer)})


ANALYSES: dict[str, Schema] = {
    "memory": tagged("memory", {
        "spec": STRING, "bytes": _BYTES,
        "peak": grows({"layer": STRING, "alive": list_of(grows({"name": STRING, "bytes": COUNT}))}),
        "surplus": said(map_of(COUNT), "Bytes kept for the backward pass but outputs, by what they are."),
        "training": _STEP}),
    "order": tagged("order", {
        "spec": STRING, "peak": COUNT, "given": COUNT, "gain": NUMBER, "bound": COUNT, "exact": BOOL,
        "stopped": STRING, "layers": NAMES}),
    "placement": _placement(),
    "region": tagged("region", {"layer": STRING, "unit": list_of({"type": "integer"}), "regions": map_of(_RANGES)}),
    "explanation": _explanation(),
    "paths": _paths(),
    "signal": _signal(),
    "deconvnet": _deconvnet(),
}
