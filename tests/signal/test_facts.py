"""Predictions against tests/facts/signal.json, what torch measured over 20 seeds at every layer, both ways.

A prediction may differ from torch's mean by 10 %.  Where that mean's own standard error is above 2 %, as it is in
deep networks without normalization, it is added.  Layers beyond are listed here, and with their errors in
docs/signal-measured.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import pytest

from archcalc.propagation.propagate import signal
from tests.signal.matrix import CASES, FACTS, INITS, NETWORKS, SEEDS, SUBJECTS, Case

TOLERANCE, EXACT = 0.10, 0.02
MEASURED = {(case["network"], case["init"], case["activation"]): case
            for case in json.loads(FACTS.read_text("utf-8"))["cases"]}

BEYOND: Mapping[str, float] = {
    "plain-34 without batch normalization, he, relu": 0.21,  # E x² of the last layer, torch's own error is 10 %
    "plain-34 without batch normalization, xavier, relu": 0.21,
    "plain-34 without batch normalization, normal:0.01, relu": 0.21,
    "plain-34 without batch normalization, he, tanh": 0.26,  # gradients grow where tanh saturates, at the first layer
    "ResNet-34 without batch normalization, he, relu": 0.22,
    "ResNet-34 without batch normalization, he, tanh": 0.37,
    "ResNet-34 without batch normalization, xavier, relu": 0.19,
    "two Inception modules, he": 0.33,  # maxima of windows that overlap with stride 1
    "gru, two layers, last state, he": 0.45,
    "attention, causal, twice, he": 0.20,
    "attention, causal, twice, xavier": 0.55,
}
"""Cases with layers beyond, none of them of the networks with batch normalization or of VGG D, and how far."""


def compared(case: Case) -> Iterator[tuple[str, float, float]]:
    """For each layer and direction, how far off, and what is allowed."""
    known, found = MEASURED[case.network, case.init, case.activation], signal(case.net(), case.init)
    assert [row.name for row in found.rows[found.net.n_inputs:]] == known["layers"]
    for what in ("second_moment", "gradient"):
        for name, mean, error in zip(known["layers"], known[what], known[f"{what}_error"], strict=True):
            off = getattr(found[name], what) / mean - 1 if mean else getattr(found[name], what)
            yield f"{what} of {name}: {100 * off:+.1f} % ± {100 * error:.1f} %", abs(off), TOLERANCE + (
                error if error > EXACT else 0.0)


def check(case: Case) -> None:
    limit = BEYOND.get(case.title, 0.0)
    found = list(compared(case))
    assert not [text for text, off, allowed in found if off > max(allowed, limit)]
    if limit:
        assert any(off > allowed for _, off, allowed in found), f"{case.title} needs no exception any more"


@pytest.mark.zoo
@pytest.mark.parametrize("case", NETWORKS, ids=lambda case: case.title)
def test_every_layer_of_networks(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", CASES[len(NETWORKS):], ids=lambda case: case.title)
def test_every_layer_of_small_networks(case: Case) -> None:
    check(case)


def test_the_measurement_is_whole() -> None:
    """Three initialisations, two activations, 20 seeds, of every network."""
    assert len(NETWORKS) == len(SUBJECTS) * len(INITS) * 2
    assert {(case.network, case.init, case.activation) for case in CASES} == set(MEASURED)
    assert {known["seeds"] for known in MEASURED.values()} == {SEEDS} == {20}
    held = [case.title for case in NETWORKS if "with batch" in case.title or case.network.startswith("VGG")]
    assert len(held) == 24
    assert not set(held) & set(BEYOND)
