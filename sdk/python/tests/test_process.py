"""Real processes: every way to end one gives the seat back, and none takes longer than it may."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

from tests.conftest import Program, calls, eventually
from usher_client import _exit
from usher_client.testing import FakeUsher

HOLD = """
import sys, time, usher_client
seat = usher_client.seat().acquire()
print("ready")
"""
# In short naps: a signal that comes just before a long one begins would be slept over.
WAIT = "while True: time.sleep(0.05)"


@pytest.fixture
def realtime() -> Iterator[FakeUsher]:
    with FakeUsher(seats=10) as fake:
        yield fake


def ended(program: Program, server: FakeUsher) -> tuple[int, str]:
    program.wait_ready()
    assert server.seats_in_use == 1
    code, _, stderr = program.end()
    assert server.seats_in_use == 0
    return code, stderr


@pytest.mark.parametrize(
    ("ending", "code", "says"),
    [
        ("pass", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("raise RuntimeError('in the application')", 1, "in the application"),
        ("raise KeyboardInterrupt", -signal.SIGINT, "KeyboardInterrupt"),
    ],
)
def test_a_seat_without_a_block_is_given_back_when_the_process_ends(
    realtime: FakeUsher, ending: str, code: int, says: str
) -> None:
    program = Program(HOLD + "sys.stdin.readline()\n" + ending, realtime.environment)
    found, stderr = ended(program, realtime)
    assert found == code
    assert says in stderr
    assert "usher" not in stderr


def test_ctrl_c_gives_the_seat_back(realtime: FakeUsher) -> None:
    program = Program(HOLD + WAIT, realtime.environment)
    program.wait_ready()
    program.signal(signal.SIGINT)
    program.end()
    assert realtime.seats_in_use == 0


def test_sigterm_gives_the_seat_back_when_asked_to(realtime: FakeUsher) -> None:
    source = HOLD.replace("seat = ", "usher_client.exit_on_sigterm(); seat = ") + WAIT
    program = Program(source, realtime.environment)
    program.wait_ready()
    program.signal(signal.SIGTERM)
    assert program.end()[0] == 143
    assert realtime.seats_in_use == 0


def test_exit_on_sigterm_leaves_an_applications_handler_alone() -> None:
    import usher_client

    previous = signal.signal(signal.SIGTERM, lambda signum, frame: None)
    try:
        assert usher_client.exit_on_sigterm() is False
    finally:
        signal.signal(signal.SIGTERM, previous)


def test_no_signal_handler_is_installed_unasked(realtime: FakeUsher) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with realtime.seat():
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_killed_process_keeps_its_seat_and_its_successor_takes_it_over(realtime: FakeUsher) -> None:
    program = Program(HOLD + WAIT, realtime.environment)
    program.wait_ready()
    program.signal(signal.SIGKILL)
    program.end()
    assert realtime.seats_in_use == 1
    left_behind = realtime.sessions[0].session_id
    successor = Program(HOLD, realtime.environment)
    successor.wait_ready()
    successor.end()
    acquires = [request.body for request in realtime.requests if request.path.endswith("acquire")]
    assert acquires[1]["replaces"] == left_behind
    assert realtime.sessions == []


def test_without_locks_two_processes_do_not_take_each_others_sessions(realtime: FakeUsher) -> None:
    no_locks = "import fcntl\ndef flock(*_): raise OSError(37, 'No locks available')\nfcntl.flock = flock\n"
    programs = [Program(no_locks + HOLD + "sys.stdin.readline()", realtime.environment) for _ in range(3)]
    for program in programs:
        program.wait_ready()
    assert len(realtime.sessions) == 3
    assert len({session.client["instance"] for session in realtime.sessions}) == 3
    for program in programs:
        assert program.end()[0] == 0
    assert not any("replaces" in request.body for request in realtime.requests)
    assert realtime.sessions == []


def test_a_server_that_does_not_answer_delays_the_exit_by_two_seconds_at_most(realtime: FakeUsher) -> None:
    # Registered before the SDK's exit hook, so it runs after it and says how long that took.
    timed = "import atexit, time; atexit.register(lambda: print(time.monotonic() - begun))" + HOLD
    program = Program(timed + "sys.stdin.readline(); begun = time.monotonic()", realtime.environment)
    program.wait_ready()
    realtime.latency_seconds = 120
    took = float(program.end()[1])
    # The budget is two seconds; the rest is for the scheduler of a busy machine.
    assert 1.9 < took < 10
    assert _exit.EXIT_SECONDS == 2.0


def test_many_seats_share_the_two_seconds(realtime: FakeUsher) -> None:
    source = """
