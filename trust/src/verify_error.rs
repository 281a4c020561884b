//! Every reason to refuse an artefact, each with the place it was found in and what to do about it.

use std::fmt;

use crate::fingerprint::FingerprintHash;
use crate::issuer::LimitExceeded;
use crate::json::JsonError;
use crate::jws::Typ;
use crate::key::KeyId;
use crate::name::ProductCode;
use crate::session::SessionFault;
use crate::time::{PathLength, Seq, UnixSeconds};

/// The artefact that an error speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Artefact {
    /// A certificate, by its place in the chain, counted from 0.
    Certificate(usize),
    /// The session token.
    Session,
    /// A user token.
    User,
}

impl Artefact {
    pub(crate) const fn typ(self) -> Typ {
        match self {
            Self::Certificate(_) => Typ::Issuer,
            Self::Session => Typ::Session,
            Self::User => Typ::User,
        }
    }
}

impl fmt::Display for Artefact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(at) => write!(f, "certificate chain[{at}]"),
            Self::Session => f.write_str("the session token"),
            Self::User => f.write_str("the user token"),
        }
    }
}

/// A part of a compact JWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The first.
    Header,
    /// The second.
    Claims,
    /// The third.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Claims => "claims part",
            Self::Signature => "signature",
        })
    }
}

