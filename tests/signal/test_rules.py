"""Rules against closed forms: of papers, and of arithmetic written out."""

from __future__ import annotations

import ast
import math
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from hypothesis import given, settings

import archcalc
from archcalc.errors import RuleError, UsageError
from archcalc.layers.registry import kinds
from archcalc.propagation import propagate
from archcalc.propagation.gaussian import largest, moments, product_moment
from archcalc.propagation.grid import cell_of, cells
from archcalc.propagation.initialization import PAPERS, SCHEMES, Scheme, fans, scheme
from archcalc.propagation.marginal import Marginal, applied
from archcalc.propagation.propagate import Propagation, signal
from archcalc.propagation.rules import RULES
from archcalc.propagation.softmax import shares
from archcalc.propagation.verdict import verdict
from archcalc.tensor import weight
from tests.fuzz.specs import specs

HALF = pytest.approx(0.5, rel=1e-3)


def run(text: str, init: str = "he", **options: int) -> Propagation:
    mode = "train" if "dropout" in text else "eval"
    return signal(archcalc.loads(text, mode=mode), init, **options)


# ── Gaussian integrals ──


def relu(x: float) -> float:
    return max(x, 0.0)


@pytest.mark.parametrize("r", [-0.9, -0.3, 0.0, 0.5, 0.9, 1.0])
def test_arc_cosine_kernel(r: float) -> None:
    """Cho and Saul 2009: E relu(x) relu(y) = (√(1 − r²) + r·(π − arccos r)) / 2π."""
    found = moments(relu, 0.0, 1.0)
    exact = (math.sqrt(1 - r * r) + r * (math.pi - math.acos(r))) / (2 * math.pi)
    assert product_moment(found.coefficients, found.coefficients, r) == pytest.approx(exact, abs=4e-4)


def test_moments_of_relu_and_of_a_shifted_one() -> None:
    found = moments(relu, 0.0, 4.0)
    assert found.mean == pytest.approx(2 / math.sqrt(2 * math.pi), rel=1e-3)
    assert (found.square, found.slope) == (pytest.approx(2, rel=1e-3), HALF)
    # x = 1 + z: E relu² = (1 + 1)·Φ(1) + φ(1), P(x > 0) = Φ(1)
    phi, cap = math.exp(-0.5) / math.sqrt(2 * math.pi), 0.5 + 0.5 * math.erf(1 / math.sqrt(2))
    found = moments(relu, 1.0, 1.0)
    assert found.square == pytest.approx(2 * cap + phi, rel=1e-3)
    assert found.slope == pytest.approx(cap, rel=2e-2)


@pytest.mark.parametrize("r", [0.0, 0.5, 0.9])
def test_larger_of_two(r: float) -> None:
    """Of two standard Gaussians of correlation r: E M = √((1 − r)/π) and E M² = 1; P(M > 0) = 1 − P(both below)."""
    found = largest(lambda x: x, 2, r, 0.0, 1.0)
    assert found.mean == pytest.approx(math.sqrt((1 - r) / math.pi), abs=2e-3)
    assert found.square == pytest.approx(1, rel=3e-3)
    below = 0.25 + math.asin(r) / (2 * math.pi)
    assert largest(relu, 2, r, 0.0, 1.0).slope == pytest.approx(1 - below, rel=1e-2)


# ── layers ──


def test_he_keeps_what_relu_halves() -> None:
    """He et al. 2015, §2.2: with variance 2/n, E x² stays and so does E δ² of equal widths."""
    found = run("input: [64]\nthen: {linear: relu}\nlayers:\n- fc: {linear: 64, repeat: 30}\n")
    assert found["fc.30"].second_moment == pytest.approx(2, rel=2e-2)
    assert found["fc.30.relu"].second_moment == pytest.approx(1, rel=2e-2)
    assert found["fc.1"].gradient == pytest.approx(0.5, rel=2e-2)


def test_xavier_halves_both_in_a_relu_chain() -> None:
    """Variance 1/n of equal widths: a factor ½ per layer, 2⁻³⁰ ≈ 10⁻⁹ in squares, 2⁻¹⁵ ≈ 10⁻⁴·⁵ in norms."""
    found = run("input: [64]\nthen: {linear: relu}\nlayers:\n- fc: {linear: 64, repeat: 31}\n", "xavier")
    assert found["fc.31"].second_moment == pytest.approx(2.0**-30, rel=2e-2)
    change = verdict(found).gradient
    assert change.exponent == pytest.approx(-15 * math.log10(2), abs=0.02)
    assert change.per_layer == pytest.approx(math.sqrt(1 / 2), rel=2e-3)
    assert str(change) == "gradient shrinks by 10⁻⁵ over 31 layers"


