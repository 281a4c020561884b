"""The one locked profile: compact JWS, `Ed25519` and nothing else, a header of three members in one spelling.

There is no header to interpret: it must be, byte for byte, the one that usher writes, so neither an algorithm nor a key
can be talked into a verifier. Claims are decoded only after the signature has been verified.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ._ed25519 import PublicKey, decode
from ._strict_json import Members, refuse

ISSUER_TYP = "usher-issuer+jwt"
SESSION_TYP = "usher-session+jwt"
BYTES_MAX = {ISSUER_TYP: 8 * 1024, SESSION_TYP: 1024}
SIGNATURE_BYTES = 64
_HEADER = re.compile(rb'\{"alg":"Ed25519","typ":"([^"]*)","kid":"([A-Za-z0-9_-]{43})"\}')


@dataclass(frozen=True)
class Unverified:
    """An artefact of the right form whose signature has not been verified: all it tells is its signer's name."""

    what: str
    kid: str
    signed: bytes
    claims: str
    signature: bytes

    @classmethod
    def parse(cls, encoded: str, typ: str, what: str) -> Unverified:
        """Take apart a text that should be an artefact of the kind `typ`; `what` names it in errors."""
        size = len(encoded.encode("utf-8", "surrogatepass"))
        if size > BYTES_MAX[typ]:
            refuse("too_long", f"{what} has {size} bytes, more than the {BYTES_MAX[typ]} it may have")
        parts = encoded.split(".")
        if len(parts) != 3:
            refuse("not_three_parts", f"{what} is not three parts with a dot between")
        header = decode(parts[0])
        if header is None:
            refuse("not_base64url", f"the header of {what} is not canonical unpadded base64url")
        match = _HEADER.fullmatch(header)
        if match is None or _is_no_key_id(match.group(2)):
            refuse("not_the_header", f"the header of {what} is not exactly the one usher writes")
        if match.group(1) != typ.encode("ascii"):
            refuse("wrong_type", f"the typ of {what} is not {typ}")
        signature = decode(parts[2])
        if signature is None or len(signature) != SIGNATURE_BYTES:
            refuse("not_base64url", f"the signature of {what} is not 64 bytes in canonical unpadded base64url")
        kid = match.group(2).decode("ascii")
        return cls(what, kid, f"{parts[0]}.{parts[1]}".encode("utf-8", "surrogatepass"), parts[1], signature)

    def verified(self, key: PublicKey) -> Members:
        """The claims, if `key` has signed them."""
        if not key.verifies(self.signed, self.signature):
            refuse("bad_signature", f"the signature of {self.what} does not verify; it was changed or forged")
        claims = decode(self.claims)
        if claims is None:
            refuse("not_base64url", f"the claims of {self.what} are not canonical unpadded base64url")
        return Members.parse(claims, self.what)


def _is_no_key_id(kid: bytes) -> bool:
    raw = decode(kid.decode("ascii"))
    return raw is None or len(raw) != 32
