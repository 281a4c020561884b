//! A second, careless implementation of the profile, to make artefacts that the crate itself would never sign.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The `typ` of an issuer certificate.
pub(crate) const ISSUER: &str = "usher-issuer+jwt";
/// The `typ` of a session token.
pub(crate) const SESSION: &str = "usher-session+jwt";

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A key that signs whatever it is given.
pub(crate) struct Key {
    inner: ed25519_dalek::SigningKey,
    /// The base64url of the public key.
    pub(crate) x: String,
    /// The thumbprint.
    pub(crate) kid: String,
}

impl Key {
    /// The key whose 32 secret bytes are all `seed`.
    pub(crate) fn new(seed: u8) -> Self {
        let inner = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
        let x = base64url(inner.verifying_key().as_bytes());
        let kid = thumbprint(&x);
        Self { inner, x, kid }
    }

    /// The bare public JWK.
    pub(crate) fn jwk(&self) -> Value {
        sorted(json!({"kty": "OKP", "crv": "Ed25519", "x": self.x}))
    }

    /// The JWK as a root file has it.
    pub(crate) fn root(&self) -> Value {
        sorted(json!({"kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.kid, "use": "sig", "alg": "Ed25519"}))
    }

    /// The profile's header.
    pub(crate) fn header(&self, typ: &str) -> String {
        format!(r#"{{"alg":"Ed25519","typ":"{typ}","kid":"{}"}}"#, self.kid)
    }

    /// An artefact with the profile's header and these claims.
    pub(crate) fn sign(&self, typ: &str, claims: &Value) -> String {
        self.sign_text(typ, claims.to_string())
    }

    /// An artefact with the profile's header and this text, or these bytes, for claims.
    pub(crate) fn sign_text(&self, typ: &str, claims: impl AsRef<[u8]>) -> String {
        self.sign_under(&self.header(typ), claims)
    }

    /// An artefact with this header.
    pub(crate) fn sign_under(&self, header: &str, claims: impl AsRef<[u8]>) -> String {
        self.sign_parts(&base64url(header), &base64url(claims))
    }

    /// An artefact of two parts that are encoded already.
    pub(crate) fn sign_parts(&self, header: &str, claims: &str) -> String {
        let signed = format!("{header}.{claims}");
        let signature = self.inner.sign(signed.as_bytes());
        format!("{signed}.{}", base64url(signature.to_bytes()))
    }
}

/// The RFC 7638 thumbprint of the key with this `x`.
pub(crate) fn thumbprint(x: &str) -> String {
    base64url(sha256(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

/// `base` with the members of `changes` put in place of its own.
pub(crate) fn with(base: &Value, changes: &Value) -> Value {
    let mut object = base.as_object().cloned().unwrap_or_default();
    object.extend(changes.as_object().cloned().unwrap_or_default());
    sorted(Value::Object(object))
}

/// The value with its members in the order of their names. Another crate of the build may have told `serde_json` to
/// keep the order they were written in, and the same bytes must come out.
pub(crate) fn sorted(mut value: Value) -> Value {
    value.sort_all_objects();
    value
}

/// `base` without one of its members.
pub(crate) fn without(base: &Value, member: &str) -> Value {
    let mut object = base.as_object().cloned().unwrap_or_default();
    object.remove(member).expect("the member to leave out is there");
    sorted(Value::Object(object))
}

/// The three parts of an artefact.
pub(crate) fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().expect("an artefact has three parts")
}

/// A text whose last character carries stray bits: the same bytes to a careless decoder, another spelling.
pub(crate) fn with_stray_bits(encoded: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(
        encoded.len() % 4,
        0,
        "a text of whole groups has no room for stray bits"
    );
    let last = encoded
        .chars()
        .last()
        .and_then(|last| ALPHABET.find(last))
        .expect("the text is base64url");
    let stray = ALPHABET
        .chars()
        .nth(last + 1)
        .expect("the last character's low bits are zero");
    format!("{}{stray}", &encoded[..encoded.len() - 1])
}

/// The bytes that an honest text spells.
pub(crate) fn bytes(encoded: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(encoded).expect("the text was encoded here")
}
