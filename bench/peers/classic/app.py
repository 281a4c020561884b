"""The classic server's three calls, with the members of usher's, so that `usher bench` drives it unchanged.

`uvicorn classic.app:app`, with the settings of `Settings` in the environment.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Annotated, Any, Optional

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis

from classic.records import License, Records, open_records
from classic.seats import Full, Seats, Taken
from classic.tokens import GRACE_SECONDS, HEARTBEAT_SECONDS, LIFE_SECONDS, Signer, fingerprint_hash


@dataclass(frozen=True)
class Settings:
    """Where everything is."""

    redis_socket: str
    postgres_folder: str
    postgres_port: int
    postgres_connections: int
    signing_seed: bytes

    @classmethod
    def of_environment(cls) -> Settings:
        """Read from `CLASSIC_…`."""

        def value(name: str) -> str:
            try:
                return os.environ[f"CLASSIC_{name}"]
            except KeyError:
                raise SystemExit(f"CLASSIC_{name} is not set; bench/peers/README.md says what it needs") from None

        return cls(
            value("REDIS_SOCKET"),
            value("POSTGRES_FOLDER"),
            int(value("POSTGRES_PORT")),
            int(value("POSTGRES_CONNECTIONS")),
            bytes.fromhex(value("SIGNING_SEED")),
        )


class Server:
    """What the calls work with."""

    seats: Seats
    records: Records
    signer: Signer


server = Server()


@contextlib.asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Connect before the first call, disconnect after the last."""
    settings = Settings.of_environment()
    server.signer = Signer(settings.signing_seed)
    # As many connections as there are calls at once: redis-py refuses the hundred-and-first otherwise.
    async with Redis(unix_socket_path=settings.redis_socket, max_connections=100_000) as redis:
        await redis.ping()
        server.seats = Seats(redis)
        pool, server.records = await open_records(
            settings.postgres_folder, settings.postgres_port, settings.postgres_connections
        )
        async with pool:
            yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


class Refusal(Exception):
    """A call that is answered with a problem."""

    def __init__(self, status: int, code: str, detail: str, **members: Any) -> None:
        super().__init__(code)
        self.status, self.problem = status, {"status": status, "code": code, "detail": detail, **members}


@app.exception_handler(Refusal)
async def refuse(_request: Request, refusal: Refusal) -> Response:
    """RFC 9457."""
    return Response(orjson.dumps(refusal.problem), refusal.status, media_type="application/problem+json")


@app.exception_handler(RequestValidationError)
async def refuse_invalid(request: Request, error: RequestValidationError) -> Response:
    """Name each field that is wrong."""
    errors = [{"field": ".".join(map(str, one["loc"][1:])), "problem": one["msg"]} for one in error.errors()]
    detail = "; ".join(f"{one['field']}: {one['problem']}" for one in errors)
    return await refuse(request, Refusal(400, "INVALID_REQUEST", detail, errors=errors))


class Body(BaseModel):
    """What clients send: no member that is not known."""

    model_config = ConfigDict(extra="forbid")


class Acquire(Body):
    """`POST /licenses/acquire`."""

    license_key: Annotated[str, Field(min_length=8, max_length=64)]
    hardware_id: Annotated[str, Field(min_length=8, max_length=256)]
    request_id: Annotated[Optional[str], Field(pattern="^[A-Za-z0-9_-]{8,64}$")] = None


class Session(Body):
    """`PUT /licenses/heartbeat` and `POST /licenses/release`."""

    session_id: Annotated[str, Field(min_length=8, max_length=64)]


@app.post("/api/v1/licenses/acquire")
async def acquire(body: Acquire) -> Response:
    """Count in Redis, commit in PostgreSQL, sign."""
    found = await server.records.license_of_key(body.license_key)
    if found is None:
        raise Refusal(404, "LICENSE_NOT_FOUND", "No license has this key. Check it for a slip of the pen.")
    _check_valid(found)
    taken = await server.seats.acquire(found.license_id, body.hardware_id, found.seats)
    if isinstance(taken, Full):
        await server.records.refused(found.license_id)
        detail = f"All {found.seats} seats of this license are in use. Close the application on another device."
        raise Refusal(409, "SEAT_LIMIT_REACHED", detail, limit=found.seats, in_use=taken.in_use)
    try:
        await server.records.acquired(_public_name(taken.session_id), found.license_id, taken.hardware_id)
    except BaseException:
        # A seat without a record would be held by nobody.
        await server.seats.release(taken.session_id)
        raise
    return _answer(found, taken)


@app.put("/api/v1/licenses/heartbeat")
async def heartbeat(body: Session) -> Response:
    """Keep the session in Redis, sign anew."""
    kept = await server.seats.heartbeat(body.session_id)
    found = None if kept is None else await server.records.license(kept.license_id)
    if kept is None or found is None:
        raise Refusal(404, "SESSION_NOT_FOUND", "There is no such session, or it has ended. Acquire a seat again.")
    _check_valid(found)
    return _answer(found, kept)


@app.post("/api/v1/licenses/release")
async def release(body: Session) -> Response:
    """Give the seat back in Redis, commit the end in PostgreSQL."""
    session = _public_name(body.session_id)
    license_id = await server.seats.release(body.session_id)
    if license_id is not None:
        await server.records.released(session, license_id)
    return _json({"session": session, "released": license_id is not None})


def _check_valid(found: License) -> None:
    if found.expires_at is not None and found.expires_at <= datetime.now(timezone.utc):
        raise Refusal(403, "LICENSE_EXPIRED", "This license has ended. Ask its vendor for another.")


def _public_name(session_id: str) -> str:
    """What lists and the audit show of a session: its id is a secret."""
    return f"ses_{hashlib.sha256(session_id.encode()).hexdigest()[:20]}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(answer), media_type="application/json")


def _answer(found: License, taken: Taken) -> Response:
    """A fresh token and what it says."""
    now = time.time()
    issued, mode = int(now), "lenient"
    ends, grace_ends = issued + LIFE_SECONDS, issued + GRACE_SECONDS
    session = _public_name(taken.session_id)
    claims = {
        "iss": "usher-classic",
        "aud": found.product,
        "lic": found.license_id,
        "cus": found.customer_id,
        "plan": found.plan["code"],
        "sid": session,
        "iat": issued,
        "exp": ends,
        "gex": grace_ends,
        "off": mode,
        "hb": HEARTBEAT_SECONDS,
        "fph": fingerprint_hash(taken.hardware_id),
        "ent": found.entitlements,
    }
    return _json(
        {
            "session_id": taken.session_id,
            "session": session,
            "signed_token": server.signer.sign(claims),
            "chain": [],
            "expires_at": _time(ends),
            "ttl_seconds": LIFE_SECONDS,
            "heartbeat_seconds": HEARTBEAT_SECONDS,
            "offline": {"mode": mode, "grace_seconds": GRACE_SECONDS, "until": _time(grace_ends)},
            "seats": {"limit": found.seats, "in_use": taken.in_use},
            "entitlements": found.entitlements,
            "plan": found.plan,
            "license": {
                "id": found.license_id,
                "expires_at": None if found.expires_at is None else _time(found.expires_at.timestamp()),
            },
            "server_time": _time(now),
        }
    )
