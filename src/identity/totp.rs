//! Second factors: codes of six digits that change every 30 seconds (RFC 6238), and how their secrets are sealed.

use std::sync::Arc;

use aws_lc_rs::hmac;
use licensing::id::PersonId;
use zeroize::Zeroizing;

use super::seal::{Seal, SealNonce};
use crate::lookup::LookupKey;

/// How long a code is shown.
const STEP_MS: u64 = 30_000;

/// How many digits a code has, and the first number that has more.
pub(crate) const DIGITS: usize = 6;
const CODES: u32 = 1_000_000;

/// How many steps a phone's clock may be off, each way.
const STEPS_OFF_MAX: u64 = 1;

/// Base32 as RFC 4648 writes it, which is how authenticators take secrets.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// How many characters a secret has.
pub(crate) const SECRET_CHARS: usize = 32;

/// The secret that the person's authenticator and the server share.
pub(crate) struct Secret(Zeroizing<[u8; 20]>);

impl Secret {
    pub(crate) fn new(bytes: [u8; 20]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads what [`reveal`](Self::reveal) wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != SECRET_CHARS {
            return None;
        }
        let mut bytes = [0; 20];
        for (five, chunk) in bytes.chunks_exact_mut(5).zip(text.as_bytes().chunks_exact(8)) {
            let mut window = 0_u64;
            for character in chunk {
                let value = ALPHABET.iter().position(|known| known == character)?;
                window = (window << 5) | u64::try_from(value).ok()?;
            }
            five.copy_from_slice(&window.to_be_bytes()[3..]);
        }
        Some(Self::new(bytes))
    }

    /// The secret as a person types it into an authenticator.
    pub(crate) fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(SECRET_CHARS));
        for five in self.0.chunks_exact(5) {
            let window = five.iter().fold(0_u64, |window, byte| (window << 8) | u64::from(*byte));
            for place in (0..8).rev() {
                text.push(char::from(ALPHABET[((window >> (5 * place)) & 31) as usize]));
            }
        }
        text
    }

    /// The step whose code this is, if it is one of now or close to it.
    pub(crate) fn step_of(&self, code: &str, unix_ms: u64) -> Option<u64> {
        let now = unix_ms / STEP_MS;
        let mut steps = now.saturating_sub(STEPS_OFF_MAX)..=now + STEPS_OFF_MAX;
        steps.find(|step| self.code(*step) == code)
    }

    fn code(&self, step: u64) -> String {
        // RFC 6238 over SHA-1, because that is all that many authenticators know. HMAC does not rest on what is broken
        // of it.
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0[..]);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let at = usize::from(bytes[bytes.len() - 1] & 0xf);
        let number = bytes[at..at + 4]
            .iter()
            .fold(0_u32, |number, byte| (number << 8) | u32::from(*byte));
        format!("{:0DIGITS$}", (number & 0x7fff_ffff) % CODES)
    }

    /// The secret as the ledger keeps it: sealed for this person, so that it opens in nobody else's row.
    pub(crate) fn seal(&self, lookup: &LookupKey, person: PersonId, nonce: SealNonce) -> Arc<[u8]> {
        sealing_key(lookup).seal(person.as_bytes(), &self.0[..], nonce).into()
    }

    /// Opens what [`seal`](Self::seal) made.
    pub(crate) fn open(lookup: &LookupKey, person: PersonId, sealed: &[u8]) -> Option<Self> {
        let bytes = sealing_key(lookup).open(person.as_bytes(), sealed)?;
        Some(Self::new((&**bytes).try_into().ok()?))
    }
}

fn sealing_key(lookup: &LookupKey) -> Seal {
    Seal::new(lookup, b"totp seal")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn secret() -> Secret {
        Secret::new(*b"12345678901234567890")
    }

    /// RFC 6238, appendix B, with the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().step_of(code, seconds * 1_000), Some(seconds / 30));
        }
    }

    #[test]
    fn a_clock_may_be_off_by_one_step_and_no_more() {
        let at = 1_111_111_111_000;
        let code = secret().code(at / STEP_MS);
        for (ms, found) in [(at - STEP_MS, true), (at + STEP_MS, true), (at + 2 * STEP_MS, false)] {
            assert_eq!(secret().step_of(&code, ms).is_some(), found);
        }
        assert_eq!(secret().step_of("", at), None);
    }

    #[test]
    fn a_secret_is_read_as_it_was_written() {
        assert_eq!(&**secret().reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(*Secret::parse(&secret().reveal()).unwrap().0, *secret().0);
        assert!(Secret::parse("GEZDGNBV").is_none() && Secret::parse(&"0".repeat(32)).is_none());
    }

    #[test]
    fn a_sealed_secret_opens_for_its_person_under_its_key() {
        let (one, other) = (PersonId::from_bytes([1; 16]), PersonId::from_bytes([2; 16]));
        let key = LookupKey::from_bytes([3; 32]);
        let sealed = secret().seal(&key, one, [4; 12]);
        assert!(!sealed.windows(20).any(|part| part == &secret().0[..]));
        assert!(Secret::open(&key, one, &sealed).is_some());
        assert!(Secret::open(&key, other, &sealed).is_none());
        assert!(Secret::open(&LookupKey::from_bytes([5; 32]), one, &sealed).is_none());
        assert!(Secret::open(&key, one, &sealed[..11]).is_none());
    }
}
