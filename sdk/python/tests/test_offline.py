"""Without a network: what goes on, for how long, and what the state file has to do with it."""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
import threading
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

import usher_client
from tests.conftest import beat, calls, eventually, state_of
from usher_client import State, StateChange
from usher_client._clock import SystemClock
from usher_client._store import Store, default_directory
from usher_client.testing import FakeUsher, ManualClock

QUICK: Dict[str, Any] = {"timeout": 1.0, "acquire_timeout": 0.5}


def state_file(server: FakeUsher) -> Path:
    files = list(server.state_dir.glob("*.json"))
    assert len(files) == 1
    return files[0]


def crash(seat: usher_client.Seat) -> None:
    """End a seat as a killed process does: nothing is released, and the system drops the lock."""
    engine = seat._engine
    assert engine is not None
    engine._store.close()
    seat._engine = None
    usher_client._exit.forget(seat)


def test_a_cut_off_seat_degrades_goes_into_grace_and_comes_back(server: FakeUsher, clock: ManualClock) -> None:
    changes: List[StateChange] = []
    with server.seat(on_state=changes.append) as seat:
        with server.cut_off():
            clock.advance(300)
            eventually(lambda: seat.state is State.DEGRADED)
            assert isinstance(seat.reason, usher_client.ConnectionFailed)
            clock.advance(minutes=30)
            eventually(lambda: [change.state for change in changes][-1] is State.GRACE)
            assert seat.state is State.GRACE
            assert seat.entitlement("gpu") is True
            seat.check()
        clock.advance(61)
        eventually(lambda: seat.state is State.ACTIVE)
        wanted = [State.ACTIVE, State.DEGRADED, State.GRACE, State.ACTIVE]
        eventually(lambda: [change.state for change in changes] == wanted)


def test_grace_ends_after_a_day(server: FakeUsher, clock: ManualClock) -> None:
    with server.seat() as seat, server.cut_off():
        clock.advance(300)
        eventually(lambda: seat.state is State.DEGRADED)
        clock.advance(hours=23.9)
        assert seat.state is State.GRACE
        clock.advance(hours=0.2)
        assert state_of(seat) is State.LOST
        with pytest.raises(usher_client.SeatLost):
            seat.check()


def test_setting_the_clock_back_does_not_lengthen_grace(
    server: FakeUsher, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    with server.seat() as seat, server.cut_off():
        clock.advance(400)
        eventually(lambda: seat.state is State.GRACE)
        clock.set_wall(clock.now().wall - 50_000)
        eventually(lambda: "set back" in caplog.text)
        clock.advance(hours=23.9)
        assert seat.state is State.LOST


def test_a_restart_without_network_works_in_grace_and_comes_back(server: FakeUsher, clock: ManualClock) -> None:
    crash(server.seat().acquire())
    with server.cut_off():
        clock.advance(hours=2)
        seat = server.seat(**QUICK).acquire()
        assert seat.state is State.GRACE
        assert seat.entitlement("gpu") is True
    clock.advance(61)
    eventually(lambda: seat.state is State.ACTIVE)
    seat.release()


def test_a_restart_without_network_and_without_a_file_does_not_work(server: FakeUsher) -> None:
    with server.cut_off(), pytest.raises(usher_client.ConnectionFailed) as failure:
        server.seat(clock=SystemClock(), **QUICK).acquire()
    assert "doctor" in failure.value.remedy


def test_a_restart_without_network_after_the_grace_does_not_work(server: FakeUsher, clock: ManualClock) -> None:
    crash(server.seat().acquire())
    with server.cut_off():
        clock.advance(hours=25)
        seat = server.seat(**QUICK)
        with pytest.raises(usher_client.ConnectionFailed, match="grace is over"):
            _acquire_while_time_passes(seat, clock)


def test_a_restart_without_network_with_the_clock_set_back_is_refused_by_name(
    server: FakeUsher, clock: ManualClock
) -> None:
    crash(server.seat().acquire())
    clock.set_wall(clock.now().wall - 3_600)
    with server.cut_off(), pytest.raises(usher_client.ClockTampered) as refusal:
        _acquire_while_time_passes(server.seat(**QUICK), clock)
    assert "Set the clock right" in refusal.value.remedy
    with server.seat() as seat:
        assert seat.state is State.ACTIVE


def _acquire_while_time_passes(seat: usher_client.Seat, clock: ManualClock) -> None:
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.01):
            clock.advance(0.1)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        seat.acquire()
    finally:
        done.set()
        thread.join()


def test_the_next_process_ends_the_session_that_a_crash_left_behind(server: FakeUsher) -> None:
    server.plan.seats = 1
    first = server.seat().acquire()
    left_behind, instance = server.sessions[0].session_id, server.sessions[0].client["instance"]
    crash(first)
    with server.seat():
        assert len(server.sessions) == 1
        assert server.sessions[0].session_id != left_behind
        assert server.sessions[0].client["instance"] == instance
        assert server.requests[-1].body["replaces"] == left_behind


