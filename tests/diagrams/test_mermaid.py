"""Mermaid text: what it says of a drawing, and that no name can be more than a name."""

import re

import pytest

import archcalc
from archcalc import zoo
from archcalc.diagrams.drawing import Arrow, Box, Drawing, Group, Run
from archcalc.diagrams.mermaid import escaped, mermaid
from archcalc.diagrams.text import clip
from tests.diagrams.hostile import NAMES, hostile

TEXT = r'[\w ,.+/()\-×·…→−–\u00a0]|\u2060|#\d+;'
LABEL = rf'"(?:{TEXT}|<br/>)*"'
NODE = rf'(?:  )?L_\w+(?:\(\({LABEL}\)\)|\[\[{LABEL}\]\]|\({LABEL}\))'
LINES = (
    r'---', r'title: "(?:[^"\\\n<]|\\.)*"', r'flowchart TB', rf'acc(?:Title|Descr): (?:{TEXT})*',
    rf'subgraph g\d+\["(?:{TEXT})*"\]', r'end', NODE, rf'L_\w+ (?:-->|==>|-\.->)(?:\|"(?:{TEXT})*"\|)? L_\w+',
    r'classDef \w+ (?:(?:fill|stroke|color):#[0-9a-f]{6},?)+', r'classDef dashed stroke-dasharray:4 3',
    r'class (?:L_\w+|g\d+)(?:,(?:L_\w+|g\d+))* \w+', r'linkStyle \d+(?:,\d+)* stroke:#[0-9a-f]{6}',
    r'%% \d+ edges: Mermaid draws 500 or more only where maxEdges is set',
)
GRAMMAR = re.compile("|".join(f"(?:{line})" for line in LINES))
"All that our flowcharts are made of; a subset of Mermaid's."


def check(text: str) -> None:
    """Every line is of the grammar; nodes are named once; links are between nodes."""
    lines = text.splitlines()
    for line in lines:
        assert GRAMMAR.fullmatch(line), line[:200]
    named = [match[1] for line in lines if (match := re.match(r"\s*(L_\w+)[(\[]", line))]
    assert len(named) == len(set(named))
    for line in lines:
        if match := re.match(r"(L_\w+) (?:-->|==>|-\.->).* (L_\w+)$", line):
            assert {match[1], match[2]} <= set(named)


def decoded(text: str) -> str:
    """As Mermaid shows it."""
    return re.sub(r"#(\d+);", lambda match: chr(int(match[1])), text).replace("\u2060", "")


def one(name: str) -> Drawing:
    """A drawing in which everything has this name."""
    boxes = tuple(Box(f"h-{k}", ((Run(name, 11, True), Run("\u00a0" + name, 10)), (Run(name, 8),)), "conv", name, name,
                      circle=k == 1, double=k == 2) for k in range(4))
    arrows = tuple(Arrow(f"h-{k}", f"h-{k + 1}", style, name) for k, style in enumerate(("data", "aux", "cross")))
    return Drawing("h", name, name, name, boxes, arrows, (Group("h-g", name, ("h-1", "h-2")),))


def test_a_chain() -> None:
    text = archcalc.diagram("zfnet", form="layers").mermaid
    assert text.startswith('---\ntitle: "ZFNet"\n---\nflowchart TB\naccTitle: ZFNet\naccDescr: Layer graph of ZFNet')
    assert re.search(r'^L_conv1\("conv1\u00a07×7, 96, /2<br/>', text, re.MULTILINE)
    assert 'L_input -->' in text
    assert 'L_conv1 -->|"110×110×96"| L_pool1' in text
    assert "classDef conv fill:#dbeafe,stroke:#1d5fa8,color:#1f2933" in text
    assert "class L_conv1,L_conv2,L_conv3,L_conv4,L_conv5 conv" in text
    check(text)


