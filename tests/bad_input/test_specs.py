"""Every malformed spec of the tables: its whole message, with place, layer, source line and caret."""

from pathlib import Path

import pytest

from archcalc.api import load
from archcalc.errors import ArchcalcError
from tests.bad_input import specs_blocks, specs_items, specs_references, specs_sections, specs_text, specs_values

TABLES = (specs_text, specs_items, specs_references, specs_blocks, specs_values, specs_sections)
SPECS = {title: row for table in TABLES for title, row in table.SPECS.items()}


@pytest.mark.parametrize(("text", "message"), SPECS.values(), ids=list(SPECS))
def test_message(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spec.yaml").write_text(text, "utf-8")
    with pytest.raises(ArchcalcError) as error:
        load("spec.yaml")
    assert str(error.value) == message
    assert error.value.exit_code == 2


def test_titles_are_unique() -> None:
    assert len(SPECS) == sum(len(table.SPECS) for table in TABLES)
