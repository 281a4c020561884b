"""How soon lists and figures are answered on a large cluster with a long history.

    python3 bench/scale.py USHER [--sessions N] [--licenses N] [--days N] [--rounds N] [--keep DIR] [--out FILE]

Three nodes of this machine are founded with wall clocks `--days` ago, by libfaketime, and filled through the API as those
days go by: the clocks are set forward hour by hour, and the cluster follows them as it follows any majority of clocks.
Then the true time is reached, the nodes are started again without libfaketime, and sessions are acquired until `--sessions`
are live. Every list is then asked for as the console asks for it, and every figure of the license with the most history.

What is printed is p50, p95 and the longest of `--rounds` answers, asked for one after another with other words each time.
The exit code is 1 if a list takes 200 ms or more at p95, or if the peaks that are told differ from a recount of the
records. With `--keep` the nodes go on: their address and token are printed, the next run with the same directory measures
them again, and `--stop` ends them.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import http.client
import itertools
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Optional

from many import Demo
from peers.processes import clean_environment

LIBRARIES = (
    Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"),
    Path("/usr/lib64/faketime/libfaketimeMT.so.1"),
)
LIST_P95_MS = 200
CLIENTS = 24
# Licenses with a history; the first of them has the most.
BUSY = 120
SEATS = 25
TTL = 12 * 3600
STEP_WITHIN = 30.0
# The hours of a day at which the clocks are set, on working days and on others.
HOURS = {True: (7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19), False: (9, 15, 20)}
# What a call that came while a clock was set, or while the lead changed, is sent again for.
AGAIN = {"REQUEST_TOO_LATE", "NO_LEADER", "OVERLOADED", "OUTCOME_UNKNOWN"}
FIRST = (
    "Aster",
    "Birch",
    "Cedar",
    "Dune",
    "Ember",
    "Fjord",
    "Grove",
    "Heath",
    "Iris",
    "Juniper",
    "Kelp",
    "Larch",
)
SECOND = (
    "Works",
    "Optics",
    "Foundry",
    "Design",
    "Labs",
    "Systems",
    "Studio",
    "Aero",
    "Marine",
    "Bridge",
    "Print",
)
THIRD = ("Ltd", "GmbH", "SA", "Inc", "AB", "BV", "KK", "Oy")


class Failed(Exception):
    """What a call was refused with."""

    def __init__(self, said: dict[str, Any]) -> None:
        super().__init__(json.dumps(said))
        self.code = said.get("code")


class Api:
    """Calls over connections that stay, one for each thread and node."""

    def __init__(self, urls: list[str], token: str) -> None:
        self.hosts = [urllib.parse.urlsplit(url).netloc for url in urls]
        self.token = token
        self.local = threading.local()

    def call(
        self,
        method: str,
        path: str,
        body: Optional[dict[str, Any]] = None,
        node: Optional[int] = None,
    ) -> Any:
        for _ in range(200):
            answer = self.once(method, path, body, node)
            status, said = answer
            if status < 400:
                return json.loads(said) if said else None
            problem = json.loads(said)
            if problem.get("code") not in AGAIN:
                raise Failed(problem)
            time.sleep(0.02)
        raise Failed(problem)

    def once(
        self,
        method: str,
        path: str,
        body: Optional[dict[str, Any]] = None,
        node: Optional[int] = None,
    ) -> tuple[int, bytes]:
        if not hasattr(self.local, "connections"):
            self.local.connections = {}
            self.local.turn = itertools.cycle(range(len(self.hosts)))
        host = self.hosts[next(self.local.turn) if node is None else node]
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        for attempt in range(3):
            connection = self.local.connections.get(host)
            if connection is None:
                connection = self.local.connections[host] = http.client.HTTPConnection(host, timeout=60)
            try:
                connection.request(
                    method,
                    f"/api/v1{path}",
                    None if body is None else json.dumps(body),
                    headers,
                )
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                del self.local.connections[host]
                if attempt == 2:
                    raise
        raise AssertionError


class Clocks:
    """The nodes' wall clocks, which are wrong by as much as a file says."""

    def __init__(self, folder: Path, library: Path) -> None:
        self.file, self.library = folder / "clock", library
        self.ahead = 0.0

    def set(self, ahead: float) -> None:
        self.ahead = ahead
        written = self.file.with_suffix(".new")
        # Whoever reads it finds the old text or the new.
        written.write_text(f"{ahead:+.3f}\n")
        written.rename(self.file)

    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def now(self) -> float:
        return time.time() + self.ahead


