"""The page of lint rules: what each finds and why, an example with what lint prints, and a better spec."""

from __future__ import annotations

import textwrap
from pathlib import Path

import archcalc
from archcalc.linting import Rule, all_rules, lint
from archcalc.linting.text import table

NOTE = "<!-- Written by docs/_pages/lint.py; edit the rules in archcalc/linting instead. -->\n"

GROUPS = {"AC1": "Windows", "AC2": "Normalization and activations", "AC3": "Structure", "AC4": "Cost",
          "AC5": "Signal"}

INTRO = """\
`archcalc lint SPEC` finds what a network does in vain, or other than was probably meant. A *warning* is work or
weights that do nothing, or a likely mistake; `archcalc lint` and `archcalc check` exit with 1 for it. A *note* is
a choice worth knowing of: many published networks have some, with good reasons.

`--select` and `--ignore` take codes or how they begin: `--select AC1,AC201`. In a spec, a comment leaves out what is
found at its line, or at the next line if it stands alone; `ignore-file` does so for the whole file, and without
codes all rules are meant:

```yaml ignored.yaml
# archcalc: ignore-file[AC402]
input: [3, 32, 32]
layers:
- conv: {conv: 8, kernel: 3}   # archcalc: ignore[AC201] the bias stays for old checkpoints
- norm: batchnorm
- act: relu
# archcalc: ignore[AC101]
- pool: {maxpool: 3, stride: 2, ceil: false}
- flatten
- fc: {linear: 10}
```

```console
$ archcalc lint ignored.yaml
ignored.yaml: no findings
```

No rule knows a kind of layer by name: they read what [layers say of themselves](contributing.md), windows, sights,
parameters and families, and hold for kinds of your own too.
"""


def pages(root: Path) -> dict[Path, str]:
    """The page and its text."""
    rules = all_rules()
    lines = [NOTE, "# Lint rules\n", INTRO, "| rule | severity | finds |", "|:--|:--|:--|"]
    lines += [f"| [{code}](#{_anchor(rule)}) | {rule.severity} | {rule.title} |" for code, rule in rules.items()]
    for prefix, title in GROUPS.items():
        lines += ["", f"## {title}"]
        lines += [_entry(rule) for code, rule in rules.items() if code.startswith(prefix)]
    return {root / "docs" / "lint.md": "\n".join(lines) + "\n"}


def _anchor(rule: Rule) -> str:
    return f"{rule.code} {rule.title}".lower().replace(" ", "-")


def _entry(rule: Rule) -> str:
    name = rule.code.lower()
    found = lint(archcalc.loads(rule.example, name=f"{name}.yaml"), select=[rule.code])
    return "\n".join([
        f"\n### {rule.code} {rule.title}\n", f"*{rule.severity.capitalize()}.* {rule.text}", "",
        f"```yaml {name}.yaml", rule.example + "```", "",
        "```text", table({f"{name}.yaml": found}).rpartition("\n\n")[0], "```", "",
        "Better:", "", f"```yaml {name}-better.yaml", rule.better + "```", "",
        textwrap.fill(f"Source: {rule.source}.", 118),
    ])
