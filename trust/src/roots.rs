//! The vendor's roots: the JSON Web Key Set that an application pins.
//!
//! The file is read as strictly as an artefact, because everything rests on it: only the members of the contract may
//! stand in a key, so that a private key, or a key meant for something else, is noticed and not trusted by mistake.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::json::{Json, JsonError, Members};
use crate::key::{CURVE, KEY_TYPE, KeyId, PublicKey};

/// The keys that certificates may be signed by. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootSet {
    keys: BTreeMap<KeyId, PublicKey>,
}

/// Why a text is not a set of roots. Keys are counted from 0, as in `keys[0]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootSetError {
    /// The text is not a JSON Web Key Set of Ed25519 keys.
    #[error("the root file is not as the contract has it: {0}; take the file that the vendor published")]
    Json(#[from] JsonError),
    /// There is no key in it.
    #[error("the root file holds no key: nothing could be trusted; take the file that the vendor published")]
    Empty,
    /// A private key lies in the file that is handed out.
    #[error(
        "keys[{at}] of the root file holds the private key (`d`): take the file out of circulation, replace the root, \
         and publish public keys only"
    )]
    PrivateKey {
        /// Where.
        at: usize,
    },
    /// A `kid` is not its key's thumbprint.
    #[error("`keys[{at}].kid` is not the RFC 7638 thumbprint of the key, which is {expected}")]
    WrongKid {
        /// Where.
        at: usize,
        /// The right one.
        expected: KeyId,
    },
    /// A key stands there twice.
    #[error("the key {0} stands in the root file twice: remove one of the two")]
    Duplicate(KeyId),
}

impl RootSetError {
    /// The error's permanent name, as in the test vectors.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Json(error) => error.reason(),
            Self::Empty => "roots_empty",
            Self::PrivateKey { .. } => "private_key",
            Self::WrongKid { .. } => "wrong_kid",
            Self::Duplicate(_) => "duplicate_key",
        }
    }
}

#[derive(Serialize)]
struct Jwks<'a> {
    keys: Vec<Jwk<'a>>,
}

/// A root as the file has it: the bare key with its name and its purpose.
#[derive(Serialize)]
struct Jwk<'a> {
    #[serde(flatten)]
    key: &'a PublicKey,
    kid: KeyId,
    #[serde(rename = "use")]
    purpose: &'static str,
    alg: &'static str,
}

impl RootSet {
    /// A set of keys that are at hand.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self, RootSetError> {
        let mut set = BTreeMap::new();
        for key in keys {
            if set.insert(key.kid(), key).is_some() {
                return Err(RootSetError::Duplicate(key.kid()));
            }
        }
        if set.is_empty() {
            return Err(RootSetError::Empty);
        }
        Ok(Self { keys: set })
    }

    /// Reads the text of a `vendor-root.json`.
    pub fn parse(text: &str) -> Result<Self, RootSetError> {
        let mut file = Members::parse(text.as_bytes(), "the root file")?;
        let keys = file.require("keys", "a list of keys", |value| match value {
            Json::List(keys) => Some(keys),
            _ => None,
        })?;
        file.refuse_rest()?;
        let keys: Result<Vec<_>, _> = keys
            .into_iter()
            .enumerate()
            .map(|(at, jwk)| read_root(jwk, at))
            .collect();
        Self::new(keys?)
    }

    /// The text of the `vendor-root.json` that holds these keys, in the order of their names.
    pub fn to_json(&self) -> String {
        let keys = self
            .keys
            .iter()
            .map(|(kid, key)| Jwk {
                key,
                kid: *kid,
                purpose: "sig",
                alg: CURVE,
            })
            .collect();
        let text = serde_json::to_string_pretty(&Jwks { keys }).expect("texts and lists always serialise");
        text + "\n"
    }

    /// The root of that name, if it is one.
    pub fn get(&self, kid: KeyId) -> Option<&PublicKey> {
        self.keys.get(&kid)
    }

    /// All roots, in the order of their names.
    pub fn keys(&self) -> impl Iterator<Item = &PublicKey> {
        self.keys.values()
    }
}

fn read_root(jwk: Json, at: usize) -> Result<PublicKey, RootSetError> {
    let mut jwk = Members::of(jwk, &format!("keys[{at}]"))?;
    if jwk.take("d").is_some() {
        return Err(RootSetError::PrivateKey { at });
    }
    let key = read_key(&mut jwk)?;
    let kid: KeyId = jwk.require("kid", KeyId::EXPECTED, Json::parsed)?;
    jwk.optional("use", "`sig`", |value| (value.text()? == "sig").then_some(()))?;
    jwk.optional("alg", "`Ed25519`", |value| (value.text()? == CURVE).then_some(()))?;
    jwk.refuse_rest()?;
    if kid != key.kid() {
        return Err(RootSetError::WrongKid {
            at,
            expected: key.kid(),
        });
    }
    Ok(key)
}

/// Takes the three members that make a public key.
pub(crate) fn read_key(jwk: &mut Members) -> Result<PublicKey, JsonError> {
    jwk.require("kty", "`OKP`", |value| (value.text()? == KEY_TYPE).then_some(()))?;
    jwk.require("crv", "`Ed25519`", |value| (value.text()? == CURVE).then_some(()))?;
    jwk.require("x", PublicKey::EXPECTED, Json::parsed)
}
