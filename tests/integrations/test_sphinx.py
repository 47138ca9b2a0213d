"""Real builds of Sphinx: what the pages show, what is built again, what is said of mistakes and where."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

CONF = 'extensions = ["archcalc.integrations.sphinx", "myst_parser"]\nnumfig = True\n'
CONV = 96 * (3 * 11 * 11 + 1)
INDEX = """\
Networks
========

.. toctree::

   other
   plain

AlexNet has :archcalc:`alexnet params` parameters, conv1 of them :archcalc:`alexnet conv1 params`; :numref:`towers`
and :numref:`sizes`.

.. archcalc-diagram:: alexnet
   :caption: The *two* towers
   :name: towers
   :align: center
   :alt: two towers & <more>
   :class: wide

.. archcalc-report:: specs/net.yaml
   :caption: Sizes
   :name: sizes
   :columns: output, params
   :set: n=4

.. archcalc-explain:: alexnet
   :layers: conv1
   :what: params

.. archcalc-audit:: alexnet

.. archcalc-compare:: vgg16 resnet34

.. archcalc-diagram::
   :form: layers

   name: Inline
   input: [3, 32, 32]
   layers:
   - {conv: 8, kernel: 3}
   - relu
"""
OTHER = """\
# In MyST

There are {archcalc}`specs/net.yaml params` parameters.

```{archcalc-diagram} /specs/net.yaml
:caption: A network
:name: drawn
```

