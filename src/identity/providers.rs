//! OpenID Connect providers as this node knows them: where they are called, by which keys they sign, and what they say of
//! somebody who signs in.
//!
//! What was fetched is this node's alone and can be lost at any time. Keys are fetched anew once they are old, and when
//! a token names one that is not there, so that a provider may change them while it runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use licensing::id::ProviderId;
use licensing::identity::IdentityProvider;
use raft::seams::Clock;
use serde::Deserialize;

use super::cached::Cached;
use super::jwt::{Claims, Expected, Profile, Refused, Unverified};
use super::key_set::KeySet;
use super::outgoing::{Address, CallFailed, Outgoing, Shown};
use crate::address;

/// Where a provider's discovery document lies below its issuer.
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// Every provider that was asked for something.
pub(crate) struct Providers {
    pub(super) outgoing: Outgoing,
    clock: Arc<dyn Clock>,
    /// By id and version: what an operator changes is fetched anew.
    known: Mutex<BTreeMap<ProviderId, Arc<Known>>>,
}

struct Known {
    version: u32,
    discovered: Cached<Discovered>,
    keys: Cached<KeySet>,
}

/// What a provider's discovery document says, as far as it matters here.
#[derive(Debug)]
pub(crate) struct Discovered {
    authorization: Option<Address>,
    token: Option<Address>,
    userinfo: Option<Address>,
    keys: Address,
    /// Whether its answers at sign-in name it (RFC 9207).
    pub(crate) names_itself: bool,
    /// Whether the client secret goes into the form instead of a header.
    secret_in_form: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// Why a token was not found good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotVerified {
    /// It is not.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nobody could say: the provider's keys cannot be had.
    #[error(transparent)]
    Unknown(#[from] CallFailed),
}

/// What a provider gives for a code.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
}

/// What a browser brought back from a provider, and what it was sent with.
pub(crate) struct Redeemed<'a> {
    pub(crate) code: &'a str,
    pub(crate) verifier: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) client_secret: Option<&'a str>,
}

/// An account that a provider vouches for.
#[derive(Debug)]
pub(crate) struct Account {
    /// The provider's name for it.
    pub(crate) subject: String,
    pub(crate) name: Option<String>,
    /// Its addresses that the provider has verified, in lower case, the main one first.
    pub(crate) emails: Vec<String>,
}

impl Account {
    pub(super) fn of(subject: String, profile: Profile) -> Self {
        let verified = profile.email.filter(|_| profile.email_verified);
        Self {
            subject,
            name: profile.name,
            emails: verified.and_then(|email| address::parse(&email)).into_iter().collect(),
        }
    }
}

