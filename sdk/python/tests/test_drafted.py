"""The first product's drafted integration code, word for word, against the drop-in client.

`tests/drafted/cli.py` is the start-up and shutdown code of the draft as it was written, between the imports that the
draft leaves out and the application's own orchestrator. The product adopts the SDK by one line, the module
`llm_abstractions/license_client.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from datetime import datetime
from pathlib import Path
from typing import Dict, Iterator

import pytest

from tests.conftest import Program, beat, calls, eventually
from tests.proxy import Proxy
from usher_client import AsyncSeat, LicenseClient, State
from usher_client._http import Server
from usher_client.testing import FakeUsher, ManualClock

DRAFTED = Path(__file__).parent / "drafted"


@pytest.fixture
def realtime() -> Iterator[FakeUsher]:
    with FakeUsher() as fake:
        yield fake


def environment(server: FakeUsher) -> Dict[str, str]:
    """The variables of the draft's `.env.example`, and where its files are."""
    ours = server.environment
    return {
        "CODITECT_LICENSE_KEY": server.license_key,
        "CODITECT_LICENSE_API_URL": server.url,
        "CODITECT_LICENSE_ROOT": ours["USHER_ROOT"],
        "USHER_STATE_DIR": ours["USHER_STATE_DIR"],
        "PYTHONPATH": str(DRAFTED),
    }


def drafted(server: FakeUsher, run: str, **more: str) -> Program:
    """Start the drafted program; `run` is what its orchestrator does."""
    return Program("import cli", {**environment(server), "ORCHESTRATOR_RUNS": run, **more})


def test_the_drafted_program_holds_a_seat_while_it_runs_and_gives_it_back_at_its_end(realtime: FakeUsher) -> None:
    program = drafted(realtime, "sys.stdin.readline()", CODITECT_JWT_TOKEN="e30.e30.c2ln")
    program.wait_ready()
    assert realtime.seats_in_use == 1
    assert realtime.requests[0].body["jwt_token"] == "e30.e30.c2ln"
    code, _, stderr = program.end()
    assert (code, stderr) == (0, "")
    assert realtime.seats_in_use == 0


@pytest.mark.parametrize(
    ("run", "code"),
    [("sys.exit(4)", 4), ("raise RuntimeError('orchestrator')", 1), ("raise KeyboardInterrupt", -signal.SIGINT)],
)
def test_the_drafted_program_gives_its_seat_back_however_it_ends(realtime: FakeUsher, run: str, code: int) -> None:
    program = drafted(realtime, run)
    program.wait_ready()
    assert program.end()[0] == code
    assert calls(realtime) == ["acquire", "release"]
    assert realtime.seats_in_use == 0


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_drafted_handler_drops_its_coroutine_and_the_seat_is_given_back_all_the_same(
    realtime: FakeUsher, signum: int
) -> None:
    program = drafted(realtime, "time.sleep(600)")
    program.wait_ready()
    program.signal(signum)
    eventually(lambda: realtime.seats_in_use == 0)
    # The process is the application's own to end; whoever kills it now leaves nothing behind.
    assert program.process.poll() is None
    program.signal(signal.SIGKILL)
    _, _, stderr = program.end()
    assert "did not give its seat back" in stderr
    assert signal.Signals(signum).name in stderr


def test_a_program_that_goes_on_after_ctrl_c_takes_a_seat_again(realtime: FakeUsher) -> None:
    program = drafted(realtime, "time.sleep(600)", RETURN_SECONDS="0.2")
    program.wait_ready()
    for _ in range(5):
        program.signal(signal.SIGINT)
    eventually(lambda: calls(realtime) == ["acquire", "release", "acquire"])
    time.sleep(1.5)
    assert calls(realtime) == ["acquire", "release", "acquire"], "what was pressed five times was meant once"
    assert realtime.seats_in_use == 1
    program.signal(signal.SIGKILL)
    program.end()