def test_tanh_decays_as_its_slope_says() -> None:
    """Schoenholz et al. 2017, equation 9: a gradient's square changes by χ = σ² E tanh′(√q z)², q the layer's own."""
    import numpy

    found = run("input: [64]\nthen: {linear: tanh}\nlayers:\n- fc: {linear: 64, repeat: 20}\n", "normal:0.2")
    z, w = numpy.polynomial.hermite_e.hermegauss(80)
    for i in (2, 7, 15):
        q = found[f"fc.{i}"].second_moment
        x = numpy.sqrt(q) * z
        norm = w / w.sum()
        chi = 64 * 0.04 * (norm * (1 - numpy.tanh(x) ** 2) ** 2).sum()
        assert found[f"fc.{i}"].gradient / found[f"fc.{i + 1}"].gradient == pytest.approx(chi, rel=1e-3)
        after = 64 * 0.04 * (norm * numpy.tanh(x) ** 2).sum()
        assert found[f"fc.{i + 1}"].second_moment == pytest.approx(after, rel=1e-3)


def test_depth_scale_diverges_at_criticality() -> None:
    """Schoenholz et al. 2017, §3: without biases σ_w² = 1 is critical for tanh; below it gradients decay as σ_w^2L."""
    chain = "input: [100]\nthen: {linear: tanh}\nlayers:\n- fc: {linear: 100, repeat: 40}\n"
    scales = [verdict(run(chain, f"normal:{math.sqrt(s / 100):.6f}")).gradient.scale for s in (0.25, 0.64, 0.9)]
    assert scales[0] < scales[1] < scales[2]
    # at σ_w² = ¼, q vanishes and tanh is linear: half the norm per layer
    assert scales[0] == pytest.approx(1 / math.log(2), rel=0.03)


def test_batch_normalization_makes_gradients_explode() -> None:
    """Yang et al. 2019, §4: behind batch normalization, ReLU multiplies a gradient's square by π/(π − 1) each layer."""
    found = run("input: [64]\nthen: {linear: [batchnorm, relu]}\nlayers:\n- fc: {linear: 64, repeat: 30}\n")
    growth = found["fc.5"].gradient / found["fc.25"].gradient
    assert growth == pytest.approx((math.pi / (math.pi - 1)) ** 20, rel=0.03)
    assert found["fc.9.batchnorm"].second_moment == pytest.approx(1, rel=1e-3)


def test_zero_padding_takes_from_the_borders() -> None:
    """On 4 positions, windows of 3 see 2, 3, 3 and 2 of them: 10 of 12 along each axis."""
    found = run("input: [64, 4, 4]\nlayers:\n- a: {conv: 64, kernel: 3, padding: 1, bias: false}\n")
    assert found["a"].second_moment == pytest.approx(2 * (10 / 12) ** 2)
    assert found["input"].gradient == pytest.approx(2 * (10 / 12) ** 2)
    square = found.signals[1].square
    assert (square[0], square[1], square[5]) == pytest.approx((2 * 4 / 9, 2 * 6 / 9, 2))
    # a second layer: each position sums what its window sees: (2 + 3), (2 + 3 + 3), … of 3·3 along an axis
    twice = run("input: [64, 4, 4]\nlayers:\n- a: {conv: 64, kernel: 3, padding: 1, repeat: 2}\n")
    assert twice["a.2"].second_moment == pytest.approx(4 * ((5 + 8 + 8 + 5) / 4 / 9) ** 2)


def test_borders_far_from_each_other_are_the_same_on_small_grids_and_large() -> None:
    text = "input: [16, 15, 15]\nlayers:\n- a: {conv: 16, kernel: 3, padding: 1, repeat: 3}\n"
    exact, cut = run(text, edge=7), run(text, edge=3)
    for i in (1, 2, 3):
        assert cut[f"a.{i}"].second_moment == pytest.approx(exact[f"a.{i}"].second_moment, rel=1e-9)


