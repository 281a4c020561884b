"""The protocol alone: scripted answers, made-up clocks."""

from __future__ import annotations

from random import Random
from typing import Callable, Dict, List, Optional, Type

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world import CLUSTER_EPOCH, Machine, cut_off, grant, granting, miss
from usher_client._backoff import next_beat, pause, respect
from usher_client._errors import (
    ClockTampered,
    ConnectionFailed,
    InvalidRequest,
    LicenseRevoked,
    Refused,
    RequestTooLate,
    SeatLimitReached,
    SeatNotAssigned,
    SessionEnded,
    SessionRevoked,
    SignatureInvalid,
    UserRequired,
    UsherError,
)
from usher_client._messages import (
    Action,
    Announce,
    Call,
    Denied,
    Done,
    Ending,
    Failed,
    Forget,
    GiveBack,
    Granted,
    Kind,
    Missed,
    Outcome,
    Released,
    Save,
    Send,
    Started,
)
from usher_client._protocol import Kept, Pace, Protocol
from usher_client._state import State


def sent(machine: Machine) -> List[Call]:
    return [action.call for action in machine.log if isinstance(action, Send)]


def told(machine: Machine) -> List[State]:
    return [action.change.state for action in machine.log if isinstance(action, Announce)]


def failure(machine: Machine) -> Optional[UsherError]:
    return next((action.error for action in machine.log if isinstance(action, Failed)), None)


def started(machine: Machine) -> Machine:
    assert machine.start()
    return machine


def answering(*outcomes: Outcome) -> Machine:
    """A machine whose calls get these outcomes, the last one for ever."""
    left = list(outcomes)

    def answer(call: Call) -> Outcome:
        if call.kind is Kind.RELEASE and not isinstance(left[0], Done):
            return Done()
        return left.pop(0) if len(left) > 1 else left[0]

    return Machine(answer)


def test_a_granted_seat_is_active_and_beats_before_its_token_ends() -> None:
    machine = started(Machine(granting(grant(), grant(iat=CLUSTER_EPOCH + 280, seq=2))))
    machine.run(300)
    assert machine.state() is State.ACTIVE
    assert [call.kind for call in sent(machine)] == [Kind.ACQUIRE, Kind.HEARTBEAT]
    assert sent(machine)[1].session_id == "sid_1"
    assert told(machine) == [State.ACTIVE]


def test_without_an_answer_the_states_follow_one_another() -> None:
    machine = started(Machine(granting(grant())))
    machine.run(87_000)
    assert told(machine) == [State.ACTIVE, State.DEGRADED, State.GRACE, State.LOST]


def test_a_strict_seat_has_no_grace() -> None:
    machine = started(Machine(granting(grant(off="strict", gex=CLUSTER_EPOCH + 350))))
    machine.run(400)
    assert told(machine) == [State.ACTIVE, State.DEGRADED, State.LOST]


def test_a_token_counts_from_the_sending_not_from_the_answer() -> None:
    machine = Machine(granting(grant()))
    slow = machine.answering

    def answer(call: Call) -> Outcome:
        machine.true += 9
        machine.wall += 9
        machine.boot += 9
        return slow(call)

    machine.answering = answer
    started(machine)
    assert machine.protocol is not None
    assert machine.protocol.standing.life_left(machine.now()) == pytest.approx(341)


def test_an_acquire_of_unknown_outcome_is_repeated_under_its_id_and_counts_from_its_first_sending() -> None:
    machine = started(answering(miss(maybe_sent=True), miss(maybe_sent=True), Granted(grant()), miss()))
    ids = {call.request_id for call in sent(machine)}
    assert len(sent(machine)) == 3
    assert len(ids) == 1
    assert machine.protocol is not None
    assert machine.protocol.standing.life_left(machine.now()) == pytest.approx(350 - (machine.true - CLUSTER_EPOCH))


def test_an_acquire_that_certainly_was_not_sent_does_not_shorten_the_token() -> None:
    machine = started(answering(miss(), miss(), Granted(grant()), miss()))
    assert machine.true > CLUSTER_EPOCH
    assert machine.protocol is not None
    assert machine.protocol.standing.life_left(machine.now()) == pytest.approx(350)


