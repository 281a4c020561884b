"""What can go wrong, as types.

Every error says what happened in its message and what to do next in ``remedy``. ``code`` is permanent and, where the
server answered, equal to the ``code`` of its problem; ``retryable`` says whether asking again can help by itself.
"""

from __future__ import annotations

from typing import Any, ClassVar, Dict, Mapping, Optional, Tuple, Type


class UsherError(Exception):
    """The base of everything that this package raises on purpose."""

    default_code: ClassVar[str] = "USHER_ERROR"
    default_remedy: ClassVar[str] = "Contact the application's vendor and quote the code."
    default_retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: Optional[str] = None,
        http_status: Optional[int] = None,
        request_id: Optional[str] = None,
        retryable: Optional[bool] = None,
        remedy: Optional[str] = None,
        retry_after: Optional[float] = None,
    ) -> None:
        """Keep the figures; what is not given comes from the type."""
        super().__init__(message)
        self.message = message
        self.code = self.default_code if code is None else code
        self.http_status = http_status
        self.request_id = request_id
        self.retryable = self.default_retryable if retryable is None else retryable
        self.remedy = self.default_remedy if remedy is None else remedy
        self.retry_after = retry_after
        self._advised = False

    def __str__(self) -> str:
        """What happened, what to do next, and what to quote when asking for help."""
        quote = self.code if self.request_id is None else f"{self.code}, {self.request_id}"
        return " ".join(part for part in (self._advice(), f"[{quote}]") if part)

    def _advice(self) -> str:
        """What happened and what to do next, once."""
        return self.message if self._advised or not self.remedy else f"{self.message} {self.remedy}"

    def _speak_for_server(self, detail: str) -> None:
        """Take the server's own words: its `detail` already says what to do, so the remedy is not repeated."""
        self.message = detail
        self._advised = True

    def __reduce__(self) -> Tuple[Any, ...]:
        """Errors cross process borders (multiprocessing) with all their figures."""
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


def _rebuild(cls: Type[UsherError], args: Tuple[Any, ...], state: Dict[str, Any]) -> UsherError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(UsherError):
    """An argument, a variable or a file of this machine is wrong or missing."""

    default_code = "CONFIGURATION"
    default_remedy = ""


class ConnectionFailed(UsherError):
    """No server of the list gave an answer that can be understood."""

    default_code = "CONNECTION_FAILED"
    default_remedy = "Check the network, the URL and any proxy; `python -m usher_client doctor` tells which one it is."
    default_retryable = True


class ServerUnavailable(ConnectionFailed):
    """A server answered that it cannot serve at the moment: no leader, overloaded, outcome unknown, internal."""

    default_code = "UNAVAILABLE"
    default_remedy = "Try again shortly; if it lasts, the cluster's operator should look at `usher status`."


class RateLimited(ConnectionFailed):
    """The server asks for fewer requests."""

    default_code = "RATE_LIMITED"
    default_remedy = "Wait for the given time before asking again."


class SignatureInvalid(UsherError):
    """An answer is not signed by the vendor whose root this application pins, or its claims break the rules."""

    default_code = "SIGNATURE_INVALID"
    default_remedy = (
        "Nothing was trusted. Check that `root` is the file your vendor published for this product and that `url` is "
        "your own license server."
    )

    def __init__(self, message: str, *, reason: str = "", **details: Any) -> None:
        """Keep the permanent name of the broken rule, the same in every implementation."""
        super().__init__(message, **details)
        self.reason = reason


class ClockTampered(UsherError):
    """This machine's clock was set back since the last contact, so offline grace cannot be granted from a file."""

    default_code = "CLOCK_TAMPERED"
    default_remedy = "Set the clock right, or connect to the license server once."


class SeatLost(UsherError):
    """The seat that this process held is gone."""

    default_code = "SEAT_LOST"
    default_remedy = "Stop the licensed work; call `acquire()` to ask for a seat again."


class Refused(UsherError):
    """A lawful no from the server, with its true reason."""

    default_code = "REFUSED"


