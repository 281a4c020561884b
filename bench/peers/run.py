"""Compares usher with etcd, with a server of the classic design and with a floor: the same load, in the same run.

`python bench/peers/run.py`; the settings come from the environment, README.md beside this file says which.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from needs import Needs, prepare
from processes import Failed, clean_environment, cpu_seconds
from report import WHAT, machine, summary, table, versions
from settings import Settings, seconds
from systems import start

# What a load takes to connect and to end, at most.
LOAD_EXTRA_SECONDS = 60.0


def measure(name: str, settings: Settings, needs: Needs) -> dict[str, Any]:
    """Start a system with fresh data, drive it, end it."""
    with tempfile.TemporaryDirectory(prefix="usher-peers-", dir=settings.data) as folder:
        # Another user's PostgreSQL goes through to its own folder.
        Path(folder).chmod(0o711)
        with start(name, settings, needs, Path(folder)) as system:
            environment = {**clean_environment(), **system.environment}
            load = subprocess.Popen(
                list(map(str, system.load)),
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            try:
                time.sleep(seconds(settings.warmup))
                before = cpu_seconds(system.pids), cpu_seconds([load.pid])
                time.sleep(seconds(settings.duration))
                after = cpu_seconds(system.pids), cpu_seconds([load.pid])
                told, said = load.communicate(timeout=LOAD_EXTRA_SECONDS)
            finally:
                load.kill()
                load.wait()
            if load.returncode != 0:
                raise Failed(f"the load for {name} ended with {load.returncode}: {said.decode(errors='replace')}")
    run = json.loads(told)["runs"][0]
    used = [(end - begin) / run["answers"] * 1e6 for begin, end in zip(before, after)]
    run["cpu_us_per_call"] = {"system": used[0], "load": used[1]}
    return run


def compare(settings: Settings, needs: Needs) -> dict[str, list[dict[str, Any]]]:
    """Each system once in each round, so that what else the machine does meets them alike."""
    rounds: dict[str, list[dict[str, Any]]] = {name: [] for name in settings.systems}
    for number in range(1, settings.rounds + 1):
        for name, runs in rounds.items():
            print(f"Round {number} of {settings.rounds}: {name} …", file=sys.stderr, end=" ", flush=True)
            runs.append(measure(name, settings, needs))
            print(f"{runs[-1]['rate']:.0f} calls/s", file=sys.stderr)
    return rounds


def main() -> int:
    """Compare, print, and write everything to OUT."""
    # So that what runs is ended in order, as at an interrupt.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    settings = Settings.of_environment()
    needs = prepare(settings)
    try:
        rounds = compare(settings, needs)
    except Failed as failed:
        print(f"\n{failed}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    rows = summary(rounds)
    print(
        f"\n{settings.clients} clients, {settings.rounds} rounds of {settings.duration}, all on {os.cpu_count()} CPUs\n"
    )
    print(table(rows) + "\n")
    for name in rows:
        print(f"{name:8} {WHAT[name]}")
    if settings.out:
        figures = {
            "machine": machine(),
            "versions": versions(settings, needs),
            "settings": {name: str(value) for name, value in asdict(settings).items() if name not in ("out", "data")},
            "systems": {name: {**row, "runs": rounds[name]} for name, row in rows.items()},
        }
        out = Path(settings.out)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
