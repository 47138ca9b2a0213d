"""A spec file as one document: top-level keys checked, `extends`, `include`, `override` and variants applied."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc import zoo
from archcalc.errors import UsageError
from archcalc.spec import reader
from archcalc.spec.expression import is_name
from archcalc.spec.items import BlockTerm, Lexicon, block_name, check_keys
from archcalc.spec.override import override
from archcalc.spec.source import SpecError, Term
from archcalc.words import listed, printable, suggest

if TYPE_CHECKING:
    from archcalc.spec.revision import Revision

KEYS: dict[str, tuple[type, ...]] = {
    "name": (str, int), "paper": (dict, str), "notes": (str, list), "extends": (str,), "include": (str, list),
    "parameters": (dict,), "input": (list, dict), "inputs": (dict,), "outputs": (list, str, int), "then": (dict,),
    "defaults": (dict,), "blocks": (dict,), "layers": (list,), "override": (dict,), "variants": (dict,),
    "placement": (dict,), "claims": (list,), "budget": (dict,), "augmentation": (dict,), "calls": (dict,),
    "audit": (dict,),
}
VARIANT_KEYS = ("name", "override", "claims", "budget", "paper", "notes")
"""What a variant may hold besides parameters; no parameter can have these names."""

MAX_FILES = 50
"""What `extends` and `include` may bring together."""

_WORDS: dict[type, str] = {dict: "a mapping", list: "a list", str: "a word", int: "a number"}
_OWN = ("name", "paper", "notes", "claims", "budget", "augmentation", "variants", "extends", "include", "override")
"""What a spec does not inherit: it is said of one network only."""


class Document(NamedTuple):
    """A spec, whole: what its bases, includes and variant say is merged in; nothing is expanded yet."""

    spec: str
    root: Term
    sections: dict[str, Term]
    lexicon: Lexicon
    parameters: dict[str, Term]
    blocks: dict[str, BlockTerm]
    "Signature as written → (its key, its body, the words of its file)."

    @property
    def title(self) -> str:
        """The network's name as its spec gives it, else the spec's; on one line, and nothing that a terminal obeys."""
        name = self.sections.get("name")
        return printable(str(name.value) if name else self.spec)

    def section(self, key: str) -> Term | None:
        """A top-level section, or None where it is absent or null."""
        term = self.sections.get(key)
        return term if term is not None and term.value is not None else None


def open_document(reference: str) -> Document:
    """The document of a path (``file.yaml``, ``file.yaml#variant``), a zoo name, a git ``REV:PATH``, or ``-``."""
    if reference == "-":
        return _document(reader.parse(standard_input(), "<stdin>"), "stdin", None, _Chain((), []))
    if ":" in reference or ".onnx" in reference or ".json" in reference:
        from archcalc.importing.references import imported, is_reference
        from archcalc.spec.revision import located

        if is_reference(reference):
            return parse_document(imported(reference).text, reference)

        past = located(reference)
        if past is not None:
            revision, path, variant = past
            return _open(path, variant, _Chain((), [], revision))
    path, variant = zoo.find(reference)
    return _open(path, variant, _Chain((), []))


def standard_input() -> bytes:
    """What standard input holds, up to the most that a spec may have."""
    import sys

    if sys.stdin is None:
        raise UsageError("standard input is closed; `-` reads a spec from it")
    data = bytearray()
    # Piece by piece, so that Ctrl-C is heard between two of them.
    stream: Any = sys.stdin.buffer
    while len(data) <= reader.MAX_BYTES and (piece := stream.read1(1 << 16)):
        data += piece
    if not data:
        raise UsageError("standard input is empty; `-` reads a spec from it, and only once")
    return bytes(data)


def parse_document(text: str | bytes, name: str = "spec", path: Path | None = None) -> Document:
    """The document of a YAML text; ``path`` is the file that it stands in, beside which it finds others."""
    return _document(reader.parse(text, name, path), name, None, _Chain((), []))


class _Chain(NamedTuple):
    """The specs that are being read, each for the one before; all that have been read; the git revision they are of."""

    links: tuple[tuple[Path, str | None], ...]
    opened: list[Path]
    revision: Revision | None = None

    def to(self, path: Path, variant: str | None) -> _Chain:
        return self._replace(links=(*self.links, (path.resolve(), variant)))


def _open(path: Path, variant: str | None, chain: _Chain) -> Document:
    root = chain.revision.read(path) if chain.revision else reader.read(path, zoo.shown(path))
    name = zoo.name_of(path)
    spec = name if variant is None else "/".join([*name.split("/")[:-1], variant])
    spec = f"{chain.revision.name}:{spec}" if chain.revision and not chain.links else spec
    return _document(root, spec, variant, chain.to(path, variant))


def _document(root: Term, spec: str, variant: str | None, chain: _Chain) -> Document:
    if not isinstance(root.value, dict):
        raise SpecError(root, f"a spec is a mapping with `input` and `layers`, found {root}")
    check_keys(root, KEYS, "key")
    if "audit" in root.value:
        raise SpecError(root.place("audit"), "this is a file of claims and no network; `archcalc audit` reads it")
    for key, term in root.value.items():
        if term.value is not None and not isinstance(term.value, KEYS[key]):
            wanted = listed(_WORDS[t] for t in KEYS[key] if t is not int)
            raise SpecError(term, f"'{key}' must be {wanted}, found {term}")
    document = _merge(_base(root, chain), _own(root, spec))
    document = _included(document, root, chain)
    if "override" in root.value:
        document = _overridden(document, root.value["override"])
    return _variant(document, variant, root) if variant else document


def _own(root: Term, spec: str) -> Document:
    get = {k: v for k, v in root.value.items() if v.value is not None}
    lexicon = Lexicon().extended(get.get("then"), get.get("defaults"))
    parameters = dict(get["parameters"].value) if "parameters" in get else {}
    for name in parameters:
        if not is_name(name) or name in VARIANT_KEYS:
            why = "a word of the language" if name.isidentifier() else "not a word of letters, digits and _"
            raise SpecError(get["parameters"].place(name), f"'{name[:80]}' cannot name a parameter: it is {why}")
    for key in get["blocks"].value if "blocks" in get else ():
        if "@" in block_name(key):
            raise SpecError(get["blocks"].place(key), f"'{block_name(key)[:80]}' cannot name a block: no '@'")
    blocks = {key: (get["blocks"].keys[key], body, lexicon) for key, body in get["blocks"].value.items()} \
        if "blocks" in get else {}
    return Document(spec, root, dict(root.value), lexicon, parameters, blocks)


def _base(root: Term, chain: _Chain) -> Document | None:
    term = root.value.get("extends")
    if term is None or term.value is None:
        return None
    return _linked(term, chain, "extends")


def _linked(term: Term, chain: _Chain, what: str) -> Document:
    if not isinstance(term.value, str):
        raise SpecError(term, f"'{what}' must name a spec, found {term}")
    beside = term.source.path.parent if term.source.path else None
    try:
        past = chain.revision.find(term.value, beside) if chain.revision else None
        path, variant = past or zoo.find(term.value, beside, family=True)
    except UsageError as error:
        raise SpecError(term, str(error)) from None
    if (path.resolve(), variant) in chain.links:
        names = " → ".join(zoo.name_of(p) for p, _ in (*chain.links, (path, variant)))
        raise SpecError(term, f"circular '{what}': {names}")
    chain.opened.append(path)
    if len(chain.opened) > MAX_FILES:
        raise SpecError(term, f"'extends' and 'include' bring together more than {MAX_FILES} files")
    return _open(path, variant, chain)


def _merge(base: Document | None, own: Document) -> Document:
    if base is None:
        return own
    inherited = {k: v for k, v in base.sections.items() if k not in _OWN}
    if "input" in own.sections or "inputs" in own.sections:
        inherited = {k: v for k, v in inherited.items() if k not in ("input", "inputs")}
    if "layers" in own.sections:
        inherited.pop("outputs", None)
    lexicon = base.lexicon.extended(own.sections.get("then"), own.sections.get("defaults"))
    blocks = {key: (place, body, lexicon) for key, (place, body, _) in own.blocks.items()}
    return own._replace(
        sections={**inherited, **own.sections}, lexicon=lexicon,
        parameters={**base.parameters, **own.parameters},
        blocks={**_without(base.blocks, own.blocks), **blocks})


def _without(blocks: dict[str, BlockTerm],
             newer: dict[str, BlockTerm]) -> dict[str, BlockTerm]:
    names = {block_name(key) for key in newer}
    return {key: block for key, block in blocks.items() if block_name(key) not in names}


def _included(document: Document, root: Term, chain: _Chain) -> Document:
    term = root.value.get("include")
    for one in () if term is None else term.value if isinstance(term.value, list) else [term]:
        other = _linked(one, chain, "include")
        document = document._replace(parameters={**other.parameters, **document.parameters},
                           blocks={**_without(other.blocks, document.blocks), **document.blocks})
    return document


def _overridden(document: Document, patches: Term) -> Document:
    layers = document.section("layers")
    if patches.value is None:
        return document
    if layers is None:
        raise SpecError(patches, "'override' changes layers that `extends` brings; there are none here")
    new_layers, new_blocks = override(layers, document.blocks, patches)
    return document._replace(sections={**document.sections, "layers": new_layers}, blocks=new_blocks)


def _variant(document: Document, name: str, root: Term) -> Document:
    variants = document.section("variants")
    entry = variants.value.get(name) if variants else None
    seen = [name]
    while entry is not None and isinstance(entry.value, str):
        if entry.value not in variants.value:  # type: ignore[union-attr]
            raise SpecError(entry, f"unknown variant '{entry.value}'{suggest(entry.value, variants.value)}")  # type: ignore[union-attr]
        if entry.value in seen:
            raise SpecError(entry, f"circular variant '{entry.value}'")
        seen.append(entry.value)
        entry = variants.value[entry.value]  # type: ignore[union-attr]
    if entry is None or not isinstance(entry.value, dict):
        raise SpecError(entry or root, f"variant '{name}' must be a mapping of parameters, found {entry or 'nothing'}")
    check_keys(entry, (*document.parameters, *VARIANT_KEYS), "parameter")
    own = {key: term for key, term in entry.value.items() if key in VARIANT_KEYS}
    sections = {**document.sections, **own}
    if "claims" in own and (claims := document.section("claims")):
        sections["claims"] = claims.like([*claims.value, *(own["claims"].value or [])])
    if "name" not in own:
        sections["name"] = root.like(name)
    document = document._replace(sections=sections, parameters={
        **document.parameters, **{k: v for k, v in entry.value.items() if k not in VARIANT_KEYS}})
    return _overridden(document, own["override"]) if "override" in own else document
