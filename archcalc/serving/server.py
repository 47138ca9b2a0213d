"""A server for one page on the loopback interface."""

from __future__ import annotations

import errno
import json
import os
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from archcalc.errors import UsageError
from archcalc.serving.live import Live, State

HOST = "127.0.0.1"
NAMES = (HOST, "localhost", "[::1]")
"""What a browser may call this machine. Another name is a page elsewhere that has its name resolved to here."""
HEARTBEAT = 10.0
"""Seconds after which a listener that has gone is noticed."""
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
           "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin"}


class Server(ThreadingHTTPServer):
    """Serves a live page at ``/`` and its states at ``/events``. Raises `UsageError` for a port it cannot have."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"   # there, it would share a port that is in use

    def __init__(self, live: Live, port: int) -> None:
        self.live = live
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise UsageError(_refused(port, error)) from None

    @property
    def address(self) -> str:
        """The page's address."""
        return f"http://{HOST}:{self.server_port}/"

    def server_bind(self) -> None:
        """Bind, without the look-up of a name that http.server would do."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader who goes away is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _refused(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use; choose another with --port, or 0 for any that is free"
    if error.errno == errno.EACCES:
        return f"port {port} is not for everybody; choose one above 1023 with --port"
    return f"port {port} cannot be had: {error.strerror or error}"


class Handler(BaseHTTPRequestHandler):
    """Answers to GET for who calls this machine by its own name."""

    server: Server
    server_version, sys_version = "archcalc", ""

    def do_GET(self) -> None:
        """The page, its states, or an error."""
        hosts = {f"{name}:{self.server.server_port}" for name in NAMES}
        if self.server.server_port == 80:
            hosts |= set(NAMES)
        path = self.path.partition("?")[0]
        if self.headers.get("Host", "").lower() not in hosts:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "This server answers to localhost only.\n")
        elif path == "/":
            self._answer(HTTPStatus.OK, "text/html", self.server.live.page)
        elif path == "/events":
            self._events()
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", "There is only one page here: /\n")

    def _answer(self, status: HTTPStatus, kind: str, text: str) -> None:
        data = text.encode()
        self._head(status, kind, {"Content-Length": str(len(data))})
        self.wfile.write(data)

    def _head(self, status: HTTPStatus, kind: str, more: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": f"{kind}; charset=utf-8", **HEADERS, **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def _events(self) -> None:
        """The state now and after each change, as server-sent events."""
        self._head(HTTPStatus.OK, "text/event-stream", {})
        state: State | None = None
        while True:
            now = self.server.live.after(state, HEARTBEAT)
            text = f"event: state\ndata: {json.dumps(now._asdict())}\n\n" if now != state else ": still here\n\n"
            state = now
            self.wfile.write(text.encode())
            self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are nobody's business."""
