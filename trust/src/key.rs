//! Ed25519 keys and the name by which artefacts call them.
//!
//! A [`PublicKey`] is stricter than the curve library: that reads keys by ZIP-215's rules, which admit a second
//! spelling of some points and points of small order, for which signatures over any message can be made up.
//!
//! One library verifies and another signs, twice as fast; what either makes the other must know. docs/decisions/0007 says
//! why.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use ed25519_dalek::VerifyingKey;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::base64url;

/// The only `kty` and `crv` there are.
pub(crate) const KEY_TYPE: &str = "OKP";
pub(crate) const CURVE: &str = "Ed25519";

/// A key's name: its RFC 7638 thumbprint, which is the SHA-256 of its JWK in canonical form. `kid` on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 32]);

/// A text that is not a [`KeyId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", KeyId::EXPECTED)]
pub struct ParseKeyIdError;

impl KeyId {
    /// The form of a key id, for errors.
    pub const EXPECTED: &'static str = "a key id: 32 bytes in unpadded base64url";

    /// The thumbprint's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn of(key: &VerifyingKey) -> Self {
        let x = base64url::encode(key.as_bytes());
        Self(Sha256::digest(format!(r#"{{"crv":"{CURVE}","kty":"{KEY_TYPE}","x":"{x}"}}"#)).into())
    }
}

impl FromStr for KeyId {
    type Err = ParseKeyIdError;

    fn from_str(text: &str) -> Result<Self, ParseKeyIdError> {
        base64url::decode_exact(text).map(Self).ok_or(ParseKeyIdError)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&base64url::encode(&self.0))
    }
}

/// Why 32 bytes are not a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// The text is not 32 bytes in canonical base64url.
    #[error("a public key is 32 bytes in unpadded base64url")]
    Spelling,
    /// The bytes are no point of the curve.
    #[error("these 32 bytes are not a point of the Ed25519 curve")]
    NotOnCurve,
    /// The bytes are a second spelling of a point.
    #[error("these 32 bytes are not the canonical spelling of their point")]
    NotCanonical,
    /// The point has small order.
    #[error("this public key has small order: anyone can sign for it")]
    SmallOrder,
}

/// A public key that artefacts may be verified with: a canonically spelled point that is not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    point: VerifyingKey,
    kid: KeyId,
}

impl PublicKey {
    /// The form of a public key's `x`, for errors.
    pub(crate) const EXPECTED: &'static str =
        "a public key: the canonical 32 bytes, in unpadded base64url, of a curve point that is not of small order";

    /// Reads the 32 bytes of RFC 8032.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PublicKeyError> {
        let point = VerifyingKey::from_bytes(bytes).map_err(|_| PublicKeyError::NotOnCurve)?;
        if point.is_weak() {
            return Err(PublicKeyError::SmallOrder);
        }
        if point.to_edwards().compress().as_bytes() != bytes {
            return Err(PublicKeyError::NotCanonical);
        }
        Ok(Self {
            point,
            kid: KeyId::of(&point),
        })
    }

    /// The bytes of RFC 8032.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.point.as_bytes()
    }

    /// The key's name.
    pub const fn kid(&self) -> KeyId {
        self.kid
    }

    /// Whether `signature` is this key's over `message`, strictly: scalars are canonical, and no point has small order.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.point
            .verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature))
            .is_ok()
    }
}

/// Reads a JWK's `x`.
impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(x: &str) -> Result<Self, PublicKeyError> {
        Self::from_bytes(&base64url::decode_exact(x).ok_or(PublicKeyError::Spelling)?)
    }
}

/// Prints a JWK's `x`.
impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64url::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// Writes the JWK of exactly `kty`, `crv` and `x`, as the claim `key` has it.
impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut jwk = serializer.serialize_struct("Jwk", 3)?;
        jwk.serialize_field("kty", KEY_TYPE)?;
        jwk.serialize_field("crv", CURVE)?;
        jwk.serialize_field("x", &base64url::encode(self.as_bytes()))?;
        jwk.end()
    }
}

/// A private key. Its bytes are wiped when it is dropped, and `Debug` shows the key's name only.
pub struct SigningKey {
    /// Wipes its own copy of the seed too.
    pair: Ed25519KeyPair,
    seed: Zeroizing<[u8; 32]>,
    public: PublicKey,
}

