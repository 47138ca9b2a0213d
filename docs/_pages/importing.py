"""The page of what import covers of torchvision and timm, from the figures that a run left in tests/facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

INTRO = """\
<!-- Written by docs/generate.py from tests/facts/import_coverage.json. -->
# Import coverage

What [`archcalc import`](importing.md) makes of every classification and segmentation network and every detector's
backbone of torchvision, and of timm's ResNet, EfficientNet, ConvNeXt, ViT, Swin and Mixer families, each built without
weights and with the library's own defaults. `python -m tests.importing.record_coverage` measures it; this is what it
said with torch {torch}, torchvision {torchvision} and timm {timm}.

- **parameters**: elements in all, and the shapes of the tensors.
- **MACs**: half of what torch's `FlopCounterMode` counts on the meta device, attention decomposed.
- **shapes**: the output of each module without parts, and of attention with its projections; what only rearranges
  elements is left out, as it may be one layer with the views around it.
- **outputs**: all outputs in float64 on the CPU, with the module's tensors in the network that is built from the spec,
  to 10⁻⁸ (10⁻⁵ for modules that themselves round to float32); of networks without opaque layers that have at most
  {macs} MACs and {parameters} parameters. The others are checked on the meta device only.
- **opaque**: networks with layers that [have no kind](kinds.md#opaque). **lines**: of the spec.

"""
COLUMNS = ("parameters", "MACs", "shapes", "outputs")
Row = dict[str, Any]


def pages(root: Path) -> dict[Path, str]:
    """The page, if there are figures."""
    facts = root / "tests" / "facts" / "import_coverage.json"
    if not facts.is_file():
        return {}
    found = json.loads(facts.read_text("utf-8"))
    limits = {"macs": f"{found['outputs']['MACs']:,}", "parameters": f"{found['outputs']['parameters']:,}"}
    lines = [*_summary(found["families"]), *_apart(found["families"]), *_all(found["families"])]
    return {root / "docs" / "import-coverage.md": INTRO.format(**found["versions"], **limits) + "\n".join(lines) + "\n"}


def _summary(families: dict[str, dict[str, Row]]) -> Iterator[str]:
    """A line for each family."""
    yield f"| networks | imported | {' | '.join(COLUMNS)} | opaque | lines |"
    yield "|:--|--:|" + "--:|" * (len(COLUMNS) + 2)
    for family, rows in families.items():
        there = [row for row in rows.values() if "error" not in row]
        counts = [_equal([row["checks"][column] for row in there]) for column in COLUMNS]
        sizes = [row["lines"] for row in there]
        opaque = sum(row["opaque"] > 0 for row in there)
        yield (f"| {family} | {len(there)} of {len(rows)} | {' | '.join(counts)} | {opaque} "
               f"| {min(sizes)}–{max(sizes)} |")


def _equal(found: list[str]) -> str:
    """How many are equal of those that were compared."""
    ran = [one for one in found if not one.startswith("not run")]
    rest = f", {len(found) - len(ran)} not run" if len(ran) < len(found) else ""
    return f"{sum(one == 'equal' for one in ran)} of {len(ran)}{rest}"


def _apart(families: dict[str, dict[str, Row]]) -> Iterator[str]:
    """Networks that are not imported, that differ, or that have opaque layers, with the reasons."""
    wrong = [(f"{family}: {name}", how) for family, rows in families.items() for name, row in rows.items()
             if (how := _how(row))]
    yield ""
    if not wrong:
        yield "All that was compared is equal, and no layer is opaque."
        return
    yield "## What differs, and what is opaque\n"
    for name, how in wrong:
        yield f"- {name}: {how}"


def _how(row: Row) -> str:
    if "error" in row:
        return f"not imported: {row['error']}"
    parts = [f"{check} {found}" for check, found in row["checks"].items()
             if found != "equal" and not found.startswith("not run")]
    return "; ".join([*parts, *(line.strip(" .") for line in row["why"])])


def _all(families: dict[str, dict[str, Row]]) -> Iterator[str]:
    """A line for each network."""
    for family, rows in families.items():
        yield f"\n## {family}\n"
        yield f"| network | lines | layers | opaque | {' | '.join(COLUMNS)} |"
        yield "|:--|--:|--:|--:|--:|--:|:--:|:--:|"
        for name, row in rows.items():
            if "error" not in row:
                cells = [row["lines"], row["layers"], row["opaque"] or "–", *_cells(row)]
                yield f"| {name} | {' | '.join(map(str, cells))} |"


def _cells(row: Row) -> Iterator[str]:
    for column, figure in zip(COLUMNS, (f"{row['parameters']:,} ", f"{row['macs']:,} ", "", ""), strict=True):
        found = row["checks"][column]
        yield "–" if found.startswith("not run") else figure + ("=" if found == "equal" else "≠")