/// Why a chain or a token is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// There is no certificate at all.
    #[error("the chain is empty: pass every certificate that the server sent, the root's child first")]
    EmptyChain,
    /// Longer than its kind may be; nothing of it has been read.
    #[error("{artefact} has {length} bytes, more than the {limit} it may have: it is not an artefact of usher")]
    TooLong {
        /// Which.
        artefact: Artefact,
        /// Its bytes.
        length: usize,
        /// The bytes it may have.
        limit: usize,
    },
    /// Not a compact JWS.
    #[error("{artefact} is not three parts with a dot between: pass the text unchanged")]
    NotThreeParts {
        /// Which.
        artefact: Artefact,
    },
    /// A part is not base64url in its canonical spelling, or the signature is not 64 bytes.
    #[error(
        "the {part} of {artefact} is not canonical unpadded base64url of the right length: pass the text unchanged"
    )]
    NotBase64url {
        /// Which.
        artefact: Artefact,
        /// Its part.
        part: Part,
    },
    /// The header is not the profile's, byte for byte.
    #[error(
        "the header of {artefact} is not exactly {{\"alg\":\"Ed25519\",\"typ\":…,\"kid\":…}}: it was not signed by \
         usher, do not trust it"
    )]
    NotTheHeader {
        /// Which.
        artefact: Artefact,
    },
    /// An artefact of another kind stands here.
    #[error("the `typ` of {artefact} is not {expected}: another kind of artefact was put in its place")]
    WrongType {
        /// Which.
        artefact: Artefact,
        /// The `typ` of this place.
        expected: &'static str,
    },
    /// The first certificate was signed by a key that is not pinned.
    #[error(
        "certificate chain[0] was signed by {kid}, which is not among the roots: pin the root file of the vendor whose \
         server this is"
    )]
    UnknownRoot {
        /// The signer.
        kid: KeyId,
    },
    /// An artefact was signed by another key than the one certified before it.
    #[error(
        "{artefact} was signed by {found}, but the certificate before it is for {certified}: pass the whole chain in order"
    )]
    WrongSigner {
        /// Which.
        artefact: Artefact,
        /// The key of the certificate before it.
        certified: KeyId,
        /// The artefact's `kid`.
        found: KeyId,
    },
    /// The signature is not the signer's over this text.
    #[error("the signature of {artefact} does not verify: the text was changed or forged, do not trust it")]
    BadSignature {
        /// Which.
        artefact: Artefact,
    },
    /// The claims are signed, but are not as the contract has them.
    #[error("the claims of {artefact} are not as the contract has them: {source}; a newer client may be needed")]
    Claims {
        /// Which.
        artefact: Artefact,
        /// What is wrong.
        source: JsonError,
    },
    /// A certificate's `iss` is not its signer.
    #[error("`iss` of {artefact} is {issuer}, but it was signed by {kid}: have the certificate issued again")]
    IssuerIsNotSigner {
        /// Which.
        artefact: Artefact,
        /// Its `iss`.
        issuer: KeyId,
        /// Its `kid`.
        kid: KeyId,
    },
    /// More certificates stand below this one than it allows.
    #[error("`path` of {artefact} is {path}, but {below} more certificates stand below it: it may not certify issuers")]
    PathTooShort {
        /// Which.
        artefact: Artefact,
        /// Its bound.
        path: PathLength,
        /// How many there are.
        below: usize,
    },
    /// A certificate claims more than its parent has.
    #[error("{artefact} exceeds its parent: {source}; have it issued again within the parent's limits")]
    ExceedsParent {
        /// Which.
        artefact: Artefact,
        /// In what.
        source: LimitExceeded,
    },
    /// The token breaks a rule of its own or of its certificate.
    #[error("the session token breaks a rule: {0}; the server that signed it is misconfigured")]
    Session(#[from] SessionFault),
    /// A certificate was not valid yet.
    #[error(
        "{artefact} is valid from {issued_at} (`iat`), more than 300 s after {at}: check the clock of the server that \
         signed, or of the machine that issued the certificate"
    )]
    CertificateNotYetValid {
        /// Which.
        artefact: Artefact,
        /// Its `iat`.
        issued_at: UnixSeconds,
        /// The time it should have been valid at.
        at: UnixSeconds,
    },
    /// A certificate is no longer valid.
    #[error("{artefact} expired at {expires_at} (`exp`), it is {now}: have the vendor issue a new one and install it")]
    CertificateExpired {
        /// Which.
        artefact: Artefact,
        /// Its `exp`.
        expires_at: UnixSeconds,
        /// The caller's time.
        now: UnixSeconds,
    },
    /// The token is for another product than the caller's.
    #[error("`aud` of the session token is {found}, not {expected}: use a license of this product")]
    WrongProduct {
        /// The caller's.
        expected: ProductCode,
        /// The token's.
        found: ProductCode,
    },
    /// The token is bound to another machine.
    #[error(
        "`fph` of the session token is {found}, not {expected}: it was granted to another machine, acquire a seat here"
    )]
    WrongFingerprint {
        /// The caller's.
        expected: FingerprintHash,
        /// The token's.
        found: FingerprintHash,
    },
    /// The token is older than one that the caller has seen.
    #[error(
        "`seq` of the session token is {found}, less than {seq_min}: an older token was put in a newer one's place"
    )]
    SeqTooSmall {
        /// The smallest that the caller takes.
        seq_min: Seq,
        /// The token's.
        found: Seq,
    },
}

impl VerifyError {
    /// The error's permanent name: what the test vectors that all SDKs share give as the reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::EmptyChain => "empty_chain",
            Self::TooLong { .. } => "too_long",
            Self::NotThreeParts { .. } => "not_three_parts",
            Self::NotBase64url { .. } => "not_base64url",
            Self::NotTheHeader { .. } => "not_the_header",
            Self::WrongType { .. } => "wrong_type",
            Self::UnknownRoot { .. } => "unknown_root",
            Self::WrongSigner { .. } => "wrong_signer",
            Self::BadSignature { .. } => "bad_signature",
            Self::Claims { source, .. } => source.reason(),
            Self::IssuerIsNotSigner { .. } => "issuer_is_not_signer",
            Self::PathTooShort { .. } => "path_too_short",
            Self::ExceedsParent { source, .. } => source.reason(),
            Self::Session(fault) => fault.reason(),
            Self::CertificateNotYetValid { .. } => "certificate_not_yet_valid",
            Self::CertificateExpired { .. } => "certificate_expired",
            Self::WrongProduct { .. } => "wrong_product",
            Self::WrongFingerprint { .. } => "wrong_fingerprint",
            Self::SeqTooSmall { .. } => "seq_too_small",
        }
    }
}
