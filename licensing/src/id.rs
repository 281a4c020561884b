//! Identities: one newtype each, printed as a prefix and lower-case Crockford base32.
//!
//! Ids are drawn at the edge, never in `apply`; the ledger only compares them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Crockford's alphabet in lower case: no `i`, `l`, `o` or `u`, so that an id survives being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {prefix}_ followed by {length} characters of 0-9 a-z without i, l, o, u")]
pub struct ParseIdError {
    prefix: &'static str,
    length: usize,
}

/// Writes `bytes` as base32, most significant bit first, the last character padded with zero bits.
pub fn encode_base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut window, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        window = (window << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[((window >> bits) & 31) as usize]));
        }
        window &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[((window << (5 - bits)) & 31) as usize]));
    }
    text
}

/// Reads what [`encode_base32`] wrote for exactly `N` bytes; anything else, also stray padding bits, is `None`.
pub fn decode_base32<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != (N * 8).div_ceil(5) {
        return None;
    }
    let mut bytes = [0_u8; N];
    let (mut window, mut bits, mut at) = (0_u32, 0_u32, 0_usize);
    for character in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == character)?;
        window = (window << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            *bytes.get_mut(at)? = u8::try_from((window >> bits) & 0xff).ok()?;
            at += 1;
            window &= (1 << bits) - 1;
        }
    }
    (at == N && window == 0).then_some(bytes)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// What stands before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// How many bytes an id has.
            pub const BYTES: usize = $bytes;

            /// Makes an id of bytes that the edge drew or hashed.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The id's bytes, in their sorting order.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", Self::PREFIX, encode_base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode_base32)
                    .map(Self)
                    .ok_or(ParseIdError { prefix: $prefix, length: ($bytes * 8_usize).div_ceil(5) })
            }
        }
    };
}

id!(
    /// The cluster: one vendor's ledger, for its whole life.
    ClusterId, "clu", 16
);
id!(
    /// A product.
    ProductId, "prd", 16
);
id!(
    /// A plan of a product.
    PlanId, "pln", 16
);
id!(
    /// A customer.
    CustomerId, "cus", 16
);
id!(
    /// A license.
    LicenseId, "lic", 16
);
id!(
    /// An API token of an operator or a program.
    ApiTokenId, "tok", 10
);
id!(
    /// A join token; the secret that goes with it is not here.
    JoinTokenId, "jtk", 10
);
id!(
    /// A person who may sign in.
    PersonId, "per", 16
);
id!(
    /// A web login of a person; the secret that goes with it is not here.
    LoginId, "lgn", 10
);
id!(
    /// An identity provider.
    ProviderId, "idp", 16
);
id!(
    /// A keyed hash of an identity provider and an account there.
    SubjectHash, "sub", 32
);
id!(
    /// A call, as its client named it, hashed together with what it is about.
    RequestId, "req", 16
);
id!(
    /// A holder: a keyed hash of the fingerprint (or fingerprint and instance) under one license.
    HolderKey, "hld", 16
);
id!(
    /// SHA-256 of a session's secret wire id. Lists, logs and the audit show [`SessionHash::public`] instead.
    SessionHash, "ssh", 32
);
id!(
    /// The public name of a session: the first 80 bits of its [`SessionHash`].
    SessionName, "ses", 10
);
id!(
    /// A keyed hash of a secret: a license key, an API token, a join token's secret, that of a login or an invitation.
    SecretHash, "sec", 32
);
id!(
    /// SHA-256 of the `hardware_id` text, as session tokens carry it.
    FingerprintHash, "fph", 32
);

impl SessionHash {
    /// The name that lists, logs and the audit show; the secret cannot be found from it.
    pub fn public(&self) -> SessionName {
        let mut name = [0; 10];
        name.copy_from_slice(&self.0[..10]);
        SessionName(name)
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(u64);

        impl $name {
            /// Wraps the number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The bare number, for encodings and answers.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number!(
    /// The number of a command, counted by the ledger; the recovery epoch stands in its top 16 bits.
    Seq
);
/// Bits of a [`Seq`] below the recovery epoch.
const COUNT_BITS: u32 = 48;

impl Seq {
    /// The recovery epoch it was counted in: 0 until a cluster had to be rebuilt.
    pub const fn epoch(self) -> u16 {
        (self.0 >> COUNT_BITS) as u16
    }

    /// The number of the next command in the same epoch.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The same count in another epoch.
    #[must_use]
    pub const fn in_epoch(self, epoch: u16) -> Self {
        Self(((epoch as u64) << COUNT_BITS) | (self.0 & ((1 << COUNT_BITS) - 1)))
    }
}

number!(
    /// A session inside the ledger: the [`Seq`] of the acquire that made it.
    SessionNo
);
number!(
    /// A node of the cluster: the [`Seq`] of its admission, never used twice. The first node's is 1.
    NodeId
);