def test_averages_maxima_sums_and_the_rest() -> None:
    # the mean of 16 independent values has 1/16 of their variance, the gradient 1/16² of each
    found = run("input: [64, 4, 4]\nlayers: [{p: global_avgpool}]\n")
    assert (found["p"].second_moment, found["input"].gradient) == (pytest.approx(1 / 16), pytest.approx(1 / 256))
    found = run("input: [64, 4, 4]\nlayers: [{p: {avgpool: 2, stride: 2}}]\n")
    assert (found["p"].second_moment, found["input"].gradient) == (pytest.approx(1 / 4), pytest.approx(1 / 16))
    # of two values the larger has E M² = 1, and gets all of the gradient: half of the inputs have it
    found = run("input: [64, 4]\nlayers: [{p: {maxpool1d: 2, stride: 2}}]\n")
    assert (found["p"].second_moment, found["input"].gradient) == (pytest.approx(1, rel=3e-3), pytest.approx(0.5))
    # dropout of ½ doubles both
    found = run("input: [64]\nlayers: [{a: {linear: 64}}, {d: {dropout: 0.5}}]\n")
    assert (found["d"].second_moment, found["a"].gradient) == (pytest.approx(4), pytest.approx(2))
    # a branch of gain 2 beside a shortcut: 1 + 2, and a gradient from both
    found = run("input: [64]\nlayers: [{s: {add: {b: [{linear: 64}], c: []}}}]\n")
    assert (found["s"].second_moment, found["input"].gradient) == (pytest.approx(3), pytest.approx(3))
    # 32 channels of 2 and 64 of 1
    found = run("input: [64]\nlayers: [{s: {concat: {b: [{linear: 32}], c: []}}}]\n")
    assert found["s"].second_moment == pytest.approx((32 * 2 + 64) / 96)
    found = run("input: [64]\nlayers: [{a: {linear: 64}}, {r: {rescale: 0.5}}]\n")
    assert (found["r"].second_moment, found["a"].gradient) == (pytest.approx(0.5), pytest.approx(0.25))
    found = run("input: [64]\nlayers: [{a: {linear: 64}}, {n: layernorm}]\n")
    assert (found["n"].second_moment, found["a"].gradient) == (pytest.approx(1, rel=1e-4), HALF)


def test_residual_branches_behind_normalization_add_one_each() -> None:
    """De and Smith 2020, §2: the shortcut's variance behind l normalized branches is l + 1."""
    text = ("input: [64]\nblocks:\n  block():\n"
            "  - sum: {add: {branch: [{norm: batchnorm}, {linear: 64}], shortcut: []}}\n"
            "layers:\n- b: {block: [], repeat: 12}\n")
    found = run(text, "lecun")
    for i in (1, 5, 12):
        assert found[f"b.{i}.sum"].second_moment == pytest.approx(i + 1, rel=1e-3)
    # a block passes a gradient on through the shortcut, and by 1/l through the branch of l: Π (1 + 1/l) = 13
    assert found["input"].gradient == pytest.approx(13, rel=1e-3)


def test_he_et_al_on_vgg_b() -> None:
    """Delving Deep into Rectifiers, §2.2: with standard deviations of 0.01, the gradient's from conv10 to conv2 is
    1/(1.7·10⁴) of what their own (2 over fan-out) gives."""
    own = Scheme("fan-out", "equation 14", lambda n, m, rows: 2 / m)
    net, ratios = archcalc.load("vgg-b", classes=10), []
    for found in (signal(net, "normal:0.01", edge=1), Propagation(net, own, edge=1)):
        ratios.append(found["conv1.1.relu"].gradient / found["stage5.conv.2"].gradient)
    assert math.sqrt(ratios[1] / ratios[0]) == pytest.approx(1.7e4, rel=0.02)


def test_fans() -> None:
    assert fans(weight(filters=64, channels=3, kernel_height=7, kernel_width=7)) == (3 * 49, 64 * 49)
    assert fans(weight(out_features=10, in_features=500)) == (500, 10)
    w = weight(out_features=10, in_features=500)
    assert {name: s.variance(w) for name, s in SCHEMES.items()} == {
        "he": 2 / 500, "xavier": 2 / 510, "lecun": 1 / 500, "orthogonal": 1 / 500}
    tall = weight(out_features=500, in_features=10)  # columns are orthonormal: 500 squares add up to 1
    assert SCHEMES["orthogonal"].variance(tall) == 1 / 500


def test_papers_initialisations() -> None:
    assert scheme("paper", archcalc.load("alexnet")).variance(weight(a=5, b=7)) == pytest.approx(1e-4)
    assert scheme("paper", archcalc.load("resnet50")).variance(weight(a=5, b=8)) == 2 / 8
    for stem, (name, source) in PAPERS.items():
        assert source
        assert scheme(name, archcalc.load("alexnet")), stem
    with pytest.raises(UsageError, match="no initialisation is known of the paper behind 'googlenet'"):
        scheme("paper", archcalc.load("googlenet"))


