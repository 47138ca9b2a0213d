"""The story's words with charts, tables and numbers in their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import log10
from pathlib import Path
from typing import Any

from archcalc.propagation.verdict import Change, power
from docs._pages.story.charts import CHARTS, FORMULAS
from docs._pages.story.numbers import FOLDER, known

WORDS = Path(__file__).with_name("words.md")


def page(path: Path) -> str:
    """The page, with what its sessions show where it lies."""
    return re.sub(r"<<(.*?)>>", lambda m: _filled(m[1], path), WORDS.read_text("utf-8"), flags=re.DOTALL)


def _filled(text: str, page: Path) -> str:
    what, rest = re.match(r"(\S+)\s?(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if what in PARTS:
        return PARTS[what](rest)
    if what == "session":
        return f"```console\n$ {rest}\n{_shown(rest, page)}```"
    key, _, field = text.rpartition(" ")
    return FIELDS[field](known()[key][field])


def _shown(command: str, page: Path) -> str:
    """What the page shows of a command's output."""
    found = page.is_file() and re.search(rf"^\$ {re.escape(command)}\n(.*?)^(?:```|\$ )", page.read_text("utf-8"),
                                         re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def _chart(name: str) -> str:
    chart = CHARTS[name]
    return f"`{chart.command(name)}`\n\n![{chart.shows}](story/{name}.svg)"


def _table(name: str) -> str:
    lines = ["| | network | weights | layers | signal | gradient | depth scale | common | verdict |",
             "|:--|:--|:--|--:|--:|--:|--:|--:|:--|"]
    for k, key in enumerate(CHARTS[name].keys):
        one = known()[key]
        change = Change("gradient", 0.0, one["layers"], one["gradient"])
        verdict = str(change).partition(" over ")[0].removeprefix("gradient ").replace("keeps its size", "kept")
        lines.append(f"| {chr(ord('A') + k)} | {one['name']} | {key.split(' ')[1]} | "
                     f"{one['layers']:,} | {times(one['signal'])} | {times(one['gradient'])} | "
                     f"{factor(one['scale'])} | {FIELDS['common'](one['common'])} | {verdict} |")
    return "\n".join(lines)


def _paths_table(name: str) -> str:
    lines = ["| network | paths | mean length | 95% of paths | 95% of the gradient | its mean length |",
             "|:--|--:|--:|--:|--:|--:|"]
    for key in CHARTS[name].keys:
        one = known()[key]
        lines.append(f"| {one['name']} | {one['paths']} | {one['mean']:,g} | {_span(one['middle'])} | "
                     f"{_span(one['carrying'])} | {factor(one['carried'])} |")
    return "\n".join(lines)


def _outcomes(text: str) -> str:
    """Lines ``SPEC INIT: what came of it``, by how far the gradient is from keeping its size."""
    rows = sorted((line.split(": ", 1) for line in text.strip().splitlines()),
                  key=lambda row: abs(known()[row[0]]["gradient"]))
    lines = ["| network | weights | gradient | in training |", "|:--|:--|--:|:--|"]
    lines += [f"| {known()[key]['name']} | {key.split(' ')[1]} | {times(known()[key]['gradient'])} | {words} |"
              for key, words in rows]
    return "\n".join(lines)


def _span(ends: tuple[int, int]) -> str:
    return "–".join(f"{n:,}" for n in dict.fromkeys(ends))


def _spec(name: str) -> str:
    return f"```yaml {name}\n{(FOLDER / name).read_text('utf-8')}```"


def times(exponent: float) -> str:
    """A factor from its log₁₀: ``×0.41``, ``×7.0·10⁻⁷``."""
    if -2 <= exponent < 3:
        return f"×{factor(10**exponent)}"
    whole = int(exponent // 1)
    return f"×{10 ** (exponent - whole):.1f}·{power(whole)}"


def factor(value: float) -> str:
    """Three digits, ∞ from a million on."""
    return "∞" if value >= 1e6 else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _growth() -> float:
    """The power of the number of blocks as which the gradient grows between ResNet-110 and ResNet-1202."""
    one, other = (known()[f"resnet{n} he"]["gradient"] for n in (110, 1202))
    return float((other - one) / log10(600 / 54))


def _block() -> float:
    """What a block of ResNet-34 without normalization multiplies the mean square by, of its 16."""
    return float(10 ** (2 * known()["unnormalized.yaml#resnet34 he"]["signal"] / 16))


FIELDS: Mapping[str, Callable[[Any], str]] = {
    "signal": lambda exponent: times(exponent)[1:],
    "gradient": lambda exponent: times(exponent)[1:],
    "step": lambda exponent: f"{10**exponent:.4g}", "common": lambda share: f"{100 * share:.3g}%",
    "mean": factor, "carrying": _span,
}
"How the words show a number, by its name."
PARTS: Mapping[str, Callable[[str], str]] = {
    "chart": _chart, "table": _table, "paths": _paths_table, "spec": _spec, "outcomes": _outcomes,
    "listing": lambda _: f"```text\n{(FOLDER / 'paths.txt').read_text('utf-8')}```",
    "formula": lambda name: f"{FORMULAS[name]:.4g}" if FORMULAS[name] > 1 else times(log10(FORMULAS[name]))[1:],
    "growth": lambda _: factor(_growth()), "block": lambda _: factor(_block()),
}
"What the words ask for by name."
