//! User tokens: that somebody who was signed in is who they are, for an application that takes a seat in their name.
//!
//! They are there for people whom no identity provider gives a token that can be checked. Only the cluster that signed
//! one reads it, by its own key, so there is no chain. What the person may do is not in it: that is looked up when it is
//! shown, by whoever verifies it.

use serde::Serialize;

use crate::chain::CLOCK_TOLERANCE;
use crate::json::{Json, JsonError, Members};
use crate::jws::{Typ, Unverified, encode_header, sign};
use crate::key::{PublicKey, SigningKey};
use crate::name::{ClusterId, PersonId};
use crate::time::UnixSeconds;
use crate::verify_error::{Artefact, VerifyError};

/// What a user token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserClaims {
    /// `iss`: the cluster that signed it, and that alone takes it.
    #[serde(rename = "iss")]
    pub cluster: ClusterId,
    /// `sub`: the person.
    #[serde(rename = "sub")]
    pub person: PersonId,
    /// `iat`: when it was signed, on the cluster's clock.
    #[serde(rename = "iat")]
    pub issued_at: UnixSeconds,
    /// `exp`: the end of its life.
    #[serde(rename = "exp")]
    pub expires_at: UnixSeconds,
}

/// Why a user token is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserTokenError {
    /// It is not one, or its signature is not right.
    #[error(transparent)]
    Form(#[from] VerifyError),
    /// It was signed by another key, or for another cluster.
    #[error("the user token was signed by another server; sign in to this one")]
    OtherServer,
    /// Its life is over.
    #[error("the user token has expired; sign in again")]
    Expired,
    /// Its life has not begun.
    #[error("the user token is not valid yet; check the server's clock")]
    NotYet,
}

/// Signs a user token.
pub fn sign_user(key: &SigningKey, claims: &UserClaims) -> String {
    let header = encode_header(Typ::User, key.kid());
    sign(Typ::User, &header, claims, key).expect("two ids and two times are far below the limit")
}

/// Verifies a user token of the cluster that has this key, at a time of its clock.
pub fn verify_user(
    token: &str,
    key: &PublicKey,
    cluster: &ClusterId,
    now: UnixSeconds,
) -> Result<UserClaims, UserTokenError> {
    let unverified = Unverified::parse(token, Artefact::User)?;
    if unverified.kid() != key.kid() {
        return Err(UserTokenError::OtherServer);
    }
    let claims = UserClaims::read(unverified.verify(key)?).map_err(|source| VerifyError::Claims {
        artefact: Artefact::User,
        source,
    })?;
    if claims.cluster != *cluster {
        return Err(UserTokenError::OtherServer);
    }
    if claims.expires_at <= now {
        return Err(UserTokenError::Expired);
    }
    // A node may be a moment behind the one that signed.
    if claims.issued_at > now.after(CLOCK_TOLERANCE) {
        return Err(UserTokenError::NotYet);
    }
    Ok(claims)
}

