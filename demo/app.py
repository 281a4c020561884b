"""A licensed application, as small as one can be: it holds a seat and says what happens to it, one line each.

Ends on SIGTERM, on Ctrl-C or at the end of its input, so it outlives nobody who started it with a pipe. `walk.py` runs
several of these, kills some, and cuts others off.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time

import usher_client


telling = threading.Lock()


def say(event: str, **facts: object) -> None:
    # States are told on a thread of the SDK's, so two lines may want to be written at once.
    with telling:
        print(json.dumps({"event": event, "at": time.monotonic(), **facts}), flush=True)


def watch_input(done: threading.Event) -> None:
    # Past Python's buffer: an interpreter that ends would wait for the lock of a buffered reader.
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    done.set()


def main() -> int:
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    threading.Thread(target=watch_input, args=(done,), daemon=True).start()
    try:
        seat = usher_client.seat(on_state=lambda change: say("state", state=change.state.value))
        with seat:
            say("held", state=seat.state.value, session=seat.session, gpu=seat.entitlement("gpu"))
            done.wait()
        say("released")
        return 0
    except usher_client.UsherError as error:
        facts = {name: getattr(error, name) for name in ("limit", "in_use", "renewal_url") if hasattr(error, name)}
        say("refused", code=error.code, message=str(error), **facts)
        return 1


if __name__ == "__main__":
    sys.exit(main())
