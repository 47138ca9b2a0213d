"""`claims`: published figures, read and checked for form; what they are compared with is worked out by an audit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from archcalc.spec.expression import ExpressionError, parse
from archcalc.spec.figure import BYTES, Figure, parse_figure
from archcalc.spec.items import check_keys
from archcalc.spec.source import SpecError, Term
from archcalc.words import listed, printable

QUANTITIES = {
    "params": "figure", "weights": "figure", "buffers": "figure", "macs": "figure", "flops": "figure",
    "outputs": "figure", "neurons": "figure", "shape": "sizes", "size": "per axis", "field": "per axis",
    "kernels": "sizes", "layers": "figure", "depth": "figure", "blocks": "figure", "memory": "figure",
    "peak_inference": "figure", "saved_for_backward": "figure", "training": "figure", "augmentation": "figure",
    "year": "figure", "settings": "settings", "follows": "words", "crossings": "words", "arithmetic": "arithmetic",
}
"""What a claim can be about, and in which form its value is written."""

WHOLE = ("peak_inference", "saved_for_backward", "training", "augmentation", "year", "crossings")
"""The quantities that only a whole network has."""

OF_BYTES = ("memory", "peak_inference", "saved_for_backward", "training")
"""The quantities that are numbers of bytes."""

CLAIM_KEYS = ("statement", "source", "note", "spec", "with", "mode", "under", "to", "share", "unchecked")
"""What else a claim may hold."""


class Claim(NamedTuple):
    """A published figure, with its place.

    ``value`` is one figure, a list of figures (a shape), or words. It is of the network or its part
    ``of``: a layer, a block, several joined by ``+``, a pattern, or a kind. ``setting`` is the field
    that `settings` speaks of. ``spec``, ``given`` (`with`) and ``mode`` say of which network; ``to``
    is the network that a ratio or difference is to, ``share`` a share of the network's total.
    ``under`` are conventions that the source itself states. ``unchecked`` is why nobody can check it.
    """

    quantity: str
    value: Figure | tuple[Figure, ...] | tuple[str, ...]
    term: Term
    entry: Term
    of: str | None = None
    setting: str = ""
    statement: str = ""
    source: str = ""
    note: str = ""
    spec: Term | None = None
    given: Term | None = None
    mode: str = "eval"
    under: tuple[Term, ...] = ()
    to: Term | None = None
    share: bool = False
    unchecked: str = ""

    @property
    def place(self) -> Term:
        """Where the name stands of what the claim is of; its quantity's value where it names nothing."""
        term: Term = self.entry.value[self.quantity]
        return term if self.of is None else term.place(self.of)

    @property
    def printed(self) -> str:
        """The value as printed."""
        if isinstance(self.value, Figure):
            return self.value.text
        texts = [v.text if isinstance(v, Figure) else v for v in self.value]
        return ", ".join(texts) if QUANTITIES.get(self.quantity) == "words" else "×".join(texts)


def read_claims(term: Term, known: Callable[[str, Term], None], source: str = "") -> list[Claim]:
    """The claims of a section, one for each figure; ``source`` is that of claims without one.

    ``known`` refuses the name of a layer that the network does not have. It is asked only where a
    claim is of the network as it stands.
    """
    found: list[Claim] = []
    for entry in term.value:
        if not isinstance(entry.value, dict):
            raise SpecError(entry, f"a claim is a mapping such as {{params: 60M, source: abstract}}, found {entry}")
        check_keys(entry, (*QUANTITIES, *CLAIM_KEYS), "quantity")
        claim = _common(entry, source)
        given = [key for key in entry.value if key in QUANTITIES]
        if bool(claim.unchecked) == bool(given):
            wrong = f"a claim needs a quantity: {listed(QUANTITIES, 30)}; or `unchecked`, why it cannot be checked" \
                if not given else "a claim that is `unchecked` has no quantity; say what it states in `statement`"
            raise SpecError(entry, wrong)
        found += [claim] if claim.unchecked else [c for key in given for c in _claims(claim, key, entry.value[key])]
    for claim in found:
        if claim.of is not None and claim.quantity != "arithmetic" and claim.spec is claim.given is None \
                and claim.mode == "eval":
            for name in parts(claim.of):
                known(name, claim.place)
    return found


def parts(of: str) -> list[str]:
    """The names in ``reduce2 + conv2``."""
    return [name.strip() for name in of.split(" + ")]