```{archcalc-report}
input: [3, 32, 32]
layers:
- {conv: 8, kernel: 3}
```
"""
BASE = "parameters: {n: 8}\ninput: [3, 32, 32]\nlayers: [{conv: n, kernel: 3}]\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with three pages and a spec that extends another."""
    (tmp_path / "specs").mkdir()
    for name, text in {"conf.py": CONF, "index.rst": INDEX, "other.md": OTHER, "plain.rst": "Plain\n=====\n",
                       "specs/base.yaml": BASE, "specs/net.yaml": "extends: base.yaml\n"}.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def build(site: Path, *options: str, builder: str = "html") -> subprocess.CompletedProcess[str]:
    """A build in a process of its own; standard error is in the output."""
    return subprocess.run([sys.executable, "-m", "sphinx", "-n", "-b", builder, *options, str(site),
                           str(site / "_build" / builder)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", check=False, env={**os.environ, "NO_COLOR": "1"})


def page(site: Path, name: str, builder: str = "html") -> str:
    return (site / "_build" / builder / name).read_text("utf-8")


def test_html(site: Path) -> None:
    done = build(site, "-W", "-j", "2")
    assert done.returncode == 0, done.stdout
    index, other = page(site, "index.html"), page(site, "other.html")
    assert '<span class="archcalc-number">60,965,224</span>' in index
    assert f'<span class="archcalc-number">{CONV:,}</span>' in index
    assert "Fig. 2" in index       # the other page comes first in the table of contents
    assert "Table 1" in index
    figure = re.search(r'<figure class="align-center" id="towers">.*?</figure>', index, re.DOTALL)
    assert figure
    assert 'aria-label="two towers &amp; &lt;more&gt;"' in figure[0]
    assert 'The <em>two</em> towers' in figure[0]
    assert 'class="wide archcalc archcalc-diagram"' in figure[0]
    assert 'id="sizes"' in index
    assert f"<p>{4 * 28}</p>" in index
    assert "11 × 11 × 3 × 48 × 2 groups" in index
    assert "3 differ" in index
    assert ">Inline</title>" in index
    assert f'<span class="archcalc-number">{8 * 28}</span>' in other
    assert 'id="drawn"' in other
    assert "light-dark(" in other
    ids = re.findall(r' id="([^"]+)"', index)
    assert len(ids) == len(set(ids))
    assert 'href="_static/archcalc.css' in index
    assert (site / "_build" / "html" / "_static" / "archcalc.css").is_file()


def test_only_pages_of_a_changed_spec_are_built_again(site: Path) -> None:
    assert build(site).returncode == 0
    assert "0 added, 0 changed, 0 removed" in build(site).stdout
    time.sleep(0.01)
    (site / "specs" / "base.yaml").write_text(BASE.replace("8", "16"), "utf-8")
    again = build(site).stdout
    assert "0 added, 2 changed, 0 removed" in again
    assert not re.search(r"(reading|writing).*plain", again)
    assert f'<span class="archcalc-number">{16 * 28}</span>' in page(site, "other.html")
    time.sleep(0.01)
    (site / "specs" / "net.yaml").write_text("nonsense", "utf-8")
    assert "a spec is a mapping" in build(site).stdout
    time.sleep(0.01)
    (site / "specs" / "net.yaml").write_text("extends: base.yaml\n", "utf-8")
    healed = build(site, "-W")
    assert healed.returncode == 0, healed.stdout
    assert "0 added, 2 changed, 0 removed" in healed.stdout


def test_latex(site: Path) -> None:
    done = build(site, "-W", "-j", "2", builder="latex")
    assert done.returncode == 0, done.stdout
    folder = site / "_build" / "latex"
    (tex,) = folder.glob("*.tex")
    text = tex.read_text("utf-8")
    files = re.findall(r"\\sphinxincludegraphics\[\]\{(archcalc-[0-9a-f]+\.(?:pdf|png))\}", text)
    assert len(files) == 3
    for name in files:
        assert (folder / name).read_bytes()[:4] in (b"%PDF", b"\x89PNG")
    assert re.search(r"\\begin\{tabular[^\n]*\{lrr\}", text)
    small = re.findall(r"\\begingroup\\footnotesize.*?\\endgroup", text, re.DOTALL)
    assert len(small) == 1      # the report with all its columns
    assert "{llrrrrrr}" in small[0]
    assert "60,965,224" in text


@pytest.mark.parametrize(("builder", "name"), [("text", "index.txt"), ("man", "*.1"), ("texinfo", "*.texi"),
                                               ("epub", "index.xhtml"), ("singlehtml", "index.html")])
def test_other_builders(site: Path, builder: str, name: str) -> None:
    done = build(site, builder=builder)
    assert done.returncode == 0, done.stdout
    assert "unknown node" not in done.stdout
    (found,) = (site / "_build" / builder).glob(name)
    text = found.read_text("utf-8")
    assert "60,965,224" in text
    assert ("<svg " in text) == (builder in ("epub", "singlehtml"))
    assert builder in ("epub", "singlehtml") or "two towers" in text


MISTAKES = {
    "inline": ("index.rst", "x\n=\n\n.. archcalc-report::\n   :depth: 1\n\n   input: [3, 8, 8]\n   layers:\n"
                            "   - {conv: 8, kernal: 3}\n", 9, "conv: unknown field 'kernal'; did you mean 'kernel'?"),
    "nested": ("index.rst", "x\n=\n\n* item\n\n  .. archcalc-diagram::\n\n     input: [3, 8, 8]\n     layers:\n"
                            "     - {conv: 8, kernel: 40}\n", 10, "a window of 40 does not fit into 8"),
    "myst": ("index.md", "# x\n\n```{archcalc-report}\n:depth: 1\n\ninput: [3, 8, 8]\nlayers:\n"
                         "- {conv: 8, kernal: 3}\n```\n", 8, "conv: unknown field 'kernal'"),
    "myst in a list": ("index.md", "# x\n\n- a\n\n  ```{archcalc-report}\n  input: [3, 8, 8]\n  layers: 3\n  ```\n", 7,
                       "'layers' must be a list, found 3"),
    "name": ("index.rst", "x\n=\n\n.. archcalc-report:: alexnt\n", 4, "did you mean 'alexnet'?"),
    "option": ("index.rst", "x\n=\n\n.. archcalc-report:: alexnet\n   :depth: x\n", 4, "takes a positive whole number"),
    "unknown option": ("index.rst", "x\n=\n\n.. archcalc-report:: alexnet\n   :dept: 1\n", 4, "unknown option"),
    "form": ("index.rst", "x\n=\n\n.. archcalc-diagram:: alexnet\n   :form: tree\n", 4, "'form' takes auto"),
    "role": ("index.rst", "x\n=\n\n:archcalc:`alexnet parms`\n", 4, "unknown quantity 'parms'; did you mean 'params'?"),
    "file": ("index.rst", "x\n=\n\n.. archcalc-audit:: bad.yaml\n", 4, "bad.yaml:1:9: 'layers' must be a list"),
    "none": ("index.rst", "x\n=\n\n.. archcalc-compare:: alexnet\n", 4, "takes 2 networks or more"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_warnings_at_their_line(name: str, tmp_path: Path) -> None:
    file, text, line, message = MISTAKES[name]
    (tmp_path / "conf.py").write_text(CONF, "utf-8")
    (tmp_path / "bad.yaml").write_text("layers: 3\n", "utf-8")
    (tmp_path / file).write_text(text, "utf-8")
    done = build(tmp_path, "-q")
    assert done.returncode == 0, done.stdout
    (place,) = re.findall(r"^(.*): (?:WARNING|ERROR)", done.stdout, re.MULTILINE)
    assert place == f"{tmp_path / file}:{line}"
    assert message in done.stdout


def test_mistakes_fail_a_strict_build(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(CONF, "utf-8")
    (tmp_path / "index.rst").write_text("x\n=\n\n:archcalc:`alexnet parms`\n", "utf-8")
    assert build(tmp_path, "-W").returncode != 0


def test_mistake_in_an_included_file(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(CONF, "utf-8")
    (tmp_path / "index.rst").write_text("x\n=\n\n" + "text\n\n" * 20 + ".. include:: part.txt\n", "utf-8")
    (tmp_path / "part.txt").write_text("a\n\n.. archcalc-report::\n\n   input: [3]\n   layers: 3\n", "utf-8")
    assert re.search(r"part\.txt:6: WARNING: 'layers' must be a list", build(tmp_path, "-q").stdout)


def test_warnings_can_be_suppressed(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(CONF + 'suppress_warnings = ["archcalc.report"]\n', "utf-8")
    (tmp_path / "index.rst").write_text("x\n=\n\n.. archcalc-report:: alexnt\n", "utf-8")
    done = build(tmp_path, "-W", "-q")
    assert (done.returncode, done.stdout) == (0, "")
    assert "archcalc-error" in page(tmp_path, "index.html")


def test_markup_in_a_spec_is_text(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text(CONF, "utf-8")
    spec = "   name: <script>alert(1)</script>\n   input: [3]\n   layers: [{'<b>x': {linear: 2}}]\n"
    (tmp_path / "index.rst").write_text(f"x\n=\n\n.. archcalc-report::\n\n{spec}\n.. archcalc-diagram::\n\n{spec}",
                                        "utf-8")
    assert build(tmp_path, "-q").returncode == 0
    text = page(tmp_path, "index.html")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<b>x" not in text
