"""Which files are watched, and when they count as changed."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archcalc.errors import UsageError
from archcalc.serving import watch
from archcalc.serving.live import Live
from archcalc.serving.watch import follow, signature, sources, watched

BASE = "input: [3, 8, 8]\nlayers: [{conv: 8}]\n"


@pytest.fixture(params=[pytest.param("notifications", marks=pytest.mark.browser), "polling"])
def ticking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With the package watchfiles, which the marked tests have, and as if it were not installed."""
    if request.param == "polling":
        monkeypatch.setitem(sys.modules, "watchfiles", None)
        monkeypatch.setattr(watch, "POLL", 0.02)
    return str(request.param)


@contextmanager
def following(folder: Path, reference: str) -> Iterator[Callable[[int], None]]:
    """Follow a spec; gives what waits until it was refreshed so many times."""
    stop, count = threading.Event(), [0]

    def refresh() -> None:
        count[0] += 1

    thread = threading.Thread(target=follow, args=(watched([reference]), [reference], refresh, stop))
    thread.start()

    def until(n: int) -> None:
        end = time.monotonic() + 10
        while count[0] < n and time.monotonic() < end:
            time.sleep(0.01)
        assert count[0] == n

    try:
        time.sleep(0.2)
        yield until
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def test_what_a_spec_is_made_of_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {"net.yaml": "extends: base.yaml\ninclude: [parts.yaml, gone.yaml]\n", "parts.yaml": "blocks: {}",
                       "base.yaml": BASE, "other.yaml": BASE}.items():
        Path(name).write_text(text)
    names = {"net.yaml", "base.yaml", "parts.yaml", "gone.yaml"}
    assert {path.name for path in sources(["net.yaml"])} == names
    assert {path.name for path in sources(["net.yaml#wide", "other.yaml"])} == {*names, "other.yaml"}
    assert {path.name for path in sources(["vgg16"])} == {"vgg.yaml"}
    assert {path.name for path in sources(["missing.yaml"])} == {"missing.yaml"}
    Path("net.yaml").write_text("extends: [broken\n")
    assert {path.name for path in sources(["net.yaml"])} == {"net.yaml"}


def test_every_way_to_save_counts(ticking: str, tmp_path: Path) -> None:
    spec, base = tmp_path / "net.yaml", tmp_path / "base.yaml"
    spec.write_text("extends: base.yaml\n")
    base.write_text(BASE)
    with following(tmp_path, str(spec)) as until:
        spec.write_text("extends: base.yaml\nname: other\n")
        until(1)
        other = tmp_path / ".net.yaml.swp"      # as editors do: a file beside it takes its place
        other.write_text("extends: base.yaml\nname: third\n")
        other.replace(spec)
        until(2)
        base.write_text(BASE + "# longer\n")
        until(3)
        base.unlink()
        until(4)
        base.write_text(BASE)
        until(5)
        spec.write_text("extends: new.yaml\n")
        until(6)
        (tmp_path / "new.yaml").write_text(BASE)    # what was missing is there, and watched from now on
        until(7)
        (tmp_path / "new.yaml").write_text(BASE + "#\n")
        until(8)
        (tmp_path / "unrelated.yaml").write_text(BASE)
        time.sleep(0.3)
        until(8)


def test_a_file_in_the_making_is_waited_for(ticking: str, tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text(BASE)
    with following(tmp_path, str(spec)) as until:
        with spec.open("w") as file:
            for line in BASE.splitlines(keepends=True) * 3:
                file.write(line)
                file.flush()
                time.sleep(0.02)
        until(1)
        time.sleep(0.3)
        until(1)


def test_signatures_differ_by_size_time_and_being_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    seen = [signature([path])]
    for text in ("a", "b", "bb"):
        path.write_text(text)
        time.sleep(0.02)
        seen.append(signature([path]))
    assert len({repr(one) for one in seen}) == 4


def test_the_last_good_page_stays() -> None:
    fails = [False]

    def build(version: str) -> str:
        if fails[0]:
            raise UsageError("no")
        return f"page {version}"

    live = Live(build, lambda version: f"empty {version}")
    first = live.state
    assert live.page == f"empty {first.version}"
    assert live.refresh() is None
    good = live.state
    assert live.page == f"page {good.version}"
    assert good.version != first.version
    fails[0] = True
    assert isinstance(live.refresh(), UsageError)
    assert live.page == f"page {good.version}"
    assert live.state == (good.version, "no")
    fails[0] = False
    live.refresh()
    assert live.state.error is None
    assert live.state.version not in (good.version, first.version)


def test_readers_wait_for_the_next_state() -> None:
    live = Live(lambda version: version, lambda version: version)
    state = live.state
    assert live.after(None, 5) == state             # at once
    start = time.monotonic()
    assert live.after(state, 0.1) == state
    assert time.monotonic() - start >= 0.1
    threading.Timer(0.1, live.refresh).start()
    assert live.after(state, 5) != state


