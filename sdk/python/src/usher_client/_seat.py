"""The seat as applications see it, for threads and for asyncio: two thin faces over one engine."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Iterator, Mapping, Optional, Set, Type

from . import _exit
from ._announcer import Announcer, Callback
from ._claims import Entitlement
from ._clock import Clock, SystemClock
from ._engine import Engine, chance, new_request_id
from ._errors import SeatLost, UsherError
from ._exchange import Exchange, Identity
from ._grant import Verifier, parse_time, utc
from ._http import Transport
from ._log import log, redacted
from ._messages import Ending
from ._protocol import Kept, Pace, Protocol
from ._settings import Settings, new_instance
from ._state import Phase, Standing, State, StateChange
from ._store import Record, Store

RELEASE_SECONDS = 5.0
_NO_ENTITLEMENTS: Mapping[str, Entitlement] = MappingProxyType({})


@dataclass(frozen=True)
class LicenseInfo:
    """The license behind the seat. `plan_name` and `expires_at` are for display: the server does not sign them."""

    id: str
    customer: str
    product: str
    plan: str
    plan_name: Optional[str]
    expires_at: Optional[datetime]


class _Seat:
    """What both faces share: reading what is held. Safe from any thread, never blocks."""

    def __init__(
        self, settings: Settings, on_state: Optional[Callback], on_lost: Optional[Callback], clock: Optional[Clock]
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._on_state = on_state
        self._on_lost = on_lost
        self._engine: Optional[Engine] = None
        self._claimed_by: Optional[int] = None
        self._guard = threading.RLock()

    @property
    def state(self) -> State:
        """The state at this moment."""
        return self._standing.state(self._clock.now())

    @property
    def reason(self) -> Optional[UsherError]:
        """What went wrong last, while something is wrong."""
        return None if self.state is State.ACTIVE else self._standing.error

    @property
    def entitlements(self) -> Mapping[str, Entitlement]:
        """The features and limits that the license carries; none without a right to run."""
        grant = self._standing.grant
        return grant.claims.ent if grant is not None and self.state.entitled else _NO_ENTITLEMENTS

    def entitlement(self, name: str, default: Optional[Entitlement] = None) -> Optional[Entitlement]:
        """One feature or limit: `True`, a number or a text; `default` if the license does not carry it."""
        return self.entitlements.get(name, default)

    @property
    def expires_at(self) -> Optional[datetime]:
        """The end of the present token's life, on the cluster's clock. Every heartbeat moves it on."""
        grant = self._standing.grant
        return None if grant is None else utc(grant.claims.exp)

    @property
    def offline_until(self) -> Optional[datetime]:
        """Until when this seat may be used without another word from the server, on the cluster's clock."""
        grant = self._standing.grant
        return None if grant is None else utc(grant.claims.gex)

    @property
    def last_contact(self) -> Optional[datetime]:
        """When the server last answered, on this machine's clock; None if it has not since the seat was acquired."""
        seconds = self._standing.answered_at
        return None if seconds is None else utc(seconds)

    @property
    def license(self) -> Optional[LicenseInfo]:
        """The license behind the seat."""
        grant = self._standing.grant
        if grant is None:
            return None
        claims, display = grant.claims, grant.display
        return LicenseInfo(
            claims.lic, claims.cus, claims.aud, claims.plan, display.plan_name, parse_time(display.license_expires_at)
        )

    @property
    def session(self) -> Optional[str]:
        """The session's public name, as the operator sees it."""
        grant = self._standing.grant
        return None if grant is None else grant.claims.sid

    @property
    def hardware_id(self) -> str:
        """The fingerprint that the seat is counted for."""
        return self._settings.fingerprint.value

    def check(self) -> None:
        """Raise `SeatLost` unless this process may run; for applications that prefer to ask."""
        state = self.state
        if not state.entitled:
            why = self._standing.error
            told = f" {why._advice()}" if why is not None else ""
            raise SeatLost(f"No seat is held ({state.value}).{told}", code=why.code if why else None) from why

    @property
    def _standing(self) -> Standing:
        engine = self._engine
        return Standing() if engine is None else engine.protocol.standing

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self.state.value} {self.session or '-'} {redacted(self._settings.license_key)}>"
        )

    # The engine's life.

    @contextlib.contextmanager
    def _claim(self) -> Iterator[None]:
        """Let one caller at a time replace the engine: from looking at the old one until the new one has begun."""
        with self._guard:
            # A claim that came along by a fork is none: the thread that made it stayed in the parent.
            claimed = self._claimed_by == os.getpid()
            held = self._engine is not None and (self._standing.phase is Phase.STARTING or self.state.entitled)
            if claimed or held:
                raise UsherError(
                    "This seat is already held, or being acquired.", code="ALREADY_HELD", remedy="Call release() first."
                )
            self._claimed_by = os.getpid()
        try:
            yield
        finally:
            with self._guard:
                self._claimed_by = None

    def _start(self) -> Engine:
        engine = self._new_engine()
        with self._guard:
            self._engine = engine
            _exit.remember(self)
        try:
            engine.start()
        except RuntimeError:
            # The interpreter is shutting down and starts no threads any more.
            self._drop(engine)
            raise
        return engine

    def _new_engine(self) -> Engine:
        settings, hardware_id = self._settings, self._settings.fingerprint.value
        verifier = Verifier(settings.roots, hardware_id, settings.product)
        store = Store(settings.state_dir, settings.license_key, hardware_id, settings.scope, settings.instance or "")
        owner = store.own()
        record = store.load(verifier, self._clock.now())
        # The next process after a crash takes over the dead one's name, so that it gets the same seat.
        instance = settings.instance or (record.instance if owner and record else new_instance())
        identity = Identity(settings.license_key, hardware_id, settings.jwt_token, settings.client_facts(instance))
        pace = Pace(len(settings.servers), settings.timeout, settings.acquire_timeout)
        return Engine(
            Protocol(pace, chance=chance(), new_id=new_request_id),
            Exchange(Transport(settings.servers, settings.tls), identity, verifier, self._clock),
            store,
            self._clock,
            self._announcer(),
            _kept(record, owner=owner),
            instance,
        )

    def _announcer(self) -> Announcer:
        return Announcer(self._on_state, self._on_lost)

    def _give_up(self, engine: Engine, error: BaseException) -> None:
        """Acquiring did not come to its end. Interrupted, a seat may still be granted: it goes straight back."""
        if isinstance(error, UsherError):
            self._drop(engine)
        else:
            engine.release(RELEASE_SECONDS)

    def _drop(self, engine: Engine) -> None:
        """Forget an engine that holds nothing."""
        with self._guard:
            if self._engine is engine:
                self._engine = None
        _exit.forget(self)
        engine.close()

    def _ask_to_stop(self, budget: float) -> Optional[Engine]:
        """Begin to give the seat back; None if there is none."""
        with self._guard:
            engine, self._engine = self._engine, None
        _exit.forget(self)
        if engine is not None:
            engine.release(budget)
        return engine

    def _stop(self, budget: float) -> None:
        """Give the seat back and wait up to `budget` seconds."""
        engine = self._ask_to_stop(budget)
        if engine is not None:
            self._finish(engine, budget)

    @staticmethod
    def _finish(engine: Engine, budget: float) -> None:
        ending = engine.wait_released(budget)
        engine.close()
        if ending is not Ending.HEARD:
            log.warning("The server has not confirmed the release; the seat is free when its ttl ends")

    def _after_fork(self) -> None:
        """In a child: hold nothing."""
        engine, self._engine = self._engine, None
        self._guard = threading.RLock()
        if engine is not None:
            engine.after_fork()


