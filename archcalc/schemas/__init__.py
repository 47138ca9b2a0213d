"""JSON Schemas (draft 7) of the spec language and of what commands print with ``--format json``."""

from __future__ import annotations

from typing import Any

COMMANDS = {
    "report": "report", "memory": "report --memory", "order": "report --order", "placement": "report --placement",
    "region": "report --field-of", "explanation": "explain", "check": "check", "lint": "lint", "audit": "audit",
    "diff": "diff", "comparison": "compare", "paths": "paths", "signal": "signal", "deconvnet": "deconvnet",
    "verification": "verify", "list": "list",
}
"""The schemas of commands by name, and the command of each."""
NAMES = ("spec", *COMMANDS)


def schema(name: str) -> dict[str, Any]:
    """The schema of a name; that of a command is of the JSON that it prints. Raises `UsageError` for another name.

    The ``schema`` key of a JSON text names its schema and version: ``report/1``. Later versions add keys at most,
    until the number changes.

    >>> schema("paths")["$id"]
    'urn:archcalc:paths/1'
    """
    from archcalc.errors import UsageError
    from archcalc.schemas.analyses import ANALYSES
    from archcalc.schemas.results import RESULTS
    from archcalc.spec.schema import report_schema, spec_schema
    from archcalc.spec.schema_parts import DRAFT
    from archcalc.words import listed, suggest

    if name not in NAMES:
        known = suggest(name, NAMES) or f"; there are {listed(NAMES, 20)}"
        raise UsageError(f"there is no schema '{name[:80]}'{known}")
    if name in ("spec", "report"):
        return spec_schema() if name == "spec" else report_schema()
    body = (ANALYSES | RESULTS)[name]
    return {"$schema": DRAFT, "$id": f"urn:archcalc:{name}/1", "title": f"archcalc {COMMANDS[name]}", **body}