@pytest.mark.parametrize(("name", "message"), [
    ("hee", "unknown initialisation 'hee'; did you mean 'he'"), ("uniform", "there are he, xavier"),
    ("normal:x", "must be a positive number such as normal:0.01, found 'x'"), ("normal:-1", "found '-1'"),
    ("normal:nan", "found 'nan'"), ("normal:", "found ''"), ("", "unknown initialisation ''"),
])
def test_unknown_initialisations(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        signal(archcalc.load("alexnet"), name)


def test_every_kind_names_a_rule_that_there_is() -> None:
    for name, kind in kinds().items():
        assert kind.signal in RULES, name
    with pytest.raises(RuleError, match="no function of single elements"):
        kinds()["linear"](features=3).curve(1.0)


def test_the_larger_of_0_and_a_sum_with_a_gaussian_again_and_again() -> None:
    """A rectified shortcut of n blocks is the maximum of a random walk: its mean is Σ 1/√(2πk) (Spitzer 1956)."""
    found = Marginal(((0.0, 1.0),), 0.0)
    for _ in range(200):
        found = applied(relu, found._replace(around=1.0)).marginal
    mean = sum(w * a for a, w in found.places)
    assert mean == pytest.approx(sum(1 / math.sqrt(2 * math.pi * k) for k in range(1, 201)), rel=1e-2)


def test_softmax_of_two_is_a_sigmoid() -> None:
    """p = σ(x − y), so that E p² is E σ² of a Gaussian of twice the variance, and p' = p(1 − p) for both."""
    found, exact = shares(2, 1.5), moments(lambda x: 1 / (1 + math.exp(-x)), 0.0, 3.0)
    assert found.square == pytest.approx(exact.square, rel=1e-4)
    assert found.slope == pytest.approx(2 * exact.slope, rel=1e-3)


def test_modules_import_each_other_in_one_direction() -> None:
    folder = Path(propagate.__file__).parent
    inside = "archcalc.propagation."
    reads = {path.stem: {node.module.removeprefix(inside) for node in ast.walk(ast.parse(path.read_text("utf-8")))
                         if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(inside)}
             for path in folder.glob("*.py")}
    assert "gaussian" in reads["elementwise"]
    assert tuple(TopologicalSorter(reads).static_order())  # raises CycleError if there is a circle


def test_a_kind_without_a_rule_is_marked() -> None:
    found = run("input: [16]\nlayers: [{a: {opaque: [16]}}]\n")
    assert found["a"].note.startswith("no rule")
    assert run("input: [3, 32, 32]\nlayers: [{a: {lrn: 5}}]\n")["a"].note


def test_cells() -> None:
    for n in (1, 5, 7, 8, 20):
        found = cells(n, 3)
        assert sum(times for _, times in found) == n
        assert [cell_of(i, n, 3) for i, _ in found] == list(range(len(found)))
        assert cell_of(-1, n, 3) is cell_of(n, n, 3) is None


@settings(max_examples=60, deadline=None)
@given(specs())
def test_any_network_has_finite_numbers(text: str) -> None:
    for row in signal(archcalc.loads(text), "he", edge=1).rows:
        assert 0 <= row.second_moment < math.inf
        assert 0 <= row.gradient < math.inf
        assert row.variance <= row.second_moment + 1e-9


@pytest.mark.parametrize("variance", [0.5, 2, 6, 16, 64])
@pytest.mark.parametrize("correlation", [0.05, 0.2, 0.5, 0.9])
def test_what_two_queries_attend_to_in_common(variance: float, correlation: float) -> None:
    """E Σ a a' of two correlated rows of 64 Gaussian scores, drawn: within a factor of 2 from flat to sharp."""
    import numpy

    from archcalc.propagation.attention import _overlap
    from archcalc.propagation.softmax import shares

    draw = numpy.random.default_rng(0)
    common, *own = draw.standard_normal((3, 4000, 64))
    rows = [numpy.sqrt(variance) * (numpy.sqrt(correlation) * common + numpy.sqrt(1 - correlation) * x) for x in own]
    a, b = (numpy.exp(x) / numpy.exp(x).sum(1, keepdims=True) for x in rows)
    found = _overlap(64, variance, correlation, 64 * shares(64, variance).square)
    assert 0.5 < found / (a * b).sum(1).mean() < 2
