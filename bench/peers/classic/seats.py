"""Seats, counted by scripts that Redis runs one at a time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from redis.asyncio import Redis

TTL_MS = 360_000


@dataclass(frozen=True)
class Taken:
    """A seat that is held."""

    license_id: str
    hardware_id: str
    session_id: str
    in_use: int


@dataclass(frozen=True)
class Full:
    """Every seat is held by somebody else."""

    in_use: int


class Seats:
    """The seats of all licenses."""

    def __init__(self, redis: Redis) -> None:
        def script(name: str):
            return redis.register_script((Path(__file__).parent / name).read_text(encoding="utf-8"))

        self._acquire, self._heartbeat, self._release = map(script, ("acquire.lua", "heartbeat.lua", "release.lua"))

    async def acquire(self, license_id: str, hardware_id: str, limit: int) -> Taken | Full:
        """Take a seat, or renew the one that this machine has."""
        granted, in_use, *session = await self._acquire(
            keys=[f"seats:{license_id}", f"holder:{license_id}:{hardware_id}"],
            args=[license_id, hardware_id, limit, TTL_MS, f"sid_{secrets.token_urlsafe(16)}"],
        )
        if not granted:
            return Full(in_use)
        return Taken(license_id, hardware_id, session[0].decode(), in_use)

    async def heartbeat(self, session_id: str) -> Optional[Taken]:
        """Keep a session for another ttl."""
        kept = await self._heartbeat(keys=[f"session:{session_id}"], args=[TTL_MS])
        if not kept:
            return None
        license_id, hardware_id, in_use = kept
        return Taken(license_id.decode(), hardware_id.decode(), session_id, in_use)

    async def release(self, session_id: str) -> Optional[str]:
        """Give a session's seat back; tells the license, or nothing if the session had ended."""
        released = await self._release(keys=[f"session:{session_id}"])
        return released[0].decode() if released else None