def _common(entry: Term, source: str) -> Claim:
    get = {key: value for key, value in entry.value.items() if value.value is not None}
    text = {key: printable(str(get[key].plain()), "\n\t")
            for key in ("statement", "source", "note", "unchecked") if key in get}
    for key in ("spec", "to", "statement", "note", "unchecked"):
        if key in get and not isinstance(get[key].value, str):
            raise SpecError(get[key], f"'{key}' is a text, found {get[key]}")
    given = get.get("with")
    if given is not None and not isinstance(given.value, dict):
        raise SpecError(given, f"'with' is a mapping of parameters, and of layers to fields, found {given}")
    mode = get.get("mode")
    if mode is not None and mode.value not in ("eval", "train"):
        raise SpecError(mode, f"'mode' is eval or train, found {mode}")
    share = get.get("share")
    if share is not None and not isinstance(share.value, bool):
        raise SpecError(share, f"'share' is true or false, found {share}")
    for key in entry.value if share is not None and share.value else ():
        if QUANTITIES.get(key, "figure") != "figure":
            raise SpecError(entry.place(key), f"'{key}' is no figure, and has no share of a total")
    under = get.get("under")
    named = () if under is None else tuple(under.value) if isinstance(under.value, list) else (under,)
    return Claim("", (), entry, entry, spec=get.get("spec"), given=given, to=get.get("to"), under=named,
                 mode=str(mode.value) if mode else "eval", share=bool(share and share.value),
                 **{"source": source, **text})


def _claims(claim: Claim, quantity: str, term: Term) -> Iterator[Claim]:
    form = QUANTITIES[quantity]
    if form in ("settings", "arithmetic") and not isinstance(term.value, dict):
        example = "{conv1: {stride: 4}}" if form == "settings" else '{"4 * 3 * 6 * 2": 144}'
        raise SpecError(term, f"'{quantity}' is a mapping such as {example}, found {term}")
    named = term.value.items() if isinstance(term.value, dict) else [(None, term)]
    for of, value in named:
        if of is not None and quantity in WHOLE:
            raise SpecError(term.place(of), f"'{quantity}' is of a whole network, not of a part")
        here = claim._replace(quantity=quantity, of=of, term=value)
        if form == "arithmetic":
            _expression(of or "", term.place(of or ""))
        if form == "settings":
            yield from _settings(here, value)
        else:
            yield here._replace(value=_words(value) if form == "words" else _formed(here, form))


def _settings(claim: Claim, term: Term) -> Iterator[Claim]:
    if not isinstance(term.value, dict):
        raise SpecError(term, f"'settings' of a layer are a mapping such as {{stride: 4}}, found {term}")
    for field, value in term.value.items():
        word = isinstance(value.value, bool) or (isinstance(value.value, str) and value.value[:1].isalpha())
        yield claim._replace(setting=field, term=value, value=(value.text,) if word else _figures(value))


def _formed(claim: Claim, form: str) -> Figure | tuple[Figure, ...]:
    """The figure or figures of a claim, in the form that its quantity takes."""
    quantity, term = claim.quantity, claim.term
    listed = isinstance(term.value, list)
    if form in ("figure", "arithmetic") and listed:
        raise SpecError(term, f"'{quantity}' is one figure, found {term}")
    if form == "sizes" and not listed:
        raise SpecError(term, f"'{quantity}' is a list of sizes such as [96, 55, 55], found {term}")
    figures = _figures(term)
    if isinstance(figures, Figure) and form == "figure":
        _check_unit(claim, figures)
    return figures


def _check_unit(claim: Claim, figure: Figure) -> None:
    """Refuse bytes for what is none, and a ratio to nothing."""
    if figure.unit in BYTES and claim.quantity not in OF_BYTES:
        raise SpecError(claim.term, f"'{claim.quantity}' is no number of bytes, found {figure.text}")
    if (figure.unit in ("x", "%") or figure.than) and not (claim.share or claim.to):
        raise SpecError(claim.term, f"{figure.text} is relative: say `to` which network, or `share: true`")


def _figures(term: Term) -> Figure | tuple[Figure, ...]:
    return tuple(map(parse_figure, term.value)) if isinstance(term.value, list) else parse_figure(term)


def _words(term: Term) -> tuple[str, ...]:
    words = term.value if isinstance(term.value, list) else [term]
    for word in words:
        if not isinstance(word.value, str):
            raise SpecError(word, f"expected the name of a layer, found {word}")
    return tuple(word.value for word in words)


def _expression(text: str, place: Term) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        raise SpecError(place, str(error)) from None
