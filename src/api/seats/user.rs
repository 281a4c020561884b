//! Who asks for a seat, as a token of an identity provider says it. The token is checked here, at the edge; what the
//! ledger gets is the user, and the token goes no further.

use licensing::identity::{IdentityProvider, User};
use licensing::ledger::Ledger;
use licensing::time::Span;

use crate::api::Api;
use crate::api::code::Code;
use crate::api::problem::ApiError;
use crate::identity::jwt::{Claims, Expected, Refused, Unverified};
use crate::identity::providers::NotVerified;

/// When it makes sense to ask a provider again that does not answer.
const PROVIDER_COMES_IN: Span = Span::from_secs(10);

/// The longest address that is shown of a user.
const EMAIL_CHARS_MAX: usize = 254;

/// The user that a token vouches for. Where no provider is accepted for this, a token is not looked at: clients may show
/// theirs before an operator has made up his mind.
pub(super) async fn user_of(api: &Api, token: &str) -> Result<Option<User>, ApiError> {
    let accepted: Vec<IdentityProvider> = api.cluster().ledger(|ledger| {
        let accepted = ledger
            .identity_providers(None)
            .filter(|provider| provider.acquire_audience().is_some());
        accepted.cloned().collect()
    });
    if accepted.is_empty() {
        return Ok(None);
    }
    let token = Unverified::parse(token).map_err(|refused| refusal(&refused.into()))?;
    let mut failed = NotVerified::Refused(Refused::Issuer);
    for provider in accepted.iter().filter(|provider| *provider.issuer == *token.issuer()) {
        let expected = Expected {
            issuer: &provider.issuer,
            audience: provider
                .acquire_audience()
                .map(|audience| &**audience)
                .unwrap_or_default(),
            nonce: None,
            unix_ms: api.unix_ms(),
        };
        match api.providers().verify(provider, &token, &expected).await {
            Ok(claims) => return Ok(Some(user(api, provider, claims))),
            Err(error) => failed = error,
        }
    }
    Err(refusal(&failed))
}

fn user(api: &Api, provider: &IdentityProvider, claims: Claims) -> User {
    let subject = api.lookup().subject(provider.id, &claims.sub);
    let person = |ledger: &Ledger| ledger.identity(subject).map(|identity| identity.person);
    let is_shown =
        |email: &String| (1..=EMAIL_CHARS_MAX).contains(&email.chars().count()) && !email.chars().any(char::is_control);
    User {
        issuer: provider.issuer.clone(),
        account: claims.sub.into(),
        email: claims.profile.email.filter(is_shown).map(Into::into),
        person: api.cluster().ledger(person),
    }
}

fn refusal(failed: &NotVerified) -> ApiError {
    match failed {
        NotVerified::Refused(why) => ApiError::new(Code::TokenInvalid, format!("The user's token is not valid: {why}.")),
        NotVerified::Unknown(_) => ApiError::new(
            Code::ProviderUnavailable,
            "The identity provider that the user's token comes from does not answer, and its keys are not known here yet. \
             Send the request again in a while.",
        )
        .retry_after(PROVIDER_COMES_IN),
    }
}
