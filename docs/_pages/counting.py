"""docs/counting.md: what each tool says of ten networks and why, and every rule of every convention."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import archcalc
from archcalc.conventions import Convention, convention, names
from archcalc.conventions.context import UNITS, VARIABLES
from archcalc.conventions.convention import UNIT, Rule
from archcalc.conventions.difference import Difference, Kind, Side, difference
from archcalc.reports.markdown import escape
from archcalc.spec.called import CALLS

NETWORKS = ("alexnet", "vgg16", "resnet50", "densenet121", "mobilenet_v2", "efficientnet_b0", "convnext_tiny",
            "vit_b_16", "swin_t", "maxvit_t")
LEAST = 0.0005
"""Kinds that make less of a tool's number are not spoken of, but for the largest."""

INTRO = """\
<!-- Written by docs/generate.py; edit docs/_pages/counting.py and archcalc/conventions/*.yaml instead. -->

# How tools count

Two tools that count the same network seldom agree. They count other things (MACs or FLOPs, biases, normalization,
activations), they see other things (modules, functions or dispatched operators), and some count a part twice or not
at all. archcalc reproduces what each prints, to the last digit, and says why:

```console
$ archcalc report torchvision/resnet18 --count fvcore --columns macs,count --format csv | head -3
name,macs,count
conv1,118013952,118013952
conv1.batchnorm,0,1605632
$ archcalc explain torchvision/vit_b_16 --count torchinfo,torch | head -1
ViT-B/16 (torchvision), input 3×224×224: torchinfo and torch
```

`report --count NAME` shows a tool's number, for each layer and in all; in JSON it is `totals.count`. `explain --count
A,B` says kind by kind where two tools part, `explain --count A` where one parts from archcalc's own MACs.

The number is the one that the tool prints in eval mode under `torch.no_grad()` on the CPU, for one sample. It is
compared with what the tools themselves print for torchvision's classifiers, all but the two largest, and for single
layers; [the figures](../tests/facts/peers.json) say with which versions. For `timm` it is the figure of its benchmark
tables, and for `burden` that of [convnet-burden](https://github.com/albanie/convnet-burden).
"""

CALLED = f"""\
## Modules and functions

A tool that hooks onto modules misses `F.relu(x)` and `x.mean([2, 3])`, and sees `nn.ReLU` and `nn.AdaptiveAvgPool2d`.
A spec says how the code that it describes calls its layers ([`calls`](language.md#how-code-calls-its-layers)):
{", ".join(f"`{word}`" for word in CALLS)}. A layer of which nothing is said is a module.

## Rules

A rule is an expression of [the spec language](language.md#parameters-and-expressions) over these variables, the fields
of the layer's kind, and `call`, which says how it is called. A kind that a tool does not name counts as the kind that
it specialises, and else by the tool's default.

| variable | is |
|:--|:--|
"""


def pages(root: Path) -> dict[Path, str]:
    """The page of conventions."""
    networks = [archcalc.load(f"torchvision/{name}") for name in NETWORKS]
    found = [[difference(net, [name]) for name in names()] for net in networks]
    lines = [INTRO, "## Ten networks of torchvision", "", *_overview(found)]
    for differences in found:
        lines += ["", f"### {escape(differences[0].net.name)}", "", *_network(differences)]
    lines += ["", CALLED + "\n".join(_variables())]
    for name in names():
        lines += ["", *_convention(convention(name))]
    return {root / "docs" / "counting.md": "\n".join(lines) + "\n"}


def _overview(found: list[list[Difference]]) -> Iterator[str]:
    """Networks by tools, in units of 10⁶."""
    yield f"In millions; {', '.join(f'`{n}`' for n in names() if convention(n).unit == 'FLOPs')} count FLOPs, the " \
          "others MACs."
    yield ""
    yield f"| | archcalc | {' | '.join(names())} |"
    yield f"|:--{'|--:' * (len(names()) + 1)}|"
    for differences in found:
        totals = [differences[0].macs, *(one.sides[1].total for one in differences)]
        yield f"| {escape(differences[0].net.name)} | {' | '.join(f'{n / 1e6:,.1f}' for n in totals)} |"


def _network(differences: list[Difference]) -> Iterator[str]:
    """What every tool says of a network, and the kinds that make it differ from archcalc's MACs."""
    yield f"{differences[0].macs:,} MACs by archcalc's own count."
    yield ""
    for one in differences:
        side, scale = one.sides[1], UNIT[one.sides[1].unit]
        share = 100 * side.total / scale / one.macs
        yield (f"- **{side.name}** says {side.total:,} {_said(side)}, {share:.2f}% of {'2 × ' * (scale - 1)}archcalc's "
               "MACs")
        yield from (f"  - {escape(_why(kind))}" for kind in _parting(one, scale))
        for mode in side.modes:
            why = "; ".join(f"{kind}: {because}" for kind, because in mode.reasons)
            yield f"  - {escape(f'{mode.name} it says {mode.total:,}; {why}')}"


def _parting(one: Difference, scale: int) -> list[Kind]:
    """Kinds that a tool counts otherwise than as multiply-accumulates: the largest, and all that make a little."""
    found = sorted((kind for kind in one.kinds if _beside(kind, scale)), key=lambda kind: -abs(_beside(kind, scale)))
    return found[:1] + [kind for kind in found[1:] if abs(_beside(kind, scale)) >= LEAST * scale * one.macs]


def _said(side: Side) -> str:
    return side.unit if side.says == side.unit else f"{side.says}, which are {side.unit}"


def _beside(kind: Kind, scale: int) -> int:
    """What a tool counts of a kind beside its multiply-accumulates; less than 0 where it misses some."""
    return kind.counts[1] - scale * kind.macs


def _why(kind: Kind) -> str:
    because = "; ".join(dict.fromkeys(part.because for part in kind.reasons[1]))
    of = f" of {kind.macs:,} MACs" if kind.macs else ""
    return f"{kind.name}: {kind.counts[1]:,}{of}: {because}" if kind.counts[1] else f"{kind.name}{of}: {because}"


def _variables() -> Iterator[str]:
    yield from (f"| `{name}` | {about} |" for name, (_, about) in VARIABLES.items())
    yield f"| {', '.join(f'`{unit}`' for unit in UNITS)} | that factor of the layer's products, in `explain SPEC` |"


def _convention(found: Convention) -> Iterator[str]:
    """Every rule of a tool."""
    yield f"### {found.name}"
    yield ""
    yield f"{escape(found.tool)} {escape(found.version)}, `{found.how}`. It says “{escape(found.says)}” and counts " \
          f"{found.unit}. {escape(found.about)}"
    yield ""
    yield "| kind | if | counts | which is |"
    yield "|:--|:--|:--|:--|"
    rows: dict[tuple[Rule, ...], list[str]] = {}
    for kind, rules in found.kinds.items():
        rows.setdefault(rules, []).append(f"`{kind}`")
    for rules, kinds in rows.items():
        yield from _rules(", ".join(kinds), rules)
    yield from _rules("any other", found.default)
    for mode, changed in found.modes.items():
        yield from (row for kind, rules in changed.items() for row in _rules(f"`{kind}` {mode}", rules))


def _rules(name: str, rules: tuple[Rule, ...]) -> Iterator[str]:
    for rule in rules:
        when = f"`{rule.when.term.value}`" if rule.when else ""
        yield f"| {name} | {when} | `{rule.amount.term.value}` | {escape(rule.because)} |"
        name = ""
