"""What a comparison tells: a table for people, everything for programs."""

from __future__ import annotations

import os
import platform
import re
import statistics
from pathlib import Path
from typing import Any

from needs import Needs, version
from settings import PEERS, Settings

CALLS = ("acquire", "heartbeat", "release")

WHAT = {
    "usher": "3 nodes; each change on the disks of 2; signed, audited",
    "etcd": "3 nodes; each change on the disks of 2; neither signed nor audited",
    "classic": "1 PostgreSQL and 1 Redis, no replica; signed, audited",
    "floor": "axum that parses and signs; keeps nothing",
}


def median(runs: list[dict[str, Any]], *path: str) -> float:
    """The median over the rounds of a figure that each run has."""
    figures = []
    for run in runs:
        for name in path:
            run = run[name]
        figures.append(run)
    return statistics.median(figures)


def ratio(usher: list[dict[str, Any]], peer: list[dict[str, Any]]) -> float:
    """How many times a peer's calls usher answers: round by round, because the machine is not always as busy."""
    return statistics.median(ours["rate"] / theirs["rate"] for ours, theirs in zip(usher, peer))


def summary(rounds: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """One row for each system."""
    rows = {}
    for name, runs in rounds.items():
        calls = {call: {at: median(runs, "calls", call, at) for at in ("p50_ms", "p99_ms")} for call in CALLS}
        rows[name] = {
            "what": WHAT[name],
            "rate": round(median(runs, "rate"), 1),
            "rate_min": min(run["rate"] for run in runs),
            "rate_max": max(run["rate"] for run in runs),
            "calls": calls,
            "errors": sum(sum(run["errors"].values()) for run in runs),
            "cpu_us_per_call": {who: round(median(runs, "cpu_us_per_call", who), 1) for who in ("system", "load")},
        }
        if "usher" in rounds:
            ours = rounds["usher"]
            rows[name]["usher_ratio"] = round(ratio(ours, runs), 2)
            spent = median(runs, "cpu_us_per_call", "system") / median(ours, "cpu_us_per_call", "system")
            rows[name]["cpu_ratio"] = round(spent, 2)
    return rows


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The rows for people."""
    head = f"{'SYSTEM':8} {'CALLS/S':>8} {'LOWEST..HIGHEST':>15}"
    head += "".join(f" {f'{call.upper()} P50/P99 MS':>21}" for call in CALLS)
    lines = [head + f" {'ERRORS':>6} {'CPU µS/CALL':>11} {'LOAD µS':>7} {'USHER IS':>9} {'BY CPU':>9}"]
    for name, row in rows.items():
        line = f"{name:8} {row['rate']:8.0f} {'{rate_min:.0f}..{rate_max:.0f}'.format_map(row):>15}"
        for call in CALLS:
            told = "{p50_ms:.1f} / {p99_ms:.1f}".format_map(row["calls"][call])
            line += f" {told:>21}"
        cpu = row["cpu_us_per_call"]
        line += f" {row['errors']:6} {cpu['system']:11.0f} {cpu['load']:7.0f}"
        if name != "usher" and "usher_ratio" in row:
            line += "".join(f" {row[by]:7.2f} x" for by in ("usher_ratio", "cpu_ratio"))
        lines.append(line)
    return "\n".join(lines)


def versions(settings: Settings, needs: Needs) -> dict[str, str]:
    """What was compared."""
    told = {"usher": version([needs.usher, "--version"])}
    if "etcd" in settings.systems:
        told["etcd"] = version([needs.etcd, "--version"])
    if "classic" in settings.systems:
        told["redis-server"] = version([needs.redis_server, "--version"])
        told["postgresql"] = version([needs.postgres_bin / "postgres", "--version"])
        told["python"] = version([needs.python, "--version"])
        wanted = (PEERS / "requirements.txt").read_text(encoding="utf-8")
        told.update(
            (f"python {name}", number) for name, number in re.findall(r"^([a-z]+)==([\d.]+)$", wanted, re.MULTILINE)
        )
    if "floor" in settings.systems:
        lock = (PEERS / "Cargo.lock").read_text(encoding="utf-8")
        told["axum"] = re.search(r'name = "axum"\nversion = "([^"]+)"', lock)[1]
    return told


def machine() -> dict[str, Any]:
    """Where it was compared."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return {"cpus": os.cpu_count(), "cpu": cpu and cpu[1], "kernel": platform.release()}
