"""A seat against a real server over real sockets, on a clock that the test turns."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from datetime import timedelta
from typing import Any, Callable, Dict, List, Type

import pytest

import usher_client
from tests.conftest import DEADLINE_SECONDS, beat, calls, eventually, state_of
from usher_client import State, StateChange, UsherError
from usher_client._engine import Engine
from usher_client.testing import FakeUsher, ManualClock


def test_a_seat_is_held_inside_the_block_and_given_back_after_it(server: FakeUsher) -> None:
    with server.seat() as seat:
        assert seat.state is State.ACTIVE
        assert server.seats_in_use == 1
    assert state_of(seat) is State.IDLE
    assert server.seats_in_use == 0
    assert calls(server) == ["acquire", "release"]


def test_a_seat_is_given_back_when_the_block_fails(server: FakeUsher) -> None:
    with pytest.raises(ZeroDivisionError), server.seat():
        _ = 1 / 0
    assert server.seats_in_use == 0


def test_a_seat_tells_what_the_license_carries(server: FakeUsher) -> None:
    server.plan.license_expires_at = server.now() + 1_000
    with server.seat() as seat:
        assert seat.entitlement("gpu") is True
        assert seat.entitlement("projects") == 20
        assert seat.entitlement("edition") == "studio"
        assert seat.entitlement("absent") is None
        assert seat.entitlement("absent", default=3) == 3
        assert dict(seat.entitlements) == {"gpu": True, "projects": 20, "edition": "studio"}
        assert seat.license is not None
        assert (seat.license.product, seat.license.plan, seat.license.plan_name) == ("coditect", "pro", "Pro")
        assert seat.license.id.startswith("lic_")
        assert seat.license.customer.startswith("cus_")
        assert seat.license.expires_at is not None
        assert seat.session == server.sessions[0].name
        assert seat.expires_at is not None
        assert seat.offline_until is not None
        assert seat.offline_until - seat.expires_at == timedelta(seconds=86_400 - 350)
        assert seat.last_contact is not None
        assert seat.hardware_id == "machine-of-the-tests"
    assert dict(seat.entitlements) == {}
    assert seat.license is None
    assert seat.session is None
    assert seat.expires_at is None


def test_the_server_learns_who_asks(server: FakeUsher) -> None:
    with server.seat(app="render", app_version="7.1", instance="node-3", jwt_token="e30.e30.c2ln"):
        body = server.requests[0].body
        assert body["jwt_token"] == "e30.e30.c2ln"
        assert body["hardware_id"] == "machine-of-the-tests"
        assert str(body["request_id"]).startswith("req_")
        client = server.sessions[0].client
        assert (client["app"], client["version"], client["instance"]) == ("render", "7.1", "node-3")
        assert set(client) <= {"instance", "hostname", "app", "version", "os", "sdk"}


def test_heartbeats_keep_the_seat(server: FakeUsher, clock: ManualClock) -> None:
    with server.seat() as seat:
        before = seat.expires_at
        assert before is not None
        for _ in range(5):
            beat(seat, clock)
        assert server.seats_in_use == 1
        eventually(lambda: seat.expires_at is not None and seat.expires_at >= before + timedelta(seconds=1_500))


def test_entitlements_follow_the_plan_at_the_next_heartbeat(server: FakeUsher, clock: ManualClock) -> None:
    with server.seat() as seat:
        server.plan.entitlements = {"gpu": True, "projects": 50}
        clock.advance(300)
        eventually(lambda: seat.entitlement("projects") == 50)


def test_two_machines_take_two_seats_and_the_third_is_told_why_not(server: FakeUsher) -> None:
    with server.seat(hardware_id="machine-1"), server.seat(hardware_id="machine-2"):
        with pytest.raises(usher_client.SeatLimitReached) as refusal:
            server.seat(hardware_id="machine-3").acquire()
        assert (refusal.value.limit, refusal.value.in_use) == (2, 2)
        assert refusal.value.retry_after is not None
        assert refusal.value.http_status == 409
        assert refusal.value.code == "SEAT_LIMIT_REACHED"
        assert "Close the application" in str(refusal.value)
        assert "req_fake" in str(refusal.value)
    with server.seat(hardware_id="machine-3") as seat:
        assert seat.state is State.ACTIVE


def test_two_copies_on_one_machine_share_a_seat(server: FakeUsher) -> None:
    with server.seat(), server.seat():
        assert len(server.sessions) == 2
        assert server.seats_in_use == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("GHOST_LIMIT_REACHED", usher_client.GhostLimitReached),
        ("HOLDER_LIMIT_REACHED", usher_client.HolderLimitReached),
        ("LICENSE_NOT_FOUND", usher_client.LicenseNotFound),
        ("LICENSE_EXPIRED", usher_client.LicenseExpired),
        ("LICENSE_SUSPENDED", usher_client.LicenseSuspended),
        ("LICENSE_REVOKED", usher_client.LicenseRevoked),
        ("LICENSE_NOT_STARTED", usher_client.LicenseNotStarted),
        ("SEAT_NOT_ASSIGNED", usher_client.SeatNotAssigned),
        ("USER_REQUIRED", usher_client.UserRequired),
        ("TOKEN_INVALID", usher_client.TokenInvalid),
        ("INVALID_REQUEST", usher_client.InvalidRequest),
        ("SOMETHING_NEW", usher_client.Refused),
    ],
)
def test_every_refusal_has_its_type_and_says_what_to_do(
    server: FakeUsher, code: str, expected: Type[UsherError]
) -> None:
    server.refuse(code)
    with pytest.raises(expected) as refusal:
        server.seat().acquire()
    assert refusal.value.code == code
    assert refusal.value.remedy
    assert refusal.value.remedy in str(refusal.value)
    assert refusal.value.request_id == "req_fake"
    assert calls(server) == ["acquire"]


def test_a_seat_that_is_not_assigned_says_whom_to_ask_and_where_to_read_why(server: FakeUsher) -> None:
    page = "https://license.example/refused#why_0"
    server.refuse("SEAT_NOT_ASSIGNED", detail="None is to ann@example.com. Ask for one.", explanation_url=page)
    with pytest.raises(usher_client.SeatNotAssigned) as refusal:
        server.seat().acquire()
    assert refusal.value.explanation_url == page
    assert not refusal.value.retryable
    assert "Ask for one." in str(refusal.value)
    assert str(refusal.value).endswith(f"Why: {page}")


def test_an_expired_license_says_where_to_renew_it(server: FakeUsher) -> None:
    server.refuse("LICENSE_EXPIRED", renewal_url="https://shop.example/renew")
    with pytest.raises(usher_client.LicenseExpired) as refusal:
        server.seat().acquire()
    assert refusal.value.renewal_url == "https://shop.example/renew"
    assert "https://shop.example/renew" in str(refusal.value)


@pytest.mark.parametrize("code", ["NO_LEADER", "OVERLOADED", "OUTCOME_UNKNOWN", "INTERNAL", "RATE_LIMITED"])
def test_what_passes_is_asked_again_under_the_same_request_id(code: str) -> None:
    with FakeUsher() as server:
        server.refuse(code, times=2)
        with server.seat() as seat:
            assert seat.state is State.ACTIVE
        ids = {request.body["request_id"] for request in server.requests if "request_id" in request.body}
        assert len(ids) == 1


def test_an_acquire_whose_answer_was_lost_takes_one_session() -> None:
    with FakeUsher() as server:
        server.lose_answers(2)
        with server.seat() as seat:
            assert len(server.sessions) == 1
            assert seat.session == server.sessions[0].name


def test_a_refusal_carries_and_prints_the_page_that_explains_it(server: FakeUsher) -> None:
    page = "https://license.example/refused#why_abc123"
    server.refuse("SEAT_LIMIT_REACHED", limit=3, in_use=3, detail="All taken. Wait a little.", explanation_url=page)
    with pytest.raises(usher_client.SeatLimitReached) as refusal:
        server.seat().acquire()
    copy = pickle.loads(pickle.dumps(refusal.value))
    assert copy.explanation_url == page
    assert str(copy).startswith("All taken. Wait a little. [SEAT_LIMIT_REACHED")
    assert str(copy).endswith(f"] Why: {page}")


@pytest.mark.parametrize(
    "page",
    [None, "", 7, "javascript:alert(1)", "https://license.example/a b", "https://x\x1b[2J", "https://ex\u0430mple/why"],
)
def test_what_is_no_page_is_not_shown_as_one(server: FakeUsher, page: object) -> None:
    server.refuse("SEAT_LIMIT_REACHED", limit=3, in_use=3, detail="All taken.", explanation_url=page)
    with pytest.raises(usher_client.SeatLimitReached) as refusal:
        server.seat().acquire()
    assert refusal.value.explanation_url is None
    assert "Why:" not in str(refusal.value)


def test_errors_keep_their_figures_across_processes(server: FakeUsher) -> None:
    server.refuse("SEAT_LIMIT_REACHED", limit=3, in_use=3, retry_after=7, detail="All taken. Wait a little.")
    with pytest.raises(usher_client.SeatLimitReached) as refusal:
        server.seat().acquire()
    copy = pickle.loads(pickle.dumps(refusal.value))
    assert type(copy) is usher_client.SeatLimitReached
    assert (copy.limit, copy.in_use, copy.retry_after, copy.code) == (3, 3, 7, "SEAT_LIMIT_REACHED")
    assert str(copy) == str(refusal.value)
    assert str(copy).count("Wait a little.") == 1


@pytest.mark.parametrize("code", ["LICENSE_REVOKED", "LICENSE_SUSPENDED", "LICENSE_EXPIRED", "LICENSE_NOT_FOUND"])
def test_a_license_that_ends_loses_the_seat_at_once(server: FakeUsher, clock: ManualClock, code: str) -> None:
    lost: List[StateChange] = []
    seat = server.seat(on_lost=lost.append).acquire()
    server.refuse(code)
    clock.advance(300)
    eventually(lambda: lost)
    assert seat.state is State.LOST
    assert lost[0].reason is not None
    assert lost[0].reason.code == code
    assert seat.entitlement("gpu") is None
    with pytest.raises(usher_client.SeatLost) as gone:
        seat.check()
    assert gone.value.code == code
    seat.release()
    assert state_of(seat) is State.IDLE


def test_an_expired_session_is_acquired_again_by_itself(server: FakeUsher, clock: ManualClock) -> None:
    changes: List[StateChange] = []
    with server.seat(on_state=changes.append) as seat:
        first = seat.session
        clock.advance(100_000)
        eventually(lambda: seat.state is State.ACTIVE and seat.session != first)
        assert server.seats_in_use == 1
        eventually(lambda: [change.state for change in changes] == [State.ACTIVE])


def test_a_revoked_session_is_lost_until_the_application_asks_again(server: FakeUsher, clock: ManualClock) -> None:
    lost: List[StateChange] = []
    with server.seat(on_lost=lost.append) as seat:
        server.revoke_sessions()
        clock.advance(300)
        eventually(lambda: lost)
        assert seat.state is State.LOST
        assert seat.entitlement("gpu") is None
        assert isinstance(lost[0].reason, usher_client.SessionRevoked)
        assert "Ask the operator" in str(lost[0].reason)
        assert isinstance(seat.reason, usher_client.SessionRevoked)
        with pytest.raises(usher_client.SeatLost, match="Ask the operator") as gone:
            seat.check()
        assert gone.value.code == "SESSION_REVOKED"
        assert "acquire()" in str(gone.value)
        # Neither time nor a restart without a network brings it back; asking does.
        clock.advance(hours=2)
        assert not list(server.state_dir.glob("*.json"))
        assert server.seats_in_use == 0
        assert calls(server) == ["acquire", "heartbeat"]
        seat.acquire()
        assert state_of(seat) is State.ACTIVE
        assert server.seats_in_use == 1


def test_the_servers_own_words_on_a_revoked_session_are_passed_on(server: FakeUsher, clock: ManualClock) -> None:
    with server.seat() as seat:
        server.refuse("SESSION_REVOKED", "heartbeat", detail="The session was ended: audit. Ask the vendor.")
        clock.advance(300)
        eventually(lambda: seat.state is State.LOST)
        with pytest.raises(usher_client.SeatLost) as gone:
            seat.check()
        assert str(gone.value).count("Ask the") == 1
        assert "The session was ended: audit. Ask the vendor." in str(gone.value)


def test_a_lenient_client_without_a_seat_stays_in_grace(server: FakeUsher, clock: ManualClock) -> None:
    with server.seat() as seat:
        server.refuse("SESSION_EXPIRED", "heartbeat")
        server.refuse("SEAT_LIMIT_REACHED", "acquire", limit=2, in_use=2, retry_after=30)
        clock.advance(300)
        eventually(lambda: seat.state is State.GRACE)
        assert isinstance(seat.reason, usher_client.SeatLimitReached)
        server.allow()
        clock.advance(60)
        eventually(lambda: seat.state is State.ACTIVE)
        assert seat.reason is None


def test_a_strict_client_without_a_seat_is_lost(clock: ManualClock) -> None:
    with FakeUsher(clock=clock, offline="strict") as server, server.seat() as seat:
        server.refuse("SESSION_EXPIRED", "heartbeat")
        server.refuse("SEAT_LIMIT_REACHED", "acquire", limit=1, in_use=1)
        clock.advance(300)
        eventually(lambda: seat.state is State.LOST)


def test_the_state_follows_the_clock_while_nobody_is_awake(server: FakeUsher, clock: ManualClock) -> None:
    with server.seat() as seat:
        server.latency_seconds = 0.5
        clock.advance(351)
        assert seat.state is State.GRACE
        eventually(lambda: seat.state is State.ACTIVE)


def test_a_failing_callback_harms_nobody(
    server: FakeUsher, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(change: StateChange) -> None:
        raise RuntimeError("in the application")

    with server.seat(on_state=fail) as seat:
        eventually(lambda: "in the application" in caplog.text)
        clock.advance(300)
        eventually(lambda: calls(server).count("heartbeat") == 1)
        assert seat.state is State.ACTIVE


def test_a_slow_callback_does_not_stop_the_heartbeat(server: FakeUsher, clock: ManualClock) -> None:
    stuck = threading.Event()
    with server.seat(on_state=lambda change: stuck.wait(10)) as seat:
        clock.advance(300)
        eventually(lambda: calls(server).count("heartbeat") == 1)
        assert seat.state is State.ACTIVE
        stuck.set()


def test_a_callback_may_give_the_seat_back(server: FakeUsher, clock: ManualClock) -> None:
    seats: List[usher_client.Seat] = []
    seat = server.seat(on_lost=lambda change: seats[0].release())
    seats.append(seat.acquire())
    server.refuse("LICENSE_REVOKED", times=1)
    clock.advance(300)
    eventually(lambda: seat.state is State.IDLE)


def test_release_is_idempotent_and_works_before_acquire(server: FakeUsher) -> None:
    seat = server.seat()
    seat.release()
    seat.acquire()
    seat.release()
    seat.release()
    assert calls(server) == ["acquire", "release"]


def test_a_held_seat_is_not_acquired_twice_and_a_released_one_is(server: FakeUsher) -> None:
    seat = server.seat().acquire()
    with pytest.raises(UsherError, match="already held"):
        seat.acquire()
    seat.release()
    seat.acquire()
    assert server.seats_in_use == 1
    seat.release()


BEATING = "usher-heartbeat"


def _acquire_into(seat: usher_client.Seat, ended: List[str]) -> threading.Thread:
    """Acquire on a thread of its own; `ended` gets "held" or the code of the refusal."""

    def acquire() -> None:
        try:
            seat.acquire()
            ended.append("held")
        except UsherError as error:
            ended.append(error.code)

    thread = threading.Thread(target=acquire)
    thread.start()
    return thread


@pytest.mark.parametrize("where", ["_new_engine", "_start", "_stop", "thread"])
def test_of_two_that_acquire_at_once_one_gets_the_seat(
    server: FakeUsher, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Wherever the first one is held up, the second neither ends its engine nor starts another."""
    seat, ended = server.seat(), list[str]()
    inside, go_on = threading.Event(), threading.Event()

    def held_up(original: Callable[..., object]) -> Callable[..., object]:
        def step(*arguments: object) -> object:
            inside.set()
            assert go_on.wait(DEADLINE_SECONDS)
            return original(*arguments)

        return step

    if where == "thread":
        monkeypatch.setattr(Engine, "start", held_up(Engine.start))
    else:
        monkeypatch.setattr(seat, where, held_up(getattr(seat, where)))
    first = _acquire_into(seat, ended)
    assert inside.wait(DEADLINE_SECONDS)
    second = _acquire_into(seat, ended)
    second.join(DEADLINE_SECONDS)
    assert ended == ["ALREADY_HELD"]
    go_on.set()
    first.join(DEADLINE_SECONDS)
    assert ended == ["ALREADY_HELD", "held"]
    assert calls(server) == ["acquire"]
    seat.release()
    assert server.sessions == []


