"""One listening server: accepts, reads a request, hands it on, writes the answer. It can vanish and come back."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

BODY_BYTES_MAX = 64 * 1024


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    node: int
    method: str
    path: str
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What to write back; a JSON body unless `raw` says otherwise."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    raw: Optional[Tuple[str, bytes]] = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> Tuple[str, bytes]:
        """The content type and the bytes."""
        if self.raw is not None:
            return self.raw
        kind = "application/json" if self.status == 200 else "application/problem+json"
        return kind, json.dumps(self.body).encode("utf-8")


# Answers None when the connection should end without an answer.
Respond = Callable[[Request], Optional[Answer]]


class Node:
    """A server on a loopback port that stays its own, listening or not."""

    def __init__(self, index: int, respond: Respond, tls: Optional[ssl.SSLContext]) -> None:
        """Bind a free port and listen."""
        self._index = index
        self._respond = respond
        self._tls = tls
        self._socket = _bound(0)
        self.port: int = self._socket.getsockname()[1]
        self._server: Optional[_Server] = None
        self._thread: Optional[threading.Thread] = None
        self.start()

    def start(self) -> None:
        """Listen."""
        if self._server is not None:
            return
        self._server = _Server(self._socket, self._index, self._respond, self._tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="fake-usher", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End every connection and refuse new ones; the port stays bound, so that nobody else gets it."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.end_connections()
        self._server.server_close()
        self._server = self._thread = None
        self._socket = _bound(self.port)

    def close(self) -> None:
        """Give the port up."""
        self.stop()
        self._socket.close()


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, bound: socket.socket, index: int, respond: Respond, tls: Optional[ssl.SSLContext]) -> None:
        super().__init__(bound.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = bound
        self.server_activate()
        self.index = index
        self.respond = respond
        self._tls = tls
        self._connections: List[socket.socket] = []
        self._guard = threading.Lock()

    def get_request(self) -> Tuple[socket.socket, Any]:
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            # The handshake waits for the first read, on the connection's own thread.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        with self._guard:
            self._connections.append(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._connections = [connection for connection in self._connections if connection is not request]
        super().shutdown_request(request)

    def end_connections(self) -> None:
        with self._guard:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is not worth a traceback on the test's output."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(min(length, BODY_BYTES_MAX))
        answer = self.server.respond(Request(self.server.index, self.command, self.path, _body(raw)))
        if answer is None:
            self.close_connection = True
            return
        kind, body = answer.encoded()
        self.send_response(answer.status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that the base class looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Silence: a test's output is the test's."""


def _body(raw: bytes) -> Dict[str, Any]:
    try:
        value = json.loads(raw)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
