"""`FakeUsher`: the seat calls of docs/api.md over real sockets, with everything that can go wrong at a switch."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import time
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Deque, Dict, Iterator, List, Mapping, Optional, Tuple, Type

from .._api import aseat, seat
from .._claims import Entitlement
from .._clock import Clock, SystemClock
from .._grant import STRICT, utc
from .._seat import AsyncSeat, Seat
from .._trust import fingerprint_hash
from ._clock import ManualClock
from ._ledger import Ledger, Plan, Problem, Session
from ._node import Answer, Node, Request
from ._tls import make_tls
from ._vendor import Vendor

LICENSE_KEY = "CODITECT-FAKE0-USHER-00000-TEST0"
_STATUS = {
    "INVALID_REQUEST": 400,
    "TOKEN_INVALID": 401,
    "UNAUTHENTICATED": 401,
    "USER_REQUIRED": 401,
    "SEAT_NOT_ASSIGNED": 403,
    "LICENSE_NOT_FOUND": 404,
    "SESSION_NOT_FOUND": 404,
    "GHOST_LIMIT_REACHED": 409,
    "HOLDER_LIMIT_REACHED": 409,
    "REQUEST_ID_REUSED": 409,
    "REQUEST_TOO_LATE": 409,
    "SEAT_LIMIT_REACHED": 409,
    "SESSION_EXPIRED": 410,
    "SESSION_RELEASED": 410,
    "SESSION_REVOKED": 410,
    "RATE_LIMITED": 429,
    "INTERNAL": 500,
    "NO_LEADER": 503,
    "OVERLOADED": 503,
    "PROVIDER_UNAVAILABLE": 503,
    "OUTCOME_UNKNOWN": 504,
}
_FACTS = {"instance", "hostname", "app", "version", "os", "sdk"}
_FIELDS = {
    "acquire": {"license_key", "hardware_id", "jwt_token", "request_id", "replaces", "client"},
    "heartbeat": {"session_id"},
    "release": {"session_id"},
}


@dataclass
class _Refusal:
    code: str
    calls: Tuple[str, ...]
    times: Optional[int]
    members: Mapping[str, Any] = field(default_factory=dict)


class FakeUsher:
    """A license server in this process, with one license. A context manager; `close` ends it."""

    def __init__(
        self,
        *,
        seats: int = 1,
        entitlements: Optional[Mapping[str, Entitlement]] = None,
        offline: str = "lenient",
        ttl_seconds: float = 360,
        heartbeat_seconds: int = 300,
        grace_seconds: int = 86_400,
        product: str = "coditect",
        nodes: int = 1,
        clock: Optional[Clock] = None,
        tls: bool = False,
        hostnames: Tuple[str, ...] = ("localhost",),
        certificate: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Make keys and listen; `certificate` overrides claims of the cluster's certificate."""
        self.clock: Clock = clock or SystemClock()
        self.plan = Plan(seats, ttl_seconds, heartbeat_seconds, offline, grace_seconds, entitlements or {}, product)
        self.license_key = LICENSE_KEY
        self.latency_seconds = 0.0
        self.requests: List[Request] = []
        self._vendor = Vendor(self.now(), certificate=certificate)
        self._ledger = Ledger(self.plan)
        self._guard = threading.RLock()
        self._refusals: Deque[_Refusal] = deque()
        self._lost_answers = 0
        self._foreign: Dict[int, Answer] = {}
        self._replay: Optional[Answer] = None
        self._directory = tempfile.TemporaryDirectory(prefix="fake-usher-")
        directory = Path(self._directory.name)
        context = make_tls(directory, list(hostnames)) if tls else None
        self._scheme = "https" if tls else "http"
        self._nodes = [Node(index, self._respond, context) for index in range(nodes)]

    # Where and what.

    @property
    def url(self) -> str:
        """The first node's address."""
        return self.urls[0]

    @property
    def urls(self) -> List[str]:
        """Every node's address."""
        return [f"{self._scheme}://127.0.0.1:{node.port}" for node in self._nodes]

    @property
    def root(self) -> Dict[str, Any]:
        """The vendor's root, as `seat(root=…)` takes it."""
        return self._vendor.root

    @property
    def ca_file(self) -> Optional[str]:
        """The CA's certificate, when the server speaks TLS."""
        path = Path(self._directory.name) / "ca.pem"
        return str(path) if path.exists() else None

    @property
    def state_dir(self) -> Path:
        """A directory for state files that goes with the server."""
        return Path(self._directory.name) / "state"

    @property
    def environment(self) -> Dict[str, str]:
        """The variables that make a program use this server."""
        variables = {
            "USHER_LICENSE_KEY": self.license_key,
            "USHER_URL": ",".join(self.urls),
            "USHER_ROOT": json.dumps(self.root),
            "USHER_STATE_DIR": str(self.state_dir),
        }
        return {**variables, "USHER_CACERT": self.ca_file} if self.ca_file else variables

    def seat(self, license_key: Optional[str] = None, **overrides: Any) -> Seat:
        """A seat of this server; anything that `usher_client.seat` takes may be overridden."""
        return seat(license_key or self.license_key, **{**self._defaults(), **overrides})

    def aseat(self, license_key: Optional[str] = None, **overrides: Any) -> AsyncSeat:
        """As `seat`, for asyncio."""
        return aseat(license_key or self.license_key, **{**self._defaults(), **overrides})

    def _defaults(self) -> Dict[str, Any]:
        return {
            "url": self.urls,
            "root": self.root,
            "ca_file": self.ca_file,
            "state_dir": self.state_dir,
            "clock": self.clock,
        }

    def now(self) -> float:
        """The cluster's time: what has really passed, whatever a `ManualClock` was set to."""
        return self.clock.true if isinstance(self.clock, ManualClock) else self.clock.now().wall

    @property
    def sessions(self) -> List[Session]:
        """The sessions that hold a seat."""
        with self._guard:
            return self._ledger.live(self.now())

    @property
    def seats_in_use(self) -> int:
        """How many seats are held."""
        with self._guard:
            return self._ledger.seats_in_use(self.now())

    # What can go wrong.

    def refuse(self, code: str, *calls: str, times: Optional[int] = None, **members: Any) -> None:
        """Refuse `calls` (`acquire`, `heartbeat`, `release`; all if none is named) with a problem of this `code`.

        For the next `times` calls, or until `allow`. `members` go into the problem, such as `retry_after=3`.
        """
        with self._guard:
            self._refusals.append(_Refusal(code, calls, times, members))

    def allow(self) -> None:
        """Stop refusing, and stop answering for somebody else."""
        with self._guard:
            self._refusals.clear()
            self._foreign.clear()
            self._replay = None

    def lose_answers(self, times: int = 1) -> None:
        """Carry out the next calls, but end their connections without an answer."""
        with self._guard:
            self._lost_answers = times

    def answer_like_a_portal(
        self,
        status: int = 200,
        body: bytes = b"<html>Please log in</html>",
        *,
        headers: Optional[Mapping[str, str]] = None,
        node: Optional[int] = None,
    ) -> None:
        """Answer every call like a hotel's portal or a proxy, at one node or at all of them, until `allow`."""
        with self._guard:
            foreign = Answer(status, raw=("text/html", body), headers=headers or {})
            self._foreign.update(dict.fromkeys(range(len(self._nodes)) if node is None else [node], foreign))

    def replay_answers(self) -> None:
        """Answer every call with the next granted answer, over and over, until `allow`."""
        with self._guard:
            self._replay = Answer(0)

    def revoke_sessions(self) -> None:
        """End every session, as an operator does; the seats are lost at their next heartbeat."""
        with self._guard:
            self._ledger.revoke_all()

    @contextlib.contextmanager
    def cut_off(self) -> Iterator[None]:
        """Inside the block, no node can be reached: connections are refused."""
        for node in self._nodes:
            node.stop()
        try:
            yield
        finally:
            for node in self._nodes:
                node.start()

    def stop_node(self, index: int) -> None:
        """Make one node unreachable."""
        self._nodes[index].stop()

    def start_node(self, index: int) -> None:
        """Bring it back."""
        self._nodes[index].start()

    def close(self) -> None:
        """Stop, and delete the state files."""
        for node in self._nodes:
            node.close()
        self._directory.cleanup()

    def __enter__(self) -> FakeUsher:
        """Nothing more to do."""
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        """Stop."""
        self.close()

    # Requests.

    def _respond(self, request: Request) -> Optional[Answer]:
        self.requests.append(request)
        if self.latency_seconds:
            time.sleep(self.latency_seconds)
        with self._guard:
            if request.node in self._foreign:
                return self._foreign[request.node]
            try:
                answer = Answer(200, self._serve(request))
            except Problem as problem:
                answer = _problem(problem)
            answer = self._replayed(answer)
            if self._lost_answers > 0:
                self._lost_answers -= 1
                return None
            return answer

    def _replayed(self, answer: Answer) -> Answer:
        if self._replay is None or answer.status != 200 or "signed_token" not in answer.body:
            return answer
        if self._replay.status == 0:
            self._replay = answer
        return self._replay

    def _serve(self, request: Request) -> Dict[str, Any]:
        call = request.path.rsplit("/", 1)[-1]
        allowed = {"acquire": ("POST",), "heartbeat": ("PUT",), "release": ("POST", "DELETE")}.get(call, ())
        if not request.path.startswith("/api/v1/licenses/") or request.method not in allowed:
            raise Problem("INVALID_REQUEST", 405 if allowed else 404, "No such call")
        unknown = sorted(set(request.body) - _FIELDS[call])
        if unknown:
            errors = [{"field": name, "problem": "is not a known member"} for name in unknown]
            raise Problem("INVALID_REQUEST", 400, "The request is not understood", errors=errors)
        self._refuse_if_told(call)
        if call == "acquire":
            return self._granted(self._acquire(request.body))
        session_id = str(request.body.get("session_id"))
        if call == "heartbeat":
            return self._granted(self._ledger.heartbeat(self.now(), session_id))
        session = next((held.name for held in self.sessions if held.session_id == session_id), "ses_ended")
        return {"session": session, "released": self._ledger.release(self.now(), session_id)}

    def _refuse_if_told(self, call: str) -> None:
        refusal = next((told for told in self._refusals if not told.calls or call in told.calls), None)
        if refusal is None:
            return
        if refusal.times is not None:
            refusal.times -= 1
            if refusal.times <= 0:
                self._refusals.remove(refusal)
        raise Problem(refusal.code, _STATUS.get(refusal.code, 403), f"Told to answer {refusal.code}", **refusal.members)

    def _acquire(self, body: Mapping[str, Any]) -> Session:
        if body.get("license_key") != self.license_key:
            raise Problem("LICENSE_NOT_FOUND", 404, "No license has this key")
        hardware_id = str(body.get("hardware_id", ""))
        if not 8 <= len(hardware_id) <= 256:
            raise _misunderstood("hardware_id", "has not 8 to 256 characters")
        client = body.get("client") or {}
        unfit = [name for name, value in client.items() if name not in _FACTS or not _is_fact(value)]
        if unfit:
            raise _misunderstood(f"client.{unfit[0]}", "expected at most 128 characters without control characters")
        replaces = body.get("replaces")
        return self._ledger.acquire(self.now(), hardware_id, str(body.get("request_id")), replaces, client)

    def _granted(self, session: Session) -> Dict[str, Any]:
        plan = self.plan
        iat = int(session.iat)
        exp = iat + int(plan.token_seconds)
        gex = exp if plan.offline == STRICT else max(iat + plan.grace_seconds, exp)
        token = self._vendor.token(
            {
                "aud": plan.product,
                "lic": self._ledger.license_id,
                "cus": self._ledger.customer_id,
                "plan": plan.code,
                "sid": session.name,
                "seq": session.seq,
                "iat": iat,
                "exp": exp,
                "gex": gex,
                "off": plan.offline,
                "hb": plan.heartbeat_seconds,
                "fph": fingerprint_hash(session.hardware_id),
                "ent": dict(plan.entitlements),
            }
        )
        ends = plan.license_expires_at
        return {
            "session_id": session.session_id,
            "session": session.name,
            "signed_token": token,
            "chain": self._vendor.chain,
            "expires_at": _rfc3339(exp),
            "ttl_seconds": exp - iat,
            "heartbeat_seconds": plan.heartbeat_seconds,
            "offline": {"mode": plan.offline, "grace_seconds": gex - iat, "until": _rfc3339(gex)},
            "seats": {"limit": plan.seats, "in_use": self._ledger.seats_in_use(self.now())},
            "entitlements": dict(plan.entitlements),
            "plan": {"code": plan.code, "name": plan.name},
            "license": {"id": self._ledger.license_id, "expires_at": None if ends is None else _rfc3339(ends)},
            "server_time": _rfc3339(self.now()),
        }


def _is_fact(value: object) -> bool:
    """What the server takes for a fact; a lone surrogate is no character of its language's texts."""
    is_text = isinstance(value, str) and len(value) <= 128
    return is_text and not any(unicodedata.category(character) in ("Cc", "Cs") for character in str(value))


def _misunderstood(name: str, problem: str) -> Problem:
    errors = [{"field": name, "problem": problem}]
    return Problem("INVALID_REQUEST", 400, "The request is not understood", errors=errors)


def _problem(problem: Problem) -> Answer:
    slug = problem.code.lower().replace("_", "-")
    body = {
        "type": f"https://usher.dev/problems/{slug}",
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "request_id": "req_fake",
        **problem.members,
    }
    retry_after = problem.members.get("retry_after")
    return Answer(problem.status, body, headers={} if retry_after is None else {"Retry-After": str(retry_after)})


def _rfc3339(seconds: float) -> str:
    return utc(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
