//! Verification: from the pinned roots down the chain to the session token.
//!
//! The order is fixed, so that every implementation gives the same reason for the same artefact: the certificates from
//! the root down, each one's form, signer, signature, claims and limits; then the token's form, signer, signature and
//! claims; then the token's rules, the dates of the certificates, and last what the caller expects. Nothing that an
//! artefact claims is looked at before its signature has been verified.

use crate::fingerprint::FingerprintHash;
use crate::issuer::IssuerClaims;
use crate::jws::Unverified;
use crate::key::PublicKey;
use crate::name::ProductCode;
use crate::roots::RootSet;
use crate::session::SessionClaims;
use crate::time::{Seconds, Seq, UnixSeconds};
use crate::verify_error::{Artefact, VerifyError};

/// How far a certificate's `iat` may lie after the time it is used at: clocks differ.
pub const CLOCK_TOLERANCE: Seconds = Seconds::new(300);

/// What the caller of [`verify_session`] knows and the token has to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectations {
    /// The time of verification: a certificate that has expired by then is refused.
    pub now: UnixSeconds,
    /// The product that the application is, if it says so.
    pub product: Option<ProductCode>,
    /// The hash of this machine's `hardware_id`, if the token is to be this machine's.
    pub fingerprint: Option<FingerprintHash>,
    /// The smallest `seq` to take: that of the newest token seen of this session.
    pub seq_min: Option<Seq>,
}

impl Expectations {
    /// Nothing is expected but certificates that are valid `now`.
    pub const fn at(now: UnixSeconds) -> Self {
        Self {
            now,
            product: None,
            fingerprint: None,
            seq_min: None,
        }
    }
}

/// A chain whose signatures and limits hold down from a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedChain {
    above: Vec<IssuerClaims>,
    leaf: IssuerClaims,
}

impl VerifiedChain {
    /// The last certificate: the one whose key signs session tokens.
    pub const fn leaf(&self) -> &IssuerClaims {
        &self.leaf
    }

    /// All certificates, the root's child first.
    pub fn certificates(&self) -> impl Iterator<Item = &IssuerClaims> {
        self.above.iter().chain([&self.leaf])
    }

    fn places(&self) -> impl Iterator<Item = (Artefact, &IssuerClaims)> {
        self.certificates()
            .enumerate()
            .map(|(at, certificate)| (Artefact::Certificate(at), certificate))
    }

    /// Every certificate's `iat` lies before `at`, or not more than the tolerance after it.
    fn check_begun(&self, at: UnixSeconds) -> Result<(), VerifyError> {
        match self
            .places()
            .find(|(_, certificate)| certificate.issued_at > at.after(CLOCK_TOLERANCE))
        {
            Some((artefact, IssuerClaims { issued_at, .. })) => Err(VerifyError::CertificateNotYetValid {
                artefact,
                issued_at: *issued_at,
                at,
            }),
            None => Ok(()),
        }
    }

    /// No certificate has expired by `now`.
    fn check_unexpired(&self, now: UnixSeconds) -> Result<(), VerifyError> {
        match self
            .places()
            .find(|(_, certificate)| certificate.limits.expires_at <= now)
        {
            Some((artefact, IssuerClaims { limits, .. })) => Err(VerifyError::CertificateExpired {
                artefact,
                expires_at: limits.expires_at,
                now,
            }),
            None => Ok(()),
        }
    }
}

/// A session token that verifies from a root, and the chain that it hangs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedSession {
    /// What the token says.
    pub claims: SessionClaims,
    /// The certificates above it.
    pub chain: VerifiedChain,
}

/// Verifies a session token as docs/tokens.md demands, against pinned roots and what the caller expects.
///
/// It does not compare the token's own `exp` and `gex` with `now`, which may be a clock that nobody keeps: a client
/// counts `exp − iat` from when it sent the request, and decides itself what it may still do in grace.
pub fn verify_session(
    token: &str,
    chain: &[impl AsRef<str>],
    roots: &RootSet,
    expectations: &Expectations,
) -> Result<VerifiedSession, VerifyError> {
    let chain = read_chain(chain, roots)?;
    let claims = read_session(token, chain.leaf())?;
    claims.check_under(chain.leaf())?;
    chain.check_begun(claims.issued_at)?;
    chain.check_unexpired(expectations.now)?;
    check_expectations(&claims, expectations)?;
    Ok(VerifiedSession { claims, chain })
}

