//! User tokens: the bytes as a token that somebody shows, and as the claims of one, truly signed.
//!
//! Property: of all texts only what was signed verifies, byte for byte. Claims that verify are of this cluster and of this
//! time; an honest signer signs them too, and then they say the same.

use trust::{CLOCK_TOLERANCE, ClusterId, UserClaims, UserTokenError, is_artefact, sign_user, verify_user};

use crate::memory::bounded;
use crate::signing::{CLUSTER, NOW, key, sign};

fn cluster() -> ClusterId {
    "clu_0g8d4r7kq2v05n1x3t6w9y".parse().expect("it is a cluster's id")
}

fn verify(token: &str) -> Result<UserClaims, UserTokenError> {
    verify_user(token, &key(CLUSTER).public(), &cluster(), NOW)
}

/// The one token that is in the corpus.
fn signed() -> String {
    sign_user(
        &key(CLUSTER),
        &UserClaims {
            cluster: cluster(),
            person: "per_0g8d4r7kq2v05n1x3t6w9y".parse().expect("it is a person's id"),
            issued_at: NOW,
            expires_at: NOW.after(CLOCK_TOLERANCE),
        },
    )
}

/// Checks the property.
pub fn check(bytes: &[u8]) {
    if let Ok(shown) = std::str::from_utf8(bytes)
        && bounded(bytes, || verify(shown)).is_ok()
    {
        assert!(is_artefact(shown), "what verifies says what it is");
        assert_eq!(shown, signed(), "nobody signed it");
    }
    let token = sign(CLUSTER, "usher-user+jwt", bytes);
    let Ok(claims) = bounded(bytes, || verify(&token)) else {
        return;
    };
    assert_eq!(claims.cluster, cluster());
    assert!(claims.expires_at > NOW && claims.issued_at <= NOW.after(CLOCK_TOLERANCE));
    assert_eq!(verify(&sign_user(&key(CLUSTER), &claims)), Ok(claims));
}
