"""The check of a network: what holds, what does not, and where that stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from os import PathLike

from archcalc.api import loaded
from archcalc.checking.budgets import spent
from archcalc.checking.outcome import Checked, Outcome
from archcalc.checking.text import table
from archcalc.net import Net
from archcalc.reports.model import Numbers
from archcalc.spec.parameters import evaluate
from archcalc.spec.source import Source, Term


class Check(Checked):
    """A network and the outcomes of its check, which print as a table."""

    def __str__(self) -> str:
        return table([self])


def check(net: Net | str | PathLike[str], limits: Mapping[str, str] | None = None, *, claims: bool = True,
          lint: bool = True, select: Iterable[str] = (), ignore: Iterable[str] = (), batch: int = 1,
          dtype: str = "float32") -> Check:
    """Check a network, or the spec of a path or name: its budget and further ``limits``, its claims, warnings of lint.

    ``limits`` are figures by quantity, ``{"params": "5M"}``; ``select`` and ``ignore`` choose rules of
    lint. A claim is broken where it differs, or holds only under some convention, and no `note` says so.
    Claims speak of the spec as it stands, and are left out where other parameters were given.

    >>> [o.title for o in check("alexnet", {"params": "60M"}, claims=False).broken]
    ['params']
    """
    net = loaded(net)
    report = Numbers(net, batch, dtype)
    found = [Outcome("budget", one.title, one.sentence, one.holds, _stated(one.bound.term))
             for one in spent(report, limits or {})]
    if claims:
        found += _claims(net)
    if lint:
        found += _findings(net, select, ignore)
    return Check(net, tuple(found))


def _stated(term: Term) -> Term | None:
    """The place of a bound in a file, None for one of the command line."""
    source: Source = term.source
    return term if source.lines else None


def _claims(net: Net) -> Iterator[Outcome]:
    if net.document.section("claims") is None:
        return
    if net.parameters != evaluate(net.document, {}):
        yield Outcome("claims", "left out", "claims speak of the spec as it stands; other parameters were given", True)
        return
    from archcalc.claims.audit import audit

    verdicts = audit(net).verdicts
    news = [verdict for verdict in verdicts if verdict.news]
    noted = sum(bool(v.claim.note) and v.verdict in ("differs", "agrees if") for v in verdicts)
    others = sum(v.verdict == "cannot be judged" for v in verdicts)
    texts = [f"{len(verdicts) - len(news) - noted - others} of {len(verdicts)} agree"]
    texts += [f"{noted} {'is' if noted == 1 else 'are'} explained by a note"] if noted else []
    texts += [f"{others} cannot be judged"] if others else []
    yield Outcome("claims", "in all", ", ".join(texts), True)
    for verdict in news:
        title = " ".join(filter(None, (verdict.claim.of, verdict.claim.quantity)))
        yield Outcome("claim", title, verdict.sentence, False, verdict.claim.term)


def _findings(net: Net, select: Iterable[str], ignore: Iterable[str]) -> Iterator[Outcome]:
    from archcalc.linting import lint
    from archcalc.linting.text import count_text, layers_text, sentence

    found = lint(net, select, ignore)
    yield Outcome("lint", "in all", count_text(found), True)
    for finding in found:
        if finding.severity == "warning":
            yield Outcome("lint", f"{finding.code} {layers_text(finding)}",
                          f"{sentence(finding.message)} {sentence(finding.fix)}", False, finding.place)
