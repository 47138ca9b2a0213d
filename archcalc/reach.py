"""What one output unit sees of its input, along one axis: the receptive field of a single layer.

A `Reach` is exact for every kind: output i sees ``phases[i mod period]`` shifted by
``advance · (i div period)``.  A convolution has one phase and advances by its stride; upsampling
by 2 has two phases and advances by 1; what follows no period has one phase per output.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from archcalc.tensor import Tensor, Window

Units = tuple[int, int, int]
"""First unit, last unit and the step between: ``(-1, 1, 1)`` is −1, 0, 1."""


class Reach(NamedTuple):
    """Input units that each output unit sees; a phase of None sees nothing."""

    period: int
    advance: int
    phases: tuple[Units | None, ...]

    def units(self, i: int) -> range:
        """Input units of output i, those in the padding included."""
        turn, phase = divmod(i, self.period)
        seen = self.phases[phase]
        if seen is None:
            return range(0)
        shift = turn * self.advance
        return range(seen[0] + shift, seen[1] + shift + 1, seen[2])

    @property
    def constant(self) -> bool:
        """Whether all outputs see the same units."""
        return self.period == 1 and self.advance == 0


SAME = Reach(1, 1, ((0, 0, 1),))
"""Output i sees input i."""

FIRST = Reach(1, 0, ((0, 0, 1),))
"""All outputs see the one input of a broadcast axis."""


def window(w: Window) -> Reach:
    """A window that slides.

    >>> list(window(Window(kernel=3, stride=2, before=1)).units(4))
    [7, 8, 9]
    """
    return Reach(1, w.stride, ((-w.before, -w.before + w.extent - 1, w.dilation),))


def transposed(w: Window) -> Reach:
    """The transpose of a window: output i sees every j with i = j·stride − before + t·dilation.

    >>> [list(transposed(Window(kernel=3, stride=2, before=1)).units(i)) for i in range(3)]
    [[0], [0, 1], [1]]
    """
    phases: list[Units | None] = []
    for i in range(w.stride):
        seen = [(i + w.before - t * w.dilation) // w.stride for t in range(w.kernel)
                if (i + w.before - t * w.dilation) % w.stride == 0]
        phases.append(_hull(seen))
    return Reach(w.stride, 1, tuple(phases))


def whole(n: int) -> Reach:
    """Every output sees all n inputs."""
    return Reach(1, 0, ((0, n - 1, 1),))


def shifted(by: int, step: int = 1) -> Reach:
    """Output i sees input by + i·step."""
    return Reach(1, step, ((by, by, 1),))


def repeated(factor: int, before: int = 0, after: int = 0) -> Reach:
    """Output i sees input ⌊i / factor⌋ and so many before and behind it."""
    return Reach(factor, 1, ((-before, after, 1),) * factor)


def blocks(size: int, offset: int = 0) -> Reach:
    """Output i sees its whole block of ``size``; blocks begin at ``offset``.

    >>> [list(blocks(3, 1).units(i)) for i in (0, 1, 4)]
    [[-2, -1, 0], [1, 2, 3], [4, 5, 6]]
    """
    starts = [(i - offset) // size * size + offset for i in range(size)]
    return Reach(size, size, tuple((start, start + size - 1, 1) for start in starts))


def table(seen: Iterable[Iterable[int]]) -> Reach:
    """What each output sees, one by one; windows of one size at one stride are recognised as such.

    >>> table([[0, 1], [2, 3], [4, 5]])
    Reach(period=1, advance=2, phases=((0, 1, 1),))
    """
    phases = tuple(_hull(units) for units in seen)
    first, second = phases[0], phases[min(1, len(phases) - 1)]
    if first is not None and second is not None:
        even = Reach(1, second[0] - first[0], (first,))
        if all(phase is not None and even.units(i) == range(phase[0], phase[1] + 1, phase[2])
               for i, phase in enumerate(phases)):
            return even
    return Reach(len(phases), 0, phases)


def _hull(units: Iterable[int]) -> Units | None:
    found = sorted(set(units))
    steps = {b - a for a, b in pairwise(found)}
    return (found[0], found[-1], steps.pop() if len(steps) == 1 else 1) if found else None


class Sight(NamedTuple):
    """How an output sees one of its inputs: for each output axis, the input axis that it runs along.

    An input axis that no output axis runs along is seen whole by every output.
    """

    input: int
    axes: tuple[tuple[int, Reach] | None, ...]


def along(x: Tensor, reaches: Sequence[Reach], axes: Sequence[int] | None = None, which: int = 0) -> Sight:
    """An output of the input's axes, which runs along some of them (by default space) with given reaches."""
    special = dict(zip(x.space if axes is None else axes, reaches, strict=True))
    return Sight(which, tuple((i, special.get(i, SAME)) for i in range(len(x.dims))))


def all_of(x: Tensor, out: Tensor, axes: Sequence[int] | None = None, which: int = 0) -> Sight:
    """An output of the input's axes that sees some of them (by default space) whole."""
    hidden = x.space if axes is None else axes
    return Sight(which, tuple(None if i in hidden or i >= len(x.dims) else (i, SAME) for i in range(len(out.dims))))


def kept_of(x: Tensor, gone: Sequence[int]) -> Sight:
    """An output of the axes that are left when some, seen whole, are gone."""
    return Sight(0, tuple((i, SAME) for i in range(len(x.dims)) if i not in gone))


def aligned(which: int, x: Tensor, out: Tensor) -> Sight:
    """Axis by axis, the element at the same place; an axis of 1 is repeated; other ranks see all."""
    if len(x.dims) != len(out.dims):
        return Sight(which, (None,) * len(out.dims))
    return Sight(which, tuple((i, SAME if a == b else FIRST)
                              for i, (a, b) in enumerate(zip(x.dims, out.dims, strict=True))))
