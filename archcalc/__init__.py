"""archcalc: a static neural-network architecture analyzer.

>>> import archcalc
>>> archcalc.report("alexnet").totals.macs
724406816
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcalc.api import load as load
    from archcalc.api import loads as loads
    from archcalc.api import report as report
    from archcalc.errors import ArchcalcError as ArchcalcError
    from archcalc.net import Net as Net
    from archcalc.reports.report import Report as Report

__version__ = "0.1.0"

_PUBLIC = {
    "load": "archcalc.api", "loads": "archcalc.api", "report": "archcalc.api",
    "ArchcalcError": "archcalc.errors", "Net": "archcalc.net", "Report": "archcalc.reports.report",
}
__all__ = ["ArchcalcError", "Net", "Report", "load", "loads", "report"]


def __getattr__(name: str) -> Any:
    """Public names load their module when first used (PEP 562)."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'archcalc' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