def test_a_process_beside_it_leaves_the_session_of_a_living_one_alone(server: FakeUsher) -> None:
    with server.seat() as first, server.seat() as second:
        assert "replaces" not in server.requests[-1].body
        assert first.session != second.session
        assert len(server.sessions) == 2


def test_a_process_beside_it_neither_overwrites_nor_deletes_the_file(server: FakeUsher) -> None:
    with server.seat():
        kept = state_file(server).read_bytes()
        with server.seat():
            assert state_file(server).read_bytes() == kept
        assert state_file(server).read_bytes() == kept
    assert not list(server.state_dir.glob("*.json"))


def test_the_survivor_takes_the_file_over(server: FakeUsher, clock: ManualClock) -> None:
    first = server.seat().acquire()
    with server.seat() as second:
        crash(first)
        clock.advance(300)
        eventually(lambda: json.loads(state_file(server).read_text())["body"]["grant"]["token"] == second_token(second))


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `flock` says on a network file system without a lock service."""
    monkeypatch.setattr("fcntl.flock", _no_locks)


def _no_locks(descriptor: int, operation: int) -> None:
    raise OSError(errno.ENOLCK, "No locks available")


def instance_of(seat: usher_client.Seat, server: FakeUsher) -> str:
    return next(held.client["instance"] for held in server.sessions if held.name == seat.session)


def test_without_locks_a_second_process_leaves_the_session_of_a_living_one_alone(
    server: FakeUsher, clock: ManualClock, no_locks: None
) -> None:
    with server.seat() as first, server.seat() as second:
        assert "replaces" not in server.requests[-1].body
        assert first.session != second.session
        assert instance_of(first, server) != instance_of(second, server)
        session = first.session
        clock.advance(300)
        eventually(lambda: calls(server).count("heartbeat") == 2)
        assert [first.state, second.state] == [State.ACTIVE, State.ACTIVE]
        assert first.session == session
        assert calls(server).count("acquire") == 2


def test_without_locks_a_restart_without_network_works_and_takes_nothing_over(
    server: FakeUsher, clock: ManualClock, no_locks: None
) -> None:
    first = server.seat().acquire()
    instance = instance_of(first, server)
    crash(first)
    with server.cut_off():
        clock.advance(hours=2)
        seat = server.seat(**QUICK).acquire()
        assert seat.state is State.GRACE
    clock.advance(61)
    eventually(lambda: seat.state is State.ACTIVE)
    assert "replaces" not in server.requests[-1].body
    assert instance_of(seat, server) != instance
    seat.release()
    assert not list(server.state_dir.glob("*.json"))


def test_without_locks_a_released_token_is_gone_and_a_living_siblings_comes_back(
    server: FakeUsher, clock: ManualClock, no_locks: None
) -> None:
    first = server.seat().acquire()
    with server.seat() as second:
        first.release()
        assert not list(server.state_dir.glob("*.json"))
        beat(second, clock)
        eventually(lambda: list(server.state_dir.glob("*.json")))
        assert json.loads(state_file(server).read_text())["body"]["grant"]["token"] == second_token(second)


def second_token(seat: usher_client.Seat) -> str:
    grant = seat._standing.grant
    assert grant is not None
    return grant.token


def test_a_second_process_may_start_without_network_too(server: FakeUsher, clock: ManualClock) -> None:
    first = server.seat().acquire()
    with server.cut_off():
        clock.advance(minutes=20)
        second = server.seat(**QUICK).acquire()
        assert second.state is State.GRACE
    second.release()
    first.release()


def test_releasing_forgets_the_token_before_the_server_hears_of_it(
    server: FakeUsher, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: List[List[Path]] = []
    release = server._ledger.release

    def look_first(now: float, session_id: str) -> bool:
        files.append(list(server.state_dir.glob("*.json")))
        return release(now, session_id)

    monkeypatch.setattr(server._ledger, "release", look_first)
    seat = server.seat().acquire()
    assert state_file(server).exists()
    seat.release()
    assert files == [[]]


def test_closing_the_application_on_a_plane_does_not_end_its_grace(server: FakeUsher, clock: ManualClock) -> None:
    """The server certainly heard nothing, so it still counts the seat, and the token goes on."""
    seat = server.seat().acquire()
    with server.cut_off():
        seat.release(timeout=0.3)
        assert seat.state is State.IDLE
        assert state_file(server).exists()
        clock.advance(hours=1)
        again = server.seat(**QUICK).acquire()
        assert again.state is State.GRACE
    again.release()
    assert server.seats_in_use == 0


def test_a_released_seat_cannot_be_used_without_network(server: FakeUsher) -> None:
    server.seat().acquire().release()
    with server.cut_off(), pytest.raises(usher_client.ConnectionFailed):
        server.seat(clock=SystemClock(), **QUICK).acquire()


def test_the_file_is_private_and_holds_no_license_key(server: FakeUsher) -> None:
    with server.seat():
        path = state_file(server)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        text = path.read_text()
        assert server.license_key not in text
        assert server.license_key not in path.name
        assert "machine-of-the-tests" not in text


def edit(path: Path, change: str) -> None:
    document = json.loads(path.read_text())
    if change == "torn":
        path.write_text(path.read_text()[:-40])
    elif change == "mark":
        document["body"]["mark"]["reached"] -= 50_000
        path.write_text(json.dumps(document))
    elif change == "version":
        document["v"] = 2
        path.write_text(json.dumps(document))
    elif change == "list":
        path.write_text("[]")
    elif change == "nested":
        path.write_text("[" * 200_000)
    elif change == "nested body":
        path.write_text(f'{{"v": 1, "mac": "", "body": {"[" * 900 + "]" * 900}}}')
    elif change == "long":
        path.write_text(" " * 2_000_000 + "{}")
    elif change in _IN_ITS_PLACE:
        path.unlink()
        _IN_ITS_PLACE[change](path)
    else:
        path.write_bytes(b"\xff\xfe")


# What is no regular file: reading it would wait for somebody who writes, or never end.
_IN_ITS_PLACE: Dict[str, Callable[[Path], object]] = {
    "fifo": lambda path: os.mkfifo(path),
    "device": lambda path: path.symlink_to("/dev/zero"),
    "directory": lambda path: path.mkdir(),
    "dangling": lambda path: path.symlink_to("/dev/null/nothing"),
}


@pytest.mark.parametrize(
    "change", ["torn", "mark", "version", "list", "bytes", "nested", "nested body", "long", *_IN_ITS_PLACE]
)
def test_a_torn_or_edited_file_counts_as_none(server: FakeUsher, change: str, caplog: pytest.LogCaptureFixture) -> None:
    crash(server.seat().acquire())
    edit(state_file(server), change)
    with server.cut_off(), pytest.raises(usher_client.ConnectionFailed):
        server.seat(clock=SystemClock(), **QUICK).acquire()
    assert "is not used" in caplog.text
    with server.seat() as seat:
        assert seat.state is State.ACTIVE


def test_the_file_of_another_machine_does_not_help(server: FakeUsher) -> None:
    crash(server.seat(hardware_id="machine-1").acquire())
    stolen = state_file(server)
    other = Store(server.state_dir, server.license_key, "machine-2", "CODITECT", "")
    assert other.path is not None
    stolen.rename(other.path)
    with server.cut_off(), pytest.raises(usher_client.ConnectionFailed):
        server.seat(hardware_id="machine-2", clock=SystemClock(), **QUICK).acquire()


def test_a_directory_that_cannot_be_written_costs_only_the_restart(
    server: FakeUsher, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    with server.seat(state_dir=occupied / "sub") as seat:
        assert seat.state is State.ACTIVE
    assert caplog.text.count("USHER_STATE_DIR") == 1


@pytest.mark.parametrize("directory", ["a\0b", "\ud800"])
def test_a_directory_that_there_cannot_be_costs_only_the_restart(
    server: FakeUsher, directory: str, caplog: pytest.LogCaptureFixture
) -> None:
    with server.seat(state_dir=directory) as seat:
        assert seat.state is State.ACTIVE
    assert caplog.text.count("USHER_STATE_DIR") == 1


def test_a_lock_that_is_no_file_stops_nobody(server: FakeUsher) -> None:
    crash(server.seat().acquire())
    lock = state_file(server).with_suffix(".lock")
    lock.unlink()
    os.mkfifo(lock)
    with server.seat() as seat:
        assert seat.state is State.ACTIVE


def test_a_disk_that_fails_while_running_is_logged_once(
    server: FakeUsher, clock: ManualClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)
    with server.seat() as seat:
        monkeypatch.setattr(os, "fsync", _full)
        for _ in range(2):
            beat(seat, clock)
        eventually(lambda: "No space left" in caplog.text)
        assert seat.state is State.ACTIVE
        eventually(lambda: not list(server.state_dir.glob(".*")))
    assert caplog.text.count("No space left") == 1


def _full(descriptor: int) -> None:
    raise OSError(28, "No space left on device")


def test_the_platforms_place_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_directory({"USHER_STATE_DIR": "/a", "XDG_STATE_HOME": "/b"}) == Path("/a")
    assert default_directory({"XDG_STATE_HOME": "/b"}) == Path("/b/usher")
    assert default_directory({}) == tmp_path / ".local/state/usher"
    monkeypatch.setattr("sys.platform", "darwin")
    assert default_directory({}) == tmp_path / "Library/Application Support/usher"
    monkeypatch.setattr("sys.platform", "win32")
    assert default_directory({"LOCALAPPDATA": "/c"}) == Path("/c/usher")
    assert default_directory({}) is None
