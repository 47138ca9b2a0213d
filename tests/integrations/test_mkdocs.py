"""Real builds of MkDocs with Material, and of Zensical, with custom fences."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs

FENCE = """\
        - name: archcalc-{what}
          class: archcalc
          format: !!python/name:archcalc.integrations.superfences.{how}
          validator: !!python/name:archcalc.integrations.superfences.options
"""
PAGE = """# Networks

```archcalc-diagram alexnet caption="The two towers" align="center" alt="two towers"
```

```archcalc-report columns="output,params" set="n=4" name="sizes"
specs/net.yaml
```

!!! note

    ```archcalc-compare
    vgg16 torchvision/resnet34
    ```

```{.archcalc-explain #why layers="conv1" what="params"}
alexnet
```

```archcalc-audit spec="alexnet"
```

```archcalc-diagram form="layers"
input: [3, 32, 32]
layers:
- {conv: 8, kernel: 3}
- relu
```

```python
print("alexnet")
```
"""
WRONG = "# x\n\ntext\n\n```archcalc-report\ninput: [3, 32, 32]\nlayers:\n- {conv: 8, kernal: 3}\n```\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A project of one page."""
    (tmp_path / "docs" / "specs").mkdir(parents=True)
    (tmp_path / "docs" / "index.md").write_text(PAGE, "utf-8")
    (tmp_path / "docs" / "specs" / "net.yaml").write_text(
        "parameters: {n: 8}\ninput: [3, 32, 32]\nlayers: [{conv: n, kernel: 3}]\n", "utf-8")
    return configured(tmp_path)


def configured(folder: Path, how: str = "fence") -> Path:
    fences = "".join(FENCE.format(what=what, how=how) for what in ("report", "diagram", "explain", "audit", "compare"))
    (folder / "mkdocs.yml").write_text(
        "site_name: Networks\nsite_url: https://example.org/\ntheme: {name: material}\nmarkdown_extensions:\n"
        f"  - admonition\n  - attr_list\n  - pymdownx.superfences:\n      custom_fences:\n{fences}", "utf-8")
    return folder


def build(site: Path, tool: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", tool, "build", *options], cwd=site, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", check=False)


@pytest.mark.parametrize("tool", ["mkdocs", "zensical"])
def test_page(tool: str, site: Path) -> None:
    done = build(site, tool, "--strict")
    assert done.returncode == 0, done.stdout
    text = (site / "site" / "index.html").read_text("utf-8")
    assert len(re.findall("<svg style=", text)) == 2
    assert "<figcaption>The two towers</figcaption>" in text
    assert 'aria-label="two towers"' in text
    assert 'class="archcalc archcalc-report" id="sizes"' in text
    assert f">{4 * 28}</td>" in text
    assert ">torchvision/resnet34</th>" in text
    assert 'id="why"' in text
    assert "11 × 11 × 3 × 48 × 2 groups" in text
    assert "3 differ" in text
    assert "archcalc-error" not in text
    assert "archcalc-report columns" not in text


def test_mkdocs_says_where_a_mistake_is(site: Path) -> None:
    (site / "docs" / "index.md").write_text(WRONG, "utf-8")
    done = build(site, "mkdocs", "--strict")
    assert done.returncode == 1
    assert f"{site / 'docs' / 'index.md'}:8: conv: unknown field 'kernal'; did you mean 'kernel'?" in done.stdout
    assert build(site, "mkdocs").returncode == 0
    assert "archcalc-error" in (site / "site" / "index.html").read_text("utf-8")


def test_zensical_says_where_a_mistake_is(site: Path) -> None:
    (site / "docs" / "index.md").write_text(WRONG, "utf-8")
    done = build(site, "zensical")
    assert done.returncode == 0
    assert re.search(r"index\.md:8: conv: unknown field 'kernal'; did you mean 'kernel'\?", done.stdout)


@pytest.mark.parametrize("tool", ["mkdocs", "zensical"])
def test_strict_fence_stops_the_build(tool: str, site: Path) -> None:
    configured(site, "strict")
    assert build(site, tool).returncode == 0
    (site / "docs" / "index.md").write_text(WRONG, "utf-8")
    done = build(site, tool)
    assert done.returncode != 0
    assert "SuperFencesException" in done.stdout
