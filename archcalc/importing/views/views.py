"""Views of values in the words of the language, each in as few layers as say it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from archcalc.importing.sketch import Draft, Refused, Sketch
from archcalc.importing.views.batched import Value, batch_after, per_sample
from archcalc.importing.views.layout import Layout, Recipe, permuted, recipe, reshaped, sliced, whole
from archcalc.importing.views.reorder import before_norm, inverse, shuffled
from archcalc.importing.views.roles import CHANNEL, SPACES, roles_after, roles_of
from archcalc.importing.views.windows import window_steps
from archcalc.tensor import Role, Tensor


class Views:
    """Makes layers of a sketch that rearrange values, as few as give the same elements in the same order."""

    def __init__(self, sketch: Sketch) -> None:
        self.sketch = sketch
        self._views: dict[int, tuple[Draft, int, Layout, int]] = {}
        "A layer's base and layout, and how many layers are between the two; the draft tells whether it is still there."
        self._made: dict[tuple[int, Layout], list[int]] = {}

    def checked(self, index: int, shape: Sequence[int], batch: int | None = 0) -> Value:
        """The value of a layer, if its shape is the source's."""
        value = Value(index, tuple(shape), batch)
        if self.sketch.shaped(index).dims != value.dims:
            raise Refused(f"gives {self.sketch.shaped(index)}, not {'×'.join(map(str, value.dims))}")
        return value

    def roles(self, x: Value) -> tuple[Role, ...]:
        return self.sketch.shaped(x.node).axes

    def _known(self, base: int, layout: Layout, roles: Sequence[Role] | None = None) -> int | None:
        """A layer that is this view of a base already."""
        if layout == whole(self.sketch.shaped(base).dims) and roles in (None, self.sketch.shaped(base).axes):
            return base
        for node in self._made.get((base, layout), ()):
            if self._layout(node)[:2] == (base, layout) and roles in (None, self.sketch.shaped(node).axes):
                return node
        return None

    def _layout(self, node: int) -> tuple[int, Layout, int]:
        """A layer's base, what it is of that, and in how many steps."""
        found = self._views.get(node)
        if found is not None and node < len(self.sketch.drafts) and self.sketch.drafts[node] is found[0]:
            return found[1:]
        return node, whole(self.sketch.shaped(node).dims), 0

    def _note(self, node: int, base: int, layout: Layout, steps: int) -> int:
        self._views[node] = (self.sketch.drafts[node], base, layout, steps)
        self._made.setdefault((base, layout), []).append(node)
        return node

    def _view(self, name: str, x: Value, change: Callable[[Layout], Layout | None], kind: str,
              fields: dict[str, Any]) -> int:
        """A change of a view: a layer of a kind on it, or fewer steps from its base that give the same."""
        base, old, steps = self._layout(x.node)
        new = change(old)
        if new is None:
            base, steps, new = x.node, 0, change(whole(x.dims))
        assert new is not None
        known = None if self._of_a_grid(x, fields) else self._known(base, new)
        if known is not None:
            return known
        source = self.sketch.shaped(base)
        windows = window_steps(source, new)
        groups = shuffled(source, new)
        if groups is not None:
            return self.sketch.add(_renamed(name, "channel_shuffle"), "channel_shuffle", {"groups": groups}, [base])
        if windows is not None:
            node = base
            for word, given in windows:
                node = self.sketch.add(_renamed(name, word), word, given, [node])
            return self._note(node, base, new, len(windows))
        plan = recipe(source.dims, new) if steps else None
        if plan is not None and plan.length <= steps:
            return self._note(self._follow(name, base, plan, new), base, new, plan.length)
        if kind == "reshape":
            return self._note(self._reshape(name, x.node, fields["shape"], base, new), base, new, steps + 1)
        node = self._note(self.sketch.add(_renamed(name, kind), kind, fields, [x.node]), base, new, steps + 1)
        roles = roles_of(source, new, self.sketch.shaped(node).axes)    # windows and their tokens may change places
        return node if roles == self.sketch.shaped(node).axes else \
            self.relabelled(name, Value(node, new.dims, None), roles).node

    def _of_a_grid(self, x: Value, fields: dict[str, Any]) -> bool:
        """Whether a view takes some of the rows or columns of an image, which is written for each part of a grid."""
        source = self.sketch.shaped(x.node)
        return fields.get("step", 1) > 1 and source.axes[source.axis(fields["axis"])] == "space"

    def _follow(self, name: str, base: int, plan: Recipe, view: Layout) -> int:
        """The layers of a recipe."""
        node = base
        for cut in plan.cuts:
            x = self.sketch.shaped(node)
            axis = x.axes[cut.axis] if x.axes.count(x.axes[cut.axis]) == 1 else cut.axis
            n, stop = x.dims[cut.axis], cut.start + cut.size * cut.step
            if axis == CHANNEL and cut.step == 1 and even_part(n, cut.start, cut.size):
                fields = {"chunks": n // cut.size, "part": cut.start // cut.size}
                node = self.sketch.add(_renamed(name, "chunk"), "chunk", fields, [node])
            else:
                fields = {"axis": axis, "start": cut.start, "stop": None if stop >= n else stop, "step": cut.step}
                node = self.sketch.add(_renamed(name, "slice"), "slice", fields, [node])
        if plan.split is not None:
            node = self._reshape(name, node, plan.split)
        if plan.order is not None:
            node = self.sketch.add(_renamed(name, "permute"), "permute", {"order": plan.order}, [node])
        return node if plan.dims is None else self._reshape(name, node, plan.dims, base, view)

    def _reshape(self, name: str, node: int, dims: Sequence[int], base: int | None = None,
                 view: Layout | None = None) -> int:
        """A layer's elements in another shape; axes keep their roles where they can be told."""
        old = self.sketch.shaped(node)
        axes = roles_after(old.dims, old.axes, dims)
        if base is not None and view is not None:
            axes = roles_of(self.sketch.shaped(base), view, axes)
        merged = _merged(old, dims)
        if merged is not None:
            start, end = merged
            fields = {"start": start} | ({"end": end} if end != len(old.dims) - 1 else {})
            found = self.sketch.add(_renamed(name, "flatten"), "flatten", fields, [node])
            if self.sketch.shaped(found).axes == axes or base is None:
                return found
            self.sketch.undo(found)
        usual = old.axes if len(dims) == len(old.axes) else (CHANNEL, *SPACES[:len(dims) - 1])
        plain = len(dims) <= 4 and axes == usual
        return self.sketch.add(_renamed(name, "reshape"), "reshape",
                               {"shape": tuple(dims), **({} if plain else {"axes": axes})}, [node])

    def reshape(self, name: str, x: Value, shape: Sequence[int]) -> Value:
        """The same elements in another shape."""
        batch = None if x.batch is None else batch_after(x, x.batch, shape)
        dims = per_sample(shape, batch)
        if dims == x.dims:
            return Value(x.node, tuple(shape), batch)
        if not dims:
            raise Refused("has no axis per sample")
        node = self._view(name, x, lambda v: reshaped(v, dims), "reshape", {"shape": dims})
        return self.checked(node, shape, batch)

    def permute(self, name: str, x: Value, order: Sequence[int]) -> Value:
        """The axes in another order."""
        order = [i % len(x.shape) for i in order]
        shape, batch = tuple(x.shape[i] for i in order), None if x.batch is None else order.index(x.batch)
        own = [x.axis(i) for i in order if x.split or i != x.batch]
        if own == sorted(own):
            return Value(x.node, shape, batch)
        first = before_norm(self.sketch, x.node)
        if first is not None and tuple(own) == inverse(self.sketch.drafts[first].fields["order"]):
            node = self.sketch.add(_renamed(name, "permute"), "permute", {"order": tuple(own)}, [x.node])
            return self.checked(node, shape, batch)     # no view of the one before: the three may become one layer
        node = self._view(name, x, lambda v: permuted(v, own), "permute", {"order": tuple(own)})
        return self.checked(node, shape, batch)

    def slice(self, name: str, x: Value, axis: int, start: int = 0, stop: int | None = None, step: int = 1) -> Value:
        """Elements of one axis, as Python slices."""
        n = x.shape[axis]
        first, last, _ = slice(start, stop, step).indices(n)
        if step < 1:
            raise Refused("slices backwards")
        size = max(0, -((first - last) // step))
        if size == n:
            return x
        own = x.axis(axis)
        fields = {"axis": self.axis_name(x, own), "start": first, "step": step, "stop": None if last >= n else last}
        node = self._view(name, x, lambda v: sliced(v, own, first, size, step), "slice", fields)
        return self.checked(node, (*x.shape[:axis], size, *x.shape[axis + 1:]), x.batch)

    def part(self, name: str, x: Value, axis: int, sizes: Sequence[int], which: int) -> Value:
        """One part of an axis that is cut into sizes."""
        own, start = x.axis(axis), sum(sizes[:which])
        where = self.axis_name(x, own)
        kind, fields = ("chunk", {"chunks": len(sizes), "part": which, "axis": where}) if len(set(sizes)) == 1 else (
            "split", {"sizes": tuple(sizes), "part": which, "axis": where})
        node = self._view(name, x, lambda v: sliced(v, own, start, sizes[which]), kind, fields)
        return self.checked(node, (*x.shape[:axis], sizes[which], *x.shape[axis + 1:]), x.batch)

    def axis_name(self, x: Value, axis: int) -> int | Role:
        """An axis by its role, where it is the only one."""
        roles = self.roles(x)
        return roles[axis] if roles.count(roles[axis]) == 1 else axis

    def relabelled(self, name: str, x: Value, axes: Sequence[Role]) -> Value:
        """The value with other roles of its axes: a reshape to the same shape."""
        base, layout, steps = self._layout(x.node)
        known = self._known(base, layout, tuple(axes))
        if known is not None:
            return x._replace(node=known)
        draft = self.sketch.drafts[x.node]
        last = draft.kind == "reshape" and bool(steps)
        node = self.sketch.add(_renamed(name, "reshape"), "reshape", {"shape": x.dims, "axes": tuple(axes)},
                               draft.inputs if last else [x.node])
        self._note(node, base, layout, steps + (not last))
        return self.checked(node, x.shape, x.batch)

    def channels_last(self, name: str, x: Value) -> Value:
        """The value with channels as its last axis, whatever they were before."""
        roles = self.roles(x)
        if roles and roles[-1] == "channel":
            return x
        rest: list[Role] = ["sequence" if role == "channel" else role for role in roles[:-1]]
        return self.relabelled(name, x, (*rest, "channel"))

    def channels_at(self, name: str, x: Value, axis: int) -> Value:
        """The value with channels at an axis: at the first, as convolutions take it, or where samples are windows."""
        roles = self.roles(x)
        if not axis or not x.split:
            return self.channels_first(name, x)
        if roles[axis] == "channel" and roles.count("channel") == 1:
            return x
        rest: list[Role] = ["sequence" if role == "channel" else role for role in roles]
        return self.relabelled(name, x, (*rest[:axis], CHANNEL, *rest[axis + 1:]))

    def channels_first(self, name: str, x: Value, space: bool = False) -> Value:
        """The value as channels and then space, or, unless it must be ``space``, whatever there is."""
        roles = self.roles(x)
        if roles and roles[0] == "channel" and (not space or set(roles[1:]) <= {"space"}):
            return x
        return self.relabelled(name, x, (CHANNEL, *SPACES[:len(roles) - 1]))


WORDS = frozenset(["reshape", "flatten", "permute", "slice", "chunk", "roles", "select", "heads", "tokens"])
"""Last words of names that say what a view does."""


def _renamed(name: str, kind: str) -> str:
    """A name for another kind of view."""
    stem, dot, word = name.rpartition(".")
    return f"{stem}{dot}{kind}" if word in WORDS else name


def even_part(n: int, start: int, size: int) -> bool:
    """Whether neighbours on an axis of n are one of a few equal parts."""
    return n % size == start % size == 0 and n // size <= 8


def _merged(old: Tensor, dims: Sequence[int]) -> tuple[int, int] | None:
    """Start and end of the axes that a reshape merges into one, if that is all it does."""
    count = len(old.dims) - len(dims)
    if count < 1:
        return None
    for start in range(len(dims)):
        end = start + count
        if (*old.dims[:start], prod(old.dims[start:end + 1]), *old.dims[end + 1:]) == tuple(dims):
            return start, end
    return None
