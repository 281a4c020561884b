//! Keyed hashes of secrets: what the ledger knows instead of license keys, tokens and session ids.
//!
//! The lookup key is the cluster's own and never leaves it. Without it, a stolen log or backup does not even allow
//! guessing: a guess cannot be checked.

use hmac::{Hmac, KeyInit, Mac};
use licensing::command::Request;
use licensing::id::{
    FingerprintHash, HolderKey, LicenseId, ProviderId, RequestId, SecretHash, SessionHash, SubjectHash, decode_base32,
    encode_base32,
};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The key of all keyed hashes of a cluster.
#[derive(Clone)]
pub struct LookupKey(Zeroizing<[u8; 32]>);

/// What a session id begins with.
const SESSION_PREFIX: &str = "sid_";

/// What an API token begins with.
const TOKEN_PREFIX: &str = "usher_";

/// What the secret of an invitation begins with.
const INVITATION_PREFIX: &str = "inv_";

/// The secret of an invitation or a set-up link, made of 160 random bits.
pub fn invitation_text(secret: &[u8; 20]) -> Zeroizing<String> {
    Zeroizing::new(format!("{INVITATION_PREFIX}{}", encode_base32(secret)))
}

/// The link in which such a secret is given to a person. What follows the # is sent to no server.
pub fn setup_link(api_url: &str, secret: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{}/setup#{secret}", api_url.trim_end_matches('/')))
}

/// An API token in full, as its bearer shows it. It is made of 160 random bits.
pub fn token_text(secret: &[u8; 20]) -> Zeroizing<String> {
    Zeroizing::new(format!("{TOKEN_PREFIX}{}", encode_base32(secret)))
}

/// The secret id of a session: whoever has it may keep and release the seat.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; SessionId::BYTES]);

impl SessionId {
    /// How many bytes an id has.
    pub const BYTES: usize = 16;

    /// Reads an id as the API writes it.
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix(SESSION_PREFIX).and_then(decode_base32).map(Self)
    }

    /// The id as the API writes it. Not `Display`: a secret must not slip into a log line.
    pub fn reveal(&self) -> String {
        format!("{SESSION_PREFIX}{}", encode_base32(&self.0))
    }

    /// What the ledger knows it by.
    pub fn hash(&self) -> SessionHash {
        SessionHash::from_bytes(Sha256::digest(self.0).into())
    }
}

impl std::fmt::Debug for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SessionId({})", self.hash().public())
    }
}

impl LookupKey {
    /// Takes the key's bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The key's bytes, for its file and a joining node.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A license key's hash. `key` is in its canonical form.
    pub fn license_key(&self, key: &str) -> SecretHash {
        SecretHash::from_bytes(self.mac(b"license key", &[key.as_bytes()]))
    }

    /// An API token's hash.
    pub fn api_token(&self, token: &str) -> SecretHash {
        SecretHash::from_bytes(self.mac(b"api token", &[token.as_bytes()]))
    }

    /// The hash of a login's secret.
    pub fn login(&self, secret: &str) -> SecretHash {
        SecretHash::from_bytes(self.mac(b"login", &[secret.as_bytes()]))
    }

    /// The hash of an invitation's or a set-up link's secret.
    pub fn invitation(&self, secret: &str) -> SecretHash {
        SecretHash::from_bytes(self.mac(b"invitation", &[secret.as_bytes()]))
    }

    /// What the failed sign-ins to one account are counted under.
    pub fn account(&self, email: &str) -> [u8; 32] {
        self.mac(b"account", &[email.as_bytes()])
    }

