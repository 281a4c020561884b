"""Ed25519 keys, as strictly as every verifier of usher's artefacts reads them.

OpenSSL verifies a signature, but it also accepts points of small order, under which one signature fits many messages,
and second spellings of a point. Such keys and signatures are refused here before OpenSSL sees them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Optional

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_WITHOUT_SIGN = (1 << 255) - 1
# The y coordinates of the eight points of small order: 0, 1, -1, and those of the points of order 8.
_Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _Y8, _P - _Y8})
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True)
class PublicKey:
    """A public key that artefacts may be verified with, and its name: the RFC 7638 thumbprint."""

    kid: str
    _key: Ed25519PublicKey = field(repr=False, compare=False)

    @classmethod
    def from_x(cls, x: str) -> Optional[PublicKey]:
        """Read a JWK's `x`; None unless it is a canonically spelled point of the curve that is not of small order."""
        raw = decode(x)
        if raw is None or len(raw) != 32 or not (_is_canonical_and_large(raw) and _is_on_curve(raw)):
            return None
        return cls(thumbprint(raw), Ed25519PublicKey.from_public_bytes(raw))

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the 64 bytes are this key's signature over `message`, in canonical form."""
        if not _is_canonical_and_large(signature[:32]) or int.from_bytes(signature[32:], "little") >= _L:
            return False
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def _is_canonical_and_large(point: bytes) -> bool:
    y = int.from_bytes(point, "little") & _WITHOUT_SIGN
    return y < _P and y not in _SMALL_ORDER_Y


@lru_cache(maxsize=64)  # A client sees the same few keys in every answer, and this is the slow part of reading one.
def _is_on_curve(point: bytes) -> bool:
    y2 = pow(int.from_bytes(point, "little") & _WITHOUT_SIGN, 2, _P)
    # x² = (y² - 1) / (d·y² + 1) has a solution if it is a square, which Euler's criterion tells without dividing.
    return pow((y2 - 1) * (_D * y2 + 1), (_P - 1) // 2, _P) == 1


def thumbprint(public_key: bytes) -> str:
    """The RFC 7638 thumbprint of an Ed25519 public key."""
    jwk = f'{{"crv":"Ed25519","kty":"OKP","x":"{encode(public_key)}"}}'
    return encode(hashlib.sha256(jwk.encode("ascii")).digest())


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode(text: str) -> Optional[bytes]:
    """The bytes behind base64url without padding; None if it is anything else, or not their only spelling."""
    if not _BASE64URL.fullmatch(text):
        return None
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if encode(raw) == text else None
