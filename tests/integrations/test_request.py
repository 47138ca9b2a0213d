"""Options of directives and fences, references, and the files that a page depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from archcalc import zoo
from archcalc.errors import ArchcalcError
from archcalc.integrations import content
from archcalc.integrations.request import OPTIONS, Place, Request, request, said
from archcalc.integrations.sources import files_of, sources

BASE = "parameters: {n: 8}\ninput: [3, 32, 32]\nlayers: [{conv: n, kernel: 3}]\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A page in a folder with specs: a.yaml extends base/b.yaml."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "b.yaml").write_text(BASE, "utf-8")
    (tmp_path / "a.yaml").write_text("extends: base/b.yaml\nparameters: {n: 16}\n", "utf-8")
    return Place(tmp_path / "page.md", 10, tmp_path)


def asked(place: Place, content: str, *references: str, text: str = "", **options: str) -> Request:
    return request(content, references, text, {k.replace("_", "-"): v for k, v in options.items()}, place)


def made_of(what: str, references: tuple[str, ...], options: dict[str, str], place: Place) -> object:
    found = request(what, references, "", options, place)
    return content.diagram(found) if what == "diagram" else content.markdown(found)


def test_report_options(place: Place) -> None:
    text = content.markdown(asked(place, "report", "a.yaml", set="n=4", columns="output, params", batch="2"))
    assert "batch 2" in text
    assert f"| conv | 4×30×30 | {4 * 28} |" in text


def test_settings_may_be_several_and_lists(place: Place) -> None:
    found = asked(place, "report", "alexnet", set="image=224, classes=10\ngpus=1").options["parameters"]
    assert found == {"image": 224, "classes": 10, "gpus": 1}
    assert asked(place, "report", "alexnet", set="a=[1, 2], b=3").options["parameters"] == {"a": (1, 2), "b": 3}


def test_explanation_of_layers_and_quantities(place: Place) -> None:
    text = content.markdown(asked(place, "explain", "alexnet", layers="conv1", what="params"))
    assert f"| params | 11 × 11 × 3 × 48 × 2 groups | = {96 * 363:,} weights (+ 96 biases) |" in text
    assert "MACs" not in text


def test_comparison_of_an_inline_spec_and_another(place: Place) -> None:
    text = content.markdown(asked(place, "compare", "a.yaml", text=BASE))
    assert text.startswith("| | net | a |")
    assert f"**{8 * 28}** | {16 * 28} (2.00×) |" in text


def test_audit_of_an_inline_spec(place: Place) -> None:
    text = content.markdown(asked(place, "audit", text=BASE + "claims: [{source: here, params: 224}]\n"))
    assert "1 claim" in text
    assert "| agrees |" in text


def test_inline_spec_extends_a_file_beside_the_page(place: Place) -> None:
    text = content.markdown(asked(place, "report", text="extends: a.yaml\n", columns="params"))
    assert f"| conv | {16 * 28} |" in text


def test_diagram_options_reach_the_diagram(place: Place) -> None:
    made = content.diagram(asked(place, "diagram", "vgg16", form="volume", heat="macs", transparent="", no_legend="",
                                 expand="a b", max_nodes="20"))
    chosen = made.options
    assert (chosen.form, chosen.heat, chosen.paper, chosen.legend) == ("volume", "macs", False, False)
    assert (chosen.expand, chosen.max_nodes) == (("a", "b"), 20)


def test_every_option_of_a_diagram_is_one_of_the_library() -> None:
    from archcalc.diagrams.options import Options

    fields = {option.field for option in OPTIONS["diagram"].values()} - {"parameters", "mode", "against"}
    assert fields == set(Options._fields)


@pytest.mark.parametrize(("what", "references", "options", "message"), [
    ("report", ("alexnet",), {"depth": "0"}, "'depth' takes a positive whole number, found '0'"),
    ("report", ("alexnet",), {"dept": "1"}, "archcalc-report has no option 'dept'; did you mean 'depth'?"),
    ("report", ("alexnet",), {"mode": "trian"}, "'mode' has no choice 'trian'; did you mean 'train'?"),
    ("report", ("alexnet",), {"columns": "parms"}, "unknown column 'parms'"),
    ("report", ("alexnet", "vgg16"), {}, "takes one network, named or as a spec in its body; found 2"),
    ("report", (), {}, "found none"),
    ("compare", ("alexnet",), {}, "takes 2 networks or more"),
    ("diagram", ("alexnet",), {"form": "tree"}, "'form' takes auto"),
    ("diagram", ("alexnet",), {"no-fold": "3"}, "'no-fold' takes no value, found '3'"),
    ("explain", ("alexnet",), {"layers": "conv9"}, "no layer or block 'conv9'"),
    ("explain", ("alexnet",), {"what": "size"}, "unknown quantity 'size'"),
    ("report", ("HEAD:a.yaml",), {}, "no such file: 'HEAD:a.yaml'"),
    ("report", ("-",), {}, "no file and no network in the zoo is called '-'"),
])
def test_mistakes(what: str, references: tuple[str, ...], options: dict[str, str], message: str, place: Place) -> None:
    with pytest.raises(ArchcalcError) as caught:
        made_of(what, references, options, place)
    assert message in str(caught.value)


def test_mistake_in_an_inline_spec_has_its_line_of_the_document(place: Place) -> None:
    with pytest.raises(ArchcalcError) as caught:
        content.markdown(asked(place, "report", text="input: [3, 32, 32]\nlayers:\n- {conv: 8, kernal: 3}\n"))
    assert said(caught.value, place, 8) == ("conv: unknown field 'kernal'; did you mean 'kernel'?", 12)
    assert "page.md:12:" in str(caught.value)


def test_mistake_in_a_file_names_it(place: Place) -> None:
    (place.folder / "a.yaml").write_text("input: [3, 32, 32]\nlayers: [{a: {cnv: 3}}]\n", "utf-8")
    with pytest.raises(ArchcalcError) as caught:
        content.markdown(asked(place, "report", "a.yaml"))
    message, line = said(caught.value, place, 8)
    assert line == 8
    assert "a.yaml:2:15: a: unknown kind 'cnv'" in message


def test_sources_follow_extends(place: Place) -> None:
    folder = place.folder.resolve()
    assert sources(asked(place, "report", "a.yaml")) == {folder / "a.yaml", folder / "base" / "b.yaml"}
    assert sources(asked(place, "report", text="extends: a.yaml\n")) == {folder / "a.yaml", folder / "base" / "b.yaml"}
    assert sources(asked(place, "report", "alexnet")) == {zoo.root() / "alexnet.yaml"}
    assert sources(asked(place, "diagram", "alexnet", against="a.yaml")) >= {folder / "a.yaml"}


def test_sources_of_an_audit_are_the_networks_that_it_names() -> None:
    found = files_of(zoo.root() / "audits" / "study-notes.yaml")
    assert {zoo.root() / "audits" / "study-notes.yaml", zoo.root() / "alexnet.yaml"} <= found


def test_sources_that_are_broken_or_missing(place: Place) -> None:
    folder = place.folder
    (folder / "a.yaml").write_text("extends: gone.yaml\n", "utf-8")
    (folder / "c.yaml").write_text("input: [", "utf-8")
    assert sources(asked(place, "report", "a.yaml")) == {folder / "a.yaml", folder / "gone.yaml"}
    assert sources(asked(place, "report", "c.yaml")) == {folder / "c.yaml"}
    assert sources(asked(place, "report", "gone.yaml")) == {folder / "gone.yaml"}
    assert sources(asked(place, "report", "alexnt")) == set()
    assert sources(asked(place, "report", text="input: [")) == set()


def test_sources_end_where_specs_name_each_other(place: Place) -> None:
    (place.folder / "a.yaml").write_text("extends: c.yaml\n", "utf-8")
    (place.folder / "c.yaml").write_text("extends: a.yaml\n", "utf-8")
    assert {path.name for path in sources(asked(place, "report", "a.yaml"))} == {"a.yaml", "c.yaml"}
