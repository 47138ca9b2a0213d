"""Sketches as specs: blocks, repeats, arguments and names, and that the spec gives the sketch again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import loads, report
from archcalc.importing.references import faithful, written
from archcalc.importing.sketch import Refused, Sketch
from archcalc.importing.writing.arguments import Slot, arguments
from archcalc.importing.writing.emit import emit


def chain(sketch: Sketch, layers: Sequence[tuple[str, str, dict[str, Any]]], at: int) -> int:
    for name, kind, fields in layers:
        at = sketch.add(name, kind, fields, [at])
    return at


def conv(name: str, filters: int, **fields: Any) -> list[tuple[str, str, dict[str, Any]]]:
    return [(f"{name}.0", "conv", {"filters": filters, "bias": False, **fields}), (f"{name}.1", "batchnorm", {}),
            (f"{name}.2", "relu", {})]


def residual(widths: Sequence[int]) -> Sketch:
    """A network of residual parts, of which those that change the width project."""
    sketch = Sketch("residual")
    x, before = sketch.input("input", (3, 32, 32)), 3
    for n, width in enumerate(widths):
        path = f"stage.{n}"
        sketch.classes[path] = "Part"
        a = chain(sketch, [*conv(f"{path}.conv1", width, kernel=3, padding=1),
                           *conv(f"{path}.conv2", width, kernel=3, padding=1)[:2]], x)
        b = x if width == before else chain(sketch, conv(f"{path}.proj", width)[:2], x)
        x = sketch.add(f"{path}.add", "add", {}, [a, b])
        x, before = sketch.add(f"{path}.relu", "relu", {}, [x]), width
    sketch.outputs = [x]
    return sketch


def test_repeated_parts_are_one_block() -> None:
    text = emit(residual([16, 16, 16, 32, 32]))
    assert text.count("kernel: 3") == 2
    assert "part(filters, has_proj=false):" in text
    assert "{part: 16, repeat: 3, first: {has_proj: true}}" in text
    assert faithful(residual([16, 16, 16, 32, 32]), text)


def test_figures_are_those_of_the_layers() -> None:
    net = loads(emit(residual([8, 8])))
    one, two, three = 3 * 8 * 9 + 16, 8 * 8 * 9 + 16, 3 * 8 + 16     # convolutions and their normalization
    assert report(net).totals.params == one + two + three + 2 * two


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([4, 8, 12]), min_size=1, max_size=6))
def test_every_emitted_spec_is_faithful(widths: list[int]) -> None:
    sketch = residual(widths)
    assert faithful(sketch, emit(sketch))
    assert faithful(sketch, emit(sketch, fold=False))


def test_faithful_can_fail() -> None:
    assert not faithful(residual([4, 4]), emit(residual([4, 8])))
    assert not faithful(residual([4]), "not: a spec")


def test_dense_chains_read_by_pattern() -> None:
    sketch = Sketch("dense")
    begin = sketch.add("stem", "conv", {"filters": 8}, [sketch.input("input", (3, 8, 8))])
    parts: list[int] = []
    for n in range(4):
        path = f"block.layer{n + 1}"
        sketch.classes[path] = "DenseLayer"
        x = sketch.add(f"{path}.cat", "concat", {}, [begin, *parts])
        parts.append(chain(sketch, [(f"{path}.norm", "batchnorm", {}), (f"{path}.conv", "conv", {"filters": 4})], x))
    sketch.outputs = [sketch.add("block.cat", "concat", {}, [begin, *parts])]
    text = emit(sketch)
    assert "{dense_layer: , repeat: 4}" in text
    assert "from: [stem, block.layer.*]" in text
    assert faithful(sketch, text)


@pytest.mark.parametrize(("values", "texts"), [
    ([(64, 128), (256, 512)], ["filters", "4 * filters"]), ([(64, 128), (32, 64)], ["2 * filters", "filters"]),
    ([(8, 16), (8, 16)], ["filters", "filters"]), ([(8, 16), (8, 24)], ["b_0", "b_1"]),
    ([(8, 16), (3, 3)], ["filters", 3])])
def test_arguments_express_one_another(values: list[tuple[int, int]], texts: list[Any]) -> None:
    slots = [Slot(f"b_{i}", "conv", "filters", v) for i, v in enumerate(values)]
    made, stands = arguments(slots)
    assert [stands[slot] for slot in slots] == texts
    assert {a.name for a in made} <= set(map(str, texts))


def test_names_that_the_language_takes_for_something_else() -> None:
    sketch = Sketch("names")
    x = sketch.input("input", (3, 8, 8))
    layers = [("0", "conv", {"filters": 4}), ("concat", "opaque", {"shape": (4, 8, 8)}), ("input.a", "relu6", {}),
              ("add", "add", {}), ("pool size?", "maxpool", {"kernel": 2, "stride": 2})]
    sketch.outputs = [chain(sketch, layers, x)]
    assert faithful(sketch, emit(sketch))


def test_a_kind_that_refuses_is_no_layer() -> None:
    sketch = Sketch("refused")
    x = sketch.input("input", (3, 8, 8))
    with pytest.raises(Refused, match="a window of 9 does not fit"):
        sketch.add("conv", "conv", {"filters": 4, "kernel": 9}, [x])


def test_totals_with_an_opaque_layer_are_lower_bounds() -> None:
    sketch = Sketch("opaque")
    x = sketch.add("conv", "conv", {"filters": 4, "bias": False}, [sketch.input("input", (3, 8, 8))])
    sketch.outputs = [sketch.add("fft", "opaque", {"shape": (4, 8, 8), "parameters": ((4, 8),)}, [x])]
    sketch.drafts[-1].note = "fft: has no kind"
    found = written(sketch)
    assert "# fft: has no kind" in found.text
    assert found.notes[0].startswith("1 layer is opaque, which hold 32 parameters: MACs")
    made = report(loads(found.text))
    assert made.totals.params == 3 * 4 + 32
    assert "1 layer is opaque (fft): MACs, FLOPs" in " ".join(made.to_table().split())
    assert "1 layer is opaque (fft)" in made.to_markdown()
    assert "opaque" not in report("alexnet").to_table()
