"""The way to the servers: several addresses, TLS, proxies, portals, and servers that misbehave."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

import usher_client
from tests.conftest import beat, calls, eventually, state_of
from tests.proxy import Proxy
from usher_client import ConfigurationError, ConnectionFailed, State
from usher_client._grant import Grant
from usher_client._http import Server, Transport, tls_context
from usher_client.testing import FakeUsher, ManualClock

QUICK: Dict[str, Any] = {"timeout": 1.0, "acquire_timeout": 0.4}


# Several addresses.


def test_a_dead_server_is_passed_over_and_the_living_one_kept(clock: ManualClock) -> None:
    with FakeUsher(nodes=3, clock=clock) as server:
        server.stop_node(0)
        with server.seat() as seat:
            beat(seat, clock)
            assert seat.state is State.ACTIVE
        assert {request.node for request in server.requests} == {1}


def test_a_frozen_server_is_passed_over_soon(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("usher_client._protocol.PASS_OVER_SECONDS", 0.3)
    with FakeUsher(clock=clock) as server, socket.create_server(("127.0.0.1", 0)) as frozen:
        # Its machine still takes connections, but nobody answers.
        url = [f"http://127.0.0.1:{frozen.getsockname()[1]}", server.url]
        begun = time.monotonic()
        with server.seat(url=url) as seat:
            assert seat.state is State.ACTIVE
        assert time.monotonic() - begun < 3.0


def test_a_server_that_dies_is_replaced_without_anybody_noticing(clock: ManualClock) -> None:
    changes: List[usher_client.StateChange] = []
    with FakeUsher(nodes=3, clock=clock) as server, server.seat(on_state=changes.append) as seat:
        server.stop_node(0)
        server.stop_node(1)
        beat(seat, clock)
        assert server.requests[-1].node == 2
        server.start_node(0)
        beat(seat, clock)
        assert server.requests[-1].node == 2
        eventually(lambda: [change.state for change in changes] == [State.ACTIVE])


def test_addresses_may_be_given_as_a_list_or_in_one_text(clock: ManualClock) -> None:
    with FakeUsher(nodes=2, clock=clock) as server:
        server.stop_node(0)
        for url in (server.urls, ", ".join(server.urls), server.urls[1] + "/"):
            with server.seat(url=url) as seat:
                assert seat.state is State.ACTIVE


def test_one_connection_serves_many_calls(server: FakeUsher, clock: ManualClock) -> None:
    opened: List[object] = []
    connect = Transport._connect

    def counting(self: Transport, index: int, deadline: float) -> Any:
        opened.append(index)
        return connect(self, index, deadline)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "_connect", counting)
        with server.seat() as seat:
            for _ in range(4):
                beat(seat, clock)
    assert len(server.requests) == 6
    assert len(opened) == 1


def test_a_kept_connection_that_was_closed_meanwhile_costs_nothing(clock: ManualClock) -> None:
    with FakeUsher(clock=clock) as server, server.seat() as seat:
        server.stop_node(0)
        server.start_node(0)
        beat(seat, clock)
        assert seat.state is State.ACTIVE


# TLS.


@pytest.fixture
def secure(clock: ManualClock) -> Iterator[FakeUsher]:
    with FakeUsher(tls=True, clock=clock, hostnames=("localhost", "license.example")) as fake:
        yield fake


def test_a_private_ca_is_trusted_when_named(secure: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> None:
    with secure.seat() as seat:
        assert seat.state is State.ACTIVE
    assert secure.ca_file is not None
    for variable in ("USHER_CACERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        for other in ("USHER_CACERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(other, raising=False)
        monkeypatch.setenv(variable, secure.ca_file)
        with secure.seat(ca_file=None) as seat:
            assert seat.state is State.ACTIVE


def test_an_untrusted_certificate_is_explained(secure: FakeUsher, tmp_path: Path) -> None:
    with FakeUsher(tls=True) as stranger:
        with pytest.raises(ConnectionFailed) as failure:
            secure.seat(ca_file=stranger.ca_file, **QUICK, clock=stranger.clock).acquire()
        assert "not trusted" in str(failure.value)
        assert "ca_file=" in failure.value.remedy
        directory = tls_context(str(tmp_path), {})
        assert directory.verify_mode is ssl.CERT_REQUIRED


def test_a_certificate_for_another_name_is_refused(secure: FakeUsher) -> None:
    with Proxy(("127.0.0.1", _port(secure))) as proxy, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTPS_PROXY", proxy.url)
        with FakeUsher() as realtime, pytest.raises(ConnectionFailed, match="not trusted"):
            secure.seat(url="https://other.example", **QUICK, clock=realtime.clock).acquire()


def test_a_ca_file_that_cannot_be_read_is_named(server: FakeUsher, tmp_path: Path) -> None:
    missing = tmp_path / "none.pem"
    with FakeUsher(tls=True) as secure, pytest.raises(ConfigurationError, match=r"none\.pem \(ca_file\)"):
        secure.seat(ca_file=missing).acquire()
    assert tls_context(None, {"SSL_CERT_FILE": str(missing)}) is not None


# Proxies.


def _port(server: FakeUsher) -> int:
    return Server.parse(server.url).port


def test_https_goes_through_the_proxy_of_the_environment(secure: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy(("127.0.0.1", _port(secure))) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("://", "://me:s%40fe@"))
        with secure.seat(url="https://license.example") as seat:
            assert seat.state is State.ACTIVE
        assert all(line.startswith("CONNECT license.example:443 HTTP/1.") for line in proxy.asked)
        assert proxy.authorization[0] == "Proxy-Authorization: Basic bWU6c0BmZQ=="


def test_http_goes_through_the_proxy_of_the_environment(server: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> None:
    with Proxy(("127.0.0.1", _port(server))) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("://", "://me:safe@"))
        with server.seat(url="http://license.example:8080") as seat:
            assert seat.state is State.ACTIVE
        assert proxy.asked[0].startswith("POST http://license.example:8080/api/v1/licenses/acquire")
        assert proxy.authorization


def test_loopback_and_no_proxy_go_directly(server: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with server.seat() as seat:
        assert seat.state is State.ACTIVE


BAD_PROXIES = ["socks5://127.0.0.1:9", "http://p:abc", "http://me:secret@a..b:3128", "http://", "http://[::1", "p:0"]


@pytest.mark.parametrize("proxy", BAD_PROXIES)
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_that_cannot_be_used_is_named_before_anything_is_sent(
    server: FakeUsher, monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str
) -> None:
    monkeypatch.setenv(variable, proxy)
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as mistake:
        server.seat(url="https://license.example")
    assert "http://host:port" in str(mistake.value)
    assert "secret" not in str(mistake.value)
    with server.seat() as seat:
        assert seat.state is State.ACTIVE
    monkeypatch.setenv("NO_PROXY", "license.example")
    assert server.seat(url="https://license.example").state is State.IDLE


@pytest.mark.parametrize("proxy", BAD_PROXIES)
def test_a_proxy_that_breaks_while_running_is_a_miss(
    server: FakeUsher, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    with Proxy(("127.0.0.1", _port(server))) as good:
        monkeypatch.setenv("HTTP_PROXY", good.url)
        with server.seat(url="http://license.example") as seat:
            monkeypatch.setenv("HTTP_PROXY", proxy)
            clock.advance(300)
            eventually(lambda: seat.state is State.DEGRADED)
            assert isinstance(seat.reason, ConfigurationError)
            monkeypatch.setenv("HTTP_PROXY", good.url)
            clock.advance(13)
            eventually(lambda: seat.state is State.ACTIVE)


# Answers that are not usher's.


@pytest.mark.parametrize("status", [200, 302, 403, 404, 511])
def test_a_portal_in_between_costs_nobody_the_seat(server: FakeUsher, clock: ManualClock, status: int) -> None:
    with server.seat() as seat:
        server.answer_like_a_portal(status)
        clock.advance(300)
        eventually(lambda: seat.state is State.DEGRADED)
        assert "not an answer of usher" in str(seat.reason)
        clock.advance(90)
        assert state_of(seat) is State.GRACE
        server.allow()
        clock.advance(70)
        eventually(lambda: seat.state is State.ACTIVE)


def test_what_nobody_has_thought_of_is_a_miss_and_the_beats_go_on(
    server: FakeUsher, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with server.seat() as seat:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Grant, "from_answer", _unforeseen)
            clock.advance(300)
            eventually(lambda: seat.state is State.DEGRADED)
        assert "ZeroDivisionError" in str(seat.reason)
        assert "in a way that the client does not know" in caplog.text
        clock.advance(13)
        eventually(lambda: seat.state is State.ACTIVE)
    assert server.seats_in_use == 0


def _unforeseen(*_: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("retry_after", [10**400, 1e300, -1, True, "soon", None, [3]])
def test_an_odd_figure_in_a_problem_costs_nobody_the_seat(
    server: FakeUsher, clock: ManualClock, retry_after: object
) -> None:
    with server.seat() as seat:
        server.refuse("OVERLOADED", times=1, retry_after=retry_after)
        clock.advance(300)
        eventually(lambda: seat.state is State.DEGRADED)
        clock.advance(13)
        eventually(lambda: seat.state is State.ACTIVE)


@pytest.mark.parametrize("retry_after", ["120", "300", "86400", "Wed, 21 Oct 2037 07:28:00 GMT", "²", "-1", "9" * 400])
def test_a_balancer_that_asks_for_patience_costs_nobody_the_seat(clock: ManualClock, retry_after: str) -> None:
    """With 50 s of a strict token's life left, one address answers 503 with a Retry-After; the others are healthy."""
    changes: List[usher_client.StateChange] = []
    with FakeUsher(clock=clock, nodes=3, offline="strict") as server, server.seat(on_state=changes.append) as seat:
        server.answer_like_a_portal(503, headers={"Retry-After": retry_after}, node=0)
        clock.advance(300)
        eventually(lambda: calls(server).count("heartbeat") == 2)
        eventually(lambda: seat.expires_at is not None and seat.expires_at.timestamp() > server.now() + 340)
        assert [request.node for request in server.requests] == [0, 0, 1]
        assert [change.state for change in changes] == [State.ACTIVE]


