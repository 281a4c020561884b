//! GitHub, and what speaks as it does: OAuth 2 without ID tokens. What an access token opens is asked for at once, and the
//! token is kept nowhere.

use serde::Deserialize;

use super::outgoing::{Address, CallFailed, Shown};
use super::providers::{Account, Providers, Redeemed};
use crate::address;

/// GitHub itself; anything else is GitHub Enterprise, whose API lies below its own address.
pub(crate) const GITHUB: &str = "https://github.com";
const GITHUB_API: &str = "https://api.github.com";

#[derive(Deserialize)]
struct Tokens {
    access_token: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Email {
    #[serde(rename = "email")]
    address: String,
    primary: bool,
    verified: bool,
}

/// Where a browser is sent to sign in.
pub(crate) fn authorization(issuer: &str) -> Result<Address, CallFailed> {
    Address::parse(&format!("{}/login/oauth/authorize", issuer.trim_end_matches('/')))
}

fn api(issuer: &str, path: &str) -> Result<Address, CallFailed> {
    let issuer = issuer.trim_end_matches('/');
    let base = if issuer == GITHUB {
        GITHUB_API.to_owned()
    } else {
        format!("{issuer}/api/v3")
    };
    Address::parse(&format!("{base}{path}"))
}

impl Providers {
    /// Turns what a browser brought back from GitHub into the account that signs in.
    pub(crate) async fn redeem_at_github(
        &self,
        issuer: &str,
        client_id: &str,
        redeemed: &Redeemed<'_>,
    ) -> Result<Account, CallFailed> {
        let place = Address::parse(&format!("{}/login/oauth/access_token", issuer.trim_end_matches('/')))?;
        let form = [
            ("client_id", client_id),
            ("client_secret", redeemed.client_secret.unwrap_or_default()),
            ("code", redeemed.code),
            ("redirect_uri", redeemed.redirect_uri),
            ("code_verifier", redeemed.verifier),
        ];
        // A refusal has status 200 too.
        let tokens: Tokens = self.outgoing.post_form(&place, Shown::Nothing, &form).await?;
        let token = tokens.access_token.ok_or_else(|| CallFailed::Unreadable {
            url: place.as_str().to_owned(),
            why: tokens.error.unwrap_or_else(|| "no access token".to_owned()),
        })?;
        let user: User = self
            .outgoing
            .get_json(&api(issuer, "/user")?, Shown::Bearer(&token))
            .await?;
        let emails: Vec<Email> = self
            .outgoing
            .get_json(&api(issuer, "/user/emails")?, Shown::Bearer(&token))
            .await?;
        let mut verified: Vec<_> = emails.into_iter().filter(|email| email.verified).collect();
        verified.sort_by_key(|email| !email.primary);
        Ok(Account {
            subject: user.id.to_string(),
            name: user.name.or(Some(user.login)),
            emails: verified
                .into_iter()
                .filter_map(|email| address::parse(&email.address))
                .collect(),
        })
    }
}
