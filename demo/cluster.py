"""Three real usher processes on this machine, and the admin calls that the walk needs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Optional


class Cluster:
    """What `usher demo --detach` starts. A context manager: the nodes end with its block, also when starting fails."""

    def __init__(self, usher: str, data: Path, logs: Path) -> None:
        self._usher, self._data, self._logs = usher, data, logs
        self.nodes: list[dict[str, Any]] = []

    def __enter__(self) -> Cluster:
        with contextlib.ExitStack() as failed:
            failed.callback(self._stop)
            self._start()
            failed.pop_all()
        return self

    def __exit__(self, kind: Optional[type[BaseException]], *_: object) -> None:
        if kind is not None:
            self._keep_logs()
        self._stop()

    def _start(self) -> None:
        command = [self._usher, "demo", "--detach", "-o", "json", "--data", str(self._data)]
        started = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        if started.returncode != 0:
            raise RuntimeError(f"`{' '.join(command)}` ended with {started.returncode}")
        facts = json.loads(started.stdout)
        self.nodes = facts["nodes"]
        self.root_file: str = facts["root_file"]
        self._token: str = facts["admin_token"]

    def _stop(self) -> None:
        command = [self._usher, "demo", "--stop", "--data", str(self._data)]
        # Where nothing was started there is nothing to stop, and no need to hear so.
        quiet = None if self.nodes else subprocess.DEVNULL
        with contextlib.suppress(OSError):
            stopped = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=quiet)
            if self.nodes and stopped.returncode != 0:
                print(f"The nodes may still run. `{' '.join(command)}` ends them.", file=sys.stderr)

    def _keep_logs(self) -> None:
        """Copy the nodes' logs: stopping removes their files."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for node in self.nodes:
            with contextlib.suppress(OSError, KeyError):
                shutil.copy(node["log_file"], self._logs / f"{node['name']}.log")

    @property
    def urls(self) -> list[str]:
        return [node["api"] for node in self.nodes]

    def admin(self, method: str, path: str, body: Optional[dict[str, Any]] = None) -> dict[str, Any]:
        """One call, on the first node that answers."""
        deadline = time.monotonic() + 20
        while True:
            for url in self.urls:
                request = urllib.request.Request(
                    f"{url}/api/v1{path}",
                    method=method,
                    data=None if body is None else json.dumps(body).encode(),
                    headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
                )
                try:
                    with urllib.request.urlopen(request, timeout=5) as answer:
                        return json.load(answer)
                except urllib.error.HTTPError as error:
                    if error.code < 500:
                        raise RuntimeError(f"{method} {path}: {error.read().decode()}") from error
                except OSError:
                    pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"{method} {path}: no node answers")
            time.sleep(0.1)

    def leader(self) -> Optional[dict[str, Any]]:
        """The node that leads, if one does."""
        seen = self.admin("GET", "/cluster")
        led = [node["api_url"].rstrip("/") for node in seen["nodes"] if node["id"] == seen["leader"]]
        return next((node for node in self.nodes if node["api"].rstrip("/") in led), None)

    def wait_for_leader(self, other_than: Optional[int] = None) -> tuple[dict[str, Any], float]:
        """Wait until a process leads, or another than this one; which, and how long that took."""
        begun = time.monotonic()
        while time.monotonic() - begun < 20:
            leader = self.leader()
            if leader is not None and leader["pid"] != other_than:
                return leader, time.monotonic() - begun
            time.sleep(0.02)
        raise RuntimeError("no node took the lead")


class Catalogue:
    """A product with the plans that the walk sells."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._product = cluster.admin(
            "POST",
            "/products",
            {
                "code": "walk",
                "name": "Walk-through",
                "key_prefix": "WALK",
                "renewal_url": "https://coditect.example/renew",
            },
        )["id"]
        self._customer = cluster.admin("POST", "/customers", {"name": "Walk-through Ltd"})["id"]
        short = {"ttl_seconds": 6, "heartbeat_seconds": 1, "offline": "lenient", "grace_seconds": 60}
        self._plans = {"pro": self._plan("pro", "Pro", {}), "short": self._plan("short", "Short", short)}

    def _plan(self, code: str, name: str, terms: dict[str, Any]) -> str:
        body = {"product": self._product, "code": code, "name": name, "entitlements": {"gpu": True}, **terms}
        return self._cluster.admin("POST", "/plans", body)["id"]

    def license(self, plan: str, seats: int, **more: Any) -> dict[str, Any]:
        """A new license; its key is in the answer."""
        body = {"plan": self._plans[plan], "customer": self._customer, "seats": seats, **more}
        return self._cluster.admin("POST", "/licenses", body)


def kill(pid: int) -> None:
    """End a process without warning."""
    os.kill(pid, signal.SIGKILL)
