"""One call of torch's API, as rules see it: operands as values, layers named after the module, with its tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.importing.batched import BATCH, Value, Views, batch_of
from archcalc.importing.sketch import Refused, shaped_fields

if TYPE_CHECKING:
    from archcalc.importing.torch_trace import Recorder


class Held(NamedTuple):
    """A tensor without a batch: a parameter or buffer, a view of one, or what is computed from such."""

    shape: tuple[int, ...]
    sources: tuple[int, ...] = ()
    "Identities of the parameters and buffers that it comes from."
    exact: bool = False
    "Whether it is one of them, or a view of all its elements."


class Missing(NamedTuple):
    """A result that no layer stands for; an opaque layer is made of it if something reads it."""

    name: str
    inputs: tuple[Any, ...]
    shape: tuple[int, ...]
    why: str


class Call:
    """One call, as rules see it: makes layers named after the module, with its tensors."""

    def __init__(self, recorder: Recorder, path: str, leaf: bool, shape: tuple[int, ...],
                 held: dict[str, Held] | None = None) -> None:
        self.recorder, self.path, self.leaf, self.shape = recorder, path, leaf, shape
        self.held = held or {}
        self.views = recorder.views

    @property
    def name(self) -> str:
        return self.path or "module"

    def named(self, word: str) -> str:
        """What a layer is called: the module, if it has no parts; else the module and the operation."""
        if self.leaf and self.path:
            return self.path
        return f"{self.path}.{word}" if self.path else word

    def layer(self, kind: str, inputs: Sequence[Any], shape: Sequence[int] | None = None, /, *,
              tensors: dict[str, Held | None] | None = None, name: str | None = None, batch: int | None = None,
              **fields: Any) -> Value:
        """A layer, by default with the call's own output shape."""
        values = [self.value(x) for x in inputs]
        sketch = self.recorder.sketch
        index = sketch.add(name or self.named(kind), kind, fields, [v.node for v in values])
        self._own(index, {k: v for k, v in (tensors or {}).items() if v is not None})
        where = values[0].batch if batch is None else batch
        return self.views.checked(index, self.shape if shape is None else shape, where)

    def _own(self, index: int, tensors: dict[str, Held]) -> None:
        """Tie a layer's tensors to the module's: its own, or shared ones that have an owner already."""
        expected = {**self.recorder.sketch.params(index), **self.recorder.sketch.buffers(index)}
        for name, held in tensors.items():
            if not held.exact or name not in expected or held.sources[0] not in self.recorder.names or \
                    size_of(_shape_of(self.recorder, held.sources[0])) != size_of(expected[name]):
                raise Refused(f"has another '{name}'")
            owner = self.recorder.owners.setdefault(held.sources[0], (index, name))
            if owner[0] != index and held.sources[0] in self.recorder.trainable:
                self.recorder.sketch.drafts[index].share[name] = owner
        if len(tensors) != len(expected):
            raise Refused("has other tensors")

    def value(self, x: Any, like: Value | None = None) -> Value:
        """An operand as a value: weights become a parameter, aligned with the axes of another operand."""
        if isinstance(x, Value):
            return x
        if isinstance(x, Missing):
            return self._opaque(f"{x.name}.{x.why}", [v for v in x.inputs if isinstance(v, Value)], x.shape, (), x.why)
        if not isinstance(x, Held):
            raise Refused("is no tensor")
        return self._weights(x, like)

    def _weights(self, x: Held, like: Value | None) -> Value:
        names = self.recorder.names
        name = names.get(x.sources[0], "constant") if x.sources else self.named("constant")
        dims, axes = _aligned(x.shape, like, self.views)
        if not x.exact or x.sources[0] not in self.recorder.trainable:
            return self._opaque(name, [], (BATCH, *dims), x.sources, "is a constant", axes)
        fields = shaped_fields("parameter", dims, axes)
        shape, batch = ((BATCH, *dims), 0) if like is None else (
            (*dims[:like.batch], BATCH, *dims[like.batch:]), like.batch)
        if like is not None and like.split:
            raise Refused("adds weights across the batch")
        index = self.recorder.sketch.add(name, "parameter", fields, [0])
        self._own(index, {"weight": x})
        return self.views.checked(index, shape, batch)

    def opaque(self, what: str, operands: Any, named: Any, results: Sequence[Any], why: str) -> list[Value]:
        """Opaque layers for the results of a call."""
        given = list(flat((operands, list(named.values()), list(self.held.values()))))
        inputs = [v for v in given if isinstance(v, Value)]
        sources = [s for h in given if isinstance(h, Held) for s in h.sources]
        inputs += [self.value(v) for v in given if isinstance(v, Missing)]
        made = []
        for number, result in enumerate(results):
            if batch_of(tuple(result.shape)) is None:
                break
            axes = self.recorder.sketch.shaped(inputs[0].node).axes if inputs else None
            made.append(self._opaque(self.named(what), inputs, tuple(result.shape), () if number else sources,
                                     f"{what}: {why or 'has no kind'}", axes))
        return made

    def _opaque(self, name: str, inputs: Sequence[Value], shape: Sequence[int], sources: Sequence[int],
                why: str, axes: Any = None) -> Value:
        batch = batch_of(shape)
        value = Value(-1, tuple(shape), batch or 0)
        new = [s for s in dict.fromkeys(sources) if s not in self.recorder.owners]
        shapes = {s: _shape_of(self.recorder, s) for s in new}
        axes = axes if axes is not None and len(axes) == len(value.dims) else None
        fields = {**shaped_fields("opaque", value.dims or (1,), axes),
                  "parameters": tuple(shapes[s] for s in new if s in self.recorder.trainable),
                  "buffer_shapes": tuple(shapes[s] for s in new if s not in self.recorder.trainable and shapes[s])}
        index = self.recorder.sketch.add(name, "opaque", fields, [v.node for v in inputs] or [0])
        self.recorder.owners.update(dict.fromkeys(new, (index, "")))
        self.recorder.sketch.drafts[index].note = why
        return Value(index, tuple(shape), batch or 0)


def _shape_of(recorder: Recorder, source: int) -> tuple[int, ...]:
    return tuple(recorder.known[source].shape)


def size_of(shape: Sequence[int]) -> int:
    """Elements of a shape."""
    size = 1
    for n in shape:
        size *= n
    return size


def _aligned(shape: tuple[int, ...], like: Value | None, views: Views) -> tuple[tuple[int, ...], Any]:
    """A tensor's dims and roles beside a value that it is joined with, without the axis of the batch."""
    if like is None:
        dims = shape[1:] if len(shape) > 1 and shape[0] in (1, BATCH) else shape
        return dims, ("sequence", "channel") if len(dims) == 2 else ("channel", *["space"] * (len(dims) - 1))
    full = (*[1] * (len(like.shape) - len(shape)), *shape)
    if full[like.batch] not in (1, BATCH):
        raise Refused("has weights for each sample")
    return (*full[:like.batch], *full[like.batch + 1:]), views.roles(like)


def flat(value: Any) -> Iterator[Any]:
    """The leaves of nested lists, tuples and mappings."""
    if isinstance(value, dict):
        for item in value.values():
            yield from flat(item)
    elif isinstance(value, (list, tuple)) and not isinstance(value, (Value, Held, Missing)):
        for item in value:
            yield from flat(item)
    else:
        yield value
