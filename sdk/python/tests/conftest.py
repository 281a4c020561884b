"""What the tests share: a clean environment, waiting for a condition, and programs run as customers run them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Dict, Iterator, List, Mapping, Optional, Union

import pytest
from hypothesis import HealthCheck, settings

from usher_client import AsyncSeat, Seat, State
from usher_client.testing import FakeUsher, ManualClock, eventually
from usher_client.testing.fixtures import fake_usher

__all__ = ["eventually", "fake_usher"]

# Runs differ by nothing but the code: a failure found once is found again.
# A busy machine is slow to make examples, which says nothing about the code.
settings.register_profile(
    "usher", database=None, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("usher")

# Far more than is ever needed: on a machine that is busy with other work, only a hang may fail a test.
DEADLINE_SECONDS = 60.0

# A shell starts what it runs in the background with SIGINT ignored, which children inherit; these tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)
_FOREIGN = ("USHER_", "CODITECT_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "KUBERNETES_")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine that runs the tests may decide how they end."""
    for name in list(os.environ):
        if name.upper().startswith(_FOREIGN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("USHER_FINGERPRINT", "machine-of-the-tests")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def server(clock: ManualClock) -> Iterator[FakeUsher]:
    """A server on the test's clock, with two seats."""
    with FakeUsher(clock=clock, seats=2, entitlements={"gpu": True, "projects": 20, "edition": "studio"}) as fake:
        yield fake


def calls(fake: FakeUsher) -> List[str]:
    """The seat calls in the order in which they arrived."""
    return [request.path.rsplit("/", 1)[-1] for request in fake.requests]


def beat(seat: Union[Seat, AsyncSeat], clock: ManualClock) -> None:
    """Let the time of one heartbeat come, and wait until its answer has arrived."""
    before = seat._standing.grant
    clock.advance(300)
    eventually(lambda: seat._standing.grant is not before)


def state_of(seat: Union[Seat, AsyncSeat]) -> State:
    """The state, read anew: a type checker takes an attribute that was compared once for settled."""
    return seat.state


_running: List[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _no_program_outlives_its_test() -> Iterator[None]:
    yield
    while _running:
        process = _running.pop()
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


class Program:
    """A customer's program in a process of its own; it prints a line when it is ready.

    Its standard input ends when `end` is called, so a program may wait for that.
    """

    def __init__(self, source: str, env: Mapping[str, str], cwd: Optional[str] = None) -> None:
        variables: Dict[str, str] = {**os.environ, **env, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", source],
            env=variables,
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        _running.append(self.process)

    def wait_ready(self) -> None:
        assert self.process.stdout is not None
        line = ""
        # Byte by byte: what a buffered reader took beyond the line, `communicate` would not give back.
        while not line.endswith("\n"):
            byte = os.read(self.process.stdout.fileno(), 1)
            if not byte:
                break
            line += byte.decode("ascii")
        if line != "ready\n":
            self.process.kill()
            raise AssertionError(f"the program said {line!r}; stderr: {self.process.communicate()[1]}")

    def signal(self, signum: int) -> None:
        self.process.send_signal(signum)

    def end(self, timeout: float = DEADLINE_SECONDS) -> tuple[int, str, str]:
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, err = self.process.communicate()
            raise AssertionError(f"the program did not end; it said {out!r} and {err!r}") from None
        return self.process.returncode, out, err
