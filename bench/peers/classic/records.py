"""Licenses, sessions and the audit, in PostgreSQL: each change is one statement and one durable commit."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Optional

import asyncpg
import orjson

# Licenses change rarely, so each worker remembers what it has read for so long.
REMEMBERED_SECONDS = 5.0

BY_KEY = "SELECT * FROM licenses WHERE key_sha256 = $1"
BY_ID = "SELECT * FROM licenses WHERE license_id = $1"
ACQUIRED = """
    WITH taken AS (
        INSERT INTO sessions (session, license_id, hardware_id) VALUES ($1, $2, $3) ON CONFLICT (session) DO NOTHING
    )
    INSERT INTO audit (action, license_id, session) VALUES ('acquire', $2, $1)
"""
RELEASED = """
    WITH ended AS (UPDATE sessions SET released_at = now() WHERE session = $1)
    INSERT INTO audit (action, license_id, session) VALUES ('release', $2, $1)
"""
REFUSED = "INSERT INTO audit (action, license_id) VALUES ('refuse', $1)"


@dataclass(frozen=True)
class License:
    """What is licensed to whom."""

    license_id: str
    customer_id: str
    product: str
    plan: dict[str, Any]
    seats: int
    entitlements: dict[str, Any]
    expires_at: Optional[datetime]


class Records:
    """What must outlive every crash."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._remembered: dict[tuple[str, Any], tuple[float, License]] = {}

    async def license_of_key(self, license_key: str) -> Optional[License]:
        """The license with this secret."""
        return await self._license(BY_KEY, hashlib.sha256(license_key.encode()).digest())

    async def license(self, license_id: str) -> Optional[License]:
        """The license with this id."""
        return await self._license(BY_ID, license_id)

    async def _license(self, statement: str, value: Any) -> Optional[License]:
        read_at, known = self._remembered.get((statement, value), (0.0, None))
        if known is not None and time.monotonic() - read_at < REMEMBERED_SECONDS:
            return known
        row = await self._pool.fetchrow(statement, value)
        if row is None:
            return None
        found = License(
            row["license_id"],
            row["customer_id"],
            row["product"],
            orjson.loads(row["plan"]),
            row["seats"],
            orjson.loads(row["entitlements"]),
            row["expires_at"],
        )
        self._remembered[(statement, value)] = (time.monotonic(), found)
        return found

    async def acquired(self, session: str, license_id: str, hardware_id: str) -> None:
        """Note that a session holds a seat."""
        await self._pool.execute(ACQUIRED, session, license_id, hardware_id)

    async def released(self, session: str, license_id: str) -> None:
        """Note that it gave the seat back."""
        await self._pool.execute(RELEASED, session, license_id)

    async def refused(self, license_id: str) -> None:
        """Note that nobody got a seat."""
        await self._pool.execute(REFUSED, license_id)


async def open_records(socket_folder: str, port: int, connections: int) -> tuple[asyncpg.Pool, Records]:
    """Connect to the database `usher_classic`."""

    async def as_it_is(_connection: asyncpg.Connection) -> None:
        """Leave a connection as it is: no statement changes its settings, and resetting them is a round trip."""

    pool = await asyncpg.create_pool(
        host=socket_folder,
        port=port,
        user="usher",
        database="usher_classic",
        min_size=connections,
        max_size=connections,
        reset=as_it_is,
    )
    return pool, Records(pool)