def test_of_many_that_acquire_a_lost_seat_at_once_one_gets_it(server: FakeUsher, clock: ManualClock) -> None:
    before = set(threading.enumerate())
    seat, ended = server.seat().acquire(), list[str]()
    for _ in range(10):
        server.refuse("LICENSE_SUSPENDED", "heartbeat", times=1)
        clock.advance(300)
        eventually(lambda: seat.state is State.LOST)
        ended.clear()
        for thread in [_acquire_into(seat, ended) for _ in range(6)]:
            thread.join(DEADLINE_SECONDS)
        assert sorted(ended) == ["ALREADY_HELD"] * 5 + ["held"]
        eventually(lambda: len([new for new in set(threading.enumerate()) - before if new.name == BEATING]) == 1)
    seat.release()
    assert calls(server).count("acquire") == 11


def test_a_seat_that_is_given_back_before_its_thread_runs_keeps_an_earlier_runs_token(
    server: FakeUsher, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = server.seat().acquire()
    file = next(server.state_dir.glob("*.json"))
    assert earlier._engine is not None
    earlier._engine._store.close()
    seat, ended = server.seat(), list[str]()
    start = Engine.start

    def given_back_first(engine: Engine) -> None:
        releasing = threading.Thread(target=seat.release)
        releasing.start()
        eventually(lambda: engine._release_budget is not None)
        start(engine)
        releasing.join()

    monkeypatch.setattr(Engine, "start", given_back_first)
    _acquire_into(seat, ended).join(DEADLINE_SECONDS)
    assert ended == ["SEAT_LOST"]
    assert calls(server) == ["acquire"]
    assert file.exists()
    earlier.release()


def test_a_lost_seat_can_be_acquired_again(server: FakeUsher, clock: ManualClock) -> None:
    seat = server.seat().acquire()
    server.refuse("LICENSE_SUSPENDED", times=1)
    clock.advance(300)
    eventually(lambda: seat.state is State.LOST)
    seat.acquire()
    assert seat.state is State.ACTIVE
    seat.release()


def test_check_raises_before_a_seat_is_held(server: FakeUsher) -> None:
    with pytest.raises(usher_client.SeatLost):
        server.seat().check()


def test_a_replayed_answer_does_not_keep_a_seat_alive(server: FakeUsher, clock: ManualClock) -> None:
    with server.seat() as seat:
        server.replay_answers()
        beat(seat, clock)
        assert seat.state is State.ACTIVE
        clock.advance(300)
        eventually(lambda: seat.state is State.DEGRADED)
        assert isinstance(seat.reason, usher_client.SignatureInvalid)
        assert seat.reason.reason == "stale"
        clock.advance(90_000)
        assert state_of(seat) is State.LOST
        server.allow()


def test_a_forged_answer_is_not_trusted(server: FakeUsher) -> None:
    with FakeUsher(clock=server.clock) as stranger:
        with pytest.raises(usher_client.SignatureInvalid) as refusal:
            stranger.seat(root=server.root).acquire()
        assert refusal.value.reason == "unknown_root"
        assert "root" in refusal.value.remedy


def test_a_token_for_another_product_is_not_trusted(server: FakeUsher) -> None:
    with pytest.raises(usher_client.SignatureInvalid, match="product"):
        server.seat(product="other").acquire()
    with server.seat(product="coditect") as seat:
        assert seat.state is State.ACTIVE


def test_a_seat_that_is_not_trusted_goes_back_and_blocks_nobody(clock: ManualClock) -> None:
    with FakeUsher(clock=clock, nodes=2) as server, FakeUsher(clock=clock) as vendor:
        mistakes: List[Dict[str, Any]] = [{"root": vendor.root}, {"product": "other"}]
        for mistake in mistakes:
            with pytest.raises(usher_client.SignatureInvalid):
                server.seat(**mistake).acquire()
            assert server.seats_in_use == 0, "before acquire() has raised"
        assert calls(server) == ["acquire", "release"] * 4
        # Each node is asked under a request of its own, and given back what it granted.
        asked = [request for request in server.requests if request.path.endswith("acquire")]
        assert len({request.body["request_id"] for request in asked}) == 4
        assert [request.node for request in server.requests] == [0, 0, 1, 1] * 2
        with server.seat(hardware_id="another-machine") as seat:
            assert seat.state is State.ACTIVE


def test_a_seat_that_cannot_be_given_back_delays_the_answer_but_briefly(
    server: FakeUsher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("usher_client._protocol.GIVE_BACK_SECONDS", 0.2)
    server.refuse("NO_LEADER", "release")
    with pytest.raises(usher_client.SignatureInvalid):
        server.seat(product="other").acquire()
    server.allow()

    def hang(fake: FakeUsher, body: Any) -> Any:
        fake.latency_seconds = 1.0
        return acquire(fake, body)

    acquire = FakeUsher._acquire
    monkeypatch.setattr(FakeUsher, "_acquire", hang)
    begun = time.monotonic()
    with pytest.raises(usher_client.SignatureInvalid):
        server.seat(product="other").acquire()
    assert time.monotonic() - begun < 0.9


def test_a_heartbeats_answer_that_is_not_trusted_does_not_give_the_seat_back(
    server: FakeUsher, clock: ManualClock
) -> None:
    with server.seat(product="coditect") as seat:
        server.plan.product = "other"
        clock.advance(300)
        eventually(lambda: seat.state is State.DEGRADED)
        assert isinstance(seat.reason, usher_client.SignatureInvalid)
        assert calls(server) == ["acquire", "heartbeat"]
        assert server.seats_in_use == 1


def test_a_certificate_bounds_what_the_server_may_grant(clock: ManualClock) -> None:
    with FakeUsher(clock=clock, certificate={"grace_max": 3_600}) as server:
        with pytest.raises(usher_client.SignatureInvalid, match="grace"):
            server.seat().acquire()
        server.plan.grace_seconds = 3_600
        with server.seat() as seat:
            assert seat.state is State.ACTIVE


def test_nothing_secret_is_logged(server: FakeUsher, clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with server.seat(jwt_token="e30.e30.c2ln") as seat:
        secrets = [server.license_key, server.sessions[0].session_id, "e30.e30.c2ln", "machine-of-the-tests"]
        beat(seat, clock)
        with server.cut_off():
            clock.advance(300)
            eventually(lambda: seat.state is State.DEGRADED)
        secrets.append(repr(seat))
    server.refuse("LICENSE_REVOKED")
    with pytest.raises(UsherError):
        server.seat().acquire()
    assert "Seat:" in caplog.text
    assert not any(secret in caplog.text for secret in secrets)
    assert not any(secret in secrets[-1] for secret in secrets[:-1])


def test_no_thread_is_left_behind(server: FakeUsher) -> None:
    ours = (BEATING, "usher-announcer")
    before = set(threading.enumerate())
    with server.seat(on_state=lambda change: None):
        pass
    eventually(lambda: not [left for left in set(threading.enumerate()) - before if left.name in ours])
    seat = server.seat().acquire()
    with server.cut_off():
        seat.release(timeout=0.2)
    eventually(lambda: not [left for left in set(threading.enumerate()) - before if left.name in ours])


def test_a_thread_that_died_is_told_and_its_release_is_not_claimed_to_be_heard(
    server: FakeUsher, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    seat = server.seat().acquire()
    engine = seat._engine
    assert engine is not None
    monkeypatch.setattr(engine.protocol, "woke", _unforeseen)
    clock.advance(300)
    eventually(lambda: not engine.thread.is_alive())
    assert "The heartbeat thread has failed" in caplog.text
    assert seat.state is State.DEGRADED
    assert "ZeroDivisionError" in str(seat.reason)
    clock.advance(90_000)
    assert state_of(seat) is State.LOST
    seat.release()
    assert "has not confirmed the release" in caplog.text
    assert calls(server) == ["acquire"]
    with server.seat() as another:
        assert another.state is State.ACTIVE


def _unforeseen(*_: object) -> None:
    raise ZeroDivisionError


def test_acquire_may_be_interrupted_and_leaves_no_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeUsher() as server:
        server.latency_seconds = 0.3
        seat = server.seat()
        start = seat._start

        def interrupted() -> object:
            engine = start()
            eventually(lambda: calls(server) == ["acquire"])
            monkeypatch.setattr(engine.started, "result", _interrupt)
            return engine

        monkeypatch.setattr(seat, "_start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            seat.acquire()
        eventually(lambda: calls(server) == ["acquire", "release"])
        eventually(lambda: server.seats_in_use == 0)


def _interrupt() -> None:
    raise KeyboardInterrupt
