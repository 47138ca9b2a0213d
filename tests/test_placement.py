"""AlexNet's two GPUs, as figure 2 of the paper has them, and other ways to spread a network."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.analysis.placement import spread
from archcalc.errors import ArchcalcError
from archcalc.reports.sections import placement_text, spread_of


def test_alexnet_communicates_only_where_the_paper_has_it() -> None:
    """Into conv3 and the dense layers; each GPU receives the half that it has not."""
    found = spread_of(archcalc.report("alexnet"))
    assert found is not None
    assert {(c.source, c.layer): c.bytes for c in found.crossings} == {
        ("pool2", "conv3"): 256 * 13 * 13 * 4, ("flatten", "fc6"): 9216 * 4,
        ("fc6.relu", "fc7"): 4096 * 4, ("fc7.relu", "fc8"): 4096 * 4}
    assert found.forward == 4 * (256 * 13 * 13 + 9216 + 4096 + 4096)
    assert found.training == 2 * found.forward


def test_alexnet_halves() -> None:
    found = spread_of(archcalc.report("alexnet"))
    assert found is not None
    totals = archcalc.report("alexnet").totals
    for device in found.devices:
        assert (2 * device.params, 2 * device.macs) == (totals.params, totals.macs)


def test_zfnet_is_on_one_gpu() -> None:
    found = spread_of(archcalc.report("zfnet"))
    assert found is not None
    assert (len(found.devices), found.crossings) == (1, ())


def test_whole_layers() -> None:
    spec = """
input: [3, 8, 8]
layers: [{a: {conv: 4}}, {b: {conv: 8}}, {c: {conv: 2}}]
placement: {devices: 3, layers: {a: 0, b: 1, c: [1, 2]}}
"""
    found = spread_of(archcalc.report(archcalc.loads(spec), batch=2))
    assert found is not None
    a, b = 4 * 64 * 4 * 2, 8 * 64 * 4 * 2
    assert [(c.source, c.layer, c.bytes) for c in found.crossings] == [("a", "b", a), ("b", "c", b)]
    assert [d.params for d in found.devices] == [3 * 4 + 4, (4 * 8 + 8) + (8 * 2 + 2), 8 * 2 + 2]


def test_a_split_must_divide() -> None:
    with pytest.raises(ArchcalcError, match="96 channels do not divide over 5 devices") as error:
        spread(archcalc.load("alexnet", gpus=1), 5, True)
    assert "specs/alexnet.yaml:" in str(error.value)


def test_without_placement() -> None:
    with pytest.raises(ArchcalcError, match="vgg16 has no `placement`"):
        placement_text(archcalc.report("vgg16"))
