"""Leaving a process without keeping a seat, and forking one without sharing it.

Seats that are still held when the interpreter ends are given back, within two seconds in all. A forked child holds no
seat: the parent's goes on beating in the parent, and nothing the child does releases it. No signal handler is installed
unless the application asks for one with `exit_on_sigterm`.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, List, Optional

if TYPE_CHECKING:
    from ._seat import _Seat

EXIT_SECONDS = 2.0
SIGTERM_EXIT_CODE = 128 + signal.SIGTERM

_held: List[_Seat] = []
_guard = threading.Lock()


def remember(seat: _Seat) -> None:
    """Keep a seat that may have to be given back at the end; this also keeps it from being collected."""
    with _guard:
        if not any(seat is held for held in _held):
            _held.append(seat)


def forget(seat: _Seat) -> None:
    """The seat has been given back."""
    with _guard:
        _held[:] = [held for held in _held if held is not seat]


def exit_on_sigterm() -> bool:
    """Make SIGTERM end the process like `sys.exit`, so that `with` blocks and exit hooks give the seats back.

    Without a handler SIGTERM kills a Python process on the spot, and its seats are free only when their ttl ends. Call
    this once, from the main thread. A handler that the application has installed is left alone: then the answer is
    False.
    """
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return False
    signal.signal(signal.SIGTERM, _exit)
    return True


def _exit(signum: int, frame: Optional[FrameType]) -> None:  # noqa: ARG001 - the signature of a signal handler
    sys.exit(SIGTERM_EXIT_CODE)


def _release_all() -> None:
    with _guard:
        seats = list(_held)
    deadline = time.monotonic() + EXIT_SECONDS
    asked = [(seat, seat._ask_to_stop(EXIT_SECONDS)) for seat in seats]
    for seat, engine in asked:
        if engine is not None:
            seat._finish(engine, max(deadline - time.monotonic(), 0.0))


def _after_fork_in_child() -> None:
    global _guard
    _guard = threading.Lock()
    seats, _held[:] = list(_held), []
    for seat in seats:
        seat._after_fork()


atexit.register(_release_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
