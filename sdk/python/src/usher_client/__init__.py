"""Hold a license seat for as long as this process runs.

```python
import usher_client

with usher_client.seat("CODITECT-…", url="https://license.example", root="vendor-root.json") as seat:
    run(gpu=seat.entitlement("gpu"))
```

The seat is kept by heartbeats from a daemon thread, verified against the vendor's pinned root, survives a network that
goes away, and is given back when the block or the process ends. See README.md for states, offline grace and errors.
"""

from __future__ import annotations

from ._api import aseat, seat
from ._claims import Entitlement
from ._errors import (
    ClockTampered,
    ConfigurationError,
    ConnectionFailed,
    Explained,
    GhostLimitReached,
    HolderLimitReached,
    InvalidRequest,
    LicenseExpired,
    LicenseNotFound,
    LicenseNotStarted,
    LicenseRefused,
    LicenseRevoked,
    LicenseSuspended,
    LimitReached,
    RateLimited,
    Refused,
    RequestTooLate,
    SeatLimitReached,
    SeatLost,
    SeatNotAssigned,
    ServerUnavailable,
    SessionEnded,
    SessionRevoked,
    SignatureInvalid,
    TokenInvalid,
    UserRequired,
    UsherError,
)
from ._exit import exit_on_sigterm
from ._fingerprint import Fingerprint, Grade, fingerprint
from ._seat import AsyncSeat, LicenseInfo, Seat
from ._state import State, StateChange
from ._version import __version__
from .compat import LicenseClient

__all__ = [
    "AsyncSeat",
    "ClockTampered",
    "ConfigurationError",
    "ConnectionFailed",
    "Entitlement",
    "Explained",
    "Fingerprint",
    "GhostLimitReached",
    "Grade",
    "HolderLimitReached",
    "InvalidRequest",
    "LicenseClient",
    "LicenseExpired",
    "LicenseInfo",
    "LicenseNotFound",
    "LicenseNotStarted",
    "LicenseRefused",
    "LicenseRevoked",
    "LicenseSuspended",
    "LimitReached",
    "RateLimited",
    "Refused",
    "RequestTooLate",
    "Seat",
    "SeatLimitReached",
    "SeatLost",
    "SeatNotAssigned",
    "ServerUnavailable",
    "SessionEnded",
    "SessionRevoked",
    "SignatureInvalid",
    "State",
    "StateChange",
    "TokenInvalid",
    "UserRequired",
    "UsherError",
    "__version__",
    "aseat",
    "exit_on_sigterm",
    "fingerprint",
    "seat",
]
