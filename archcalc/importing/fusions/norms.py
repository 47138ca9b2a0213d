"""The weight and the bias of a normalization, where they are written out behind it."""

from __future__ import annotations

from archcalc.importing.fusions.parts import beside_parameter
from archcalc.importing.fusions.rules import Match, Pattern, ends_with
from archcalc.importing.sketch import Draft

NORMS = ("rmsnorm", "layernorm")


@ends_with("scale")
def _weight(p: Pattern) -> Match | None:
    """A factor for each channel, perhaps with an offset, in the same part of the network."""
    norm, bias = _plain(p, p.last.inputs[0]), p.last.fields.get("bias", False)
    if norm is None or _normalized(norm) != (norm.out.channel,) or (bias and norm.kind != "layernorm"):
        return None
    return _with(p, norm, {} if bias or norm.kind == "rmsnorm" else {"bias": False})


@ends_with("multiply")
def _weights(p: Pattern) -> Match | None:
    """Factors for all that is normalized together."""
    found = beside_parameter(p)
    norm = None if found is None else _plain(p, found[0])
    if found is None or norm is None or not _fits(p, norm, found[1]):
        return None
    return _with(p, norm, {"bias": False} if norm.kind == "layernorm" else {}, found)


@ends_with("add")
def _bias(p: Pattern) -> Match | None:
    """Offsets for all that is normalized together, behind the factors."""
    found = beside_parameter(p)
    norm = None if found is None else p.alone(found[0], "layernorm")
    if found is None or norm is None or norm.fields.get("bias", True) or not _same_part(p, norm) or \
            not norm.fields.get("affine", True) or not _fits(p, norm, found[1]):
        return None
    return _with(p, norm, {}, found)


def _plain(p: Pattern, index: int) -> Draft | None:
    """A normalization without weights, in the same part as the layer behind it."""
    norm = next((n for kind in NORMS if (n := p.alone(index, kind)) is not None), None)
    return norm if norm is not None and not norm.fields.get("affine", True) and _same_part(p, norm) else None


def _same_part(p: Pattern, norm: Draft) -> bool:
    """Whether a layer is of the module that the last one is of."""
    return _part(p, norm.wanted) == _part(p, p.last.wanted)


def _part(p: Pattern, name: str) -> str:
    """The innermost module that a layer's name is of."""
    return name if not name or name in p.sketch.classes else _part(p, name.rpartition(".")[0])


def _with(p: Pattern, norm: Draft, fields: dict[str, bool], gone: tuple[int, ...] | None = None) -> Match:
    kept = {name: value for name, value in norm.fields.items() if name not in ("affine", "bias")}
    return Match(norm.kind, {**kept, **fields}, norm.inputs, [*(gone or p.last.inputs)], norm.wanted)


def _normalized(norm: Draft) -> tuple[int, ...]:
    """The axes that a layer normalizes together."""
    rank, count = len(norm.out.dims), norm.fields.get("axes")
    return (norm.out.channel,) if count is None else tuple(range(rank))[-count:]


def _fits(p: Pattern, norm: Draft, weights: int) -> bool:
    """Whether a parameter has a number for each element that is normalized together."""
    axes = _normalized(norm)
    return p[weights].out.dims == tuple(n if i in axes else 1 for i, n in enumerate(norm.out.dims))
