"""Rules applied to a network, and what they find."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import NamedTuple

from archcalc.api import loaded
from archcalc.linting.catalogue import chosen
from archcalc.linting.comments import Comments, comments, ignored
from archcalc.linting.facts import Facts
from archcalc.linting.rules import Found, Rule, Severity
from archcalc.net import Net, Node
from archcalc.spec.source import Term


class Finding(NamedTuple):
    """What a rule says of a layer, or of several that one line of the spec makes, by name.

    ``place`` is the line and column of the spec, ``message`` a sentence, ``fix`` what would change it.
    """

    code: str
    severity: Severity
    layers: tuple[str, ...]
    place: Term
    message: str
    fix: str

    @property
    def layer(self) -> str:
        """The first layer."""
        return self.layers[0]

    @property
    def where(self) -> str:
        """``file:line:column``."""
        return f"{self.place.source.name}:{self.place.line + 1}:{self.place.column + 1}"

    def __str__(self) -> str:
        more = f" (and {len(self.layers) - 1} more)" if len(self.layers) > 1 else ""
        return f"{self.where}: {self.code} {self.layer}{more}: {self.message}; {self.fix}"


def lint(net: Net | str | PathLike[str], select: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[Finding]:
    """What the rules find in a network, or in the spec of that path or name, in the order of its layers.

    ``select`` and ``ignore`` are codes or their beginnings (``AC2``); comments in the spec leave findings
    out too. Raises `UsageError`, or `SpecError` at a comment, for a code that there is not.

    >>> import archcalc
    >>> [str(f)[:38] for f in lint(archcalc.loads("input: [3, 8, 8]\\nlayers: [{conv: 8}, batchnorm]"))]
    ['spec:2:11: AC201 conv: its 8 biases ar']
    """
    net = loaded(net)
    rules = chosen(select, ignore)
    known: dict[int, Comments] = {}
    for source in {id(term.source): term.source for term in _terms(net)}.values():
        known[id(source)] = comments(source)
    facts = Facts(net)
    found = [finding for rule in rules for finding in _grouped(facts, rule, known)]
    first = {name: i for i, name in enumerate(node.name for node in net.nodes)}
    return sorted(found, key=lambda f: (first[f.layer], f.code))


def _terms(net: Net) -> list[Term]:
    """A place in each file that the spec is made of."""
    document = net.document
    return [document.root, *document.sections.values(), *(place for place, _, _ in document.blocks.values())]


def _grouped(facts: Facts, rule: Rule, known: dict[int, Comments]) -> list[Finding]:
    """A rule's findings; those of layers that one place of the spec makes become one."""
    groups: dict[tuple[int, int, int], list[tuple[Found, Term]]] = {}
    for found in rule.find(facts):
        node = facts.nodes[found.at]
        place, item = _place(node, found.field), _place(node, None)
        if not ignored(rule.code, (place, item), known):
            groups.setdefault((id(place.source), place.line, place.column), []).append((found, place))
    return [Finding(rule.code, rule.severity, tuple(facts.nodes[f.at].name for f, _ in group), group[0][1],
                    group[0][0].message, group[0][0].fix) for group in groups.values()]


def _place(node: Node, field: str | None) -> Term:
    """Where a layer, or one of its fields, stands in the spec."""
    place: Term = node.origin.error("", node.name, field).node  # type: ignore[attr-defined]
    return place
