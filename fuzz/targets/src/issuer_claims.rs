//! The claims of certificates, truly signed: the root's for the issuer, and behind a line break the issuer's for the
//! cluster.
//!
//! Property: in a chain that verifies each certificate is within its parent's limits and leaves room for those below; an
//! honest issuer signs the same, and that verifies too. (Only that it would never be valid keeps one from being signed.)

use trust::{PathLength, SignError, VerifiedChain, issue_certificate, verify_chain_undated};

use crate::memory::bounded;
use crate::signing::{ISSUER, ROOT, key, roots, sign};

const TYP: &str = "usher-issuer+jwt";

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == b'\n');
    let parent = parts.next().map(|claims| sign(ROOT, TYP, claims));
    let child = parts.next().map(|claims| sign(ISSUER, TYP, claims));
    let chain: Vec<String> = parent.into_iter().chain(child).collect();
    let Ok(verified) = bounded(bytes, || verify_chain_undated(&chain, &roots())) else {
        return;
    };
    let certificates: Vec<_> = verified.certificates().collect();
    for (at, pair) in certificates.windows(2).enumerate() {
        assert_eq!(pair[1].limits.check_within(&pair[0].limits), Ok(()), "certificate {at}");
        assert!(pair[0].limits.path > PathLength::new(0), "the parent may have no child");
        assert_eq!(pair[1].issuer, pair[0].key.kid());
    }
    if let Some(again) = issue(&verified) {
        assert_eq!(verify_chain_undated(&again, &roots()), Ok(verified));
    }
}

fn issue(verified: &VerifiedChain) -> Option<Vec<String>> {
    let mut parent = None;
    let mut again = Vec::new();
    for (claims, signer) in verified.certificates().zip([ROOT, ISSUER]) {
        match issue_certificate(&key(signer), parent, claims) {
            Ok(certificate) => again.push(certificate),
            Err(SignError::NeverValid { .. }) => return None,
            Err(error) => panic!("a verified certificate is not signed again: {error}"),
        }
        parent = Some(claims);
    }
    Some(again)
}
