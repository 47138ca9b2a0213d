"""How long do audits take, and how much of it is the search for conventions?

    python tests/benchmarks/audit.py

Best of five, in seconds: each of the papers' specs, with the numbers of networks built and of readings of
claims; then GoogLeNet's table 1 alone; then a claim that nothing explains, on ever deeper networks.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from growth import best

import archcalc
from archcalc.claims.audit import references
from archcalc.claims.search import Case
from archcalc.claims.subject import Networks

UNEXPLAINED = "name: {0}\nextends: {0}\nclaims: [{{source: nowhere, params: 12345678901, flops: 12345678901}}]\n"


class Counted:
    """How often a method runs while another function does."""

    def __init__(self, owner: type, name: str) -> None:
        self.owner, self.name, self.calls = owner, name, 0
        self.method = getattr(owner, name)

    def __enter__(self) -> Counted:
        def run(*arguments: object) -> object:
            self.calls += 1
            return self.method(*arguments)
        setattr(self.owner, self.name, run)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(self.owner, self.name, self.method)


def line(spec: str, shown: str) -> str:
    """A row: seconds, claims, networks and readings."""
    seconds = best(5, lambda: archcalc.audit(spec))
    with Counted(Networks, "_build") as networks, Counted(Case, "read") as readings:
        found = archcalc.audit(spec)
    return f"{shown:<40}{seconds:>8.3f} s{len(found.verdicts):>8}{networks.calls:>10}{readings.calls:>10}"


def main() -> None:
    print(f"{'':<40}{'':>10}{'claims':>8}{'networks':>10}{'readings':>10}")
    for spec in references():
        print(line(spec, spec))
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "table.yaml")
        text = (Path(archcalc.__file__).parent.parent / "specs" / "googlenet.yaml").read_text("utf-8")
        table.write_text(text.split("  - source: table 1, the sum")[0], "utf-8")
        print(line(str(table), "googlenet, table 1 alone"))
        for spec in ("resnet50", "resnet152", "resnet1202"):
            path = Path(folder, "deep.yaml")
            path.write_text(UNEXPLAINED.format(spec), "utf-8")
            print(line(str(path), f"{spec}, two figures that nothing explains"))


if __name__ == "__main__":
    main()
