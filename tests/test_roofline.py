"""The roofline, by arithmetic."""

from __future__ import annotations

from fractions import Fraction

import pytest

import archcalc
from archcalc.analysis.roofline import Peaks, costs, roofline

SMALL = archcalc.loads("""
input: [3, 8, 8]
layers:
- conv: {conv: 4, kernel: 3, padding: 1, then: relu}
- flatten
- fc: {linear: 10}
""")
CONV = 4 * 64 * 3 * 9, 4 * 4 * (3 * 9 + 1)               # MACs, and bytes of parameters
FC = 256 * 10, 4 * 10 * (256 + 1)
X, Y, OUT = 4 * 3 * 64, 4 * 4 * 64, 4 * 10               # bytes of the input, of conv's output, of fc's


def test_costs_of_layers() -> None:
    found = {cost.name: (cost.flops, cost.bytes) for cost in costs(SMALL)}
    assert found == {"conv": (2 * CONV[0] + 256, X + Y + CONV[1]), "conv.relu": (256, 2 * Y), "flatten": (0, 0),
                     "fc": (2 * FC[0] + 10, Y + OUT + FC[1])}


def test_a_batch_reads_parameters_once() -> None:
    one, three = costs(SMALL)[0], costs(SMALL, batch=3)[0]
    assert (three.flops, three.bytes) == (3 * one.flops, 3 * (X + Y) + CONV[1])
    assert costs(SMALL, "float16")[0].bytes == one.bytes // 2


def test_intensity() -> None:
    conv, _, flatten, _ = costs(SMALL)
    assert (conv.intensity, flatten.intensity) == (Fraction(2 * CONV[0] + 256, X + Y + CONV[1]), None)


def test_each_layer_takes_the_longer_of_arithmetic_and_memory() -> None:
    found = roofline(SMALL, Peaks(flops=100.0, bandwidth=100.0))
    conv = (2 * CONV[0] + 256) / 100                     # 140.8 s of arithmetic, 22.4 s of memory
    assert found.arithmetic == pytest.approx(conv)
    assert found.seconds == pytest.approx(conv + 2 * Y / 100 + (Y + OUT + FC[1]) / 100)


def test_nothing_goes_below_the_floor() -> None:
    """A product per output and pair of channels, and the weights that no cache holds."""
    products = 2 * (CONV[0] // 9 + FC[0])
    assert roofline(SMALL, Peaks(1.0, 1e9)).floor == pytest.approx(products)
    assert roofline(SMALL, Peaks(1e9, 1.0)).floor == pytest.approx(CONV[1] + FC[1])
    assert roofline(SMALL, Peaks(1e9, 1.0, cache=10_000)).floor == pytest.approx(CONV[1] + FC[1] - 10_000)
    assert roofline(SMALL, Peaks(1.0, 1.0, cache=10**9)).floor == pytest.approx(products)


def test_causal_attention_may_skip_half() -> None:
    text = "input: {shape: [6, 32], axes: [sequence, channel]}\nlayers: [{attention: 4, causal: %s}]"
    whole, half = (roofline(archcalc.loads(text % causal), Peaks(1.0, 1e12)).floor for causal in ("false", "true"))
    assert whole == 2 * half == 2 * (4 * 6 * 32 * 32 + 2 * 6 * 6 * 32)


def test_what_only_moves_data_reads_what_it_writes() -> None:
    text = "input: {shape: [5], axes: [sequence], dtype: int64}\nlayers: [{embedding: 1000, features: 8}]"
    assert costs(archcalc.loads(text)) == [("embedding", 0, 2 * 4 * 5 * 8)]


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "gpt2", "unet"])
def test_no_floor_is_above_its_roofline(name: str) -> None:
    found = roofline(archcalc.load(name), Peaks(67e12, 3.35e12))
    assert 0 < found.floor < found.seconds
    assert found.arithmetic <= found.seconds
