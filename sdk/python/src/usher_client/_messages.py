"""What passes between the protocol and the shell around it: calls and outcomes in, actions out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Optional, Union

from ._errors import UsherError
from ._grant import Grant
from ._mark import Mark
from ._state import StateChange


class Kind(Enum):
    """The three calls of a seat's life."""

    ACQUIRE = "acquire"
    HEARTBEAT = "heartbeat"
    RELEASE = "release"


@dataclass(frozen=True)
class Call:
    """One attempt at one server. `request_id` and `replaces` go with an acquire, `session_id` with the others."""

    kind: Kind
    url: int
    timeout: float
    request_id: str = ""
    session_id: str = field(default="", repr=False)
    replaces: Optional[str] = field(default=None, repr=False)


@dataclass(frozen=True)
class Granted:
    """The server said yes, and what it said is verified."""

    grant: Grant


@dataclass(frozen=True)
class Done:
    """The server confirmed a release."""


@dataclass(frozen=True)
class Denied:
    """The server said no, and means it."""

    error: UsherError


@dataclass(frozen=True)
class Missed:
    """There was no answer, or none that counts. `maybe_sent`: the server may have acted on the call all the same.

    `session_id` is the session that an acquire's answer names although it is not trusted: the server may hold it.
    """

    error: UsherError
    maybe_sent: bool
    session_id: str = field(default="", repr=False)


Outcome = Union[Granted, Done, Denied, Missed]


@dataclass(frozen=True)
class Send:
    """Make this call and report its outcome."""

    call: Call


@dataclass(frozen=True)
class GiveBack:
    """Make this release once; what comes of it does not matter."""

    call: Call


@dataclass(frozen=True)
class Save:
    """Write the state file."""

    grant: Grant
    mark: Mark


@dataclass(frozen=True)
class Forget:
    """Delete the token from the state file."""


@dataclass(frozen=True)
class Announce:
    """Tell the application."""

    change: StateChange


@dataclass(frozen=True)
class Started:
    """Acquiring has succeeded."""


@dataclass(frozen=True)
class Failed:
    """Acquiring has failed; the protocol is idle again."""

    error: UsherError


class Ending(Enum):
    """How a release ended."""

    HEARD = "heard"
    """The server confirmed it, or there was nothing to give back."""
    UNKNOWN = "unknown"
    """It may have been heard; if not, the seat is free when its ttl ends."""
    UNSENT = "unsent"
    """It was certainly not heard."""


@dataclass(frozen=True)
class Released:
    """Releasing is over; the protocol is idle again."""

    ending: Ending


Action = Union[Send, GiveBack, Save, Forget, Announce, Started, Failed, Released]
