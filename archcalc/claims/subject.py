"""Which network a claim is about: its spec, with parameters and layers changed, in a mode; and other readings of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from archcalc import zoo
from archcalc.analysis.parameters import owned
from archcalc.claims.changes import Finder, refitted
from archcalc.claims.conventions import Convention
from archcalc.claims.measured import Measured
from archcalc.errors import ArchcalcError, UsageError
from archcalc.spec.claim import Claim
from archcalc.spec.document import Document, open_document
from archcalc.spec.expand import expand
from archcalc.spec.items import check_keys
from archcalc.spec.override import override
from archcalc.spec.source import SpecError, Term

IMAGES = (224, 227)
"""Sizes between which the conventions of the input change."""


class Same(ArchcalcError):
    """Another reading of a network makes no difference to it."""


class Subject(NamedTuple):
    """A network before it is expanded: its document, parameters given, mode, and fields to change."""

    document: Document
    given: tuple[tuple[str, Any], ...] = ()
    mode: str = "eval"
    finders: tuple[tuple[str, Finder], ...] = ()

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from others."""
        return id(self.document), self.given, self.mode, tuple(name for name, _ in self.finders)

    def image(self) -> list[str]:
        """The parameters that stand alone as the spatial sizes of the only input."""
        term = self.document.section("input")
        shape = term.value.get("shape") if term is not None and isinstance(term.value, dict) else term
        sizes = shape.value[1:] if shape is not None and isinstance(shape.value, list) else []
        return sorted({size.value for size in sizes if isinstance(size.value, str)
                       and size.value in self.document.parameters})


class Networks:
    """The networks of an audit, each expanded and measured once."""

    def __init__(self, home: Document | None) -> None:
        self.home = home
        self.documents: dict[tuple[str, str], Document] = {}
        self.patched: dict[tuple[int, int], Document] = {}
        self.known: dict[tuple[Any, ...], Measured | ArchcalcError] = {}

    def subject(self, claim: Claim, base: Subject | None) -> Subject:
        """The network that a claim is of; ``base`` where it names none. Raises `SpecError`."""
        if claim.spec is not None:
            base = Subject(self.document(claim.spec))
        if base is None:
            raise SpecError(claim.entry, "the claim does not say of which network: `spec: alexnet`")
        return self.changed(base._replace(mode=claim.mode if claim.mode != "eval" else base.mode), claim.given)

    def changed(self, base: Subject, given: Term | None) -> Subject:
        """A network with what `with` says: parameters, and fields of layers."""
        if given is None:
            return base
        patches = {key: term for key, term in given.value.items() if term.value is None or isinstance(term.value, dict)}
        parameters = {key: value for key, value in given.value.items() if key not in patches}
        _known(given, parameters, base.document)
        document = base.document
        if patches:
            key = id(document), id(given)
            if key not in self.patched:
                self.patched[key] = _patched(document, given.like(patches))
            document = self.patched[key]
        values = dict(base.given) | {key: _plain(value) for key, value in parameters.items()}
        return base._replace(document=document, given=tuple(values.items()))

    def document(self, name: Term) -> Document:
        """A network by name: a variant of the file that names it, one of the zoo, or a path beside the file."""
        path, variants = name.source.path, _variants(self.home)
        key = (str(path), name.value)
        if key not in self.documents:
            try:
                file = name.source.name if ":" in name.source.name else path    # a file of a git revision
                reference = f"{file}#{name.value}" if path is not None and name.value in variants \
                    else found(name.value, path.parent if path else None)
                self.documents[key] = open_document(reference)
            except UsageError as error:
                raise SpecError(name, str(error)) from None
        return self.documents[key]

    def measured(self, subject: Subject, conventions: Iterable[Convention] = ()) -> Measured:
        """The network in another reading. Raises `Same` where it makes no difference, `ArchcalcError` if it breaks."""
        for convention in conventions:
            subject = self._read(subject, convention)
        result = self.known.get(subject.key)
        if result is None:
            try:
                result = self._build(subject)
            except ArchcalcError as error:
                result = error
            self.known[subject.key] = result
        if isinstance(result, ArchcalcError):
            raise result
        return result

    def _read(self, subject: Subject, convention: Convention) -> Subject:
        if convention.mode:
            if subject.mode == convention.mode:
                raise Same
            return subject._replace(mode=convention.mode)
        if convention.image:
            names = subject.image()
            sizes = [self.measured(subject).net.parameters[name] for name in names]
            if not names or any(size not in IMAGES or size == convention.image for size in sizes):
                raise Same
            given = dict(subject.given) | dict.fromkeys(names, convention.image)
            return subject._replace(given=tuple(given.items()))
        assert convention.find is not None
        if not convention.find(self.measured(subject).net):
            raise Same
        return subject._replace(finders=(*subject.finders, (convention.name, convention.find)))

    def _build(self, subject: Subject) -> Measured:
        if not subject.finders:
            net = expand(subject.document, dict(subject.given), subject.mode)
        else:
            before = self.measured(subject._replace(finders=subject.finders[:-1])).net
            net = refitted(before, subject.finders[-1][1](before))
        owned(net)
        return Measured(net)


def found(name: str, beside: Path | None) -> str:
    """A name as a reference that `open_document` takes, also of a family."""
    path, variant = zoo.find(name, beside, family=True)
    return f"{path}#{variant}" if variant else str(path)


def _variants(document: Document | None) -> Mapping[str, Term]:
    variants = document.section("variants") if document is not None else None
    return variants.value if variants is not None else {}


def _patched(document: Document, patches: Term) -> Document:
    layers = document.section("layers")
    if layers is None:
        raise SpecError(patches, "'with' changes layers, and the spec has none")
    new_layers, blocks = override(layers, document.blocks, patches)
    return document._replace(sections={**document.sections, "layers": new_layers}, blocks=blocks)


def _plain(term: Term) -> Any:
    return tuple(map(_plain, term.value)) if isinstance(term.value, list) else term.value


def _known(given: Term, parameters: Iterable[str], document: Document) -> None:
    for key in parameters:
        check_keys(Term({}, given.source, given.line, given.column, {key: given.place(key)}), document.parameters,
                   "parameter")
