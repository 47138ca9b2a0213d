"""The page in Chromium: what a reader does with the mouse, the keys, a screen reader, a printer and a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

import archcalc
from archcalc.html import page
from tests.diagrams.hostile import hostile
from tests.html.chromium import Tab, chromium

pytestmark = pytest.mark.browser

NAMES = "[...document.querySelectorAll('.net:not([hidden]) tbody tr[data-line] .name')].map(e => e.textContent)"
CHOSEN = "[...document.querySelectorAll('.net:not([hidden]) svg .chosen')].map(e => e.id)"
TITLE = "document.querySelector('#details h2').textContent"
NUMBERS = "[...document.querySelectorAll('tbody tr[data-line] td:nth-child({})')].map(e => e.textContent)"
FOCUS = "(e => e.dataset?.line !== undefined ? e.querySelector('.name').textContent : e.className || e.tagName)" \
        "(document.activeElement)"


@cache
def text(*specs: str) -> str:
    return page([archcalc.report(spec) for spec in specs])


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with chromium(tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab) -> Iterator[Tab]:
    """A tab of desktop width, which in the end has said nothing on its console and asked for no other address."""
    browser.log.clear()
    browser.requests.clear()
    browser.size(1200)
    yield browser
    assert browser.log == []
    assert all(address.startswith(("file:", "blob:")) for address in browser.requests)
    browser.run("localStorage.clear()")


def rows(tab: Tab, column: int) -> list[int]:
    return [int(cell.replace(",", "")) for cell in tab.run(NUMBERS.format(column))]


def sort_by(tab: Tab, head: str) -> str:
    """Click a heading; how its column is sorted now."""
    column = tab.run(f"[...document.querySelectorAll('thead th')].findIndex(e => e.textContent === {json.dumps(head)})")
    tab.click(f"thead th:nth-child({column + 1}) button")
    return str(tab.run(f"document.querySelector('thead th:nth-child({column + 1})').getAttribute('aria-sort')"))


# ── the table ──


def test_sort(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("alexnet"), tmp_path)
    as_is = tab.run(NAMES)
    assert as_is == [row.name for row in archcalc.report("alexnet").rows]
    params = sorted((row.params for row in archcalc.report("alexnet").rows), reverse=True)
    assert sort_by(tab, "params") == "descending"
    assert rows(tab, 4) == params
    assert tab.run(NAMES)[0] == "fc6"
    assert sort_by(tab, "params") == "ascending"
    assert rows(tab, 4) == params[::-1]
    assert sort_by(tab, "params") == "none"
    assert tab.run(NAMES) == as_is
    assert sort_by(tab, "layer") == "ascending"
    assert tab.run(NAMES) == sorted(as_is)
    assert sort_by(tab, "output") == "descending"      # by elements: 256·27·27 < 96·55·55
    assert tab.run(NAMES)[:3] == ["conv1", "conv1.relu", "norm1"]


def test_numbers_beyond_floating_point_are_sorted_and_copied_exactly(tab: Tab, tmp_path: Path) -> None:
    layers = "- {linear: 99999999}\n- {linear: 99999999, bias: false}\n- {linear: 99999998}\n"
    net = archcalc.loads(f"input: [99999999]\nlayers:\n{layers}")
    tab.show(page([archcalc.report(net)]), tmp_path)
    exact = [99999999 * 100000000, 99999999 * 99999999, 99999999 * 99999998 + 99999998]
    sort_by(tab, "params")
    assert rows(tab, 4) == sorted(exact, reverse=True)
    copied = json.loads(copy(tab, "layers", "json"))
    assert [record["params"] for record in copied] == sorted(exact, reverse=True)
    assert f'"params": {max(exact)}' in copy(tab, "layers", "json")


def test_fold(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("resnet50"), tmp_path)
    folded = tab.run(NAMES)
    assert folded == ["conv1", "conv1.batchnorm", "conv1.relu", "pool1", "conv2_x", "conv3_x", "conv4_x", "conv5_x",
                      "pool5", "flatten", "fc"]
    tab.click("tr[data-line='4'] .fold")
    assert tab.run("document.querySelector('tr[data-line=\"4\"]').getAttribute('aria-expanded')") == "true"
    assert tab.run(NAMES)[4:9] == ["conv2_x", "1", "2", "3", "conv3_x"]
    tab.click("tr[data-line='4'] .fold")
    assert tab.run(NAMES) == folded
    tab.click("[data-fold=open]")
    everything = tab.run("document.querySelector('table[role=treegrid]').getAttribute('aria-rowcount')")
    # 175 layers; 4 stages, their 16 blocks, 16 branches (a shortcut is one convolution and its normalization, which
    # are a block of 4 first blocks); heading and totals
    assert int(everything) == 175 + 4 + 16 + 16 + 4 + 2
    tab.click("[data-fold=closed]")
    assert tab.run(NAMES) == folded


def test_filter(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("resnet50"), tmp_path)
    tab.click(".filter")
    tab.write("conv 7×7")
    assert tab.run(NAMES) == ["conv1"]
    assert tab.run("document.querySelector('.shown').textContent") == "1 of 175 layers match."
    tab.run("document.querySelector('.filter').select()")
    tab.write("PROJ conv")
    assert tab.run(NAMES)[:3] == ["conv2_x", "1", "sum.shortcut"]
    assert "4 of 175" not in tab.run("document.querySelector('.shown').textContent")
    tab.click(".flat")
    names = [row.name for row in archcalc.report("resnet50").rows
             if "proj" in row.name and "conv" in f"{row.name} {row.kind}"]
    assert tab.run(NAMES) == names
    tab.run("document.querySelector('.filter').select()")
    tab.write("no such layer")
    assert tab.run(NAMES) == []


def test_keys(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("resnet50"), tmp_path)
    tab.run("document.querySelector('tbody tr[tabindex=\"0\"]').focus()")
    tab.key("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
    assert tab.run(FOCUS) == "conv2_x"
    tab.key("ArrowRight", "ArrowRight")
    assert tab.run(FOCUS) == "1"
    tab.key("ArrowRight", "ArrowRight")
    assert tab.run(FOCUS) == "sum.branch"
    tab.key("ArrowRight", "ArrowRight", "Enter")
    assert tab.run(FOCUS) == "conv1"
    assert tab.run(TITLE) == "conv2_x.1.sum.branch.conv1"
    assert tab.run("document.querySelectorAll('tr[aria-selected=true]').length") == 1
    tab.key("Enter")
    assert tab.run(FOCUS) == "H2"
    tab.key("Escape")
    assert tab.run(FOCUS) == "conv1"
    assert tab.run("document.querySelectorAll('tr[aria-selected=true]').length") == 0
    tab.key("ArrowLeft", "ArrowLeft")
    assert tab.run(FOCUS) == "sum.branch"
    assert "conv1" not in tab.run(NAMES)[5:]
    tab.key("End")
    assert tab.run(FOCUS) == "fc"
    tab.key("Home")
    assert tab.run(FOCUS) == "conv1"
    assert tab.run("document.querySelectorAll('tbody tr[tabindex=\"0\"]').length") == 1


def test_tab_key_goes_through_the_page_and_out(tab: Tab, tmp_path: Path) -> None:
    """No trap: as many stops as there are, each once, and then the browser's own."""
    tab.show(text("alexnet"), tmp_path)
    seen = []
    for _ in range(80):
        tab.key("Tab")
        where = tab.run("(e => e === document.body ? '' : e.textContent.slice(0, 30) + e.className + e.id)"
                        "(document.activeElement)")
        if not where:
            break
        seen.append(where)
    assert not where
    assert seen[0].startswith("Skip to the report")
    assert 25 < len(seen) < 70
    assert any("viewport" in one for one in seen)


