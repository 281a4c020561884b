"""Processes of a run: started, waited for, their CPU time read, and ended by their own ids."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Optional

READY_WITHIN = 30.0
END_WITHIN = 15.0
TICKS = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A system that could not be measured, and why."""


@contextlib.contextmanager
def running(
    command: Sequence[str | Path],
    log: Path,
    *,
    cwd: Optional[Path] = None,
    environment: Optional[dict[str, str]] = None,
    user: Optional[str] = None,
    ends_by: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives as long as the block; what it says goes to `log`."""
    with log.open("ab") as said:
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=cwd,
            env={**clean_environment(), **(environment or {})},
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            # So that an interrupt at the terminal ends the systems in order, by this program.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(ends_by)
        try:
            process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def clean_environment() -> dict[str, str]:
    """This environment without what would set usher."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    return {**kept, "LC_ALL": "C"}


def until(ready: Callable[[], bool], what: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until `ready` says so; `OSError` means not yet."""
    end = time.monotonic() + READY_WITHIN
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            if ready():
                return
        time.sleep(0.02)
    said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    state = "is not ready" if process.poll() is None else f"ended with {process.returncode}"
    raise Failed(f"{what} {state}; it said:\n{said}")


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def cpu_seconds(roots: Sequence[int]) -> float:
    """CPU time of these processes and all that they started, as far as they still run."""
    parents, ticks = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name before the last bracket may hold anything.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(fields[1])
                ticks[int(entry.name)] = int(fields[11]) + int(fields[12])
    ours = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(ticks.get(pid, 0) for pid in ours) / TICKS
