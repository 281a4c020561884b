//! From a committed grant to a signed session token.
//!
//! Only what the ledger answered is signed: a [`Grant`] exists once its command is committed. User tokens are signed by the
//! same key, and are nobody else's to read.

use std::sync::{Arc, PoisonError, RwLock};

use licensing::catalogue::{Entitlement, OfflineMode};
use licensing::id::{PersonId, Seq};
use licensing::outcome::Grant;
use licensing::time::{At, Span};
use trust::{
    EntitlementValue, FingerprintHash, IssuerClaims, NameError, RootSet, Seconds, SessionClaims, SessionSigner,
    SignError, SigningKey, UnixSeconds, UserClaims, UserTokenError, VerifyError, sign_user, verify_chain_undated,
    verify_user,
};

/// Signs session tokens with the cluster's key. Its certificates can be renewed while it does.
#[derive(Debug)]
pub struct Signer {
    key: Arc<SigningKey>,
    certified: RwLock<Arc<Certified>>,
}

/// The key under the certificates that lead to it.
#[derive(Debug)]
struct Certified {
    signer: SessionSigner,
    chain: Arc<[String]>,
}

impl Certified {
    fn new(key: Arc<SigningKey>, chain: Vec<String>, roots: &RootSet) -> Result<Self, SignerError> {
        let verified = verify_chain_undated(&chain, roots)?;
        Ok(Self {
            signer: SessionSigner::new(key, &verified)?,
            chain: chain.into(),
        })
    }
}

/// A token with the two ends that it carries.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The token, a compact JWS.
    pub token: String,
    /// The end of the token's life.
    pub expires_at: At,
    /// The end of offline grace; equal to `expires_at` where there is none.
    pub grace_until: At,
    /// How long the token lives, as its holder counts it.
    pub life: Seconds,
}

