"""Walks a three-node cluster through what licensing must never fail at, with the real SDK, and says what happened.

python demo/walk.py path/to/usher
"""

from __future__ import annotations

import logging
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Callable

import usher_client
from apps import App, Cable
from cluster import Catalogue, Cluster, kill

CLIENTS = 50
LAPTOP, DESKTOP = "laptop-of-ada", "desktop-of-ada"


class Walk:
    """The scenarios, in order."""

    def __init__(self, cluster: Cluster, states: Path) -> None:
        self._cluster, self._states = cluster, states
        self._catalogue = Catalogue(cluster)

    def _app(self, device: str, key: str, urls: list[str] | None = None) -> App:
        return App(device, key, urls or self._cluster.urls, self._cluster.root_file, self._states)

    def happy_path(self) -> None:
        """start, beat, give back"""
        key = self._catalogue.license("short", seats=1)["license_key"]
        with self._app(LAPTOP, key) as app:
            held = app.wait("held")
            took = held["at"] - app.begun
            tell(f"a seat after {took:.2f} s, interpreter start included; entitlement gpu = {held['gpu']}")
            time.sleep(2.5)
            tell(f"two heartbeats later it gives the seat back in {app.close() * 1000:.0f} ms")

    def seat_limit(self) -> None:
        """one seat, two devices"""
        key = self._catalogue.license("pro", seats=1)["license_key"]
        with self._app(LAPTOP, key) as laptop:
            laptop.wait("held")
            tell("the laptop has the seat")
            with self._app(DESKTOP, key) as desktop:
                refused = desktop.wait("refused")
            tell(f"the desktop is refused: {refused['code']}, {refused['in_use']} of {refused['limit']} in use")
            laptop.close()
        with self._app(DESKTOP, key) as desktop:
            desktop.wait("held")
            tell("the laptop closes, the desktop gets it")
            desktop.close()

    def crash(self) -> None:
        """killed without a word (plan with a ttl of 6 s)"""
        key = self._catalogue.license("short", seats=1)["license_key"]
        with self._app(LAPTOP, key) as app:
            app.wait("held")
            app.kill()
        with self._app(LAPTOP, key) as again:
            held = again.wait("held")
            tell(f"killed with -9; the same device has its seat again after {held['at'] - again.begun:.2f} s")
            again.kill()
        begun = time.monotonic()
        while not self._takes_seat(DESKTOP, key):
            time.sleep(0.2)
        took = time.monotonic() - begun
        check(took < 8, f"the seat came free only after {took:.1f} s")
        tell(f"killed again; another device gets the seat after {took:.1f} s")

    def _takes_seat(self, device: str, key: str) -> bool:
        """Whether an application gets a seat; it gives it back at once."""
        with self._app(device, key) as app:
            return app.wait("held", "refused")["event"] == "held"

    def offline(self) -> None:
        """the cable is cut (token life 5 s, grace 60 s)"""
        key = self._catalogue.license("short", seats=1)["license_key"]
        cable = Cable(self._cluster.urls[0])
        with self._app(LAPTOP, key, [cable.url]) as app:
            app.wait("held")
            cable.cut()
            begun = time.monotonic()
            app.wait("state", state="grace")
            tell(f"{time.monotonic() - begun:.1f} s after the cut the application goes on in GRACE")
            app.kill()
        with self._app(LAPTOP, key, [cable.url]) as again:
            held = again.wait("held")
            check(held["state"] == "grace", f"it started in {held['state']}")
            tell("killed and started again, still cut off: it runs, in GRACE")
            cable.mend()
            begun = time.monotonic()
            again.wait("state", state="active")
            tell(f"{time.monotonic() - begun:.1f} s after the cable is mended it is ACTIVE again, by itself")
            again.close()

    def expiry(self) -> None:
        """the license comes to its end"""
        soon = datetime.now(timezone.utc) + timedelta(seconds=2)
        key = self._catalogue.license("pro", seats=1, expires_at=soon.isoformat(timespec="milliseconds"))["license_key"]
        time.sleep(2.5)
        with self._app(LAPTOP, key) as app:
            refused = app.wait("refused")
        tell(f"{refused['code']}: {refused['message']}")
        check(refused["renewal_url"] is not None, "the refusal does not say where to renew")

    def leader_killed(self) -> None:
        """50 clients beat every second, then the leader is killed"""
        key = self._catalogue.license("short", seats=CLIENTS)["license_key"]
        lost: list[str] = []
        seats = [
            usher_client.seat(
                key,
                url=self._cluster.urls,
                root=self._cluster.root_file,
                hardware_id=f"workstation-{number:02}",
                state_dir=str(self._states / "fifty"),
                on_lost=lambda change, number=number: lost.append(f"workstation-{number:02}"),
            )
            for number in range(CLIENTS)
        ]
        with ThreadPoolExecutor(CLIENTS) as starting:
            list(starting.map(usher_client.Seat.acquire, seats))
        sessions = [seat.session for seat in seats]
        gaps = Gaps(seats)
        time.sleep(2)
        leader, _ = self._cluster.wait_for_leader()
        kill(leader["pid"])
        _, took = self._cluster.wait_for_leader(other_than=leader["pid"])
        time.sleep(5)
        longest = gaps.stop()
        tell(f"leader {leader['api']} killed with -9; another leads after {took:.2f} s")
        rows = [longest[start : start + 10] for start in range(0, CLIENTS, 10)]
        tell("longest time between two answered beats, by client, in seconds (1.0 is undisturbed):")
        for row in rows:
            tell("  " + " ".join(f"{gap:4.1f}" for gap in row))
        kept = sum(seat.session == before and seat.state.entitled for seat, before in zip(seats, sessions))
        check(not lost and kept == CLIENTS, f"{CLIENTS - kept} clients lost their seat: {lost}")
        tell(f"all {kept} still hold the very same session; the slowest beat came after {max(longest):.1f} s of 6.0 s")
        for seat in seats:
            seat.release()


