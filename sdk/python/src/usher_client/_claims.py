"""What certificates and session tokens say, read from verified claims.

An unknown claim makes a certificate unreadable, because nearly every claim there is a limit. In a session token it is
passed over: a token grants, it does not limit, so a client of today can live with a token of tomorrow.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Callable, Dict, FrozenSet, Mapping, Optional, Union

from ._ed25519 import PublicKey, decode
from ._strict_json import Members, one_of, text, whole

Entitlement = Union[bool, int, str]

_SECONDS = "a whole number of seconds"
_CODE = "a code of 1 to 64 bytes without control characters"


@dataclass(frozen=True)
class Certificate:
    """The claims of one issuer certificate; docs/tokens.md explains each."""

    iss: str
    sub: str
    key: PublicKey
    iat: int
    exp: int
    path: int
    products: Optional[FrozenSet[str]]
    grace_max: Optional[int]

    @classmethod
    def read(cls, claims: Members, what: str) -> Certificate:
        """Read verified claims."""
        certificate = cls(
            iss=claims.require("iss", "a key id", key_id),
            sub=claims.require("sub", "a cluster's id, clu_…", _id("clu_")),
            key=_read_certified_key(claims, what),
            iat=claims.require("iat", _SECONDS, whole()),
            exp=claims.require("exp", _SECONDS, whole()),
            path=claims.require("path", "a whole number of at most 32 bits", whole(32)),
            products=claims.optional("products", "a list of product codes", _products),
            grace_max=claims.optional("grace_max", _SECONDS, whole()),
        )
        claims.refuse_rest()
        return certificate

    def covers(self, product: str) -> bool:
        """Whether it may sign for `product`."""
        return self.products is None or product in self.products


@dataclass(frozen=True)
class SessionClaims:
    """The claims of a session token; docs/tokens.md explains each."""

    iss: str
    aud: str
    lic: str
    cus: str
    plan: str
    sid: str
    seq: int
    iat: int
    exp: int
    gex: int
    off: str
    hb: int
    fph: str
    ent: Mapping[str, Entitlement]

    @classmethod
    def read(cls, claims: Members) -> SessionClaims:
        """Read verified claims."""
        return cls(
            iss=claims.require("iss", "a cluster's id, clu_…", _id("clu_")),
            aud=claims.require("aud", _CODE, _code),
            lic=claims.require("lic", "a license's id, lic_…", _id("lic_")),
            cus=claims.require("cus", "a customer's id, cus_…", _id("cus_")),
            plan=claims.require("plan", _CODE, _code),
            sid=claims.require("sid", "a session's public name, ses_…", _id("ses_")),
            seq=claims.require("seq", "a whole number of 64 bits", whole()),
            iat=claims.require("iat", _SECONDS, whole()),
            exp=claims.require("exp", _SECONDS, whole()),
            gex=claims.require("gex", _SECONDS, whole()),
            off=claims.require("off", "strict, lenient or reserved", one_of("strict", "lenient", "reserved")),
            hb=claims.require("hb", _SECONDS, whole()),
            fph=claims.require("fph", "32 bytes in unpadded base64url", key_id),
            ent=claims.require("ent", "an object of true, whole numbers and texts", _entitlements),
        )

    @property
    def life_seconds(self) -> int:
        """How long the token may be trusted without another word from the server."""
        return self.exp - self.iat

    @property
    def grace_seconds(self) -> int:
        """How long a cut-off client may go on, counted from the commit; the life itself when `strict`."""
        return self.gex - self.iat


def read_key(jwk: Members) -> PublicKey:
    """Take the three members that make a public key."""
    jwk.require("kty", "OKP", one_of("OKP"))
    jwk.require("crv", "Ed25519", one_of("Ed25519"))
    expected = "a public key: the canonical 32 bytes, in unpadded base64url, of a point that is not of small order"
    return jwk.require("x", expected, lambda value: PublicKey.from_x(value) if isinstance(value, str) else None)


def _read_certified_key(claims: Members, what: str) -> PublicKey:
    # A null is kept apart from an absent member: it is there, and it is no object.
    value: Dict[str, Any] = claims.require("key", "a JWK", lambda value: {"jwk": value})
    jwk = Members(value["jwk"], f"the key of {what}", "key.")
    key = read_key(jwk)
    jwk.refuse_rest()
    return key


def _id(prefix: str) -> Callable[[object], Optional[str]]:
    form = re.compile(re.escape(prefix) + r"[0-9a-z]{1,64}")
    return lambda value: value if isinstance(value, str) and form.fullmatch(value) else None


def _code(value: object) -> Optional[str]:
    code = text(value)
    if code is None or not 1 <= len(code.encode("utf-8")) <= 64:
        return None
    return None if any(unicodedata.category(character) == "Cc" for character in code) else code


def key_id(value: object) -> Optional[str]:
    raw = decode(value) if isinstance(value, str) else None
    return str(value) if raw is not None and len(raw) == 32 else None


def _products(value: object) -> Optional[FrozenSet[str]]:
    if not isinstance(value, list) or any(_code(product) is None for product in value):
        return None
    return frozenset(value)


def _entitlements(value: object) -> Optional[Mapping[str, Entitlement]]:
    if not isinstance(value, dict) or not all(map(_is_entitlement, value.values())):
        return None
    return MappingProxyType(dict(value))


def _is_entitlement(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return isinstance(value, str) or (isinstance(value, int) and value < 1 << 63)
