"""Hearing that a signal has arrived, without handling it.

`signal.set_wakeup_fd` makes the interpreter write a signal's number into a pipe whenever a Python-level handler is
about to run, whoever installed the handler and whenever. So a watcher learns that the process was asked to end, and the
application's handlers stay exactly as they are. The place for that pipe is one per process: if the application's event
loop has it already, it is left alone, for then the application handles its signals itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import Callable, Optional, Tuple

from ._log import log

ENDING_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})

_armed: Optional[SignalWatch] = None


class SignalWatch:
    """Calls `on_ending` on a daemon thread when SIGINT or SIGTERM has arrived."""

    def __init__(self, on_ending: Callable[[signal.Signals], None]) -> None:
        """Nothing is watched yet."""
        self._on_ending = on_ending
        self._pipe: Optional[Tuple[int, int]] = None

    def arm(self) -> bool:
        """Begin to watch; False where that is not possible: off the main thread, on Windows, or the place is taken."""
        global _armed
        if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
            return self._pipe is not None
        if self._pipe is not None:
            return True
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        if previous != -1:
            signal.set_wakeup_fd(previous)
            os.close(reader)
            os.close(writer)
            log.debug("The application's event loop watches signals; its handlers should give the seat back")
            return False
        self._pipe = (reader, writer)
        _armed = self
        threading.Thread(target=self._run, args=(reader,), name="usher-signals", daemon=True).start()
        return True

    def disarm(self) -> None:
        """Stop watching. Only the main thread can; elsewhere this does nothing, and what arrives finds no seat."""
        if self._pipe is None or threading.current_thread() is not threading.main_thread():
            return
        _, writer = self._pipe
        self._pipe = None
        current = signal.set_wakeup_fd(-1)
        if current != writer:
            signal.set_wakeup_fd(current)
        os.close(writer)

    def after_fork(self) -> None:
        """In a child: signals sent to it must not wake the parent's watcher, who reads the same pipe."""
        if self._pipe is None:
            return
        with contextlib.suppress(ValueError):
            current = signal.set_wakeup_fd(-1)
            if current not in (-1, self._pipe[1]):
                signal.set_wakeup_fd(current)
        for end in self._pipe:
            os.close(end)
        self._pipe = None

    def _run(self, reader: int) -> None:
        while True:
            numbers = os.read(reader, 256)
            if not numbers:
                os.close(reader)
                return
            ending = next((number for number in numbers if number in ENDING_SIGNALS), None)
            if ending is not None:
                self._on_ending(signal.Signals(ending))
                # What was repeated while that was dealt with asked for the same thing.
                _drain(reader)


def _drain(reader: int) -> None:
    os.set_blocking(reader, False)
    with contextlib.suppress(BlockingIOError):
        while os.read(reader, 256):
            pass
    os.set_blocking(reader, True)


def _after_fork_in_child() -> None:
    global _armed
    if _armed is not None:
        _armed.after_fork()
        _armed = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
