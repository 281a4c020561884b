"""Three nodes on this machine, as strangers find them: founded, joined, with things sold."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

READY_WITHIN = 60.0
ENDS_WITHIN = 10.0
NODES = ("one", "two", "three")

DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))

CONFIG = """
[node]
name = "{name}"
data_dir = "{folder}/data"

[api]
listen = "{address}:4600"
tls = "off"

[peer]
listen = "{address}:4601"

[ops]
listen = "{address}:4602"

# The walk shows invented keys and tokens by the thousand from one address. The limit on those has tests of its own, and
# would answer in place of everything else here.
[limits]
failed_lookups_burst = 1000000
failed_lookups_per_minute = 1000000
"""


class Cluster:
    """A context manager: the nodes end with its block."""

    def __init__(self, usher: Path, folder: Path) -> None:
        self._usher, self._folder = usher, folder
        # Addresses that nobody else here is likely to take.
        network = f"127.{192 + os.getpid() // 250 % 60}.{os.getpid() % 250}"
        self._addresses = {name: f"{network}.{place}" for place, name in enumerate(NODES, start=1)}
        self._servers: list[subprocess.Popen[bytes]] = []
        self._token = ""

    def __enter__(self) -> Cluster:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def urls(self) -> list[str]:
        return [f"http://{address}:4600" for address in self._addresses.values()]

    @property
    def token(self) -> str:
        return self._token

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, node: int = 0) -> Any:
        """One call of the API that has to succeed."""
        request = urllib.request.Request(
            f"{self.urls[node]}/api/v1{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        try:
            with DIRECTLY.open(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.read().decode()}") from error

    def panics(self) -> int:
        """How many handlers panicked, on all nodes."""
        return sum(int(self._metric(address, "usher_panics_total")) for address in self._addresses.values())

    def agrees(self) -> bool:
        """Whether a node leads, all three are with it, and each has the audit's tree that the others have."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            seen = [self.call("GET", "/cluster", node=node) for node in range(len(NODES))]
            trees = {(view["applied"], view["audit"]["root"]) for view in seen}
            if len(trees) == 1 and all(view["tolerance"] == 1 for view in seen):
                return True
            time.sleep(0.1)
        return False

    def logs(self) -> str:
        """The end of each node's log."""
        ends = []
        for name in NODES:
            lines = (self._folder / name / "usher.log").read_text(encoding="utf-8", errors="replace").splitlines()
            ends += [f"--- {name}", *lines[-20:]]
        return "\n".join(ends)

    def _start(self) -> None:
        first, *others = NODES
        for name in NODES:
            folder = self._folder / name
            folder.mkdir()
            config = CONFIG.format(name=name, folder=folder, address=self._addresses[name])
            (folder / "usher.toml").write_text(config, encoding="utf-8")
        self._token = self._run(first, "init")["admin_token"]
        self._serve(first)
        for name in others:
            join_token = self.call("POST", "/cluster/join-tokens", {})["token"]
            self._run(name, "join", f"{self._addresses[first]}:4601", "--token", join_token)
            self._serve(name)
        if not self.agrees():
            raise RuntimeError(f"the three nodes did not become a cluster\n{self.logs()}")

    def _environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}

    def _command(self, name: str, *words: str) -> list[str]:
        return [str(self._usher), *words, "--config", str(self._folder / name / "usher.toml")]

    def _run(self, name: str, *words: str) -> Any:
        command = [*self._command(name, *words), "-o", "json"]
        return json.loads(subprocess.run(command, env=self._environment(), check=True, stdout=subprocess.PIPE).stdout)

    def _serve(self, name: str) -> None:
        with (self._folder / name / "usher.log").open("wb") as log:
            command = self._command(name, "server")
            server = subprocess.Popen(command, env=self._environment(), stdout=log, stderr=subprocess.STDOUT)
        self._servers.append(server)
        deadline = time.monotonic() + READY_WITHIN
        while not self._is_ready(self._addresses[name]):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the node {name} is not ready\n{self.logs()}")
            time.sleep(0.05)

    def _is_ready(self, address: str) -> bool:
        try:
            with DIRECTLY.open(f"http://{address}:4602/readyz", timeout=5):
                return True
        except OSError:
            return False

    def _metric(self, address: str, name: str) -> float:
        with DIRECTLY.open(f"http://{address}:4602/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    def _stop(self) -> None:
        for server in self._servers:
            server.terminate()
        for server in self._servers:
            try:
                server.wait(ENDS_WITHIN)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
