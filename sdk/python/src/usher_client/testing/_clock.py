"""A clock that a test turns by hand: for the client (`seat(clock=…)`) and for `FakeUsher` alike."""

from __future__ import annotations

import threading
import time
from typing import List, Optional

from .._clock import Reading

# A waiter that is never notified still looks up this often, so that a mistake in a test cannot hang it for good.
_LOOK_UP_SECONDS = 5.0


class ManualClock:
    """Time stands still until `advance`; `set_wall` and `reboot` do what happens to real machines."""

    def __init__(self, wall: Optional[float] = None) -> None:
        """Begin now, on a machine that has been up for a day."""
        self._guard = threading.Lock()
        self._reading = Reading(time.time() if wall is None else wall, 86_400.0, "boot-1")
        self._boots = 1
        self._true = self._reading.wall
        self._waiting: List[threading.Condition] = []

    def now(self) -> Reading:
        """Read both clocks."""
        with self._guard:
            return self._reading

    @property
    def true(self) -> float:
        """The time that has really come, whatever the machine's clocks were set to; `FakeUsher` goes by it."""
        with self._guard:
            return self._true

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait on the held `condition` until notified or until the clock is moved."""
        if seconds <= 0:
            return
        with self._guard:
            if not any(condition is waiting for waiting in self._waiting):
                self._waiting.append(condition)
        condition.wait(_LOOK_UP_SECONDS)

    def advance(self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0) -> None:
        """Let time pass, asleep or awake: both clocks move, and whoever waits looks up."""
        passed = seconds + 60 * minutes + 3600 * hours
        self._move(passed, passed, passed)

    def set_wall(self, wall: float) -> None:
        """Set the wall clock, as a user or a time server does."""
        self._move(wall - self.now().wall, 0.0, 0.0)

    def reboot(self, off_seconds: float = 0.0) -> None:
        """Start the machine anew after it was off for some time."""
        with self._guard:
            self._boots += 1
            self._true += off_seconds
            self._reading = Reading(self._reading.wall + off_seconds, 0.0, f"boot-{self._boots}")

    def _move(self, wall: float, boot: float, true: float) -> None:
        with self._guard:
            self._true += true
            was = self._reading
            self._reading = Reading(was.wall + wall, was.boot + boot, was.boot_id)
            waiting = list(self._waiting)
        for condition in waiting:
            with condition:
                condition.notify_all()