class Gaps:
    """Watches when each seat last heard the server."""

    def __init__(self, seats: list[usher_client.Seat]) -> None:
        self._seats, self._stop = seats, threading.Event()
        self._longest = [0.0] * len(seats)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        heard = [seat.last_contact for seat in self._seats]
        while not self._stop.wait(0.02):
            for number, seat in enumerate(self._seats):
                now, before = seat.last_contact, heard[number]
                if now is not None and before is not None and now != before:
                    self._longest[number] = max(self._longest[number], (now - before).total_seconds())
                heard[number] = now

    def stop(self) -> list[float]:
        self._stop.set()
        self._thread.join()
        return self._longest


def tell(text: str) -> None:
    print(f"    {text}", flush=True)


def check(good: bool, otherwise: str) -> None:
    if not good:
        raise RuntimeError(otherwise)


def walk(usher: str, data: Path) -> None:
    print("Starting three nodes on loopback, with their data on disk …", flush=True)
    with Cluster(usher, data / "cluster", data / "logs") as cluster:
        for node in cluster.nodes:
            tell(f"{node['api']}  (process {node['pid']})")
        steps = Walk(cluster, data / "apps")
        scenarios: list[Callable[[], None]] = [
            steps.happy_path,
            steps.seat_limit,
            steps.crash,
            steps.offline,
            steps.expiry,
            steps.leader_killed,
        ]
        for number, scenario in enumerate(scenarios, start=1):
            print(f"\n{number}. {scenario.__name__.replace('_', ' ').capitalize()}: {scenario.__doc__}", flush=True)
            started = time.monotonic()
            scenario()
            print(f"    done in {time.monotonic() - started:.1f} s", flush=True)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    # Asked to end, it ends what it has started.
    usher_client.exit_on_sigterm()
    # What the SDK would warn an operator of is told here in the walk's own words.
    logging.getLogger("usher_client").setLevel(logging.CRITICAL)
    data = Path(tempfile.mkdtemp(prefix="usher-demo-"))
    begun = time.monotonic()
    try:
        walk(sys.argv[1], data)
    except (KeyboardInterrupt, SystemExit) as asked:
        print("\nInterrupted. Applications and nodes are ended.", file=sys.stderr)
        shutil.rmtree(data, ignore_errors=True)
        return 128 + (signal.SIGINT if isinstance(asked, KeyboardInterrupt) else signal.SIGTERM)
    except Exception as error:
        (data / "failure.txt").write_text(traceback.format_exc(), encoding="utf-8")
        print(f"\nFAILED: {type(error).__name__}: {error}", file=sys.stderr)
        print(f"The nodes' logs, and where it failed, are left in {data}", file=sys.stderr)
        return 1
    shutil.rmtree(data, ignore_errors=True)
    print(f"\nEverything above happened against real processes, in {time.monotonic() - begun:.0f} s.")
    print("`usher demo` starts three nodes that stay. Each node's address, in a browser, is the console.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