/// Why a cluster cannot sign.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The certificates do not lead from the vendor's roots to the cluster.
    #[error(
        "the cluster's certificates are not valid: {0}; `usher key install` takes those that the vendor issued for it"
    )]
    Chain(#[from] VerifyError),
    /// The key is not the certified one, or a token would be refused by its readers.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A name in the grant has no place in a token.
    #[error("a name in the grant cannot stand in a token: {0}")]
    Name(#[from] NameError),
}

impl Signer {
    /// A signer with the cluster's key and the certificates that lead to it from one of the vendor's roots. Their dates
    /// are not looked at here, where only this machine's clock could be asked: no token outlives its certificate.
    pub fn new(key: Arc<SigningKey>, chain: Vec<String>, roots: &RootSet) -> Result<Self, SignerError> {
        let certified = Certified::new(Arc::clone(&key), chain, roots)?;
        Ok(Self {
            key,
            certified: RwLock::new(Arc::new(certified)),
        })
    }

    /// Goes on with other certificates for the same key; says whether they are others. Those that do not verify change
    /// nothing.
    pub fn renew(&self, chain: &[String], roots: &RootSet) -> Result<bool, SignerError> {
        if *self.certified().chain == *chain {
            return Ok(false);
        }
        let certified = Certified::new(Arc::clone(&self.key), chain.to_vec(), roots)?;
        *self.certified.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
        Ok(true)
    }

    fn certified(&self) -> Arc<Certified> {
        Arc::clone(&self.certified.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The certificates that a client needs to verify a token, the root's child first.
    pub fn chain(&self) -> Arc<[String]> {
        Arc::clone(&self.certified().chain)
    }

    /// From when the certificate is no longer valid and nothing can be signed.
    pub fn certified_until(&self) -> At {
        let certified = self.certified();
        point(certified.signer.certificate().limits.expires_at)
    }

    /// The end of the life that a token for this grant has, without signing one.
    pub fn expires_at(&self, grant: &Grant, at: At) -> At {
        point(Ends::of(grant, at, self.certified().signer.certificate()).token)
    }

    /// Signs that somebody is this person, for as long as `life`, and says until when that is.
    pub fn sign_user(&self, person: PersonId, at: At, life: Span) -> (String, At) {
        let claims = UserClaims {
            cluster: self.cluster(),
            person: person.to_string().parse().expect("a person's id is one in tokens too"),
            issued_at: seconds(at),
            expires_at: seconds(at).after(Seconds::new(life.secs_ceil())),
        };
        (sign_user(&self.key, &claims), point(claims.expires_at))
    }

    /// The person whom a token of [`sign_user`](Self::sign_user) names.
    pub fn verify_user(&self, token: &str, at: At) -> Result<trust::PersonId, UserTokenError> {
        let verified = verify_user(token, &self.key.public(), &self.cluster(), seconds(at));
        verified.map(|claims| claims.person)
    }

    /// The cluster as tokens name it.
    pub fn cluster(&self) -> trust::ClusterId {
        self.certified().signer.certificate().cluster.clone()
    }

    /// Signs what was granted by the command numbered `seq`, applied `at`.
    pub fn sign(&self, grant: &Grant, seq: Seq, at: At) -> Result<Signed, SignerError> {
        let certified = self.certified();
        let certificate = certified.signer.certificate();
        let ends = Ends::of(grant, at, certificate);
        let claims = SessionClaims {
            cluster: certificate.cluster.clone(),
            product: grant.product.parse()?,
            license: grant.license.to_string().try_into()?,
            customer: grant.customer.to_string().try_into()?,
            plan: grant.plan.parse()?,
            session: grant.hash.public().to_string().try_into()?,
            seq: trust::Seq::new(seq.get()),
            issued_at: seconds(at),
            expires_at: ends.token,
            grace_ends_at: ends.grace,
            offline: offline(grant.offline),
            heartbeat: Seconds::new(grant.heartbeat.secs_ceil()),
            fingerprint: FingerprintHash::from_bytes(*grant.fingerprint.as_bytes()),
            entitlements: grant
                .entitlements
                .iter()
                .map(|(name, value)| (name.to_string(), entitlement(value)))
                .collect(),
        };
        Ok(Signed {
            token: certified.signer.sign(&claims)?,
            expires_at: point(ends.token),
            grace_until: point(ends.grace),
            life: ends.token.since(claims.issued_at),
        })
    }
}

/// The two ends of a token.
struct Ends {
    token: UnixSeconds,
    grace: UnixSeconds,
}

impl Ends {
    /// Cuts what was granted to what the license and the certificate allow.
    fn of(grant: &Grant, at: At, certificate: &IssuerClaims) -> Self {
        let limits = &certificate.limits;
        let license = grant.license_until.map(seconds);
        let grace = limits.grace_max.map(|grace_max| seconds(at).after(grace_max));
        let bound = [license, grace].into_iter().flatten().fold(limits.expires_at, Ord::min);
        let token = seconds(grant.token_until).min(bound);
        let grace = match grant.offline {
            OfflineMode::Strict => token,
            OfflineMode::Lenient | OfflineMode::Reserved => seconds(grant.grace_until).min(bound).max(token),
        };
        Self { token, grace }
    }
}

/// The second that a point lies in: a token never lives longer than what was granted.
fn seconds(at: At) -> UnixSeconds {
    UnixSeconds::new(at.ms() / 1_000)
}

fn point(at: UnixSeconds) -> At {
    At::from_ms(at.get().saturating_mul(1_000))
}

const fn offline(mode: OfflineMode) -> trust::OfflineMode {
    match mode {
        OfflineMode::Strict => trust::OfflineMode::Strict,
        OfflineMode::Lenient => trust::OfflineMode::Lenient,
        OfflineMode::Reserved => trust::OfflineMode::Reserved,
    }
}

fn entitlement(value: &Entitlement) -> EntitlementValue {
    match value {
        Entitlement::Granted => EntitlementValue::Granted,
        Entitlement::Number(number) => EntitlementValue::Integer(*number),
        Entitlement::Text(text) => EntitlementValue::Text(text.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use licensing::id::{CustomerId, FingerprintHash, LicenseId, SessionHash, SessionNo};
    use licensing::time::Span;
    use trust::{Expectations, IssuerLimits, PathLength, issue_certificate, verify_session};
    use zeroize::Zeroizing;

    use super::*;

    const AT: At = At::from_ms(1_795_341_600_700);

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(Zeroizing::new([seed; 32]))
    }

    fn certified(valid: u64, grace_max: Option<u64>) -> (Signer, RootSet) {
        let (root, cluster) = (key(1), key(2));
        let claims = IssuerClaims {
            issuer: root.kid(),
            cluster: "clu_test".parse().unwrap(),
            key: cluster.public(),
            issued_at: seconds(AT),
            limits: IssuerLimits {
                expires_at: seconds(AT).after(Seconds::new(valid)),
                path: PathLength::new(0),
                products: None,
                grace_max: grace_max.map(Seconds::new),
            },
        };
        let certificate = issue_certificate(&root, None, &claims).unwrap();
        let roots = RootSet::new([root.public()]).unwrap();
        (
            Signer::new(Arc::new(cluster), vec![certificate], &roots).unwrap(),
            roots,
        )
    }

    fn grant(offline: OfflineMode, license_until: Option<At>) -> Grant {
        Grant {
            session: SessionNo::new(7),
            hash: SessionHash::from_bytes([3; 32]),
            license: LicenseId::from_bytes([4; 16]),
            customer: CustomerId::from_bytes([5; 16]),
            product: "coditect".into(),
            plan: "pro".into(),
            plan_name: "Pro".into(),
            fingerprint: FingerprintHash::from_bytes([6; 32]),
            token_until: AT.after(Span::from_secs(350)),
            grace_until: AT.after(Span::from_secs(86_400)),
            grace: Span::from_secs(86_400),
            offline,
            heartbeat: Span::from_secs(300),
            license_until,
            seats: 10,
            in_use: 3,
            entitlements: Arc::new([("gpu".into(), Entitlement::Granted)].into()),
        }
    }

    #[test]
    fn a_token_verifies_from_the_root_and_lives_as_long_as_granted() {
        let (signer, roots) = certified(1_000_000, None);
        let token = signer
            .sign(&grant(OfflineMode::Lenient, None), Seq::new(7), AT)
            .unwrap();
        let session = verify_session(&token.token, &signer.chain(), &roots, &Expectations::at(seconds(AT))).unwrap();
        assert_eq!(token.life, Seconds::new(350));
        assert_eq!(
            session.claims.expires_at.since(session.claims.issued_at),
            Seconds::new(350)
        );
        assert_eq!(
            session.claims.grace_ends_at.since(session.claims.issued_at),
            Seconds::new(86_400)
        );
        assert_eq!(session.claims.entitlements["gpu"], EntitlementValue::Granted);
    }

    #[test]
    fn a_strict_plan_gives_no_grace() {
        let (signer, _) = certified(1_000_000, None);
        let token = signer.sign(&grant(OfflineMode::Strict, None), Seq::new(7), AT).unwrap();
        assert_eq!(token.grace_until, token.expires_at);
    }

    #[test]
    fn no_token_outlives_its_license_or_its_certificate() {
        let license_end = AT.after(Span::from_secs(60));
        let (signer, _) = certified(1_000_000, None);
        let token = signer
            .sign(&grant(OfflineMode::Lenient, Some(license_end)), Seq::new(7), AT)
            .unwrap();
        assert_eq!((token.life, token.grace_until), (Seconds::new(60), token.expires_at));

        let (signer, _) = certified(100, None);
        let token = signer
            .sign(&grant(OfflineMode::Lenient, None), Seq::new(7), AT)
            .unwrap();
        assert_eq!(
            (token.life, token.grace_until),
            (Seconds::new(100), signer.certified_until())
        );
    }

    #[test]
    fn the_certificate_bounds_the_grace() {
        let (signer, _) = certified(1_000_000, Some(3_600));
        let token = signer
            .sign(&grant(OfflineMode::Lenient, None), Seq::new(7), AT)
            .unwrap();
        assert_eq!(token.grace_until.since(AT), Span::from_ms(3_600_000 - 700));
    }

    #[test]
    fn nothing_is_signed_after_the_certificate_has_expired() {
        let (signer, _) = certified(100, None);
        let later = AT.after(Span::from_secs(200));
        let mut grant = grant(OfflineMode::Lenient, None);
        grant.token_until = later.after(Span::from_secs(350));
        assert!(matches!(
            signer.sign(&grant, Seq::new(8), later),
            Err(SignerError::Sign(_))
        ));
    }

    #[test]
    fn a_user_token_is_read_by_the_same_cluster_in_its_time() {
        let (signer, _) = certified(100, None);
        let person = PersonId::from_bytes([7; 16]);
        let (token, end) = signer.sign_user(person, AT, Span::from_secs(60));
        assert_eq!(end, At::from_ms(AT.ms() - 700).after(Span::from_secs(60)));
        let named = signer.verify_user(&token, AT).unwrap();
        assert_eq!(named.as_str(), person.to_string());
        assert_eq!(signer.verify_user(&token, end), Err(UserTokenError::Expired));
        let session = signer
            .sign(&grant(OfflineMode::Lenient, None), Seq::new(7), AT)
            .unwrap();
        assert!(signer.verify_user(&session.token, AT).is_err());
    }

    #[test]
    fn a_renewed_certificate_takes_the_place_of_the_old_one() {
        let (signer, roots) = certified(100, None);
        let (renewed, _) = certified(1_000, None);
        let before = signer.certified_until();
        assert!(!signer.renew(&signer.chain(), &roots).unwrap(), "the same again");
        assert!(signer.renew(&renewed.chain(), &roots).unwrap());
        assert!(signer.certified_until() > before && *signer.chain() == *renewed.chain());
        let later = AT.after(Span::from_secs(200));
        let mut grant = grant(OfflineMode::Lenient, None);
        grant.token_until = later.after(Span::from_secs(350));
        assert!(signer.sign(&grant, Seq::new(8), later).is_ok());
        assert!(signer.renew(&["not.a.certificate".to_owned()], &roots).is_err());
        assert!(*signer.chain() == *renewed.chain(), "a bad one changes nothing");
    }
}
