"""How much of a token's time is used up, counted so that no clock can give any of it back.

A mark says: the cluster's clock had certainly reached `reached` when this machine's clocks said `at`. From there time
is added by whichever of the two clocks moved more, never subtracted. The mark survives in the state file, and three
rules make the count sound across restarts of the machine:

- readings of two starts are never subtracted; a new start has lasted at least as long as its own `boot` says;
- `unsaved` seconds may have been used after the file was written and before the machine went down, so they are charged;
- a wall clock that went backward adds nothing, and is reported (`set_back`).

So the total time that a cut-off client can use is bounded by its grace, whatever is done to the clocks, as long as the
file survives. Losing the file loses the token with it, which ends the grace.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ._clock import Reading

# Clocks are corrected by small steps all the time; only more than this is called setting the clock back.
SET_BACK_TOLERANCE_SECONDS = 120.0


@dataclass(frozen=True)
class Mark:
    """A point of the cluster's time tied to a reading of this machine's clocks."""

    reached: float
    at: Reading
    unsaved: float = 0.0

    def reached_by(self, now: Reading) -> float:
        """The cluster time that has certainly been reached by `now`, on the safe side."""
        passed = now.wall - self.at.wall
        since_boot = now.boot - self.at.boot if self.at.same_boot(now) else now.boot + self.unsaved
        return self.reached + max(passed, since_boot, 0.0)

    def advanced(self, now: Reading) -> Mark:
        """The same knowledge, tied to `now`."""
        return Mark(self.reached_by(now), now)

    def covering(self, seconds: float) -> Mark:
        """The mark to save when up to `seconds` of use may pass before the next save."""
        return replace(self, unsaved=seconds)

    def set_back(self, now: Reading) -> bool:
        """Whether the wall clock was set back since the mark was made."""
        return now.wall < self.at.wall - SET_BACK_TOLERANCE_SECONDS
