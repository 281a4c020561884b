//! Signed things: what usher signs, and how anyone verifies it with the vendor's roots and nothing else.
//!
//! The contract is `docs/tokens.md`. This crate holds keys, certificates and session tokens in memory only: it opens no
//! file or socket, asks no clock, draws no random number and knows nothing of the ledger. A server signs with it and a
//! client verifies with it, so neither can come to read the contract in a way of its own.
//!
//! To read it: [`IssuerClaims`] and [`SessionClaims`] are what is signed, `jws` is the form it is signed in,
//! [`verify_session`] is the way down from a root, and [`issue_certificate`] and [`SessionSigner`] make what it takes.
//! [`UserClaims`] stand apart: the cluster that signed them is the only one to read them.
//!
//! `trust/tests/vectors/session-v1.json` holds artefacts and the verdict on each, for the SDKs in other languages.

mod base64url;
mod chain;
mod fingerprint;
mod issue;
mod issuer;
mod json;
mod jws;
mod key;
mod name;
mod root_key_file;
mod roots;
mod session;
mod time;
mod user;
mod verify_error;

pub use chain::{
    CLOCK_TOLERANCE, Expectations, VerifiedChain, VerifiedSession, verify_chain, verify_chain_undated, verify_session,
};
pub use fingerprint::{FingerprintHash, ParseFingerprintError};
pub use issue::{SessionSigner, SignError, issue_certificate, sign_session};
pub use issuer::{IssuerClaims, IssuerLimits, LimitExceeded};
pub use json::JsonError;
pub use jws::{ARTEFACT_BYTES_MAX, SESSION_TOKEN_BYTES_MAX, TooLong, is_artefact};
pub use key::{KeyId, ParseKeyIdError, PublicKey, PublicKeyError, SigningKey};
pub use name::{ClusterId, CustomerId, LicenseId, NameError, PersonId, PlanCode, ProductCode, SessionName};
pub use root_key_file::{RootKeyFile, RootKeyFileError};
pub use roots::{RootSet, RootSetError};
pub use session::{EntitlementValue, OfflineMode, SessionClaims, SessionFault};
pub use time::{PathLength, Seconds, Seq, UnixSeconds};
pub use user::{UserClaims, UserTokenError, sign_user, verify_user};
pub use verify_error::{Artefact, Part, VerifyError};