impl UserClaims {
    fn read(mut claims: Members) -> Result<Self, JsonError> {
        Ok(Self {
            cluster: claims.require("iss", ClusterId::EXPECTED, Json::parsed)?,
            person: claims.require("sub", PersonId::EXPECTED, Json::parsed)?,
            issued_at: claims
                .require("iat", UnixSeconds::EXPECTED, Json::whole)
                .map(UnixSeconds::new)?,
            expires_at: claims
                .require("exp", UnixSeconds::EXPECTED, Json::whole)
                .map(UnixSeconds::new)?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use zeroize::Zeroizing;

    use super::*;
    use crate::jws::is_artefact;
    use crate::time::Seconds;

    const NOW: UnixSeconds = UnixSeconds::new(1_795_341_600);

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(Zeroizing::new([seed; 32]))
    }

    fn claims() -> UserClaims {
        UserClaims {
            cluster: "clu_1".parse().unwrap(),
            person: "per_1".parse().unwrap(),
            issued_at: NOW,
            expires_at: NOW.after(Seconds::new(60)),
        }
    }

    fn verify(token: &str, at: UnixSeconds) -> Result<UserClaims, UserTokenError> {
        verify_user(token, &key(1).public(), &"clu_1".parse().unwrap(), at)
    }

    /// Any claims, truly signed by the right key, as an artefact of a kind.
    fn signed(typ: Typ, claims: &serde_json::Value) -> String {
        sign(typ, &encode_header(typ, key(1).kid()), claims, &key(1)).unwrap()
    }

    /// Made by another library from the same key and claims.
    const GOLDEN: &str = concat!(
        "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoidXNoZXItdXNlcitqd3QiLCJraWQiOiJVRERSZU9abDFpcFhBZnA5d1lzbTEzc0RCTUs1b2ctLVFXZEJqenVmNm80In0.",
        "eyJpc3MiOiJjbHVfMSIsInN1YiI6InBlcl8xIiwiaWF0IjoxNzk1MzQxNjAwLCJleHAiOjE3OTUzNDE2NjB9.",
        "ELqpuef5K_VZ0TdnHRlI5kzY7LPykfb_O3ZCRFMpxp4AHuTeqmqfqyjtJSs25OrFps4oUl-hcpetaI-ukDd6DA",
    );

    /// Ed25519 signs the same text the same way, so these bytes are the format.
    #[test]
    fn a_user_token_has_these_bytes() {
        let token = sign_user(&key(1), &claims());
        assert_eq!(token, GOLDEN);
        assert_eq!(verify(GOLDEN, NOW), Ok(claims()));
    }

    #[test]
    fn a_user_token_is_taken_from_when_it_was_signed_until_it_ends() {
        let token = sign_user(&key(1), &claims());
        let last = UnixSeconds::new(NOW.get() + 59);
        assert_eq!(verify(&token, last), Ok(claims()));
        assert_eq!(
            verify(&token, NOW.after(Seconds::new(60))),
            Err(UserTokenError::Expired)
        );
        let behind = UnixSeconds::new(NOW.get() - CLOCK_TOLERANCE.get());
        assert_eq!(verify(&token, behind), Ok(claims()));
        let before = UnixSeconds::new(behind.get() - 1);
        assert_eq!(verify(&token, before), Err(UserTokenError::NotYet));
    }

    #[test]
    fn a_user_token_of_another_cluster_is_refused() {
        let by_another = sign_user(&key(2), &claims());
        assert_eq!(verify(&by_another, NOW), Err(UserTokenError::OtherServer));
        let mut elsewhere = claims();
        elsewhere.cluster = "clu_2".parse().unwrap();
        let elsewhere = sign_user(&key(1), &elsewhere);
        assert_eq!(verify(&elsewhere, NOW), Err(UserTokenError::OtherServer));
    }

    #[test]
    fn a_changed_user_token_is_refused() {
        let token = sign_user(&key(1), &claims());
        let [header, said, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let mut another = claims();
        another.person = "per_2".parse().unwrap();
        let another = sign_user(&key(1), &another);
        let of_another: Vec<_> = another.split('.').collect();
        for changed in [
            format!("{header}.{}.{signature}", of_another[1]),
            format!("{header}.{said}.{}", of_another[2]),
            format!("{header}.{said}.{}", "A".repeat(86)),
        ] {
            let refused = verify(&changed, NOW).unwrap_err();
            let bad = VerifyError::BadSignature {
                artefact: Artefact::User,
            };
            assert_eq!(refused, UserTokenError::Form(bad), "{changed}");
        }
        for broken in ["", "a.b.c", header, &format!("{token}="), &format!("{token}.")] {
            assert!(matches!(verify(broken, NOW), Err(UserTokenError::Form(_))), "{broken}");
        }
    }

    #[test]
    fn an_artefact_of_another_kind_is_no_user_token() {
        let said = serde_json::to_value(claims()).unwrap();
        for typ in [Typ::Session, Typ::Issuer] {
            let token = signed(typ, &said);
            let refused = verify(&token, NOW).unwrap_err();
            assert!(
                matches!(refused, UserTokenError::Form(VerifyError::WrongType { .. })),
                "{refused}"
            );
            assert!(is_artefact(&token));
        }
        assert_eq!(verify(&signed(Typ::User, &said), NOW), Ok(claims()));
    }

    #[test]
    fn every_claim_of_a_user_token_has_to_be_there() {
        for (name, wrong) in [("iss", "lic_1"), ("sub", "cus_1"), ("iat", "soon"), ("exp", "late")] {
            for value in [None, Some(wrong)] {
                let mut said = serde_json::to_value(claims()).unwrap();
                match value {
                    None => _ = said.as_object_mut().unwrap().remove(name),
                    Some(wrong) => said[name] = wrong.into(),
                }
                let refused = verify(&signed(Typ::User, &said), NOW).unwrap_err();
                assert!(refused.to_string().contains(&format!("`{name}`")), "{refused}");
            }
        }
    }

    #[test]
    fn tokens_of_others_do_not_say_that_they_are_artefacts() {
        assert!(is_artefact(&sign_user(&key(2), &claims())));
        for token in [
            "eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
            "a.b.c",
            "",
            "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9",
        ] {
            assert!(!is_artefact(token), "{token}");
        }
    }
}
