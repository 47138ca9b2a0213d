"""docs/signal-measured.md: predictions beside what torch measured, from tests/facts/signal.json; rules by kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from archcalc.layers.registry import kinds
from archcalc.propagation.propagate import signal
from archcalc.propagation.rules import RULES
from archcalc.reports.markdown import escape
from tests.signal.matrix import CASES, NETWORKS, Case

TOLERANCE, EXACT = 0.10, 0.02

INTRO = """\
<!-- Written by docs/_pages/signal.py from tests/facts/signal.json. -->
# Signals measured with torch

`python -m tests.signal.record FOLDER` draws each network's weights with `torch.nn.init`, {seeds} times, feeds it
samples of N(0, 1), puts gradients of N(0, 1) on its outputs, and takes the mean square of every layer's output and
gradient (torch {torch}, float32 on the CPU). [The figures](../tests/facts/signal.json) stand beside what
`archcalc signal` predicts now: the layer that is furthest off in each direction, with the standard error of torch's
own mean there. *Beyond* are layers that are off by more than 10 %, or than 10 % and that standard error where it is
above 2 %. Seeds are the same for all initialisations.

Without normalization the mean square of a ReLU chain is itself random, so that those networks are taken four times as
wide as in the paper; even so torch's mean over {seeds} seeds is uncertain. With batch normalization, a finite batch
takes part of the gradient out, about 2/n of it for n values per channel, in each layer: predictions are for large
batches.

## Networks

| network | init | activation | pixels, samples, width | E x² | gradient | beyond |
|:--|:--|:--|:--|--:|--:|--:|
"""

SMALL = """
## Single kinds

| network | init | E x² | gradient | beyond |
|:--|:--|--:|--:|--:|
"""

KINDS = """
## Rules by kind

Kinds with the same rule, and what it leaves out of account, for which reports mark a layer. `input` has what is
assumed of inputs; of an `opaque` operation nothing is known.

| rule | kinds | leaves out |
|:--|:--|:--|
"""


class Off(NamedTuple):
    """A layer, how far its prediction is off, and the standard error of torch's mean."""

    layer: str
    by: float
    error: float

    @property
    def beyond(self) -> bool:
        """Whether it is off by more than is granted."""
        return abs(self.by) > TOLERANCE + (self.error if self.error > EXACT else 0.0)

    def __str__(self) -> str:
        return f"{100 * self.by:+.1f} ± {100 * self.error:.1f} %"


SLOW = True
"""It works out the signal of every network that was measured."""


def pages(root: Path) -> dict[Path, str]:
    """The page, if there are figures."""
    facts = root / "tests" / "facts" / "signal.json"
    if not facts.is_file():
        return {}
    found = json.loads(facts.read_text("utf-8"))
    known = {(case["network"], case["init"], case["activation"]): case for case in found["cases"]}
    lines, far = list[str](), list[str]()
    for case in CASES:
        row = known.get((case.network, case.init, case.activation))
        if row is not None:
            ways = _compared(case, row)
            lines.append(_line(case, row, ways))
            far += _far(case, ways)
    networks = sum((case.network, case.init, case.activation) in known for case in NETWORKS)
    text = INTRO.format(torch=found["torch"], seeds=found["cases"][0]["seeds"]) + "".join(lines[:networks])
    text += SMALL + "".join(lines[networks:]) + "\n## Layers beyond\n\n" + "".join(far)
    return {root / "docs" / "signal-measured.md": text + KINDS + "".join(_rules())}


def _compared(case: Case, row: dict[str, Any]) -> tuple[list[Off], list[Off]]:
    """Every layer, forward and backward."""
    found = signal(case.net(), case.init)
    forward, backward = ([Off(name, getattr(found[name], what) / mean - 1, error) for name, mean, error in zip(
        row["layers"], row[what], row[f"{what}_error"], strict=True) if mean] for what in ("second_moment", "gradient"))
    return forward, backward


def _line(case: Case, row: dict[str, Any], ways: tuple[list[Off], list[Off]]) -> str:
    how = f"{row['activation']} | {row['image']}, {row['batch']}, {row['width']}× | " if case.activation else ""
    worst = " | ".join(str(max(way, key=lambda off: abs(off.by))) for way in ways)
    beyond = sum(off.beyond for way in ways for off in way)
    return f"| {escape(case.network)} | `{case.init}` | {how}{worst} | {beyond or '–'} |\n"


def _far(case: Case, ways: tuple[list[Off], list[Off]]) -> Iterator[str]:
    for what, way in zip(("E x²", "gradient"), ways, strict=True):
        layers = [f"`{off.layer}` {off}" for off in sorted(way, key=lambda off: -abs(off.by)) if off.beyond]
        if layers:
            more = f", and {len(layers) - 6} more" if len(layers) > 6 else ""
            yield f"- {escape(case.title)}, {what}: {', '.join(layers[:6])}{more}.\n"


def _rules() -> Iterator[str]:
    for name, rule in RULES.items():
        members = ", ".join(f"[`{kind}`](kinds.md#{kind})" if kind != "input" else "`input`"
                            for kind, cls in kinds().items() if cls.signal == name)
        yield f"| {name or 'none'} | {members} | {escape(rule.note)} |\n"
