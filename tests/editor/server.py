"""A client of yaml-language-server: it opens a text and asks for what an editor asks."""

import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from queue import Queue
from typing import Any

FOLDER = os.environ.get("YAML_LANGUAGE_SERVER", "")
"""Where `npm install yaml-language-server` was run; empty where the command is on the path."""


def command() -> str:
    """The server's command."""
    beside = Path(FOLDER, "node_modules", ".bin", "yaml-language-server")
    found = str(beside) if FOLDER and beside.exists() else shutil.which("yaml-language-server")
    assert found, "needs yaml-language-server: npm install yaml-language-server, and YAML_LANGUAGE_SERVER=its folder"
    return found


class Server:
    """A running server with one schema for all files."""

    def __init__(self, schema: Path) -> None:
        self.settings = {"yaml": {"schemas": {schema.as_uri(): "*.yaml"}, "validate": True, "completion": True,
                                  "hover": True, "schemaStore": {"enable": False}}}
        self.process = subprocess.Popen([command(), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        self.answers: dict[int, Queue[Any]] = {}
        self.diagnostics: Queue[Any] = Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {
            "textDocument": {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}},
            "workspace": {"configuration": True}}})
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": self.settings}})

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *error: object) -> None:
        with self.process:          # closes its pipes and waits
            self.process.kill()
            self.reader.join()

    def ask(self, method: str, params: Any) -> Any:
        """The result of a request."""
        number = len(self.answers) + 1
        self.answers[number] = Queue()
        self._send({"id": number, "method": method, "params": params})
        return self.answers[number].get(timeout=60)

    def open(self, text: str, name: str = "net.yaml") -> list[dict[str, Any]]:
        """Open a text; the diagnostics that the server publishes for it."""
        uri = f"file:///{name}"
        self._send({"method": "textDocument/didOpen", "params": {
            "textDocument": {"uri": uri, "languageId": "yaml", "version": 1, "text": text}}})
        while True:
            found = self.diagnostics.get(timeout=60)
            if found["uri"] == uri:
                diagnostics: list[dict[str, Any]] = found["diagnostics"]
                return diagnostics

    def complete(self, text: str, name: str) -> dict[str, Any]:
        """Completions at the mark ``|`` in a text, by label."""
        before, _, after = text.partition("|")
        self.open(before + after, name)
        line, character = before.count("\n"), len(before.rpartition("\n")[2])
        found = self.ask("textDocument/completion", {"textDocument": {"uri": f"file:///{name}"},
                                                     "position": {"line": line, "character": character}})
        return {item["label"]: item for item in found["items"]}

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
        self.process.stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout
        while head := self.process.stdout.readline():
            length = 0
            while head.strip():
                if head.lower().startswith(b"content-length:"):
                    length = int(head.partition(b":")[2])
                head = self.process.stdout.readline()
            message = json.loads(self.process.stdout.read(length))
            if "method" in message and "id" in message:
                asked = message["params"].get("items", []) if isinstance(message.get("params"), dict) else []
                given = [self.settings.get(item.get("section", "")) for item in asked] if asked else None
                self._send({"id": message["id"], "result": given})
            elif message.get("method") == "textDocument/publishDiagnostics":
                self.diagnostics.put(message["params"])
            elif "id" in message:
                self.answers[message["id"]].put(message.get("result"))