def test_towers_are_subgraphs() -> None:
    text = archcalc.diagram("alexnet").mermaid
    assert re.findall(r'subgraph \w+\["(.*)"\]', text) == ["GPU 0", "GPU 1"]
    crossing = [line for line in text.splitlines() if "==>" in line]
    assert crossing
    links = [line for line in text.splitlines() if re.match(r"L_\w+ (-->|==>|-\.->)", line)]
    styled = re.search(r"linkStyle ([\d,]+) stroke:#b5179e", text)
    assert styled
    assert [links[int(k)] for k in styled[1].split(",")] == crossing
    check(text)


def test_shortcuts_projections_and_heads() -> None:
    text = archcalc.diagram("resnet18", form="layers").mermaid
    assert text.count("==>") == 5  # 8 blocks, of which 3 project
    assert text.count("-.->") == 2 * 3  # into each projection and out of it
    assert len(re.search(r"class (.*) dashed", text)[1].split(",")) == 3  # type: ignore[index]
    assert text.count('(("+"))') == 8
    folded = archcalc.diagram("resnet50").mermaid
    assert re.search(r'\[\["conv4_x', folded)
    heads = archcalc.diagram("googlenet").mermaid
    assert re.search(r"linkStyle [\d,]+ stroke:#6b7785", heads)
    for made in (text, folded, heads):
        check(made)


@pytest.mark.parametrize("name", [
    *NAMES, "end", "graph TD", "subgraph", "fa:fa-car", "$$x^2$$", "`md`", "1. list", "style: x#1;", "#quot;", "&amp;",
    "ﬂ°°34¶ß", "%% comment", "click L_1 href \"javascript:alert(1)\"", "\\n", "🧠", "日本語", "a\u2028b"])
def test_a_name_is_only_a_name(name: str) -> None:
    text = mermaid(one(name))
    check(text)
    label = re.search(r'L_0\("(.*)<br/>(.*)"\)', text)
    assert label
    assert decoded(label[2]) == clip(name, 120)
    assert decoded(re.search(r"accTitle: (.*)", text)[1]) == clip(name, 120)  # type: ignore[index]
    assert text.count("L_0") == 3  # the node, its link, its class


@pytest.mark.parametrize(("name", "apart"), [
    ("fa:fa-car", "fa#58;#8288;fa-car"), ("$$$", "#36;#8288;#36;#8288;#36;"), ("\\n", "#92;#8288;n"),
    ("ﬂ°¶ß", "ﬂ#8288;#176;#182;#8288;ß")])
def test_markup_that_escapes_do_not_stop(name: str, apart: str) -> None:
    """Icons, formulas, line ends and entities are looked for after Mermaid has read escaped characters."""
    assert escaped(name) == apart


def test_hostile_network() -> None:
    for form in ("layers", "blocks"):
        text = archcalc.diagram(hostile(), form=form).mermaid
        check(text)
        assert "<script" not in text
        assert max(map(len, text.splitlines())) < 2000


def test_too_many_edges_are_said() -> None:
    boxes = tuple(Box(f"h-{k}", ((Run(f"{k}", 11),),), "conv", "") for k in range(501))
    arrows = tuple(Arrow(f"h-{k}", f"h-{k + 1}") for k in range(500))
    text = mermaid(Drawing("h", "t", "", "", boxes, arrows))
    assert "\n%% 500 edges: " in text
    check(text)
    assert "%%" not in mermaid(Drawing("h", "t", "", "", boxes, arrows[:-1]))


def test_names_that_become_one_are_told_apart() -> None:
    boxes = tuple(Box(f"h-{name}", ((Run(name, 11),),), "conv", "") for name in ("a-b", "a_b", "a__b"))
    text = mermaid(Drawing("h", "t", "", "", boxes, (Arrow("h-a-b", "h-a__b"),)))
    check(text)
    assert "L_a_b --> L_a_b__" in text


def test_bytes_are_the_same_each_time() -> None:
    assert archcalc.diagram("googlenet").mermaid == archcalc.diagram("googlenet").mermaid


@pytest.mark.zoo
@pytest.mark.parametrize("spec", zoo.names())
def test_every_network(spec: str) -> None:
    text = archcalc.diagram(spec, form="blocks").mermaid
    check(text)
    assert len(text) < 50_000  # Mermaid's maxTextSize
