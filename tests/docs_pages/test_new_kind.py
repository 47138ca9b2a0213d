"""What contributing.md says of a new kind: a class is enough."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jsonschema
import pytest

import archcalc
from archcalc.layers.base import Layer
from archcalc.spec.reader import parse
from archcalc.spec.schema import report_schema, spec_schema
from tests.docs_pages.blocks import ROOT, blocks, run

SPEC = "input: [64]\nlayers:\n- gate: {highway: , repeat: 2, first: {gate_bias: false}}\n- {linear: 10}\n"
COUNT = 2 * 64 * 64


def load(path: Path) -> ModuleType:
    """The module of a file, which may be looked up by its name."""
    found = importlib.util.spec_from_file_location(path.stem, path)
    assert found is not None
    assert found.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def highway(tmp_path: Path) -> Iterator[Path]:
    """The page's file, imported; the kind is gone afterwards."""
    block = blocks(ROOT / "docs" / "contributing.md", "python")[0]
    path = tmp_path / block.name
    path.write_text(block.text, "utf-8")
    load(path)
    yield path
    del Layer.known["highway"], sys.modules["highway"]


@pytest.mark.usefixtures("highway")
def test_new_kind_works_in_a_spec_and_a_report() -> None:
    report = archcalc.report(archcalc.loads(SPEC))
    first, second, _ = report.rows
    assert (first.params, second.params) == (COUNT + 64, COUNT + 128)
    assert (first.macs, first.flops) == (COUNT, 2 * COUNT + 9 * 64)
    assert report.totals.params == 2 * COUNT + 192 + 650
    jsonschema.Draft7Validator(report_schema()).validate(json.loads(report.to_json()))
    assert "highway" in report.to_table()


@pytest.mark.usefixtures("highway")
def test_new_kind_has_messages() -> None:
    with pytest.raises(archcalc.ArchcalcError, match="unknown field 'gate_bais'; did you mean 'gate_bias'"):
        archcalc.loads(SPEC.replace("gate_bias", "gate_bais"))
    with pytest.raises(archcalc.ArchcalcError, match="'gate_bias': expected true or false, found 3"):
        archcalc.loads(SPEC.replace("false", "3"))
    with pytest.raises(archcalc.ArchcalcError, match="flatten it first"):
        archcalc.loads(SPEC.replace("64", "3, 8, 8"))


@pytest.mark.usefixtures("highway")
def test_new_kind_is_in_the_schema() -> None:
    schema = jsonschema.Draft7Validator(spec_schema())
    schema.validate(parse(SPEC, "spec").plain())
    wrong = parse(SPEC.replace("gate_bias", "gate_bais"), "spec").plain()
    assert "'gate_bais' was unexpected" in "".join(error.message for error in schema.iter_errors(wrong))


@pytest.mark.usefixtures("highway")
def test_new_kind_is_on_the_page_of_kinds() -> None:
    pages = load(ROOT / "docs" / "generate.py")
    page = pages.kinds_page()
    assert "## Highway layers\n\nGated layers.\n\n### highway\n\nA dense layer mixed with its input" in page
    assert "| `gate_bias` | true or false | `true` |" in page
    assert "| [`highway`](kinds.md#highway) | MACs are 2·C per element. 10 operations per element" in pages.operations()


def test_new_kind_in_the_folder_of_kinds_is_found(tmp_path: Path) -> None:
    block = blocks(ROOT / "docs" / "contributing.md", "python")[0]
    for name in ("archcalc", "specs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "archcalc" / "layers" / block.name).write_text(block.text, "utf-8")
    code, output = run(f"PYTHONPATH={tmp_path} archcalc list --kinds | grep '^highway '", tmp_path)
    assert (code, "A dense layer mixed" in output) == (0, True)


def test_kind_is_gone_afterwards() -> None:
    with pytest.raises(archcalc.ArchcalcError, match="unknown kind 'highway'"):
        archcalc.loads(SPEC)
