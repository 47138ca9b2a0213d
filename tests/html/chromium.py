"""Chromium driven over a pipe by its DevTools protocol: clicks and keys, media, pictures, what it logs and asks."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.diagrams.browser import CHROMIUM

SECONDS = 60
OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
           "--remote-debugging-pipe", "--no-first-run", "--disable-background-networking", "about:blank"]
START = """
import os, sys
for end, number in zip(sys.argv[1:3], (3, 4)):
    os.dup2(int(end), number)
os.execv(sys.argv[3], sys.argv[3:])
"""
"Start a program whose files 3 and 4 are the ends of pipes."
KEYS = {"Enter": (13, "\r"), " ": (32, " "), "Tab": (9, ""), "Escape": (27, ""), "ArrowUp": (38, ""),
        "ArrowDown": (40, ""), "ArrowLeft": (37, ""), "ArrowRight": (39, ""), "Home": (36, ""), "End": (35, "")}


class Tab:
    """One tab. ``log`` is what the console, exceptions and policies said; ``requests`` the addresses asked for."""

    def __init__(self, read: int, write: int) -> None:
        self._read, self._write, self._rest, self._count, self._session = read, write, b"", 0, ""
        self._answers: dict[int, Any] = {}
        self._loaded = False
        self.log: list[str] = []
        self.requests: list[str] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **params: Any) -> Any:
        """Send a command; its result."""
        self._count += 1
        number = self._count
        message = {"id": number, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + SECONDS
        while number not in self._answers:
            self._receive(end)
        answer = self._answers.pop(number)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _receive(self, end: float) -> None:
        assert select.select([self._read], [], [], max(0.0, end - time.monotonic()))[0], "Chromium does not answer"
        data = os.read(self._read, 1 << 20)
        assert data, "Chromium is gone"
        *messages, self._rest = (self._rest + data).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self._event(message["method"], message["params"])

    def _event(self, method: str, params: Any) -> None:
        if method == "Log.entryAdded":
            self.log.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled":
            self.log.append(" ".join(str(a.get("value", a.get("description"))) for a in params["args"]))
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.log.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Page.loadEventFired":
            self._loaded = True

    def open(self, address: str) -> float:
        """Go to an address; seconds until it was loaded."""
        self._loaded = False
        start = time.monotonic()
        self("Page.navigate", url=address)
        while not self._loaded:
            self._receive(start + SECONDS)
        return time.monotonic() - start

    def show(self, text: str, folder: Path) -> float:
        """Open a page from a file."""
        path = folder / "page.html"
        path.write_text(text, "utf-8")
        return self.open(path.as_uri())

    def run(self, expression: str) -> Any:
        """The value of an expression, awaited."""
        found = self("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str, seconds: float = 15) -> Any:
        """The value of an expression once it is true."""
        end = time.monotonic() + seconds
        while not (value := self.run(expression)):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.05)
        return value

    def size(self, width: int, height: int = 900, *, dark: bool = False, media: str = "") -> None:
        """Size of the window, and what the reader's system prefers."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def click(self, selector: str) -> None:
        """Press and release the mouse in the middle of an element, which must be what is there."""
        x, y, hit = self.run(f"""(() => {{
            const e = document.querySelector({json.dumps(selector)});
            e.scrollIntoView({{block: 'center', inline: 'nearest'}});
            const r = e.getBoundingClientRect(), x = r.left + r.width / 2, y = r.top + r.height / 2;
            const top = document.elementFromPoint(x, y);
            return [x, y, e.contains(top) || top.contains(e)];
        }})()""")
        assert hit, f"{selector} is covered"
        for kind in ("mousePressed", "mouseReleased"):
            self("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Move the mouse with its button down."""
        self("Input.dispatchMouseEvent", type="mousePressed", x=start[0], y=start[1], button="left", clickCount=1)
        for k in range(1, 6):
            x, y = (a + (b - a) * k / 5 for a, b in zip(start, end, strict=True))
            self("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, button="left", buttons=1)
        self("Input.dispatchMouseEvent", type="mouseReleased", x=end[0], y=end[1], button="left", clickCount=1)

    def key(self, *keys: str) -> None:
        """Press keys by name; ``Shift+Tab`` too."""
        for name in keys:
            shift, _, last = name.rpartition("+") if len(name) > 1 else ("", "", name)
            code, text = KEYS.get(last, (ord(last.upper()) if len(last) == 1 else 0, last if len(last) == 1 else ""))
            common = {"key": last, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0}
            self("Input.dispatchKeyEvent", type="keyDown", **common, **({"text": text} if text else {}))
            self("Input.dispatchKeyEvent", type="keyUp", **common)

    def write(self, text: str) -> None:
        """Type a text where the focus is."""
        self("Input.insertText", text=text)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Save a screenshot, of the window or of all of the page."""
        found = self("Page.captureScreenshot", captureBeyondViewport=whole, **({"clip": {
            **dict(zip(("width", "height"), self.run("[document.documentElement.scrollWidth, "
                                                     "document.documentElement.scrollHeight]"), strict=True)),
            "x": 0, "y": 0, "scale": 1}} if whole else {}))
        path.write_bytes(base64.b64decode(found["data"]))

    def pdf(self) -> bytes:
        """The page as it is printed on A4."""
        found = self("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=True)
        return base64.b64decode(found["data"])


@contextmanager
def chromium(folder: Path) -> Iterator[Tab]:
    """A Chromium with a profile in a folder; it ends with the block."""
    assert CHROMIUM, "needs Chromium: apt install chromium"
    theirs_in, ours_out = _pipe()
    ours_in, theirs_out = _pipe()
    command = [sys.executable, "-c", START, str(theirs_in), str(theirs_out), CHROMIUM,
               f"--user-data-dir={folder / 'profile'}", *OPTIONS]
    process = subprocess.Popen(command, pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    os.close(theirs_in)
    os.close(theirs_out)
    try:
        yield Tab(ours_in, ours_out)
    finally:
        process.kill()
        process.wait(SECONDS)
        os.close(ours_in)
        os.close(ours_out)


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are above those that the protocol has in Chromium, 3 and 4."""
    ends = os.pipe()
    found = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 5) for end in ends)
    for end in ends:
        os.close(end)
    return found[0], found[1]
