"""`FakeUsher` answers as the server does: where the two differ, a customer's tests prove nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict

import pytest

import usher_client
from tests.conftest import eventually
from usher_client import State, _errors
from usher_client._settings import Settings
from usher_client.testing import FakeUsher, ManualClock, Plan

API = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def documented_statuses() -> Dict[str, int]:
    """The table of problems in docs/api.md: every code and its status."""
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \| ([45]\d\d)\b", API, re.MULTILINE)
    return {code: int(status) for codes, status in rows for code in re.findall(r"[A-Z_]+", codes)}


@pytest.mark.parametrize("code", sorted(_errors._BY_CODE))
def test_every_refusal_has_the_documented_status(server: FakeUsher, code: str) -> None:
    # Those that are worth a retry would be asked for again and again.
    server.refuse(code, times=1)
    seat = server.seat(timeout=1.0, acquire_timeout=0.001)
    with pytest.raises(usher_client.UsherError) as refusal:
        seat.acquire()
    assert refusal.value.code == code
    assert refusal.value.http_status == documented_statuses()[code]


@pytest.mark.parametrize(
    "fact", [{"app": "a\nb"}, {"os": "\udcff"}, {"sdk": "x" * 129}, {"version": 7}, {"colour": "red"}]
)
def test_a_fact_that_the_server_does_not_take_is_refused(
    server: FakeUsher, monkeypatch: pytest.MonkeyPatch, fact: Dict[str, object]
) -> None:
    monkeypatch.setattr(Settings, "client_facts", lambda settings, instance: fact)
    with pytest.raises(usher_client.InvalidRequest) as refusal:
        server.seat().acquire()
    assert refusal.value.http_status == 400


def test_a_plans_ttl_is_the_sessions_and_the_token_lives_shorter(clock: ManualClock) -> None:
    """As in the API: `ttl_seconds` of a plan is 360 by default, and `ttl_seconds` of a seat call's answer 350."""
    assert re.search(r'"ttl_seconds": 350,\n', API)
    with FakeUsher(clock=clock, offline="strict") as server, server.seat() as seat:
        granted = server.now()
        assert server.plan == Plan(offline="strict", ttl_seconds=360)
        assert seat.expires_at is not None
        assert seat.expires_at.timestamp() == int(granted) + 350
        assert server.sessions[0].expires_at == granted + 360
        with server.cut_off():
            clock.advance(355)
            eventually(lambda: seat.state is State.LOST)
            assert server.seats_in_use == 1
            clock.advance(5)
            assert server.seats_in_use == 0


@pytest.mark.parametrize(("ttl", "token"), [(6, 5), (12, 10), (60, 50), (360, 350), (10_000, 9_980), (86_400, 86_335)])
def test_a_tokens_margin_is_the_servers(ttl: float, token: float) -> None:
    assert Plan(ttl_seconds=ttl).token_seconds == token
