"""What a directive of Sphinx or a fence of Markdown asks for: contents, their options, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from archcalc import zoo
from archcalc.diagrams.compose import slug
from archcalc.errors import ArchcalcError, UsageError
from archcalc.spec.document import Document, open_document, parse_document
from archcalc.spec.parameters import from_text
from archcalc.words import listed, suggest

Convert = Callable[[str, str], Any]
"""From an option's name and its text to its value; raises `UsageError`."""


class Option(NamedTuple):
    """A keyword of a content: what it sets, and how its text is read."""

    field: str
    read: Convert


class Place(NamedTuple):
    """Where something stands: the document's file and the line (from 1) at which its text begins.

    References are relative to the folder of the file, or to ``root`` where they begin with ``/``.
    """

    file: Path
    line: int = 1
    root: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder of the document."""
        return self.file.parent


class Request(NamedTuple):
    """A content (report, diagram, ...) of specs that are named, or of one that stands in the document."""

    what: str
    references: tuple[str, ...]
    text: str
    options: Mapping[str, Any]
    place: Place

    def documents(self) -> list[Document]:
        """The specs, opened. Raises `ArchcalcError`."""
        named = [open_document(located(reference, self.place)) for reference in self.references]
        return [inline(self.text, self.place), *named] if self.text else named


def located(reference: str, place: Place, family: bool = False) -> str:
    """A reference of a document as a path, with its variant; a name of the zoo is the path of its file."""
    beside = place.folder
    if reference.startswith("/") and place.root is not None and not Path(reference.partition("#")[0]).is_file():
        beside, reference = place.root, reference.lstrip("/")
    path, variant = zoo.find(reference, beside, family)
    return f"{path}#{variant}" if variant else str(path)


def inline(text: str, place: Place) -> Document:
    """A spec that stands in a document; places in its messages are places of the document."""
    document = parse_document("\n" * (place.line - 1) + text, zoo.shown(place.file), place.file)
    return document._replace(spec="net")


def request(what: str, references: tuple[str, ...], text: str, options: Mapping[str, str], place: Place) -> Request:
    """A request, its options read. Raises `UsageError`."""
    known = OPTIONS[what]
    read: dict[str, Any] = {}
    for name, value in options.items():
        option = known.get(name.replace("_", "-"))
        if option is None:
            hint = suggest(name, known) or f"; there are {listed(known, 40).replace(' or ', ' and ')}"
            raise UsageError(f"archcalc-{what} has no option '{name[:40]}'{hint}")
        read[option.field] = option.read(name, value)
    least, most = NETWORKS[what]
    count = len(references) + bool(text)
    if not least <= count <= most:
        wanted = f"{least} networks or more" if most > 1 else "one network"
        raise UsageError(f"archcalc-{what} takes {wanted}, named or as a spec in its body; found {count or 'none'}")
    return Request(what, references, text, read, place)


# ── how options are read ──


def word(name: str, text: str) -> str:
    """A text as it is."""
    return text.strip()


def words(name: str, text: str) -> tuple[str, ...]:
    """Names apart by commas or spaces."""
    return tuple(re.split(r"[\s,]+", text.strip())) if text.strip() else ()


def whole(name: str, text: str) -> int:
    """A positive whole number."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()) and int(text):
        return int(text)
    raise UsageError(f"'{name}' takes a positive whole number, found {text[:40]!r}")


def settings(name: str, text: str) -> dict[str, Any]:
    """Parameters: ``image=224, classes=10``, one after the other or one a line."""
    parts = [part.strip() for part in re.split(r"[,\n](?![^\[]*\])", text)]
    return from_text([part for part in parts if part])


def one_of(*choices: str) -> Convert:
    """One of some words."""
    def read(name: str, text: str) -> str:
        if text.strip() in choices:
            return text.strip()
        hint = suggest(text, choices) or f"; there are {listed(choices).replace(' or ', ' and ')}"
        raise UsageError(f"'{name}' has no choice {text.strip()[:40]!r}{hint}")
    return read


def flag(value: bool) -> Convert:
    """An option that stands alone, or has its own name as its value, as a fence gives it."""
    def read(name: str, text: str) -> bool:
        if text.strip().lower() in ("", name, "true", "yes"):
            return value
        raise UsageError(f"'{name}' takes no value, found {text.strip()[:40]!r}")
    return read


# ── the options of each content ──


def _same(read: Convert, *names: str) -> dict[str, Option]:
    return {name: Option(name.replace("-", "_"), read) for name in names}


_MODE = Option("mode", one_of("eval", "train"))
_NETWORK = {"set": Option("parameters", settings), "mode": _MODE}
_NUMBERS = {"batch": Option("batch", whole), "dtype": Option("dtype", word)}
_LOCAL = {"local": Option("local", flag(True))}

OPTIONS: dict[str, dict[str, Option]] = {
    "report": {**_NETWORK, **_NUMBERS, **_LOCAL, **_same(whole, "depth"), **_same(words, "columns"),
               **_same(one_of("chw", "hwc"), "layout")},
    "diagram": {**_NETWORK, **_LOCAL, **_same(whole, "depth", "max-nodes"),
                **_same(word, "form", "heat", "shapes", "counts", "layout", "rankdir", "theme", "link", "id", "engine",
                        "against"),
                **_same(words, "expand", "columns", "layers"),
                "no-fold": Option("fold", flag(False)), "no-heads": Option("heads", flag(False)),
                "no-legend": Option("legend", flag(False)), "transparent": Option("paper", flag(False))},
    "explain": {**_NETWORK, **_NUMBERS, **_LOCAL, **_same(words, "layers", "what")},
    "audit": {},
    "compare": _NUMBERS,
}
"""Contents, and the keywords that each takes besides those of its place (alt, align, caption, name, class)."""

NETWORKS = {"report": (1, 1), "diagram": (1, 1), "explain": (1, 1), "audit": (1, 1), "compare": (2, 100)}
"""How many networks each content takes."""


def said(error: ArchcalcError, place: Place, start: int) -> tuple[str, int]:
    """An error's message and its line: that of the mistake where it stands in the document, else ``start``."""
    node = getattr(error, "node", None)
    if node is None or node.source.path != place.file:
        return str(error), start
    layer = getattr(error, "layer", "")
    return f"{layer}: {error.message}" if layer else error.message, node.line + 1  # type: ignore[attr-defined]


def identified(asked: Request, document: str, serial: int) -> Request:
    """The request for a picture with a prefix of ids that no other of a site has, if it names none."""
    if "id" in asked.options:
        return asked
    spec = Path(asked.references[0].rpartition("#")[2]).stem if asked.references else "net"
    return asked._replace(options={**asked.options, "id": f"ac-{slug(document)}-{slug(spec)}-{serial}"})
