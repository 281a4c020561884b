"""What the server granted: the verified token, and the facts around it that are for display only.

Everything a decision rests on comes from the signed claims. The answer's other members (how many seats are in use, the
plan's name) are not signed; they are shown and never trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, Mapping, Optional, Tuple

from ._claims import SessionClaims
from ._errors import SignatureInvalid
from ._trust import Roots, fingerprint_hash, verify

LENIENT = "lenient"
STRICT = "strict"


@dataclass(frozen=True)
class Verifier:
    """What a token has to match: the pinned roots, this machine and, if the application says so, its product."""

    roots: Roots
    hardware_id: str = field(repr=False)
    product: Optional[str]

    def verify(self, token: str, chain: Tuple[str, ...], now: float) -> SessionClaims:
        """Verify a token as docs/tokens.md demands, at the time `now`."""
        fingerprint = fingerprint_hash(self.hardware_id)
        return verify(chain, token, self.roots, now=now, fingerprint=fingerprint, product=self.product)


@dataclass(frozen=True)
class Display:
    """Unsigned facts of an answer, for people to read."""

    plan_name: Optional[str] = None
    seat_limit: Optional[int] = None
    seats_in_use: Optional[int] = None
    license_expires_at: Optional[str] = None


@dataclass(frozen=True)
class Grant:
    """A verified answer to acquire or heartbeat."""

    claims: SessionClaims
    session_id: str = field(repr=False)
    token: str = field(repr=False)
    chain: Tuple[str, ...] = field(repr=False)
    display: Display = Display()

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any], verifier: Verifier, now: float) -> Grant:
        """Read and verify a 200 answer; anything that is not as docs/api.md says is refused as untrusted."""
        token, session_id, chain = answer.get("signed_token"), answer.get("session_id"), answer.get("chain")
        if not (isinstance(token, str) and isinstance(session_id, str) and session_id):
            raise SignatureInvalid("The answer has no session_id and signed_token.", reason="answer_malformed")
        if not isinstance(chain, list) or not all(isinstance(certificate, str) for certificate in chain):
            raise SignatureInvalid("The answer has no chain of certificates.", reason="answer_malformed")
        claims = verifier.verify(token, tuple(chain), now)
        return cls(claims, session_id, token, tuple(chain), _display(answer))

    def to_json(self) -> Dict[str, Any]:
        """What the state file keeps."""
        return {
            "session_id": self.session_id,
            "token": self.token,
            "chain": list(self.chain),
            "display": dict(self.display.__dict__),
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], verifier: Verifier, now: float) -> Grant:
        """Read and verify what the state file kept."""
        display = Display(**{name: kept["display"].get(name) for name in Display.__dataclass_fields__})
        token, chain = str(kept["token"]), tuple(str(certificate) for certificate in kept["chain"])
        return cls(verifier.verify(token, chain, now), str(kept["session_id"]), token, chain, display)


def _display(answer: Mapping[str, Any]) -> Display:
    plan, seats, license_ = (_object(answer.get(name)) for name in ("plan", "seats", "license"))
    return Display(
        plan_name=_typed(plan.get("name"), str),
        seat_limit=_typed(seats.get("limit"), int),
        seats_in_use=_typed(seats.get("in_use"), int),
        license_expires_at=_typed(license_.get("expires_at"), str),
    )


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _typed(value: object, kind: type) -> Any:
    return value if isinstance(value, kind) else None


def utc(seconds: float) -> datetime:
    """A point of the cluster's time as an aware datetime."""
    return datetime.fromtimestamp(seconds, timezone.utc)


def parse_time(text: Optional[str]) -> Optional[datetime]:
    """An RFC 3339 time in UTC; None if there is none or it cannot be read."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
    except ValueError:
        return None