def _kept(record: Optional[Record], *, owner: bool) -> Kept:
    if record is None:
        return Kept()
    return Kept(record.grant, record.mark, record.grant.session_id if owner else None)


class Seat(_Seat):
    """A seat for threads. `with` acquires it and gives it back; so does leaving the process."""

    def acquire(self) -> Seat:
        """Take the seat, or raise why not. Without a network, a token of the state file that is in grace will do."""
        with self._claim():
            # What was lost is given up first.
            self._stop(RELEASE_SECONDS)
            engine = self._start()
        try:
            engine.started.result()
        except BaseException as error:
            self._give_up(engine, error)
            raise
        return self

    def release(self, timeout: float = RELEASE_SECONDS) -> None:
        """Give the seat back; once is enough, twice does no harm. Never raises for what a network does."""
        self._stop(timeout)

    def __enter__(self) -> Seat:
        """Take the seat."""
        return self.acquire()

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        """Give the seat back."""
        self.release()


class AsyncSeat(_Seat):
    """A seat for asyncio. It beats on its own thread, so a busy loop does not cost the seat."""

    _loop: Optional[asyncio.AbstractEventLoop] = None

    def __init__(
        self, settings: Settings, on_state: Optional[Callback], on_lost: Optional[Callback], clock: Optional[Clock]
    ) -> None:
        """Callbacks may be coroutine functions."""
        super().__init__(settings, on_state, on_lost, clock)
        # A loop keeps only weak references to its tasks.
        self._tasks: Set[asyncio.Future[object]] = set()

    async def acquire(self) -> AsyncSeat:
        """Take the seat, or raise why not. Without a network, a token of the state file that is in grace will do."""
        with self._claim():
            self._loop = asyncio.get_running_loop()
            await asyncio.to_thread(self._stop, RELEASE_SECONDS)
            # Some short file operations. On another thread, a cancellation would leave a seat that nobody knows of.
            engine = self._start()
        try:
            await asyncio.wrap_future(engine.started)
        except BaseException as error:
            self._give_up(engine, error)
            raise
        return self

    async def release(self, timeout: float = RELEASE_SECONDS) -> None:
        """Give the seat back; once is enough, twice does no harm. Never raises for what a network does."""
        await asyncio.to_thread(self._stop, timeout)

    async def __aenter__(self) -> AsyncSeat:
        """Take the seat."""
        return await self.acquire()

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        """Give the seat back."""
        await self.release()

    def _announcer(self) -> Announcer:
        return Announcer(self._on_loop(self._on_state), self._on_loop(self._on_lost))

    def _on_loop(self, callback: Optional[Callback]) -> Optional[Callback]:
        """The callback, plain or a coroutine function, run on the loop that acquired the seat."""
        if callback is None:
            return None

        def on_loop(change: StateChange) -> None:
            try:
                result = callback(change)
            except Exception:  # noqa: BLE001 - whatever the application's code does, the seat is kept
                log.exception("The callback for %s failed", change.state.value)
                return
            if inspect.isawaitable(result):
                task = asyncio.ensure_future(result)
                self._tasks.add(task)
                task.add_done_callback(self._finished)

        def schedule(change: StateChange) -> None:
            loop = self._loop
            # A loop that has ended, or ends before its turn comes, has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                if loop is not None:
                    loop.call_soon_threadsafe(on_loop, change)

        return schedule

    def _finished(self, task: asyncio.Future[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("A state callback failed", exc_info=task.exception())
