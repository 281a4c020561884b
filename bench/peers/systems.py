"""The systems that are compared: how each is started with fresh data on disk, and what drives it."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from classic_server import answers, classic
from needs import Needs
from processes import Failed, clean_environment, free_ports, running, until
from settings import Settings


@dataclass(frozen=True)
class System:
    """A system that runs: the processes it is, and the command that drives it."""

    pids: list[int]
    load: list[str | Path]
    environment: dict[str, str] = field(default_factory=dict)


def start(name: str, settings: Settings, needs: Needs, data: Path) -> contextlib.AbstractContextManager[System]:
    """Start a system; it ends with the block."""
    starts = {"usher": _usher, "etcd": _etcd, "classic": _classic, "floor": _floor}
    return starts[name](settings, needs, data)


def _bench(settings: Settings, needs: Needs, urls: list[str]) -> list[str | Path]:
    """`usher bench`, which drives all that speak usher's calls."""
    return [needs.usher, "bench", "--url", ",".join(urls), "-o", "json", *_amount(settings)]


def _amount(settings: Settings) -> list[str]:
    return ["--clients", str(settings.clients), "--duration", settings.duration, "--warmup", settings.warmup]


@contextlib.contextmanager
def _usher(settings: Settings, needs: Needs, data: Path) -> Iterator[System]:
    """Three nodes, as `usher demo` starts them."""
    demo = [needs.usher, "demo", "--data", data / "demo"]
    try:
        told = subprocess.run(
            [*demo, "--detach", "-o", "json"],
            check=False,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if told.returncode != 0:
            raise Failed(f"`usher demo` ended with {told.returncode}: {told.stderr}")
        facts = json.loads(told.stdout)
        yield System(
            [node["pid"] for node in facts["nodes"]],
            _bench(settings, needs, [node["api"] for node in facts["nodes"]]),
            {"USHER_LICENSE_KEY": facts["bulk_license_key"]},
        )
    finally:
        subprocess.run([*demo, "--stop"], check=False, env=clean_environment(), capture_output=True)


@contextlib.contextmanager
def _etcd(settings: Settings, needs: Needs, data: Path) -> Iterator[System]:
    """Three nodes with the settings that etcd ships with."""
    ports = free_ports(6)
    clients = [f"127.0.0.1:{port}" for port in ports[:3]]
    peers = [f"http://127.0.0.1:{port}" for port in ports[3:]]
    members = ",".join(f"node{at}={peer}" for at, peer in enumerate(peers))
    with contextlib.ExitStack() as nodes:
        started = []
        for at, (client, peer) in enumerate(zip(clients, peers)):
            log = data / f"etcd-{at}.log"
            command = [
                *(needs.etcd, "--name", f"node{at}", "--data-dir", data / f"etcd-{at}"),
                *("--listen-client-urls", f"http://{client}", "--advertise-client-urls", f"http://{client}"),
                *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
                *("--initial-cluster", members, "--initial-cluster-token", data.name, "--log-level", "warn"),
            ]
            started.append((nodes.enter_context(running(command, log)), client, log))
        for process, client, log in started:
            until(lambda client=client: _healthy(client), f"etcd at {client}", process, log)
        load = [needs.etcd_driver, "--endpoints", ",".join(clients), *_amount(settings)]
        yield System([process.pid for process, _, _ in started], load)


def _healthy(client: str) -> bool:
    """Whether an etcd node has a leader."""
    with urllib.request.urlopen(f"http://{client}/health", timeout=2) as answer:
        return json.load(answer)["health"] == "true"


@contextlib.contextmanager
def _classic(settings: Settings, needs: Needs, data: Path) -> Iterator[System]:
    license_key = f"CLASSIC-{secrets.token_hex(12).upper()}"
    with classic(settings, needs, data, license_key) as (pids, urls):
        yield System(pids, _bench(settings, needs, urls), {"USHER_LICENSE_KEY": license_key})


@contextlib.contextmanager
def _floor(settings: Settings, needs: Needs, data: Path) -> Iterator[System]:
    """One process that keeps nothing."""
    listen, log = f"127.0.0.1:{free_ports(1)[0]}", data / "floor.log"
    with running([needs.floor, "--listen", listen], log) as process:
        url = f"http://{listen}"
        until(lambda: answers(url), "the floor", process, log)
        yield System([process.pid], _bench(settings, needs, [url]), {"USHER_LICENSE_KEY": "FLOOR-00000"})
