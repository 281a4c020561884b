"""`python -m usher_client doctor`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator, List

import pytest

from usher_client.__main__ import EXIT_FAILED, EXIT_OK, EXIT_USAGE, main
from usher_client._doctor import FAIL, OK, WARN, Finding, Options, diagnose
from usher_client.testing import FakeUsher, ManualClock


@pytest.fixture
def secure(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeUsher]:
    with FakeUsher(tls=True) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def verdicts(findings: List[Finding]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for finding in findings:
        name = finding.check.split(" http")[0]
        found[name] = max(found.get(name, OK), finding.verdict, key=[OK, WARN, FAIL].index)
    return found


def test_all_is_well_when_all_is_well(secure: FakeUsher, capsys: pytest.CaptureFixture[str]) -> None:
    with secure.seat():
        assert main(["doctor"]) == EXIT_OK
    text = capsys.readouterr().out
    assert "usher answers, directly" in text
    assert "the certificate is trusted and ends in" in text
    assert "h of offline grace left" in text
    assert "clock differs by" in text
    assert "pinned keys" in text
    assert "[warn]" not in text
    assert secure.license_key not in text
    assert "machine-of-the-tests" not in text


def test_nothing_is_acquired(secure: FakeUsher) -> None:
    assert main(["doctor"]) == EXIT_OK
    assert secure.sessions == []
    assert [request.method for request in secure.requests] == ["PUT"]


def test_json_is_for_programs(secure: FakeUsher, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == EXIT_OK
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert {finding["verdict"] for finding in document["findings"]} == {OK}
    assert set(document["findings"][0]) == {"check", "verdict", "detail", "remedy"}


def test_every_fault_is_told_at_once() -> None:
    found = verdicts(diagnose(Options(), {}))
    assert found["license key"] == found["vendor root"] == found["server URLs"] == FAIL


def test_a_server_that_cannot_be_reached_fails_and_the_next_is_asked_too(secure: FakeUsher) -> None:
    urls = f"https://127.0.0.1:1,{secure.url}"
    findings = diagnose(Options(url=urls, timeout=1.0))
    servers = [finding.verdict for finding in findings if finding.check.startswith("server http")]
    assert servers[0] == FAIL
    assert servers[1] == OK
    assert "doctor" not in " ".join(finding.remedy for finding in findings)
    assert main(["doctor", "--url", urls]) == EXIT_FAILED


def test_a_portal_and_a_cluster_in_trouble_are_told_apart(secure: FakeUsher) -> None:
    secure.answer_like_a_portal(200)
    portal = [finding for finding in diagnose(Options()) if finding.check.startswith("server http")]
    assert portal[0].verdict == FAIL
    assert "something else than usher" in portal[0].detail
    secure.allow()
    secure.refuse("NO_LEADER")
    trouble = [finding for finding in diagnose(Options()) if finding.check.startswith("server http")]
    assert (trouble[0].verdict, "NO_LEADER" in trouble[0].detail) == (FAIL, True)
    secure.allow()
    secure.refuse("RATE_LIMITED")
    limited = [finding for finding in diagnose(Options()) if finding.check.startswith("server http")]
    assert limited[0].verdict == WARN


def test_an_untrusted_certificate_fails_with_its_remedy(secure: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeUsher(tls=True) as stranger:
        findings = diagnose(Options(url=stranger.url))
        told = [finding for finding in findings if finding.check.startswith("server http")]
        assert told[0].verdict == FAIL
        assert "USHER_CACERT" in told[0].remedy
    assert verdicts(diagnose(Options(ca_file="/does/not/exist")))["CA certificates"] == FAIL


def test_the_state_file_is_judged(secure: FakeUsher, monkeypatch: pytest.MonkeyPatch) -> None:
    def state() -> Finding:
        return next(finding for finding in diagnose(Options()) if finding.check == "state file")

    assert "does not exist" in state().detail
    with secure.seat():
        path = next(secure.state_dir.glob("*.json"))
        path.chmod(0o644)
        assert (state().verdict, state().remedy) == (WARN, f"chmod 600 {path}")
        path.chmod(0o600)
        path.write_text("{}")
        assert "no token that verifies" in state().detail
    monkeypatch.setenv("USHER_STATE_DIR", "")
    monkeypatch.setattr("usher_client._doctor.default_directory", lambda env: None)
    assert state().verdict == WARN


def test_a_clock_set_back_and_an_ended_grace_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    with FakeUsher(clock=clock) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("usher_client._doctor.SystemClock", lambda: clock)
        with server.seat(), server.cut_off():
            clock.set_wall(clock.now().wall - 50_000)
            told = next(finding for finding in diagnose(Options()) if finding.check == "state file")
            assert (told.verdict, "set back" in told.detail) == (WARN, True)
            clock.advance(hours=30)
            told = next(finding for finding in diagnose(Options()) if finding.check == "state file")
            assert (told.verdict, "grace is over" in told.detail) == (WARN, True)


def test_an_ephemeral_fingerprint_and_a_plain_url_are_warned_about(
    secure: FakeUsher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("USHER_FINGERPRINT")
    env = {**os.environ, "KUBERNETES_SERVICE_HOST": "10.0.0.1"}
    found = {finding.check: finding for finding in diagnose(Options(url="http://license.invalid", timeout=1.0), env)}
    assert found["fingerprint"].verdict == WARN
    assert "USHER_FINGERPRINT" in found["fingerprint"].remedy
    assert found["server URLs"].verdict == WARN


def test_a_wrong_flag_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["doctor", "--nonsense"], ["nonsense"], []):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == EXIT_USAGE
    assert "usage:" in capsys.readouterr().err


def test_it_runs_as_a_module_on_a_console_without_arrows(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "USHER_STATE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "usher_client", "doctor"], capture_output=True, env=env, check=False)
    assert done.returncode == EXIT_FAILED
    assert b"[fail] license key" in done.stdout
    assert done.stderr == b""
