"""A vendor for one test: a root key, a certified cluster key, and tokens signed as docs/tokens.md says."""

from __future__ import annotations

import json
import secrets
from typing import Any, Dict, List, Mapping, Optional

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .._ed25519 import encode, thumbprint
from .._jws import ISSUER_TYP, SESSION_TYP

YEARS_10 = 10 * 365 * 86_400
_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id(prefix: str) -> str:
    """A fresh id such as `lic_4m…`."""
    return prefix + "".join(secrets.choice(_ID_ALPHABET) for _ in range(26))


class Key:
    """A key pair that signs artefacts."""

    def __init__(self) -> None:
        """Make a new one."""
        self._private = Ed25519PrivateKey.generate()
        raw = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.kid = thumbprint(raw)
        self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": encode(raw)}

    def sign(self, typ: str, claims: Mapping[str, Any]) -> str:
        """A compact JWS under the profile."""
        header = f'{{"alg":"Ed25519","typ":"{typ}","kid":"{self.kid}"}}'.encode("ascii")
        payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
        signed = f"{encode(header)}.{encode(payload)}"
        return f"{signed}.{encode(self._private.sign(signed.encode('ascii')))}"


class Vendor:
    """The root, and one cluster certified by it."""

    def __init__(self, now: float, *, certificate: Optional[Mapping[str, Any]] = None) -> None:
        """Make the keys; `certificate` overrides claims of the cluster's certificate."""
        self._root = Key()
        self._cluster = Key()
        self.cluster_id = new_id("clu_")
        claims = {
            "iss": self._root.kid,
            "sub": self.cluster_id,
            "iat": int(now) - 86_400,
            "exp": int(now) + YEARS_10,
            "key": self._cluster.jwk,
            "path": 0,
            **(certificate or {}),
        }
        self.chain: List[str] = [self._root.sign(ISSUER_TYP, claims)]

    @property
    def root(self) -> Dict[str, Any]:
        """The root file's content."""
        return {"keys": [{**self._root.jwk, "kid": self._root.kid, "use": "sig", "alg": "Ed25519"}]}

    def token(self, claims: Mapping[str, Any]) -> str:
        """A session token of this cluster."""
        return self._cluster.sign(SESSION_TYP, {"iss": self.cluster_id, **claims})
