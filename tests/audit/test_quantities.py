"""Every quantity on a small network, by arithmetic; and the ways to say of which part and to what."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import archcalc
from archcalc.claims.verdict import Verdict
from archcalc.spec.claim import QUANTITIES

SPEC = """
name: Small
paper: {authors: [Nobody], title: None, year: 1999}
parameters: {image: 16, wide: 8, n: 2}
input: [3, image, image]
layers:
  - stem: {conv: wide, kernel: [3, 1], padding: [1, 0], then: [batchnorm, relu]}
  - pool: {maxpool: 2, stride: 2}
  - block: {unit: , repeat: n}
  - aux: {global_avgpool: , from: pool, only: train}
  - flatten
  - fc: {linear: 10, from: flatten}
blocks:
  unit:
    - sum: {add: {branch: [{conv1: {conv: 8, kernel: 3, padding: 1, groups: 2, bias: false}}], shortcut: []}}
placement: {devices: 2, layers: {stem: 0, pool: 0, block: 1, flatten: 1, fc: 1}}
augmentation: {image: 20, crop: 16}
claims:
"""

STEM = 3 * 8 * 3                        # weights of a 3×1 kernel from 3 channels to 8
UNIT = 8 * 4 * 3 * 3                    # of a 3×3 kernel in 2 groups of 4 channels
FC = 8 * 8 * 8 * 10
MACS = STEM * 16 * 16, UNIT * 8 * 8, FC
TOTAL = STEM + 8 + 2 * 8 + 2 * UNIT + FC + 10

CLAIMS: dict[str, object] = {
    "params: 1": TOTAL,
    "params: {stem: 1}": STEM + 8,
    "params: {stem + stem.batchnorm: 1}": STEM + 8 + 16,
    "params: {block: 1}": 2 * UNIT,
    "params: {block.*: 1}": 2 * UNIT,
    "params: {conv: 1}": STEM + 8 + 2 * UNIT,
    "params: {fc: 1%}, share: true": float(Fraction(FC + 10, TOTAL)),
    "params: {block: 2x}, with: {n: 6}, to: spec.yaml": 3,
    "params: 2 fewer, with: {n: 1}, to: spec.yaml": UNIT,
    "params: 9% less, with: {n: 1}, to: spec.yaml": float(Fraction(UNIT, TOTAL)),
    "params: {stem: 1}, with: {wide: 16, block: null}": 2 * STEM + 16,
    "params: {stem: 1}, under: no-biases": STEM,
    "params: 1, under: [no-biases, no-norm]": STEM + 2 * UNIT + FC,
    "params: 1, under: [statistics, convolutions]": STEM + 8 + 2 * UNIT,
    "weights: 1": STEM + 2 * UNIT + FC,
    "buffers: 1": 2 * 8,
    "macs: 1": MACS[0] + 2 * MACS[1] + MACS[2],
    "macs: {block.1: 1}": MACS[1],
    "flops: {stem: 1}": 2 * MACS[0] + 8 * 16 * 16,
    "flops: {stem: 1}, under: 2-macs": 2 * MACS[0],
    "flops: {stem: 1}, under: macs": MACS[0],
    "outputs: {stem: 1}": 8 * 16 * 16,
    "outputs: {input: 1}": 3 * 16 * 16,
    "neurons: 1": 8 * 16 * 16 + 2 * 8 * 8 * 8 + 10,
    "memory: {fc: 1}": 10 * 4,
    "peak_inference: 1": (3 * 16 * 16 + 2 * 8 * 16 * 16) * 4,
    "saved_for_backward: 1": archcalc.report(archcalc.loads(SPEC.removesuffix("claims:\n"))).memory.saved.bytes,
    "training: 1": archcalc.report(archcalc.loads(SPEC.removesuffix("claims:\n"))).memory.training.total,
    "shape: {block: [1]}": [8, 8, 8],
    "size: {pool: 1}": [8, 8],
    "size: {fc: 1}": None,
    "kernels: {stem: [1]}": [8, 3, 3, 1],
    "kernels: {pool: [1]}": None,
    "field: {stem: [1, 1]}": [3, 1],
    "field: {block: [1, 1]}": [3 + 1 + 4 + 4, 1 + 1 + 4 + 4],
    "layers: 1": 4,
    "layers: {conv: 1}": 3,
    "layers: {add: 1}": 2,
    "layers: {'*.conv1': 1}": 2,
    "layers: {block: 1}": 2,
    "depth: 1": 4,
    "depth: 1, under: pooling": 5,
    "depth: {block.1: 1}": 1,
    "blocks: {block: 1}": 2,
    "settings: {stem: {kernel: 1}}": [3, 1],
    "settings: {'*': {groups: 1}}": [1, 2],
    "settings: {block.1.sum.branch.conv1: {bias: true}}": False,
    "follows: {pool: input}": ["stem.relu"],
    "follows: {block: input}": ["pool"],
    "crossings: [fc]": ["block.1.sum.branch.conv1", "block.1.sum"],
    "augmentation: 1": (20 - 16 + 1) ** 2,
    "year: 1": 1999,
    "arithmetic: {wide * n + 1: 1}": 8 * 2 + 1,
    "arithmetic: {4 / 3: 33% more}": float(Fraction(1, 3)),
    "shape: {aux: [1]}, mode: train": [8, 1, 1],
}


def judged(claim: str, folder: Path) -> Verdict:
    path = folder / "spec.yaml"
    path.write_text(f"{SPEC}- {{{claim}}}\n", "utf-8")
    (verdict,) = archcalc.audit(path).verdicts
    return verdict


@pytest.mark.parametrize("claim", CLAIMS)
def test_quantity(claim: str, tmp_path: Path) -> None:
    verdict = judged(claim, tmp_path)
    assert verdict.computed == CLAIMS[claim], verdict.sentence
    assert (verdict.verdict == "cannot be judged") == (CLAIMS[claim] is None)


def test_every_quantity_is_here() -> None:
    assert {claim.partition(":")[0] for claim in CLAIMS} == QUANTITIES.keys()
