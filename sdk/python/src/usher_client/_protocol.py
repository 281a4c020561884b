"""The life of a seat as a state machine: events in, actions out. No clock, no socket, no thread, no chance of its own.

The shell around it (`_engine`) reads the clocks, makes the calls and reports what came back; every event carries the
reading that it happened at. Reading order: `start`, `heard`, `woke`, `release`, then what they share.

Invariants, each with a property test of its name:

- TokenTimeNeverGrows: a token is counted from when its request was first sent, by the faster clock.
- GraceIsBounded: whatever the clocks do, a cut-off client is entitled for at most its grace (and a minute).
- ForgetBeforeRelease: the cached token is forgotten before the server hears of a release.
- ActiveUntilTried: an application that was ACTIVE is told of a worse state only after every server was tried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Dict, List, Optional, Set

from ._backoff import CEILING_SECONDS, Chance, next_beat, pause, respect
from ._clock import Reading
from ._errors import (
    ClockTampered,
    ConnectionFailed,
    LicenseRefused,
    RequestTooLate,
    SeatNotAssigned,
    SessionEnded,
    SessionRevoked,
    SignatureInvalid,
    UsherError,
)
from ._grant import Grant
from ._mark import Mark
from ._messages import (
    Action,
    Announce,
    Call,
    Done,
    Ending,
    Failed,
    Forget,
    GiveBack,
    Granted,
    Kind,
    Missed,
    Outcome,
    Released,
    Save,
    Send,
    Started,
)
from ._state import Phase, Standing, State, StateChange

# In grace the mark is saved this often; a machine that loses power loses at most `UNSAVED_SECONDS` of the count, and
# those are charged (see `_mark`). The difference is room for calls that block between two saves.
SAVE_SECONDS = 20.0
UNSAVED_SECONDS = 60.0
# An acquire whose outcome is unknown is repeated under its id for this long. Later its session, if there is one, has
# little of its life left, and a new id costs nothing: one holder's sessions share a seat.
SAME_REQUEST_SECONDS = 240.0
# The cluster's clock never goes back; a token that much older than one already seen is a replay.
STALE_SECONDS = 300
START_CEILING_SECONDS = 3.0
# A seat that is granted by a server that is not trusted goes back to it; nobody waits longer for that.
GIVE_BACK_SECONDS = 2.0
# Somebody waits for an acquire or a release, so a server that hangs is passed over while there are others to ask. The
# last one of a round, and so a single one, gets all the time there is.
PASS_OVER_SECONDS = 3.0


@dataclass(frozen=True)
class Pace:
    """How many servers there are and how patient the client is; seconds."""

    urls: int
    timeout: float = 10.0
    acquire_timeout: float = 30.0


@dataclass(frozen=True)
class Kept:
    """What the state file held at the start. `leftover` is the session of a process that has ended."""

    grant: Optional[Grant] = None
    mark: Optional[Mark] = None
    leftover: Optional[str] = None


class Protocol:
    """One seat's state machine. All methods but `standing` belong to one thread."""

    def __init__(self, pace: Pace, *, chance: Chance, new_id: Callable[[], str]) -> None:
        """Begin idle; `chance` gives numbers in [0, 1), `new_id` fresh request ids."""
        self.standing = Standing()
        self._pace = pace
        self._chance = chance
        self._new_id = new_id
        self._announced = State.IDLE
        self._kept = Kept()
        self._session: Optional[str] = None
        self._request_id = ""
        self._first_unknown: Optional[Reading] = None
        self._url = 0
        self._tried: Set[int] = set()
        self._patience: Dict[int, float] = {}
        self._rounds = 0
        self._maybe_sent = False
        self._due: Optional[float] = None
        self._give_up = 0.0
        self._saved = 0.0

    # Events.

    def start(self, now: Reading, kept: Kept) -> List[Action]:
        """The application wants a seat."""
        self.standing = Standing(Phase.STARTING)
        self._kept = kept
        self._session = None
        self._first_round()
        self._give_up = now.boot + self._pace.acquire_timeout
        self._ask_anew()
        return [*self._settle(now), self._send(now)]

    def heard(self, call: Call, sent: Reading, now: Reading, outcome: Outcome) -> List[Action]:
        """A call has come to its end; `sent` is the reading from just before it."""
        if isinstance(outcome, Missed):
            return self._missed(call, sent, now, outcome)
        if self.standing.phase is Phase.RELEASING or isinstance(outcome, Done):
            return self._idle(Ending.HEARD)
        if isinstance(outcome, Granted):
            return self._granted(call, sent, now, outcome.grant)
        return self._denied(call, sent, now, outcome.error)

    def woke(self, now: Reading) -> List[Action]:
        """Time has passed."""
        self._advance(now)
        if self._due is not None and now.boot >= self._due:
            return [self._send(now)]
        actions: List[Action] = []
        # From ACTIVE only a failed round leads away: after a night's sleep the servers are asked first.
        if self.standing.phase is Phase.HOLDING and self._announced is not State.ACTIVE:
            actions += self._settle(now)
        if self._announced is State.GRACE and now.boot - self._saved >= SAVE_SECONDS:
            actions += self._save(now)
        return actions

    def release(self, now: Reading, budget: float) -> List[Action]:
        """The application gives the seat back; `budget` is how long it wants to wait for that."""
        phase = self.standing.phase
        session = self._session or (self._kept.leftover if phase is Phase.HOLDING else None)
        self.standing = Standing(Phase.RELEASING, error=self.standing.error)
        # What the file holds while starting is an earlier run's, and is not given back by stopping to ask.
        actions: List[Action] = [] if phase is Phase.STARTING else [Forget(), *self._settle(now)]
        if phase is Phase.OVER or session is None:
            return actions + self._idle(Ending.HEARD)
        self._session = session
        self._give_up = now.boot + budget
        self._first_round()
        self._maybe_sent = False
        return [*actions, self._send(now)]

    def wake_in(self, now: Reading) -> Optional[float]:
        """Seconds after which `woke` has something to do; None if never."""
        waits = [] if self._due is None else [self._due - now.boot]
        if self.standing.phase is Phase.HOLDING:
            waits += [left for left in (self.standing.life_left(now), self.standing.grace_left(now)) if left > 0]
            if self._announced is State.GRACE:
                waits.append(self._saved + SAVE_SECONDS - now.boot)
        return max(min(waits), 0.0) if waits else None

    # Answers.

    def _granted(self, call: Call, sent: Reading, now: Reading, grant: Grant) -> List[Action]:
        why_stale = self._why_stale(grant)
        if why_stale:
            return self._missed(call, sent, now, Missed(SignatureInvalid(why_stale, reason="stale"), maybe_sent=True))
        # If an earlier attempt under this id had reached the server, the session is as old as that attempt.
        begun = self._first_unknown if call.kind is Kind.ACQUIRE and self._first_unknown else sent
        mark = Mark(float(grant.claims.iat), begun).advanced(now)
        starting = self.standing.phase is Phase.STARTING
        self.standing = Standing(Phase.HOLDING, grant, mark, answered_at=now.wall)
        self._session = grant.session_id
        self._kept = Kept()
        self._first_round()
        self._due = now.boot + next_beat(grant.claims.hb, self.standing.life_left(now), self._chance)
        return [*self._save(now), *([Started()] if starting else []), *self._settle(now)]

    def _why_stale(self, grant: Grant) -> Optional[str]:
        last = self.standing.grant or self._kept.grant
        if last is None or last.claims.iss != grant.claims.iss:
            return None
        if last.claims.sid == grant.claims.sid and grant.claims.seq <= last.claims.seq:
            return f"The token of {grant.claims.sid} is not newer than the one already held (seq): it was replayed."
        if grant.claims.iat < last.claims.iat - STALE_SECONDS:
            return "The token is older than one already seen from this cluster (iat): it was replayed."
        return None

    def _denied(self, call: Call, sent: Reading, now: Reading, error: UsherError) -> List[Action]:
        if isinstance(error, RequestTooLate):
            return self._missed(call, sent, now, Missed(error, maybe_sent=False))
        if self.standing.phase is Phase.STARTING:
            forget: List[Action] = [Forget()] if isinstance(error, (LicenseRefused, SeatNotAssigned)) else []
            return forget + self._fail(error)
        # What a person has ended does not come back by itself; the application may ask anew.
        if isinstance(error, (LicenseRefused, SeatNotAssigned, SessionRevoked)):
            return self._over(now, error)
        if call.kind is Kind.HEARTBEAT:
            if not isinstance(error, SessionEnded):
                return self._missed(call, sent, now, Missed(error, maybe_sent=False))
            self._session = None
            self._ask_anew()
            return [self._send(now)]
        self._ask_anew()
        self.standing = replace(self.standing, refusal=error, error=error, failing=False)
        self._tried.clear()
        self._rounds += 1
        wait = pause(self._rounds, 0.0, self._chance)
        # Every server would say the same, for there is one ledger; and the session has ended, whatever its token says.
        patience = respect(error.retry_after, 0.0, self._chance) if error.retry_after else 0.0
        self._due = now.boot + max(wait, patience)
        return self._settle(now)

    def _missed(self, call: Call, sent: Reading, now: Reading, missed: Missed) -> List[Action]:
        if not missed.session_id:
            return self._go_on(call, sent, now, missed)
        # Nobody else is to wait for its ttl. It goes to the server that named it and to no other, and its request ends
        # with it.
        timeout = min(self._pace.timeout, GIVE_BACK_SECONDS)
        back = GiveBack(Call(Kind.RELEASE, call.url, timeout, session_id=missed.session_id))
        return [back, *self._go_on(call, sent, now, missed)]

    def _go_on(self, call: Call, sent: Reading, now: Reading, missed: Missed) -> List[Action]:
        error = missed.error
        self._maybe_sent = self._maybe_sent or missed.maybe_sent
        if isinstance(error, RequestTooLate) or missed.session_id:
            self._ask_anew()
        elif call.kind is Kind.ACQUIRE and missed.maybe_sent and self._first_unknown is None:
            self._first_unknown = sent
        self.standing = replace(self.standing, error=error)
        self._tried.add(call.url)
        if error.retry_after:
            self._patience[call.url] = now.boot + respect(error.retry_after, self._left(now), self._chance)
        following = self._askable(now.boot)
        if following:
            self._url = following[0]
            return [self._send(now)]
        if self.standing.phase is Phase.STARTING:
            return self._start_failed(now, error)
        if self.standing.phase is Phase.RELEASING:
            return self._release_failed(now, error)
        self.standing = replace(self.standing, failing=True)
        self._due = now.boot + self._next_round(now)
        self._advance(now)
        return self._settle(now)

    # Rounds: every server is asked once, beginning with the one that answered last.

    def _first_round(self) -> None:
        """Begin anew: in the first round no server is spared, whatever it asked for earlier."""
        self._tried.clear()
        self._patience.clear()
        self._rounds = 0

    def _askable(self, boot: float) -> List[int]:
        """The servers that this round has not tried and that may be asked at `boot`, in their order from here."""
        order = [(self._url + step) % self._pace.urls for step in range(1, self._pace.urls + 1)]
        return [url for url in order if url not in self._tried and self._patience.get(url, boot) <= boot]

    def _next_round(self, now: Reading, ceiling: float = CEILING_SECONDS) -> float:
        """End a round that failed; the seconds until the next, which begins with a server that may be asked then."""
        self._rounds += 1
        self._tried.clear()
        soonest = min(self._patience.get(url, now.boot) for url in range(self._pace.urls))
        wait = pause(self._rounds, self._left(now), self._chance, ceiling)
        begins = max(now.boot + wait, soonest)
        self._url = self._askable(begins)[0]
        return begins - now.boot

    def _left(self, now: Reading) -> float:
        """What is left of life, then of the grace, of the token that is held; else of the one that the file held."""
        kept = Standing(grant=self._kept.grant, mark=self._kept.mark)
        token = self.standing if self.standing.grant is not None else kept
        life = token.life_left(now)
        return life if life > 0 else token.grace_left(now)

    # What a failed round means in each phase.

    def _start_failed(self, now: Reading, error: UsherError) -> List[Action]:
        tampered = self._kept.mark is not None and self._kept.mark.set_back(now)
        cached = Standing(Phase.HOLDING, self._kept.grant, self._kept.mark, failing=True, error=error)
        usable = cached.state(now).entitled
        wait = self._next_round(now, START_CEILING_SECONDS)
        if usable and not tampered:
            self.standing = cached
            self._advance(now)
            self._due = now.boot + wait
            return [*self._save(now), Started(), *self._settle(now)]
        if now.boot + wait < self._give_up and not isinstance(error, SignatureInvalid):
            self._due = now.boot + wait
            return []
        if usable:
            return self._fail(ClockTampered("The server cannot be reached, and this machine's clock was set back."))
        if self._kept.grant is not None and isinstance(error, ConnectionFailed):
            error.message += " The last token's offline grace is over."
        return self._fail(error)

    def _release_failed(self, now: Reading, error: UsherError) -> List[Action]:
        wait = self._next_round(now, START_CEILING_SECONDS)
        if error.retryable and now.boot + wait < self._give_up:
            self._due = now.boot + wait
            return []
        return self._idle(Ending.UNKNOWN if self._maybe_sent else Ending.UNSENT)

    # Steps.

    def _send(self, now: Reading) -> Send:
        self._due = None
        call = Call(Kind.ACQUIRE, self._url, self._attempt_seconds(now))
        if self.standing.phase is Phase.RELEASING:
            return Send(replace(call, kind=Kind.RELEASE, session_id=self._session or ""))
        if self._session is not None:
            return Send(replace(call, kind=Kind.HEARTBEAT, session_id=self._session))
        if self._first_unknown and now.boot - self._first_unknown.boot > SAME_REQUEST_SECONDS:
            self._ask_anew()
        return Send(replace(call, request_id=self._request_id, replaces=self._kept.leftover))

    def _attempt_seconds(self, now: Reading) -> float:
        """How long one attempt may take: while something runs out, no attempt may take all that is left."""
        if self.standing.phase in (Phase.STARTING, Phase.RELEASING):
            left = self._give_up - now.boot
            if any(url != self._url for url in self._askable(now.boot)):
                return min(self._pace.timeout, PASS_OVER_SECONDS, max(left / 2, 1.0))
            return min(self._pace.timeout, max(left, 1.0))
        left = self.standing.life_left(now)
        return min(self._pace.timeout, max(left / 4, 1.0)) if left > 0 else self._pace.timeout

    def _ask_anew(self) -> None:
        self._request_id = self._new_id()
        self._first_unknown = None

    def _advance(self, now: Reading) -> None:
        if self.standing.mark is not None:
            self.standing = replace(self.standing, mark=self.standing.mark.advanced(now))

    def _save(self, now: Reading) -> List[Action]:
        grant, mark = self.standing.grant, self.standing.mark
        if grant is None or mark is None:
            return []
        self._saved = now.boot
        return [Save(grant, mark.covering(max(self.standing.life_left(now), 0.0) + UNSAVED_SECONDS))]

    def _settle(self, now: Reading) -> List[Action]:
        """Announce the state if it is another than the one announced last."""
        state, previous = self.standing.state(now), self._announced
        if state is previous:
            return []
        self._announced = state
        reason = None if state in (State.ACTIVE, State.IDLE) else self.standing.error
        announce: List[Action] = [Announce(StateChange(previous, state, reason))]
        return announce + (self._save(now) if state is State.GRACE else [])

    def _over(self, now: Reading, error: UsherError) -> List[Action]:
        self.standing = replace(self.standing, phase=Phase.OVER, error=error)
        self._due = None
        return [Forget(), *self._settle(now)]

    def _fail(self, error: UsherError) -> List[Action]:
        self.standing = Standing(error=error)
        self._due = None
        return [Failed(error)]

    def _idle(self, ending: Ending) -> List[Action]:
        self.standing = Standing(error=self.standing.error)
        self._session = self._due = None
        return [Released(ending)]
