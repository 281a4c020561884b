"""GraceIsBounded: whatever is done to the clocks of a cut-off machine, it is entitled for its grace and a minute."""

from __future__ import annotations

from typing import List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world import CLUSTER_EPOCH, Machine, cut_off, grant, granting
from usher_client._state import State

SLACK_SECONDS = 60.0
DAY = 86_400

Step = Tuple[str, float]

durations = st.integers(0, 1_500).map(float)
jumps = st.integers(-3 * DAY, 3 * DAY).map(float)
back_jumps = st.integers(-30 * DAY, 0).map(float)
steps = st.one_of(
    st.tuples(st.just("run"), durations),
    st.tuples(st.just("sleep"), durations),
    st.tuples(st.just("wall"), jumps),
    st.tuples(st.just("wall"), back_jumps),
    # The cleverest liar: back to just where the file does not call it tampering.
    st.tuples(st.just("undo"), st.integers(0, 120).map(float)),
    st.tuples(st.just("kill"), st.just(0.0)),
    st.tuples(st.just("reboot"), durations),
)
scripts = st.lists(steps, min_size=1, max_size=15)


def play(script: List[Step], *, off: str, life: int, grace: int) -> Tuple[float, Machine]:
    """Acquire once, lose the network for good, then play the script; the seconds of entitled use since."""
    iat = CLUSTER_EPOCH
    end = iat + life if off == "strict" else iat + grace
    machine = Machine(granting(grant(iat=iat, exp=iat + life, gex=end, off=off)))
    assert machine.start()
    machine.answering = cut_off
    used = 0.0
    for what, amount in script:
        if what == "run":
            if machine.protocol is None:
                machine.start()
            used += machine.run(amount)
        elif what == "sleep":
            machine.sleep(amount)
        elif what == "wall":
            machine.set_wall(amount)
        elif what == "undo":
            machine.undo_wall(amount)
        elif what == "kill":
            machine.kill()
        else:
            machine.reboot(amount)
    return used, machine


@settings(max_examples=1_000)
@given(scripts, st.integers(400, 3_000), st.sampled_from(["lenient", "reserved"]))
def test_total_offline_use_is_at_most_grace_and_a_minute(script: List[Step], grace: int, off: str) -> None:
    used, _ = play(script, off=off, life=350, grace=grace)
    assert used <= grace + SLACK_SECONDS


@settings(max_examples=150)
@given(scripts)
def test_a_strict_token_is_used_at_most_for_its_life(script: List[Step]) -> None:
    used, _ = play(script, off="strict", life=350, grace=350)
    assert used <= 350 + SLACK_SECONDS


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=12), st.integers(1_000, 4_000))
def test_an_honest_machine_gets_its_whole_grace(script: List[Tuple[int, int]], grace: int) -> None:
    """The bound is not bought with somebody else's time: without tampering and reboots no second is taken away."""
    machine = Machine(granting(grant(gex=CLUSTER_EPOCH + grace)))
    assert machine.start()
    machine.answering = cut_off
    for awake, asleep in script:
        machine.run(awake)
        machine.sleep(asleep)
        expected = machine.true - CLUSTER_EPOCH < grace
        # At the very last second rounding may decide either way.
        if abs(machine.true - CLUSTER_EPOCH - grace) > 1:
            assert machine.state().entitled is expected


def test_a_machine_that_is_switched_off_and_on_all_day_cannot_stretch_a_day() -> None:
    script: List[Step] = [("run", 55.0), ("reboot", 10.0), ("undo", 100.0)] * 200
    used, _ = play(script, off="lenient", life=350, grace=3_600)
    assert 0 < used <= 3_600 + SLACK_SECONDS


def test_grace_passes_while_the_machine_is_off() -> None:
    used, machine = play([("run", 600.0), ("reboot", 3_000.0), ("run", 600.0)], off="lenient", life=350, grace=3_300)
    assert used == pytest.approx(600)
    assert not machine.state().entitled


def test_the_whole_day_of_the_default_plan_is_kept_through_restarts() -> None:
    script: List[Step] = [("run", 3_600.0), ("kill", 0.0)] * 30
    used, machine = play(script, off="lenient", life=350, grace=DAY)
    assert DAY - 60 <= used <= DAY + SLACK_SECONDS
    assert machine.state() in (State.LOST, State.IDLE)
