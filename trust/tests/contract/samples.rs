//! Keys and claims to start a test from.

use std::collections::BTreeMap;
use std::sync::Arc;

use trust::{
    EntitlementValue, FingerprintHash, IssuerClaims, IssuerLimits, OfflineMode, PathLength, RootSet, Seconds, Seq,
    SessionClaims, SessionSigner, SigningKey, UnixSeconds,
};
use zeroize::Zeroizing;

/// When the sample token is issued.
pub(crate) const ISSUED: u64 = 1_795_000_000;

/// The key whose 32 secret bytes are all `seed`.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(Zeroizing::new([seed; 32]))
}

pub(crate) fn root() -> SigningKey {
    key(1)
}

pub(crate) fn issuer() -> SigningKey {
    key(3)
}

pub(crate) fn cluster() -> SigningKey {
    key(4)
}

pub(crate) fn roots() -> RootSet {
    RootSet::new([root().public()]).unwrap()
}

pub(crate) fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds)
}

/// `signer` certifies `subject` without limits but those of time and `path`.
pub(crate) fn certificate(signer: &SigningKey, subject: &SigningKey, path: u32) -> IssuerClaims {
    IssuerClaims {
        issuer: signer.kid(),
        cluster: "clu_0g8d4r7kq2v05n1x3t6w9y".parse().unwrap(),
        key: subject.public(),
        issued_at: at(1_790_000_000),
        limits: IssuerLimits {
            expires_at: at(1_830_000_000),
            path: PathLength::new(path),
            products: None,
            grace_max: None,
        },
    }
}

/// The chain by which the root certifies the cluster.
pub(crate) fn chain() -> Vec<String> {
    vec![trust::issue_certificate(&root(), None, &certificate(&root(), &cluster(), 0)).unwrap()]
}

/// What the cluster signs with.
pub(crate) fn signer() -> SessionSigner {
    let chain = trust::verify_chain(&chain(), &roots(), at(ISSUED)).unwrap();
    SessionSigner::new(Arc::new(cluster()), &chain).unwrap()
}

/// What the cluster says.
pub(crate) fn session() -> SessionClaims {
    SessionClaims {
        cluster: "clu_0g8d4r7kq2v05n1x3t6w9y".parse().unwrap(),
        product: "coditect".parse().unwrap(),
        license: "lic_5t2c9b0x7m4k1z8f3q6h0d".parse().unwrap(),
        customer: "cus_7w4n1y8d5r2v9k6t3p0m8c".parse().unwrap(),
        plan: "pro".parse().unwrap(),
        session: "ses_b3xk9q2m7v4t8z1c".parse().unwrap(),
        seq: Seq::new(41_297),
        issued_at: at(ISSUED),
        expires_at: at(ISSUED + 350),
        grace_ends_at: at(ISSUED + 86_400),
        offline: OfflineMode::Lenient,
        heartbeat: Seconds::new(300),
        fingerprint: FingerprintHash::of("machine-4f1c"),
        entitlements: BTreeMap::from([
            ("gpu".to_owned(), EntitlementValue::Granted),
            ("projects".to_owned(), EntitlementValue::Integer(20)),
            ("edition".to_owned(), EntitlementValue::Text("studio".to_owned())),
        ]),
    }
}
