"""pytest plugin: specs as tests, and a fixture that checks them.

    [tool.pytest.ini_options]
    archcalc_specs = ["nets/*.yaml", "resnet50"]

Nothing of archcalc is loaded until a spec is listed or the fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import pytest


class Checker:
    """What the fixture `archcalc` gives: the library, and `check`, which fails the test."""

    def check(self, spec: str | PathLike[str], *, claims: bool = True, lint: bool = True,
              parameters: dict[str, Any] | None = None, **limits: str | int) -> Any:
        """Fail unless a spec keeps its budget and further limits (``params="5M"``), its claims and lint.

        Returns the `Check`. ``parameters`` replace the spec's. Claims need the spec's own.
        """
        from archcalc.api import load
        from archcalc.checking import check

        found = check(load(spec, **parameters or {}), {name: str(limit) for name, limit in limits.items()},
                      claims=claims, lint=lint)
        if not found.holds:
            pytest.fail(_said(found), pytrace=False)
        return found

    def __getattr__(self, name: str) -> Any:
        import archcalc

        return getattr(archcalc, name)


@pytest.fixture(scope="session")
def archcalc() -> Checker:
    """The library archcalc, with a `check` that fails the test."""
    return Checker()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Settings of the plugin."""
    parser.addini("archcalc_specs", "specs to check: files, patterns of files, names of archcalc's zoo", "linelist", [])
    parser.addini("archcalc_lint", "whether warnings of archcalc's lint fail", "bool", True)


class SpecItem(pytest.Item):
    """The check of a spec as a test."""

    reference: str

    def runtest(self) -> None:
        """Check the spec."""
        from archcalc.api import load
        from archcalc.checking import check

        found = check(load(self.reference), lint=bool(self.config.getini("archcalc_lint")))
        if not found.holds:
            raise SpecBroken(_said(found))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The check, or the message of a mistake in the spec, without a traceback."""
        from archcalc.errors import ArchcalcError

        if isinstance(excinfo.value, (SpecBroken, ArchcalcError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """What the report of the test is headed by."""
        return self.path, None, f"archcalc check {self.reference}"


def _said(found: Any) -> str:
    """The verdict of a check, for pytest's summary, and all of it below."""
    from archcalc.checking.text import verdict

    return f"{verdict([found])}\n{found}"


class SpecBroken(Exception):
    """The text of a check that does not hold."""


class SpecFile(pytest.File):
    """A file of specs: a test for each of its variants, or one."""

    def collect(self) -> Iterator[pytest.Item]:
        """The tests."""
        for variant in _variants(self.path):
            item = SpecItem.from_parent(self, name=f"archcalc[{variant}]" if variant else "archcalc")
            item.reference = f"{fspath(self.path)}#{variant}" if variant else fspath(self.path)
            yield item


def _variants(path: Path) -> tuple[str, ...]:
    """The variants of a file; one without a name where there are none, or the file cannot be read."""
    from archcalc import zoo
    from archcalc.errors import ArchcalcError

    try:
        return zoo.variants(path) or ("",)
    except ArchcalcError:
        return ("",)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> SpecFile | None:
    """A listed spec that the command line names."""
    if file_path.suffix not in (".yaml", ".yml") or not _chosen(parent.config):
        return None
    listed = (path for reference in parent.config.getini("archcalc_specs") for path in _files(parent.config, reference))
    return SpecFile.from_parent(parent, path=file_path) if file_path in listed else None


@pytest.hookimpl(tryfirst=True)     # before options such as -k choose among the tests
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the listed specs where the command line names no tests of its own."""
    references = config.getini("archcalc_specs")
    if not references or _chosen(config):
        return
    for reference in references:
        files = _files(config, reference)
        for path in files:
            items += SpecFile.from_parent(session, path=path).collect()
        if not files:
            item = SpecItem.from_parent(session, name=f"archcalc[{reference}]")
            item.reference = reference
            items.append(item)


def _chosen(config: pytest.Config) -> bool:
    """Whether the command line names tests."""
    return config.args_source == pytest.Config.ArgsSource.ARGS


def _files(config: pytest.Config, reference: str) -> list[Path]:
    """The files of a path or pattern, relative to pytest's root; none for a name of the zoo."""
    try:
        return sorted(path for path in config.rootpath.glob(reference) if path.is_file())
    except (ValueError, NotImplementedError):   # an absolute path, which no pattern can be
        return [Path(reference)] if Path(reference).is_file() else []
