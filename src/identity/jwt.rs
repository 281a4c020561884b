//! What makes a user's token good (RFC 7519, RFC 8725): signed by a key that its issuer has for that, by an algorithm of
//! this list, for whom it is shown to, and in its time as our clock has it.
//!
//! The signature is the library's to check. Everything else is here, because the library would ask a clock of its own,
//! and because each refusal is told by its true reason.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::key_set::KeySet;

/// How far the clocks of a provider and of this node may be apart.
const CLOCKS_APART_S: u64 = 30;

/// The longest subject that OpenID Connect allows.
const SUBJECT_CHARS_MAX: usize = 255;

/// The type of an access token that says it is one (RFC 9068).
const ACCESS_TOKEN: &str = "at+jwt";

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("it is not a signed JWT")]
    Malformed,
    #[error("it is of another type; show an ID token, or an access token in the form of a JWT")]
    Type,
    #[error("it asks for extensions that this server does not know")]
    Critical,
    #[error("its algorithm is not accepted; RS, PS, ES and EdDSA are, none and HS never")]
    Algorithm,
    #[error("it is signed by a key that its issuer does not have")]
    KeyUnknown,
    #[error("its signature is not right")]
    Signature,
    #[error("its issuer is not accepted here")]
    Issuer,
    #[error("it is for another audience")]
    Audience,
    #[error("it was given to another party than the one that it is for")]
    AuthorizedParty,
    #[error("it names no subject")]
    Subject,
    #[error("it has expired; sign in again")]
    Expired,
    #[error("it is not valid yet; check the clocks of the issuer and of this server")]
    NotYet,
    #[error("it belongs to another sign-in")]
    Nonce,
}

/// What is expected of a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) audience: &'a str,
    /// The nonce of the sign-in that it was asked for in.
    pub(crate) nonce: Option<&'a str>,
    /// Our own clock.
    pub(crate) unix_ms: u64,
}

/// What a good token says.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Claims {
    #[serde(default)]
    iss: String,
    #[serde(default)]
    pub(crate) sub: String,
    #[serde(default, deserialize_with = "one_or_more")]
    aud: Vec<String>,
    azp: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    exp: Option<u64>,
    #[serde(default, deserialize_with = "seconds")]
    nbf: Option<u64>,
    #[serde(default, deserialize_with = "seconds")]
    iat: Option<u64>,
    nonce: Option<String>,
    #[serde(flatten)]
    pub(crate) profile: Profile,
}

/// What a provider says of an account, in a token or when asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Profile {
    pub(crate) email: Option<String>,
    #[serde(default, deserialize_with = "truth")]
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
}

/// A token of the right form whose signature has not been checked. Its issuer and type say who should check it, and
/// nothing else of it is told.
#[derive(Debug)]
pub(crate) struct Unverified<'t> {
    header: Header,
    claims: Claims,
    signed: &'t str,
    signature: &'t str,
}

#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'t> Unverified<'t> {
    pub(crate) fn parse(token: &'t str) -> Result<Self, Refused> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Refused::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(Refused::Malformed)?;
        let header: Header = decode(header)?;
        if header.crit.is_some() {
            return Err(Refused::Critical);
        }
        Ok(Self {
            claims: decode(claims)?,
            header,
            signed,
            signature,
        })
    }

    /// Who says to have issued it.
    pub(crate) fn issuer(&self) -> &str {
        &self.claims.iss
    }

    /// Checks everything, the signature first.
    pub(crate) fn verify(&self, keys: &KeySet, expected: &Expected<'_>) -> Result<&Claims, Refused> {
        let is_access_token = self.check_type()?;
        let algorithm = algorithm(&self.header.alg).ok_or(Refused::Algorithm)?;
        let key = keys
            .find(self.header.kid.as_deref(), algorithm)
            .ok_or(Refused::KeyUnknown)?;
        match jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, algorithm) {
            Ok(true) => {}
            Ok(false) | Err(_) => return Err(Refused::Signature),
        }
        let claims = &self.claims;
        if claims.iss != expected.issuer {
            return Err(Refused::Issuer);
        }
        check_audience(claims, expected.audience, is_access_token)?;
        if !(1..=SUBJECT_CHARS_MAX).contains(&claims.sub.chars().count()) || claims.sub.chars().any(char::is_control) {
            return Err(Refused::Subject);
        }
        check_times(claims, expected.unix_ms / 1_000)?;
        if expected.nonce.is_some() && claims.nonce.as_deref() != expected.nonce {
            return Err(Refused::Nonce);
        }
        Ok(claims)
    }

    /// Whether it is an access token; what is of a type of its own is for somebody else.
    fn check_type(&self) -> Result<bool, Refused> {
        let typ = self.header.typ.as_deref().unwrap_or("JWT");
        let typ = typ.strip_prefix("application/").unwrap_or(typ);
        match typ {
            typ if typ.eq_ignore_ascii_case("JWT") => Ok(false),
            typ if typ.eq_ignore_ascii_case(ACCESS_TOKEN) => Ok(true),
            _ => Err(Refused::Type),
        }
    }
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, Refused> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Refused::Malformed)
}

/// The algorithms that are accepted. A shared secret is never one: whoever knows a public key would know it.
pub(super) fn algorithm(name: &str) -> Option<Algorithm> {
    Some(match name {
        "RS256" => Algorithm::RS256,
        "RS384" => Algorithm::RS384,
        "RS512" => Algorithm::RS512,
        "PS256" => Algorithm::PS256,
        "PS384" => Algorithm::PS384,
        "PS512" => Algorithm::PS512,
        "ES256" => Algorithm::ES256,
        "ES384" => Algorithm::ES384,
        "EdDSA" | "Ed25519" => Algorithm::EdDSA,
        _ => return None,
    })
}

/// That it is for us, and was given to us (OpenID Connect Core, section 3.1.3.7). An access token names in `azp` the
/// application that got it, which is another party by nature.
fn check_audience(claims: &Claims, audience: &str, is_access_token: bool) -> Result<(), Refused> {
    if !claims.aud.iter().any(|aud| aud == audience) {
        return Err(Refused::Audience);
    }
    let given_to = match (&claims.azp, claims.aud.len()) {
        (Some(azp), _) => Some(azp.as_str()),
        (None, 1) => Some(audience),
        (None, _) => None,
    };
    if is_access_token || given_to == Some(audience) {
        Ok(())
    } else {
        Err(Refused::AuthorizedParty)
    }
}

fn check_times(claims: &Claims, now_s: u64) -> Result<(), Refused> {
    let end = claims.exp.ok_or(Refused::Expired)?;
    if end.saturating_add(CLOCKS_APART_S) <= now_s {
        return Err(Refused::Expired);
    }
    let begin = claims.nbf.unwrap_or(0).max(claims.iat.unwrap_or(0));
    if begin > now_s.saturating_add(CLOCKS_APART_S) {
        return Err(Refused::NotYet);
    }
    Ok(())
}

/// Reads a text or a list of texts.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        More(Vec<String>),
    }
    Ok(match Audience::deserialize(deserializer)? {
        Audience::One(one) => vec![one],
        Audience::More(more) => more,
    })
}

/// Reads seconds, which some write with a fraction.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_u64().or_else(|| {
        let text = number.to_string();
        let (whole, fraction) = text.split_once('.')?;
        fraction
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| whole.parse().ok())?
    });
    whole
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("expected seconds since 1970"))
}

/// Reads `true`, which some write as a text.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(truth) => truth,
        Value::String(text) => text == "true",
        _ => false,
    })
}
