"""A small HTTP proxy: CONNECT tunnels and absolute requests, both led to one address whatever name they ask for."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import List, Optional, Tuple, Type


class Proxy:
    """Listens on a loopback port; `asked` is what clients asked for, `authorization` what they showed."""

    def __init__(self, target: Tuple[str, int]) -> None:
        self._target = target
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.asked: List[str] = []
        self.authorization: List[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection(self._target) as server:
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            lines = head.split(b"\r\n")
            self.asked.append(lines[0].decode("ascii"))
            self.authorization += [line.decode("ascii") for line in lines if line.lower().startswith(b"proxy-auth")]
            if head.startswith(b"CONNECT"):
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                method, target, version = lines[0].split(b" ")
                path = b"/" + target.split(b"/", 3)[3]
                server.sendall(b" ".join([method, path, version]) + head[len(lines[0]) :])
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join(2)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self._socket.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            data = source.recv(65_536)
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(data)
