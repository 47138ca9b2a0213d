"""Every quantity that a claim can be about, by name; `archcalc.spec.claim.QUANTITIES` says how each is written."""

from __future__ import annotations

from archcalc.claims.counts import COUNTS
from archcalc.claims.quantity import Quantity
from archcalc.claims.structure import STRUCTURE

QUANTITIES: dict[str, Quantity] = {**COUNTS, **STRUCTURE}
