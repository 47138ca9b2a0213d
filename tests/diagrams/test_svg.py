"""The SVG itself: structure, colours, exact tooltips, the same bytes each time."""

import re

import pytest

import archcalc
from archcalc.diagrams import theme
from archcalc.diagrams.compose import Ids
from tests.diagrams.pictures import FAMILIES, SVG, parsed, tooltips, words


@pytest.mark.parametrize("spec", FAMILIES)
def test_accessible(spec: str) -> None:
    root = parsed(archcalc.diagram(spec).svg)
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == archcalc.load(spec).name
    assert f"{archcalc.report(spec).totals.params:,} parameters" in (desc.text or "")


def test_ids_and_styles_are_of_this_picture_only() -> None:
    for prefix in ("ac-resnet50", "mine"):
        svg = archcalc.diagram("resnet50", id=prefix).svg
        ids = [e.get("id", "") for e in parsed(svg).iter() if e.get("id")]
        assert all(name == prefix or name.startswith(f"{prefix}-") for name in ids)
        style = parsed(svg).find(f"{SVG}style")
        assert style is not None
        selectors = re.findall(r"(?<=[{}])([^{}@]+)(?=\{)", style.text or "")
        assert selectors
        assert all(selector.startswith(f"#{prefix}") for selector in selectors)
        assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)


def test_ids_are_given_once() -> None:
    ids = Ids("ac")
    assert [ids("a.b"), ids("a_b"), ids("a_b_2"), ids("a b"), ids("t")] == \
        ["ac-a_b", "ac-a_b_2", "ac-a_b_2_2", "ac-a_b_3", "ac-t_2"]
    assert len({ids("x" * 100) for _ in range(100)}) == 100


@pytest.mark.parametrize("spec", FAMILIES)
def test_bytes_are_the_same_each_time_and_few(spec: str) -> None:
    svg = archcalc.diagram(spec).svg
    assert archcalc.diagram(spec).svg == svg
    assert len(svg) < 40_000


def test_tooltips_are_exact() -> None:
    found = tooltips(archcalc.diagram("vgg16").svg)
    tip = found["ac-vgg16-stage2_conv_1"]
    assert f"{3 * 3 * 64 * 128 + 128:,} params" in tip
    assert f"{3 * 3 * 64 * 128 * 112 * 112:,} MACs" in tip
    assert "in 112×112×64; out 112×112×128" in tip


def test_shapes_follow_the_layout() -> None:
    assert "55×55×48" in words(archcalc.diagram("alexnet").svg)
    assert "48×55×55" in words(archcalc.diagram("alexnet", layout="chw").svg)
    assert "55×55" not in words(archcalc.diagram("alexnet", shapes="off").svg)


def test_legend_has_what_occurs() -> None:
    text = words(archcalc.diagram("vgg16").svg)
    assert "convolution" in text
    assert "folded block" not in text
    assert "shortcut" not in text
    text = words(archcalc.diagram("resnet50").svg)
    assert all(word in text for word in ("identity shortcut", "projection shortcut", "folded block"))
    assert "pooling" not in words(archcalc.diagram("resnet50", legend=False).svg)


def test_fused_layers_are_said_once() -> None:
    text = words(archcalc.diagram("resnet50").svg)
    assert text.count("batchnorm after every conv") == 1
    # every convolution but the last of 16 blocks and the 4 projections, whose ReLU stands behind the sum
    assert "relu after 33 of 53 conv and every add" in text


def test_counts() -> None:
    assert "params" in words(archcalc.diagram("alexnet").svg)
    both = words(archcalc.diagram("lenet5", counts="off").svg)
    assert " 48.1 K" not in both


def test_links() -> None:
    root = parsed(archcalc.diagram("alexnet", link="a.html?n={net}#{layer}").svg)
    links = {a.get("href") for a in root.iter(f"{SVG}a")}
    assert "a.html?n=AlexNet#conv1" in links
    assert len(links) == 12


@pytest.mark.parametrize("chosen", ["light", "dark"])
def test_one_theme(chosen: str) -> None:
    svg = archcalc.diagram("alexnet", theme=chosen).svg
    assert parsed(svg).find(f"{SVG}style") is None
    here, there = (theme.PAINTS["conv"].of(dark)[0] for dark in (chosen == "dark", chosen != "dark"))
    assert here in svg
    assert there not in svg


def test_transparent() -> None:
    assert 'class="paper"' in archcalc.diagram("alexnet").svg
    assert 'class="paper"' not in archcalc.diagram("alexnet", paper=False).svg


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    """Contrast ratio (WCAG 2.1)."""
    bright, dim = sorted((luminance(a), luminance(b)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_contrast_of_black_on_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("dark", [False, True])
def test_contrast_of_every_pair(dark: bool) -> None:
    """Text 4.5, and 3 for what tells shapes apart (WCAG 2.1, 1.4.3 and 1.4.11)."""
    paints = theme.PAINTS
    paper = paints["paper"].of(dark)[0]
    for role in theme.FAMILY_WORDS:
        fill, stroke = paints[role].of(dark)
        assert contrast(paints["ink"].of(dark)[0], fill) >= 7, role
        assert contrast(paints["muted"].of(dark)[0], fill) >= 4.5, role
        assert contrast(stroke, paper) >= 3, role
    for role in ("group", "panel", "paper"):
        assert contrast(paints["muted"].of(dark)[0], paints[role].of(dark)[0]) >= 4.5
        assert contrast(paints["blockname"].of(dark)[0], paints[role].of(dark)[0]) >= 4.5
    assert contrast(paints["blockname"].of(dark)[0], paints["block"].of(dark)[0]) >= 4.5
    for role in ("line", "special", "aux"):
        assert contrast(paints[role].of(dark)[1], paper) >= 3, role
    for step in range(len(theme.RAMP)):
        role = f"heat{step}"
        assert contrast(paints[theme.text_on(role)].fill, paints[role].fill) >= 4.5, role


def test_no_colour_has_two_roles_of_fill() -> None:
    fills = [p.fill for role, p in theme.PAINTS.items() if p.fill != "none" and role != "products"]
    assert len(fills) == len(set(fills))


def test_heat_shares_add_up() -> None:
    text = words(archcalc.diagram("vgg16", heat="macs").svg)
    shares = [float(n) for n in re.findall(r"(\d+\.\d)%", text)]
    assert sum(shares) == pytest.approx(100, abs=0.05 * len(shares))
    # fc6 has 25,088 × 4,096 of 15,470,264,320 MACs
    assert f"fc6 4096 {100 * 25088 * 4096 / 15470264320:.1f}%" in text


@pytest.mark.parametrize("heat", ["params", "memory", "field"])
def test_every_heat(heat: str) -> None:
    text = words(archcalc.diagram("alexnet", heat=heat).svg)
    assert "%" in text
    if heat == "field":
        # conv2 sees 51 of 227 pixels (11 + 2·4, then + 4·8), 22.5 %
        assert f"{100 * 51 / 227:.1f}%" in text
