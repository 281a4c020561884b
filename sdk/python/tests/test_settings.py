"""Arguments and environment: what is taken from where, and how each mistake is named."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Dict

import pytest

import usher_client
from usher_client import ConfigurationError, State
from usher_client._http import Server
from usher_client.testing import FakeUsher


@pytest.mark.parametrize(
    ("key", "url", "root", "jwt"),
    [
        ("USHER_LICENSE_KEY", "USHER_URL", "USHER_ROOT", "USHER_JWT_TOKEN"),
        ("CODITECT_LICENSE_KEY", "CODITECT_LICENSE_API_URL", "CODITECT_LICENSE_ROOT", "CODITECT_JWT_TOKEN"),
    ],
)
def test_everything_may_come_from_the_environment(
    server: FakeUsher, monkeypatch: pytest.MonkeyPatch, key: str, url: str, root: str, jwt: str
) -> None:
    monkeypatch.setenv(key, server.license_key)
    monkeypatch.setenv(url, server.url)
    monkeypatch.setenv(root, json.dumps(server.root))
    monkeypatch.setenv("USHER_STATE_DIR", str(server.state_dir))
    monkeypatch.setenv("USHER_INSTANCE", "node-7")
    monkeypatch.setenv(jwt, "e30.e30.c2ln")
    with usher_client.seat() as seat:
        assert seat.state is State.ACTIVE
        assert seat.hardware_id == "machine-of-the-tests"
    assert server.requests[0].body["jwt_token"] == "e30.e30.c2ln"
    assert server.requests[0].body["client"]["instance"] == "node-7"


def test_the_root_may_be_a_path_a_text_or_an_object(server: FakeUsher, tmp_path: Path) -> None:
    path = tmp_path / "vendor-root.json"
    path.write_text(json.dumps(server.root))
    for root in (path, str(path), json.dumps(server.root), server.root):
        with server.seat(root=root) as seat:
            assert seat.state is State.ACTIVE


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"license_key": " "}, "USHER_LICENSE_KEY"),
        ({"license_key": "two words"}, "copy it again"),
        ({"url": ""}, "USHER_URL"),
        ({"url": "license.example"}, "should look like https"),
        ({"url": "ftp://license.example"}, "should look like https"),
        ({"url": "https://"}, "should look like https"),
        ({"url": "https://license.example:port"}, "cannot be read"),
        ({"url": "https://me:secret@license.example"}, "user name"),
        ({"url": "https://license.example/?a=b"}, "should look like https"),
        ({"url": "https://a..b"}, "cannot be read: a part of the host's name"),
        ({"url": "https://" + "a" * 64 + ".example"}, "cannot be read: a part of the host's name"),
        ({"url": "https://license\udc80.example"}, "cannot be read"),
        ({"url": "https://license .example"}, "white space"),
        ({"url": "https://[::1"}, "cannot be read"),
        ({"url": "https://license.example/us her"}, "percent-encode"),
        ({"url": "https://license.example/lizenzschlüssel"}, "percent-encode"),
        ({"root": ""}, "ask the vendor"),
        ({"root": "/does/not/exist.json"}, "cannot be read: No such file"),
        ({"root": "{}"}, "keys is missing"),
        ({"root": {"keys": []}}, "no key"),
        ({"hardware_id": "short"}, "8 to 256"),
        ({"instance": "x" * 129}, "1 to 128"),
        ({"instance": "node\n7"}, "USHER_INSTANCE"),
        ({"instance": "node-\udcff"}, "USHER_INSTANCE"),
        ({"hardware_id": "machine-\udcff"}, "no text"),
        ({"jwt_token": "x" * 8193}, "8192 bytes"),
        ({"jwt_token": "e30.e30.\udcff"}, "no JWT has"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": "5"}, "timeout is of the type str; give a number"),
        ({"timeout": None}, "timeout is of the type NoneType"),
        ({"acquire_timeout": True}, "acquire_timeout is of the type bool"),
        ({"acquire_timeout": float("inf")}, "at most 86400"),
        ({"license_key": b"CODITECT-X"}, "license_key is of the type bytes; give a text"),
        ({"url": b"http://license.example"}, "url is of the type bytes; give an address"),
        ({"url": 5}, "url is of the type int"),
        ({"url": ["https://license.example", None]}, "url is of the type list"),
        ({"root": 5}, "root is of the type int; give the vendor root's path"),
        ({"root": b"{}"}, "root is of the type bytes"),
        ({"root": {"keys": {1, 2}}}, "no JSON"),
        ({"root": '{"keys": ' + "[" * 100_000}, "cannot be used"),
        ({"root": "vendor\0root"}, "null byte"),
        ({"product": 5}, "product is of the type int"),
        ({"hardware_id": b"machine-of-the-tests"}, "hardware_id is of the type bytes"),
        ({"instance": 7}, "instance is of the type int"),
        ({"jwt_token": b"e30"}, "jwt_token is of the type bytes"),
        ({"state_dir": 5}, "state_dir is of the type int; give a path"),
        ({"state_dir": b"/tmp"}, "state_dir is of the type bytes"),
        ({"ca_file": 5}, "ca_file is of the type int"),
        ({"url": "https://license.example", "ca_file": "a\0b"}, "null"),
        ({"app": 5}, "app is of the type int"),
        ({"app_version": 1.0}, "app_version is of the type float"),
        ({"acquire_timeout": float("nan")}, "acquire_timeout"),
    ],
)
def test_a_mistake_is_named_before_anything_is_sent(server: FakeUsher, arguments: Dict[str, Any], says: str) -> None:
    given = {"license_key": server.license_key, "url": server.url, "root": server.root, **arguments}
    with pytest.raises(ConfigurationError, match=says) as mistake:
        usher_client.seat(**given)
    assert mistake.value.code == "CONFIGURATION"
    assert server.requests == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("re\tnder\x00\x85", "re\ufffdnder\ufffd\ufffd"),
        ("caf\udce9", "caf\ufffd"),
        ("\ud83d", "\ufffd"),
        ("Größe 😀 \u200d", "Größe 😀 \u200d"),
        ("x" * 127 + "\n\n", "x" * 127 + "\ufffd"),
    ],
)
def test_a_fact_for_display_costs_nobody_the_seat(
    server: FakeUsher, monkeypatch: pytest.MonkeyPatch, said: str, shown: str
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: said)
    monkeypatch.setattr("platform.release", lambda: said)
    for arguments in ([said], [""], []):
        monkeypatch.setattr("sys.argv", arguments)
        with server.seat(app_version=said) as seat:
            assert seat.state is State.ACTIVE
            client = server.sessions[0].client
        assert (client["hostname"], client["version"]) == (shown, shown)
        assert client["app"] == (shown if said in arguments else "python")
    with server.seat(app=said):
        assert server.sessions[0].client["app"] == shown


def test_a_host_without_any_id_and_with_an_odd_name_has_a_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("USHER_FINGERPRINT")
    values = set()
    for name in ("caf\udce9", "caf\udcea", "café"):
        monkeypatch.setattr("socket.gethostname", lambda name=name: name)
        values.add(usher_client.fingerprint("coditect", root=tmp_path).value)
    assert len(values) == 3


def test_without_a_root_nothing_is_asked(server: FakeUsher) -> None:
    with pytest.raises(ConfigurationError) as mistake:
        usher_client.seat(server.license_key, url=server.url)
    assert "root=" in str(mistake.value)
    assert "USHER_ROOT" in str(mistake.value)
    assert "never fetched from a server" in str(mistake.value)


def test_a_url_without_encryption_is_warned_about(server: FakeUsher, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    server.seat()
    assert "not encrypted" not in caplog.text
    server.seat(url="http://license.example")
    assert "not encrypted" in caplog.text


@pytest.mark.parametrize(
    ("url", "shown", "loopback"),
    [
        ("https://license.example/", "https://license.example", False),
        ("https://license.example:8443/usher/", "https://license.example:8443/usher", False),
        ("http://[::1]:7700", "http://[::1]:7700", True),
        ("http://127.0.0.9", "http://127.0.0.9", True),
        ("http://localhost:80", "http://localhost", True),
        ("http://10.0.0.1", "http://10.0.0.1", False),
        ("https://lizenz.müller.example./a%20b", "https://lizenz.xn--mller-kva.example./a%20b", False),
        ("http://usher_node-1:7700", "http://usher_node-1:7700", False),
    ],
)
def test_addresses_are_read_and_shown(url: str, shown: str, loopback: bool) -> None:
    server = Server.parse(url)
    assert str(server) == shown
    assert server.is_loopback is loopback
