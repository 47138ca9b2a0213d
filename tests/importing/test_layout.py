"""Layouts of views against numpy: random chains of reshapes, permutations and slices, and their recipes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.importing.views.layout import Layout, permuted, recipe, reshaped, sliced, whole

BASES = st.lists(st.sampled_from([1, 2, 3, 4, 6, 8]), min_size=1, max_size=4)


@st.composite
def shapes(draw: st.DrawFn, size: int) -> list[int]:
    """Sizes of as many elements, with an axis of 1 now and then."""
    found = []
    while size > 1:
        found.append(draw(st.sampled_from([n for n in range(2, size + 1) if size % n == 0])))
        size //= found[-1]
    found += [1] * draw(st.integers(0 if found else 1, 1))
    return draw(st.permutations(found))


@st.composite
def chains(draw: st.DrawFn) -> tuple[Any, Layout, Any]:
    """A base of numbers, a layout, and the view that numpy makes of the base by the same steps."""
    dims = draw(BASES)
    base = view = np.arange(prod(dims)).reshape(dims)
    layout = whole(dims)
    for step in draw(st.lists(st.sampled_from(["reshape", "permute", "slice"]), max_size=6)):
        new: Layout | None
        if step == "reshape":
            sizes = draw(shapes(view.size))
            new, changed = reshaped(layout, sizes), view.reshape(sizes)
        elif step == "permute":
            order = draw(st.permutations(range(view.ndim)))
            new, changed = permuted(layout, order), view.transpose(order)
        else:
            axis = draw(st.integers(0, view.ndim - 1))
            start, by = draw(st.integers(0, view.shape[axis] - 1)), draw(st.integers(1, 2))
            count = draw(st.integers(1, -((start - view.shape[axis]) // by)))
            new = sliced(layout, axis, start, count, by)
            changed = np.take(view, range(start, start + count * by, by), axis)
        if new is not None:
            layout, view = new, changed
    return base, layout, view


@settings(max_examples=150)
@given(chains())
def test_a_recipe_gives_the_view(chain: tuple[Any, Layout, Any]) -> None:
    base, layout, view = chain
    assert layout.dims == view.shape
    places = [layout.offset]
    for factors in layout.axes:
        for n, stride in factors:
            places = [at + i * stride for at in places for i in range(n)]
    assert places == view.flatten().tolist()
    found = recipe(base.shape, layout)
    if found is None:
        return
    for cut in found.cuts:
        base = np.take(base, range(cut.start, cut.start + cut.size * cut.step, cut.step), cut.axis)
    base = base if found.split is None else base.reshape(found.split)
    base = base if found.order is None else base.transpose(found.order)
    base = base if found.dims is None else base.reshape(found.dims)
    assert np.array_equal(base, view)


def test_there_and_back_is_no_step() -> None:
    """Windows of 7×7 of 14×14×3 and the way back: all elements where they were."""
    apart = reshaped(whole((14, 14, 3)), (2, 7, 2, 7, 3))
    assert apart is not None
    windows = reshaped(permuted(apart, (0, 2, 1, 3, 4)), (4, 49, 3))
    assert windows is not None
    assert windows.dims == (4, 49, 3)
    back = reshaped(windows, (2, 2, 7, 7, 3))
    assert back is not None
    assert reshaped(permuted(back, (0, 2, 1, 3, 4)), (14, 14, 3)) == whole((14, 14, 3))