def test_many_rows_are_made_as_they_come_into_sight(tab: Tab, tmp_path: Path) -> None:
    seconds = tab.show(text("resnet1202"), tmp_path)
    assert seconds < 2
    assert len(tab.run(NAMES)) < 20
    tab.click("[data-fold=open]")
    count = "document.querySelectorAll('tbody tr[data-line]').length"
    assert tab.run(count) < 500
    tab.run("document.querySelector('.rows').scrollTop = 1e6")
    tab.until(f"{count} >= 300")
    tab.run("document.querySelector('tbody tr').focus()")
    tab.key("End")
    assert tab.run(FOCUS) == "fc"
    assert tab.run(count) > 4210


# ── links between diagram, table, charts and explanations ──


def test_a_click_on_a_node_shows_its_row_and_its_explanation(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("alexnet"), tmp_path)
    tab.click("#d0-conv1-1 text")
    assert tab.run(TITLE) == "conv1"
    assert tab.run("document.querySelector('tr[aria-selected=true] .name').textContent") == "conv1"
    assert tab.run(CHOSEN) == ["d0-conv1-0", "d0-conv1-1"]
    steps = tab.run("[...document.querySelectorAll('#details .steps dd')].map(e => e.textContent)")
    assert "(227 − 11 + 2·0) / 4 + 1 = 55 (height and width)" in steps
    assert "11 × 11 × 3 × 48 × 2 groups = 34,848 weights (+ 96 biases)" in steps
    facts = dict(tab.run("[...document.querySelectorAll('#details .facts div')]"
                         ".map(e => [...e.children].map(c => c.textContent))"))
    assert facts == {"output": "96×55×55", "params": "34,944", "MACs": "105,415,200", "FLOPs": "211,120,800",
                     "bytes": f"{4 * 96 * 55 * 55:,}", "field": "11"}


