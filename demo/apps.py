"""Licensed applications as processes of their own, and a cable between them and the cluster that can be cut."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Optional
from urllib.parse import urlsplit

HERE = Path(__file__).parent
# Giving a seat back takes the SDK five seconds at most.
ENDING_SECONDS = 10


class App:
    """One run of `app.py` on a device of the given name. A context manager: it does not outlive its block."""

    def __init__(self, device: str, key: str, urls: list[str], root: str, state_dir: Path) -> None:
        environment = {
            **os.environ,
            "USHER_LICENSE_KEY": key,
            "USHER_URL": ",".join(urls),
            "USHER_ROOT": root,
            "USHER_FINGERPRINT": device,
            "XDG_STATE_HOME": str(state_dir / device),
        }
        self.begun = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "app.py")],
            env=environment,
            # Held open for as long as this process lives: the application ends at the end of its input.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._events: queue.Queue[Optional[dict[str, Any]]] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        """End it if it still runs: in order if it does so soon, else at once."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._reader.join()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def wait(self, *events: str, state: Optional[str] = None, seconds: float = 30) -> dict[str, Any]:
        """The next event of these kinds (and with this state)."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                seen = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise RuntimeError(f"the application did not say {events} {state or ''} in {seconds} s") from None
            if seen is None:
                raise RuntimeError(f"the application ended without saying {events} {state or ''}")
            if seen["event"] in events and state in (None, seen.get("state")):
                return seen
            if seen["event"] == "refused":
                raise RuntimeError(f"the application was refused: {seen['message']}")

    def close(self) -> float:
        """Ask it to end; how long until it had given its seat back."""
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self.wait("released")
        took = time.monotonic() - begun
        self._process.wait()
        return took

    def kill(self) -> None:
        """End it without warning."""
        self._process.kill()
        self._process.wait()


class Cable:
    """A TCP proxy in front of one node. Cut, it drops every connection and takes no new one."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self._target = (target.hostname or "127.0.0.1", target.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._cut = False
        self._guard = threading.Lock()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        with self._guard:
            self._cut = True
            for end in self._open:
                end.close()
            self._open.clear()

    def mend(self) -> None:
        with self._guard:
            self._cut = False

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            with self._guard:
                if self._cut:
                    client.close()
                    server.close()
                    continue
                self._open |= {client, server}
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()
        with self._guard:
            self._open -= {source, sink}
