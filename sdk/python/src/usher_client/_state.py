"""The states of a seat, and how they follow from what is held and what the clocks say."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional

from ._clock import Reading
from ._errors import UsherError
from ._grant import LENIENT, Grant
from ._mark import Mark


class State(str, Enum):
    """Whether, and how safely, this process may run."""

    IDLE = "idle"
    """No seat is held: none was acquired yet, or it was given back."""
    ACTIVE = "active"
    """The seat is held and the server answers."""
    DEGRADED = "degraded"
    """The token is still alive, but no server answered the last time."""
    GRACE = "grace"
    """The token's life is over; the offline grace that the server signed still runs."""
    LOST = "lost"
    """There is no right to run any more."""

    @property
    def entitled(self) -> bool:
        """Whether licensed work may go on."""
        return self in (State.ACTIVE, State.DEGRADED, State.GRACE)


class Phase(Enum):
    """What the protocol is about."""

    IDLE = "idle"
    STARTING = "starting"
    HOLDING = "holding"
    OVER = "over"
    RELEASING = "releasing"


@dataclass(frozen=True)
class StateChange:
    """A step from one state to another, with the error that led to it, if one did."""

    previous: State
    state: State
    reason: Optional[UsherError] = None


@dataclass(frozen=True)
class Standing:
    """Everything that the state follows from: an immutable picture, safe to read from any thread."""

    phase: Phase = Phase.IDLE
    grant: Optional[Grant] = None
    mark: Optional[Mark] = None
    failing: bool = False
    """Whether the last round of calls ended without an answer."""
    refusal: Optional[UsherError] = None
    """Why the server, asked again after the session had ended, gave no seat."""
    error: Optional[UsherError] = None
    """The last thing that went wrong."""
    answered_at: Optional[float] = None
    """When the server last granted something, on this machine's wall clock."""

    def state(self, now: Reading) -> State:
        """The state at `now`: a token dies by the clock, whether or not anybody was awake to notice."""
        if self.phase is Phase.OVER:
            return State.LOST
        if self.phase is not Phase.HOLDING:
            return State.IDLE
        if self.refusal is None and self.life_left(now) > 0:
            return State.DEGRADED if self.failing else State.ACTIVE
        if self._may_use_grace() and self.grace_left(now) > 0:
            return State.GRACE
        return State.LOST

    def _may_use_grace(self) -> bool:
        """A strict token's grace is empty by itself. Once refused, only a lenient client goes on in its grace."""
        return self.refusal is None or (self.grant is not None and self.grant.claims.off == LENIENT)

    def life_left(self, now: Reading) -> float:
        """Seconds for which the token may still be trusted."""
        return self.grant.claims.exp - self._reached(now) if self.grant else 0.0

    def grace_left(self, now: Reading) -> float:
        """Seconds of offline grace, of which the token's life is a part."""
        return self.grant.claims.gex - self._reached(now) if self.grant else 0.0

    def _reached(self, now: Reading) -> float:
        return self.mark.reached_by(now) if self.mark else float("inf")