def test_a_handler_that_gives_the_seat_back_itself_is_not_disturbed(realtime: FakeUsher) -> None:
    program = drafted(realtime, "time.sleep(600)", HANDLER="awaited")
    program.wait_ready()
    program.signal(signal.SIGTERM)
    code, out, stderr = program.end()
    assert (code, out) == (0, "Shutting down CODITECT...\n")
    assert "did not give" not in stderr
    assert calls(realtime) == ["acquire", "release"]


def test_the_drafts_second_start_up_gives_the_seat_back_itself(realtime: FakeUsher) -> None:
    program = drafted(realtime, "pass", HANDLER="step 2")
    program.wait_ready()
    assert program.end() == (0, "released\n", "")
    assert calls(realtime) == ["acquire", "release"]
    realtime.refuse("LICENSE_SUSPENDED")
    assert drafted(realtime, "pass", HANDLER="step 2").end()[0] == 7


def test_the_drafted_program_without_a_seat_says_so_and_exits(realtime: FakeUsher) -> None:
    realtime.refuse("LICENSE_EXPIRED", renewal_url="https://shop.example/renew")
    program = drafted(realtime, "print('never reached')")
    code, out, stderr = program.end()
    assert code == 1
    assert out == "Failed to acquire license. Please check your license key.\n"
    assert "https://shop.example/renew" in stderr


@pytest.mark.parametrize("missing", ["CODITECT_LICENSE_KEY", "CODITECT_LICENSE_ROOT"])
def test_the_drafted_program_without_its_settings_says_which(realtime: FakeUsher, missing: str) -> None:
    program = drafted(realtime, "print('never reached')", **{missing: ""})
    code, _, stderr = program.end()
    assert code == 1
    assert {"CODITECT_LICENSE_KEY": "license key", "CODITECT_LICENSE_ROOT": "vendor root"}[missing] in stderr


def test_the_drafted_program_reaches_the_address_in_its_source_when_no_variable_names_another() -> None:
    """As it stands in the draft: https://license.coditect.ai, here behind a proxy and under a private CA."""
    with FakeUsher(tls=True, hostnames=("license.coditect.ai",)) as server:
        assert server.ca_file is not None
        with Proxy(("127.0.0.1", Server.parse(server.url).port)) as proxy:
            network = {"HTTPS_PROXY": proxy.url, "USHER_CACERT": server.ca_file, "CODITECT_LICENSE_API_URL": ""}
            program = drafted(server, "pass", **network)
            program.wait_ready()
            assert program.end()[0] == 0
            assert all(line.startswith("CONNECT license.coditect.ai:443 ") for line in proxy.asked)
        assert calls(server) == ["acquire", "release"]


def test_a_crashed_program_can_be_started_again_at_once_on_the_same_device(realtime: FakeUsher) -> None:
    first = drafted(realtime, "time.sleep(600)")
    first.wait_ready()
    first.signal(signal.SIGKILL)
    first.end()
    second = drafted(realtime, "pass")
    second.wait_ready()
    assert second.end()[0] == 0


def test_a_second_device_is_refused_until_the_first_gives_its_seat_back(realtime: FakeUsher) -> None:
    laptop = drafted(realtime, "sys.stdin.readline()", USHER_FINGERPRINT="the-laptop")
    laptop.wait_ready()
    assert drafted(realtime, "pass", USHER_FINGERPRINT="the-desktop").end()[0] == 1
    laptop.end()
    desktop = drafted(realtime, "pass", USHER_FINGERPRINT="the-desktop")
    desktop.wait_ready()
    assert desktop.end()[0] == 0


# The client's own surface.