impl Providers {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            outgoing: Outgoing::default(),
            clock,
            known: Mutex::default(),
        }
    }

    fn known(&self, provider: &IdentityProvider) -> Arc<Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known
            .get(&provider.id)
            .filter(|known| known.version == provider.version)
        {
            return Arc::clone(known);
        }
        let fresh = Arc::new(Known {
            version: provider.version,
            discovered: Cached::default(),
            keys: Cached::default(),
        });
        known.insert(provider.id, Arc::clone(&fresh));
        fresh
    }

    fn now_ms(&self) -> u64 {
        self.clock.boot_ms()
    }

    /// What the provider says of itself.
    pub(crate) async fn discovered(&self, provider: &IdentityProvider) -> Result<Arc<Discovered>, CallFailed> {
        self.discovered_by(&self.known(provider), provider).await
    }

    async fn discovered_by(&self, known: &Known, provider: &IdentityProvider) -> Result<Arc<Discovered>, CallFailed> {
        let fetch = || async {
            let issuer = Address::parse(&provider.issuer)?;
            let place = Address::parse(&format!("{}{DISCOVERY}", provider.issuer.trim_end_matches('/')))?;
            let document: Document = self.outgoing.get_json(&place, Shown::Nothing).await?;
            Discovered::read(document, &provider.issuer, &issuer, place.as_str())
        };
        known.discovered.get(|| self.now_ms(), fetch).await
    }

    /// Checks a token, by the provider's pinned keys or those that it shows.
    pub(crate) async fn verify(
        &self,
        provider: &IdentityProvider,
        token: &Unverified<'_>,
        expected: &Expected<'_>,
    ) -> Result<Claims, NotVerified> {
        if let Some(pinned) = &provider.terms.keys {
            let keys = KeySet::parse(pinned.as_bytes()).map_err(|_| Refused::KeyUnknown)?;
            return Ok(token.verify(&keys, expected)?.clone());
        }
        let known = self.known(provider);
        let fetch = || async {
            let discovered = self.discovered_by(&known, provider).await?;
            let text = self.outgoing.get(&discovered.keys, Shown::Nothing).await?;
            KeySet::parse(&text).map_err(|error| CallFailed::Unreadable {
                url: discovered.keys.as_str().to_owned(),
                why: error.to_string(),
            })
        };
        let keys = known.keys.get(|| self.now_ms(), fetch).await?;
        match token.verify(&keys, expected) {
            Err(Refused::KeyUnknown) => {
                let keys = known.keys.renewed(&keys, || self.now_ms(), fetch).await;
                Ok(token.verify(&keys, expected)?.clone())
            }
            verified => Ok(verified?.clone()),
        }
    }

    /// Turns what a browser brought back into the account that signs in.
    pub(crate) async fn redeem(
        &self,
        provider: &IdentityProvider,
        client_id: &str,
        redeemed: &Redeemed<'_>,
        unix_ms: u64,
    ) -> Result<Account, NotVerified> {
        let discovered = self.discovered(provider).await?;
        let tokens = self.tokens(&discovered, client_id, redeemed).await?;
        let id_token = tokens.id_token.as_deref().ok_or(Refused::Malformed)?;
        let token = Unverified::parse(id_token)?;
        let expected = Expected {
            issuer: &provider.issuer,
            audience: client_id,
            nonce: Some(redeemed.nonce),
            unix_ms,
        };
        let claims = self.verify(provider, &token, &expected).await?;
        let profile = match (&discovered.userinfo, &tokens.access_token) {
            (Some(place), Some(access)) if claims.profile.email.is_none() => {
                self.profile(place, access, &claims.sub).await?
            }
            _ => claims.profile,
        };
        Ok(Account::of(claims.sub, profile))
    }

    async fn tokens(
        &self,
        discovered: &Discovered,
        client_id: &str,
        redeemed: &Redeemed<'_>,
    ) -> Result<Tokens, CallFailed> {
        let place = discovered
            .token
            .as_ref()
            .ok_or_else(|| discovered.lacks("token_endpoint"))?;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", redeemed.code),
            ("redirect_uri", redeemed.redirect_uri),
            ("code_verifier", redeemed.verifier),
        ];
        let shown = match redeemed.client_secret {
            Some(secret) if !discovered.secret_in_form => Shown::Basic { id: client_id, secret },
            secret => {
                form.push(("client_id", client_id));
                form.extend(secret.map(|secret| ("client_secret", secret)));
                Shown::Nothing
            }
        };
        self.outgoing.post_form(place, shown, &form).await
    }

    /// What the provider says of the account when it is asked, if it speaks of the same one.
    async fn profile(&self, place: &Address, access_token: &str, subject: &str) -> Result<Profile, NotVerified> {
        #[derive(Deserialize)]
        struct UserInfo {
            sub: String,
            #[serde(flatten)]
            profile: Profile,
        }
        let info: UserInfo = self.outgoing.get_json(place, Shown::Bearer(access_token)).await?;
        if info.sub == subject {
            Ok(info.profile)
        } else {
            Err(Refused::Subject.into())
        }
    }
}

impl Discovered {
    fn read(document: Document, configured: &str, issuer: &Address, place: &str) -> Result<Self, CallFailed> {
        if document.issuer != configured {
            let why = format!("it is the document of {}, not of {configured}", document.issuer);
            return Err(CallFailed::Unreadable {
                url: place.to_owned(),
                why,
            });
        }
        let named = |text: &String| Address::parse(text)?.named_by(issuer);
        let optional = |text: &Option<String>| text.as_ref().map(named).transpose();
        let methods = document.token_endpoint_auth_methods_supported.unwrap_or_default();
        let offers = |method: &str| methods.iter().any(|offered| offered == method);
        Ok(Self {
            authorization: optional(&document.authorization_endpoint)?,
            token: optional(&document.token_endpoint)?,
            userinfo: optional(&document.userinfo_endpoint)?,
            keys: named(&document.jwks_uri)?,
            names_itself: document.authorization_response_iss_parameter_supported,
            secret_in_form: offers("client_secret_post") && !offers("client_secret_basic"),
        })
    }

    /// Where a browser is sent to sign in.
    pub(crate) fn authorization(&self) -> Result<&Address, CallFailed> {
        self.authorization
            .as_ref()
            .ok_or_else(|| self.lacks("authorization_endpoint"))
    }

    fn lacks(&self, what: &str) -> CallFailed {
        CallFailed::Unreadable {
            url: self.keys.as_str().to_owned(),
            why: format!("the provider's discovery document names no {what}"),
        }
    }
}