def test_the_only_server_behind_a_balancer_is_asked_again_before_the_seat_is_lost(clock: ManualClock) -> None:
    with FakeUsher(clock=clock, offline="strict") as server, server.seat() as seat:
        server.answer_like_a_portal(503, headers={"Retry-After": "120"})
        clock.advance(300)
        eventually(lambda: seat.state is State.DEGRADED)
        server.allow()
        clock.advance(13)
        eventually(lambda: seat.state is State.ACTIVE)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"session_id": 1, "signed_token": "x", "chain": []}',
        b'{"session_id": "sid_1", "signed_token": "x", "chain": [1]}',
        b'{"session_id": "sid_1", "signed_token": "x", "chain": []}',
        b"[]",
        b"\xff",
    ],
)
def test_an_answer_without_a_verified_token_grants_nothing(body: bytes) -> None:
    with FakeUsher() as server:
        server.answer_like_a_portal(200, body)
        with pytest.raises((usher_client.SignatureInvalid, ConnectionFailed)):
            server.seat(**QUICK).acquire()


def test_a_release_confirmed_by_somebody_else_is_not_believed(server: FakeUsher) -> None:
    seat = server.seat().acquire()
    server.answer_like_a_portal(200, b"{}")
    seat.release(timeout=0.2)
    assert server.seats_in_use == 1


