//! The frozen artefacts that every SDK's tests run: what verifies, what does not, and why.
//!
//! All of it is forged by [`crate::forge`], which shares no code with the crate, from fixed keys and times; so the same
//! file comes out each time.

mod bad_certificates;
mod bad_claims;
mod bad_forms;
mod bad_roots;
mod good;

use serde_json::{Value, json};

use crate::forge::{ISSUER, Key, SESSION, base64url, sha256, sorted, with};

/// When the good token was issued: 2026-11-18.
pub(crate) const ISSUED: u64 = 1_795_000_000;
/// The good certificate's `iat`.
pub(crate) const CERTIFIED: u64 = 1_790_000_000;
/// The good certificate's `exp`.
pub(crate) const CERTIFIED_UNTIL: u64 = 1_830_000_000;
/// The good certificate's `grace_max`.
pub(crate) const GRACE_MAX: u64 = 90_000;

const HARDWARE_ID: &str = "machine-4f1c:b8:27:eb:00:00:01";

/// Everything that the good artefacts are made of.
pub(crate) struct World {
    pub(crate) root: Key,
    pub(crate) other_root: Key,
    pub(crate) issuer: Key,
    pub(crate) cluster: Key,
    pub(crate) stranger: Key,
    /// The claims of the certificate by which `root` certifies `cluster`.
    pub(crate) certificate: Value,
    /// The claims of the session token by `cluster`.
    pub(crate) session: Value,
    pub(crate) expectations: Value,
}

/// One case: the members that stand here replace the good ones, each as a whole.
pub(crate) struct Case {
    name: &'static str,
    reason: Option<&'static str>,
    changes: Value,
}

impl Case {
    pub(crate) fn good(name: &'static str) -> Self {
        Self {
            name,
            reason: None,
            changes: json!({}),
        }
    }

    pub(crate) fn bad(name: &'static str, reason: &'static str) -> Self {
        Self {
            name,
            reason: Some(reason),
            changes: json!({}),
        }
    }

    pub(crate) fn token(self, token: impl Into<String>) -> Self {
        self.change("token", &json!(token.into()))
    }

    pub(crate) fn chain(self, chain: &[String]) -> Self {
        self.change("chain", &json!(chain))
    }

    pub(crate) fn roots(self, keys: &[&Key]) -> Self {
        self.change("roots", &roots(keys))
    }

    pub(crate) fn expectations(self, expectations: &Value) -> Self {
        self.change("expectations", expectations)
    }

    fn change(self, member: &str, value: &Value) -> Self {
        Self {
            changes: with(&self.changes, &json!({member: value})),
            ..self
        }
    }

    fn to_json(&self) -> Value {
        let mut case = with(&self.changes, &json!({"name": self.name}));
        if let Some(reason) = self.reason {
            case = with(&case, &json!({"reason": reason}));
        }
        case
    }
}

fn roots(keys: &[&Key]) -> Value {
    json!({"keys": keys.iter().map(|key| key.root()).collect::<Vec<_>>()})
}

impl World {
    fn new() -> Self {
        let (root, cluster) = (Key::new(1), Key::new(4));
        let fingerprint = base64url(sha256(HARDWARE_ID));
        let certificate = json!({
            "iss": root.kid, "sub": "clu_0g8d4r7kq2v05n1x3t6w9y", "iat": CERTIFIED, "exp": CERTIFIED_UNTIL,
            "key": cluster.jwk(), "path": 0, "products": ["coditect", "forge"], "grace_max": GRACE_MAX,
        });
        let session = json!({
            "iss": "clu_0g8d4r7kq2v05n1x3t6w9y", "aud": "coditect", "lic": "lic_5t2c9b0x7m4k1z8f3q6h0d",
            "cus": "cus_7w4n1y8d5r2v9k6t3p0m8c", "plan": "pro", "sid": "ses_b3xk9q2m7v4t8z1c", "seq": 41_297,
            "iat": ISSUED, "exp": ISSUED + 350, "gex": ISSUED + 86_400, "off": "lenient", "hb": 300,
            "fph": fingerprint, "ent": {"gpu": true, "projects": 20, "edition": "studio"},
        });
        let expectations =
            json!({"now": ISSUED + 10, "product": "coditect", "fingerprint": fingerprint, "seq_min": 41_200});
        Self {
            root,
            other_root: Key::new(2),
            issuer: Key::new(3),
            cluster,
            stranger: Key::new(5),
            certificate: sorted(certificate),
            session: sorted(session),
            expectations,
        }
    }

