"""The seats of one license, as a value: the rules of docs/api.md for a test, without sockets or threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Dict, List, Mapping, Optional

from .._claims import Entitlement
from ._vendor import new_id


@dataclass
class Plan:
    """What the license carries. Change a field during a test and the next answer follows it.

    `ttl_seconds` is how long a silent session keeps its seat, as in the API's plans; its token lives a little shorter.
    """

    seats: int = 1
    ttl_seconds: float = 360
    heartbeat_seconds: int = 300
    offline: str = "lenient"
    grace_seconds: int = 86_400
    entitlements: Mapping[str, Entitlement] = field(default_factory=dict)
    product: str = "coditect"
    code: str = "pro"
    name: str = "Pro"
    license_expires_at: Optional[float] = None

    @property
    def token_seconds(self) -> float:
        """How long a token lives: a client stops before its seat is given away, by the server's margins."""
        return self.ttl_seconds - max(min(10.0, self.ttl_seconds / 6), min(65.0, self.ttl_seconds / 500))


@dataclass
class Session:
    """One hold of a seat."""

    session_id: str = field(repr=False)
    name: str
    hardware_id: str
    client: Mapping[str, str]
    iat: float
    seq: int
    expires_at: float

    def is_live(self, now: float) -> bool:
        """Whether it still holds its seat."""
        return now < self.expires_at


class Problem(Exception):
    """A refusal; the server turns it into problem+json."""

    def __init__(self, code: str, status: int, title: str, **members: Any) -> None:
        """Keep what the problem says."""
        super().__init__(code)
        self.code = code
        self.status = status
        self.title = title
        self.members = members


class Ledger:
    """Every session of the license. Belongs to whoever holds the server's lock."""

    def __init__(self, plan: Plan) -> None:
        """Begin without sessions."""
        self.plan = plan
        self.license_id = new_id("lic_")
        self.customer_id = new_id("cus_")
        self._sessions: Dict[str, Session] = {}
        self._by_request: Dict[str, str] = {}
        self._ended: Dict[str, str] = {}
        self._seq = 0

    def live(self, now: float) -> List[Session]:
        """The sessions that hold a seat."""
        return [session for session in self._sessions.values() if session.is_live(now)]

    def seats_in_use(self, now: float) -> int:
        """Holders, not sessions: one machine's sessions share a seat."""
        return len({session.hardware_id for session in self.live(now)})

    def acquire(
        self, now: float, hardware_id: str, request_id: str, replaces: Optional[str], client: Mapping[str, str]
    ) -> Session:
        """Grant a seat or refuse; the same request gives the same session."""
        known = self._sessions.get(self._by_request.get(f"{hardware_id} {request_id}", ""))
        if known is not None and known.is_live(now):
            return known
        if replaces is not None and self._holder_of(replaces) == hardware_id:
            self._end(replaces, "SESSION_RELEASED")
        others = {session.hardware_id for session in self.live(now)} - {hardware_id}
        if len(others) >= self.plan.seats:
            raise self._seat_limit(now, len(others))
        self._seq += 1
        session = Session(
            new_id("sid_"),
            new_id("ses_"),
            hardware_id,
            MappingProxyType(dict(client)),
            now,
            self._seq,
            now + self.plan.ttl_seconds,
        )
        self._sessions[session.session_id] = session
        self._by_request[f"{hardware_id} {request_id}"] = session.session_id
        return session

    def heartbeat(self, now: float, session_id: str) -> Session:
        """Renew a session or say how it ended."""
        session = self._sessions.get(session_id)
        if session_id in self._ended:
            raise Problem(self._ended[session_id], 410, "The session has ended")
        if session is None:
            raise Problem("SESSION_NOT_FOUND", 404, "No such session")
        if not session.is_live(now):
            raise Problem("SESSION_EXPIRED", 410, "The session has expired")
        self._seq += 1
        session.seq, session.iat = self._seq, now
        session.expires_at = now + self.plan.ttl_seconds
        return session

    def release(self, now: float, session_id: str) -> bool:
        """End a session; whether it had not ended before."""
        session = self._sessions.get(session_id)
        if session is None or session_id in self._ended or not session.is_live(now):
            return False
        self._end(session_id, "SESSION_RELEASED")
        return True

    def revoke_all(self) -> None:
        """End every session, as an operator would one by one."""
        for session_id in list(self._sessions):
            if session_id not in self._ended:
                self._end(session_id, "SESSION_REVOKED")

    def _end(self, session_id: str, code: str) -> None:
        self._sessions[session_id].expires_at = 0.0
        self._ended[session_id] = code

    def _holder_of(self, session_id: str) -> Optional[str]:
        session = self._sessions.get(session_id)
        return None if session is None or session_id in self._ended else session.hardware_id

    def _seat_limit(self, now: float, in_use: int) -> Problem:
        free_in = min(session.expires_at for session in self.live(now)) - now if self.live(now) else 60
        return Problem(
            "SEAT_LIMIT_REACHED",
            409,
            "Every seat is in use",
            detail=f"All {self.plan.seats} seats of this license are in use. Close the application on another device.",
            limit=self.plan.seats,
            in_use=in_use,
            retry_after=max(int(free_in), 1),
        )
