"""Licensed applications under chaos: each thread is one that holds a seat through the SDK, and says what it saw of it.

    python3 chaos-tests/applications.py NAME KEEPERS JOBS

NAME tells the devices of this process from those of others. Keepers hold a seat for a minute or so and beat all the
while; jobs take one for seconds. Where the servers are is in the environment, as the SDK reads it. Each line on standard
output is one event; the program ends, and gives its seats back, at the end of its input.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import sys
import threading
import time
from typing import Any, Optional

import usher_client
from usher_client import State, StateChange

KEEPER_SECONDS = (20.0, 90.0)
JOB_SECONDS = (0.5, 3.0)
PAUSE_SECONDS = (0.2, 1.5)
LOOK_SECONDS = 0.2

telling = threading.Lock()
done = threading.Event()


def say(event: str, **facts: object) -> None:
    with telling:
        print(json.dumps({"event": event, **facts}), flush=True)


class Beats(logging.Handler):
    """Counts heartbeats from the SDK's own log, the only place where those that succeed leave a trace."""

    def emit(self, record: logging.LogRecord) -> None:
        arguments: Any = record.args or ()
        if len(arguments) == 3 and arguments[0] == "heartbeat":
            say("beat", answered=arguments[2] == "Granted")


class Application:
    """One device's application, run again and again."""

    def __init__(self, device: str, seconds: tuple[float, float]) -> None:
        self.device = device
        self.seconds = seconds
        self.session: Optional[str] = None
        self.lapsed = False

    def run(self) -> None:
        while not done.is_set():
            self.run_once()
            done.wait(random.uniform(*PAUSE_SECONDS))

    def run_once(self) -> None:
        seat = usher_client.seat(hardware_id=self.device, on_state=self.on_state)
        begun = time.monotonic()
        try:
            seat.acquire()
        except usher_client.LimitReached as error:
            say("refused", code=error.code)
            done.wait(1.0)
            return
        except usher_client.UsherError as error:
            took = time.monotonic() - begun
            say("failed", code=error.code, device=self.device, took=round(took, 1), message=str(error))
            return
        say("acquired", took=round(time.monotonic() - begun, 3))
        self.session, self.lapsed = seat.session, False
        until = time.monotonic() + random.uniform(*self.seconds)
        while time.monotonic() < until and not done.is_set():
            done.wait(LOOK_SECONDS)
            self.look(seat)
        seat.release()

    def look(self, seat: usher_client.Seat) -> None:
        """Notices a session that was lost and taken anew behind the application's back."""
        session = seat.session
        if session != self.session and seat.state is State.ACTIVE:
            if not self.lapsed:
                say("lapsed", device=self.device, to="another session", why=None)
            self.session, self.lapsed = session, False

    def on_state(self, change: StateChange) -> None:
        if change.state in (State.GRACE, State.LOST):
            if not self.lapsed:
                say("lapsed", device=self.device, to=change.state.value, why=str(change.reason))
            self.lapsed = True
        elif change.state is State.DEGRADED:
            say("degraded")


def main() -> int:
    name, keepers, jobs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    log = logging.getLogger("usher_client")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(Beats())
    applications = [Application(f"{name}-keeper-{number}", KEEPER_SECONDS) for number in range(keepers)]
    applications += [Application(f"{name}-job-{number}", JOB_SECONDS) for number in range(jobs)]
    threads = [threading.Thread(target=application.run) for application in applications]
    for thread in threads:
        thread.start()
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    done.set()
    for thread in threads:
        thread.join()
    say("ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
