"""`archcalc serve` as a process: what it answers to whom, what it says of edits, and how it ends."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from archcalc import __main__ as main
from tests.html.process import Serving, serving

SPEC = "name: Little\ninput: [3, 8, 8]\nlayers:\n- a: {conv: 8}\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Serving]:
    (tmp_path / "net.yaml").write_text(SPEC)
    with serving(tmp_path, "net.yaml", "--port", "0") as found:
        yield found


def get(address: str, path: str = "/", host: str | None = None, method: str = "GET") -> tuple[HTTPResponse, str]:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request(method, path, headers={} if host is None else {"Host": host})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


class Events:
    """The states that a server tells of."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.connection = HTTPConnection(parts.hostname or "", parts.port, timeout=15)
        self.connection.request("GET", "/events")
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, str]:
        """The next state."""
        while True:
            line = self.answer.readline().decode()
            assert line, "the server closed the connection"
            if line.startswith("data: "):
                found: dict[str, str] = json.loads(line.removeprefix("data: "))
                return found


def test_it_answers_to_its_own_name_only(server: Serving) -> None:
    address = server.address
    port = urlsplit(address).port
    answer, text = get(address)
    assert answer.status == 200
    assert "<h1>Little</h1>" in text
    assert "connect-src &#39;self&#39;" in text
    headers = {name.lower(): value for name, value in answer.getheaders()}
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    for host, status in {f"localhost:{port}": 200, f"LOCALHOST:{port}": 200, f"[::1]:{port}": 200,
                         "evil.example": 403, f"evil.example:{port}": 403, "127.0.0.1": 403, "": 403,
                         f"127.0.0.1.evil.example:{port}": 403}.items():
        answer, text = get(address, host=host)
        assert answer.status == status, host
        assert ("Little" in text) == (status == 200)
    assert get(address, "/events", host=f"evil.example:{port}")[0].status == 403
    assert get(address, "/../net.yaml")[0].status == 404
    assert get(address, "/favicon.ico")[0].status == 404
    assert get(address, method="POST")[0].status == 501
    assert server.end() == 0
    assert "Traceback" not in server.said


def test_only_this_machine_can_reach_it(server: Serving) -> None:
    port = urlsplit(server.address).port
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port, socket.AF_INET)}
    for other in others - {"127.0.0.1"}:
        if not str(other).startswith("127."):
            with pytest.raises(OSError, match="refused"):
                socket.create_connection((str(other), port or 0), timeout=5)
    assert f"127.0.0.1:{port}" in server.address


def test_edits_are_told(server: Serving, tmp_path: Path) -> None:
    spec, events = tmp_path / "net.yaml", Events(server.address)
    first = events.next()
    assert first["error"] is None
    spec.write_text(SPEC.replace("conv: 8", "cnov: 8"))
    wrong = events.next()
    assert wrong["version"] == first["version"]
    assert wrong["error"] == ("net.yaml:4:7: a: unknown kind 'cnov'; did you mean 'conv'?\n"
                              "  - a: {cnov: 8}\n        ^")
    assert "Little" in get(server.address)[1]                   # the last good page
    spec.write_text(SPEC.replace("Little", "Larger"))
    healed = events.next()
    assert healed["error"] is None
    assert healed["version"] != first["version"]
    text = get(server.address)[1]
    assert "<h1>Larger</h1>" in text
    assert f'<meta name="version" content="{healed["version"]}">' in text
    spec.unlink()
    assert "net.yaml" in (events.next()["error"] or "")
    spec.write_text(SPEC)
    assert events.next()["error"] is None
    assert server.end() == 0                                    # although someone is listening
    assert server.said.count("Error: net.yaml:4:7: a: unknown kind 'cnov'") == 1
    assert "Traceback" not in server.said


def test_it_begins_with_a_broken_spec(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("input: [3, 8, 8]\nlayers: [{conv: }]\n")
    (tmp_path / "net.yaml").write_text("name: Child\nextends: base.yaml\n")
    with serving(tmp_path, "net.yaml", "--port", "0") as server:
        events = Events(server.address)
        assert "base.yaml:2:" in events.next()["error"]
        assert "<h1>" not in get(server.address)[1]
        (tmp_path / "base.yaml").write_text("input: [3, 8, 8]\nlayers: [{conv: 4}]\n")
        assert events.next()["error"] is None
        assert "<h1>Child</h1>" in get(server.address)[1]


@pytest.mark.parametrize(("arguments", "message"), [
    (["missing.yaml"], "no such file: 'missing.yaml'"),
    (["alexnt"], "did you mean 'alexnet'?"),
    (["-"], "serve watches files; `-` can be read only once"),
    (["alexnet", "--set", "imgae=3"], "did you mean 'image'?"),
    (["alexnet", "--port", "70000"], "--port"),
])
def test_wrong_command_lines(arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch,
                             capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.argv", ["archcalc", "serve", *arguments, *([] if "--port" in arguments else
                                                                        ["--port", "0"])])
    with pytest.raises(SystemExit) as exit:
        main.main()
    assert exit.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err


def test_a_port_in_use(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr("sys.argv", ["archcalc", "serve", "alexnet", "--port", str(port)])
        with pytest.raises(SystemExit) as exit:
            main.main()
    assert exit.value.code == 2
    assert capsys.readouterr().err == (f"Error: port {port} is in use; choose another with --port, or 0 for any that "
                                       "is free\n")


def test_the_report_command_writes_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    pages = []
    for arguments in (["-o", "x.html"], ["-o", "x.txt", "--format", "html"], ["--format", "html"]):
        monkeypatch.setattr("sys.argv", ["archcalc", "report", "net.yaml", *arguments])
        with pytest.raises(SystemExit) as exit:
            main.main()
        assert exit.value.code == 0
        pages.append(capsys.readouterr().out or Path(arguments[1]).read_text("utf-8"))
    assert "<h1>Little</h1>" in pages[0]
    assert pages[0] == pages[1] == pages[2]
    for command in ("audit", "lint", "compare", "explain"):         # others have no page, and say so
        monkeypatch.setattr("sys.argv", ["archcalc", command, "net.yaml", "-o", "y.html"])
        with pytest.raises(SystemExit) as exit:
            main.main()
        assert exit.value.code == 2
        assert "the format cannot be told from the suffix '.html'" in capsys.readouterr().err