impl SigningKey {
    /// Makes the key of 32 secret random bytes. The caller draws them, from the operating system: this crate has no
    /// source of randomness, so that everything it does can be replayed.
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).expect("any 32 bytes are a seed");
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .expect("a public key has 32 bytes");
        let public = PublicKey::from_bytes(public).expect("a multiple of the base point is no point of small order");
        Self { pair, seed, public }
    }

    /// The 32 secret bytes, to be sealed and stored.
    pub fn to_seed(&self) -> Zeroizing<[u8; 32]> {
        self.seed.clone()
    }

    /// The public half.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// The key's name.
    pub const fn kid(&self) -> KeyId {
        self.public.kid
    }

    /// Signs raw bytes. Kept inside the crate: outside it, nothing can be signed but the artefacts of the profile.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature = self.pair.sign(message);
        signature.as_ref().try_into().expect("a signature has 64 bytes")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn key(d: &str) -> SigningKey {
        SigningKey::from_seed(Zeroizing::new(base64url::decode_exact(d).unwrap()))
    }

    /// RFC 8037, A.1; the same key as RFC 8032, 7.1, TEST 1.
    const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

    fn hex<const N: usize>(text: &str) -> [u8; N] {
        let bytes: Vec<u8> = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect();
        bytes.try_into().unwrap()
    }

    #[test]
    fn the_keys_and_signatures_of_rfc_8032_come_out_byte_for_byte() {
        let tests: [(&str, &str, &[u8], &str); 3] = [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                b"",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                b"\x72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                b"\xaf\x82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ];
        for (seed, public, message, signature) in tests {
            let key = SigningKey::from_seed(Zeroizing::new(hex(seed)));
            assert_eq!(*key.public().as_bytes(), hex(public));
            assert_eq!(key.sign(message), hex(signature));
            assert!(key.public().verifies(message, &hex(signature)));
            assert!(!key.public().verifies(b"another", &hex(signature)));
        }
    }

    #[test]
    fn the_jwk_and_thumbprint_of_rfc_8037_come_out_character_for_character() {
        let public = key(D).public();
        assert_eq!(
            serde_json::to_string(&public).unwrap(),
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        );
        assert_eq!(public.kid().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn the_signature_of_rfc_8037_comes_out_character_for_character() {
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = key(D).sign(input.as_bytes());
        assert_eq!(
            base64url::encode(&signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        assert!(key(D).public().verifies(input.as_bytes(), &signature));
    }

    #[test]
    fn a_public_key_is_exactly_32_bytes() {
        let x = key(D).public().to_string();
        assert_eq!(x.parse(), Ok(key(D).public()));
        let bytes = key(D).public().as_bytes().to_vec();
        for wrong in [&bytes[..31], &[&bytes[..], &[0]].concat(), &[]] {
            assert_eq!(
                base64url::encode(wrong).parse::<PublicKey>(),
                Err(PublicKeyError::Spelling)
            );
        }
    }

    #[test]
    fn public_keys_of_small_order_are_refused_in_every_spelling() {
        // The eight points of the torsion group by y, each with both sign bits, and y + p where that fits 255 bits.
        let spellings = [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ];
        for spelling in spellings {
            let mut bytes: [u8; 32] = hex(spelling);
            assert_eq!(
                PublicKey::from_bytes(&bytes),
                Err(PublicKeyError::SmallOrder),
                "{spelling}"
            );
            bytes[31] |= 0x80;
            assert_eq!(
                PublicKey::from_bytes(&bytes),
                Err(PublicKeyError::SmallOrder),
                "{spelling}, other sign"
            );
        }
    }

    #[test]
    fn second_spellings_of_a_point_and_points_off_the_curve_are_refused() {
        let mut refused = Vec::new();
        for y in 2..=18_u8 {
            // y + p, with p = 2^255 - 19.
            let mut bytes = [0xff; 32];
            bytes[0] = 0xed + y;
            bytes[31] = 0x7f;
            refused.push(PublicKey::from_bytes(&bytes).unwrap_err());
        }
        assert!(refused.contains(&PublicKeyError::NotCanonical));
        assert!(refused.contains(&PublicKeyError::NotOnCurve));
        assert!(!refused.contains(&PublicKeyError::SmallOrder));
    }

    #[test]
    fn a_signature_with_an_unreduced_scalar_is_refused() {
        let mut signature = key(D).sign(b"message");
        let order: [u8; 32] = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut carry = 0;
        for (byte, add) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = u8::try_from(sum & 0xff).unwrap();
            carry = sum >> 8;
        }
        assert!(!key(D).public().verifies(b"message", &signature));
    }

    #[test]
    fn debug_of_a_private_key_shows_its_name_only() {
        let key = key(D);
        assert_eq!(
            format!("{key:?}"),
            "SigningKey { kid: kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k, .. }"
        );
        assert_eq!(base64url::encode(&*key.to_seed()), D);
    }
}
