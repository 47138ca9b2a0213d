"""`archcalc.audit`: the claims of a spec, a family or an audit file, judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

from archcalc import zoo
from archcalc.claims.conventions import CONVENTIONS
from archcalc.claims.judge import judge, unchecked, unjudged
from archcalc.claims.measured import NoField, Unjudged, Unknown
from archcalc.claims.result import Audit
from archcalc.claims.search import Case
from archcalc.claims.subject import Networks, Subject, found
from archcalc.claims.verdict import Source, Verdict
from archcalc.errors import ArchcalcError
from archcalc.net import Net
from archcalc.spec import reader
from archcalc.spec.claim import Claim, read_claims
from archcalc.spec.document import Document, open_document, parse_document, standard_input
from archcalc.spec.items import check_keys
from archcalc.spec.parameters import evaluate
from archcalc.spec.revision import located
from archcalc.spec.source import SpecError, Term
from archcalc.words import listed, suggest

FOLDER = "audits"
"""Where the zoo has audit files."""


class Docket(NamedTuple):
    """Claims to judge: of a document with the parameters given, or of an audit file, which has none."""

    name: str
    spec: str
    document: Document | None
    given: Mapping[str, Any]
    claims: list[Claim]
    own: frozenset[int]
    "Indices of the claims whose verdicts are asked for; the others only belong to the same sources."


def audit(spec: Net | Document | str | PathLike[str]) -> Audit:
    """The verdicts on the claims of a network, or of the spec, family or audit file of a path or name.

    The claims of a variant are those of its file that name it or no network. Raises `SpecError` at
    the place of a claim that makes no sense.

    >>> found = audit("alexnet")
    >>> found.verdicts[0].claim.printed, found.verdicts[0].verdict
    ('60 million', 'agrees')
    """
    return _judged(_docket(spec))


def references() -> list[str]:
    """Every file of the zoo that has claims, and its audit files."""
    names = []
    for path in sorted(zoo.root().rglob("*.yaml")):
        if re.search(r"^\s*claims:", path.read_text("utf-8"), re.MULTILINE):
            names.append(zoo.name_of(path))
    return sorted(names, key=lambda name: (name.startswith(FOLDER), name))


def _docket(spec: Net | Document | str | PathLike[str]) -> Docket:
    if isinstance(spec, Net):
        usual = evaluate(spec.document, {})
        return _of_document(spec.document, {k: v for k, v in spec.parameters.items() if v != usual[k]})
    if isinstance(spec, Document):
        return _of_document(spec, {})
    reference = fspath(spec)
    if ":" in reference and located(reference):
        return _of_document(open_document(reference), {})
    if reference == "-":
        data = standard_input()
        root = reader.parse(data, "<stdin>")
        return _of_file(root, "stdin") if _is_audit(root) else _of_document(parse_document(data, "<stdin>"), {})
    path, _, variant = found(reference, None).partition("#")
    root = reader.read(path, zoo.shown(Path(path)))
    if not variant and _is_audit(root):
        return _of_file(root, zoo.name_of(Path(path)))
    return _of_document(open_document(f"{path}#{variant}" if variant else path), {})


def _is_audit(root: Term) -> bool:
    return isinstance(root.value, dict) and "audit" in root.value


def _of_file(root: Term, spec: str) -> Docket:
    check_keys(root, ("audit", "claims"), "key", " of an audit file")
    head, term = root.value["audit"], root.value.get("claims")
    if not isinstance(head.value, dict):
        raise SpecError(head, f"'audit' is a mapping such as {{title: Notes, source: page 3}}, found {head}")
    check_keys(head, ("title", "source"), "key", " of 'audit'")
    text = {key: str(value.plain()) for key, value in head.value.items() if value.value is not None}
    if term is None or not isinstance(term.value, list):
        raise SpecError(term or root, f"an audit file has a list of `claims`, found {term or 'none'}")
    claims = read_claims(term, lambda name, place: None, text.get("source", text.get("title", "")))
    return Docket(text.get("title", spec), spec, None, {}, claims, frozenset(range(len(claims))))


def _of_document(document: Document, given: Mapping[str, Any]) -> Docket:
    term = document.section("claims")
    claims = read_claims(term, lambda name, place: None) if term is not None else []
    own = _name(document, document.spec.rpartition("/")[2])
    if own is None:
        claims += _of_variants(document)
        return Docket(document.title, document.spec, document, given, claims, frozenset(range(len(claims))))
    mine = frozenset(i for i, claim in enumerate(claims)
                     if claim.spec is None or _name(document, str(claim.spec.value)) == own)
    claims = [claim._replace(spec=None) if i in mine else claim for i, claim in enumerate(claims)]
    return Docket(document.title, document.spec, document, given, claims, mine)


def _of_variants(document: Document) -> Iterator[Claim]:
    """What the variants of a family claim in their own sections."""
    variants = document.section("variants")
    for name, entry in (variants.value if variants is not None else {}).items():
        term = entry.value.get("claims") if isinstance(entry.value, dict) else None
        if term is not None and isinstance(term.value, list):
            place = variants.place(name).like(name)  # type: ignore[union-attr]
            yield from (claim if claim.spec is not None else claim._replace(spec=place)
                        for claim in read_claims(term, lambda name, place: None))


def _name(document: Document, name: str) -> str | None:
    """A variant's name with aliases resolved; None for what is no variant of the file."""
    section = document.section("variants")
    variants = section.value if section is not None else {}
    seen: set[str] = set()
    while name in variants and isinstance(variants[name].value, str) and name not in seen:
        seen.add(name)
        name = variants[name].value
    return name if name in variants else None


