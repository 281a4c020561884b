"""Many live sessions on three nodes of this machine: what they take, and what happens to them.

    python3 bench/many.py USHER [--sessions N] [--ends N] [--out FILE]

The sessions beat at an interval of 300 s throughout. Meanwhile one follower is killed and started again, and the disk of
the other is lost, so that it joins anew and is brought a snapshot. Then, on three new nodes, `--ends` sessions end
within about a second of each other, beside a calm load of acquires and releases.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peers.processes import clean_environment

INTERVAL = 300
WITHIN = 120.0
# Of the sessions that end together: long enough to take them all, and to see what is calm.
TTL = 60
# They end one piece after the other, and have ended by then.
ENDING = 90
RATE = 500


class Demo:
    """Three nodes of `usher demo`, of which this program may end some and start them again."""

    def __init__(self, usher: Path, folder: Path) -> None:
        self.usher, self.folder = usher, folder
        self.told: dict[str, Any] = self.run("demo", "--detach", "--data", folder)
        self.nodes: list[dict[str, Any]] = self.told["nodes"]
        self.own: list[subprocess.Popen[bytes]] = []
        self.token: str = self.told["admin_token"]
        self.urls = ",".join(node["api"] for node in self.nodes)
        self.ops = ",".join(node["ops"] for node in self.nodes)

    def environment(self) -> dict[str, str]:
        known = {"USHER_URL": self.urls, "USHER_TOKEN": self.token} if hasattr(self, "urls") else {}
        return {**clean_environment(), **known}

    def command(self, *arguments: object) -> list[str]:
        return [str(self.usher), *map(str, arguments), "-o", "json"]

    def run(self, *arguments: object) -> Any:
        run = subprocess.run(
            self.command(*arguments), check=False, env=self.environment(), capture_output=True, text=True
        )
        if run.returncode != 0:
            sys.exit(f"usher {' '.join(map(str, arguments))} gave {run.returncode}:\n{run.stderr}")
        return json.loads(run.stdout)

    def ask(self, node: int, path: str) -> Any:
        url = f"{self.nodes[node]['api']}/api/v1{path}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def is_ready(self, node: int) -> bool:
        with contextlib.suppress(OSError, urllib.error.HTTPError):
            urllib.request.urlopen(f"{self.nodes[node]['ops']}/readyz", timeout=1).close()
            return True
        return False

    def kill(self, node: int) -> None:
        os.kill(self.nodes[node]["pid"], signal.SIGKILL)
        time.sleep(1)

    def start(self, node: int) -> float:
        """Starts a node, and tells how long it took until it was ready."""
        begun = time.monotonic()
        config = self.nodes[node]["config_file"]
        with Path(self.nodes[node]["log_file"]).open("ab") as log:
            process = subprocess.Popen(
                [self.usher, "server", "--config", config],
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.own.append(process)
        self.nodes[node]["pid"] = process.pid
        return self.until(lambda: self.is_ready(node), f"node {node + 1} to be ready", begun)

    def until(self, reached: Any, what: str, begun: float) -> float:
        while not reached():
            if time.monotonic() > begun + WITHIN:
                sys.exit(f"waited {WITHIN:.0f} s for {what}")
            time.sleep(0.02)
        return time.monotonic() - begun

    def replace(self, node: int) -> tuple[float, float]:
        """Lets a node lose its disk and join anew: how long until it was ready, and until one more might be lost."""
        self.kill(node)
        old = self.nodes[node]["node_id"]
        config = Path(self.nodes[node]["config_file"])
        shutil.rmtree(config.parent / "data")
        token = self.run("cluster", "join-token")["token"]
        begun = time.monotonic()
        joined = self.run("join", self.nodes[0]["peer"], "--token", token, "--replace", old, "--config", config)
        self.nodes[node]["node_id"] = joined["node"]
        starting = time.monotonic() - begun
        ready = starting + self.start(node)

        def is_whole() -> bool:
            cluster = self.ask(0, "/cluster")
            ids = [member["id"] for member in cluster["nodes"]]
            return cluster["tolerance"] == 1 and cluster["voters"] == 3 and old not in ids

        return ready, self.until(is_whole, "the cluster to be whole", begun)

    def live_sessions(self, node: int) -> int:
        with urllib.request.urlopen(f"{self.nodes[node]['ops']}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(int(line.split()[-1]) for line in lines if line.startswith("usher_sessions_live{"))

    def followers(self) -> tuple[int, int]:
        """The nodes that do not lead: the first one founded the cluster and does, and nothing was done to it."""
        if self.ask(0, "/cluster")["leader"] != self.nodes[0]["node_id"]:
            sys.exit("another node than the first leads; begin again")
        return 1, 2

    def term(self) -> int:
        return int(self.ask(0, "/cluster")["term"])

    def stop(self) -> None:
        subprocess.run(
            self.command("demo", "--stop", "--data", self.folder),
            check=False,
            env=clean_environment(),
            capture_output=True,
        )
        for process in self.own:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


@contextlib.contextmanager
def demo(usher: Path) -> Iterator[Demo]:
    # Not /tmp, which may be in memory: what is measured is durable on a disk.
    folder = Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR", "/var/tmp")))
    nodes = Demo(usher, folder / "demo")
    try:
        yield nodes
    finally:
        nodes.stop()
        shutil.rmtree(folder, ignore_errors=True)


def live(nodes: Demo, sessions: int) -> dict[str, Any]:
    """`sessions` that beat, while one follower is killed and another loses its disk."""
    key = nodes.told["bulk_license_key"]
    command = nodes.command(
        *("bench", "live", "--license-key", key, "--sessions", sessions, "--clients", 256),
        *("--interval", f"{INTERVAL}s", "--duration", f"{INTERVAL + 30}s", "--ops-url", nodes.ops),
    )
    print(f"{sessions} sessions are acquired …", file=sys.stderr)
    bench = subprocess.Popen(
        command, env=nodes.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert bench.stderr and bench.stdout
        if not any("are live" in line for line in bench.stderr):
            sys.exit(f"they were not: usher bench live gave {bench.wait()}")
        killed, lost = nodes.followers()
        time.sleep(20)
        print("one follower is killed and started again …", file=sys.stderr)
        nodes.kill(killed)
        restart = nodes.start(killed)
        time.sleep(20)
        print("the other loses its disk and joins anew …", file=sys.stderr)
        ready, whole = nodes.replace(lost)
        print(f"the sessions go on beating for {INTERVAL} s …", file=sys.stderr)
        told = json.loads(bench.stdout.read())
    finally:
        if bench.poll() is None:
            bench.kill()
        bench.wait()
    before = told["acquiring"]["processes"]
    return {
        "sessions": told["sessions"],
        "acquired_per_second": told["acquiring"]["rate"],
        "resident_bytes": [process["resident_bytes"] for process in before if process["process"] != "load"],
        "restart_seconds": restart,
        "empty_node_ready_seconds": ready,
        "empty_node_whole_seconds": whole,
        "heartbeats_kept": told["heartbeats_kept"],
        "heartbeats_late": told["heartbeats_late"],
        "heartbeats_unanswered": told["heartbeats_unanswered"],
        "sessions_lost": told["sessions_lost"],
    }


def gone_at(nodes: Demo, begin: float, count: int, gone: list[float]) -> None:
    """Notes how long after `begin` a follower has but one in a hundred of the sessions left, beside those of the load."""
    time.sleep(max(0.0, begin - time.time()))
    while time.time() < begin + ENDING:
        if nodes.live_sessions(1) < count // 100 + 256:
            break
        time.sleep(0.5)
    gone.append(time.time() - begin)


def ends(nodes: Demo, count: int) -> dict[str, Any]:
    """`count` sessions that end within about a second, beside a load that does not know of them."""
    nodes.run("plan", "create", "coditect", "short", "--seats", count, "--ttl", f"{TTL}s", "--heartbeat", "20s")
    customer = nodes.run("customer", "create", "Ends")["id"]

    def license_key(plan: str, seats: int) -> str:
        made = nodes.run("license", "create", "--plan", plan, "--customer", customer, "--seats", seats)
        return str(made["license_key"])

    key, own = license_key("short", count), license_key("pro", 1_000)
    print(f"{count} sessions beat once more, within about a second …", file=sys.stderr)
    beats = nodes.run(
        *("bench", "batch", "--license-key", key, "--sessions", count, "--per-call", 10_000),
        *("--clients", 4, "--duration", "3s"),
    )
    beaten, term = time.time(), nodes.term()
    print(f"and end {TTL} s later, beside {RATE} acquires and releases in a second …", file=sys.stderr)
    seconds = TTL + ENDING + 20
    gone: list[float] = []
    watch = threading.Thread(target=gone_at, args=(nodes, beaten + TTL, count, gone))
    watch.start()
    load = nodes.run(
        *("bench", "--license-key", own, "--rate", RATE, "--clients", 256, "--mix", "acquire"),
        *("--warmup", "5s", "--duration", f"{seconds}s"),
    )["runs"][0]
    watch.join()
    begun = datetime.datetime.fromisoformat(load["begun"]).timestamp()
    slot = load["history"]["slot_ms"] / 1000
    calm: list[float] = []
    ending: list[float] = []
    for number, p99 in enumerate(load["history"]["p99_ms"]):
        at = begun - beaten + number * slot
        if p99 is not None:
            (ending if 0 <= at - TTL <= gone[0] else calm).append(p99)
    return {
        "sessions": count,
        "beats_per_second": beats["heartbeats_rate"],
        "elections": nodes.term() - term,
        "errors": load["errors"],
        "gone_in_seconds": gone[0],
        "acquire_p99_ms": {
            "slot": load["history"]["slot_ms"],
            "calm": {"median": statistics.median(calm), "longest": max(calm)},
            "ending": {"median": statistics.median(ending), "longest": max(ending), "each": ending},
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("usher", type=Path)
    parser.add_argument("--sessions", type=int, default=1_000_000)
    parser.add_argument("--ends", type=int, default=100_000)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    figures: dict[str, Any] = {}
    if arguments.sessions:
        with demo(arguments.usher) as nodes:
            figures["live"] = live(nodes, arguments.sessions)
    if arguments.ends:
        with demo(arguments.usher) as nodes:
            figures["ends"] = ends(nodes, arguments.ends)
    text = json.dumps(figures, indent=2)
    print(text)
    if arguments.out:
        arguments.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