def test_an_acquire_of_long_unknown_outcome_gets_a_new_id() -> None:
    machine = started(Machine(granting(grant())))
    outcomes: List[Outcome] = [Denied(SessionEnded("expired"))]
    machine.answering = lambda call: outcomes.pop() if outcomes else miss(maybe_sent=True)
    machine.run(1_000)
    acquires = [call for call in sent(machine) if call.kind is Kind.ACQUIRE][1:]
    assert len({call.request_id for call in acquires}) >= 2


def test_a_late_or_reused_request_is_asked_again_under_a_new_id() -> None:
    machine = started(answering(Denied(RequestTooLate("late")), Granted(grant()), miss()))
    first, second = sent(machine)
    assert first.request_id != second.request_id


@pytest.mark.parametrize("code", ["SESSION_EXPIRED", "SESSION_NOT_FOUND", "SESSION_RELEASED"])
def test_an_ended_session_is_acquired_again_at_once(code: str) -> None:
    again = Granted(grant("sid_2", sid="ses_2", seq=9, iat=CLUSTER_EPOCH + 280))
    machine = started(answering(Granted(grant()), Denied(SessionEnded("ended", code=code)), again, miss()))
    machine.run(300)
    assert [call.kind for call in sent(machine)] == [Kind.ACQUIRE, Kind.HEARTBEAT, Kind.ACQUIRE]
    assert machine.state() is State.ACTIVE
    assert told(machine) == [State.ACTIVE]


@pytest.mark.parametrize(("off", "then"), [("lenient", State.GRACE), ("strict", State.LOST), ("reserved", State.LOST)])
def test_refused_after_its_session_ended_only_a_lenient_client_goes_on(off: str, then: State) -> None:
    end = CLUSTER_EPOCH + (350 if off == "strict" else 86_400)
    full = Denied(SeatLimitReached("full", limit=1, in_use=1, retry_after=30))
    machine = started(answering(Granted(grant(off=off, gex=end)), Denied(SessionEnded("ended")), full))
    machine.run(300)
    assert machine.state() is then
    machine.run(90_000)
    assert machine.state() is State.LOST


def test_refused_for_its_user_a_lenient_client_stays_in_grace() -> None:
    refused = Denied(UserRequired("sign in"))
    machine = started(answering(Granted(grant()), Denied(SessionEnded("ended")), refused))
    machine.run(400)
    assert machine.state() is State.GRACE


def test_a_seat_lost_for_want_of_an_answer_comes_back_by_itself() -> None:
    machine = started(Machine(granting(grant(off="strict", gex=CLUSTER_EPOCH + 350))))
    machine.run(1_000)
    assert machine.state() is State.LOST
    machine.answering = granting(grant(seq=2, iat=CLUSTER_EPOCH + 1_000, exp=CLUSTER_EPOCH + 1_350))
    machine.run(120)
    assert machine.state() is State.ACTIVE


@pytest.mark.parametrize("refusal", [LicenseRevoked("revoked"), SessionRevoked("revoked")])
@pytest.mark.parametrize("off", ["strict", "lenient", "reserved"])
def test_what_a_person_has_revoked_is_lost_at_once_and_for_good(refusal: UsherError, off: str) -> None:
    end = CLUSTER_EPOCH + (350 if off == "strict" else 86_400)
    machine = started(answering(Granted(grant(off=off, gex=end)), Denied(refusal), Granted(grant(seq=3))))
    machine.run(600)
    assert machine.state() is State.LOST
    assert machine.file is None
    assert len(sent(machine)) == 2
    assert machine.protocol is not None
    assert machine.protocol.wake_in(machine.now()) is None


def test_a_seat_that_is_not_assigned_any_more_is_lost_when_its_session_has_ended() -> None:
    refused = Denied(SeatNotAssigned("not yours"))
    machine = started(answering(Granted(grant()), Denied(SessionEnded("ended")), refused, Granted(grant(seq=3))))
    machine.run(600)
    assert machine.state() is State.LOST
    assert machine.file is None
    assert len(sent(machine)) == 3


@pytest.mark.parametrize("refusal", [SeatLimitReached("full"), InvalidRequest("what?"), UserRequired("who?")])
def test_a_refusal_at_the_start_is_raised_and_keeps_the_cached_token(refusal: UsherError) -> None:
    machine = started(Machine(granting(grant())))
    machine.kill()
    machine.answering = lambda call: Denied(refusal)
    assert not machine.start()
    assert failure(machine) is refusal
    assert machine.file is not None