def _raw_server(answer: Callable[[socket.socket], None]) -> tuple[str, socket.socket]:
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.recv(65_536)
                with contextlib.suppress(OSError):
                    answer(connection)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}", listening


def _endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65_536)


def _dripping(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    stop = threading.Event()
    while not stop.wait(0.02):
        connection.sendall(b" ")


def _garbage(connection: socket.socket) -> None:
    connection.sendall(b"\x00\x01\x02 what\r\n\r\n")


def _silent(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


@pytest.mark.parametrize(
    ("answer", "seconds", "says"),
    [
        (_endless, 20.0, "longer than"),
        (_dripping, 0.4, "in time"),
        (_garbage, 20.0, "cannot be reached"),
        (_silent, 0.4, "in time"),
    ],
)
def test_a_server_that_misbehaves_holds_nobody_up(
    answer: Callable[[socket.socket], None], seconds: float, says: str
) -> None:
    url, listening = _raw_server(answer)
    with FakeUsher() as server, listening, pytest.raises(ConnectionFailed, match=says):
        server.seat(url=url, timeout=seconds, acquire_timeout=0.3).acquire()


def test_a_name_that_does_not_exist_is_explained() -> None:
    with FakeUsher() as server, pytest.raises(ConnectionFailed, match="cannot be resolved"):
        server.seat(url="http://license.invalid", **QUICK).acquire()


def test_an_answer_to_an_acquire_that_is_not_wanted_any_more_gives_its_seat_back() -> None:
    with FakeUsher() as server:
        server.latency_seconds = 0.2
        seat = server.seat()
        errors: List[BaseException] = []

        def acquire() -> None:
            try:
                seat.acquire()
            except usher_client.UsherError as error:
                errors.append(error)

        thread = threading.Thread(target=acquire)
        thread.start()
        eventually(lambda: calls(server) or seat._engine is not None)
        seat.release()
        thread.join()
        eventually(lambda: server.seats_in_use == 0)
        assert errors == [] or isinstance(errors[0], usher_client.SeatLost)