def _judged(docket: Docket) -> Audit:
    networks = Networks(docket.document)
    base = Subject(docket.document, tuple(docket.given.items())) if docket.document is not None else None
    wanted = {docket.claims[i].source for i in docket.own}
    cases: dict[str, dict[int, Case]] = {}
    verdicts: dict[int, Verdict] = {}
    for i, claim in enumerate(docket.claims):
        if claim.unchecked:
            verdicts[i] = unchecked(claim, str(claim.spec.value) if claim.spec else docket.spec)
        elif claim.source in wanted:
            case = _case(claim, base, networks)
            try:
                if claim.quantity != "arithmetic":
                    networks.measured(case.subject).select(claim.of)
                case.read(())
                cases.setdefault(claim.source, {})[i] = case
            except Unjudged as reason:
                verdicts[i] = unjudged(case, reason)
            except Unknown as error:
                raise SpecError(_place(claim, error), str(error)) from None
    sources: list[Source] = []
    for group in cases.values():
        source, judged = judge(list(group.values()))
        sources.append(source)
        verdicts |= dict(zip(group, judged, strict=True))
    return Audit(docket.name, docket.spec, tuple(verdicts[i] for i in sorted(docket.own)), tuple(sources))


def _case(claim: Claim, base: Subject | None, networks: Networks) -> Case:
    _check_conventions(claim)
    if claim.spec is None and base is None and claim.quantity == "arithmetic":
        base = Subject(parse_document("{input: [1], layers: [relu]}"))
    subject = networks.subject(claim, base)
    to = Subject(networks.document(claim.to)) if claim.to is not None else None
    for one in filter(None, (subject, to)):
        try:
            networks.measured(one)
        except ArchcalcError as error:
            if claim.given is None or one is to:
                raise
            raise SpecError(claim.given, f"this breaks the network: {_message(error)}") from None
    return Case(claim, subject, to, networks)


def _check_conventions(claim: Claim) -> None:
    slots: dict[str, str] = {}
    for term in claim.under:
        convention = CONVENTIONS.get(str(term.value))
        if convention is None:
            there = f"; there are {listed(CONVENTIONS, 30).replace(' or ', ' and ')}"
            raise SpecError(term, f"unknown convention {term}{suggest(str(term.value), CONVENTIONS) or there}")
        if convention.slot in slots:
            raise SpecError(term, f"'{convention.name}' and '{slots[convention.slot]}' exclude each other")
        slots[convention.slot] = convention.name


def _message(error: ArchcalcError) -> str:
    if isinstance(error, SpecError):
        return f"{error.layer}: {error.message}" if error.layer else error.message
    return str(error)


def _place(claim: Claim, error: Unknown) -> Term:
    """Where the name of a claim's layer stands, or of its field."""
    if isinstance(error, NoField):
        fields: Term = claim.entry.value[claim.quantity].value[claim.of]
        return fields.place(claim.setting)
    return claim.place
