"""A network as it is read from elsewhere: layers in order of execution, each checked against its kind's shape rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pydantic

from archcalc.dims import Dim
from archcalc.errors import ArchcalcError
from archcalc.layers.base import Layer
from archcalc.layers.registry import kinds
from archcalc.tensor import Role, Tensor

CHANNEL: Role = "channel"
SPACES: tuple[Role, ...] = ("space",) * 16


class Refused(Exception):
    """What is read does not fit a kind: the reader makes an opaque layer of it."""


class Draft:
    """A layer of the sketch: dotted name, kind with fields, indices of its inputs, and its output per sample.

    ``share`` maps a tensor to (the layer that owns it, its name there); ``note`` is what a comment says of it;
    ``train`` marks what is there in training only.
    """

    __slots__ = ("fields", "inputs", "kind", "name", "note", "out", "share", "train", "wanted")

    def __init__(self, name: str, kind: str, fields: Mapping[str, Any], inputs: Sequence[int], out: Tensor) -> None:
        self.name, self.kind, self.fields, self.inputs, self.out = name, kind, dict(fields), list(inputs), out
        self.wanted = name
        "The name without the number that tells it from others."
        self.share: dict[str, tuple[int, str]] = {}
        self.note = ""
        self.train = False

    def __repr__(self) -> str:
        return f"<{self.name}: {self.kind} {self.fields} {self.inputs} -> {self.out}>"


class Figures(NamedTuple):
    """What a layer is by number: its output, MACs and FLOPs per sample, and the shapes of its trainable tensors."""

    out: Tensor
    macs: Dim
    flops: Dim
    tensors: list[tuple[int, ...]]


class Sketch:
    """Inputs and layers so far. ``classes`` are the names of what a dotted prefix is a part of, for blocks."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.drafts: list[Draft] = []
        self.outputs: list[int] = []
        self.classes: dict[str, str] = {}
        self.parameters: dict[str, int] = {}
        "Sizes that the source names, such as dynamic dimensions."
        self.symbols: dict[tuple[int, int], str] = {}
        "The parameter that an axis of an input is, by the input's index and the axis."
        self.spare: set[Draft] = set()
        "Layers that others stand for, which are left out."
        self.causal: dict[Draft, int] = {}
        "Scores without what comes later, and the scores before that."
        self.functions: dict[Draft, tuple[str, float]] = {}
        "What opaque layers compute of each element: a function's name and a number, the exponent of a \"power\"."
        self.numbers: dict[Draft, Callable[[], Sequence[float]]] = {}
        "The numbers of constants, and of the index of a `take`, in order, where they are known."
        self._names: set[str] = set()
        self._numbers: dict[str, int] = {}
        "How often a name was asked for."
        self._known: dict[str, Layer] = {}

    def input(self, name: str, dims: Sequence[int], dtype: str | None = None,
              axes: Sequence[Role] | None = None) -> int:
        """An input of the network, per sample; its index."""
        out = Tensor.of(*dims, axes=axes, dtype=dtype)
        fields: dict[str, Any] = {"shape": tuple(dims)}
        if axes is not None and tuple(axes) != Tensor.of(*dims, axes=None if len(dims) < 5 else axes, dtype=dtype).axes:
            fields["axes"] = tuple(axes)
        return self._append(name, "input", fields | ({"dtype": dtype} if dtype else {}), (), out)

    def add(self, name: str, kind: str, fields: Mapping[str, Any], inputs: Sequence[int]) -> int:
        """A layer; its index. Raises `Refused` where the kind refuses its fields or inputs."""
        fields = _without_defaults(kinds()[kind], fields)
        return self._append(name, kind, fields, inputs, self._out(kind, fields, inputs))

    def _out(self, kind: str, fields: Mapping[str, Any], inputs: Sequence[int]) -> Tensor:
        try:
            return self._layer(kind, fields).out(*(self.drafts[i].out for i in inputs))
        except (ArchcalcError, pydantic.ValidationError, TypeError, ValueError) as error:
            raise Refused(str(error).splitlines()[0]) from None

    def figures(self, kind: str, fields: Mapping[str, Any], inputs: Sequence[int]) -> Figures:
        """What a layer would be. Raises `Refused` as `add` does."""
        fields = _without_defaults(kinds()[kind], fields)
        out, layer, given = self._out(kind, fields, inputs), self._layer(kind, fields), [self.shaped(i) for i in inputs]
        macs = layer.macs(*given)
        return Figures(out, macs, 2 * macs + layer.ops(*given), [w.shape for w in layer.params(*given).values()])

    def become(self, index: int, name: str, kind: str, fields: Mapping[str, Any], inputs: Sequence[int]) -> None:
        """Make another layer with the same output of one."""
        draft = self.drafts[index]
        draft.kind, draft.fields, draft.inputs = kind, _without_defaults(kinds()[kind], fields), list(inputs)
        self.rename(index, name)

    def _layer(self, kind: str, fields: Mapping[str, Any]) -> Layer:
        key = f"{kind} {fields}"
        if key not in self._known:
            self._known[key] = kinds()[kind](**fields)
        return self._known[key]

    def _append(self, name: str, kind: str, fields: Mapping[str, Any], inputs: Sequence[int], out: Tensor) -> int:
        draft = Draft(name, kind, fields, inputs, out)
        draft.name = self._free(name)
        self.drafts.append(draft)
        return len(self.drafts) - 1

    def _free(self, name: str) -> str:
        """The name, with a number behind it where it is taken."""
        n = self._numbers.get(name, 0) + 1
        free = name if n == 1 else f"{name}_{n}"
        while free in self._names:
            n += 1
            free = f"{name}_{n}"
        self._numbers[name] = n
        self._names.add(free)
        return free

    def _release(self, draft: Draft) -> None:
        """Let others have a layer's name."""
        self._names.discard(draft.name)
        self._numbers.pop(draft.wanted, None)

    def rename(self, index: int, name: str) -> None:
        """Give a layer another name."""
        draft = self.drafts[index]
        self._release(draft)
        draft.name, draft.wanted = self._free(name), name

    def undo(self, length: int) -> None:
        """Take back all layers behind the first ``length``."""
        for draft in self.drafts[length:]:
            self._release(draft)
        del self.drafts[length:]

    def arranged(self, ranks: Mapping[int, int] | None = None, places: Mapping[int, int] | None = None) -> None:
        """Parameters moved to where their part of the network begins, and views that nothing reads left out.

        ``ranks`` are numbers of layers with trainable tensors in the order of the source: what is there in training
        only goes behind those that come before it there. ``places`` are the same for layers with any tensors: the
        order of parameters and constants of one part.
        """
        keep, places = self._read(), places or {}
        alone = {i: self._begin(d) for i, d in enumerate(self.drafts) if kinds()[d.kind].batch_only}
        begins = alone | self._behind(ranks or {})
        order = sorted((i for i in range(len(self.drafts)) if i in keep),
                       key=lambda i: (begins.get(i, i), i not in begins, places.get(i, i) if i in alone else i))
        self.keep(order)

    def keep(self, order: Sequence[int]) -> None:
        """These layers, in this order."""
        new = {old: i for i, old in enumerate(order)}
        self.drafts = [self.drafts[i] for i in order]
        for draft in self.drafts:
            draft.inputs = [new[i] for i in draft.inputs]
            draft.share = {t: (new[o], theirs) for t, (o, theirs) in draft.share.items()}
        self.outputs = [new[i] for i in self.outputs]
        self._names, self._numbers = set(), {}
        for draft in self.drafts:
            draft.name = self._free(draft.wanted)

    def _behind(self, ranks: Mapping[int, int]) -> dict[int, int]:
        """Where layers of training only go."""
        found: dict[int, int] = {}
        parts: dict[str, list[int]] = {}
        for i, draft in enumerate(self.drafts):
            if draft.train:
                parts.setdefault(draft.name.partition(".")[0], []).append(i)
        for part in parts.values():
            rank = min((ranks[i] for i in part if i in ranks), default=0)
            before = [i for i, r in ranks.items() if r < rank and not self.drafts[i].train]
            if before and max(before) > part[0]:
                top = self.drafts[max(before)].name.partition(".")[0]
                end = max(i for i, d in enumerate(self.drafts) if not d.train and d.name.partition(".")[0] == top)
                found |= dict.fromkeys(part, max(end, part[-1]) + 1)
        return found

    def _begin(self, draft: Draft) -> int:
        """The first layer of the part that a parameter is of."""
        part = draft.name.rpartition(".")[0]
        return next(i for i, d in enumerate(self.drafts)
                    if d.kind != "input" and (not part or d.name.startswith(f"{part}.")))

    def _read(self) -> set[int]:
        """Layers that are not for nothing: outputs, what has tensors or computes but constants, and what these read."""
        keep: set[int] = set()
        for i in range(len(self.drafts) - 1, -1, -1):
            draft = self.drafts[i]
            needed = kinds()[draft.kind].family != "shape" and draft not in self.spare and (
                draft not in self.numbers or draft.kind == "parameter")
            if i in keep or i in self.outputs or draft.kind == "input" or needed:
                keep.update((i, *draft.inputs))
        return keep

    def read_spares(self) -> list[Draft]:
        """Layers that others stand for, and that something reads all the same."""
        keep = self._read()
        return [draft for i, draft in enumerate(self.drafts) if draft in self.spare and i in keep]

    def shaped(self, index: int) -> Tensor:
        """A layer's output per sample."""
        return self.drafts[index].out

    def params(self, index: int) -> dict[str, tuple[int, ...]]:
        """Shapes of a layer's trainable tensors, by name."""
        return self._tensors(index, "params")

    def buffers(self, index: int) -> dict[str, tuple[int, ...]]:
        """Shapes of a layer's buffers, by name."""
        return self._tensors(index, "buffers")

    def _tensors(self, index: int, what: str) -> dict[str, tuple[int, ...]]:
        draft = self.drafts[index]
        rule = getattr(self._layer(draft.kind, draft.fields), what)
        return {name: w.shape for name, w in rule(*(self.drafts[i].out for i in draft.inputs)).items()}


