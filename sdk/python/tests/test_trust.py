"""The verifier gives the verdict, and the reason, that every implementation gives for the shared vectors."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from usher_client import _ed25519
from usher_client._errors import SignatureInvalid
from usher_client._trust import fingerprint_hash, parse_roots, verify

VECTORS = Path(__file__).parents[3] / "trust" / "tests" / "vectors" / "session-v1.json"
# Read when the tests are collected: a checkout without the shared vectors has to fail, not to skip.
SHARED: Dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))


def judge(case: Dict[str, Any]) -> Any:
    given = {**SHARED, **case}
    expectations = given["expectations"]
    return verify(
        given["chain"],
        given["token"],
        parse_roots(json.dumps(given["roots"])),
        now=expectations["now"],
        fingerprint=expectations.get("fingerprint"),
        product=expectations.get("product"),
        seq_min=expectations.get("seq_min"),
    )


def named(cases: List[Dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


@named(SHARED["good"])
def test_a_good_artefact_verifies_and_gives_its_claims(case: Dict[str, Any]) -> None:
    claims = judge(case)
    token: str = {**SHARED, **case}["token"]
    written = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    read = {name: getattr(claims, name) for name in SHARED["claims"]}
    assert {**read, "ent": dict(claims.ent)} == {name: written[name] for name in SHARED["claims"]}
    if token == SHARED["token"]:
        assert written == SHARED["claims"]


@named(SHARED["bad"])
def test_a_bad_artefact_is_refused_for_the_shared_reason(case: Dict[str, Any]) -> None:
    with pytest.raises(SignatureInvalid) as refusal:
        judge(case)
    assert refusal.value.reason == case["reason"], refusal.value


@named(SHARED["bad_roots"])
def test_a_bad_root_file_is_refused_for_the_shared_reason(case: Dict[str, Any]) -> None:
    with pytest.raises(SignatureInvalid) as refusal:
        parse_roots(case["text"])
    assert refusal.value.reason == case["reason"], refusal.value


def test_the_fingerprint_hash_is_the_shared_one() -> None:
    assert fingerprint_hash(SHARED["hardware_id"]) == SHARED["claims"]["fph"]


def test_every_changed_character_of_a_token_is_noticed() -> None:
    token: str = SHARED["token"]
    for at in range(len(token)):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(SignatureInvalid):
            judge({"token": changed})


def test_points_of_small_order_and_second_spellings_are_no_keys() -> None:
    prime = 2**255 - 19
    small = [0, 1, prime - 1, prime, prime + 1]
    small += [int.from_bytes(bytes.fromhex(y), "little") for y in (
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )]  # fmt: skip
    seconds = [prime + y for y in range(2, 19)]
    for y in small + seconds:
        for sign in (0, 1 << 255):
            assert _ed25519.PublicKey.from_x(_ed25519.encode((y | sign).to_bytes(32, "little"))) is None


def test_points_off_the_curve_are_no_keys() -> None:
    on_curve = [_ed25519.PublicKey.from_x(_ed25519.encode(y.to_bytes(32, "little"))) is not None for y in range(2, 200)]
    # About half of all y have an x; none or all would mean that the check is not one.
    assert 60 < sum(on_curve) < 140
