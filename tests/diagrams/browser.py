"""Headless Chromium: what a page shows and says."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Seen(NamedTuple):
    """The value that the page's script left in ``window.result``, and what the console said."""

    result: Any
    console: list[str]


def page(body: str, script: str = "") -> str:
    """A page that leaves ``window.result`` in an element when it is loaded."""
    return (f"<!doctype html><html><head><meta charset='utf-8'><title>test</title></head><body>{body}<script>"
            f"addEventListener('load', async () => {{ {script}\n"
            "const out = document.createElement('pre'); out.id = 'result';"
            "out.textContent = JSON.stringify(window.result === undefined ? null : window.result);"
            "document.body.append(out); });</script></body></html>")


def open_page(text: str, folder: Path, *, dark: bool = False, picture: Path | None = None) -> Seen:
    """Open a page; with ``picture`` also take a screenshot of it."""
    assert CHROMIUM, "needs Chromium: apt install chromium"
    path = folder / "page.html"
    path.write_text(text, "utf-8")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
               "--window-size=900,1400", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=10000",
               "--enable-logging=stderr", f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    if picture is not None:
        subprocess.run([CHROMIUM, *options, f"--screenshot={picture}", path.as_uri()], capture_output=True, check=True,
                       timeout=120)
    done = subprocess.run([CHROMIUM, *options, "--dump-dom", path.as_uri()], capture_output=True, check=True,
                          timeout=120)
    found = re.search(r'<pre id="result">(.*?)</pre>', done.stdout.decode(), re.DOTALL)
    assert found, done.stderr.decode()[-2000:]
    console = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if "CONSOLE" in line]
    import html

    return Seen(json.loads(html.unescape(found[1])), console)
