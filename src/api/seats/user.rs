//! Who asks for a seat, as a token says it: a user token of this cluster's own, or a token of an identity provider. It is
//! checked here, at the edge; what the ledger gets is the user, and the token goes no further.

use std::fmt::Display;

use licensing::id::LicenseId;
use licensing::identity::{IdentityProvider, User};
use licensing::ledger::Ledger;
use licensing::person::{EMAIL_CHARS_MAX, Person};
use licensing::time::Span;
use trust::{UserTokenError, is_artefact};

use crate::address;
use crate::api::Api;
use crate::api::code::Code;
use crate::api::problem::ApiError;
use crate::identity::jwt::{Claims, Expected, Refused, Unverified};
use crate::identity::providers::NotVerified;

/// When it makes sense to ask a provider again that does not answer.
const PROVIDER_COMES_IN: Span = Span::from_secs(10);

const NOT_ANY_MORE: &str = "the person whom it names may not sign in here any more";

/// Somebody whom a token vouches for.
#[derive(Debug, Clone)]
pub(super) struct Vouched {
    pub(super) user: User,
    /// Whether it vouches for the user's address too, and does not merely name it. The address is in lower case then.
    pub(super) has_address: bool,
}

/// The user that a token vouches for. Where no provider is accepted for this, the tokens of others are not looked at:
/// clients may show theirs before an operator has made up his mind.
pub(super) async fn user_of(api: &Api, license: LicenseId, token: &str) -> Result<Option<Vouched>, ApiError> {
    // Whatever says that it is an artefact of usher's is no provider's to sign.
    if is_artefact(token) {
        return person_of(api, license, token).await.map(Some);
    }
    // A provider may have been removed a moment ago, or somebody disabled, by way of a node that is ahead of this one.
    api.cluster().barrier().await?;
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
            Ok(claims) => return user(api, license, provider, claims).map(Some),
            Err(error) => failed = error,
        }
    }
    Err(refusal(&failed))
}

/// The person whom a user token of this cluster names, as they are now.
async fn person_of(api: &Api, license: LicenseId, token: &str) -> Result<Vouched, ApiError> {
    let verify = || api.signer().verify_user(token, api.cluster().ledger(Ledger::at));
    let named = match verify() {
        // It was signed a moment ago, by a node that is ahead of this one.
        Err(UserTokenError::NotYet) => {
            api.cluster().barrier().await?;
            verify()
        }
        named => named,
    };
    let named = named.map_err(|error| invalid(&error))?;
    let person = match named.as_str().parse() {
        Ok(id) => api.person_who_may_sign_in(id).await?,
        Err(_) => None,
    };
    let person = person.ok_or_else(|| invalid(&NOT_ANY_MORE))?;
    if !api.cluster().ledger(|ledger| may_use(ledger, &person, license)) {
        return Err(invalid(&"it is of a member of another customer than the license's"));
    }
    Ok(Vouched {
        user: User {
            issuer: api.signer().cluster().as_str().into(),
            account: named.as_str().into(),
            email: Some(person.email),
            person: Some(person.id),
        },
        has_address: true,
    })
}

fn invalid(why: &dyn Display) -> ApiError {
    ApiError::new(Code::TokenInvalid, format!("The user's token is not valid: {why}."))
}

/// Whether the licenses that somebody may use are those of this one's customer. The vendor's own people try out what they
/// sell.
fn may_use(ledger: &Ledger, person: &Person, license: LicenseId) -> bool {
    let customer = ledger.license(license).map(|license| license.customer);
    person.role.customer().is_none_or(|own| Some(own) == customer)
}

/// The user whom a provider vouches for. Whoever is known here has the address that they have here, and takes no seat by
/// way of the provider either if they are disabled, whether their account is known or its verified address is theirs. Of
/// others the provider has to say that it verified the address.
///
/// People of another customer count for nothing here: whoever manages them gives them any address.
fn user(api: &Api, license: LicenseId, provider: &IdentityProvider, claims: Claims) -> Result<Vouched, ApiError> {
    let subject = api.lookup().subject(provider.id, &claims.sub);
    let verified = claims.profile.email.as_ref().filter(|_| claims.profile.email_verified);
    let verified = verified.and_then(|email| address::parse(email));
    let (person, is_out) = api.cluster().ledger(|ledger| {
        let known = |person: Option<&Person>| person.filter(|person| may_use(ledger, person, license)).cloned();
        let by_account = known(
            ledger
                .identity(subject)
                .and_then(|identity| ledger.person(identity.person)),
        );
        let by_address = known(verified.as_deref().and_then(|email| ledger.person_by_email(email)));
        let is_out = |person: &Person| person.disabled_at.is_some();
        let is_out = by_account.as_ref().is_some_and(is_out) || by_address.as_ref().is_some_and(is_out);
        (by_account, is_out)
    });
    if is_out {
        return Err(invalid(&NOT_ANY_MORE));
    }
    let address = person.as_ref().map(|person| person.email.clone());
    let address = address.or_else(|| verified.map(Into::into));
    let is_shown =
        |email: &String| (1..=EMAIL_CHARS_MAX).contains(&email.chars().count()) && !email.chars().any(char::is_control);
    let named = claims.profile.email.filter(is_shown).map(Into::into);
    Ok(Vouched {
        has_address: address.is_some(),
        user: User {
            issuer: provider.issuer.clone(),
            account: claims.sub.into(),
            email: address.or(named),
            person: person.map(|person| person.id),
        },
    })
}

fn refusal(failed: &NotVerified) -> ApiError {
    match failed {
        NotVerified::Refused(why) => invalid(why),
        NotVerified::Unknown(_) => ApiError::new(
            Code::ProviderUnavailable,
            "The identity provider that the user's token comes from does not answer, and its keys are not known here yet. \
             Send the request again in a while.",
        )
        .retry_after(PROVIDER_COMES_IN),
    }
}
