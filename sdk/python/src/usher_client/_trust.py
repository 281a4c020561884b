"""Verification: from the pinned roots down the chain to the session token, as docs/tokens.md demands.

The order is fixed, so that every implementation gives the same reason for the same artefact: the certificates from the
root down, each one's form, signer, signature, claims and limits; then the token's form, signer, signature and claims;
then the token's rules, the dates of the certificates, and last what the caller expects. Nothing here looks at a clock
or a network, and a token's own `exp` and `gex` are not compared with any time: the protocol counts them.
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import Dict, List, Mapping, Optional, Sequence, Union

from ._claims import Certificate, SessionClaims, key_id, read_key
from ._ed25519 import PublicKey, encode
from ._jws import ISSUER_TYP, SESSION_TYP, Unverified
from ._strict_json import Members, one_of, refuse

# How far a certificate's `iat` may lie after the token's: clocks differ.
TOLERANCE_SECONDS = 300

Roots = Mapping[str, PublicKey]


def parse_roots(document: Union[str, bytes]) -> Roots:
    """Read a vendor's root file, a JSON Web Key Set of public keys, as strictly as an artefact."""
    file = Members.parse(document.encode("utf-8") if isinstance(document, str) else document, "the root file")
    keys: List[object] = file.require(
        "keys", "a list of keys", lambda value: value if isinstance(value, list) else None
    )
    file.refuse_rest()
    roots: Dict[str, PublicKey] = {}
    for at, root in enumerate([_read_root(jwk, at) for at, jwk in enumerate(keys)]):
        if root.kid in roots:
            refuse("duplicate_key", f"keys[{at}] stands in the root file twice")
        roots[root.kid] = root
    if not roots:
        refuse("roots_empty", "the root file holds no key, so nothing could be trusted")
    return MappingProxyType(roots)


def _read_root(value: object, at: int) -> PublicKey:
    jwk = Members(value, f"keys[{at}] of the root file", f"keys[{at}].")
    if jwk.has("d"):
        refuse("private_key", f"keys[{at}] of the root file holds the private key (d): replace the root")
    key = read_key(jwk)
    kid = jwk.require("kid", "a key id", key_id)
    jwk.optional("use", "sig", one_of("sig"))
    jwk.optional("alg", "Ed25519", one_of("Ed25519"))
    jwk.refuse_rest()
    if kid != key.kid:
        refuse("wrong_kid", f"keys[{at}].kid of the root file is not the key's thumbprint, {key.kid}")
    return key


def fingerprint_hash(hardware_id: str) -> str:
    """What a token's `fph` says for this `hardware_id`."""
    return encode(hashlib.sha256(hardware_id.encode("utf-8")).digest())


def verify(
    chain: Sequence[str],
    token: str,
    roots: Roots,
    *,
    now: float,
    fingerprint: Optional[str] = None,
    product: Optional[str] = None,
    seq_min: Optional[int] = None,
) -> SessionClaims:
    """Check a token and its chain against the pinned roots at the time `now`; `fingerprint` is the expected `fph`."""
    certificates = _read_chain(chain, roots)
    issuer = certificates[-1]
    unverified = Unverified.parse(token, SESSION_TYP, "the session token")
    claims = SessionClaims.read(unverified.verified(_certified_signer(unverified, issuer)))
    _check_rules(claims, issuer)
    _check_dates(certificates, claims.iat, now)
    if product is not None and claims.aud != product:
        refuse("wrong_product", f"the session token is for the product {claims.aud!r} (aud), not {product!r}")
    if fingerprint is not None and claims.fph != fingerprint:
        refuse("wrong_fingerprint", "the session token was granted to another machine (fph)")
    if seq_min is not None and claims.seq < seq_min:
        refuse("seq_too_small", f"the session token's seq {claims.seq} is less than {seq_min}: an older one came back")
    return claims


def _read_chain(chain: Sequence[str], roots: Roots) -> List[Certificate]:
    certificates: List[Certificate] = []
    for at, encoded in enumerate(chain):
        what = f"chain[{at}]"
        certificate = _read_certificate(encoded, what, certificates[-1] if certificates else None, roots)
        below = len(chain) - 1 - at
        if below > certificate.path:
            refuse("path_too_short", f"{what} allows {certificate.path} certificates below it, but there are {below}")
        certificates.append(certificate)
    if not certificates:
        refuse("empty_chain", "the chain of certificates is empty")
    return certificates


def _read_certificate(encoded: str, what: str, parent: Optional[Certificate], roots: Roots) -> Certificate:
    unverified = Unverified.parse(encoded, ISSUER_TYP, what)
    signer = roots.get(unverified.kid) if parent is None else _certified_signer(unverified, parent)
    if signer is None:
        pinned = ", ".join(sorted(roots))
        refuse("unknown_root", f"{what} was signed by {unverified.kid}, which is not among the pinned roots ({pinned})")
    certificate = Certificate.read(unverified.verified(signer), what)
    if certificate.iss != unverified.kid:
        refuse("issuer_is_not_signer", f"{what} names {certificate.iss} (iss), but {unverified.kid} signed it")
    if parent is not None:
        _check_within(certificate, parent, what)
    return certificate


def _certified_signer(unverified: Unverified, parent: Certificate) -> PublicKey:
    if unverified.kid != parent.key.kid:
        refuse("wrong_signer", f"{unverified.what} was signed by {unverified.kid}, not by the key certified before it")
    return parent.key


def _check_within(child: Certificate, parent: Certificate, what: str) -> None:
    """A child's limits never exceed its parent's; a limit that is absent is no limit."""
    if child.exp > parent.exp:
        refuse("exp_exceeds_parent", f"{what} outlives its parent (exp)")
    if child.path >= parent.path:
        refuse("path_exceeds_parent", f"{what} allows as many certificates below it as its parent (path)")
    if parent.products is not None and not (child.products is not None and child.products <= parent.products):
        refuse("products_exceed_parent", f"{what} may sign for products that its parent may not (products)")
    if parent.grace_max is not None and not (child.grace_max is not None and child.grace_max <= parent.grace_max):
        refuse("grace_exceeds_parent", f"{what} allows a longer grace than its parent (grace_max)")


def _check_rules(claims: SessionClaims, issuer: Certificate) -> None:
    if claims.iss != issuer.sub:
        refuse("other_cluster", f"the session token is from {claims.iss} (iss), the certificate for {issuer.sub} (sub)")
    if not issuer.covers(claims.aud):
        refuse("product_not_certified", f"the certificate does not cover the product {claims.aud!r} (aud)")
    if not claims.iat <= claims.exp <= claims.gex:
        refuse("times_out_of_order", "iat, exp and gex of the session token are not in this order")
    if claims.off == "strict" and claims.gex != claims.exp:
        refuse("grace_in_strict_mode", "the session token is strict, yet its gex is after its exp")
    if issuer.grace_max is not None and claims.grace_seconds > issuer.grace_max:
        refuse("grace_too_long", f"the session token's grace exceeds the certificate's {issuer.grace_max} s (gex)")
    if claims.gex > issuer.exp:
        refuse("outlives_certificate", "the session token's gex is after the certificate's exp")


def _check_dates(certificates: Sequence[Certificate], issued_at: int, now: float) -> None:
    for at, certificate in enumerate(certificates):
        if certificate.iat > issued_at + TOLERANCE_SECONDS:
            refuse("certificate_not_yet_valid", f"chain[{at}] begins (iat) after the token it certifies")
    for at, certificate in enumerate(certificates):
        if certificate.exp <= now:
            refuse("certificate_expired", f"chain[{at}] has expired (exp), if this machine's clock is right")