class InvalidRequest(Refused):
    """The server did not understand the request."""

    default_code = "INVALID_REQUEST"
    default_remedy = "Check the arguments given to `seat()`; then compare the versions of the SDK and the server."


class RequestTooLate(Refused):
    """The request's id is used up; asking again with a new one is safe."""

    default_code = "REQUEST_TOO_LATE"
    default_remedy = "Ask again."
    default_retryable = True


class UserRequired(Refused):
    """The plan counts users, and the server wants to know who is asking."""

    default_code = "USER_REQUIRED"
    default_remedy = "Sign in and pass the identity provider's token as `jwt_token`."


class TokenInvalid(UserRequired):
    """The `jwt_token` does not say who is asking: it has expired, or is not one that the server accepts."""

    default_code = "TOKEN_INVALID"
    default_remedy = "Sign in again and pass the new token as `jwt_token`."


class Explained(Refused):
    """A refusal with a page that explains it to whoever met it, at ``explanation_url``."""

    def __init__(self, message: str, *, explanation_url: Optional[str] = None, **details: Any) -> None:
        """Keep the page that explains this very refusal."""
        super().__init__(message, **details)
        self.explanation_url = explanation_url

    def __str__(self) -> str:
        """The same with the page at the end, where terminals make a link of it."""
        said = super().__str__()
        return said if self.explanation_url is None else f"{said} Why: {self.explanation_url}"


class SeatNotAssigned(Explained):
    """The license's seats are assigned by name, and none to this user."""

    default_code = "SEAT_NOT_ASSIGNED"
    default_remedy = "Ask whoever manages your licenses to assign you a seat."


class LimitReached(Explained):
    """Everything the license allows is in use."""

    default_code = "LIMIT_REACHED"
    default_retryable = True

    def __init__(
        self, message: str, *, limit: Optional[int] = None, in_use: Optional[int] = None, **details: Any
    ) -> None:
        """Keep how many there are, and how many are taken."""
        super().__init__(message, **details)
        self.limit = limit
        self.in_use = in_use


class SeatLimitReached(LimitReached):
    """Every seat of the license is held."""

    default_code = "SEAT_LIMIT_REACHED"
    default_remedy = "Close the application on another device, or buy more seats."


class GhostLimitReached(LimitReached):
    """Too many sessions have fallen silent while their offline grace still runs."""

    default_code = "GHOST_LIMIT_REACHED"
    default_remedy = "Bring a machine that went offline back to the network, or wait for its grace to end."


class HolderLimitReached(LimitReached):
    """This holder already runs as many sessions as the plan allows."""

    default_code = "HOLDER_LIMIT_REACHED"
    default_remedy = "Close another copy of the application on this machine."


class LicenseRefused(Refused):
    """The license itself gives no right to run; no machine of the customer is served until that changes."""

    default_code = "LICENSE_REFUSED"

    def __init__(self, message: str, *, renewal_url: Optional[str] = None, **details: Any) -> None:
        """Keep where the license can be renewed, if the product has such a page."""
        super().__init__(message, **details)
        self.renewal_url = renewal_url


class LicenseNotFound(LicenseRefused):
    """No license has this key."""

    default_code = "LICENSE_NOT_FOUND"
    default_remedy = "Compare the license key with the one you were sent, letter by letter."


class LicenseExpired(LicenseRefused):
    """The license has ended."""

    default_code = "LICENSE_EXPIRED"
    default_remedy = "Renew the license."


class LicenseNotStarted(LicenseRefused):
    """The license begins in the future."""

    default_code = "LICENSE_NOT_STARTED"
    default_remedy = "Wait for its first day, or ask the vendor to start it earlier."


class LicenseSuspended(LicenseRefused):
    """The vendor has suspended the license."""

    default_code = "LICENSE_SUSPENDED"
    default_remedy = "Ask the vendor why, and to reinstate it."


class LicenseRevoked(LicenseRefused):
    """The vendor has revoked the license for good."""

    default_code = "LICENSE_REVOKED"
    default_remedy = "Ask the vendor for a new license."


