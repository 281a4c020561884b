"""When to call again. Pure arithmetic; chance is a parameter."""

from __future__ import annotations

from typing import Callable, Optional

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


def pause(
    rounds: int, life_left: float, retry_after: Optional[float], chance: Chance, ceiling: float = CEILING_SECONDS
) -> float:
    """Seconds until the next round after `rounds` of them failed: exponential, full jitter.

    While the token lives, the pause is at most a quarter of what is left, so that several rounds fit. A server that
    names a time is not asked earlier; a little is added, so that not all return at once.
    """
    if life_left > 0:
        ceiling = min(ceiling, life_left / 4)
    wait = min(ceiling, FIRST_CEILING_SECONDS * float(1 << min(rounds - 1, 16))) * chance()
    if retry_after:
        wait = max(wait, min(retry_after, RETRY_AFTER_SECONDS_MAX) * (1 + JITTER * chance()))
    return max(wait, PAUSE_SECONDS_MIN)
