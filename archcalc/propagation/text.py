"""A propagation as a text table, as Markdown and as data."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from archcalc.propagation.propagate import Propagation, Row
from archcalc.propagation.verdict import depths, verdict
from archcalc.reports.markdown import escape
from archcalc.reports.table import cells

NOTE = ("Estimates for wide layers and large batches at initialisation: independent weights of the scheme's variance, "
        "biases 0, normalization weights 1; inputs and the loss's gradients independent with mean 0 and variance 1. "
        "E x² and the gradient are mean squares per element.")
HEADS = ("layer", "depth", "E x²", "Var x", "gradient", "")
NAMES = 34
"Characters of a name that the table shows; JSON has all."


def shown(found: Propagation, every: bool) -> Iterator[tuple[Row, int]]:
    """Rows with their depth: of layers with weights and of outputs, or of all layers."""
    outputs = set(found.net.outputs)
    for i, (row, depth) in enumerate(zip(found.rows, depths(found), strict=True)):
        if i >= found.net.n_inputs and (every or row.weighted or i in outputs):
            yield row, depth


def table(found: Propagation, every: bool = False, bold: Callable[[str], str] = str) -> str:
    """Layers with weights, or all, and the verdict; layers whose rule leaves something out have a mark."""
    rows, marks = list(shown(found, every)), _marks(found)
    lines = [HEADS, *((_short(row.name), str(depth), number(row.second_moment), number(row.variance),
                       number(row.gradient), marks.get(row.note, "")) for row, depth in rows)]
    sizes = [max(cells(line[k]) for line in lines) for k in range(len(HEADS))]
    texts = ["  ".join(text + " " * (size - cells(text)) if k in (0, 5) else " " * (size - cells(text)) + text
                       for k, (text, size) in enumerate(zip(line, sizes, strict=True))).rstrip() for line in lines]
    title = f"{bold(found.net.name)} · {subtitle(found)}"
    body = [title, "", bold(texts[0]), *texts[1:], "", *textwrap.wrap(sentence(found), 80), ""]
    body += [line for note, mark in marks.items()
             for line in textwrap.wrap(f"{mark} {_marked(found, note)}: {note}.", 80, subsequent_indent="  ")]
    return "\n".join([*body, *textwrap.wrap(NOTE, 80)]) + "\n"


def subtitle(found: Propagation) -> str:
    """Scheme, mode and layers."""
    mode = "training" if found.net.mode == "train" else "evaluation"
    return f"{found.scheme.name} · {mode} · {len(found.net):,} layers"


def sentence(found: Propagation) -> str:
    """The verdict as a sentence."""
    text = str(verdict(found))
    return text[:1].upper() + text[1:] + "."


def _marks(found: Propagation) -> dict[str, str]:
    """A mark of one to three signs for each note."""
    notes = dict.fromkeys(row.note for row in found.rows if row.note)
    return {note: "*†‡"[k % 3] * (k // 3 + 1) for k, note in enumerate(notes)}


def _marked(found: Propagation, note: str) -> str:
    kinds = dict.fromkeys(row.kind for row in found.rows if row.note == note)
    return ", ".join(kinds)


def _short(name: str) -> str:
    name = "".join(c if c.isprintable() else "�" for c in name)
    return name if len(name) <= NAMES else name[:NAMES // 2 - 1] + "…" + name[len(name) - NAMES // 2:]


def number(value: float) -> str:
    """Three digits, in powers of ten where the number is very small or large.

    >>> number(0.5), number(123456.0), number(2.5e-9), number(0.0)
    ('0.5', '1.23e5', '2.5e-9', '0')
    """
    if not value or 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def markdown(found: Propagation, every: bool = False) -> str:
    """A table of the layers under a heading, and the verdict."""
    lines = [f"## {escape(found.net.name)}, {subtitle(found)}", "",
             "| layer | kind | depth | E x² | Var x | gradient | note |", "|:--|:--|--:|--:|--:|--:|:--|"]
    lines += [f"| {escape(row.name)} | {row.kind} | {depth} | {number(row.second_moment)} | {number(row.variance)} | "
              f"{number(row.gradient)} | {escape(row.note)} |" for row, depth in shown(found, every)]
    return "\n".join([*lines, "", sentence(found), "", NOTE]) + "\n"


def to_dict(found: Propagation) -> dict[str, Any]:
    """All layers as plain data."""
    said = verdict(found)
    return {
        "name": found.net.name, "spec": found.net.spec, "mode": found.net.mode, "init": found.scheme.name,
        "source": found.scheme.source, "assumptions": NOTE, "border_cells": found.edge,
        "verdict": {"text": sentence(found), "layers": said.gradient.layers, **{
            change.what: {"log10_ratio": _finite(change.exponent), "per_layer": _finite(change.per_layer),
                          "depth_scale": _finite(change.scale)} for change in said}},
        "layers": [{"name": row.name, "kind": row.kind, "depth": depth, "weights": row.weighted,
                    "second_moment": row.second_moment, "mean": row.mean, "variance": row.variance,
                    "gradient": row.gradient, "gradient_norm": row.gradient_norm,
                    **({"note": row.note} if row.note else {})}
                   for row, depth in zip(found.rows, depths(found), strict=True)][found.net.n_inputs:],
    }


def _finite(value: float) -> float | None:
    return value if abs(value) < float("inf") else None


def to_json(found: Sequence[Propagation]) -> str:
    """Several propagations as a JSON text."""
    return json.dumps({"schema": "signal/1", "networks": [to_dict(one) for one in found]}, ensure_ascii=False,
                      indent=1) + "\n"


def csv_text(found: Sequence[Propagation], every: bool = False) -> str:
    """A line a layer."""
    import csv
    import io

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["spec", "init", "layer", "kind", "depth", "second_moment", "variance", "gradient",
                     "gradient_norm"])
    for one in found:
        writer.writerows([one.net.spec, one.scheme.name, row.name, row.kind, depth, row.second_moment, row.variance,
                          row.gradient, row.gradient_norm] for row, depth in shown(one, every))
    return stream.getvalue()