@pytest.fixture
def client(server: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> LicenseClient:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    made = LicenseClient("https://license.coditect.ai", server.license_key, None, release_on_signal=False)
    make = made._new_seat

    def on_the_tests_clock() -> AsyncSeat:
        seat = make()
        seat._clock = server.clock
        return seat

    monkeypatch.setattr(made, "_new_seat", on_the_tests_clock)
    return made


def test_the_attributes_are_the_drafted_ones(client: LicenseClient, server: FakeUsher) -> None:
    before = [client.session_id, client.signed_token, client.heartbeat_thread, client.last_success, client.running]
    assert before == [None, None, None, None, False]
    assert client.api_url == server.url
    assert asyncio.run(client.acquire_license()) is True
    assert client.session_id == server.sessions[0].session_id
    assert client.signed_token is not None
    assert client.signed_token.count(".") == 2
    assert client.heartbeat_thread is not None
    assert client.heartbeat_thread.daemon
    assert client.running
    assert isinstance(client.last_success, datetime)
    assert client.last_success.tzinfo is None
    assert client.get_hardware_id() == "machine-of-the-tests"
    asyncio.run(client.release_license())
    assert not client.running
    assert [client.session_id] == [None]
    asyncio.run(client.release_license())
    assert calls(server) == ["acquire", "release"]


def test_each_step_may_have_a_loop_of_its_own(client: LicenseClient, clock: ManualClock) -> None:
    assert asyncio.run(client.acquire_license())
    assert asyncio.run(client.acquire_license()), "asked twice, the same seat is held"
    client.start_heartbeat()
    assert client._seat is not None
    beat(client._seat, clock)
    assert client.state is State.ACTIVE
    asyncio.run(client.release_license())


def test_the_hardware_id_is_a_hash_and_known_before_a_seat_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("USHER_FINGERPRINT")
    found = LicenseClient("https://license.coditect.ai", "CODITECT-X", None).get_hardware_id()
    assert len(bytes.fromhex(found)) == 32


def test_a_refusal_is_kept_for_those_who_want_to_know(client: LicenseClient, server: FakeUsher) -> None:
    server.refuse("SEAT_LIMIT_REACHED", limit=1, in_use=1)
    assert asyncio.run(client.acquire_license()) is False
    assert client.last_error is not None
    assert client.last_error.code == "SEAT_LIMIT_REACHED"
    server.allow()
    assert asyncio.run(client.acquire_license()) is True
    assert client.last_error is None
    asyncio.run(client.release_license())


def test_a_seat_under_another_root_goes_back(
    client: LicenseClient, server: FakeUsher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeUsher(clock=server.clock) as vendor:
        monkeypatch.setenv("USHER_ROOT", json.dumps(vendor.root))
        assert asyncio.run(client.acquire_license()) is False
    assert client.last_error is not None
    assert client.last_error.code == "SIGNATURE_INVALID"
    assert server.seats_in_use == 0


def test_signals_are_watched_only_while_a_seat_is_held(server: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    watching = LicenseClient("https://license.coditect.ai", server.license_key, None)
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    asyncio.run(watching.acquire_license())
    assert signal.set_wakeup_fd(-1) != -1
    asyncio.run(watching.release_license())
    assert signal.set_wakeup_fd(-1) == -1
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == handlers


def test_an_event_loop_that_watches_signals_keeps_its_place(server: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(server).items():
        monkeypatch.setenv(name, value)
    watching = LicenseClient("https://license.coditect.ai", server.license_key, None)

    async def main() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: None)
        place = signal.set_wakeup_fd(-1)
        signal.set_wakeup_fd(place)
        assert await watching.acquire_license()
        assert signal.set_wakeup_fd(place) == place
        await watching.release_license()
        assert signal.set_wakeup_fd(place) == place

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_signal_to_a_child_does_not_cost_the_parent_its_seat(realtime: FakeUsher) -> None:
    run = """
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    signal.signal(signal.SIGTERM, lambda s, f: os._exit(0))
    os.write(writer, b"x")
    while True:
        time.sleep(0.05)
os.read(reader, 1)
os.kill(child, signal.SIGTERM)
os.waitpid(child, 0)
time.sleep(2)
"""
    program = drafted(realtime, run)
    program.wait_ready()
    eventually(lambda: program.process.poll() is not None)
    assert program.end()[0] == 0
    assert calls(realtime) == ["acquire", "release"]
