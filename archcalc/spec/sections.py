"""`placement`, `claims`, `budget` and `augmentation`: read and validated against the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archcalc.layers.registry import kinds
from archcalc.net import Net
from archcalc.spec.called import called
from archcalc.spec.claim import Claim, read_claims
from archcalc.spec.figure import Figure, parse_figure
from archcalc.spec.items import check_keys
from archcalc.spec.parameters import evaluate
from archcalc.spec.source import SpecError, Term
from archcalc.spec.value import Value
from archcalc.words import listed, suggest

BUDGETS = ("params", "weights", "buffers", "macs", "flops", "outputs", "layers", "memory", "peak_inference",
           "saved_for_backward", "training")
"""What a budget can bound."""


class Placement(NamedTuple):
    """How a network is spread over devices: filters split evenly, or whole layers by name."""

    devices: int
    split: str | None = None
    layers: Mapping[str, tuple[int, ...]] = {}


class Augmentation(NamedTuple):
    """Crops of ``crop`` from images of ``image``, doubled by ``flip``."""

    image: int
    crop: int
    flip: bool = False


class Bound(NamedTuple):
    """At most ``limit`` of a quantity, in the whole network or in the layers below a name."""

    quantity: str
    limit: Figure
    of: str | None
    term: Term


def check_sections(net: Net) -> None:
    """Raise `SpecError` for any mistake in the sections."""
    placement(net)
    augmentation(net)
    budget(net)
    claims(net)
    called(net)


def placement(net: Net) -> Placement | None:
    """The spec's placement, if it has one."""
    term = net.document.section("placement")
    if term is None:
        return None
    check_keys(term, ("devices", "split", "layers"), "key", " of 'placement'")
    devices = _whole(net, term, "devices", 1)
    split = term.value.get("split")
    if split is not None and split.value not in ("filters", None):
        raise SpecError(split, f"'split' takes 'filters', found {split}")
    layers = term.value.get("layers")
    found: dict[str, tuple[int, ...]] = {}
    if layers is not None and not isinstance(layers.value, dict):
        raise SpecError(layers, f"expected a mapping from layers to devices, found {layers}")
    for name, value in (layers.value if layers else {}).items():
        _part(net, name, layers.place(name))
        numbers = value.value if isinstance(value.value, list) else [value]
        for n in numbers:
            if isinstance(n.value, bool) or not isinstance(n.value, int) or not 0 <= n.value < devices:
                raise SpecError(n, f"unknown device {n}: there are {devices}, counted from 0")
        found[name] = tuple(n.value for n in numbers)
    return Placement(devices, split.value if split else None, found)


def augmentation(net: Net) -> Augmentation | None:
    """The spec's augmentation, if it has one."""
    term = net.document.section("augmentation")
    if term is None:
        return None
    check_keys(term, ("image", "crop", "flip"), "key", " of 'augmentation'")
    image, crop = _whole(net, term, "image", 1), _whole(net, term, "crop", 1)
    if crop > image:
        raise SpecError(term.value["crop"], f"a crop of {crop} does not fit into an image of {image}")
    flip = term.value.get("flip")
    if flip is not None and not isinstance(flip.value, bool):
        raise SpecError(flip, f"'flip' is true or false, found {flip}")
    return Augmentation(image, crop, bool(flip and flip.value))


def budget(net: Net) -> list[Bound]:
    """The spec's bounds."""
    term = net.document.section("budget")
    found: list[Bound] = []
    for key, value in (term.value if term else {}).items():
        place = term.place(key)
        if key in BUDGETS:
            found.append(Bound(key, parse_figure(value), None, value))
        elif isinstance(value.value, dict):
            _part(net, key, place)
            check_keys(value, BUDGETS, "quantity")
            found += [Bound(quantity, parse_figure(limit), key, limit) for quantity, limit in value.value.items()]
        else:
            there = f"; there are {listed(BUDGETS, 20).replace(' or ', ' and ')}"
            raise SpecError(place, f"unknown quantity '{key[:80]}'{suggest(key, BUDGETS) or there}")
    return found


def claims(net: Net) -> list[Claim]:
    """The spec's claims, one for each figure."""
    term = net.document.section("claims")
    found = read_claims(term, lambda name, place: _selected(net, name, place)) if term else []
    for claim in found:
        if claim.given is not None and claim.spec is None:
            for key in claim.given.value:
                if claim.given.value[key].value is not None and not isinstance(claim.given.value[key].value, dict):
                    check_keys(claim.given.like({key: claim.given.value[key]}), net.document.parameters, "parameter")
    return found


def _selected(net: Net, name: str, place: Term) -> None:
    """Refuse what selects no layer: a name, a pattern, or a kind or family.

    Other parameters than the spec's may leave layers out that its claims are of.
    """
    known = name in net.index or name in net.parts or "*" in name or name in kinds() \
        or any(node.layer.family == name for node in net.nodes)
    if not known and net.parameters == evaluate(net.document, {}):
        _part(net, name, place)


def _part(net: Net, name: str, place: Term) -> None:
    if name not in net.index and name not in net.parts:
        raise SpecError(place, f"no layer or block is called '{name[:80]}'{suggest(name, net.parts)}")


def _whole(net: Net, term: Term, key: str, least: int) -> int:
    value = term.value.get(key)
    if value is None:
        raise SpecError(term, f"'{key}' is missing")
    return Value(value, net.parameters).whole(net.parameters, "", key, least)
