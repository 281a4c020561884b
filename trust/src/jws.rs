//! The one locked profile: compact JWS, `Ed25519` and nothing else, a header of exactly three members in one spelling.
//!
//! There is no header to interpret: it is compared with the bytes that this crate would have written, so neither an
//! algorithm nor a key can be talked into a verifier. Claims are decoded only after the signature has been verified.

use serde::Serialize;

use crate::base64url;
use crate::json::Members;
use crate::key::{KeyId, PublicKey, SigningKey};
use crate::verify_error::{Artefact, Part, VerifyError};

/// The most bytes in any artefact.
pub const ARTEFACT_BYTES_MAX: usize = 8 * 1024;

/// The most bytes in a session token or a user token.
pub const SESSION_TOKEN_BYTES_MAX: usize = 1024;

/// 64 bytes in base64url.
const SIGNATURE_CHARACTERS: usize = 86;

/// The kinds of artefact, by their `typ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Typ {
    Issuer,
    Session,
    User,
}

impl Typ {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "usher-issuer+jwt",
            Self::Session => "usher-session+jwt",
            Self::User => "usher-user+jwt",
        }
    }

    pub(crate) const fn bytes_max(self) -> usize {
        match self {
            Self::Issuer => ARTEFACT_BYTES_MAX,
            Self::Session | Self::User => SESSION_TOKEN_BYTES_MAX,
        }
    }
}

/// An artefact that would be longer than its kind may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it would have {length} bytes, more than {limit}")]
pub struct TooLong {
    /// The bytes it would have.
    pub length: usize,
    /// The bytes it may have.
    pub limit: usize,
}

/// The first part of every artefact of one kind by one key, with the dot behind it. It never changes, so it is made
/// once.
pub(crate) fn encode_header(typ: Typ, kid: KeyId) -> String {
    let header = format!(r#"{{"alg":"Ed25519","typ":"{}","kid":"{kid}"}}"#, typ.as_str());
    base64url::encode(header.as_bytes()) + "."
}

/// Signs `claims` behind a header that [`encode_header`] made for the same kind and key.
pub(crate) fn sign(typ: Typ, header: &str, claims: &impl Serialize, key: &SigningKey) -> Result<String, TooLong> {
    let claims = serde_json::to_vec(claims).expect("claims are texts, integers and maps of them by name");
    let length = header.len() + (claims.len() * 4).div_ceil(3) + 1 + SIGNATURE_CHARACTERS;
    if length > typ.bytes_max() {
        return Err(TooLong {
            length,
            limit: typ.bytes_max(),
        });
    }
    let mut token = String::with_capacity(length);
    token.push_str(header);
    base64url::encode_onto(&claims, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    base64url::encode_onto(&signature, &mut token);
    Ok(token)
}

/// An artefact of the right form whose signature has not been verified: all it tells is the name of its signer.
pub(crate) struct Unverified<'t> {
    artefact: Artefact,
    kid: KeyId,
    signed: &'t str,
    claims: &'t str,
    signature: [u8; 64],
}

impl<'t> Unverified<'t> {
    /// Takes apart `text`, which stands in the place of `artefact`.
    pub(crate) fn parse(text: &'t str, artefact: Artefact) -> Result<Self, VerifyError> {
        let limit = artefact.typ().bytes_max();
        if text.len() > limit {
            return Err(VerifyError::TooLong {
                artefact,
                length: text.len(),
                limit,
            });
        }
        let (header, claims, signature) = split(text).ok_or(VerifyError::NotThreeParts { artefact })?;
        let not_base64url = |part| VerifyError::NotBase64url { artefact, part };
        let kid = read_header(&base64url::decode(header).ok_or(not_base64url(Part::Header))?, artefact)?;
        let signature = base64url::decode_exact(signature).ok_or(not_base64url(Part::Signature))?;
        let signed = &text[..header.len() + 1 + claims.len()];
        Ok(Self {
            artefact,
            kid,
            signed,
            claims,
            signature,
        })
    }

    /// The name of the key that this artefact says it was signed by.
    pub(crate) const fn kid(&self) -> KeyId {
        self.kid
    }

    /// The claims, if `key` has signed them.
    pub(crate) fn verify(self, key: &PublicKey) -> Result<Members, VerifyError> {
        let artefact = self.artefact;
        if !key.verifies(self.signed.as_bytes(), &self.signature) {
            return Err(VerifyError::BadSignature { artefact });
        }
        let claims = base64url::decode(self.claims).ok_or(VerifyError::NotBase64url {
            artefact,
            part: Part::Claims,
        })?;
        Members::parse(&claims, "the claims").map_err(|source| VerifyError::Claims { artefact, source })
    }
}

/// Whether a text says of itself that it is an artefact of this profile, whichever its kind. Nothing of it is verified:
/// this is for a reader who is shown tokens of others too.
pub fn is_artefact(text: &str) -> bool {
    let header = split(text).and_then(|(header, ..)| base64url::decode(header));
    header.is_some_and(|header| take_header_apart(&header).is_some_and(|(typ, _)| typ.starts_with("usher-")))
}

/// Exactly three parts between two dots.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (header, rest) = text.split_once('.')?;
    let (claims, signature) = rest.split_once('.')?;
    (!signature.contains('.')).then_some((header, claims, signature))
}

/// The signer's name from a header of exactly the bytes of the profile.
fn read_header(header: &[u8], artefact: Artefact) -> Result<KeyId, VerifyError> {
    let (typ, kid) = take_header_apart(header).ok_or(VerifyError::NotTheHeader { artefact })?;
    if typ != artefact.typ().as_str() {
        return Err(VerifyError::WrongType {
            artefact,
            expected: artefact.typ().as_str(),
        });
    }
    Ok(kid)
}

fn take_header_apart(header: &[u8]) -> Option<(&str, KeyId)> {
    let header = std::str::from_utf8(header).ok()?;
    let rest = header.strip_prefix(r#"{"alg":"Ed25519","typ":""#)?;
    let (typ, rest) = rest.split_once('"')?;
    let kid = rest.strip_prefix(r#","kid":""#)?.strip_suffix(r#""}"#)?;
    Some((typ, kid.parse().ok()?))
}
