"""Any claim that can be written gets a verdict in 80 columns, or an error with its place."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.claims.conventions import CONVENTIONS
from archcalc.claims.result import Audit
from archcalc.claims.verdict import VERDICTS
from archcalc.errors import ArchcalcError
from archcalc.reports.table import cells
from archcalc.spec.claim import QUANTITIES, WHOLE
from tests.audit.test_quantities import SPEC

FIGURES = ["0", "1", "60M", "7K", "1.5", "<= 5", "~ 5", "12x fewer", "18%", "5 more", "most", "2 MiB", "word", "1e30"]
VALUES = {
    "figure": st.sampled_from(FIGURES),
    "sizes": st.sampled_from(["[1, 2]", "[8, 16, 16]", "[8]", "[]"]),
    "per axis": st.sampled_from(["5", "[3, 1]", "[1, 1]"]),
    "words": st.sampled_from(["pool", "[fc, block]"]),
    "settings": st.sampled_from(["{kernel: 3}", "{stride: [1, 1]}", "{bias: true, groups: 2}", "{a: b}"]),
    "arithmetic": st.sampled_from(FIGURES),
}
PARTS = st.sampled_from(["stem", "block", "block.1", "block.*", "*", "conv", "linear", "fc", "input", "aux", "pool",
                         "stem + fc", "stem.relu", "norm", "nothing"])
EXPRESSIONS = st.sampled_from(["1 + 1", "n * wide", "image / 0", "other", "n > 1", "1 / 3"])
KEYS = {
    "with": st.sampled_from(["{n: 1}", "{n: 0}", "{wide: 7}", "{image: 3}", "{block: null}", "{stem: {kernel: 1}}",
                             "{pool: {ceil: true}}", "{}", "{wide: x}", "{flatten: relu}"]),
    "mode": st.sampled_from(["train", "eval"]),
    "to": st.sampled_from(["spec.yaml", "alexnet", "resnet20"]),
    "spec": st.sampled_from(["spec.yaml", "alexnet"]),
    "share": st.just("true"),
    "under": st.sampled_from([*CONVENTIONS, "[macs, no-biases]", "[ceil, floor]"]),
    "source": st.sampled_from("ab"),
}


@st.composite
def claims(draw: st.DrawFn) -> str:
    quantity = draw(st.sampled_from(list(QUANTITIES)))
    form = QUANTITIES[quantity]
    value = draw(VALUES[form])
    if form == "arithmetic":
        value = f"{{{draw(EXPRESSIONS)}: {value}}}"
    elif form == "settings" or (quantity not in WHOLE and draw(st.booleans())):
        value = f'{{"{draw(PARTS)}": {value}}}'
    keys = draw(st.lists(st.sampled_from(list(KEYS)), max_size=3, unique=True))
    return f"- {{{', '.join([f'{quantity}: {value}', *(f'{key}: {draw(KEYS[key])}' for key in keys)])}}}\n"


def tried(path: Path) -> tuple[Audit | None, str]:
    """The audit, or the message."""
    try:
        return archcalc.audit(path), ""
    except ArchcalcError as error:
        return None, str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(claims(), min_size=1, max_size=3))
def test_any_claim(tmp_path: Path, entries: list[str]) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC + "".join(entries), "utf-8")
    audit, mistake = tried(path)
    if audit is None:
        assert "spec.yaml:" in mistake, "the place of the mistake"
        return
    assert all(verdict.verdict in VERDICTS for verdict in audit.verdicts)
    assert max(map(cells, audit.to_table().splitlines())) <= 80
    assert len(json.loads(audit.to_json())["verdicts"]) == len(audit.verdicts)
    assert audit.to_markdown().count("\n|") >= len(audit.verdicts)
