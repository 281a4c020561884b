"""One call: build the request, send it, and say what the answer means.

Only an answer that speaks usher's language counts. A captive portal's page, a proxy's 404 or a half answer is a miss,
never a refusal: nobody loses a seat because a hotel wants a room number. Nor is such an answer's Retry-After obeyed: it
speaks for the one who wrote it, not for the license server.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Mapping, Optional

from ._clock import Clock
from ._errors import (
    ConnectionFailed,
    RateLimited,
    Refused,
    ServerUnavailable,
    SignatureInvalid,
    from_problem,
)
from ._grant import Grant, Verifier
from ._http import CallFailed, Response, Transport
from ._log import log
from ._messages import Call, Denied, Done, Granted, Kind, Missed, Outcome

_METHODS = {Kind.ACQUIRE: "POST", Kind.HEARTBEAT: "PUT", Kind.RELEASE: "POST"}
# These say that the command was certainly not carried out; after any other failure of an acquire nobody knows.
_NOT_DONE = frozenset({"NO_LEADER", "OVERLOADED", "PROVIDER_UNAVAILABLE", "RATE_LIMITED"})


@dataclass(frozen=True)
class Identity:
    """Who asks: what an acquire says about the license, the machine and the application."""

    license_key: str = field(repr=False)
    hardware_id: str = field(repr=False)
    jwt_token: Optional[str] = field(repr=False)
    client: Mapping[str, str]


class Exchange:
    """Makes the protocol's calls. Belongs to one thread."""

    def __init__(self, transport: Transport, identity: Identity, verifier: Verifier, clock: Clock) -> None:
        """Keep what every call needs."""
        self._transport = transport
        self._identity = identity
        self._verifier = verifier
        self._clock = clock

    def make(self, call: Call, permit: Callable[[], bool]) -> Outcome:
        """Send `call` and judge the answer; never raises: beats go on, whatever a server or a network does."""
        try:
            return self._made(call, permit)
        except Exception as error:  # noqa: BLE001 - what nobody has thought of is a miss too, and says so
            log.warning("A call has failed in a way that the client does not know", exc_info=True)
            server = self._transport.server(call.url)
            # Not its repr, which shows what it was about: that may be a secret.
            what = f"The call to {server} failed: {type(error).__name__}: {error}."
            return Missed(ConnectionFailed(what), maybe_sent=True)

    def _made(self, call: Call, permit: Callable[[], bool]) -> Outcome:
        path = f"/api/v1/licenses/{call.kind.value}"
        body = json.dumps(self._body(call)).encode("utf-8")
        try:
            response = self._transport.call(call.url, _METHODS[call.kind], path, body, call.timeout, permit)
        except CallFailed as failed:
            return Missed(failed.error, failed.maybe_sent)
        return self._judge(call, response)

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def _body(self, call: Call) -> Dict[str, Any]:
        if call.kind is not Kind.ACQUIRE:
            return {"session_id": call.session_id}
        body: Dict[str, Any] = {
            "license_key": self._identity.license_key,
            "hardware_id": self._identity.hardware_id,
            "request_id": call.request_id,
            "client": dict(self._identity.client),
        }
        if self._identity.jwt_token:
            body["jwt_token"] = self._identity.jwt_token
        if call.replaces:
            body["replaces"] = call.replaces
        return body

    def _judge(self, call: Call, response: Response) -> Outcome:
        answer = _json_object(response.body)
        if response.status == 200 and answer is not None:
            return self._judge_success(call, answer)
        if answer is None or not isinstance(answer.get("code"), str) or not 400 <= response.status < 600:
            return Missed(self._foreign(call, response), maybe_sent=True)
        error = from_problem(response.status, answer, response.retry_after)
        if isinstance(error, Refused):
            return Denied(error)
        if isinstance(error, (ServerUnavailable, RateLimited)):
            return Missed(error, maybe_sent=error.code not in _NOT_DONE)
        return Missed(error, maybe_sent=True)

    def _judge_success(self, call: Call, answer: Mapping[str, Any]) -> Outcome:
        if call.kind is Kind.RELEASE:
            if isinstance(answer.get("released"), bool):
                return Done()
            return Missed(ConnectionFailed("The answer to the release is not usher's."), maybe_sent=True)
        try:
            return Granted(Grant.from_answer(answer, self._verifier, self._clock.now().wall))
        except SignatureInvalid as error:
            error.message = f"{self._transport.server(call.url)}: {error.message}"
            # The session of a heartbeat is held already, and stays so.
            taken = answer.get("session_id") if call.kind is Kind.ACQUIRE else None
            return Missed(error, maybe_sent=True, session_id=taken if isinstance(taken, str) else "")

    def _foreign(self, call: Call, response: Response) -> ConnectionFailed:
        server = self._transport.server(call.url)
        kind = response.content_type or "no content type"
        return ConnectionFailed(
            f"{server} answered {response.status} ({kind}), which is not an answer of usher.",
            http_status=response.status,
            remedy="Check that the URL is the license server's and that no proxy or portal answers in its place.",
        )


def _json_object(body: bytes) -> Optional[Dict[str, Any]]:
    try:
        value = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
