"""Session tokens, signed with Ed25519: as usher's, under one key and without a chain."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LIFE_SECONDS = 350
GRACE_SECONDS = 86_400
HEARTBEAT_SECONDS = 300


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class Signer:
    """Signs with the key from these 32 bytes."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        head = {"alg": "Ed25519", "typ": "usher-session+jwt", "kid": _base64(hashlib.sha256(public).digest()).decode()}
        self._head = _base64(orjson.dumps(head))

    def sign(self, claims: dict[str, Any]) -> str:
        """A compact JWS with these claims."""
        signed = self._head + b"." + _base64(orjson.dumps(claims))
        return (signed + b"." + _base64(self._key.sign(signed))).decode()


def fingerprint_hash(hardware_id: str) -> str:
    """What a token says of the machine that it is for."""
    return _base64(hashlib.sha256(hardware_id.encode()).digest()).decode()
