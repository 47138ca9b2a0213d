"""Specs of a git revision: which file and version, what they extend, and what is said where there is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import archcalc
from archcalc.comparison import diff
from archcalc.errors import ArchcalcError, Unavailable

BASE = ("parameters: {w: 8}\ninput: [3, 32, 32]\nlayers:\n- a: {conv: w, kernel: 3}\n- b: relu\n"
        "variants: {wide: {w: 16}}\n")
NET = "extends: base.yaml\nname: Net\noverride: {a: {kernel: 5}}\n"


def git(*arguments: str) -> None:
    subprocess.run(["git", "-c", "user.email=a@example.org", "-c", "user.name=A", *arguments], check=True,
                   capture_output=True)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose files have changed since the last commit."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    monkeypatch.chdir(top)
    git("init", "-q")
    Path("sub/base.yaml").write_text(BASE)
    Path("sub/net.yaml").write_text(NET)
    git("add", ".")
    git("commit", "-qm", "first")
    Path("sub/base.yaml").write_text(BASE.replace("w: 8", "w: 12"))
    Path("sub/net.yaml").write_text(NET.replace("kernel: 5", "kernel: 7"))
    return top


def params(reference: str) -> int:
    return archcalc.report(reference).totals.params


def test_file_and_what_it_extends_are_of_the_revision() -> None:
    assert params("HEAD:sub/net.yaml") == 5 * 5 * 3 * 8 + 8
    assert params("sub/net.yaml") == 7 * 7 * 3 * 12 + 12
    assert params("HEAD:sub/base.yaml#wide") == 3 * 3 * 3 * 16 + 16


def test_difference_of_two_versions() -> None:
    found = diff(archcalc.load("HEAD:sub/net.yaml"), archcalc.load("sub/net.yaml"))
    [pair] = [pair for pair in found.pairs if pair.changes]
    assert set(pair.changes) == {"kernel 5 -> 7", "filters 8 -> 12"}
    assert pair.params == 7 * 7 * 3 * 12 + 12 - (5 * 5 * 3 * 8 + 8)
    assert found.a.spec == "HEAD:net"


def test_staged_version() -> None:
    Path("sub/base.yaml").write_text(BASE.replace("w: 8", "w: 10"))
    git("add", ".")
    Path("sub/base.yaml").write_text(BASE)
    assert params(":sub/base.yaml") == 3 * 3 * 3 * 10 + 10


def test_paths_are_of_the_top_and_then_of_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("sub")
    assert params("HEAD:sub/base.yaml") == params("HEAD:base.yaml") == 3 * 3 * 3 * 8 + 8


def test_file_deleted_since(repository: Path) -> None:
    (repository / "sub" / "base.yaml").unlink()
    assert params("HEAD:sub/net.yaml") == 5 * 5 * 3 * 8 + 8


def test_existing_file_with_a_colon_comes_first() -> None:
    Path("HEAD:x.yaml").write_text("input: [3]\nlayers: [{linear: 2}]\n")
    assert params("HEAD:x.yaml") == 3 * 2 + 2


def test_zoo_names_still_are() -> None:
    Path("sub/own.yaml").write_text("extends: alexnet\nname: Own\n")
    git("add", ".")
    git("commit", "-qm", "second")
    assert params("HEAD:sub/own.yaml") == 60_965_224


MESSAGES = {
    "HEAD:sub/bas.yaml": "'sub/bas.yaml' is no file in revision 'HEAD' of git",
    ":sub/bas.yaml": "'sub/bas.yaml' is no file in the index of git",
    "HEAD:sub": "HEAD:sub: is a directory; name the spec file in it",
    "HEAD:": "'' is no file in revision 'HEAD' of git",
    "HAED:sub/base.yaml": "no such file: 'HAED:sub/base.yaml', and git has no revision 'HAED'",
    "--help:sub/base.yaml": "no such file: '--help:sub/base.yaml', and git has no revision '--help'",
    "HEAD:sub/base.yaml#wid": "HEAD:sub/base.yaml has no variant 'wid'; did you mean 'wide'?",
    "HEAD:../sub/base.yaml": "'../sub/base.yaml' is no file in revision 'HEAD' of git",
}


@pytest.mark.parametrize("reference", MESSAGES)
def test_message(reference: str) -> None:
    with pytest.raises(ArchcalcError) as error:
        archcalc.load(reference)
    assert str(error.value).startswith(MESSAGES[reference])
    assert error.value.exit_code == 2


def test_mistake_in_an_old_version_is_shown_in_it() -> None:
    Path("sub/net.yaml").write_text(NET.replace("kernel", "kernal"))
    git("commit", "-qam", "wrong")
    Path("sub/net.yaml").write_text(NET)
    with pytest.raises(ArchcalcError, match=r"^HEAD:sub/net.yaml:3:16: a: unknown field 'kernal'"):
        archcalc.load("HEAD:sub/net.yaml")


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArchcalcError, match="REV:PATH names a file of a git repository, and there is none here"):
        archcalc.load("HEAD:net.yaml")


def test_no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Unavailable, match="needs git") as error:
        archcalc.load("HEAD:sub/net.yaml")
    assert error.value.exit_code == 3
