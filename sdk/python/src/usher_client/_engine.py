"""The shell around the protocol: one daemon thread per seat that reads the clocks, makes the calls, keeps the file.

All network and all protocol steps happen on this one thread, so nothing there needs a lock. Other threads read the
protocol's `standing`, an immutable value, and ask for a release. The thread is a daemon: it never keeps the host's
process alive, and an error in it is logged, never raised into the host.
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace
from typing import Callable, Deque, List, Optional

from ._announcer import Announcer
from ._clock import Clock
from ._errors import SeatLost, UsherError
from ._exchange import Exchange
from ._log import log
from ._messages import Action, Announce, Call, Ending, Failed, Forget, GiveBack, Kind, Released, Save, Send, Started
from ._protocol import Kept, Protocol
from ._state import Phase, Standing, State, StateChange
from ._store import Record, Store

_LEVELS = {
    State.IDLE: logging.INFO,
    State.ACTIVE: logging.INFO,
    State.DEGRADED: logging.WARNING,
    State.GRACE: logging.WARNING,
    State.LOST: logging.ERROR,
}


class Engine:
    """Runs one seat from acquire to release; used once."""

    def __init__(
        self,
        protocol: Protocol,
        exchange: Exchange,
        store: Store,
        clock: Clock,
        announcer: Announcer,
        kept: Kept,
        instance: str,
    ) -> None:
        """Wire the parts; nothing runs yet, but whoever looks from now on sees a seat that is being acquired."""
        self.protocol = protocol
        self.protocol.standing = Standing(Phase.STARTING)
        self.started: Future[None] = Future()
        self._ended: Future[Ending] = Future()
        self._exchange = exchange
        self._store = store
        self._clock = clock
        self._announcer = announcer
        self._kept = kept
        self._instance = instance
        self._wake = threading.Condition()
        self._release_budget: Optional[float] = None
        self._releasing = False
        self._abandoned = False
        self._permit = _Permit()
        self._warned_of_clock = False
        self._last_saved: Optional[Save] = None
        self.thread = threading.Thread(target=self._run, name="usher-heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to acquire; `started` tells how it went."""
        # From here on nobody can cancel the futures, so the thread may always set them.
        self.started.set_running_or_notify_cancel()
        self._ended.set_running_or_notify_cancel()
        self.thread.start()

    def release(self, budget: float) -> Future[Ending]:
        """Ask for a release. The cached token is gone when this returns; the future tells whether the server heard."""
        if self.protocol.standing.phase is not Phase.STARTING:
            self._store.forget()
        with self._wake:
            if self._release_budget is None:
                self._release_budget = budget
            self._wake.notify_all()
        return self._ended

    def wait_released(self, budget: float) -> Ending:
        """Wait for a release that was asked for. If the time runs out before it was sent, it is called off."""
        if threading.current_thread() is self.thread:
            return Ending.UNKNOWN
        try:
            return self._ended.result(timeout=budget)
        except FutureTimeout:
            ending = Ending.UNSENT if self._permit.call_off() else Ending.UNKNOWN
            self._keep_if_unsent(ending)
            with self._wake:
                self._abandoned = True
                self._wake.notify_all()
            return ending

    def close(self) -> None:
        """Let go of the state file."""
        self._store.close()

    def after_fork(self) -> None:
        """In a child there is no thread and no seat: forget both, touch nothing that the parent uses."""
        self._store.after_fork()
        self._announcer.after_fork()

    # The thread.

    def _run(self) -> None:
        died = False
        try:
            self._loop()
        except BaseException as error:  # noqa: BLE001 - a daemon thread must not die without a word
            died = True
            log.critical("The heartbeat thread has failed; the seat ends with its token", exc_info=True)
            what = f"The client failed: {type(error).__name__}: {error}."
            failure = SeatLost(what, remedy=UsherError.default_remedy)
            self.protocol.standing = replace(self.protocol.standing, failing=True, error=failure)
            if not self.started.done():
                self.started.set_exception(failure)
        finally:
            self._announcer.close()
            self._exchange.close()
            if not self.started.done():
                self.started.set_exception(SeatLost("The seat was released while it was being acquired."))
            if not self._ended.done():
                # A thread that died may have held a session, and nobody gives it back.
                self._ended.set_result(Ending.UNKNOWN if died or self._permit.was_sent else Ending.HEARD)

    def _loop(self) -> None:
        actions = self.protocol.start(self._clock.now(), self._kept)
        while True:
            self._perform(actions)
            if self._is_over():
                return
            with self._wake:
                now = self._clock.now()
                wait = self.protocol.wake_in(now)
                if self._must_release():
                    self._releasing = True
                    actions = self.protocol.release(now, self._release_budget or 0.0)
                    continue
                self._clock.wait(self._wake, 3600.0 if wait is None else wait)
            now = self._clock.now()
            self._watch_clock()
            actions = [] if self._must_release() else self.protocol.woke(now)

    def _must_release(self) -> bool:
        return self._release_budget is not None and not self._releasing

    def _is_over(self) -> bool:
        phase = self.protocol.standing.phase
        if self._abandoned:
            return True
        return phase is Phase.OVER or (phase is Phase.IDLE and not self._must_release()) or self._ended.done()

    def _perform(self, actions: List[Action]) -> None:
        pending = Deque[Action](actions)
        while pending:
            action = pending.popleft()
            if not isinstance(action, Send):
                self._do(action)
            elif self._must_release():
                return
            else:
                pending.extend(self._send(action.call))

    def _send(self, call: Call) -> List[Action]:
        permit = self._permit.ask if call.kind is Kind.RELEASE else _always
        sent = self._clock.now()
        outcome = self._exchange.make(call, permit)
        log.debug("%s at server %d: %s", call.kind.value, call.url, type(outcome).__name__)
        return self.protocol.heard(call, sent, self._clock.now(), outcome)

    def _do(self, action: Action) -> None:
        if isinstance(action, GiveBack):
            outcome = self._exchange.make(action.call, _always)
            log.debug("Giving back what is not trusted at server %d: %s", action.call.url, type(outcome).__name__)
        elif isinstance(action, Save):
            self._last_saved = action
            self._store.save(Record(action.grant, action.mark, self._instance))
        elif isinstance(action, Forget):
            self._store.forget()
        elif isinstance(action, Announce):
            _log_change(action.change)
            self._announcer.tell(action.change)
        elif isinstance(action, Started):
            self.started.set_result(None)
        elif isinstance(action, Failed):
            self.started.set_exception(action.error)
        elif isinstance(action, Released):
            self._keep_if_unsent(action.ending)
            self._ended.set_result(action.ending)

    def _keep_if_unsent(self, ending: Ending) -> None:
        """A server that certainly heard nothing goes on holding the seat, so the token goes back into the file.

        Otherwise closing the application on a plane would end its offline grace.
        """
        if ending is Ending.UNSENT and self._last_saved is not None:
            saved = self._last_saved
            self._store.unseal()
            mark = saved.mark.advanced(self._clock.now()).covering(saved.mark.unsaved)
            self._store.save(Record(saved.grant, mark, self._instance))

    def _watch_clock(self) -> None:
        mark = self.protocol.standing.mark
        if mark is not None and not self._warned_of_clock and mark.set_back(self._clock.now()):
            self._warned_of_clock = True
            log.warning("This machine's clock was set back; that does not lengthen the offline grace")


class _Permit:
    """Decides once whether a release is sent or called off, when both want to happen at the same moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decision: Optional[bool] = None

    @property
    def was_sent(self) -> bool:
        return self._decision is True

    def ask(self) -> bool:
        """Asked by the sender just before the first byte; False if it was called off."""
        with self._lock:
            if self._decision is None:
                self._decision = True
            return self._decision

    def call_off(self) -> bool:
        """Asked by who does not want to wait longer; False if it was sent already."""
        with self._lock:
            if self._decision is None:
                self._decision = False
            return not self._decision


def _always() -> bool:
    return True


def _log_change(change: StateChange) -> None:
    reason = f": {change.reason}" if change.reason else ""
    log.log(_LEVELS[change.state], "Seat: %s → %s%s", change.previous.value, change.state.value, reason)


def new_request_id() -> str:
    """A fresh id under which an acquire can be repeated."""
    return f"req_{uuid.uuid4().hex}"


def chance() -> Callable[[], float]:
    """The source of jitter; seeded by the system, so that machines started together do not beat together."""
    return random.SystemRandom().random
