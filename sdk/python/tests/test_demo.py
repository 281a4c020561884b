"""The demo's applications and cluster end with whoever started them, however that one ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List

import pytest

from tests.conftest import DEADLINE_SECONDS, Program, calls, eventually
from usher_client.testing import FakeUsher

DEMO = Path(__file__).parents[3] / "demo"
pytestmark = pytest.mark.skipif(os.name != "posix", reason="the demo is for machines with signals and shells")

APP = f"import sys; sys.path.insert(0, {str(DEMO)!r}); import runpy; runpy.run_module('app', run_name='__main__')"
STARTER = """
import os, sys, time
from pathlib import Path
sys.path.insert(0, {demo!r})
from apps import App
env = os.environ
with App("laptop-of-ada", env["USHER_LICENSE_KEY"], [env["USHER_URL"]], env["USHER_ROOT"], Path({state!r})) as app:
    app.wait("held")
    print("ready")
    {then}
"""


@pytest.fixture
def realtime() -> Iterator[FakeUsher]:
    with FakeUsher(entitlements={"gpu": True}) as fake:
        yield fake


def starter(server: FakeUsher, then: str) -> Program:
    """A program that starts an application as the walk does, and then does this."""
    return Program(STARTER.format(demo=str(DEMO), state=str(server.state_dir), then=then), server.environment)


def test_an_application_ends_at_the_end_of_its_input(realtime: FakeUsher) -> None:
    program = Program(APP, realtime.environment)
    eventually(lambda: realtime.seats_in_use == 1)
    code, out, err = program.end()
    assert (code, err) == (0, "")
    assert '"released"' in out
    assert calls(realtime) == ["acquire", "release"]


def test_what_an_application_says_at_once_stands_in_lines_of_their_own(realtime: FakeUsher) -> None:
    many = f"""
import sys; sys.path.insert(0, {str(DEMO)!r})
import threading, app
threads = [threading.Thread(target=lambda: [app.say("state", state="active") for _ in range(200)]) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""
    code, out, _ = Program(many, realtime.environment).end()
    assert code == 0
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["state"] * 1_600


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_an_application_ends_on_a_signal(realtime: FakeUsher, signum: int) -> None:
    program = Program(APP, realtime.environment)
    eventually(lambda: realtime.seats_in_use == 1)
    program.signal(signum)
    assert program.process.wait(DEADLINE_SECONDS) == 0
    assert calls(realtime) == ["acquire", "release"]


def test_an_application_does_not_outlive_a_starter_that_is_killed(realtime: FakeUsher) -> None:
    program = starter(realtime, "time.sleep(600)")
    program.wait_ready()
    assert realtime.seats_in_use == 1
    program.signal(signal.SIGKILL)
    eventually(lambda: calls(realtime) == ["acquire", "release"])
    assert realtime.seats_in_use == 0


@pytest.mark.parametrize("then", ["raise KeyError('leader')", "app.wait('never', seconds=0.1)", "app.close()"])
def test_an_application_does_not_outlive_its_block(realtime: FakeUsher, then: str) -> None:
    program = starter(realtime, then)
    program.wait_ready()
    code, _, _ = program.end()
    assert code == (0 if then == "app.close()" else 1)
    assert calls(realtime) == ["acquire", "release"]


def walk(tmp_path: Path, usher: str) -> subprocess.CompletedProcess[str]:
    """Walk with this in the place of the `usher` program."""
    command = [sys.executable, str(DEMO / "walk.py"), usher]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def stub(tmp_path: Path, starts: str) -> str:
    """A program that keeps what it was asked for, and answers `usher demo --detach` by this."""
    script = tmp_path / "usher"
    asked = tmp_path / "asked"
    script.write_text(f'#!/bin/sh\necho "$2" >> {asked}\n[ "$2" = --stop ] && exit 0\n{starts}\n')
    script.chmod(0o755)
    return str(script)


def cluster_of(server: FakeUsher, log: Path) -> str:
    """What `usher demo --detach` prints, for a cluster that knows none of the admin calls."""
    node = f'{{"name": "node-1", "api": "{server.url}", "pid": 1, "log_file": "{log}"}}'
    return f"""echo '{{"nodes": [{node}], "root_file": "x", "admin_token": "x"}}'"""


@pytest.mark.parametrize(
    ("starts", "says"),
    [
        ("exit 3", "ended with 3"),
        ("echo '{}'", "KeyError: 'nodes'"),
        ("echo nonsense", "JSONDecodeError"),
        ("the cluster", "POST /products"),
    ],
)
def test_a_walk_that_fails_says_so_in_a_line_and_stops_the_cluster(
    tmp_path: Path, realtime: FakeUsher, starts: str, says: str
) -> None:
    log = tmp_path / "node-1.txt"
    log.write_text("what the node said")
    done = walk(tmp_path, stub(tmp_path, cluster_of(realtime, log) if starts == "the cluster" else starts))
    assert done.returncode == 1
    assert "FAILED" in done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "asked").read_text() == "--detach\n--stop\n"
    left: List[Path] = list(tmp_path.glob("usher-demo-*"))
    assert str(left[0]) in done.stderr
    assert "Traceback" in (left[0] / "failure.txt").read_text()
    if starts == "the cluster":
        assert (left[0] / "logs" / "node-1.log").read_text() == "what the node said"


def test_a_walk_without_the_program_says_so_in_a_line(tmp_path: Path) -> None:
    done = walk(tmp_path, str(tmp_path / "missing"))
    assert done.returncode == 1
    assert "FAILED: FileNotFoundError" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_walk_that_is_interrupted_stops_the_cluster(tmp_path: Path, signum: int, code: int) -> None:
    usher = stub(tmp_path, "sleep 600")
    command = [sys.executable, str(DEMO / "walk.py"), usher]
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    # A process group of its own, as a terminal gives a command that is interrupted by Ctrl-C.
    walking = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    asked = tmp_path / "asked"
    # There before anything is written to it.
    eventually(lambda: asked.exists() and asked.read_text() == "--detach\n")
    os.killpg(walking.pid, signum)
    _, err = walking.communicate(timeout=DEADLINE_SECONDS)
    assert walking.returncode == code
    assert not list(tmp_path.glob("usher-demo-*"))
    assert b"Traceback" not in err
    assert (tmp_path / "asked").read_text() == "--detach\n--stop\n"
