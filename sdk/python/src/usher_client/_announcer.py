"""Telling the application, on a thread of its own.

A callback may take as long as it likes, open a dialog, or fail: heartbeats go on meanwhile, and an exception in it is
logged, never raised into anything.
"""

from __future__ import annotations

import queue
import threading
from typing import Callable, List, Optional

from ._log import log
from ._state import State, StateChange

Callback = Callable[[StateChange], object]


class Announcer:
    """Calls back in the order in which things happened."""

    def __init__(self, on_state: Optional[Callback], on_lost: Optional[Callback]) -> None:
        """No thread runs until there is something to tell and somebody to tell it to."""
        self._on_state = on_state
        self._on_lost = on_lost
        self._queue: queue.SimpleQueue[Optional[StateChange]] = queue.SimpleQueue()
        self._thread: Optional[threading.Thread] = None

    def tell(self, change: StateChange) -> None:
        """Queue a change; belongs to the engine's thread."""
        if not self._callbacks(change):
            return
        if self._thread is None:
            thread = threading.Thread(target=self._run, name="usher-announcer", daemon=True)
            try:
                thread.start()
            except RuntimeError:
                # The interpreter is shutting down and starts no threads any more: there is nobody left to tell.
                return
            self._thread = thread
        self._queue.put(change)

    def close(self) -> None:
        """Let the thread end after what is queued; belongs to the engine's thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread = None

    def after_fork(self) -> None:
        """In a child there is no thread, and nothing to tell."""
        self._queue = queue.SimpleQueue()
        self._thread = None

    def _callbacks(self, change: StateChange) -> List[Callback]:
        lost = self._on_lost if change.state is State.LOST else None
        return [callback for callback in (self._on_state, lost) if callback is not None]

    def _run(self) -> None:
        while True:
            change = self._queue.get()
            if change is None:
                return
            for callback in self._callbacks(change):
                try:
                    callback(change)
                except Exception:  # noqa: BLE001 - whatever the application's code does, the seat is kept
                    log.exception("The callback for %s failed", change.state.value)