def shaped_fields(kind: str, dims: Sequence[int], axes: Sequence[Role] | None) -> dict[str, Any]:
    """The fields of a kind that has a shape of its own: the roles of its axes where they are not the default."""
    usual: tuple[Role, ...] = (CHANNEL, *SPACES[:len(dims) - 1])
    if kinds()[kind].batch_only and len(dims) == 2:
        usual = ("sequence", "channel")
    if axes is None:
        axes = usual
    plain = tuple(axes) == usual and len(dims) <= 4
    return {"shape": tuple(dims), **({} if plain else {"axes": tuple(axes)})}


def _without_defaults(kind: type[Layer], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that say something: lists as tuples, equal entries as one, defaults left out."""
    found = {name: _plain(kind, name, value) for name, value in fields.items()}
    return {name: value for name, value in found.items() if value != kind.model_fields[name].default
            or isinstance(value, bool) != isinstance(kind.model_fields[name].default, bool)}


_PER_AXIS = ("kernel", "stride", "padding", "dilation", "output_padding", "scale", "size", "window", "shift", "offset")


def _plain(kind: type[Layer], name: str, value: Any) -> Any:
    if isinstance(value, list):
        value = tuple(value)
    if value == -math.inf:
        return "-inf"
    if isinstance(value, tuple) and name in _PER_AXIS and value and len(set(value)) == 1 and isinstance(value[0], int):
        return value[0]
    wanted = kind.model_fields[name].annotation
    return float(value) if wanted is float and isinstance(value, int) and not isinstance(value, bool) else value
