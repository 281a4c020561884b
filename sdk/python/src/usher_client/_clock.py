"""The only file that reads clocks.

Two clocks are read together, because each alone can be fooled: the wall clock can be set, and the plain monotonic clock
stops while the machine sleeps. ``boot`` is the seconds since the machine started, sleep included; ``boot_id`` tells one
start from the next, so that readings of two starts are never subtracted.
"""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

# A wait never lasts longer, because waiting uses a clock that stops in suspend: after a night's sleep the client
# notices within this many seconds that its token is over.
SLICE_SECONDS = 10.0


@dataclass(frozen=True)
class Reading:
    """What the clocks said at one instant; seconds."""

    wall: float
    boot: float
    boot_id: str

    def same_boot(self, later: Reading) -> bool:
        """Whether `later` was read since the same start of the machine, so that `boot` may be subtracted."""
        return self.boot_id == later.boot_id and later.boot >= self.boot


class Clock(Protocol):
    """Time as a parameter, so that a test can own it."""

    def now(self) -> Reading:
        """Read both clocks."""
        ...

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait on the held `condition` until notified, or until about `seconds` have passed, or a little less."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> Reading:
        """Read both clocks."""
        return Reading(time.time(), _seconds_since_boot(), _boot_id())

    def wait(self, condition: threading.Condition, seconds: float) -> None:
        """Wait in slices; the caller looks at the clocks after each."""
        condition.wait(min(max(seconds, 0.0), SLICE_SECONDS))


def _seconds_since_boot() -> float:
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        # On macOS this clock goes on in sleep, unlike the one behind time.monotonic().
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()


@lru_cache(maxsize=1)
def _boot_id() -> str:
    """An id of this start of the machine, or "" where the system gives none; then only a smaller `boot` shows one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        pass
    if sys.platform == "darwin":
        return _macos_boot_id()
    if sys.platform == "win32":
        return _windows_boot_id()
    return ""


def _macos_boot_id() -> str:
    try:
        libc = ctypes.CDLL(None)
        buffer = ctypes.create_string_buffer(64)
        size = ctypes.c_size_t(len(buffer))
        if libc.sysctlbyname(b"kern.bootsessionuuid", buffer, ctypes.byref(size), None, ctypes.c_size_t(0)) == 0:
            return buffer.value.decode("ascii")
    except (OSError, AttributeError, ValueError):
        pass
    return ""


def _windows_boot_id() -> str:
    if sys.platform != "win32":
        return ""
    import winreg

    path = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, path) as key:
            return str(winreg.QueryValueEx(key, "BootId")[0])
    except OSError:
        return ""