    /// The good certificate with some claims changed.
    pub(crate) fn certificate(&self, changes: &Value) -> String {
        self.root.sign(ISSUER, &with(&self.certificate, changes))
    }

    /// The good token with some claims changed.
    pub(crate) fn session(&self, changes: &Value) -> String {
        self.cluster.sign(SESSION, &with(&self.session, changes))
    }

    /// The good token with a text that makes it so many bytes long. Base64 leaves out every fourth length, among them
    /// 1024.
    pub(crate) fn session_of_length(&self, length: usize) -> String {
        (0..length)
            .map(|text| self.session(&json!({"ent": {"text": "x".repeat(text)}})))
            .find(|token| token.len() == length)
            .expect("some text makes it so long")
    }

    /// The good certificate with as much white space behind its claims as makes it so many bytes long.
    pub(crate) fn certificate_of_length(&self, length: usize) -> String {
        let claims = self.certificate.to_string();
        (0..length)
            .map(|spaces| self.root.sign_text(ISSUER, format!("{claims}{}", " ".repeat(spaces))))
            .find(|certificate| certificate.len() == length)
            .expect("some white space makes it so long")
    }

    /// A chain of two: `root` certifies `issuer` with a `path` of 1, which certifies `cluster`.
    pub(crate) fn chain_of_two(&self, parent: &Value, child: &Value) -> [String; 2] {
        let parent = with(
            &json!({"key": self.issuer.jwk(), "path": 1, "sub": "clu_parent"}),
            parent,
        );
        let child = with(&self.certificate, &with(&json!({"iss": self.issuer.kid}), child));
        [self.certificate(&parent), self.issuer.sign(ISSUER, &child)]
    }

    pub(crate) fn good_certificate(&self) -> String {
        self.certificate(&json!({}))
    }

    pub(crate) fn good_session(&self) -> String {
        self.session(&json!({}))
    }

    /// What the verifier is told, with some of it changed.
    pub(crate) fn expecting(&self, changes: &Value) -> Value {
        with(&self.expectations, changes)
    }
}

/// The text of `session-v1.json`.
pub(crate) fn generate() -> String {
    let world = World::new();
    let bad = [
        bad_forms::cases(&world),
        bad_certificates::cases(&world),
        bad_claims::cases(&world),
    ];
    let file = json!({
        "about": [
            "Artefacts as in docs/tokens.md, and the verdict on each. Generated by trust/examples/vectors.rs.",
            "`roots`, `chain`, `token` and `expectations` verify and give `claims`. `hardware_id` hashes to `fph`.",
            "Each case of `good` verifies and each of `bad` is refused; a member given in a case replaces the one above.",
            "`reason` is the error's name in this project; an SDK must refuse, and should name the same reason.",
            "The members of `expectations` but `now` are optional. `bad_roots` are texts that are not a root file.",
        ],
        "roots": roots(&[&world.root]),
        "chain": [world.good_certificate()],
        "token": world.good_session(),
        "expectations": world.expectations,
        "hardware_id": HARDWARE_ID,
        "claims": world.session,
        "good": good::cases(&world).iter().map(Case::to_json).collect::<Vec<_>>(),
        "bad": bad.iter().flatten().map(Case::to_json).collect::<Vec<_>>(),
        "bad_roots": bad_roots::cases(&world),
    });
    serde_json::to_string_pretty(&sorted(file)).expect("a JSON value always prints") + "\n"
}
