"""The first product's drafted client, under the names it was drafted with.

`LicenseClient(license_api_url, license_key, jwt_token)` runs the drafted start-up and shutdown code unchanged. Three
things about it differ from `seat()`, because that code is as it is:

**The address.** The draft names it in its source and lists `CODITECT_LICENSE_API_URL` among the settings. So that an
enterprise can point the same program at its own cluster, the variable wins over the argument. Nothing can be forged by
that: answers are verified against the pinned root (`CODITECT_LICENSE_ROOT` or `USHER_ROOT`).

**No exceptions.** `acquire_license` answers False for every reason; the reason is logged, and kept in `last_error`.

**Signals.** The draft's handler is `lambda s, f: shutdown(license_client)`, where `shutdown` is a coroutine function:
the coroutine is made and dropped, never awaited. So Ctrl-C and SIGTERM neither end that program nor give its seat back,
and whoever then closes the terminal or kills it leaves the seat taken until its ttl. The client cannot run a coroutine
that is gone, must not end a process that is not its own, and must not replace the application's handlers. What it can
do is hear that the signal arrived (see `_signals`). It then waits a second for the application to give the seat back or
to end, and if neither happens gives the seat back itself. A program that is still running two minutes later was
evidently not asked to end (Ctrl-C only cancelled something), and one that runs holds a seat: it takes one again.
`release_on_signal=False` turns this off. Every other end (`sys.exit`, an exception, KeyboardInterrupt, the last line)
gives the seat back by the exit hook that all seats have.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from datetime import datetime
from typing import Optional

from ._api import aseat
from ._errors import UsherError
from ._fingerprint import fingerprint
from ._log import log
from ._seat import AsyncSeat
from ._settings import KEY_VARIABLES, first_variable, product_scope
from ._signals import SignalWatch
from ._state import State

COURTESY_SECONDS = 1.0
RETURN_SECONDS = 120.0


class LicenseClient:
    """Client SDK for license validation, as drafted."""

    def __init__(
        self,
        license_api_url: str,
        license_key: Optional[str] = None,
        jwt_token: Optional[str] = None,
        *,
        release_on_signal: bool = True,
    ) -> None:
        """Keep what is given; nothing is checked or sent before `acquire_license`."""
        self.api_url = os.environ.get("CODITECT_LICENSE_API_URL") or license_api_url
        self.license_key = license_key
        self.jwt_token = jwt_token
        self.last_error: Optional[UsherError] = None
        self._seat: Optional[AsyncSeat] = None
        self._wanted = threading.Event()
        self._given_back = threading.Event()
        self._watch = SignalWatch(self._asked_to_end) if release_on_signal else None

    def get_hardware_id(self) -> str:
        """The machine's fingerprint: 64 hexadecimal digits, unless the operator has set one."""
        if self._seat is not None:
            return self._seat.hardware_id
        key = self.license_key or first_variable(os.environ, KEY_VARIABLES) or ""
        return fingerprint(product_scope(key, None)).value

    async def acquire_license(self) -> bool:
        """Take a seat and keep it by heartbeats; False if that is not possible (see `last_error`)."""
        if self._holds():
            return True
        try:
            self._seat = await self._new_seat().acquire()
        except UsherError as error:
            self.last_error = error
            log.error("No license seat: %s", error)
            return False
        self.last_error = None
        self._given_back.clear()
        self._wanted.set()
        if self._watch is not None:
            self._watch.arm()
        return True

    def start_heartbeat(self) -> None:
        """Kept for the draft: the heartbeat has begun with the seat, and one is enough."""

    async def release_license(self) -> None:
        """Give the seat back; does nothing if none is held."""
        self._wanted.clear()
        self._given_back.set()
        seat = self._seat
        if seat is not None:
            await seat.release()
        if self._watch is not None:
            self._watch.disarm()

    @property
    def session_id(self) -> Optional[str]:
        """The session's secret id, while a seat is held."""
        return self._held("session_id")

    @property
    def signed_token(self) -> Optional[str]:
        """The last verified token, while a seat is held."""
        return self._held("token")

    @property
    def running(self) -> bool:
        """Whether the heartbeat runs."""
        thread = self.heartbeat_thread
        return thread is not None and thread.is_alive()

    @property
    def heartbeat_thread(self) -> Optional[threading.Thread]:
        """The daemon thread that beats, while a seat is held."""
        engine = None if self._seat is None else self._seat._engine
        return None if engine is None else engine.thread

    @property
    def last_success(self) -> Optional[datetime]:
        """When the server last answered, in local time without a zone, as `datetime.now()` gives it."""
        at = None if self._seat is None else self._seat.last_contact
        return None if at is None else at.astimezone().replace(tzinfo=None)

    @property
    def state(self) -> State:
        """The seat's state; see `usher_client.State`."""
        return State.IDLE if self._seat is None else self._seat.state

    def _new_seat(self) -> AsyncSeat:
        return aseat(self.license_key, url=self.api_url, jwt_token=self.jwt_token)

    def _holds(self) -> bool:
        return self._seat is not None and self._seat.state.entitled

    def _held(self, what: str) -> Optional[str]:
        seat = self._seat
        grant = None if seat is None else seat._standing.grant
        return None if grant is None else str(getattr(grant, what))

    def _asked_to_end(self, signum: signal.Signals) -> None:
        """On the watcher's thread: SIGINT or SIGTERM has arrived."""
        seat = self._seat
        if seat is None or not self._holds() or self._given_back.wait(COURTESY_SECONDS) or not self._holds():
            return
        log.warning(
            "%s arrived and the application did not give its seat back; that is done now. "
            "A coroutine function does not work as a signal handler: await client.release_license(), then exit.",
            signum.name,
        )
        seat._stop(COURTESY_SECONDS * 5)
        if not self._given_back.wait(RETURN_SECONDS) and self._wanted.is_set():
            log.warning("Still running %d s after %s: taking a seat again", RETURN_SECONDS, signum.name)
            asyncio.run(self.acquire_license())