class Nodes(Demo):
    """Three nodes that go by `clocks`."""

    def __init__(self, usher: Path, folder: Path, clocks: Clocks) -> None:
        self.clocks = clocks
        super().__init__(usher, folder)

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **self.clocks.environment()}


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def each(
    pool: ThreadPoolExecutor,
    what: Callable[..., Any],
    items: Iterable[Any],
    name: str = "",
) -> list[Any]:
    """Does it to all of them at once, and says how far it is."""
    items = list(items)
    done: list[Any] = []
    told = time.monotonic()
    for result in pool.map(what, items):
        done.append(result)
        if name and time.monotonic() - told > 5:
            told = time.monotonic()
            tell(f"  {len(done):,} of {len(items):,} {name}")
    return done


def catalogue(api: Api, pool: ThreadPoolExecutor, licenses: int) -> list[dict[str, str]]:
    """Products, plans, customers and licenses: the keys and ids of these."""
    for code, name in (("atlas", "Atlas"), ("boreas", "Boreas"), ("corona", "Corona")):
        api.call(
            "POST",
            "/products",
            {"code": code, "name": name, "key_prefix": code.upper()},
        )
        for plan, offline in (("team", "lenient"), ("company", "reserved")):
            terms = {
                "seats": SEATS,
                "ttl_seconds": TTL,
                "heartbeat_seconds": 3600,
                "offline": offline,
            }
            api.call(
                "POST",
                "/plans",
                {"product": code, "code": plan, "name": plan.title(), **terms},
            )
    draw = random.Random(1)
    names = [" ".join(name) for name in itertools.product(FIRST, SECOND, THIRD)]
    customers = max(1, licenses // 4)

    def customer(place: int) -> str:
        name = f"{names[place % len(names)]} {place // len(names) + 1}"
        body = {
            "name": name,
            "reference": f"CRM-{place:05}",
            "email": f"licenses@{place:05}.example",
        }
        return str(api.call("POST", "/customers", body)["id"])

    ids = each(pool, customer, range(customers), "customers")
    plans = [f"{product}:{plan}" for product in ("atlas", "boreas", "corona") for plan in ("team", "company")]
    ends = [draw.choice((None, 20, 45, 80, 200, 400)) for _ in range(licenses)]
    today = datetime.datetime.now(datetime.timezone.utc)

    def license(place: int) -> dict[str, str]:
        body: dict[str, Any] = {
            "plan": plans[place % len(plans)],
            "customer": ids[place % customers],
        }
        if (days := ends[place]) is not None and place >= BUSY:
            body["expires_at"] = (today + datetime.timedelta(days=days)).isoformat().replace("+00:00", "Z")
        made = api.call("POST", "/licenses", body)
        return {
            "id": made["id"],
            "key": made["license_key"],
            "customer": made["customer"]["id"],
        }

    return each(pool, license, range(licenses), "licenses")


def acquire(api: Api, key: str, host: str, version: str = "2.1.4") -> Optional[str]:
    client = {
        "hostname": host,
        "app": "Atlas",
        "version": version,
        "os": "linux",
        "sdk": "python 0.1.0",
    }
    body = {"license_key": key, "hardware_id": f"machine-of-{host}", "client": client}
    try:
        return str(api.call("POST", "/licenses/acquire", body)["session_id"])
    except Failed as failed:
        if failed.code != "SEAT_LIMIT_REACHED":
            raise
        return None


def reach(api: Api, clocks: Clocks, watch: str, to: float) -> None:
    """Sets the clocks forward and waits until the cluster has followed: a majority of them is far ahead of it. `watch` is
    a session that is kept meanwhile; what keeps it is told the cluster's time."""
    clocks.set(to - time.time())
    deadline = time.monotonic() + STEP_WITHIN
    at = 0.0
    while time.monotonic() < deadline:
        told = api.call("PUT", "/licenses/heartbeat", {"session_id": watch}, 0)["server_time"]
        at = datetime.datetime.fromisoformat(told.replace("Z", "+00:00")).timestamp()
        if at > to - 60:
            return
        time.sleep(0.02)
    sys.exit(f"the cluster's clock did not follow to {to:.0f} within {STEP_WITHIN:.0f} s; it is at {at:.0f}")


def wanted(at: datetime.datetime, day: int, days: int, draw: random.Random) -> float:
    """The share of a license's seats that its users want at an hour: more on working days, and more each week."""
    busy = max(0.0, 1 - abs(at.hour - 13) / 6.5) * (1.0 if at.weekday() < 5 else 0.2)
    return busy * (0.7 + 0.5 * day / max(1, days)) + draw.random() * 0.15


def history(
    api: Api,
    clocks: Clocks,
    pool: ThreadPoolExecutor,
    licenses: list[dict[str, str]],
    days: int,
) -> int:
    """Lets the days go by. How many calls took, gave back or were refused a seat."""
    draw = random.Random(2)
    held: list[list[str]] = [[] for _ in licenses[: min(BUSY, len(licenses) - 1)]]
    watch = acquire(api, licenses[-1]["key"], "watch")
    assert watch is not None, "the last license has no history"
    calls = 0
    begin = datetime.datetime.fromtimestamp(clocks.now(), datetime.timezone.utc).replace(minute=0, second=0)
    told = time.monotonic()
    for day in range(days):
        date = begin + datetime.timedelta(days=day)
        for hour in HOURS[date.weekday() < 5]:
            at = date.replace(hour=hour)
            if not clocks.now() + 120 < at.timestamp() < time.time() - 3600:
                continue
            reach(api, clocks, watch, at.timestamp())
            jobs: list[tuple[int, Optional[str]]] = []
            for place, sessions in enumerate(held):
                # The first is as busy as its hour is, the others now and then.
                if place > 0 and draw.random() > 0.25:
                    continue
                want = round(wanted(at, day, days, draw) * SEATS * (1 if place == 0 else 0.4))
                draw.shuffle(sessions)
                while len(sessions) > want:
                    jobs.append((place, sessions.pop()))
                jobs += [(place, None)] * (want - len(sessions))

            def work(job: tuple[int, Optional[str]], at: datetime.datetime = at) -> None:
                place, session = job
                if session is not None:
                    api.call("POST", "/licenses/release", {"session_id": session})
                    return
                host = f"desk-{place:03}-{random.randrange(60):02}.{at.month}"
                if (
                    taken := acquire(
                        api,
                        licenses[place]["key"],
                        host,
                        f"2.{at.month - 1}.{at.day % 4}",
                    )
                ) is not None:
                    held[place].append(taken)

            each(pool, work, jobs)
            calls += len(jobs)
        if time.monotonic() - told > 5:
            told = time.monotonic()
            tell(f"  day {day + 1} of {days}, {calls:,} calls")
    each(
        pool,
        lambda session: api.call("POST", "/licenses/release", {"session_id": session}),
        itertools.chain(*held),
    )
    reach(api, clocks, watch, time.time() - 1)
    clocks.set(0)
    api.call("POST", "/licenses/release", {"session_id": watch})
    return calls


def live(api: Api, pool: ThreadPoolExecutor, licenses: list[dict[str, str]], sessions: int) -> None:
    def take(place: int) -> None:
        version = f"2.{place % 7}.{place % 3}"
        acquire(
            api,
            licenses[place % len(licenses)]["key"],
            f"host-{place:06}.{FIRST[place % len(FIRST)].lower()}",
            version,
        )

    each(pool, take, range(sessions), "sessions")


def lists(about: dict[str, Any], draw: random.Random) -> Iterator[tuple[str, str]]:
    """Every list as the console asks for it, each time with other words."""
    number = draw.randrange
    customer = draw.choice(about["customers"])
    license = draw.choice(about["licenses"])
    first, second = draw.choice(FIRST).lower(), draw.choice(SECOND).lower()
    earlier = about["from"] + datetime.timedelta(hours=number(max(1, 24 * (about["days"] - 2))))
    day = {"from": stamp(earlier), "to": stamp(earlier + datetime.timedelta(days=1))}
    for sort in ("name", "created", "licenses", "in_use"):
        for order in ("asc", "desc"):
            yield (
                f"customers by {sort}, {order}",
                query("/customers", sort=sort, order=order, limit=50),
            )
    yield "customers, a common word", query("/customers", search=first, limit=50)
    yield (
        "customers, a rare word",
        query("/customers", search=f"CRM-{number(len(about['customers'])):05}", limit=50),
    )
    yield (
        "customers, no match",
        query("/customers", search=f"zz{number(10**6)}", limit=50),
    )
    for sort in ("customer", "product", "in_use", "free", "ends", "created"):
        for order in ("asc", "desc"):
            yield (
                f"licenses by {sort}, {order}",
                query("/licenses", sort=sort, order=order, limit=50),
            )
    for status in ("active", "suspended", "expired", "revoked"):
        yield (
            f"licenses, {status}",
            query("/licenses", status=status, sort="customer", limit=50),
        )
    yield "licenses of a customer", query("/licenses", customer=customer, limit=50)
    yield "licenses of a plan", query("/licenses", plan="atlas:team", limit=200)
    yield (
        "licenses of a product, by ends",
        query("/licenses", product="boreas", sort="ends", limit=50),
    )
    yield (
        "licenses, a common word",
        query("/licenses", search=second, sort="customer", limit=50),
    )
    yield (
        "licenses, the end of a key",
        query("/licenses", search=license["key"][-5:], limit=50),
    )
    yield (
        "licenses, no match",
        query("/licenses", search=f"zz{number(10**6)}", limit=50),
    )
    for sort in ("granted", "beat", "host", "customer"):
        for order in ("asc", "desc"):
            yield (
                f"sessions by {sort}, {order}",
                query("/sessions", sort=sort, order=order, limit=100),
            )
    yield (
        "sessions of a license",
        query("/sessions", license=license["id"], sort="granted", order="desc", limit=100),
    )
    yield (
        "sessions of a customer",
        query("/sessions", customer=customer, sort="granted", order="desc", limit=100),
    )
    yield (
        "sessions of a product",
        query("/sessions", product="corona", sort="granted", order="desc", limit=100),
    )
    yield (
        "sessions, a common word",
        query("/sessions", search=first, sort="granted", order="desc", limit=100),
    )
    yield (
        "sessions, a rare word",
        query(
            "/sessions",
            search=f"host-{number(about['sessions']):06}",
            sort="granted",
            limit=100,
        ),
    )
    yield (
        "sessions, a rare word, by host",
        query(
            "/sessions",
            search=f"host-{number(about['sessions']):06}",
            sort="host",
            limit=100,
        ),
    )
    yield (
        "sessions, no match",
        query("/sessions", search=f"zz{number(10**6)}", sort="granted", limit=100),
    )
    yield "people", query("/people", limit=50)
    yield "tokens", query("/tokens", limit=50)
    yield "products", query("/products", limit=50)
    yield "plans", query("/plans", limit=200)
    yield "activity, newest", query("/audit", order="desc", limit=50)
    for event in ("granted", "ended", "changed", "refused"):
        yield f"activity, {event}", query("/audit", order="desc", limit=50, event=event)
    yield (
        "activity of an application",
        query("/audit", order="desc", limit=50, actor="client"),
    )
    yield (
        "activity of the cluster",
        query("/audit", order="desc", limit=50, actor="system"),
    )
    yield (
        "activity about a license",
        query("/audit", order="desc", limit=50, about=license["id"]),
    )
    yield (
        "activity about a customer",
        query("/audit", order="desc", limit=50, about=customer),
    )
    yield (
        "activity, a rare command",
        query("/audit", order="desc", limit=50, command="create_product"),
    )
    yield "activity of a day", query("/audit", order="desc", limit=50, **day)
    yield (
        "activity, refusals of a day",
        query("/audit", order="desc", limit=50, event="refused", **day),
    )
    yield "refusals, newest", query("/refusals", limit=50)
    yield "refusals of a license", query("/refusals", limit=50, license=license["id"])
    yield (
        "refusals of the busiest",
        query("/refusals", limit=50, license=about["busiest"]),
    )
    yield (
        "refusals for a rare reason",
        query("/refusals", limit=50, reason="license_revoked"),
    )
    yield "refusals of a day", query("/refusals", limit=50, **day)
    yield (
        "usage of a license, 30 days",
        query(
            f"/licenses/{about['busiest']}/usage",
            limit=200,
            **{"from": stamp(about["now"] - datetime.timedelta(days=30))},
        ),
    )


def figures(about: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What the console makes of the history of the busiest license, and the overview."""
    yield "summary", "/summary"
    for days in (1, 30, 90):
        since = {"from": stamp(about["now"] - datetime.timedelta(days=days))}
        for name in ("peaks", "heat-map", "duration-curve", "idle", "what-if"):
            yield (
                f"{name}, {days} days",
                query(f"/licenses/{about['busiest']}/analytics/{name}", **since),
            )
    yield (
        "peaks, 90 days, csv",
        query(f"/licenses/{about['busiest']}/analytics/peaks", format="csv", **since),
    )
    yield "forecast", f"/licenses/{about['busiest']}/analytics/forecast"
    yield "versions", f"/licenses/{about['busiest']}/analytics/versions"


def query(path: str, **parameters: object) -> str:
    return f"{path}?{urllib.parse.urlencode(parameters)}"


def stamp(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def below(times: list[float], share: float) -> float:
    """What this share of the times, which are in order, is not above."""
    return times[min(len(times) - 1, math.ceil(share * len(times)) - 1)]


def measured(api: Api, kind: str, asks: Iterable[list[tuple[str, str]]]) -> list[dict[str, Any]]:
    took: dict[str, list[float]] = {}
    for round in asks:
        for name, path in round:
            begun = time.perf_counter()
            status, said = api.once("GET", path, node=0)
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
        page = api.call("GET", query("/audit", about=license, limit=200, **more), node=0)
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
    told = {item["hour"]: (item["peak"], item["refused"]) for item in api.call("GET", path, node=0)["items"]}
    hours = recounted(api, license)
    wrong = {hour: (told.get(hour), counted) for hour, counted in hours.items() if told.get(hour) != counted}
    if wrong:
        sys.exit(f"of {len(hours)} hours {len(wrong)} differ from a recount, such as {next(iter(wrong.items()))}")
    return len(hours)


def made(usher: Path, folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """The cluster with its history: how to reach it, and what is in it."""
    library = next((library for library in LIBRARIES if library.exists()), None)
    if library is None:
        sys.exit("libfaketime is not installed, by which the nodes' clocks are set: `apt-get install libfaketime`")
    clocks = Clocks(folder, library)
    clocks.set(-86_400.0 * arguments.days)
    begun = time.monotonic()
    nodes = Nodes(usher, folder / "demo", clocks)
    api = Api([node["api"] for node in nodes.nodes], nodes.token)
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            tell(f"customers and {arguments.licenses:,} licenses are made …")
            licenses = catalogue(api, pool, arguments.licenses)
            tell(f"{arguments.days} days go by …")
            calls = history(api, clocks, pool, licenses, arguments.days)
        # From here on without libfaketime: what is measured is what is shipped.
        for node in (2, 1, 0):
            nodes.kill(node)
            nodes.start(node)
        with ThreadPoolExecutor(CLIENTS) as pool:
            tell(f"{arguments.sessions:,} sessions are acquired …")
            live(api, pool, licenses, arguments.sessions)
    except BaseException:
        nodes.stop()
        raise
    return {
        "api": [node["api"] for node in nodes.nodes],
        "pids": [node["pid"] for node in nodes.nodes],
        "token": nodes.token,
        "days": arguments.days,
        "sessions": arguments.sessions,
        "history_calls": calls,
        "licenses": licenses,
        "made_in_seconds": time.monotonic() - begun,
    }


def measure(about: dict[str, Any], rounds: int) -> dict[str, Any]:
    api = Api(about["api"], about["token"])
    now = datetime.datetime.now(datetime.timezone.utc)
    asked = {
        **about,
        "now": now,
        "from": now - datetime.timedelta(days=about["days"]),
        "busiest": about["licenses"][0]["id"],
        "customers": sorted({license["customer"] for license in about["licenses"]}),
    }
    draw = random.Random(3)
    summary = api.call("GET", "/summary", node=0)
    cluster = api.call("GET", "/cluster", node=0)
    tell("lists …")
    rows = measured(api, "list", (list(lists(asked, draw)) for _ in range(rounds)))
    tell("figures …")
    rows += measured(api, "figure", (list(figures(asked)) for _ in range(max(5, rounds // 4))))
    tell("a recount …")
    hours = agrees(api, asked["busiest"], about["days"])
    return {
        "hours_recounted": hours,
        "sessions": api.call("GET", "/sessions?limit=1&sort=granted", node=0).get("total"),
        "licenses": summary["all"]["licenses"],
        "audit_records": cluster["audit"]["size"],
        "days": about["days"],
        "version": cluster["version"],
        "rounds": rounds,
        "made_in_seconds": about["made_in_seconds"],
        "rows": rows,
    }


def table(figures: dict[str, Any]) -> str:
    head = (
        f"{figures['hours_recounted']:,} hours agree with a recount.\n{figures['sessions']:,} sessions, {figures['licenses']:,} licenses, {figures['audit_records']:,} records of "
        f"{figures['days']} days\n\n| | p50 ms | p95 ms | longest ms |\n|---|---|---|---|\n"
    )
    rows = (
        f"| {row['name']} | {row['p50_ms']:.1f} | {row['p95_ms']:.1f} | {row['max_ms']:.1f} |"
        for row in figures["rows"]
    )
    return head + "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("usher", type=Path)
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--licenses", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument(
        "--keep",
        type=Path,
        help="a directory in which the nodes go on, to be measured again",
    )
    parser.add_argument(
        "--stop",
        action="store_true",
        help="end the nodes of --keep, and remove their files",
    )
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.stop:
        if arguments.keep is None:
            parser.error("--stop is for the directory of --keep")
        return stop(arguments.usher, arguments.keep)
    # Not /tmp, which may be in memory: what is measured is durable on a disk.
    folder = arguments.keep or Path(tempfile.mkdtemp(dir=os.environ.get("TMPDIR", "/var/tmp")))
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "scale.json"
    try:
        if not record.exists():
            cluster = made(arguments.usher.resolve(), folder, arguments)
            # It has the admin token and every license key.
            record.touch(mode=0o600)
            record.write_text(json.dumps(cluster))
        figures = measure(json.loads(record.read_text()), arguments.rounds)
    finally:
        if arguments.keep is None:
            stop(arguments.usher, folder)
    print(table(figures))
    if arguments.keep is not None:
        kept = json.loads(record.read_text())
        tell(f"The nodes go on at {kept['api'][0]}, with the token {kept['token']}.")
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=2) + "\n")
    slow = [row["name"] for row in figures["rows"] if row["kind"] == "list" and row["p95_ms"] >= LIST_P95_MS]
    if slow:
        sys.exit(f"slower than {LIST_P95_MS} ms at p95: {', '.join(slow)}")


def stop(usher: Path, folder: Path) -> None:
    """Ends the nodes and removes what this program made there, and nothing else."""
    record = folder / "scale.json"
    pids = json.loads(record.read_text())["pids"] if record.exists() else []
    for pid in filter(lambda pid: is_of(pid, folder), pids):
        os.kill(pid, signal.SIGTERM)
    command = [usher, "demo", "--stop", "--data", folder / "demo"]
    subprocess.run(command, check=False, env=clean_environment(), capture_output=True)
    until = time.monotonic() + 20
    while any(is_of(pid, folder) for pid in pids) and time.monotonic() < until:
        time.sleep(0.1)
    shutil.rmtree(folder / "demo", ignore_errors=True)
    (folder / "clock").unlink(missing_ok=True)
    record.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def is_of(pid: int, folder: Path) -> bool:
    """Whether a process id that was written down is still of a node with its files there."""
    try:
        return str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    main()
