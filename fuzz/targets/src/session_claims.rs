//! The claims of a session token, which a verifier reads once the signature is right: any bytes, truly signed.
//!
//! Property: what verifies keeps the contract's rules, which are asked here a second time; an honest signer signs it too,
//! and then it says the same.

use std::sync::{Arc, LazyLock};

use trust::{
    Expectations, IssuerClaims, IssuerLimits, OfflineMode, PathLength, Seconds, SessionClaims, SessionSigner,
    UnixSeconds, issue_certificate, verify_session,
};

use crate::memory::bounded;
use crate::signing::{CLUSTER, NOW, ROOT, key, roots, sign};

/// The root certifies the cluster, with every limit that there is.
static CERTIFICATE: LazyLock<String> = LazyLock::new(|| {
    let claims = IssuerClaims {
        issuer: key(ROOT).kid(),
        cluster: "clu_0g8d4r7kq2v05n1x3t6w9y".parse().expect("it is a cluster's id"),
        key: key(CLUSTER).public(),
        issued_at: UnixSeconds::new(1_790_000_000),
        limits: IssuerLimits {
            expires_at: UnixSeconds::new(1_830_000_000),
            path: PathLength::new(0),
            products: Some(["coditect".parse().expect("it is a product's code")].into()),
            grace_max: Some(Seconds::new(90_000)),
        },
    };
    issue_certificate(&key(ROOT), None, &claims).expect("a root may certify anything")
});

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let token = sign(CLUSTER, "usher-session+jwt", bytes);
    let (roots, expectations, chain) = (roots(), Expectations::at(NOW), [&*CERTIFICATE]);
    let Ok(verified) = bounded(bytes, || verify_session(&token, &chain, &roots, &expectations)) else {
        return;
    };
    keeps_the_rules(&verified.claims, verified.chain.leaf());
    let signer = SessionSigner::new(Arc::new(key(CLUSTER)), &verified.chain).expect("the certificate is this key's");
    let again = signer.sign(&verified.claims).expect("what verifies may be signed");
    let again = verify_session(&again, &chain, &roots, &expectations).expect("what was signed verifies");
    assert_eq!(again, verified);
}

fn keeps_the_rules(claims: &SessionClaims, certificate: &IssuerClaims) {
    let (issued, expires, grace_ends) = (claims.issued_at, claims.expires_at, claims.grace_ends_at);
    assert!(issued <= expires && expires <= grace_ends && grace_ends <= certificate.limits.expires_at);
    assert!(claims.offline != OfflineMode::Strict || grace_ends == expires);
    assert!(Some(grace_ends.since(issued)) <= certificate.limits.grace_max);
    assert_eq!(claims.cluster, certificate.cluster);
    assert!(certificate.limits.covers(&claims.product));
}
