"""Engines: what needs one, what does not, and what is said where there is none."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import archcalc
from archcalc import __main__ as command
from archcalc.diagrams import engine
from archcalc.errors import ArchcalcError, Unavailable, UsageError
from tests.diagrams.pictures import check_layout, words


def main(arguments: list[str]) -> int:
    """The exit code of the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["archcalc", *arguments])
        with pytest.raises(SystemExit) as done:
            command.main()
    return int(done.value.code or 0)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_path", lambda name: None)
    monkeypatch.setenv("PATH", "/nowhere")


@pytest.mark.usefixtures("no_engine")
def test_without_an_engine() -> None:
    with pytest.raises(Unavailable, match="pip install graphviz-pure"):
        assert archcalc.diagram("alexnet").svg
    with pytest.raises(Unavailable, match="apt install graphviz"):
        assert archcalc.diagram("vgg16").pdf()
    with pytest.raises(Unavailable):
        archcalc.diagram("vgg16").png()
    assert archcalc.diagram("alexnet").dot.startswith("digraph")
    assert archcalc.diagram("alexnet").mermaid.count("conv1") >= 2
    for spec, form in (("vgg16", "cards"), ("resnet18", "snake"), ("vgg16", "volume"), ("vgg16", "field"),
                       ("vgg16", "bars")):
        assert "</svg>" in archcalc.diagram(spec, form=form).svg


@pytest.mark.usefixtures("no_engine")
def test_exit_code_without_an_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram", "alexnet", "-o", str(tmp_path / "a.svg")]) == 3
    assert "graphviz-pure" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert main(["diagram", "alexnet", "-o", str(tmp_path / "a.dot")]) == 0
    assert main(["diagram", "alexnet", "-o", str(tmp_path / "a.mmd")]) == 0


def test_an_engine_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_path", lambda name: shutil.which("false"))
    with pytest.raises(Unavailable, match="the layout engine graphviz-pure failed"):
        assert archcalc.diagram("alexnet").svg


def test_png_is_twice_the_size_of_the_svg() -> None:
    made = archcalc.diagram("vgg16")
    data = made.png()
    assert data.startswith(b"\x89PNG")
    width, height = (int.from_bytes(data[at:at + 4], "big") for at in (16, 20))
    assert abs(width - 2 * made.scene.width) <= 3
    assert abs(height - 2 * made.scene.height) <= 3


@pytest.mark.parametrize("spec", ["alexnet", "resnet50", "googlenet"])
@pytest.mark.graphviz
def test_both_engines_make_the_same_picture(spec: str) -> None:
    pure, dot = (archcalc.diagram(spec, engine=name) for name in ("pure", "dot"))
    assert words(pure.svg) == words(dot.svg)
    assert abs(pure.scene.width - dot.scene.width) <= 0.1 * pure.scene.width
    assert abs(pure.scene.height - dot.scene.height) <= 0.1 * pure.scene.height
    check_layout(dot.scene)


@pytest.mark.graphviz
def test_pdf() -> None:
    assert archcalc.diagram("resnet50", engine="dot").pdf().startswith(b"%PDF")
    assert archcalc.diagram("resnet50").pdf().startswith(b"%PDF")


@pytest.mark.parametrize("spec", ["alexnet", "resnet50", "vgg16", "torchvision/swin_t"])
def test_dot_is_what_engines_read(spec: str) -> None:
    svg = engine.run("pure", "dot", "svg", archcalc.diagram(spec).dot).decode()
    assert "</svg>" in svg


@pytest.mark.parametrize(("arguments", "message", "code"), [
    (["alexnet", "-o", "x.gif"], "the format cannot be told from the suffix '.gif'; use .svg", 2),
    (["alexnet", "-o", "nowhere/x.svg"], "nowhere/x.svg: cannot be written: No such file", 2),
    (["alexnet", "-o", "."], "the format cannot be told", 2),
    (["alexnet", "--form", "bars", "-o", "x.dot"], "form 'bars' is no graph, so there is no DOT", 2),
    (["alexnet", "--form", "volume", "--format", "mmd"], "there is no Mermaid", 2),
    (["alexnet", "--columns", "params,time"], "'columns' takes", 2),
    (["alexnet", "--against", "nosuch"], "nosuch", 2),
    (["alexnet", "--engine", "neato"], "'neato' is not one of", 2),
    (["bert-base", "--form", "volume"], "volume", 2),
])
def test_messages(arguments: list[str], message: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                  capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["diagram", *arguments]) == code
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert not list(tmp_path.iterdir())


def test_files_are_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.svg"
    path.write_text("before")
    made = archcalc.diagram("vgg16")
    monkeypatch.setattr(os, "replace", lambda *a: (_ for _ in ()).throw(OSError("disk full")))
    monkeypatch.setattr(Path, "replace", lambda *a: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(ArchcalcError, match="No space left"):
        made.save(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_suffixes(tmp_path: Path) -> None:
    made = archcalc.diagram("alexnet")
    for suffix, begin in ((".svg", b"<svg"), (".png", b"\x89PNG"), (".dot", b"digraph"), (".gv", b"digraph")):
        made.save(tmp_path / f"a{suffix}")
        assert (tmp_path / f"a{suffix}").read_bytes().startswith(begin)
    with pytest.raises(UsageError, match="cannot be told"):
        made.save(tmp_path / "a")


def test_svg_on_standard_output() -> None:
    done = subprocess.run([sys.executable, "-m", "archcalc", "diagram", "lenet5"], capture_output=True, check=True)
    assert done.stdout.startswith(b"<svg")
    done = subprocess.run([sys.executable, "-m", "archcalc", "diagram", "lenet5", "--format", "png"],
                          capture_output=True, check=True)
    assert done.stdout.startswith(b"\x89PNG")