    /// A key for one purpose, of which nothing can be told from those for others.
    pub fn purpose(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.mac(b"purpose", &[purpose]))
    }

    /// The holder that a fingerprint stands for under a license, with an instance where the plan counts so.
    pub fn holder(&self, license: LicenseId, fingerprint: &str, instance: Option<&str>) -> HolderKey {
        let parts: [&[u8]; 3] = [
            license.as_bytes(),
            fingerprint.as_bytes(),
            instance.unwrap_or("").as_bytes(),
        ];
        let context: &[u8] = if instance.is_some() {
            b"holder with instance"
        } else {
            b"holder"
        };
        HolderKey::from_bytes(first_half(self.mac(context, &parts)))
    }

    /// The holder that a verified user stands for under a license, with a fingerprint where the plan counts so.
    pub fn user_holder(&self, license: LicenseId, issuer: &str, account: &str, fingerprint: Option<&str>) -> HolderKey {
        let parts: [&[u8]; 4] = [
            license.as_bytes(),
            issuer.as_bytes(),
            account.as_bytes(),
            fingerprint.unwrap_or("").as_bytes(),
        ];
        let context: &[u8] = if fingerprint.is_some() {
            b"holder by user and fingerprint"
        } else {
            b"holder by user"
        };
        HolderKey::from_bytes(first_half(self.mac(context, &parts)))
    }

    /// The holder that an address stands for under a license whose seats are assigned by name.
    pub fn address_holder(&self, license: LicenseId, email: &str) -> HolderKey {
        let parts: [&[u8]; 2] = [license.as_bytes(), email.as_bytes()];
        HolderKey::from_bytes(first_half(self.mac(b"holder by address", &parts)))
    }

    /// What an account of an identity provider is known by.
    pub fn subject(&self, provider: ProviderId, account: &str) -> SubjectHash {
        SubjectHash::from_bytes(self.mac(b"subject", &[provider.as_bytes(), account.as_bytes()]))
    }

    /// The session that a request gets: the same for each repetition, so that nothing secret need be stored.
    pub fn session(&self, license: LicenseId, fingerprint: &str, instance: &str, request: &str) -> SessionId {
        let parts: [&[u8]; 4] = [
            license.as_bytes(),
            fingerprint.as_bytes(),
            instance.as_bytes(),
            request.as_bytes(),
        ];
        SessionId(first_half(self.mac(b"session", &parts)))
    }

    /// How the ledger knows a repeated call: `scope` is who calls and what about, `name` the caller's own name for the
    /// call, `content` what it says.
    pub fn request(&self, scope: &[u8], name: &str, content: &[u8]) -> Request {
        let id = RequestId::from_bytes(first_half(self.mac(b"request", &[scope, name.as_bytes()])));
        let content = self.mac(b"content", &[content]);
        Request {
            id,
            content: content[..8].try_into().expect("a hash has 32 bytes"),
        }
    }

    /// Bytes that belong to a call and that nobody can guess without the key: a repeated call gets the same ids and
    /// secrets again, so that nothing secret need be stored. `purpose` keeps those of one call apart.
    pub fn derive(&self, purpose: &str, scope: &[u8], name: &str) -> [u8; 32] {
        self.mac(b"derived", &[purpose.as_bytes(), scope, name.as_bytes()])
    }

    /// The MAC under what a refusal's link says.
    pub fn refusal_link(&self, said: &[u8]) -> [u8; 16] {
        first_half(self.refusal_mac(said).finalize().into_bytes().into())
    }

    /// Whether it is that, found out in a time that tells nothing of how far it is right.
    pub fn is_refusal_link(&self, said: &[u8], mac: &[u8]) -> bool {
        mac.len() == 16 && self.refusal_mac(said).verify_truncated_left(mac).is_ok()
    }

    fn refusal_mac(&self, said: &[u8]) -> Hmac<Sha256> {
        let key = self.purpose(b"refusal link");
        let mac = Hmac::<Sha256>::new_from_slice(&key[..]).expect("HMAC takes keys of any length");
        mac.chain_update(said)
    }

    fn mac(&self, context: &[u8], parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0[..]).expect("HMAC takes keys of any length");
        for part in std::iter::once(&context).chain(parts) {
            // Lengths before contents, so that no two lists of parts give the same bytes.
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// The fingerprint's hash as tokens carry it; not keyed, since the client checks it.
pub fn fingerprint_hash(fingerprint: &str) -> FingerprintHash {
    FingerprintHash::from_bytes(Sha256::digest(fingerprint.as_bytes()).into())
}

fn first_half(bytes: [u8; 32]) -> [u8; 16] {
    bytes[..16].try_into().expect("16 is half of 32")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LICENSE: LicenseId = LicenseId::from_bytes([7; 16]);

    fn key() -> LookupKey {
        LookupKey::from_bytes([1; 32])
    }

    #[test]
    fn a_repeated_request_gets_the_same_session_and_another_gets_another() {
        let session = |request| key().session(LICENSE, "laptop", "", request);
        assert_eq!(session("a"), session("a"));
        assert_ne!(session("a"), session("b"));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let session = |fingerprint, instance| key().session(LICENSE, fingerprint, instance, "r");
        assert_ne!(session("ab", "c"), session("a", "bc"));
    }

    #[test]
    fn what_is_derived_differs_by_purpose_scope_and_name() {
        let derived = key().derive("id", b"scope", "name");
        assert_eq!(derived, key().derive("id", b"scope", "name"));
        for other in [
            ("secret", "scope", "name"),
            ("id", "other", "name"),
            ("id", "scope", "other"),
            ("ids", "cope", "name"),
        ] {
            assert_ne!(derived, key().derive(other.0, other.1.as_bytes(), other.2), "{other:?}");
        }
    }

    #[test]
    fn an_empty_instance_is_not_the_same_as_none() {
        assert_ne!(
            key().holder(LICENSE, "laptop", None),
            key().holder(LICENSE, "laptop", Some(""))
        );
    }

    #[test]
    fn a_session_id_is_read_as_it_was_written() {
        let session = key().session(LICENSE, "laptop", "", "r");
        assert_eq!(SessionId::parse(&session.reveal()), Some(session));
        assert_eq!(SessionId::parse("sid_short"), None);
    }

    #[test]
    fn a_session_id_does_not_show_itself_in_logs() {
        let session = key().session(LICENSE, "laptop", "", "r");
        assert!(!format!("{session:?}").contains(&session.reveal()[4..]));
    }
}
