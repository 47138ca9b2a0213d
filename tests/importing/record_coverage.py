"""Measures import over all of `networks` into tests/facts/import_coverage.json.

`python -m tests.importing.record_coverage` goes on network by network: what is there is left. Words behind the command
are parts of families and names: only those are measured, and measured again. `--wrong` measures again what failed or
differs.
Needs torch, torchvision and timm.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.importing import networks
from tests.importing.coverage import EQUAL, LARGEST, MOST, NOT_RUN, covered

FACTS = Path(__file__).resolve().parent.parent / "facts" / "import_coverage.json"


def main(words: list[str]) -> None:
    """Measure what is missing, or what the words ask for: first without outputs, then these, from small to large."""
    asked, wrong = [word for word in words if not word.startswith("--")], "--wrong" in words
    for values in (False, True):
        found = read()
        rows = [(found.get(family, {}).get(name), family, name)
                for family, names in networks.families().items() for name in names
                if not asked or any(word in f"{family} {name}" for word in asked)]
        for row, family, name in sorted(rows, key=lambda r: (r[0] or {}).get("macs", 0) if values else 0):
            due = row is not None and row.get("checks", {}).get("outputs") == NOT_RUN if values else \
                row is None or (bool(failures(row)) if wrong else bool(asked))
            if due:
                row = measured(networks.key(family, name), values)
                print(f"{family}: {name}: {said(row)}", flush=True)
                save(family, name, row)


def read() -> dict[str, dict[str, Any]]:
    """Rows by family and name."""
    found: dict[str, dict[str, Any]] = json.loads(FACTS.read_text("utf-8"))["families"] if FACTS.is_file() else {}
    return found


def measured(key: str, values: bool) -> dict[str, Any]:
    """A row of the facts: what was measured, or why the network is not imported."""
    try:
        return covered(key, values)._asdict()
    except Exception as error:
        return {"error": " ".join(f"{type(error).__name__}: {error}".split())[:300]}


def said(row: dict[str, Any]) -> str:
    """A row in a few words."""
    if "error" in row:
        return str(row["error"])
    skipped = [why for why in row["checks"].values() if why.startswith(NOT_RUN)]
    return f"{row['lines']} lines, {row['opaque']} opaque; {'; '.join([*failures(row), *skipped]) or 'all equal'}"


def failures(row: dict[str, Any]) -> list[str]:
    """What differs, in words: nothing where all that was run is equal."""
    if "error" in row:
        return [row["error"]]
    return [f"{check}: {found}" for check, found in row["checks"].items()
            if found != EQUAL and not found.startswith(NOT_RUN)]


def save(family: str, name: str, row: dict[str, Any]) -> None:
    """Add a row to the file, which another process may write too: one network a line, in the order of the families."""
    with open(Path(tempfile.gettempdir()) / f"{FACTS.name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = read()
        found.setdefault(family, {})[name] = row
        fresh = FACTS.with_suffix(".part")
        fresh.write_text(_text(found), "utf-8")
        os.replace(fresh, FACTS)


def _text(found: dict[str, dict[str, Any]]) -> str:
    families = {family: {n: found[family][n] for n in names if n in found[family]}
                for family, names in networks.families().items() if family in found}
    parts = [f"{_json(family)}: {{\n" + ",\n".join(f"{_json(n)}: {_json(row)}" for n, row in rows.items()) + "\n}"
             for family, rows in families.items()]
    versions = {name: version(name).partition("+")[0] for name in ("torch", "torchvision", "timm")}
    head = f'"versions": {_json(versions)},\n"outputs": {_json({"MACs": LARGEST, "parameters": MOST})}'
    return f'{{\n{head},\n"families": {{\n' + ",\n".join(parts) + "\n}\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    warnings.simplefilter("ignore")     # of timm, on what its names mean by now
    main(sys.argv[1:])
