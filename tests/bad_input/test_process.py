"""How the command ends: closed pipes, signals, full disks, and files that are whole or not there."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from archcalc.commands import _output
from archcalc.errors import ArchcalcError

COMMAND = [sys.executable, "-m", "archcalc"]


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    # A job in the background hands down that Ctrl-C is ignored; a person's shell does not.
    options.setdefault("preexec_fn", lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    return subprocess.Popen([*COMMAND, *arguments], text=True, stderr=subprocess.PIPE, **options)


def stdout(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    with process:
        try:
            return process.wait(timeout=30), process.stderr.read() if process.stderr is not None else ""
        finally:
            process.kill()


def test_a_reader_that_has_seen_enough() -> None:
    process = start("report", "resnet1202", stdout=subprocess.PIPE)
    assert stdout(process).readline().startswith("ResNet-1202")
    stdout(process).close()
    assert ended(process) == (0, "")


def test_a_reader_that_is_gone_from_the_start() -> None:
    read, write = os.pipe()
    os.close(read)
    process = start("list", stdout=write)
    os.close(write)
    assert ended(process) == (0, "")


def test_an_interrupt() -> None:
    process = start("report", "-", stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write("#" * 1_000_000)    # more than a pipe holds: once this returns, the command is reading
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    assert ended(process) == (130, "")


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs a full device")
@pytest.mark.parametrize("arguments", [["report", "alexnet"], ["show", "alexnet", "-o", "/dev/full"]])
def test_a_full_disk(arguments: list[str]) -> None:
    with open("/dev/full", "w") as full:
        code, error = ended(start(*arguments, stdout=full))
    assert code == 2
    assert "cannot be written: No space left on device" in error
    assert error.count("\n") == 1
    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize(("closed", "arguments", "code"), [
    (1, ["report", "alexnet"], 0), (2, ["report", "alexnt"], 2), (0, ["report", "-"], 2), (0, ["report", "alexnet"], 0),
])
def test_closed_streams(closed: int, arguments: list[str], code: int) -> None:
    def close() -> None:
        os.close(closed)

    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, preexec_fn=close)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if closed == 2:
        assert done.stdout == ""
    elif code:
        assert done.stderr == "Error: standard input is closed; `-` reads a spec from it\n"


def test_standard_input() -> None:
    done = subprocess.run([*COMMAND, "report", "-"], input="input: [3, 8, 8]\nlayers:\n- a: {conv: 3, kernal: 1}\n",
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("Error: <stdin>:3:16: a: unknown field 'kernal'; did you mean 'kernel'?\n"
                           "  - a: {conv: 3, kernal: 1}\n"
                           "                 ^\n")


def test_standard_input_is_read_once() -> None:
    done = subprocess.run([*COMMAND, "compare", "-", "-"], input="input: [3, 8, 8]\nlayers: [relu]\n",
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: standard input is empty; `-` reads a spec from it, and only once\n"


Write = Callable[[str, str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.chdir(tmp_path)
    return lambda text, name: _output.write(text, name)


def test_a_file_is_written_whole(write: Write) -> None:
    write("old\n", "x.md")
    write("new é\n", "x.md")
    assert Path("x.md").read_bytes() == "new é\n".encode()
    assert [path.name for path in Path().iterdir()] == ["x.md"]
    assert Path("x.md").stat().st_mode & 0o111 == 0


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(
        write: Write, monkeypatch: pytest.MonkeyPatch, failure: BaseException, step: str) -> None:
    Path("x.md").write_text("old\n")

    def fail(*_: Any) -> None:
        raise failure

    if step == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        whole = tempfile.NamedTemporaryFile

        def broken(*arguments: Any, **options: Any) -> Any:
            file = whole(*arguments, **options)
            file.write = fail  # type: ignore[method-assign]
            return file
        monkeypatch.setattr(tempfile, "NamedTemporaryFile", broken)
    with pytest.raises(ArchcalcError if isinstance(failure, OSError) else KeyboardInterrupt):
        write("new\n", "x.md")
    assert Path("x.md").read_text() == "old\n"
    assert [path.name for path in Path().iterdir()] == ["x.md"]


def test_a_link_stays_and_its_target_is_written(write: Write) -> None:
    Path("target.md").write_text("old\n")
    Path("link.md").symlink_to("target.md")
    write("new\n", "link.md")
    assert Path("link.md").is_symlink()
    assert Path("target.md").read_text() == "new\n"


def test_a_device_is_written_to_and_not_replaced(write: Write) -> None:
    write("text\n", os.devnull)
    assert not Path(os.devnull).is_file()
    assert Path(os.devnull).exists()
