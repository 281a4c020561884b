//! Sealing: AES-256-GCM under keys derived from the lookup key, one for each purpose. What is sealed for one thing opens
//! for no other.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::lookup::LookupKey;

/// A nonce, drawn for each sealing.
pub(crate) type SealNonce = [u8; NONCE_LEN];

/// A key that seals for one purpose.
pub(crate) struct Seal(LessSafeKey);

impl Seal {
    pub(crate) fn new(lookup: &LookupKey, purpose: &[u8]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, &lookup.purpose(purpose)[..]);
        Self(LessSafeKey::new(key.expect("AES-256 takes keys of 32 bytes")))
    }

    /// Seals `plain` for `what`: the nonce, then the sealed bytes and their tag.
    pub(crate) fn seal(&self, what: &[u8], plain: &[u8], nonce: SealNonce) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(what), &mut sealed)
            .expect("nothing that is sealed here is near the cipher's limit of 64 GiB");
        [&nonce[..], &sealed].concat()
    }

    /// Opens what was sealed under this key for `what`.
    pub(crate) fn open(&self, what: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(what), &mut bytes).ok()?.len();
        bytes.truncate(opened);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn what_is_sealed_opens_under_its_key_for_its_purpose_and_its_thing_alone() {
        let seal = |key, purpose: &[u8]| Seal::new(&LookupKey::from_bytes([key; 32]), purpose);
        let sealed = seal(1, b"one").seal(b"thing", b"secret", [7; NONCE_LEN]);
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(&**seal(1, b"one").open(b"thing", &sealed).unwrap(), b"secret");
        for (key, purpose, what) in [(2, "one", "thing"), (1, "other", "thing"), (1, "one", "other")] {
            assert!(seal(key, purpose.as_bytes()).open(what.as_bytes(), &sealed).is_none());
        }
        assert!(seal(1, b"one").open(b"thing", &sealed[..11]).is_none());
    }
}