@pytest.mark.parametrize("refusal", [LicenseRevoked("revoked"), SeatNotAssigned("not yours")])
def test_what_a_person_has_taken_away_at_the_start_deletes_the_cached_token(refusal: UsherError) -> None:
    machine = started(Machine(granting(grant())))
    machine.kill()
    machine.answering = lambda call: Denied(refusal)
    assert not machine.start()
    assert machine.file is None


def test_an_unintelligible_answer_to_a_heartbeat_is_a_miss_not_a_loss() -> None:
    machine = started(answering(Granted(grant()), Denied(InvalidRequest("unknown member"))))
    machine.run(300)
    assert machine.state() is State.DEGRADED


def test_cut_off_at_the_start_a_cached_token_in_grace_will_do_and_the_server_is_asked_on() -> None:
    machine = started(Machine(granting(grant())))
    machine.kill()
    machine.sleep(7_200)
    machine.answering = cut_off
    assert machine.start()
    assert machine.state() is State.GRACE
    machine.answering = granting(grant("sid_2", sid="ses_2", seq=5, iat=CLUSTER_EPOCH + 7_201))
    machine.run(61)
    assert machine.state() is State.ACTIVE
    assert sent(machine)[-1].kind is Kind.ACQUIRE


def test_cut_off_at_the_start_a_living_token_is_degraded() -> None:
    machine = started(Machine(granting(grant())))
    machine.kill()
    machine.answering = cut_off
    assert machine.start()
    assert machine.state() is State.DEGRADED


def test_cut_off_at_the_start_an_ended_grace_is_not_used() -> None:
    machine = started(Machine(granting(grant())))
    machine.kill()
    machine.wall += 90_000
    machine.answering = cut_off
    assert not machine.start()
    assert isinstance(failure(machine), ConnectionFailed)
    assert "grace is over" in str(failure(machine))


def test_cut_off_at_the_start_with_the_clock_set_back_the_grace_is_refused_by_name() -> None:
    machine = started(Machine(granting(grant())))
    machine.kill()
    machine.set_wall(-3_600)
    machine.answering = cut_off
    assert not machine.start()
    assert isinstance(failure(machine), ClockTampered)


def test_a_clock_corrected_by_a_minute_is_not_called_tampering() -> None:
    machine = started(Machine(granting(grant())))
    machine.kill()
    machine.set_wall(-60)
    machine.answering = cut_off
    assert machine.start()


def test_acquiring_gives_up_after_its_time() -> None:
    machine = Machine(cut_off)
    assert not machine.start()
    assert isinstance(failure(machine), ConnectionFailed)
    assert 25 < machine.true - CLUSTER_EPOCH <= 30


def test_an_untrusted_answer_at_the_start_is_not_asked_for_twice() -> None:
    machine = Machine(lambda call: Missed(SignatureInvalid("forged"), maybe_sent=True), urls=2)
    assert not machine.start()
    assert isinstance(failure(machine), SignatureInvalid)
    assert [call.url for call in sent(machine)] == [0, 1]


@pytest.mark.parametrize(
    ("replayed", "why"),
    [
        (grant(seq=1), "seq"),
        (grant(seq=0), "seq"),
        (grant("sid_9", sid="ses_9", seq=99, iat=CLUSTER_EPOCH - 301), "iat"),
    ],
)
def test_a_replayed_token_is_a_miss(replayed: object, why: str) -> None:
    machine = started(answering(Granted(grant()), Granted(replayed)))  # type: ignore[arg-type]
    machine.run(300)
    assert machine.state() is State.DEGRADED
    assert machine.protocol is not None
    assert why in str(machine.protocol.standing.error)


def test_a_miss_goes_to_the_next_server_at_once_and_stays_with_the_one_that_works() -> None:
    machine = Machine(lambda call: miss() if call.url != 1 else Granted(grant(seq=len(sent(machine)) + 1)), urls=3)
    started(machine)
    machine.run(300)
    assert [call.url for call in sent(machine)] == [0, 1, 1]
    assert told(machine) == [State.ACTIVE]


