"""The same seat for asyncio."""

from __future__ import annotations

import asyncio
from typing import List

import pytest

import usher_client
from tests.conftest import beat, calls, eventually
from usher_client import State, StateChange
from usher_client.testing import FakeUsher, ManualClock


def test_a_seat_is_held_inside_the_block_and_given_back_after_it(server: FakeUsher) -> None:
    async def main() -> None:
        async with server.aseat() as seat:
            assert seat.state is State.ACTIVE
            assert seat.entitlement("gpu") is True
            assert server.seats_in_use == 1

    asyncio.run(main())
    assert server.seats_in_use == 0


def test_a_refusal_is_raised(server: FakeUsher) -> None:
    server.refuse("LICENSE_EXPIRED")

    async def main() -> None:
        async with server.aseat():
            raise AssertionError("never reached")

    with pytest.raises(usher_client.LicenseExpired):
        asyncio.run(main())


def test_the_loop_goes_on_while_a_seat_is_acquired() -> None:
    async def main() -> int:
        ticks = 0
        acquiring = asyncio.ensure_future(server.aseat().acquire())
        while not acquiring.done():
            await asyncio.sleep(0.01)
            ticks += 1
        await (await acquiring).release()
        return ticks

    with FakeUsher() as server:
        server.latency_seconds = 0.3
        assert asyncio.run(main()) > 0


def test_a_busy_loop_does_not_cost_the_seat(server: FakeUsher, clock: ManualClock) -> None:
    async def main() -> None:
        async with server.aseat() as seat:
            beat(seat, clock)
            assert seat.state is State.ACTIVE

    asyncio.run(main())


def test_a_seat_that_is_not_trusted_goes_back(server: FakeUsher) -> None:
    async def main() -> None:
        with pytest.raises(usher_client.SignatureInvalid):
            await server.aseat(product="other").acquire()

    asyncio.run(main())
    assert server.seats_in_use == 0


def test_a_cancelled_acquire_leaves_no_seat() -> None:
    async def main() -> None:
        acquiring = asyncio.ensure_future(server.aseat().acquire())
        while calls(server) != ["acquire"]:
            await asyncio.sleep(0.01)
        acquiring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await acquiring

    with FakeUsher() as server:
        server.latency_seconds = 1.0
        asyncio.run(main())
        eventually(lambda: "release" in calls(server))
        eventually(lambda: server.seats_in_use == 0)


def test_of_two_coroutines_that_acquire_at_once_one_gets_the_seat(server: FakeUsher) -> None:
    async def main() -> None:
        seat = server.aseat()
        ended = await asyncio.gather(seat.acquire(), seat.acquire(), seat.acquire(), return_exceptions=True)
        assert [one for one in ended if one is seat] == [seat]
        refused = [one for one in ended if isinstance(one, usher_client.UsherError)]
        assert [error.code for error in refused] == ["ALREADY_HELD"] * 2
        assert calls(server) == ["acquire"]
        await seat.release()
        assert server.sessions == []

    asyncio.run(main())


def test_a_cancelled_acquire_does_not_stand_in_the_way_of_the_next(server: FakeUsher) -> None:
    async def main() -> None:
        seat = server.aseat()
        acquiring = asyncio.ensure_future(seat.acquire())
        await asyncio.sleep(0)
        acquiring.cancel()
        with pytest.raises(asyncio.CancelledError):
            await acquiring
        async with seat:
            assert seat.state is State.ACTIVE

    asyncio.run(main())
    assert server.sessions == []


def test_callbacks_run_on_the_loop_and_may_be_coroutines(
    server: FakeUsher, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    told: List[StateChange] = []
    loops: List[object] = []

    async def on_state(change: StateChange) -> None:
        await asyncio.sleep(0)
        told.append(change)
        loops.append(asyncio.get_running_loop())

    def on_lost(change: StateChange) -> None:
        raise RuntimeError("in the application")

    async def main() -> None:
        async with server.aseat(on_state=on_state, on_lost=on_lost) as seat:
            server.refuse("LICENSE_REVOKED", times=1)
            clock.advance(300)
            for _ in range(500):
                if len(told) == 2 and "in the application" in caplog.text:
                    break
                await asyncio.sleep(0.01)
            assert [change.state for change in told] == [State.ACTIVE, State.LOST]
            assert set(loops) == {asyncio.get_running_loop()}
            assert seat.state is State.LOST

    asyncio.run(main())


def test_a_seat_outlives_the_loop_that_acquired_it(server: FakeUsher, clock: ManualClock) -> None:
    seat = server.aseat(on_state=lambda change: None)
    asyncio.run(_acquire(seat))
    beat(seat, clock)
    assert seat.state is State.ACTIVE
    asyncio.run(seat.release())
    assert server.seats_in_use == 0


async def _acquire(seat: usher_client.AsyncSeat) -> None:
    await seat.acquire()
