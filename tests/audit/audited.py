"""Audits of the zoo, each done once for all tests."""

from __future__ import annotations

from functools import cache

import archcalc
from archcalc.claims.result import Audit


@cache
def audited(spec: str) -> Audit:
    return archcalc.audit(spec)
