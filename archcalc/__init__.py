"""archcalc: a static neural-network architecture analyzer.

>>> import archcalc
>>> archcalc.report("alexnet").totals.macs
724406816
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcalc.api import load as load
    from archcalc.api import loads as loads
    from archcalc.api import paths as paths
    from archcalc.api import report as report
    from archcalc.api import signal as signal
    from archcalc.checking.check import check as check
    from archcalc.claims.audit import audit as audit
    from archcalc.comparison.difference import diff as diff
    from archcalc.comparison.side_by_side import compare as compare
    from archcalc.diagrams.diagram import Diagram as Diagram
    from archcalc.diagrams.diagram import diagram as diagram
    from archcalc.errors import ArchcalcError as ArchcalcError
    from archcalc.exporting.export import export as export
    from archcalc.importing.torch.reading import from_torch as from_torch
    from archcalc.linting.run import lint as lint
    from archcalc.net import Net as Net
    from archcalc.reports.report import Report as Report

__version__ = "0.1.0"

_PUBLIC = {
    "check": "archcalc.checking.check", "compare": "archcalc.comparison.side_by_side",
    "diff": "archcalc.comparison.difference", "lint": "archcalc.linting.run",
    "from_torch": "archcalc.importing.torch.reading", "paths": "archcalc.api",
    "signal": "archcalc.api",
    "diagram": "archcalc.diagrams.diagram", "Diagram": "archcalc.diagrams.diagram",
    "audit": "archcalc.claims.audit", "load": "archcalc.api", "loads": "archcalc.api", "report": "archcalc.api",
    "export": "archcalc.exporting.export",
    "ArchcalcError": "archcalc.errors", "Net": "archcalc.net", "Report": "archcalc.reports.report",
}
__all__ = ["ArchcalcError", "Diagram", "Net", "Report", "audit", "check", "compare", "diagram", "diff", "export",
           "from_torch", "lint", "load", "loads", "paths", "report", "signal"]


def __getattr__(name: str) -> Any:
    """Public names load their module when first used (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'archcalc' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    if "archcalc.net" in sys.modules:
        sys.modules["archcalc.net"].Net.display = _diagram
    return value


def _diagram(net: Net) -> dict[str, str]:
    """A network in a notebook: its diagram."""
    return import_module("archcalc.diagrams.diagram").diagram(net)._repr_mimebundle_()  # type: ignore[no-any-return]


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