def by_url(answers: Dict[int, Callable[[], Outcome]], urls: int) -> Machine:
    """A machine that has a seat, a strict one with 350 s to live, and whose servers then answer like this."""
    machine = Machine(granting(grant(off="strict", gex=CLUSTER_EPOCH + 350)), urls=urls)
    assert machine.start()
    machine.answering = lambda call: answers[call.url]()
    return machine


def test_a_server_that_asks_for_time_does_not_keep_the_others_from_being_asked() -> None:
    """A balancer's 503 with 50 s of life left, and two healthy servers behind the other addresses."""
    healthy = Granted(grant(seq=2, iat=CLUSTER_EPOCH + 300, exp=CLUSTER_EPOCH + 650, gex=CLUSTER_EPOCH + 650))
    machine = by_url({0: lambda: miss(retry_after=120), 1: lambda: healthy, 2: lambda: healthy}, urls=3)
    machine.sleep(300)
    assert [call.url for call in sent(machine)] == [0, 0, 1]
    assert told(machine) == [State.ACTIVE]
    assert machine.state() is State.ACTIVE


def test_a_server_that_asks_for_time_is_left_alone_while_the_others_are_asked_again() -> None:
    machine = by_url({0: lambda: miss(retry_after=60), 1: miss, 2: miss}, urls=3)
    machine.run(276)
    asked, until = len(sent(machine)), machine.true
    assert [call.url for call in sent(machine)][1:4] == [0, 1, 2]
    # It said 60 s at 75 s before the end: a quarter of that is what it gets, and then the next round's turn.
    while len([call for call in sent(machine)[asked:] if call.url == 0]) < 1:
        machine.run(0.1)
    assert 17 < machine.true - until < 35
    assert [call.url for call in sent(machine)[asked:-1]].count(1) >= 3


def test_no_server_can_ask_for_more_time_than_is_left() -> None:
    machine = by_url({0: lambda: miss(retry_after=300)}, urls=1)
    machine.run(349)
    assert len(sent(machine)) > 5
    assert told(machine) == [State.ACTIVE, State.DEGRADED]


def test_nor_in_grace() -> None:
    machine = started(Machine(granting(grant(gex=CLUSTER_EPOCH + 900))))
    machine.answering = lambda call: miss(retry_after=300)
    machine.run(880)
    before = len(sent(machine))
    machine.run(19)
    assert machine.state() is State.GRACE
    assert len(sent(machine)) > before + 1


def test_without_anything_to_lose_a_server_gets_the_time_that_it_names() -> None:
    machine = by_url({0: lambda: miss(retry_after=200)}, urls=1)
    machine.run(400)
    assert machine.state() is State.LOST
    asked = len(sent(machine))
    machine.run(190)
    assert len(sent(machine)) <= asked + 1


def test_a_grant_makes_good_what_was_asked_for_earlier() -> None:
    """A server that once asked for time is asked all the same before an application is told of a worse state."""
    grants = {"left": 1}

    def second() -> Outcome:
        grants["left"] -= 1
        now = int(machine.true)
        return Granted(grant(seq=2, iat=now, exp=now + 350, gex=now + 350)) if grants["left"] >= 0 else miss()

    machine = by_url({0: lambda: miss(retry_after=300), 1: second}, urls=2)
    # Long after the token's end nothing caps what the first server asks for.
    machine.sleep(1_000)
    assert [call.url for call in sent(machine)] == [0, 0, 1]
    machine.run(290)
    assert [call.url for call in sent(machine)][3:5] == [1, 0]


def test_a_server_that_hangs_is_passed_over_while_there_are_others_to_ask() -> None:
    machine = Machine(granting(), urls=3)
    assert machine.protocol is None
    machine.start()
    times = [call.timeout for call in sent(machine)[:6]]
    assert times == [3.0, 3.0, 10.0] * 2
    # A single one, slow as it may be, gets all the time there is.
    alone = Machine(granting())
    alone.start()
    assert sent(alone)[0].timeout == 10.0


def test_a_release_leaves_time_for_the_next_server() -> None:
    machine = Machine(granting(grant()), urls=2)
    assert machine.start()
    assert machine.protocol is not None
    before = len(sent(machine))
    machine.perform(machine.protocol.release(machine.now(), 2.0))
    assert [call.timeout for call in sent(machine)[before:][:2]] == [1.0, 2.0]


