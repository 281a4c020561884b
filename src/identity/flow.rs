//! What a browser keeps between the page where it begins to sign in by a provider and the one where it comes back: all
//! that is needed to finish, sealed, so that any node of the cluster can and nobody else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use licensing::id::ProviderId;
use licensing::time::Span;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::seal::{Seal, SealNonce};
use crate::lookup::LookupKey;

/// How long somebody may take at the provider.
pub(crate) const FLOW_LIFE: Span = Span::from_secs(600);

/// The longest sealed flow that is looked at: cookies have 4 KiB at most.
const SEALED_CHARS_MAX: usize = 4_096;

/// The longest address to come back to.
const RETURN_CHARS_MAX: usize = 500;

/// A sign-in that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flow {
    provider: [u8; ProviderId::BYTES],
    /// What the provider gives back unchanged: that it is there says that this browser began.
    pub(crate) state: String,
    /// What the ID token must repeat.
    pub(crate) nonce: String,
    /// Whose hash the provider was shown, and who alone can turn its code into tokens (RFC 7636).
    pub(crate) verifier: String,
    pub(crate) redirect_uri: String,
    /// Where in the console to go on.
    pub(crate) return_to: String,
    expires_ms: u64,
}

impl Flow {
    /// Begins a sign-in with random bytes for each of its secrets.
    pub(crate) fn begin(
        provider: ProviderId,
        secrets: [[u8; 32]; 3],
        redirect_uri: String,
        return_to: String,
        unix_ms: u64,
    ) -> Self {
        let [state, nonce, verifier] = secrets.map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        Self {
            provider: *provider.as_bytes(),
            state,
            nonce,
            verifier,
            redirect_uri,
            return_to,
            expires_ms: unix_ms.saturating_add(FLOW_LIFE.ms()),
        }
    }

    pub(crate) const fn provider(&self) -> ProviderId {
        ProviderId::from_bytes(self.provider)
    }

    /// What the provider is shown of the verifier.
    pub(crate) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }

    pub(crate) fn seal(&self, lookup: &LookupKey, nonce: SealNonce) -> String {
        let plain = postcard::to_stdvec(self).expect("a flow is texts and numbers, which postcard takes");
        URL_SAFE_NO_PAD.encode(seal(lookup).seal(b"", &plain, nonce))
    }

    /// Opens what [`seal`](Self::seal) made, if its time is not over.
    pub(crate) fn open(lookup: &LookupKey, sealed: &str, unix_ms: u64) -> Option<Self> {
        if sealed.len() > SEALED_CHARS_MAX {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let plain = seal(lookup).open(b"", &sealed)?;
        let flow: Self = postcard::from_bytes(&plain).ok()?;
        (flow.expires_ms > unix_ms).then_some(flow)
    }
}

fn seal(lookup: &LookupKey) -> Seal {
    Seal::new(lookup, b"sign-in flow")
}

/// Whether a text is an address of this server's own pages. `//host` and `/\host` are another server's to a browser.
pub(crate) fn is_own_page(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && text.len() <= RETURN_CHARS_MAX
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !text.starts_with("/api/")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_flow_opens_in_its_time_and_under_its_clusters_key_alone() {
        let key = LookupKey::from_bytes([1; 32]);
        let provider = ProviderId::from_bytes([2; 16]);
        let secrets = [[3; 32], [4; 32], [5; 32]];
        let flow = Flow::begin(
            provider,
            secrets,
            "https://usher.example/back".to_owned(),
            "/seats".to_owned(),
            1_000,
        );
        let sealed = flow.seal(&key, [6; 12]);
        assert_eq!(Flow::open(&key, &sealed, 1_000), Some(flow.clone()));
        assert_eq!(Flow::open(&key, &sealed, 1_000 + FLOW_LIFE.ms()), None);
        assert_eq!(Flow::open(&LookupKey::from_bytes([9; 32]), &sealed, 1_000), None);
        assert_eq!(Flow::open(&key, &sealed.replacen(&sealed[..1], "_", 1), 1_000), None);
        assert_eq!(Flow::open(&key, &"A".repeat(5_000), 1_000), None);
        assert!(sealed.len() < 800 && !sealed.contains(&flow.state));
    }

    /// RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let mut flow = Flow::begin(
            ProviderId::from_bytes([0; 16]),
            [[0; 32]; 3],
            String::new(),
            String::new(),
            0,
        );
        flow.verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
        assert_eq!(flow.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn one_comes_back_to_ones_own_pages_alone() {
        for good in ["/", "/seats", "/licenses/lic_1?tab=usage#x"] {
            assert!(is_own_page(good), "{good}");
        }
        for bad in [
            "",
            "seats",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/a b",
            "/api/v1/logins",
            "/\t/evil.example",
        ] {
            assert!(!is_own_page(bad), "{bad}");
        }
    }
}
