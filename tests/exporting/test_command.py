"""`archcalc export`: files, formats and exit codes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcalc.cli import cli

GOOD = "input: [4]\nlayers: [{linear: 2}]\n"
BAD = "input: [4]\nlayers: [{opaque: [4]}]\n"


def _run(*args: str) -> Result:
    return CliRunner().invoke(cli, ["export", *args])


def _text(result: Result) -> str:
    return result.output + str(result.exception or "")


def _spec(folder: Path, text: str) -> str:
    path = folder / "net.yaml"
    path.write_text(text)
    return str(path)


def test_source_goes_to_standard_output(tmp_path: Path) -> None:
    result = _run(_spec(tmp_path, GOOD))
    assert result.exit_code == 0
    assert "nn.Linear(4, 2)" in result.output


def test_the_suffix_tells_the_format(tmp_path: Path) -> None:
    assert _run(_spec(tmp_path, GOOD), "-o", str(tmp_path / "net.py")).exit_code == 0
    assert "nn.Linear(4, 2)" in (tmp_path / "net.py").read_text()
    result = _run(_spec(tmp_path, GOOD), "-o", str(tmp_path / "net.txt"))
    assert "the format cannot be told from the suffix '.txt'; use .py or .onnx, or --to" in _text(result)


def test_parameters_and_modes_are_those_of_the_options() -> None:
    assert "nn.Linear(4096, 10)" in _run("alexnet", "--set", "classes=10").output
    assert "Dropout" not in _run("alexnet").output
    assert "self.drop6 = nn.Dropout(0.5)" in _run("alexnet", "--mode", "train").output


def test_nothing_is_written_where_a_kind_has_no_equivalent(tmp_path: Path) -> None:
    out = tmp_path / "net.py"
    out.write_text("kept")
    result = _run(_spec(tmp_path, BAD), "-o", str(out))
    assert result.exit_code != 0
    assert "net.yaml:2:" in _text(result)
    assert "'opaque' cannot be exported" in _text(result)
    assert out.read_text() == "kept"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net.py", "net.yaml"]


def test_onnx_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    result = _run(_spec(tmp_path, GOOD), "-o", str(tmp_path / "net.onnx"))
    assert getattr(result.exception, "exit_code", None) == 3
    assert "pip install 'archcalc[onnx]'" in _text(result)
    assert not (tmp_path / "net.onnx").exists()
