"""A licensed application, as small as one can be: it holds a seat and says what happens to it, one line each.

Ends on SIGTERM or at the end of its input; `walk.py` runs several of these, kills some, and cuts others off.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time

import usher_client


def say(event: str, **facts: object) -> None:
    print(json.dumps({"event": event, "at": time.monotonic(), **facts}), flush=True)


def main() -> int:
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
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
