"""For your own tests: a license server in this process, and a clock that you turn by hand.

```python
from usher_client.testing import FakeUsher

with FakeUsher(seats=1, entitlements={"gpu": True}) as server, server.seat() as seat:
    assert seat.entitlement("gpu")
```

Nothing is mocked: the requests go over real sockets, the tokens are really signed, by a root made for the test, and the
refusals are the ones of docs/api.md. `FakeUsher(clock=ManualClock())` makes a day's grace pass in no time; what the
seat's own thread then does is waited for with `eventually`.
With pytest, `pytest_plugins = ["usher_client.testing.fixtures"]` gives a fixture `fake_usher`.
"""

from __future__ import annotations

from ._clock import ManualClock
from ._eventually import eventually
from ._ledger import Plan, Session
from ._server import FakeUsher

__all__ = ["FakeUsher", "ManualClock", "Plan", "Session", "eventually"]
