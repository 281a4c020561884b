"""When to call again. Pure arithmetic; chance is a parameter."""

from __future__ import annotations

from typing import Callable

JITTER = 0.1
RESERVE_SECONDS = 60.0
FIRST_CEILING_SECONDS = 0.5
CEILING_SECONDS = 60.0
RETRY_AFTER_SECONDS_MAX = 300.0
PAUSE_SECONDS_MIN = 0.05
# However short a life or an interval a server states by mistake, it is not flooded.
BEAT_SECONDS_MIN = 0.5

Chance = Callable[[], float]


def next_beat(heartbeat: float, life_left: float, chance: Chance) -> float:
    """Seconds until the next heartbeat: the server's interval ± 10 %, but early enough to try again several times.

    Of a token's life the last minute, or the last quarter if it is short, is kept for attempts after a miss. Where
    that cuts the interval, the jitter is kept below the cut, or all clients would beat on the same second.
    """
    latest = life_left - min(RESERVE_SECONDS, life_left / 4)
    high = min(heartbeat * (1 + JITTER), latest)
    low = min(heartbeat, high) * (1 - JITTER)
    return max(low + (high - low) * chance(), BEAT_SECONDS_MIN)


def pause(rounds: int, left: float, chance: Chance, ceiling: float = CEILING_SECONDS) -> float:
    """Seconds until the next round after `rounds` of them failed: exponential, full jitter."""
    return _within(left, min(ceiling, FIRST_CEILING_SECONDS * float(1 << min(rounds - 1, 16))) * chance())


def respect(retry_after: float, left: float, chance: Chance) -> float:
    """Seconds for which a server that names a time is left alone; a little longer, so that not all return at once."""
    return _within(left, min(retry_after, RETRY_AFTER_SECONDS_MAX) * (1 + JITTER * chance()))


def _within(left: float, wait: float) -> float:
    """At most a quarter of what is left, so that several rounds fit: patience must not cost the seat."""
    return max(min(wait, left / 4) if left > 0 else wait, PAUSE_SECONDS_MIN)
