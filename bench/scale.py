"""How soon lists and figures are answered on a large cluster with a long history.

    python3 bench/scale.py USHER [--sessions N] [--licenses N] [--days N] [--rounds N] [--keep DIR] [--out FILE]

`usher demo --scale` makes the cluster. Every list is then asked for as the console asks for it, and every figure of the
license with the most history.

What is printed is p50, p95 and the longest of `--rounds` answers, asked for one after another with other words each time.
The exit code is 1 if a list takes 200 ms or more at p95, or if the peaks that are told differ from a recount of the
records. With `--keep` the nodes go on, the next run with the same directory measures them again, and
`usher demo --stop --data DIR` ends them.
"""

from __future__ import annotations

import argparse
import datetime
import http.client
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

from asks import figures, lists, query, stamp
from peers.processes import clean_environment

LIST_P95_MS = 200


class Api:
    """Calls to one node over a connection that stays."""

    def __init__(self, url: str, token: str) -> None:
        self.host = urllib.parse.urlsplit(url).netloc
        self.headers = {"Authorization": f"Bearer {token}"}
        self.connection: Optional[http.client.HTTPConnection] = None

    def get(self, path: str) -> Any:
        status, said = self.once(path)
        if status != 200:
            sys.exit(f"{path} gave {status}: {said.decode()[:300]}")
        return json.loads(said)

    def once(self, path: str) -> tuple[int, bytes]:
        for attempt in range(2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.host, timeout=60)
            try:
                self.connection.request("GET", f"/api/v1{path}", headers=self.headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                # A connection that was quiet for long is ended by the other side.
                self.connection = None
                if attempt == 1:
                    raise
        raise AssertionError


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def below(times: list[float], share: float) -> float:
    """What this share of the times, which are in order, is not above."""
    return times[min(len(times) - 1, math.ceil(share * len(times)) - 1)]


def measured(api: Api, kind: str, asks: Iterable[list[tuple[str, str]]]) -> list[dict[str, Any]]:
    took: dict[str, list[float]] = {}
    for round in asks:
        for name, path in round:
            begun = time.perf_counter()
            status, said = api.once(path)
            spent = (time.perf_counter() - begun) * 1000
            if status != 200:
                sys.exit(f"{name}: {path} gave {status}: {said.decode()[:300]}")
            took.setdefault(name, []).append(spent)
    rows = []
    for name, times in took.items():
        times.sort()
        row = {"kind": kind, "name": name, "p50_ms": below(times, 0.5), "p95_ms": below(times, 0.95)}
        rows.append({**row, "max_ms": times[-1]})
    return rows


def recounted(api: Api, license: str) -> dict[str, tuple[int, int]]:
    """The most seats held in each hour and what was refused in it, counted by hand from the license's records."""
    hours: dict[str, tuple[int, int]] = {}
    sessions: dict[str, int] = {}
    holders: dict[str, str] = {}
    after: Optional[int] = None
    hour = None
    while True:
        more = {} if after is None else {"after": after}
        page = api.get(query("/audit", about=license, limit=200, **more))
        for record in page["items"]:
            at = record["at"][:13] + ":00:00.000Z"
            if at != hour:
                # An hour begins with what was held at the end of the one before; those between are as quiet.
                hour, refused = at, 0
                peak = len(sessions)
            if record["event"] == "granted":
                holders[record["subject"]] = record["holder"]
                sessions[record["holder"]] = sessions.get(record["holder"], 0) + 1
            elif record["event"] == "ended":
                holder = holders.pop(record["subject"])
                sessions[holder] -= 1
                if sessions[holder] == 0:
                    del sessions[holder]
            elif record["event"] == "refused" and record["command"] == "acquire":
                refused += 1
            peak = max(peak, len(sessions))
            hours[at] = (peak, refused)
        after = page["next_after"]
        if after is None:
            return hours


def agrees(api: Api, license: str, days: int) -> int:
    """Compares the peaks that are told with a recount: how many hours are equal, in which something happened."""
    now = datetime.datetime.now(datetime.timezone.utc)
    path = query(
        f"/licenses/{license}/analytics/peaks",
        **{"from": stamp(now - datetime.timedelta(days=days + 1))},
    )
    told = {item["hour"]: (item["peak"], item["refused"]) for item in api.get(path)["items"]}
    hours = recounted(api, license)
    wrong = {hour: (told.get(hour), counted) for hour, counted in hours.items() if told.get(hour) != counted}
    if wrong:
        sys.exit(f"of {len(hours)} hours {len(wrong)} differ from a recount, such as {next(iter(wrong.items()))}")
    return len(hours)


def measure(about: dict[str, Any], rounds: int) -> dict[str, Any]:
    api = Api(about["nodes"][0]["api"], about["admin_token"])
    now = datetime.datetime.now(datetime.timezone.utc)
    licenses = api.get(query("/licenses", sort="created", order="asc", limit=200))["items"]
    asked = {
        **about,
        "now": now,
        "from": now - datetime.timedelta(days=about["days"]),
        # The first that was made has the most history.
        "busiest": licenses[0]["id"],
        "licenses": licenses,
        # Customers are numbered from 0 on, one for four licenses.
        "numbered": -(-about["licenses"] // 4),
        "customers": sorted({license["customer"]["id"] for license in licenses}),
    }
    draw = random.Random(3)
    summary = api.get("/summary")
    cluster = api.get("/cluster")
    tell("lists …")
    rows = measured(api, "list", (list(lists(asked, draw)) for _ in range(rounds)))
    tell("figures …")
    rows += measured(api, "figure", (list(figures(asked)) for _ in range(max(5, rounds // 4))))
    tell("a recount …")
    hours = agrees(api, asked["busiest"], about["days"])
    return {
        "hours_recounted": hours,
        "sessions": api.get("/sessions?limit=1&sort=granted").get("total"),
        "licenses": summary["all"]["licenses"],
        "audit_records": cluster["audit"]["size"],
        "days": about["days"],
        "version": cluster["version"],
        "rounds": rounds,
        "made_in_seconds": about["made_in_seconds"],
        "rows": rows,
    }


def table(told: dict[str, Any]) -> str:
    head = (
        f"{told['hours_recounted']:,} hours agree with a recount.\n"
        f"{told['sessions']:,} sessions, {told['licenses']:,} licenses, {told['audit_records']:,} records of "
        f"{told['days']} days\n\n| | p50 ms | p95 ms | longest ms |\n|---|---|---|---|\n"
    )
    rows = (
        f"| {row['name']} | {row['p50_ms']:.1f} | {row['p95_ms']:.1f} | {row['max_ms']:.1f} |" for row in told["rows"]
    )
    return head + "\n".join(rows)


def made(usher: Path, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """The cluster with its history, as `usher demo` tells how to reach it, and what was asked of it."""
    sizes = {name: getattr(arguments, name) for name in ("licenses", "sessions", "days")}
    command = [usher, "demo", "--detach", "--data", folder, "-o", "json", "--scale"]
    command += [str(part) for name, size in sizes.items() for part in (f"--{name}", size)]
    begun = time.monotonic()
    run = subprocess.run(command, check=False, env=clean_environment(), stdout=subprocess.PIPE)
    if run.returncode != 0:
        sys.exit(run.returncode)
    return {**json.loads(run.stdout), **sizes, "made_in_seconds": time.monotonic() - begun}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("usher", type=Path)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--licenses", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="a directory in which the nodes go on, to be measured again")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    usher = arguments.usher.resolve()
    # Not /tmp, which may be in memory: what is measured is durable on a disk.
    folder = arguments.keep or Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR", "/var/tmp")))
    record = folder.with_name(f"{folder.name}.json")
    try:
        if not record.exists():
            cluster = made(usher, folder, arguments)
            # It has the admin token.
            record.touch(mode=0o600)
            record.write_text(json.dumps(cluster))
        told = measure(json.loads(record.read_text()), arguments.rounds)
    finally:
        if arguments.keep is None:
            command = [usher, "demo", "--stop", "--data", folder]
            subprocess.run(command, check=False, env=clean_environment(), capture_output=True)
            shutil.rmtree(folder, ignore_errors=True)
            record.unlink(missing_ok=True)
    print(table(told))
    if arguments.out:
        arguments.out.write_text(json.dumps(told, indent=2) + "\n")
    slow = [row["name"] for row in told["rows"] if row["kind"] == "list" and row["p95_ms"] >= LIST_P95_MS]
    if slow:
        sys.exit(f"slower than {LIST_P95_MS} ms at p95: {', '.join(slow)}")


if __name__ == "__main__":
    main()
