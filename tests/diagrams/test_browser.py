"""Pictures as Chromium draws them: text inside its node, no overlap, contrast, no script."""

from pathlib import Path

import pytest

import archcalc
from tests.diagrams.browser import open_page, page
from tests.diagrams.hostile import hostile
from tests.diagrams.pictures import FAMILIES
from tests.diagrams.test_svg import contrast

pytestmark = pytest.mark.browser

MEASURE = """
const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
const svg = document.querySelector('svg.archcalc');
const hex = c => '#' + c.match(/\\d+/g).slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('');
window.result = {
  page: box(svg),
  dark: matchMedia('(prefers-color-scheme:dark)').matches,
  paper: hex(getComputedStyle(svg.querySelector('.paper')).fill),
  nodes: [...svg.querySelectorAll('g.node')].filter(g => g.querySelector('rect,circle')).map(g => {
    const shape = g.querySelector('rect,circle');
    const style = getComputedStyle(shape);
    return {id: g.id, box: box(shape), fill: hex(style.fill), stroke: hex(style.stroke),
            texts: [...g.querySelectorAll('text')].map(t => ({box: box(t), inks: [t, ...t.querySelectorAll('tspan')]
              .filter(e => e.textContent.trim()).map(e => hex(getComputedStyle(e).fill))}))};
  }),
  texts: [...svg.querySelectorAll('text')].map(t => ({text: t.textContent, box: box(t)})),
};
"""
PICTURES = {**{spec: {} for spec in FAMILIES}, "vgg16 heat": {"heat": "macs"}, "vgg16 volume": {"form": "volume"},
            "zfnet against": {"against": "alexnet"}, "alexnet field": {"form": "field"},
            "alexnet bars": {"form": "bars"}, "torchvision/vit_b_16": {}, "unet": {}}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str, dark: bool, tmp_path: Path) -> None:
    made = archcalc.diagram(name.partition(" ")[0], **PICTURES[name])
    picture = tmp_path / "shot.png" if name in FAMILIES else None
    seen = open_page(page(made.svg, MEASURE), tmp_path, dark=dark, picture=picture)
    assert seen.console == []
    assert picture is None or picture.stat().st_size > 5_000
    found = seen.result
    assert found["dark"] == dark
    assert found["paper"] == ("#0d1117" if dark else "#ffffff")
    left, top, right, bottom = found["page"]
    for text in found["texts"]:
        a, b, c, d = text["box"]
        assert left - 1 <= a <= c <= right + 1, text
        assert top - 1 <= b <= d <= bottom + 1, text
    if "form" not in PICTURES[name]:
        check_nodes(found["nodes"], found["paper"], 1.9 if "heat" in PICTURES[name] else 3)


def check_nodes(nodes: list[dict], paper: str, outline: float) -> None:
    """Text lies inside its node and is legible there; nodes do not overlap, and stand out from the paper.

    The frame of a heat node is decoration: its share is printed.
    """
    assert len(nodes) > 5
    for i, node in enumerate(nodes):
        left, top, right, bottom = node["box"]
        for text in node["texts"]:
            a, b, c, d = text["box"]
            assert left - 0.5 <= a <= c <= right + 0.5, node["id"]
            assert top - 2 <= b <= d <= bottom + 2, node["id"]      # a line's box has room for accents
            assert all(contrast(ink, node["fill"]) >= 4.5 for ink in text["inks"]), node["id"]
        assert max(contrast(node["stroke"], paper), contrast(node["fill"], paper)) >= outline, node["id"]
        for other in nodes[i + 1:]:
            e, f, g, h = other["box"]
            assert right <= e or g <= left or bottom <= f or h <= top, (node["id"], other["id"])


@pytest.mark.parametrize("form", ["layers", "cards", "volume", "bars"])
def test_hostile_names_run_nothing(form: str, tmp_path: Path) -> None:
    svg = archcalc.diagram(hostile(), form=form, link="#{layer}").svg
    script = """
    for (const e of document.querySelectorAll('svg *')) for (const kind of ['mouseover', 'click', 'load', 'focus'])
      e.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true}));
    await new Promise(done => setTimeout(done, 100));
    window.result = {hit: window.hit === undefined ? null : window.hit,
                     scripts: document.querySelectorAll('svg script, svg img, svg foreignObject').length};
    """
    seen = open_page(page(svg, script), tmp_path)
    assert seen.result == {"hit": None, "scripts": 0}
    assert seen.console == []


def test_the_harness_sees_a_script_that_runs(tmp_path: Path) -> None:
    seen = open_page(page("<svg><script>window.hit = 1; console.error('x')</script></svg>",
                          "window.result = window.hit"), tmp_path)
    assert seen.result == 1
    assert seen.console


def test_two_pictures_of_one_network_share_a_page(tmp_path: Path) -> None:
    light, dark = (archcalc.diagram("alexnet", id=name, theme=theme).svg for name, theme in
                   (("one", "auto"), ("two", "light")))
    script = """
    const ids = [...document.querySelectorAll('[id]')].map(e => e.id).filter(id => id !== 'result');
    const fill = name => getComputedStyle(document.querySelector(`#${name} .conv`)).fill;
    window.result = {unique: new Set(ids).size === ids.length, one: fill('one'), two: fill('two')};
    """
    seen = open_page(page(light + dark, script), tmp_path, dark=True)
    # #163a5f and #dbeafe: the automatic one is dark here, the light one is not
    assert seen.result == {"unique": True, "one": "rgb(22, 58, 95)", "two": "rgb(219, 234, 254)"}
