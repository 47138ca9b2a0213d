"""What the page's template shows of a network beside its table: figures, charts, memory, claims, findings."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.analysis.storage import BYTES
from archcalc.claims.text import by_source, heading, source_text
from archcalc.claims.verdict import Verdict
from archcalc.diagrams.text import clean, clip, short
from archcalc.html.profile import Chart, Stretch, charts, stretches
from archcalc.linting.run import Finding
from archcalc.linting.text import layers_text, sentence
from archcalc.reports.columns import shape_text
from archcalc.reports.model import Numbers
from archcalc.spec.parameters import evaluate

ALIVE = 12


class Figure(NamedTuple):
    """A total: what it is, in three digits, exactly with its unit, and what is to be said of it."""

    head: str
    brief: str
    exact: str
    note: str = ""


class Group(NamedTuple):
    """The verdicts on the claims of a source, what is known of its convention, and how many have each verdict."""

    source: str
    about: str
    verdicts: list[Verdict]
    counts: dict[str, int]


class Claims(NamedTuple):
    """The audit of a spec, or why there is none."""

    heading: str
    groups: list[Group]


class Lint(NamedTuple):
    """A finding with its layers as text, and the number of the first layer among the report's."""

    finding: Finding
    layers: str
    message: str
    first: int


def figures(report: Numbers) -> list[Figure]:
    """The totals that stand at the top."""
    t, m = report.totals, report.memory
    exact = [
        ("Parameters", t.params, "", f"{t.weights:,} weights; the others biases and normalization"
         + (f"; {t.buffers:,} buffer elements beside" if t.buffers else "")),
        ("MACs", t.macs, "", "of convolutions, dense layers and matrix products"),
        ("FLOPs", t.flops, "", "2·MACs + all other arithmetic"),
        ("Peak of inference", m.peak.bytes, " bytes", f"while {clip(m.peak.layer)} runs"),
        ("Training step", m.training.total, " bytes", f"with {report.optimizer}; an estimate"),
    ]
    return [Figure(head, brief(value, unit), f"{value:,}{unit}", note) for head, value, unit, note in exact]


def brief(value: int, unit: str = "") -> str:
    """A number in three digits; bytes with their letter.

    >>> brief(60_965_224), brief(243_860_896, " bytes"), brief(12, " bytes")
    ('61.0 M', '244 MB', '12 B')
    """
    return f"{short(value)}{'' if value >= 1000 else ' '}B" if unit else short(value)


def subtitle(report: Numbers, layout: str) -> str:
    """Inputs, outputs and conditions of a report."""
    rows = {row.name: row for row in report.rows}
    inputs = ", ".join(shape_text(x, layout) for x in report.inputs.values())
    outputs = ", ".join(shape_text(rows[name].out, layout) for name in report.outputs if name in rows)
    parts = [f"{inputs} → {outputs}" if outputs else inputs, f"{len(report):,} layers", report.dtype,
             f"batch {report.batch:,}", *(["training"] if report.net.mode == "train" else [])]
    return " · ".join(parts)


def paper(report: Numbers) -> str:
    """The paper that a spec names, on one line."""
    term = report.net.document.section("paper")
    if term is None:
        return ""
    found = term.plain()
    if not isinstance(found, dict):
        return clean(str(found))
    authors = found.get("authors", "")
    names = ", ".join(map(str, authors)) if isinstance(authors, list) else str(authors)
    return clean(", ".join(str(part) for part in (names, found.get("title"), found.get("year")) if part))


def memory_rows(report: Numbers) -> list[tuple[str, int]]:
    """Bytes of a training step, line by line; the last is the sum."""
    step = report.memory.training
    return [("parameters", step.params), ("gradients of parameters", step.gradients),
            (f"state of {report.optimizer}", step.optimizer), ("saved for backward", step.saved),
            ("gradients of activations (estimate)", step.working), ("total (estimate)", step.total)]


def training(report: Numbers) -> str:
    """How a training step is done."""
    return report.optimizer + (", checkpoints at top-level blocks" if report.checkpoint else "")


def alive_rows(report: Numbers) -> tuple[list[tuple[str, int]], int]:
    """What is alive at the peak of inference, the largest first, and how many more there are."""
    alive = report.memory.peak.alive
    return [(clip(name), size) for name, size in alive[:ALIVE]], max(0, len(alive) - ALIVE)


def claims(report: Numbers) -> Claims | None:
    """The audit of a spec that has claims; with other parameters than the spec's they speak of another network."""
    net = report.net
    if net.document.section("claims") is None:
        return None
    if net.parameters != evaluate(net.document, {}):
        return Claims("Claims speak of the spec as it stands; other parameters were given.", [])
    from archcalc.claims.audit import audit

    found = audit(net)
    about = {source.name: source_text(source) for source in found.sources}
    groups = [Group(clean(name), clean(about.get(name, "")), verdicts,
                    {word: n for word in found.counts if (n := sum(v.verdict == word for v in verdicts))})
              for name, verdicts in by_source(found).items()]
    return Claims(clean(heading(found).removeprefix(f"{found.name} · ")), groups)


def findings(report: Numbers) -> list[Lint]:
    """What lint finds."""
    from archcalc.linting import lint

    first = report.net.n_inputs
    return [Lint(one, clip(layers_text(one)), clean(f"{sentence(one.message)} {sentence(one.fix)}"),
                 report.net.index[one.layer] - first) for one in lint(report.net)]


def profile(report: Numbers) -> tuple[list[Chart], list[Stretch]]:
    """The charts and the names below them."""
    return charts(report), stretches(report)


def conditions(report: Numbers) -> str:
    """On what the bytes are based."""
    size = BYTES[report.dtype]
    return f"{report.dtype}: {size} byte{'s' * (size > 1)} a number"
