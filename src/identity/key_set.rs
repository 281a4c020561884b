//! An issuer's keys: a JSON web key set (RFC 7517), of which only what can verify is kept.

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::jwt::algorithm;

/// The most keys of a set. Issuers have two or three.
const KEYS_MAX: usize = 64;

/// The shortest RSA key that is believed (RFC 7518).
const RSA_BITS_MIN: usize = 2_048;

/// Public keys that verify signatures.
#[derive(Debug, Default)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// The one algorithm that it is for, if it says so.
    algorithm: Option<String>,
    verifying: DecodingKey,
}

/// Why a text is no set of keys that anything can be verified with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKeys {
    #[error("not a JSON web key set: {0}")]
    Malformed(String),
    #[error("more than {KEYS_MAX} keys")]
    TooMany,
    #[error("no key in it can verify a signature by RS or PS (of {RSA_BITS_MIN} bits at least), ES or EdDSA")]
    Useless,
}

#[derive(Deserialize)]
struct Written {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a set. Keys of other kinds and for other uses are passed over, as are those for shared secrets.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, NoKeys> {
        let written: Written = serde_json::from_slice(text).map_err(|error| NoKeys::Malformed(error.to_string()))?;
        if written.keys.len() > KEYS_MAX {
            return Err(NoKeys::TooMany);
        }
        let keys: Vec<Key> = written.keys.into_iter().filter_map(verifying).collect();
        if keys.is_empty() {
            return Err(NoKeys::Useless);
        }
        Ok(Self(keys))
    }

    /// The key of this id for this algorithm; without an id, the only one that it can be.
    pub(crate) fn find(&self, id: Option<&str>, wanted: Algorithm) -> Option<&DecodingKey> {
        let fits = |key: &&Key| {
            let is_named = id.is_none() || key.id.as_deref() == id;
            let is_for_it = key
                .algorithm
                .as_deref()
                .is_none_or(|name| algorithm(name) == Some(wanted));
            is_named && is_for_it && key.verifying.family() == wanted.family()
        };
        let mut fitting = self.0.iter().filter(fits);
        let first = fitting.next()?;
        fitting.next().is_none().then_some(&first.verifying)
    }
}

/// What is said of a key beside its numbers.
#[derive(Deserialize)]
struct Described {
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    for_what: Option<String>,
    key_ops: Option<Vec<String>>,
}

fn verifying(mut written: Value) -> Option<Key> {
    let described = Described::deserialize(&written).ok()?;
    let signs = described.for_what.is_none_or(|for_what| for_what == "sig");
    let operations = described.key_ops;
    let verifies = operations.is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    if !signs || !verifies {
        return None;
    }
    // The library knows fewer algorithms by name than there are, and has no need to.
    for member in ["alg", "use", "key_ops"] {
        written.as_object_mut()?.remove(member);
    }
    let jwk: Jwk = serde_json::from_value(written).ok()?;
    if matches!(&jwk.algorithm, AlgorithmParameters::RSA(key) if key.n.len() * 6 < RSA_BITS_MIN) {
        return None;
    }
    let verifying = DecodingKey::from_jwk(&jwk).ok()?;
    (verifying.family() != AlgorithmFamily::Hmac).then_some(Key {
        id: described.kid,
        algorithm: described.alg,
        verifying,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use serde_json::json;

    use super::*;

    fn ed(more: &Value) -> Value {
        let mut key = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    fn set(keys: &[Value]) -> Result<KeySet, NoKeys> {
        KeySet::parse(json!({"keys": keys}).to_string().as_bytes())
    }

    #[test]
    fn a_key_is_found_by_its_id_or_by_being_the_only_one() {
        let keys = set(&[ed(&json!({"kid": "a"})), ed(&json!({"kid": "b", "alg": "Ed25519"}))]).unwrap();
        assert!(keys.find(Some("a"), Algorithm::EdDSA).is_some() && keys.find(Some("b"), Algorithm::EdDSA).is_some());
        assert!(keys.find(Some("c"), Algorithm::EdDSA).is_none());
        assert!(keys.find(None, Algorithm::EdDSA).is_none(), "it could be either");
        assert!(keys.find(Some("a"), Algorithm::RS256).is_none());
        assert!(set(&[ed(&json!({}))]).unwrap().find(None, Algorithm::EdDSA).is_some());
        assert!(
            set(&[ed(&json!({}))])
                .unwrap()
                .find(Some("a"), Algorithm::EdDSA)
                .is_none()
        );
    }

    #[test]
    fn keys_for_other_things_are_none() {
        let shared = json!({"kty": "oct", "k": "c2VjcmV0", "kid": "a"});
        for other in [
            shared,
            ed(&json!({"use": "enc"})),
            ed(&json!({"key_ops": ["sign"]})),
            json!({"kty": "new"}),
            json!({"kid": 5}),
            json!("x"),
        ] {
            assert_eq!(set(&[other]).unwrap_err(), NoKeys::Useless);
        }
        let rsa = |bits: usize| json!({"kty": "RSA", "e": "AQAB", "n": "q".repeat(bits / 6) + "A"});
        assert_eq!(set(&[rsa(1_024)]).unwrap_err(), NoKeys::Useless);
        assert!(set(&[rsa(2_048)]).is_ok());
        assert_eq!(set(&vec![ed(&json!({})); 65]).unwrap_err(), NoKeys::TooMany);
        assert!(matches!(KeySet::parse(b"[]").unwrap_err(), NoKeys::Malformed(_)));
        let mixed = set(&[json!({"kty": "new"}), ed(&json!({"key_ops": ["verify"]}))]).unwrap();
        assert!(mixed.find(None, Algorithm::EdDSA).is_some());
    }
}
