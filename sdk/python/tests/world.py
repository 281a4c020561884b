"""A made-up world for the protocol: one cluster, one machine with bad clocks, and a file. No socket, no thread."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any, Callable, Iterator, List, Optional

from usher_client._backoff import Chance
from usher_client._claims import SessionClaims
from usher_client._clock import Reading
from usher_client._errors import ConnectionFailed
from usher_client._grant import Grant
from usher_client._messages import Action, Call, Failed, Forget, Granted, Missed, Outcome, Save, Send
from usher_client._protocol import Kept, Pace, Protocol
from usher_client._state import State
from usher_client._store import _mark_from_json, _mark_to_json

CLUSTER_EPOCH = 1_800_000_000


def claims(**changes: Any) -> SessionClaims:
    iat = changes.get("iat", CLUSTER_EPOCH)
    base = SessionClaims(
        iss="clu_1",
        aud="coditect",
        lic="lic_1",
        cus="cus_1",
        plan="pro",
        sid="ses_1",
        seq=1,
        iat=iat,
        exp=iat + 350,
        gex=iat + 86_400,
        off="lenient",
        hb=300,
        fph="x",
        ent=MappingProxyType({}),
    )
    return replace(base, **changes)


def grant(session_id: str = "sid_1", **changes: Any) -> Grant:
    return Grant(claims(**changes), session_id, "token", ("chain",))


def miss(*, maybe_sent: bool = False, retry_after: Optional[float] = None) -> Missed:
    return Missed(ConnectionFailed("cut off", retry_after=retry_after), maybe_sent)


Answering = Callable[[Call], Outcome]


def cut_off(call: Call) -> Outcome:
    return miss()


class Machine:
    """A computer: true time passes, clocks lie, processes come and go, the file stays."""

    def __init__(self, answering: Answering, *, urls: int = 1, chance: Chance = lambda: 0.5) -> None:
        self.true = float(CLUSTER_EPOCH)
        self.wall = 1_000_000.0
        self.boot = 50_000.0
        self.boots = 0
        self.answering = answering
        self.file: Optional[Save] = None
        self.log: List[Action] = []
        self.protocol: Optional[Protocol] = None
        self._pace = Pace(urls)
        self._chance = chance
        self._ids = 0

    def now(self) -> Reading:
        return Reading(self.wall, self.boot, f"boot-{self.boots}")

    def start(self) -> bool:
        """Start a process; whether it got a seat, online or from the file."""
        self.protocol = Protocol(self._pace, chance=self._chance, new_id=self._new_id)
        kept = Kept() if self.file is None else Kept(self.file.grant, self.file.mark)
        mark = len(self.log)
        self.perform(self.protocol.start(self.now(), kept))
        while self.protocol.wake_in(self.now()) is not None and not self.protocol.standing.grant:
            self._wait(max(self.protocol.wake_in(self.now()) or 0.0, 0.01))
            self.perform(self.protocol.woke(self.now()))
            if any(isinstance(action, Failed) for action in self.log[mark:]):
                break
        return self.state().entitled

    def state(self) -> State:
        return State.IDLE if self.protocol is None else self.protocol.standing.state(self.now())

    def run(self, seconds: float) -> float:
        """Let the process run; how many of these seconds it was entitled."""
        end = self.true + seconds
        entitled = 0.0
        while self.true < end - 1e-6:
            assert self.protocol is not None
            wake = self.protocol.wake_in(self.now())
            step = min(end - self.true, max(seconds if wake is None else wake, 0.01))
            entitled += self._entitled_during(step)
            self._wait(step)
            self.perform(self.protocol.woke(self.now()))
        return entitled

    def _entitled_during(self, seconds: float) -> float:
        """While the clocks only run, a state ends exactly when what is left of it has passed."""
        assert self.protocol is not None
        if not self.state().entitled:
            return 0.0
        standing = self.protocol.standing
        return min(seconds, max(standing.life_left(self.now()), standing.grace_left(self.now())))

    def sleep(self, seconds: float) -> None:
        """Suspend: time passes, the process does nothing."""
        self._wait(seconds)
        if self.protocol is not None:
            self.perform(self.protocol.woke(self.now()))

    def set_wall(self, delta: float) -> None:
        self.wall += delta

    def undo_wall(self, seconds: float) -> None:
        """Set the wall clock `seconds` before what it was when the file was written."""
        if self.file is not None:
            self.wall = self.file.mark.at.wall - seconds

    def kill(self) -> None:
        self.protocol = None

    def reboot(self, off_seconds: float) -> None:
        self.kill()
        self._wait(off_seconds)
        self.boots += 1
        self.boot = 0.0

    def perform(self, actions: List[Action]) -> None:
        assert self.protocol is not None
        pending = list(actions)
        while pending:
            action = pending.pop(0)
            self.log.append(action)
            if isinstance(action, Save):
                # Through the file's own encoding, so that what is lost there is lost here.
                self.file = Save(action.grant, _mark_from_json(_mark_to_json(action.mark)))
            elif isinstance(action, Forget):
                self.file = None
            elif isinstance(action, Send):
                sent = self.now()
                pending += self.protocol.heard(action.call, sent, self.now(), self.answering(action.call))

    def _wait(self, seconds: float) -> None:
        self.true += seconds
        self.wall += seconds
        self.boot += seconds

    def _new_id(self) -> str:
        self._ids += 1
        return f"req_{self._ids}"


def granting(*grants: Grant) -> Answering:
    """Answer with these grants, then be cut off."""
    given: Iterator[Grant] = iter(grants)

    def answer(call: Call) -> Outcome:
        granted = next(given, None)
        return miss() if granted is None else Granted(granted)

    return answer
