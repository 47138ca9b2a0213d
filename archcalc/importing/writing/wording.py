"""What a spec says once for all layers of a kind: its `defaults` and its `then`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from archcalc.importing.writing.arguments import Expression
from archcalc.layers.registry import kinds

COMMON = ("bias", "eps", "momentum", "approximate", "affine", "inplace", "align_corners")
"""Fields that code sets alike everywhere, and papers do not mention."""

LEAST = 3
"""Layers of a kind from which on something is said for all."""

Then = tuple[tuple[str, dict[str, Any]], ...]


class Wording(NamedTuple):
    """Defaults by kind, and what follows a kind."""

    defaults: dict[str, dict[str, Any]]
    then: dict[str, Then]


class Written(NamedTuple):
    """A layer as it will stand in the spec: its kind, its fields, and what follows it (None: not to be said)."""

    kind: str
    fields: dict[str, Any]
    then: Then | None


def wording(layers: Iterable[Written]) -> Wording:
    """What most layers of each kind have in common."""
    everything = list(_with_followers(layers))
    defaults: dict[str, dict[str, Any]] = {}
    for kind in dict.fromkeys(w.kind for w in everything):
        same = [w for w in everything if w.kind == kind]
        for field in (f for f in COMMON if f in kinds()[kind].model_fields):
            value = _most(_value(w, field) for w in same)
            if value is not None and value != kinds()[kind].model_fields[field].default:
                defaults.setdefault(kind, {})[field] = value
    then = {}
    for kind in dict.fromkeys(w.kind for w in everything if w.then is not None):
        chains = [w.then for w in everything if w.kind == kind and w.then is not None]
        most, count = Counter(map(_key, chains)).most_common(1)[0]
        if count >= LEAST and 2 * count > len(chains) and most != _key(()):
            then[kind] = next(c for c in chains if _key(c) == most)
    return Wording(defaults, then)


def _with_followers(layers: Iterable[Written]) -> Iterator[Written]:
    for layer in layers:
        yield layer
        for kind, fields in layer.then or ():
            yield Written(kind, fields, None)


def _value(layer: Written, field: str) -> Any:
    return layer.fields.get(field, kinds()[layer.kind].model_fields[field].default)


def _most(values: Iterable[Any]) -> Any:
    found = list(values)
    plain = [v for v in found if not isinstance(v, (Expression, tuple))]
    if len(plain) < LEAST:
        return None
    value, count = Counter(plain).most_common(1)[0]
    return value if 2 * count > len(found) else None


def _key(then: Then) -> str:
    return repr([(kind, sorted(fields.items())) for kind, fields in then])


def same_then(a: Then, b: Then) -> bool:
    """Whether two chains are written alike."""
    return _key(a) == _key(b)
