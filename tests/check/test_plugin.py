"""The pytest plugin: specs as tests, the fixture, and nothing loaded where neither is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NET = "input: [3, 32, 32]\nlayers:\n- conv: {conv: 8, kernel: 3}\n"
PLUGIN = "archcalc.integrations.pytest_plugin"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "good.yaml").write_text(NET + "budget: {params: 224}\n")
    (tmp_path / "nets" / "bad.yaml").write_text(NET + "budget: {params: 200}\n")
    (tmp_path / "nets" / "wrong.yaml").write_text(NET.replace("kernel", "kernal"))
    (tmp_path / "nets" / "family.yaml").write_text(
        "parameters: {w: 8}\ninput: [3]\nlayers: [{linear: w}]\n"
        "variants: {small: {w: 4}, large: {w: 16, budget: {params: 9}}}\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_own.py").write_text("def test_own():\n    pass\n")
    return tmp_path


def run(project: Path, ini: str, *arguments: str) -> tuple[int, str]:
    (project / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n" + ini)
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-rA", "-v", "--color=no", *arguments],
        cwd=project, env={**env, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_listed_specs_are_tests(project: Path) -> None:
    code, text = run(project, "archcalc_specs =\n    nets/*.yaml\n    alexnet\n    alexnt\n")
    assert code == 1
    assert "nets/good.yaml::archcalc PASSED" in text
    assert "::archcalc[alexnet] PASSED" in text
    assert "nets/bad.yaml::archcalc FAILED" in text
    assert "nets/family.yaml::archcalc[small] PASSED" in text
    assert "nets/family.yaml::archcalc[large] FAILED" in text
    assert "tests/test_own.py::test_own PASSED" in text
    # the message of the check, and that of a mistake, without a traceback
    assert "BROKEN  budget, params  nets/bad.yaml:4:18\n        224 parameters, at most 200 allowed (112.0%)" in text
    assert "nets/wrong.yaml:3:19: conv: unknown field 'kernal'; did you mean 'kernel'?" in text
    assert "no file and no network in the zoo is called 'alexnt'; did you mean 'alexnet'?" in text
    assert "Traceback" not in text
    assert "FAILED nets/bad.yaml::archcalc - bad is broken" in text
    assert "4 failed, 4 passed" in text


def test_choosing_among_them(project: Path) -> None:
    ini = "archcalc_specs = nets/*.yaml\n"
    code, text = run(project, ini, "tests/test_own.py")
    assert (code, "1 passed" in text, "nets" in text) == (0, True, False)
    code, text = run(project, ini, "nets/good.yaml")
    assert (code, "1 passed" in text) == (0, True)
    code, text = run(project, ini, "-k", "small")
    assert (code, "1 passed" in text) == (0, True)


def test_lint_can_be_turned_off(project: Path) -> None:
    (project / "nets" / "good.yaml").write_text(NET + "- batchnorm\n")
    ini = "archcalc_specs = nets/good.yaml\n"
    assert "AC201 conv" in run(project, ini)[1]
    assert run(project, ini + "archcalc_lint = false\n")[0] == 0


def test_fixture(project: Path) -> None:
    (project / "tests" / "test_own.py").write_text(
        "def test_good(archcalc):\n"
        "    found = archcalc.check('nets/good.yaml', macs='200K')\n"
        "    assert found.holds and archcalc.report('alexnet').totals.params == 60_965_224\n"
        "def test_bad(archcalc):\n"
        "    archcalc.check('nets/good.yaml', params=100)\n"
        "def test_other(archcalc):\n"
        "    archcalc.check('nets/family.yaml', parameters={'w': 2}, params=8)\n")
    code, text = run(project, "")
    assert code == 1
    assert "1 failed, 2 passed" in text
    assert "224 parameters, at most 100 allowed (224.0%)" in text
    assert "Traceback" not in text


def test_nothing_is_loaded_where_it_is_not_used(project: Path) -> None:
    (project / "tests" / "test_own.py").write_text(
        "import sys\ndef test_own():\n"
        "    assert 'archcalc.integrations.pytest_plugin' in sys.modules\n"
        "    assert not {'pydantic', 'yaml', 'click', 'archcalc.api', 'archcalc.layers.base'} & set(sys.modules)\n")
    assert run(project, "")[0] == 0
    # and the check can fail
    code, text = run(project, "archcalc_specs = nets/good.yaml\n")
    assert code == 1
    assert "1 failed, 1 passed" in text
