"""Names with the separators of every format: text stays text, and each row has its cells."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archcalc.cli import cli

LAYER = "a|b, \"c\" 'd' <script>x</script> `k` \\ _u_ ~s~ [l](m) &amp;"
"""No name of a layer holds a control character: those are refused."""
TITLE = "N|t, \"q\" <script>y</script>\n\x1b[31m\t| x"
FILE = "f|g,\"h\" <i>.yaml"
SPEC = {
    "name": TITLE, "paper": {"authors": ["A|<b>"], "title": "P\n|<b>", "year": 2020}, "input": [4, 8, 8],
    "layers": [{"stem": {"conv": 4}}, {LAYER: {"conv": 4, "kernel": 3, "then": "relu"}},
               {"pool": {"global_avgpool": None}}, "flatten", {"=1+1": {"linear": 3}}],
    "claims": [{"params": 100, "source": "t|<b>\nnext", "note": "n|<b>\n\x1b[31m"}],
    "budget": {"params": 1},
}
# A budget of 1 parameter is broken, and two convolutions with nothing between them are a warning: check and lint end
# with 1.
COMMANDS = {
    "report": "table md csv json html", "report --memory": "table json", "explain": "table md json",
    "audit": "table md json github", "lint": "table md json github", "check": "table md json github",
    "compare lenet5": "table md csv json", "diff lenet5": "table md json", "signal": "table md csv json",
    "paths": "table md csv json", "diagram": "svg dot mmd",
}
OWN = {"html": "\t", "dot": "\t\xa0", "mmd": "\xa0", "svg": "\xa0"}
"""What a format is written with that is no printable character."""
CASES = [(command, form) for command, forms in COMMANDS.items() for form in forms.split()]
RAW = re.compile(r"<script>[xy]|\|<b>|<i>\.yaml")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path(FILE).write_text(json.dumps(SPEC), "utf-8")     # JSON is YAML
    return tmp_path


def output(command: str, form: str) -> str:
    word, *rest = command.split()
    done = CliRunner().invoke(cli, [word, FILE, *rest, "--format", form])
    assert done.exit_code == (word in ("check", "lint")), done.output
    return done.stdout


@pytest.mark.parametrize(("command", "form"), CASES)
def test_text_stays_text(here: Path, command: str, form: str) -> None:
    text = output(command, form)
    assert text
    assert {c for c in text if not c.isprintable()} <= {"\n", *OWN.get(form, "")}
    if form == "md":
        markdown(text)
    elif form in ("html", "svg"):
        assert not RAW.search(text)
    elif form == "csv":
        header, *rows = csv.reader(text.splitlines(keepends=True))
        assert rows
        assert {len(row) for row in rows} == {len(header)}
    elif form == "json":
        assert any(LAYER in s for s in strings(json.loads(text))) or command in ("check", "compare lenet5", "paths")
    elif form == "github":
        assert all(line.startswith("::") for line in text.splitlines())


def markdown(text: str) -> None:
    """Whatever could be markup is escaped, and the rows of a table have as many cells as its head."""
    assert not RAW.search(text)
    assert "[l](" not in text
    width = 0
    for line in text.splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert cells in (0, width) or not width, line
        width = cells


def strings(value: Any) -> set[str]:
    """Every string in a JSON value."""
    if isinstance(value, dict):
        return {*value, *(s for v in value.values() for s in strings(v))}
    return {s for v in value for s in strings(v)} if isinstance(value, list) else {str(value)}


def test_csv_reads_back_as_it_was(here: Path) -> None:
    names = [row[0] for row in csv.reader(output("report", "csv").splitlines(keepends=True))]
    assert names == ["name", "stem", LAYER, f"{LAYER}.relu", "pool", "flatten", "=1+1"]


def test_control_characters_name_no_layer(here: Path) -> None:
    Path(FILE).write_text(json.dumps({"input": [3], "layers": [{"a\x1bb": "relu"}]}), "utf-8")
    done = CliRunner().invoke(cli, ["report", FILE])
    assert "cannot name a layer" in str(done.exception)
