"""Runs every snippet of the documents against real servers: `python tests/docs/check.py target/debug/usher`.

`rules` says what is done with which block. A block that no rule fits is a failure, so that none goes unnoticed.
"""

from __future__ import annotations

import fnmatch
import functools
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api import Api
from blocks import Block, documents, read
from cluster import Cluster
from dev import Dev, fill, introduce
from machine import Failed, Machine
from mentions import wrong_mentions

ROOT = Path(__file__).parents[2]

# Long measurements, as this check has time for them.
SHORTER = {
    "--clients 1,64,1000 --duration 10s": "--clients 1,8 --duration 1s --warmup 100ms",
    "--rate 500,1000,2000 --clients 256": "--rate 50,100 --clients 8 --duration 1s --warmup 100ms",
    "--sessions 100000 --interval 300s": "--sessions 50 --interval 2s --clients 8",
    "--kills 20": "--kills 1 --clients 8",
    "--duration 30s": "--duration 1s --warmup 100ms",
    "--count 100000": "--count 50",
    "--sessions 100000 --per-call 1000": "--sessions 50 --per-call 10 --duration 1s",
}


class NotHere(str):
    """Why a block is not run by this check."""


class Machines:
    """Makes machines, each with an address that nobody else here is likely to take, and ends their servers."""

    def __init__(self, usher: Path, folder: Path) -> None:
        self._usher, self._folder = usher, folder
        self._all: list[Machine] = []
        self._network = f"127.{64 + os.getpid() // 250 % 128}.{os.getpid() % 250}"

    def __call__(self, name: str) -> Machine:
        machine = Machine(self._folder / name, self._usher, f"{self._network}.{len(self._all) + 1}")
        self._all.append(machine)
        return machine

    def stop(self) -> None:
        for machine in self._all:
            machine.stop()
        for machine in self._all:
            machine.wait()


Rules = list[tuple[str, str, str, "Callable[[Block], Any] | NotHere"]]


def rules(usher: Path, machines: Machines) -> Rules:
    """What is done with a block: the first that fits its document, its language and how it begins."""
    dev = Dev(machines("dev"))
    api, cluster = Api(dev), Cluster(machines)

    make_bench = f"USHER={usher} CLIENTS=1 RATES=50 DURATION=1s WARMUP=100ms KILLS=1 SESSIONS=50 ROUNDS=5"
    in_repository = {
        "make bench OUT=facts/bench.json": f"{make_bench} OUT={dev.machine.home}/bench.json bash packaging/bench.sh",
        "bench/verify.py": "bench/verify.py --rounds 5",
    }

    def repository(block: Block) -> str:
        """Types the commands at the top of the repository."""
        return dev.machine.run(fill(block.text, in_repository), ROOT)

    return [
        ("README.md", "sh", "make demo", NotHere("`make e2e` takes the same walk")),
        ("README.md", "sh", "make test", NotHere("it runs this check")),
        ("README.md", "sh", "cargo build", lambda block: introduce(machines("newcomer"), block)),
        ("docs/operations.md", "sh", "cargo build --release", NotHere("`make bench` builds a release")),
        ("*README.md", "sh", "python3 -m venv my-app", NotHere("`make` installs the SDK into .venv like this")),
        ("*README.md", "python", "import usher_client", dev.python_says("it runs with {'gpu': True}")),
        ("docs/operations.md", "toml", "[node]", cluster.config),
        ("docs/operations.md", "sh", "usher init", cluster.found),
        ("docs/operations.md", "sh", "usher join*--replace", cluster.replace),
        ("docs/operations.md", "sh", "usher join", cluster.join),
        ("docs/operations.md", "sh", "usher status", cluster.status),
        ("docs/operations.md", "sh", "usher product create", cluster.license),
        ("docs/operations.md", "sh", "", cluster.type),
        ("docs/operations.md", "python", "", cluster.python),
        ("docs/measuring.md", "sh", "make bench", repository),
        ("docs/measuring.md", "sh", ".venv/bin/python", repository),
        ("docs/measuring.md", "sh", "usher demo", functools.partial(cluster.fail_over, shorter=SHORTER)),
        ("docs/measuring.md", "sh", "", functools.partial(cluster.measure, shorter=SHORTER)),
        ("docs/api.md", "json", '{\n  "type"', api.problem),
        ("docs/api.md", "json", "", api.call),
        ("docs/tokens.md", "json", '{"keys"', api.root),
        (
            "sdk/python/README.md",
            "sh",
            "python3 -m venv .venv",
            NotHere("`make python`, `check`, `coverage`, `bench` do it"),
        ),
        ("sdk/python/README.md", "python", "async with", dev.python_says("it serves with {'projects': 20}")),
        ("sdk/python/README.md", "python", "def on_state", dev.python_says("IDLE → ACTIVE", "ACTIVE → IDLE")),
        ("sdk/python/README.md", "python", "try:", dev.python_refused),
        ("sdk/python/README.md", "python", "from usher_client import State", dev.pytest),
        ("*", "sh", "", dev.type),
        ("*", "python", "", dev.python),
        ("*", "toml", "", dev.config),
        ("*", "", "", NotHere("a picture")),
    ]


def rule_of(block: Block, all_rules: Rules) -> Callable[[Block], Any] | NotHere:
    for file, language, begins, action in all_rules:
        pattern = re.compile(".*".join(map(re.escape, begins.split("*"))))
        if fnmatch.fnmatch(block.file, file) and block.language == language and pattern.match(block.text):
            return action
    raise Failed(
        block.text, f"(no rule says how to run {block.language!r} that begins so; tests/docs/check.py has them)"
    )


def run(block: Block, all_rules: Rules) -> bool:
    """Runs a block and says what came of it, in one line if all is well."""
    begun = time.monotonic()
    title = f"{f'{block}':24} {block.language:8} {block.first_line[:48]:50}"
    try:
        action = rule_of(block, all_rules)
        if isinstance(action, NotHere):
            print(f"{title} not here: {action}", flush=True)
        else:
            action(block)
            print(f"{title} ok, {time.monotonic() - begun:.1f} s", flush=True)
    except (Failed, ValueError) as failed:
        print(f"{title} FAILED\n{failed}\n", flush=True)
        return False
    return True


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    usher = Path(sys.argv[1]).resolve()
    read_all = [read(ROOT, document) for document in documents(ROOT)]
    blocks, commands, links = ([item for part in parts for item in part] for parts in zip(*read_all))
    with tempfile.TemporaryDirectory(prefix="usher-docs-") as folder:
        machines = Machines(usher, Path(folder))
        try:
            all_rules = rules(usher, machines)
            failures = sum(not run(block, all_rules) for block in blocks)
        finally:
            machines.stop()
    wrong = wrong_mentions(ROOT, usher, commands, links)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if failures or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
