"""From a request to what a page shows: a picture, or a text in Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archcalc import api
from archcalc.errors import UsageError
from archcalc.integrations.request import Request, located
from archcalc.net import Net
from archcalc.spec.expand import expand
from archcalc.words import listed, suggest

if TYPE_CHECKING:
    from archcalc.diagrams.diagram import Diagram


def markdown(request: Request) -> str:
    """The text of a report, an explanation, an audit or a comparison. Raises `ArchcalcError`."""
    return _TEXTS[request.what](request)


def diagram(request: Request) -> Diagram:
    """The diagram of a request, its options checked; nothing is laid out yet. Raises `ArchcalcError`."""
    from archcalc.diagrams.diagram import Diagram
    from archcalc.diagrams.options import options
    from archcalc.spec.document import open_document

    given = dict(request.options)
    net = _net(request, given)
    against = given.pop("against", None)
    other = open_document(located(against, request.place)) if against is not None else None
    return Diagram(net, options(**given), api.checked(expand(other, {}, net.mode)) if other is not None else None)


def _net(request: Request, given: dict[str, Any]) -> Net:
    """The one network of a request; what is left of ``given`` is not about it."""
    (document,) = request.documents()
    return api.checked(expand(document, given.pop("parameters", {}), given.pop("mode", "eval")))


def _report(request: Request) -> str:
    given = dict(request.options)
    shown = {name: given.pop(name) for name in ("depth", "columns", "layout") if name in given}
    return api.report(_net(request, given), **given).to_markdown(**shown)


def _explain(request: Request) -> str:
    from archcalc.explain import WHAT, explain
    from archcalc.reports.explanation import render

    given = dict(request.options)
    layers, what = given.pop("layers", ()), given.pop("what", WHAT)
    found = api.report(_net(request, given), **given)
    for name in what:
        if name not in WHAT:
            raise UsageError(f"unknown quantity '{name[:40]}'{suggest(name, WHAT) or f'; there are {listed(WHAT)}'}")
    for layer in layers:
        known_part(found.net, layer)
    return render(found, [one for one in explain(found, layers, what) if one.steps], "md").partition("\n\n")[2]


def known_part(net: Net, name: str) -> None:
    """Refuse a name that is neither a layer's nor a block's."""
    if name not in net.parts:
        raise UsageError(f"{net.spec} has no layer or block '{name[:80]}'{suggest(name, net.parts)}")


def _audit(request: Request) -> str:
    from archcalc.claims.audit import audit

    if request.text:
        return audit(request.documents()[0]).to_markdown()
    return audit(located(request.references[0], request.place, family=True)).to_markdown()


def _compare(request: Request) -> str:
    from archcalc.comparison import compare

    nets = [api.checked(expand(document, {}, "eval")) for document in request.documents()]
    return compare(*nets, **request.options).to_markdown()


_TEXTS: dict[str, Callable[[Request], str]] = {
    "report": _report, "explain": _explain, "audit": _audit, "compare": _compare}