def test_what_is_not_trusted_is_given_back_to_the_server_that_granted_it() -> None:
    machine = Machine(
        lambda call: Missed(SignatureInvalid("forged"), maybe_sent=True, session_id=f"sid_{call.url}"), urls=2
    )
    assert not machine.start()
    returned = [action.call for action in machine.log if isinstance(action, GiveBack)]
    assert [(call.url, call.session_id, call.kind) for call in returned] == [
        (0, "sid_0", Kind.RELEASE),
        (1, "sid_1", Kind.RELEASE),
    ]
    assert all(call.timeout == 2.0 for call in returned)
    assert isinstance(machine.log[-1], Failed), "the seats go back before the application hears of it"
    assert len({call.request_id for call in sent(machine)}) == 2


def test_a_release_is_offered_to_every_server_too() -> None:
    machine = Machine(granting(grant()), urls=2)
    assert machine.start()
    machine.answering = lambda call: miss(retry_after=120) if call.url == 0 else Done()
    assert machine.protocol is not None
    machine.perform(machine.protocol.release(machine.now(), 5.0))
    assert machine.log[-1] == Released(Ending.HEARD)


def test_after_a_night_asleep_the_server_is_asked_before_anybody_is_told() -> None:
    machine = started(Machine(granting(grant(off="strict", gex=CLUSTER_EPOCH + 350))))
    machine.answering = granting(grant(seq=2, iat=CLUSTER_EPOCH + 30_000, exp=CLUSTER_EPOCH + 30_350))
    machine.sleep(30_000)
    assert machine.state() is State.ACTIVE
    assert told(machine) == [State.ACTIVE]


def test_in_grace_the_mark_is_saved_often() -> None:
    machine = started(Machine(granting(grant())))
    machine.run(400)
    before = sum(isinstance(action, Save) for action in machine.log)
    machine.run(200)
    assert sum(isinstance(action, Save) for action in machine.log) - before >= 9


def test_a_release_forgets_first_and_is_told() -> None:
    machine = started(answering(Granted(grant())))
    assert machine.protocol is not None
    before = len(machine.log)
    machine.perform(machine.protocol.release(machine.now(), 5.0))
    kinds: List[Type[Action]] = [type(action) for action in machine.log[before:]]
    assert kinds == [Forget, Announce, Send, Released]
    assert machine.log[-1] == Released(Ending.HEARD)
    assert machine.state() is State.IDLE


@pytest.mark.parametrize(("maybe_sent", "ending"), [(False, Ending.UNSENT), (True, Ending.UNKNOWN)])
def test_a_release_that_finds_no_server_says_whether_it_may_have_been_heard(maybe_sent: bool, ending: Ending) -> None:
    machine = started(Machine(granting(grant())))
    machine.answering = lambda call: miss(maybe_sent=maybe_sent)
    assert machine.protocol is not None
    machine.perform(machine.protocol.release(machine.now(), 3.0))
    machine.run(5)
    assert machine.log[-1] == Released(ending)


def test_a_release_before_the_first_answer_keeps_an_earlier_runs_token() -> None:
    now = Machine(cut_off).now()
    protocol = Protocol(Pace(1), chance=lambda: 0.5, new_id=lambda: "req_1")
    protocol.start(now, Kept())
    actions = protocol.release(now, 1.0)
    assert not any(isinstance(action, Forget) for action in actions)
    assert actions[-1] == Released(Ending.HEARD)


def test_a_lost_seat_can_be_asked_for_anew() -> None:
    machine = started(answering(Granted(grant()), Denied(LicenseRevoked("revoked")), Granted(grant("s", sid="ses_2"))))
    machine.run(300)
    assert machine.protocol is not None
    machine.perform(machine.protocol.start(machine.now(), Kept()))
    assert machine.state() is State.ACTIVE
    assert told(machine) == [State.ACTIVE, State.LOST, State.IDLE, State.ACTIVE]


outcomes = st.sampled_from(
    [
        miss(),
        miss(maybe_sent=True),
        miss(retry_after=20.0),
        Denied(SessionEnded("ended")),
        Denied(SeatLimitReached("full", retry_after=15.0)),
        Denied(InvalidRequest("?")),
        Denied(RequestTooLate("late")),
        # As often as all the others together, for only what follows a grant can be lost.
        *["granted"] * 7,
    ]
)
events = st.one_of(
    st.tuples(st.just("run"), st.integers(1, 400)),
    st.tuples(st.just("sleep"), st.integers(1, 4_000)),
    st.tuples(st.just("wall"), st.integers(-5_000, 5_000)),
)


