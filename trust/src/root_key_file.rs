//! The file of a private root key: a private JWK (RFC 8037), as `usher` writes it for the vendor to lock away.
//!
//! Reading borrows every member from the text, so the only copies of the secret are the text, which the caller wipes,
//! and the key. For the same reason no error repeats anything that stands in the file.

use std::fmt::Write as _;

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::base64url;
use crate::key::{CURVE, KEY_TYPE, SigningKey};

/// A private root key in its file form.
#[derive(Debug)]
pub struct RootKeyFile {
    key: SigningKey,
}

/// Why a text is not a private root key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootKeyFileError {
    /// The text is not the JSON object that it should be.
    #[error(
        "line {line}, column {column} of the root key file: expected one JSON object of the texts `kty`, `crv`, `x`, \
         `d`, `kid` and perhaps `use` and `alg`, each once; give the private key file, not the public root file"
    )]
    Malformed {
        /// Counted from 1; 0 if there is no line.
        line: usize,
        /// Counted from 1; 0 if there is no column.
        column: usize,
    },
    /// A member is absent.
    #[error("`{0}` is missing from the root key file; give the private key file as it was written")]
    Missing(&'static str),
    /// A member has another value than the rest of the file demands.
    #[error("`{member}` in the root key file is not {expected}; give the private key file as it was written")]
    Wrong {
        /// The member.
        member: &'static str,
        /// What it should have been.
        expected: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivateJwk<'t> {
    kty: Option<&'t str>,
    crv: Option<&'t str>,
    x: Option<&'t str>,
    d: Option<&'t str>,
    kid: Option<&'t str>,
    #[serde(rename = "use")]
    purpose: Option<&'t str>,
    alg: Option<&'t str>,
}

impl RootKeyFile {
    /// The file of `key`.
    pub const fn new(key: SigningKey) -> Self {
        Self { key }
    }

    /// Reads the file's text, and checks that its public half and its name belong to the secret.
    pub fn parse(text: &str) -> Result<Self, RootKeyFileError> {
        let jwk: PrivateJwk<'_> = serde_json::from_str(text).map_err(|error| RootKeyFileError::Malformed {
            line: error.line(),
            column: error.column(),
        })?;
        require(jwk.kty, "kty", "`OKP`", |kty| kty == KEY_TYPE)?;
        require(jwk.crv, "crv", "`Ed25519`", |crv| crv == CURVE)?;
        let mut seed = Zeroizing::new([0; 32]);
        require(jwk.d, "d", "32 bytes in unpadded base64url", |d| {
            base64url::decode_into(d, &mut seed).is_some()
        })?;
        let key = SigningKey::from_seed(seed);
        require(jwk.x, "x", "the public key that belongs to `d`", |x| {
            x == key.public().to_string()
        })?;
        require(jwk.kid, "kid", "the RFC 7638 thumbprint of the key", |kid| {
            kid == key.kid().to_string()
        })?;
        require(jwk.purpose.or(Some("sig")), "use", "`sig`", |purpose| purpose == "sig")?;
        require(jwk.alg.or(Some(CURVE)), "alg", "`Ed25519`", |alg| alg == CURVE)?;
        Ok(Self { key })
    }

    /// The file's text. Write it with mode 0600 and keep it offline.
    pub fn to_json(&self) -> Zeroizing<String> {
        let mut d = Zeroizing::new([0; 43]);
        let d = base64url::encode_into(&self.key.to_seed(), &mut d);
        // Room for all of it at once: a text that grows leaves copies of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(512));
        writeln!(
            text,
            r#"{{
  "kty": "{KEY_TYPE}",
  "crv": "{CURVE}",
  "x": "{x}",
  "kid": "{kid}",
  "use": "sig",
  "alg": "{CURVE}",
  "d": "{d}"
}}"#,
            x = self.key.public(),
            kid = self.key.kid(),
        )
        .expect("writing to a string cannot fail");
        text
    }

    /// The key itself.
    pub const fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The key itself, out of its file.
    pub fn into_key(self) -> SigningKey {
        self.key
    }
}

fn require(
    value: Option<&str>,
    member: &'static str,
    expected: &'static str,
    accepts: impl FnOnce(&str) -> bool,
) -> Result<(), RootKeyFileError> {
    let value = value.ok_or(RootKeyFileError::Missing(member))?;
    if accepts(value) {
        Ok(())
    } else {
        Err(RootKeyFileError::Wrong { member, expected })
    }
}