/// Verifies a chain alone, for tokens issued `at` that time: a server checks its own certificate so before it signs.
pub fn verify_chain(chain: &[impl AsRef<str>], roots: &RootSet, at: UnixSeconds) -> Result<VerifiedChain, VerifyError> {
    let chain = read_chain(chain, roots)?;
    chain.check_begun(at)?;
    chain.check_unexpired(at)?;
    Ok(chain)
}

/// Verifies a chain's signatures and limits from a root down, but no dates: for a server, whose own clock may be wrong
/// and must not keep it from starting. Each token that it signs is held to the certificate's dates by the cluster's time.
pub fn verify_chain_undated(chain: &[impl AsRef<str>], roots: &RootSet) -> Result<VerifiedChain, VerifyError> {
    read_chain(chain, roots)
}

/// Signatures and limits from a root down; no dates yet.
fn read_chain(chain: &[impl AsRef<str>], roots: &RootSet) -> Result<VerifiedChain, VerifyError> {
    let mut above = Vec::new();
    let mut last: Option<IssuerClaims> = None;
    for (at, text) in chain.iter().enumerate() {
        let below = chain.len() - 1 - at;
        let certificate = read_certificate(text.as_ref(), at, last.as_ref(), roots)?;
        check_path(&certificate, at, below)?;
        above.extend(last.replace(certificate));
    }
    Ok(VerifiedChain {
        above,
        leaf: last.ok_or(VerifyError::EmptyChain)?,
    })
}

fn read_certificate(
    text: &str,
    at: usize,
    parent: Option<&IssuerClaims>,
    roots: &RootSet,
) -> Result<IssuerClaims, VerifyError> {
    let artefact = Artefact::Certificate(at);
    let certificate = Unverified::parse(text, artefact)?;
    let kid = certificate.kid();
    let signer = match parent {
        Some(parent) => certified_signer(&certificate, artefact, parent)?,
        None => roots.get(kid).ok_or(VerifyError::UnknownRoot { kid })?,
    };
    let claims =
        IssuerClaims::read(certificate.verify(signer)?).map_err(|source| VerifyError::Claims { artefact, source })?;
    if claims.issuer != kid {
        return Err(VerifyError::IssuerIsNotSigner {
            artefact,
            issuer: claims.issuer,
            kid,
        });
    }
    if let Some(parent) = parent {
        let within = claims.limits.check_within(&parent.limits);
        within.map_err(|source| VerifyError::ExceedsParent { artefact, source })?;
    }
    Ok(claims)
}

fn read_session(token: &str, certificate: &IssuerClaims) -> Result<SessionClaims, VerifyError> {
    let artefact = Artefact::Session;
    let token = Unverified::parse(token, artefact)?;
    let signer = certified_signer(&token, artefact, certificate)?;
    SessionClaims::read(token.verify(signer)?).map_err(|source| VerifyError::Claims { artefact, source })
}

/// The key that the certificate before is for, if the artefact names it as its signer.
fn certified_signer<'c>(
    signed: &Unverified<'_>,
    artefact: Artefact,
    certificate: &'c IssuerClaims,
) -> Result<&'c PublicKey, VerifyError> {
    let (found, certified) = (signed.kid(), certificate.key.kid());
    if found == certified {
        Ok(&certificate.key)
    } else {
        Err(VerifyError::WrongSigner {
            artefact,
            certified,
            found,
        })
    }
}

fn check_path(certificate: &IssuerClaims, at: usize, below: usize) -> Result<(), VerifyError> {
    let path = certificate.limits.path;
    // A chain longer than 32 bits can count is longer than any bound.
    if u32::try_from(below).is_ok_and(|below| below <= path.get()) {
        return Ok(());
    }
    Err(VerifyError::PathTooShort {
        artefact: Artefact::Certificate(at),
        path,
        below,
    })
}

fn check_expectations(claims: &SessionClaims, expectations: &Expectations) -> Result<(), VerifyError> {
    let Expectations {
        now: _,
        product,
        fingerprint,
        seq_min,
    } = expectations;
    if let Some(expected) = product
        && *expected != claims.product
    {
        return Err(VerifyError::WrongProduct {
            expected: expected.clone(),
            found: claims.product.clone(),
        });
    }
    if let Some(expected) = *fingerprint
        && expected != claims.fingerprint
    {
        return Err(VerifyError::WrongFingerprint {
            expected,
            found: claims.fingerprint,
        });
    }
    if let Some(seq_min) = *seq_min
        && claims.seq < seq_min
    {
        return Err(VerifyError::SeqTooSmall {
            seq_min,
            found: claims.seq,
        });
    }
    Ok(())
}
