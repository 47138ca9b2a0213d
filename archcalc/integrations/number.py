"""A single number for a sentence: ``alexnet params``, ``resnet50 conv2_x ~macs batch=32``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcalc import api
from archcalc.comparison.totals import QUANTITIES
from archcalc.diagrams.text import short
from archcalc.errors import UsageError
from archcalc.integrations.content import known_part
from archcalc.integrations.request import Place, located, whole
from archcalc.reports.columns import COLUMNS, shape_text
from archcalc.reports.report import Report
from archcalc.spec.document import open_document
from archcalc.spec.expand import expand
from archcalc.spec.parameters import from_text
from archcalc.words import listed, suggest

TOTALS: dict[str, Callable[[Report], str]] = {
    "input": lambda report: ", ".join(map(shape_text, report.inputs.values())),
    **{q.key: lambda report, value=q.value: f"{value(report):,}" for q in QUANTITIES},  # type: ignore[misc]
}
"""What only a whole network has; the columns of reports are the rest."""
SHAPED = ("layout", "batch", "dtype", "mode")
"""Settings of the report; all others are parameters of the spec."""


def reference_of(text: str) -> str:
    """The spec that a text names."""
    return (text.split() or [""])[0]


def number(text: str, place: Place) -> str:
    """The text of a number: ``SPEC [LAYER] QUANTITY [NAME=VALUE]...``; ``~`` before the quantity shortens it.

    Raises `ArchcalcError`.
    """
    words = text.split()
    given = [word for word in words[1:] if "=" in word]
    plain = [word for word in words[1:] if "=" not in word]
    if len(plain) not in (1, 2):
        raise UsageError(f"a number is SPEC [LAYER] QUANTITY, such as 'alexnet params', found '{text[:80]}'")
    report, layout = _report(words[0], given, place)
    found = _found(report, plain[0] if len(plain) == 2 else None, plain[-1].lstrip("~").lower(), layout)
    return _short(found, plain[-1]) if plain[-1].startswith("~") else found


def _report(reference: str, given: list[str], place: Place) -> tuple[Report, str]:
    settings = dict(word.split("=", 1) for word in given)
    shaped = {name: settings.pop(name) for name in SHAPED if name in settings}
    parameters = from_text([f"{name}={value}" for name, value in settings.items()])
    document = open_document(located(reference, place))
    net = api.checked(expand(document, parameters, _choice(shaped, "mode", ("eval", "train"))))
    numbers: dict[str, Any] = {"dtype": shaped["dtype"]} if "dtype" in shaped else {}
    numbers |= {"batch": whole("batch", shaped["batch"])} if "batch" in shaped else {}
    return api.report(net, **numbers), _choice(shaped, "layout", ("chw", "hwc"))


def _choice(shaped: dict[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = shaped.get(name, choices[0])
    if value not in choices:
        raise UsageError(f"'{name}' takes {listed(choices)}, found '{value[:40]}'")
    return value


def _found(report: Report, layer: str | None, quantity: str, layout: str) -> str:
    if layer is None and quantity in TOTALS:
        return TOTALS[quantity](report)
    if quantity not in COLUMNS or quantity == "count":
        known = [*(TOTALS if layer is None else ()), *(key for key in COLUMNS if key != "count")]
        there = f"; there are {listed(dict.fromkeys(known), 40).replace(' or ', ' and ')}"
        raise UsageError(f"unknown quantity '{quantity[:40]}'{suggest(quantity, known) or there}")
    if layer is not None:
        known_part(report.net, layer)
    rows = [row for row in report.rows if layer is None or row.name == layer or row.name.startswith(f"{layer}.")]
    if not rows:
        raise UsageError(f"'{layer}' is an input of {report.net.spec}; ask for the input of the network")
    return COLUMNS[quantity].cell(report, rows, layout)


def _short(text: str, quantity: str) -> str:
    if not text.replace(",", "").isdigit():
        raise UsageError(f"'{quantity[:40]}': '{text[:40]}' is no count that could be shortened; leave out the ~")
    return short(int(text.replace(",", "")))
