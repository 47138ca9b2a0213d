"""What layers see of the input: the window of the unit in the middle of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.analysis.span import Interval, hull
from archcalc.diagrams.compose import family
from archcalc.diagrams.figures import Figures
from archcalc.diagrams.parts import Part, fused
from archcalc.errors import UsageError
from archcalc.words import listed, suggest

ROWS = 12
"Layers that are chosen where the reader chooses none."


def percent(part: int, whole: int) -> str:
    """A share in percent.

    >>> percent(195, 227), percent(11, 227), percent(1, 16000)
    ('86%', '4.8%', '<0.1%')
    """
    share = 100 * part / whole
    return "<0.1%" if 0 < share < 0.1 else f"{share:.{0 if share >= 10 else 1}f}%"


class Window(NamedTuple):
    """What the unit in the middle of a layer sees of the input: pixels per axis, those of the padding included.

    ``sizes`` are those of the layer's field, the largest if they depend on the unit, ``strides`` from one unit
    to the next; ``input`` is the size of the input.
    """

    part: Part
    role: str
    seen: tuple[Interval, ...]
    sizes: tuple[int, ...]
    strides: tuple[str, ...]
    input: tuple[int, ...]

    @property
    def inside(self) -> tuple[Interval, ...]:
        """The pixels that it sees of the input itself."""
        return tuple((max(0, a), min(n - 1, b)) for (a, b), n in zip(self.seen, self.input, strict=True))

    @property
    def beyond(self) -> bool:
        """Whether it reaches beyond the input."""
        return self.inside != self.seen

    @property
    def covers(self) -> bool:
        """Whether the field is as large as the input."""
        return all(size >= n for size, n in zip(self.sizes, self.input, strict=True))

    @property
    def text(self) -> str:
        """``195×195 · /32 · 86%``: size, stride, and the size in percent of the input."""
        shares = [percent(size, n) for size, n in zip(self.sizes, self.input, strict=True)]
        same = len(set(shares)) == 1
        share = "covers the input" if self.covers else shares[0] if same else "×".join(shares)
        stride = self.strides[0] if len(set(self.strides)) == 1 else "×".join(self.strides)
        return " · ".join(filter(None, ["×".join(map(str, self.sizes)), stride and f"/{stride}", share]))


def windows_of(figures: Figures, which: int) -> list[Window]:
    """The windows of all layers that have a field on an input, in order."""
    found = [_window(figures, which, part) for part in fused(figures.net)]
    return [window for window in found if window]


def _window(figures: Figures, which: int, part: Part) -> Window | None:
    row = figures.row(part.main)
    field = figures.numbers.field(row, which)
    seen = figures.numbers.fields[row.index][which]
    if not field or not seen:
        return None
    middle = []
    for one in seen:
        unit = row.out.dims[one.axis] // 2 if one.axis is not None else 0
        fixed = None if figures.style.local and one.span else one.fixed
        middle.append(hull(fixed, one.span.at(unit) if one.span else None))
    if any(interval is None for interval in middle):
        return None
    strides = tuple("" if f.stride is None else str(f.stride) for f in field)
    return Window(part, family(figures.net, part), tuple(interval for interval in middle if interval),
                  tuple(f.size for f in field), strides, figures.out(which).spatial)


def named(figures: Figures, which: int, layers: Sequence[str]) -> list[Window]:
    """The windows of layers by name. Raises `UsageError` for one that is not there, or has no field."""
    net = figures.net
    found = []
    for name in layers:
        i = net.index.get(name, -1)
        if i < net.n_inputs:
            known = [node.name for node in net.layers]
            hint = suggest(name, known) or f"; there are {listed(known)}"
            raise UsageError(f"no layer is called '{name[:80]}'{hint}")
        window = _window(figures, which, Part(name, (i,), i))
        if window is None:
            raise UsageError(f"layer '{name[:80]}' has no receptive field")
        found.append(window)
    return found


def growing(windows: Sequence[Window]) -> list[Window]:
    """Layers whose field is larger than all before, spread over the depth up to the first that covers the input."""
    found: list[Window] = []
    largest = (0,) * len(windows[0].sizes) if windows else ()
    for window in windows:
        if any(size > most for size, most in zip(window.sizes, largest, strict=True)):
            found.append(window)
            largest = tuple(map(max, window.sizes, largest))
    last = next((k for k, window in enumerate(found) if window.covers), len(found) - 1)
    return [found[round(k * last / (ROWS - 1))] for k in range(ROWS)] if last >= ROWS else found[:last + 1]
