"""`placement`, `claims`, `budget` and `augmentation`: read and validated against the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.net import Net
from archcalc.spec.figure import Figure, parse_figure
from archcalc.spec.items import check_keys
from archcalc.spec.source import SpecError, Term
from archcalc.spec.value import Value
from archcalc.words import listed, suggest

QUANTITIES = ("params", "weights", "buffers", "macs", "flops", "outputs", "neurons", "shape", "field", "layers",
              "depth", "memory", "peak_inference", "saved_for_backward", "training", "augmentation", "kernels")
"""What a claim can be about."""

BUDGETS = ("params", "weights", "buffers", "macs", "flops", "outputs", "layers", "memory", "peak_inference",
           "saved_for_backward", "training")
"""What a budget can bound."""

_CLAIM_KEYS = ("source", "with", "note", "to", "share")


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


class Claim(NamedTuple):
    """A published figure: of the network or the part ``of``, compared with the network ``to`` if given.

    ``value`` is one figure or a list of them (a shape); ``share`` says that it is of a total.
    """

    quantity: str
    value: Figure | tuple[Figure, ...]
    of: str | None
    source: str
    given: Mapping[str, Any]
    note: str
    to: str | None
    share: bool
    term: Term


def check_sections(net: Net) -> None:
    """Raise `SpecError` for any mistake in the sections."""
    placement(net)
    augmentation(net)
    budget(net)
    claims(net)


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
    found: list[Claim] = []
    for entry in term.value if term else ():
        if not isinstance(entry.value, dict):
            raise SpecError(entry, f"a claim is a mapping such as {{params: 60M, source: abstract}}, found {entry}")
        check_keys(entry, (*QUANTITIES, *_CLAIM_KEYS), "quantity")
        given = [key for key in entry.value if key in QUANTITIES]
        if not given:
            raise SpecError(entry, f"a claim needs a quantity: {listed(QUANTITIES, 20)}")
        for quantity in given:
            found += _claims(net, entry, quantity)
    return found


def _claims(net: Net, entry: Term, quantity: str) -> list[Claim]:
    changed = entry.value.get("with")
    if changed is not None:
        if not isinstance(changed.value, dict):
            raise SpecError(changed, f"'with' is a mapping of parameters, found {changed}")
        check_keys(changed, net.document.parameters, "parameter")
    text = {key: str(entry.value[key].plain()) if key in entry.value else "" for key in ("source", "note", "to")}
    share = entry.value.get("share")
    value = entry.value[quantity]
    parts = [(name, v, value.place(name)) for name, v in value.value.items()] if isinstance(value.value, dict) \
        else [(None, value, value)]
    result = []
    for of, figure, place in parts:
        if of is not None and changed is None:
            _part(net, of, place)
        figures = tuple(map(parse_figure, figure.value)) if isinstance(figure.value, list) else parse_figure(figure)
        result.append(Claim(quantity, figures, of, text["source"], changed.plain() if changed else {}, text["note"],
                            text["to"] or None, bool(share and share.value), figure))
    return result


def _part(net: Net, name: str, place: Term) -> None:
    if name not in net.index and name not in net.parts:
        raise SpecError(place, f"no layer or block is called '{name[:80]}'{suggest(name, net.parts)}")


def _whole(net: Net, term: Term, key: str, least: int) -> int:
    value = term.value.get(key)
    if value is None:
        raise SpecError(term, f"'{key}' is missing")
    return Value(value, net.parameters).whole(net.parameters, "", key, least)