@settings(max_examples=400)
@given(
    st.integers(1, 3),
    st.sampled_from(["strict", "lenient", "reserved"]),
    st.lists(outcomes, min_size=1, max_size=40),
    st.lists(events, min_size=1, max_size=12),
    st.integers(0, 1 << 16),
)
def test_the_machine_keeps_its_invariants(
    urls: int, off: str, script: List[object], happenings: List[tuple[str, float]], seed: int
) -> None:
    """TokenTimeNeverGrows, ActiveUntilTried, ForgetBeforeRelease, and it never gets stuck."""
    seq = 0
    last_answer = float(CLUSTER_EPOCH)
    grants_at: List[int] = []
    left = list(script)

    def answer(call: Call) -> Outcome:
        nonlocal seq, last_answer
        if call.kind is Kind.RELEASE:
            return Done()
        outcome = left.pop(0) if left else miss()
        if outcome != "granted":
            return outcome  # type: ignore[return-value]
        seq += 1
        iat = int(machine.true)
        last_answer = machine.true
        grants_at.append(len(machine.log))
        end = iat + (350 if off == "strict" else 3_600)
        return Granted(grant(f"sid_{seq}", sid=f"ses_{seq}", seq=seq, iat=iat, exp=iat + 350, gex=end, off=off))

    machine = Machine(answer, urls=urls, chance=Random(seed).random)
    if not machine.start():
        assert failure(machine) is not None
        return
    assert any(isinstance(action, Started) for action in machine.log)
    for what, amount in happenings:
        if what == "run":
            machine.run(amount)
        elif what == "sleep":
            machine.sleep(amount)
        else:
            machine.set_wall(amount)
        assert machine.protocol is not None
        assert machine.protocol.wake_in(machine.now()) is not None, "stuck"
        alive = machine.state() in (State.ACTIVE, State.DEGRADED)
        assert not alive or machine.true - last_answer <= 351, "TokenTimeNeverGrows"
    for at, action in enumerate(machine.log):
        if isinstance(action, Announce) and action.change.previous is State.ACTIVE:
            since = max(grant_at for grant_at in grants_at if grant_at <= at)
            tried = [entry.call for entry in machine.log[since:at] if isinstance(entry, Send)]
            reason = action.change.reason
            refused = isinstance(reason, Refused) and not isinstance(reason, RequestTooLate)
            lawful = refused and tried[-1].kind is Kind.ACQUIRE
            assert lawful or {call.url for call in tried} == set(range(urls)), "ActiveUntilTried"
    mark = len(machine.log)
    assert machine.protocol is not None
    machine.perform(machine.protocol.release(machine.now(), 5.0))
    after = machine.log[mark:]
    assert isinstance(after[0], Forget), "ForgetBeforeRelease"
    assert not any(isinstance(action, Save) for action in after), "ForgetBeforeRelease"
    assert isinstance(after[-1], Released)


@given(st.integers(0, 3_600), st.floats(-100, 10_000), st.floats(0, 0.999))
def test_a_beat_comes_within_ten_percent_of_the_interval_or_earlier(heartbeat: int, life: float, chance: float) -> None:
    wait = next_beat(heartbeat, life, lambda: chance)
    assert wait >= 0.5
    assert wait <= max(heartbeat * 1.1, 0.5)
    assert wait <= max(life - min(60, life / 4), 0.5)
    if life >= heartbeat * 1.1 + 60:
        assert wait >= heartbeat * 0.9


@given(st.integers(1, 100), st.floats(-10, 10_000), st.floats(0, 1_000), st.floats(0, 0.999))
def test_pauses_leave_room_for_several_attempts(rounds: int, left: float, retry_after: float, chance: float) -> None:
    wait = pause(rounds, left, lambda: chance)
    patience = respect(retry_after, left, lambda: chance)
    assert 0.05 <= wait <= 60
    assert 0.05 <= patience <= 330
    if left > 0:
        assert max(wait, patience) <= max(left / 4, 0.05)
    else:
        assert patience >= min(retry_after, 300)
