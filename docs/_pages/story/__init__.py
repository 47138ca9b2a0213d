"""The story page: why depth alone fails.

Its words are words.md; its charts and the numbers behind them are worked out by ``python docs/generate.py
--gallery``, so that the page itself costs nothing.  In the words, ``<<chart NAME>>`` is a chart with its command,
``<<table NAME>>`` the numbers of its lines, ``<<paths NAME>>`` those of their paths, ``<<spec FILE>>`` a file,
``<<formula NAME>>`` a number by arithmetic, ``<<SPEC INIT FIELD>>`` one number, ``<<outcomes ...>>`` lines sorted
by their gradients, and ``<<session COMMAND>>`` a session with what the page shows of its output, which
``--sessions`` keeps up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from docs._pages.story.charts import CHARTS
from docs._pages.story.numbers import as_json, listing, numbers, propagation
from docs._pages.story.page import page


def pages(root: Path) -> dict[Path, str]:
    """The page."""
    path = root / "docs" / "story.md"
    return {path: page(path)}


def pictures(root: Path) -> Iterator[tuple[Path, str]]:
    """Every chart, and the files of numbers, worked out now."""
    from archcalc.diagrams.signals import signal_picture

    folder = root / "docs" / "story"
    yield folder / "numbers.json", as_json(numbers())
    yield folder / "paths.txt", listing()
    for name, chart in CHARTS.items():
        yield folder / f"{name}.svg", str(signal_picture([propagation(key) for key in chart.keys]))
