//! The hash by which a token is bound to the machine that the seat was acquired on.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::base64url;

/// SHA-256 of a `hardware_id`, printed as base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FingerprintHash([u8; 32]);

/// A text that is not a [`FingerprintHash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", FingerprintHash::EXPECTED)]
pub struct ParseFingerprintError;

impl FingerprintHash {
    /// The form of such a hash, for errors.
    pub const EXPECTED: &'static str = "32 bytes in unpadded base64url";

    /// The hash of a `hardware_id`, exactly as the client sent it.
    pub fn of(hardware_id: &str) -> Self {
        Self(Sha256::digest(hardware_id).into())
    }

    /// Wraps a hash that was computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for FingerprintHash {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, ParseFingerprintError> {
        base64url::decode_exact(text).map(Self).ok_or(ParseFingerprintError)
    }
}

impl fmt::Display for FingerprintHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for FingerprintHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for FingerprintHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(&self.0))
    }
}
