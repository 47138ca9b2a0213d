"""Every example of README.md and docs/ is run."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import jsonschema
import pytest

import archcalc
from archcalc.spec.reader import parse
from archcalc.spec.schema import spec_schema
from tests.docs_pages.blocks import PAGES, ROOT, Command, agrees, blocks, commands, run, save_files

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
SESSIONS = [(page, block) for page in PAGES for block in blocks(page, "console")]
FILES = [(page, block) for page in PAGES for block in blocks(page, "yaml")]
SPECS = [pair for pair in FILES if not pair[1].name.startswith(("wrong", "."))]


@cache
def schema() -> jsonschema.Draft7Validator:
    """The schema of specs, made once: that takes longer than to look at a spec."""
    return jsonschema.Draft7Validator(spec_schema())


@pytest.mark.parametrize("quick", [True, pytest.param(False, marks=pytest.mark.zoo)])
def test_generated_pages_are_current(quick: bool) -> None:
    arguments = ["--check", *(["--quick"] if quick else [])]
    done = subprocess.run([sys.executable, "docs/generate.py", *arguments], cwd=ROOT, capture_output=True, check=False,
                          encoding="utf-8")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(("page", "block"), SESSIONS, ids=lambda x: x.stem if isinstance(x, Path) else str(x.line))
def test_session(page: Path, block: object, tmp_path: Path) -> None:
    save_files(page, tmp_path)
    for command in commands(block.text):  # type: ignore[attr-defined]
        code, output = run(command.text, tmp_path)
        assert output == command.shown or agrees(output, command.shown), f"$ {command.text}\n{output}"
        assert (code != 0) == command.shown.startswith("Error: "), f"exit code {code}"


@pytest.mark.parametrize(("page", "block"), SPECS, ids=lambda x: x.stem if isinstance(x, Path) else x.name)
def test_spec_loads_and_agrees_with_the_schema(page: Path, block: object, tmp_path: Path) -> None:
    save_files(page, tmp_path)
    name, text = block.name, block.text  # type: ignore[attr-defined]
    data = parse(text, name).plain()
    schema().validate(data)
    if "audit" in data:
        assert archcalc.audit(tmp_path / name).verdicts
        return
    for variant in [f"#{variant}" for variant in data.get("variants", ())] or [""]:
        assert archcalc.report(str(tmp_path / name) + variant).totals.layers
        assert archcalc.load(str(tmp_path / name) + variant, mode="train").layers


@each_page
def test_python_examples(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_files(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    text = "\n".join("\n" * block.line + block.text for block in blocks(page, "python") if ">>>" in block.text)
    test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    log: list[str] = []
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=log.append).failed == 0, "".join(log)


@each_page
def test_page_shows_nothing_that_is_not_run(page: Path) -> None:
    names = [block.name for block in blocks(page, "yaml")]
    assert all(names), "a yaml block needs a file name: ```yaml net.yaml"
    assert len(set(names)) == len(names)
    shell = blocks(page, "sh", "bash", "shell")
    assert not shell or page.stem in ("README", "contributing"), "a shell block is a console session, with its output"


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), f"{target}: no such file"
        assert not anchor or anchor in anchors(other), f"{target}: no such heading"


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_session_is_compared() -> None:
    block = blocks(ROOT / "docs" / "conventions.md", "console")[0]
    first = next(commands(block.text))
    assert first.text.startswith("archcalc report alexnet")
    assert agrees("a\nb\nc\n", "a\n...\nc\n")
    assert agrees("a\nb\nc\n", "...\nc\n")
    assert not agrees("a\nb\nc\n", "a\n...\nd\n")
    assert not agrees(first.shown.replace("34944", "34945"), Command(*first).shown)