class SessionEnded(Refused):
    """The server no longer knows the session: it has expired, or was released."""

    default_code = "SESSION_EXPIRED"
    default_remedy = "The client asks for a seat again by itself."


class SessionRevoked(Refused):
    """An operator has ended this session: it does not come back by itself."""

    default_code = "SESSION_REVOKED"
    default_remedy = "Ask the operator of the license server why; `acquire()` then asks for a seat again."


_BY_CODE: Mapping[str, Type[UsherError]] = {
    "GHOST_LIMIT_REACHED": GhostLimitReached,
    "HOLDER_LIMIT_REACHED": HolderLimitReached,
    "INTERNAL": ServerUnavailable,
    "INVALID_REQUEST": InvalidRequest,
    "LICENSE_EXPIRED": LicenseExpired,
    "LICENSE_NOT_FOUND": LicenseNotFound,
    "LICENSE_NOT_STARTED": LicenseNotStarted,
    "LICENSE_REVOKED": LicenseRevoked,
    "LICENSE_SUSPENDED": LicenseSuspended,
    "NO_LEADER": ServerUnavailable,
    "OUTCOME_UNKNOWN": ServerUnavailable,
    "OVERLOADED": ServerUnavailable,
    "PROVIDER_UNAVAILABLE": ServerUnavailable,
    "RATE_LIMITED": RateLimited,
    "REQUEST_ID_REUSED": RequestTooLate,
    "REQUEST_TOO_LATE": RequestTooLate,
    "SEAT_LIMIT_REACHED": SeatLimitReached,
    "SEAT_NOT_ASSIGNED": SeatNotAssigned,
    "SESSION_EXPIRED": SessionEnded,
    "SESSION_NOT_FOUND": SessionEnded,
    "SESSION_RELEASED": SessionEnded,
    "SESSION_REVOKED": SessionRevoked,
    "TOKEN_INVALID": TokenInvalid,
    "UNAUTHENTICATED": UserRequired,
    "USER_REQUIRED": UserRequired,
}


def from_problem(status: int, problem: Mapping[str, object], retry_after: Optional[float]) -> UsherError:
    """Turn a problem+json answer into its type; an unknown code below 500 is final, above it is worth a retry."""
    code = _text(problem.get("code")) or "UNKNOWN"
    cls = _BY_CODE.get(code, ServerUnavailable if status >= 500 else Refused)
    title = _text(problem.get("title"))
    detail = _text(problem.get("detail"))
    seconds = _number(problem.get("retry_after"))
    details: Dict[str, Any] = {
        "code": code,
        "http_status": status,
        "request_id": _text(problem.get("request_id")),
        "retry_after": retry_after if seconds is None else seconds,
    }
    if issubclass(cls, LimitReached):
        details["limit"] = _whole(problem.get("limit"))
        details["in_use"] = _whole(problem.get("in_use"))
    if issubclass(cls, Explained):
        details["explanation_url"] = _web_address(problem.get("explanation_url"))
    if issubclass(cls, LicenseRefused):
        details["renewal_url"] = _text(problem.get("renewal_url"))
        if details["renewal_url"]:
            details["remedy"] = f"Renew the license at {details['renewal_url']}."
    error = cls(f"{title.rstrip('.')}." if title else f"The server answered {status} with the code {code}.", **details)
    if detail:
        error._speak_for_server(detail)
    return error


def _text(value: object) -> Optional[str]:
    return value if isinstance(value, str) and value else None


def _web_address(value: object) -> Optional[str]:
    """An address that may be shown: one without spaces or control characters, which could pass for something else."""
    text = _text(value)
    if text is None or not text.startswith(("https://", "http://")) or not text.isascii() or not text.isprintable():
        return None
    return None if " " in text else text


def _number(value: object) -> Optional[float]:
    """A number that is no longer than a billion: an integer may have any number of digits, and a float has not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
        return None
    return float(min(value, 1e9))


def _whole(value: object) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