import usher_client, signal, time
seats = [usher_client.seat(hardware_id=f"machine-{n}").acquire() for n in range(5)]
print("ready")
"""
    program = Program(source + WAIT, realtime.environment)
    program.wait_ready()
    assert realtime.seats_in_use == 5
    realtime.latency_seconds = 0.5
    program.signal(signal.SIGINT)
    program.end()
    # One after the other they would take longer than the exit waits.
    assert realtime.seats_in_use == 0


FORK = (
    HOLD
    + """
import os, threading
child = os.fork()
if child == 0:
    names = [thread.name for thread in threading.enumerate()]
    print(seat.state.value, seat.entitlement("gpu"), "usher-heartbeat" in names)
    {in_child}
    sys.exit(0)
os.waitpid(child, 0)
print(seat.state.value)
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("in_child", ["pass", "seat.release()", "seat.__exit__(None, None, None)"])
def test_a_forked_child_holds_no_seat_and_does_not_give_back_its_parents(realtime: FakeUsher, in_child: str) -> None:
    program = Program(FORK.replace("{in_child}", in_child), realtime.environment)
    program.wait_ready()
    code, out, stderr = program.end()
    assert (code, out, stderr) == (0, "idle None False\nactive\n", "")
    assert calls(realtime) == ["acquire", "release"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_may_take_a_seat_of_its_own(realtime: FakeUsher) -> None:
    in_child = "mine = usher_client.seat().acquire(); print(mine.state.value, len(sys.argv))"
    program = Program(FORK.replace("{in_child}", in_child), realtime.environment)
    program.wait_ready()
    code, out, stderr = program.end()
    assert (code, out, stderr) == (0, "idle None False\nactive 1\nactive\n", "")
    assert calls(realtime) == ["acquire", "acquire", "release", "release"]
    acquires = [request.body for request in realtime.requests if request.path.endswith("acquire")]
    assert "replaces" not in acquires[1], "the parent lives"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_amid_an_acquire_leaves_the_child_free_to_acquire(realtime: FakeUsher) -> None:
    source = """
import os, threading, usher_client
seat = usher_client.seat()
stop, inside, go_on = seat._stop, threading.Event(), threading.Event()

def held_up(budget):
    inside.set()
    go_on.wait()
    stop(budget)

seat._stop = held_up
acquiring = threading.Thread(target=seat.acquire)
acquiring.start()
inside.wait()
child = os.fork()
if child == 0:
    seat._stop = stop
    print(seat.acquire().state.value)
    seat.release()
    os._exit(0)
os.waitpid(child, 0)
go_on.set()
acquiring.join()
print("ready")
"""
    program = Program(
        source.replace("print(seat", "os.write(2, seat").replace(".value)", ".value.encode())"), realtime.environment
    )
    program.wait_ready()
    assert program.end() == (0, "", "active")
    assert calls(realtime) == ["acquire", "release", "acquire", "release"]


def test_processes_that_start_together_do_not_tear_the_state_file(realtime: FakeUsher) -> None:
    source = """
import usher_client
for _ in range(5):
    with usher_client.seat() as seat:
        assert seat.state.value == "active"
print("ready")
"""
    programs = [Program(source, realtime.environment) for _ in range(4)]
    for program in programs:
        program.wait_ready()
        assert program.end()[::2] == (0, "")
    assert realtime.sessions == []
    assert not list(realtime.state_dir.glob("*.json"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are text")
def test_a_script_whose_name_is_no_text_gets_its_seat(realtime: FakeUsher, tmp_path: Path) -> None:
    script = tmp_path / os.fsdecode(b"re\xffnder\n.py")
    script.write_text("import usher_client\nwith usher_client.seat() as seat: print(seat.state.value)")
    env = {**os.environ, **realtime.environment}
    done = subprocess.run([sys.executable, script], env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("active\n", "")
    assert realtime.requests[0].body["client"]["app"] == "re\ufffdnder\ufffd.py"


def test_the_sdk_imports_nothing_heavy() -> None:
    source = "import sys, usher_client; print(sorted({'pytest', 'unittest', 'requests', 'httpx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_daemon_that_was_started_by_double_fork_can_hold_a_seat(realtime: FakeUsher) -> None:
    source = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
import usher_client
with usher_client.seat():
    pass
"""
    subprocess.run([sys.executable, "-c", source], env={**os.environ, **realtime.environment}, check=True)
    eventually(lambda: calls(realtime) == ["acquire", "release"])
