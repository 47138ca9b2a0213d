"""Explanations as text, Markdown, LaTeX and JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence

from archcalc.explain import Explanation, Step
from archcalc.reports.markdown import escape
from archcalc.reports.model import Numbers


def render(report: Numbers, found: Sequence[Explanation], form: str) -> str:
    """Explanations in a format: table (plain text), md, json or latex."""
    return {"table": _text, "md": _markdown, "json": _json, "latex": _latex}[form](report, found)


def _text(report: Numbers, found: Sequence[Explanation]) -> str:
    lines = [report.net.name]
    width = max((len(step.what) for one in found for step in one.steps), default=0) + 2
    for one in found:
        lines += ["", f"{one.name}  {one.title}".strip()]
        last = ""
        for step in one.steps:
            head = "" if step.what == last else step.what
            last = step.what
            lines += textwrap.wrap(str(step), 80, initial_indent=f"  {head:<{width}}", break_long_words=False,
                                   subsequent_indent=" " * (width + 4), break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def _markdown(report: Numbers, found: Sequence[Explanation]) -> str:
    lines = [f"# {escape(report.net.name)}"]
    for one in found:
        lines += ["", f"## {escape(f'{one.name} {one.title}'.strip())}", "", "| | | |", "|:--|--:|:--|"]
        lines += [f"| {step.what} | {escape(step.arithmetic)} | "
                  f"{'= ' if step.arithmetic else ''}{escape(step.result + step.remark)} |" for step in one.steps]
    return "\n".join(lines) + "\n"


def _json(report: Numbers, found: Sequence[Explanation]) -> str:
    return json.dumps({"schema": "explanation/1", "spec": report.net.spec, "layers": [
        {"name": one.name, "title": one.title, "steps": list(map(_step, one.steps))} for one in found]},
        ensure_ascii=False, indent=1) + "\n"


def _step(step: Step) -> dict[str, str]:
    return {"what": step.what, "arithmetic": step.arithmetic, "result": step.result.replace(",", "").replace("−", "-"),
            "remark": step.remark.strip()}


def _latex(report: Numbers, found: Sequence[Explanation]) -> str:
    lines = []
    for one in found:
        lines += [f"% {_one_line(f'{one.name} {one.title}'.strip())}", r"\begin{align*}"]
        lines += [f"{_equation(step)} \\\\" for step in one.steps]
        lines += [r"\end{align*}"]
    return "\n".join(lines) + "\n"


def _equation(step: Step) -> str:
    remark = rf"\ \text{{{_plain(step.remark.strip())}}}" if step.remark.strip() else ""
    left = _math(step.arithmetic)
    return f"{left} &= {_math(step.result)}{remark}" if left else f"&\\phantom{{={{}}}} {_math(step.result)}{remark}"


_SYMBOLS = {"×": r"\times ", "·": r"\cdot ", "−": "-", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ",
            "⌉": r"\rceil ", "→": r"\to ", "²": "^2"}


def _math(text: str) -> str:
    """Arithmetic in math mode: words upright, thousands grouped."""
    text = re.sub(r"(?<=\d),(?=\d)", "{,}", text)
    parts = re.split(r"( ?[A-Za-z_][\w .]*[\w.] ?| ?[A-Za-z] ?)", text)
    return "".join(rf"\text{{{_plain(part)}}}" if i % 2 else "".join(_SYMBOLS.get(c, c) for c in part)
                   for i, part in enumerate(parts))


def _plain(text: str) -> str:
    """Text with LaTeX's special characters escaped."""
    text = "".join({"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}.get(c, "\\" + c if c in "&%$#_{}" else c)
                   for c in text)
    return re.sub("[" + "".join(_SYMBOLS) + "]", lambda m: f"${_SYMBOLS[m[0]].strip()}$", text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