def test_a_click_on_a_row_marks_its_node(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("resnet50"), tmp_path)
    tab.click("tr[data-line='4'] .name")
    assert tab.run(CHOSEN) == ["d0-conv2_x"]
    tab.click("[data-fold=open]")
    find = "[...document.querySelectorAll('tbody tr')].find(e => e.querySelector('th').title === {})"
    for name, boxes in {
        "conv1.relu": ["d0-conv1"], "conv2_x.2.sum": ["d0-conv2_x"],
        "conv3_x.1.sum.branch.conv2.batchnorm": ["d0-conv3_x", "d0-conv3_x_1-panel-conv3_x_1_sum_branch_conv2"],
    }.items():
        tab.run(find.format(json.dumps(name)) + ".querySelector('.name').click()")
        assert tab.run(TITLE) == name
        assert tab.run(CHOSEN) == boxes


def test_a_click_on_a_folded_node_or_a_chart_unfolds_the_table(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("resnet50"), tmp_path)
    tab.click("#d0-conv3_x_1-panel-conv3_x_1_sum_branch_conv2 text")
    assert tab.run(TITLE) == "conv3_x.1.sum.branch.conv2"
    selected = "document.querySelector('tr[aria-selected=true] th').title"
    assert tab.run(selected) == "conv3_x.1.sum.branch.conv2"
    tab.run("document.querySelector('#details .link').click()")     # what it reads
    assert tab.run(selected) == "conv3_x.1.sum.branch.conv1.relu"
    tab.click("[data-chart=macs] svg")                              # the middle of 175 layers
    assert tab.run(selected) == archcalc.report("resnet50").rows[175 // 2].name
    readout = tab.run("document.querySelector('.readout').textContent")
    assert readout.startswith(archcalc.report("resnet50").rows[175 // 2].name)
    tab.click("#details .close")
    assert tab.run(TITLE) == "ResNet-50"
    assert tab.run(CHOSEN) == []


def test_pan_and_zoom(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("resnet50"), tmp_path)
    box = "((r, v) => [r.left - v.left, r.top - v.top, r.width, r.height, v.left, v.top])(" \
          "...['.stage svg', '.viewport'].map(s => document.querySelector(s).getBoundingClientRect()))"
    tab.run("document.querySelector('.viewport').scrollIntoView({block: 'center'})")
    left, top, width, height, x, y = tab.run(box)
    x, y = x + left + width * 0.7, y + top + height * 0.9
    tab.drag((x, y), (x - 80, y - 50))
    moved = tab.run(box)
    assert moved[:4] == pytest.approx([left - 80, top - 50, width, height], abs=20)
    assert tab.run(TITLE) == "ResNet-50"                            # a drag is no click
    tab.click("[data-zoom=in]")
    assert tab.run(box)[2] == pytest.approx(1.3 * width, rel=0.01)
    tab.run("document.querySelector('.viewport').focus()")
    tab.key("-", "0")
    found = tab.run(box)
    assert found[:4] == pytest.approx([left, top, width, height], abs=2)
    x, y = found[4] + 200, found[5] + 100
    tab("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=-100, modifiers=2)
    tab.until(f"{box}[2] > {1.2 * width}")
    zoomed = tab.run(box)
    assert (200 - zoomed[0]) / zoomed[2] == pytest.approx((200 - left) / width, abs=0.01)   # about the pointer
    scroll = tab.run("scrollY")
    tab("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=120)
    tab.until(f"scrollY > {scroll}")                                # a plain wheel scrolls the page


# ── copies ──


def copy(tab: Tab, what: str, form: str) -> str:
    """What a button puts into the clipboard, which a script of the test stands in for."""
    tab.run("Object.defineProperty(navigator, 'clipboard', {configurable: true, value: "
            "{writeText: async text => { window.copied = text; }}})")
    tab.click(f".net:not([hidden]) [data-copy={what}][data-form={form}], #{what} [data-form={form}]")
    tab.until("document.getElementById('status').textContent.startsWith('Copied')")
    return str(tab.run("window.copied"))


def test_copies_are_those_of_the_commands(tab: Tab, tmp_path: Path) -> None:
    report = archcalc.report("alexnet")
    keys = ("label", "output", "params", "macs", "flops", "memory", "field")
    tab.show(text("alexnet"), tmp_path)
    assert copy(tab, "layers", "csv").replace("×", "x").replace("≥ ", "") == report.to_csv(columns=keys)
    table = re.findall(r"^\|.*\n", report.to_markdown(columns=keys), re.MULTILINE)
    assert copy(tab, "layers", "markdown") == "".join(table[:-1])   # without the totals
    records = json.loads(copy(tab, "layers", "json"))
    assert [(r["name"], r["macs"], r["flops"]) for r in records] == [(r.name, r.macs, r.flops) for r in report.rows]


def test_a_copy_is_of_what_is_shown(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("alexnet"), tmp_path)
    tab.click(".filter")
    tab.write("linear")
    sort_by(tab, "params")
    assert [line.split(",")[0] for line in copy(tab, "layers", "csv").splitlines()] == ["name", "fc6", "fc7", "fc8"]


def test_the_comparison_is_copied(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("alexnet", "vgg16"), tmp_path)
    found = archcalc.compare("alexnet", "vgg16")
    assert copy(tab, "comparison", "csv") == found.to_csv()
    assert copy(tab, "comparison", "markdown") == found.to_markdown()
    assert json.loads(copy(tab, "comparison", "json")) == json.loads(found.to_json())


# ── several networks, themes, print, phones ──


def test_networks_side_by_side(tab: Tab, tmp_path: Path) -> None:
    tab.show(text("alexnet", "vgg16"), tmp_path)
    cells = dict(tab.run("[...document.querySelectorAll('.comparison tbody tr')].map(r => [r.cells[0].textContent, "
                         "[...r.cells].slice(1).map(c => c.querySelector('span').textContent)])"))
    assert cells["params"] == ["60,965,224", "138,357,544"]
    assert tab.run("[...document.querySelectorAll('.net:not([hidden])')].map(e => e.id)") == ["net-0"]
    tab.run("document.querySelector('[role=tab]').focus()")
    tab.key("ArrowRight")
    assert tab.run("[...document.querySelectorAll('.net:not([hidden])')].map(e => e.id)") == ["net-1"]
    assert tab.run("document.activeElement.textContent") == "VGG D"
    assert tab.run(TITLE) == "VGG D"
    tab.run("document.querySelector('#d1-conv1_1').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    assert tab.run(CHOSEN) == ["d1-conv1_1"]
    tab.click("#tab-0")
    assert tab.run(TITLE) == "AlexNet"


def luminance(tab: Tab, selector: str, what: str) -> float:
    colour = tab.run(f"getComputedStyle(document.querySelector({json.dumps(selector)})).{what}")
    r, g, b = (int(n) for n in re.findall(r"\d+", colour)[:3])
    return (r + g + b) / 765


def test_themes(tab: Tab, tmp_path: Path) -> None:
    for dark in (False, True):
        tab.size(1200, dark=dark)
        tab.show(text("alexnet"), tmp_path)
        assert (luminance(tab, "body", "backgroundColor") < 0.5) == dark
        assert (luminance(tab, "#d0-conv1-0 rect", "fill") < 0.5) == dark
        assert (luminance(tab, "#d0-conv1-0 text", "fill") > 0.5) == dark
    tab.click("#theme")                                             # the reader's choice before the system's
    assert tab.run("document.getElementById('theme').textContent") == "Theme: light"
    assert luminance(tab, "body", "backgroundColor") > 0.9
    tab.show(text("alexnet"), tmp_path)
    assert luminance(tab, "body", "backgroundColor") > 0.9          # and it is kept
    tab.click("#theme")
    assert luminance(tab, "#d0-conv1-0 rect", "fill") < 0.5
    tab.click("#theme")
    assert tab.run("localStorage.getItem('archcalc-theme')") == ""


def test_print(tab: Tab, tmp_path: Path) -> None:
    tab.size(1200, dark=True)
    tab.show(text("alexnet", "vgg16"), tmp_path)
    tab.run("dispatchEvent(new Event('beforeprint'))")
    assert tab.run("[...document.querySelectorAll('.net, details')].every(e => !e.hidden && e.open !== false)")
    tab.run("dispatchEvent(new Event('afterprint'))")
    assert tab.run("document.querySelector('#net-1').hidden")
    tab.size(1200, dark=True, media="print")
    assert luminance(tab, "#d0-conv1-0 rect", "fill") > 0.5
    assert tab.run("[...document.querySelectorAll('button, .details, .filter')]"
                   ".filter(e => e.offsetParent && !e.matches('.sort, .link')).length") == 0
    assert tab.run("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.rows'))")
    tab.size(1200)
    found = tab.pdf()
    assert found.startswith(b"%PDF")
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", found)) <= 20


@pytest.mark.parametrize("specs", [("alexnet",), ("resnet50", "vgg16", "googlenet")])
def test_phone(tab: Tab, tmp_path: Path, specs: tuple[str, ...]) -> None:
    tab.size(400, 800)
    tab.show(text(*specs), tmp_path)
    assert tab.run("document.documentElement.scrollWidth") == 400
    assert tab.run("document.querySelector('#details').offsetParent") is None
    tab.click(".net:not([hidden]) tbody tr[data-line='1'] .name")
    sheet = tab.run("(r => [r.top, r.bottom, r.width])(document.querySelector('#details').getBoundingClientRect())")
    assert sheet[0] > 300
    assert sheet[1:] == [800, 400]
    tab.click("#details .close")
    assert tab.run("getComputedStyle(document.querySelector('#details')).display") == "none"


# ── assistive technology, and names that nobody should give ──


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("specs", [("alexnet",), ("resnet50", "unet")])
def test_axe_finds_nothing(tab: Tab, tmp_path: Path, specs: tuple[str, ...], dark: bool) -> None:
    found = find_spec("axe_core_python")
    assert found is not None, "needs axe-core-python: pip install archcalc[browser]"
    assert found.submodule_search_locations
    tab.size(1200, dark=dark)
    tab.show(text(*specs), tmp_path)
    tab.click(".net:not([hidden]) tbody tr[data-line='4'] .name")
    tab.run((Path(next(iter(found.submodule_search_locations))) / "axe.min.js").read_text("utf-8") + "; 0")
    violations = tab.run("axe.run().then(found => found.violations.map(v => [v.impact, v.id, "
                         "v.nodes.slice(0, 3).map(n => n.html.slice(0, 200) + ' ' + n.failureSummary)]))")
    assert violations == []


def test_hostile_names_run_nothing(tab: Tab, tmp_path: Path) -> None:
    net = hostile()
    tab.show(page([archcalc.report("vgg-a"), archcalc.reports.report.Report(net)]), tmp_path)
    tab.click("#tab-1")
    tab.run("""(async () => {
        for (const e of document.querySelectorAll('*'))
            for (const kind of ['mouseover', 'click', 'load', 'focus', 'error', 'pointermove'])
                if (!e.matches('button, summary, a, input')) e.dispatchEvent(new MouseEvent(kind, {bubbles: true}));
        for (const e of document.querySelectorAll('tbody .name')) e.click();
        await new Promise(done => setTimeout(done, 100));
    })()""")
    assert tab.run("window.hit === undefined ? null : window.hit") is None
    assert tab.run("document.querySelectorAll('main script, main img, aside script, aside img').length") == 0
    assert tab.run("[...document.querySelectorAll('*')].every(e => [...e.attributes]"
                   ".every(a => !a.name.startsWith('on')))")
    names = tab.run(NAMES)
    assert len(names) == len(net.layers)
    assert "</title><script>window.hit = 2</script>" in names
    assert "(no name)" in names


def test_the_policy_lets_no_other_script_run(tab: Tab, tmp_path: Path) -> None:
    """The check of hostile names can fail: what it looks for runs without the policy, and not with it."""
    attack = "<img src=x onerror='window.hit = 1'><script>window.ran = 2</script>"
    bad = text("alexnet").replace("</main>", attack + "</main>")
    tab.show(bad, tmp_path)
    assert tab.run("[window.hit ?? null, window.ran ?? null]") == [None, None]
    assert any("Content Security Policy" in line for line in tab.log)
    tab.show(re.sub(r'<meta http-equiv="Content-Security-Policy".*?>', "", bad), tmp_path)
    assert tab.run("[window.hit, window.ran]") == [1, 2]
    tab.log.clear()
    tab.requests[:] = []
