"""One call of torch's API, as rules see it: operands as values, layers named after the module, with its tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.importing.sketch import Refused, shaped_fields
from archcalc.importing.torch.state import Final
from archcalc.importing.torch.tape import Held, Missing, Tape, flat, size_of
from archcalc.importing.views.batched import BATCH, Value, batch_of

FAILURES = (Refused, TypeError, KeyError, IndexError, AttributeError, StopIteration, ValueError)
"""What a rule may raise for a call that it does not know: other arguments, or operands of another kind."""


class Call:
    """One call, as rules see it: makes layers named after the module, with its tensors."""

    def __init__(self, tape: Tape, path: str, leaf: bool, shape: tuple[int, ...],
                 held: dict[str, Held] | None = None) -> None:
        self.tape, self.path, self.leaf, self.shape = tape, path, leaf, shape
        self.held = held or {}
        self.views, self.sketch = tape.views, tape.sketch
        self.before = len(tape.sketch.drafts)
        "How many layers there were when the call was made."

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
        index = self.sketch.add(name or self.named(kind), kind, fields, [v.node for v in values])
        self._own(index, {k: v for k, v in (tensors or {}).items() if v is not None})
        batches = [v.batch for v in values if v.batch is not None]
        where = batches[0] if batches and batch is None else batch
        return self.views.checked(index, self.shape if shape is None else shape, where)

    def alone(self, kind: str, shape: Sequence[int], tensors: dict[str, Held], name: str, source: int = 0, /,
              **fields: Any) -> Value:
        """A layer that reads nothing but the batch, or the length of a source, as a value without a batch."""
        index = self.sketch.add(name, kind, fields, [source])
        self._own(index, tensors)
        return self.views.checked(index, shape, None)

    def _own(self, index: int, tensors: dict[str, Held]) -> None:
        """Tie a layer's tensors to the module's: its own, or shared ones that have an owner already."""
        learned, kept = self.sketch.params(index), self.sketch.buffers(index)
        expected = {**learned, **kept}
        for name, held in tensors.items():
            if not held.exact or name not in expected or held.sources[0] not in self.tape.names or \
                    size_of(self.tape.shape(held.sources[0])) != size_of(expected[name]):
                raise Refused(f"has another '{name}'")
            if name in learned and held.sources[0] not in self.tape.trainable:
                raise Refused(f"has a '{name}' that is not learned")
            owner = self.tape.owners.setdefault(held.sources[0], (index, name))
            if owner[0] != index and held.sources[0] in self.tape.trainable:
                self.sketch.drafts[index].share[name] = owner
        if len(tensors) != len(expected):
            raise Refused("has other tensors")

    def value(self, x: Any, like: Value | None = None) -> Value:
        """An operand as a value; one without a batch is aligned with the axes of another operand."""
        if isinstance(x, Value):
            return x if like is None or x.batch is not None else self._aligned(x, like)
        if isinstance(x, Missing):
            return self._opaque(f"{x.name}.{x.why}", [v for v in x.inputs if isinstance(v, Value)], x.shape, (), x.why)
        if isinstance(x, Final):
            return x.value(self)
        if not isinstance(x, Held):
            raise Refused("is no tensor")
        if like is None:
            return self._made(x)
        if x.exact and x.sources[0] in self.tape.trainable:
            return self._leaf(x, _full(x.shape, like), self.views.roles(like))
        return self._aligned(self._made(x), like)

    def _aligned(self, x: Value, like: Value) -> Value:
        """A value without a batch beside one that has it."""
        if x.batch is not None:
            return x
        return self.views.reshape(self.named("reshape"), x, _full(x.shape, like))

    def _leaf(self, x: Held, dims: tuple[int, ...], axes: Any = None) -> Value:
        """A parameter or buffer as a layer of that shape."""
        source, dims = x.sources[0], dims or (1,)
        tensor = self.tape.tensors[source]
        kind = "parameter" if source in self.tape.trainable else "constant"
        fields = shaped_fields(kind, dims, axes if axes is not None and len(axes) == len(dims) else None)
        if not tensor.is_floating_point():
            if kind == "parameter" or str(tensor.dtype) == "torch.bool":
                raise Refused(f"reads a tensor of {tensor.dtype}".replace("torch.", ""))
            fields = {"shape": dims, "dtype": str(tensor.dtype).removeprefix("torch.")}
        index = self.sketch.add(self.tape.names.get(source, self.named(kind)), kind, fields, [0])
        self._own(index, {"weight" if kind == "parameter" else "constant": x})
        return self.views.checked(index, dims, None)

    def _made(self, x: Held) -> Value:
        """A tensor without a batch as layers: once for all that read it."""
        if x.made is not None and x.made[1].node < len(self.sketch.drafts) and \
                self.sketch.drafts[x.made[1].node] is x.made[0]:
            return x.made[1]
        value = self._replayed(x)
        x.made = self.sketch.drafts[value.node], value
        numbers = x.numbers
        if numbers is not None and x.shape[:1] == (BATCH,) and bool((numbers == numbers[:1]).all()):
            numbers = numbers[0]    # the same for each sample
        if numbers is not None and numbers.numel() == size_of(value.dims):
            self.sketch.numbers[x.made[0]] = numbers.flatten().clone().tolist
        return value

    def _replayed(self, x: Held) -> Value:
        """The layers of a parameter, or of what was computed from parameters."""
        if x.exact:
            whole = x.shape[1:] if x.shape[:1] == (BATCH,) else x.shape
            value = self.views.reshape(self.named("reshape"), self._once(x), whole) if whole else self._once(x)
            return value if whole == x.shape else Value(value.node, x.shape, 0)
        mark, owners, why = len(self.sketch.drafts), dict(self.tape.owners), "is a constant"
        try:
            if not x.sources:
                return self._filled(x)
            if x.origin is not None:
                return self._again(x)
        except FAILURES as error:
            self.sketch.undo(mark)
            self.tape.owners.clear()
            self.tape.owners.update(owners)
            why = str(error) if isinstance(error, Refused) else why
        name = self.tape.names.get(x.sources[0], "constant") if x.sources else self.named("constant")
        batch = batch_of(x.shape)
        return self._opaque(name, [], x.shape if batch is not None else (BATCH, *x.shape), x.sources, why)._replace(
            shape=x.shape, batch=batch)

    def _once(self, x: Held) -> Value:
        """The layer of a parameter or buffer in its own shape."""
        source = x.sources[0]
        owner = self.tape.known[source]
        if owner is not x and isinstance(owner, Held):
            return self._made(owner)
        return self._leaf(x, x.shape)

    def _filled(self, x: Held) -> Value:
        """A tensor made in the run, all of one number."""
        if x.numbers is None or x.numbers.numel() == 0 or not bool((x.numbers == x.numbers.flatten()[0]).all()):
            raise Refused("is computed from numbers alone")
        if not x.numbers.is_floating_point():
            raise Refused("is computed from integers alone")
        batch = batch_of(x.shape)
        value = Value(-1, x.shape, batch)
        fields = shaped_fields("constant", value.dims or (1,), None)
        number = float(x.numbers.flatten()[0])
        index = self.sketch.add(self.named("constant"), "constant", {**fields, "value": number}, [0])
        return value._replace(node=index)

    def _again(self, x: Held) -> Value:
        """The call that a tensor comes from, with its first operand as layers."""
        origin = x.origin
        assert origin is not None
        first, *rest = origin.operands
        call = Call(self.tape, origin.path, origin.leaf, x.shape)
        call.before = origin.before
        if isinstance(first, Held) and origin.layered:
            first = call.value(first)
        elif isinstance(first, (list, tuple)):
            first = [call.value(v) if isinstance(v, Held) else v for v in first]
        made = origin.rule(call, first, *rest, **origin.named)
        value: Value = made[origin.which] if isinstance(made, list) else made
        if value.shape != x.shape:
            raise Refused(f"gives {value.shape}, not {x.shape}")
        return value

    def opaque(self, what: str, operands: Any, named: Any, results: Sequence[Any], why: str) -> list[Value]:
        """Opaque layers for the results of a call."""
        given = list(flat((operands, list(named.values()), list(self.held.values()))))
        inputs = [v.sequence if isinstance(v, Final) else v for v in given if isinstance(v, (Value, Final))]
        sources = [s for h in given if isinstance(h, Held) for s in h.sources]
        inputs += [self.value(v) for v in given if isinstance(v, Missing)]
        made = []
        for number, result in enumerate(results):
            if batch_of(tuple(result.shape)) is None:
                break
            axes = self.sketch.shaped(inputs[0].node).axes if inputs else None
            made.append(self._opaque(self.named(what), inputs, tuple(result.shape), () if number else sources,
                                     f"{what}: {why or 'has no kind'}", axes))
        return made

    def unknown(self, what: str, x: Value, why: str) -> Value:
        """An opaque layer on a value, which keeps its shape."""
        axes = self.sketch.shaped(x.node).axes
        if x.batch is not None:
            return self._opaque(self.named(what), [x], x.shape, (), why, axes)
        return self._opaque(self.named(what), [x], (BATCH, *x.shape), (), why, axes)._replace(shape=x.shape, batch=None)

    def _opaque(self, name: str, inputs: Sequence[Value], shape: Sequence[int], sources: Sequence[int],
                why: str, axes: Any = None) -> Value:
        batch = batch_of(shape)
        value = Value(-1, tuple(shape), batch or 0)
        tape = self.tape
        new = [s for s in dict.fromkeys(sources) if s not in tape.owners]
        shapes = {s: tape.shape(s) for s in new}
        axes = axes if axes is not None and len(axes) == len(value.dims) else None
        fields = {**shaped_fields("opaque", value.dims or (1,), axes),
                  "parameters": tuple(shapes[s] for s in new if s in tape.trainable),
                  "buffer_shapes": tuple(shapes[s] for s in new if s not in tape.trainable and shapes[s])}
        index = self.sketch.add(name, "opaque", fields, [v.node for v in inputs] or [0])
        tape.owners.update(dict.fromkeys(new, (index, "")))
        self.sketch.drafts[index].note = why
        return Value(index, tuple(shape), batch or 0)


def _full(shape: tuple[int, ...], like: Value) -> tuple[int, ...]:
    """A shape without a batch, per sample beside a value that it is joined with."""
    full = (*[1] * (len(like.shape) - len(shape)), *shape)
    if like.batch is None:
        return full
    if len(full) != len(like.shape) or full[like.batch] not in (1, BATCH):
        raise Refused("has weights for each sample")
    return full if like.split and full[like.batch] == 1 else (*full[:like.batch], *full[like.batch + 1:])
