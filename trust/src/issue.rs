//! Issuing: certificates and session tokens, and nothing that a verifier would refuse.

use std::fmt;
use std::sync::Arc;

use crate::chain::VerifiedChain;
use crate::issuer::{IssuerClaims, LimitExceeded};
use crate::jws::{TooLong, Typ, encode_header, sign};
use crate::key::{KeyId, SigningKey};
use crate::session::{SessionClaims, SessionFault};
use crate::time::UnixSeconds;

/// Why an artefact is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The certificate names another signer than the key at hand.
    #[error("`iss` of the certificate is {issuer}, but the signing key is {signer}: set `iss` to the signing key's id")]
    IssuerIsNotSigner {
        /// The certificate's `iss`.
        issuer: KeyId,
        /// The key at hand.
        signer: KeyId,
    },
    /// The certificate that should cover the signing key is for another one.
    #[error(
        "the certificate is for the key {certified}, but the signing key is {signer}: install the certificate of this key"
    )]
    KeyNotCertified {
        /// The certificate's `key`.
        certified: KeyId,
        /// The key at hand.
        signer: KeyId,
    },
    /// The certificate would exceed its parent.
    #[error("the certificate would exceed its parent: {0}; ask for no more than the parent has")]
    ExceedsParent(#[from] LimitExceeded),
    /// The certificate would end before it begins.
    #[error(
        "`exp` of the certificate is {expires_at}, not after `iat` {issued_at}: it would never be valid, set a later `exp`"
    )]
    NeverValid {
        /// `iat`.
        issued_at: UnixSeconds,
        /// `exp`.
        expires_at: UnixSeconds,
    },
    /// A verifier would refuse the certificate for its length.
    #[error("the certificate cannot be issued: {0}; shorten `products`")]
    CertificateTooLong(#[source] TooLong),
    /// A verifier would refuse the token for what it says.
    #[error("the session token would be refused: {0}")]
    Session(#[from] SessionFault),
    /// A verifier would refuse the token for its length.
    #[error("the session token cannot be signed: {0}; shorten the license's entitlements (`ent`) or codes")]
    SessionTooLong(#[source] TooLong),
}

/// Signs an issuer certificate.
///
/// `parent` is the signer's own certificate, whose limits the new one must not exceed; `None` if the signer is a root,
/// which has no limits.
pub fn issue_certificate(
    signer: &SigningKey,
    parent: Option<&IssuerClaims>,
    claims: &IssuerClaims,
) -> Result<String, SignError> {
    let kid = signer.kid();
    if claims.issuer != kid {
        return Err(SignError::IssuerIsNotSigner {
            issuer: claims.issuer,
            signer: kid,
        });
    }
    if let Some(parent) = parent {
        check_certified(signer, parent)?;
        claims.limits.check_within(&parent.limits)?;
    }
    let (issued_at, expires_at) = (claims.issued_at, claims.limits.expires_at);
    if expires_at <= issued_at {
        return Err(SignError::NeverValid { issued_at, expires_at });
    }
    sign(Typ::Issuer, &encode_header(Typ::Issuer, kid), claims, signer).map_err(SignError::CertificateTooLong)
}

/// Signs one session token, checking only what can be checked without a certificate: its times and its length. A
/// server, which signs many and has a certificate, uses a [`SessionSigner`].
pub fn sign_session(key: &SigningKey, claims: &SessionClaims) -> Result<String, SignError> {
    claims.check_times()?;
    sign(Typ::Session, &encode_header(Typ::Session, key.kid()), claims, key).map_err(SignError::SessionTooLong)
}

/// Signs session tokens under a certificate, and refuses those that its limits do not cover.
pub struct SessionSigner {
    key: Arc<SigningKey>,
    certificate: IssuerClaims,
    header: String,
}

impl SessionSigner {
    /// A signer with `key`, which the last certificate of `chain` must be for.
    pub fn new(key: Arc<SigningKey>, chain: &VerifiedChain) -> Result<Self, SignError> {
        check_certified(&key, chain.leaf())?;
        let header = encode_header(Typ::Session, key.kid());
        Ok(Self {
            key,
            certificate: chain.leaf().clone(),
            header,
        })
    }

    /// The certificate that the tokens are signed under; `exp` and `gex` are to be cut to its `exp`.
    pub const fn certificate(&self) -> &IssuerClaims {
        &self.certificate
    }

    /// Signs a token that every verifier with this chain will take.
    pub fn sign(&self, claims: &SessionClaims) -> Result<String, SignError> {
        claims.check_under(&self.certificate)?;
        sign(Typ::Session, &self.header, claims, &self.key).map_err(SignError::SessionTooLong)
    }
}

impl fmt::Debug for SessionSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSigner")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

fn check_certified(signer: &SigningKey, certificate: &IssuerClaims) -> Result<(), SignError> {
    let (certified, signer) = (certificate.key.kid(), signer.kid());
    if certified == signer {
        Ok(())
    } else {
        Err(SignError::KeyNotCertified { certified, signer })
    }
}
