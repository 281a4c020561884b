//! A signer without scruples: what it signs, the crate `trust` would not. Only so does a fuzzer come past the signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use trust::{RootSet, SigningKey, UnixSeconds};
use zeroize::Zeroizing;

/// A time at which the certificates of the test vectors are valid.
pub(crate) const NOW: UnixSeconds = UnixSeconds::new(1_795_000_000);

/// The seeds of the keys, which are those of the test vectors.
pub(crate) const ROOT: u8 = 1;
pub(crate) const ISSUER: u8 = 3;
pub(crate) const CLUSTER: u8 = 4;

/// The key whose 32 secret bytes are all `seed`.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(Zeroizing::new([seed; 32]))
}

pub(crate) fn roots() -> RootSet {
    RootSet::new([key(ROOT).public()]).expect("there is one key, and it is there once")
}

/// Any claims at all behind the header of the profile, truly signed.
pub(crate) fn sign(seed: u8, typ: &str, claims: &[u8]) -> String {
    let header = format!(r#"{{"alg":"Ed25519","typ":"{typ}","kid":"{}"}}"#, key(seed).kid());
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}
