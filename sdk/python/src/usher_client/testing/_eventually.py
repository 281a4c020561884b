"""Waiting for what another thread is about to do."""

from __future__ import annotations

import time
from typing import Callable


def eventually(condition: Callable[[], object], timeout: float = 60.0) -> None:
    """Wait until `condition` holds; an AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"The condition did not come true within {timeout} s.")
        time.sleep(0.005)
