"""What the tests share: a clean environment, waiting for a condition, and programs run as customers run them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Callable, Dict, Iterator, List, Mapping, Optional

import pytest
from hypothesis import settings

from usher_client.testing import FakeUsher, ManualClock

pytest_plugins = ["usher_client.testing.fixtures"]

# Runs differ by nothing but the code: a failure found once is found again.
settings.register_profile("usher", database=None, deadline=None, derandomize=True)
settings.load_profile("usher")

DEADLINE_SECONDS = 10.0
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


def eventually(condition: Callable[[], object], what: str = "") -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never came true: {what or condition}"
        time.sleep(0.005)


def calls(fake: FakeUsher) -> List[str]:
    """The seat calls in the order in which they arrived."""
    return [request.path.rsplit("/", 1)[-1] for request in fake.requests]


class Program:
    """A customer's program in a process of its own; it prints a line when it is ready."""

    def __init__(self, source: str, env: Mapping[str, str], cwd: Optional[str] = None) -> None:
        variables: Dict[str, str] = {**os.environ, **env, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", source],
            env=variables,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_ready(self) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
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
