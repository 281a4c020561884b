//! The caller themselves: who they are, their password, their second factor.

use axum::extract::State;
use axum::http::StatusCode;
use licensing::command::{Command, UpdatePerson};
use licensing::id::{ApiTokenId, PersonId};
use licensing::ledger::Ledger;
use licensing::outcome::Kind as RowKind;
use licensing::person::Person;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::Api;
use super::caller::{Caller, OwnCall, Who};
use super::extract::{Json, NoQuery};
use super::id::{self, Id};
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::{SeenVersion, Shown};
use super::role::RoleName;
use super::strangers::Source;
use super::text::Name;
use super::tokens::Scope;
use super::typed::{Code6, NewPassword, PasswordText, TotpSecret};
use crate::identity::password::Typed;
use crate::identity::totp::Secret;

/// Who calls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    kind: Kind,
    /// The person's id, or the token's.
    id: String,
    /// The person's name, or the token's.
    name: String,
    /// What the person signs in by.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// What the caller may do.
    role: RoleName,
    /// The customer that the caller belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<id::CustomerId>,
    /// The scopes of a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<Scope>>,
    /// Whether the person has a second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    totp: Option<bool>,
}

/// What kind of caller it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// One of the vendor's own people.
    Operator,
    /// A member of a customer.
    Member,
    /// An API token.
    Token,
}

impl Me {
    pub(super) fn person(person: &Person) -> Self {
        let customer = person.role.customer();
        Self {
            kind: if customer.is_some() {
                Kind::Member
            } else {
                Kind::Operator
            },
            id: person.id.to_string(),
            name: person.name.to_string(),
            email: Some(person.email.to_string()),
            role: person.role.into(),
            customer: customer.map(Id),
            scopes: None,
            totp: Some(person.totp.is_some()),
        }
    }

    fn token(ledger: &Ledger, caller: &Caller, id: ApiTokenId) -> Option<Self> {
        let token = ledger.api_token(id)?;
        Some(Self {
            kind: Kind::Token,
            id: id.to_string(),
            name: token.name.to_string(),
            email: None,
            role: caller.role().into(),
            customer: caller.customer().map(Id),
            scopes: Some(vec![Scope::of(token.scope)]),
            totp: None,
        })
    }
}

/// What to change of oneself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MyChange {
    /// The version that was seen; another is a conflict. `If-Match` says the same.
    if_version: Option<u32>,
    name: Option<Name>,
}

/// A new password, with the one before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password as it is.
    old: PasswordText,
    new: NewPassword,
}

/// A second factor to set up: first with the password alone, which answers a secret for the authenticator; then with that
/// secret and a code of it, which puts it to use.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TotpChange {
    password: PasswordText,
    /// The secret that the first call answered.
    secret: Option<TotpSecret>,
    /// A code that the authenticator shows for it.
    code: Option<Code6>,
}

/// A second factor that is being set up.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpSetup {
    /// Whether it is in use now.
    enabled: bool,
    /// The secret for the authenticator. It is not kept until a code of it was shown, and cannot be read again then.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The same as an address that authenticators read from a QR code.
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<String>,
}

/// The password, to show that it is really them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordProof {
    password: PasswordText,
}

/// A person as this node knows them.
pub(super) fn find(api: &Api, id: PersonId) -> Result<Person, ApiError> {
    let person = api.cluster().ledger(|ledger| ledger.person(id).cloned());
    person.ok_or_else(|| not_found(RowKind::Person))
}

/// Say who calls: the person who is signed in, or the API token.
#[utoipa::path(
    get, path = "/me", tag = "people", security(("api_token" = [])),
    responses((status = 200, description = "Who calls.", body = Me)),
)]
pub(super) async fn get_me(State(api): State<Api>, caller: Caller, _: NoQuery) -> Result<Shown<Me>, ApiError> {
    let me = api.cluster().ledger(|ledger| match caller.who() {
        Who::Person(id, _) => ledger
            .person(id)
            .map(|person| (Me::person(person), Some(person.version))),
        Who::Token(id) => Me::token(ledger, &caller, id).map(|me| (me, None)),
    });
    let (me, version) = me.ok_or_else(|| not_found(RowKind::Person))?;
    Ok(match version {
        Some(version) => Shown::at_version(me, version),
        None => Shown::plain(me),
    })
}

/// Change one's own name.
#[utoipa::path(
    patch, path = "/me", tag = "people", request_body = MyChange, security(("api_token" = [])),
    responses((status = 200, description = "The caller as they are now.", body = Me)),
)]
pub(super) async fn change_me(
    State(api): State<Api>,
    own: OwnCall,
    seen: SeenVersion,
    request: Json<MyChange>,
) -> Result<Shown<Me>, ApiError> {
    let command = Command::UpdatePerson(UpdatePerson {
        id: own.person,
        if_version: seen.or(request.value.if_version),
        email: None,
        name: request.value.name.map(Into::into),
        role: None,
        disabled: None,
        forget_totp: false,
    });
    own.call.change(&api, &request.bytes, command).await?;
    let person = find(&api, own.person)?;
    Ok(Shown::at_version(Me::person(&person), person.version))
}

/// Choose another password. Every other login of the caller ends.
#[utoipa::path(
    put, path = "/me/password", tag = "people", request_body = PasswordChange, security(("api_token" = [])),
    responses((status = 204, description = "It is changed.")),
)]
pub(super) async fn change_password(
    State(api): State<Api>,
    own: OwnCall,
    source: Source,
    request: Json<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    let PasswordChange { old, new } = request.value;
    let person = proven(&api, source, &own, "old", old.0).await?;
    let command = Command::SetPassword {
        person: own.person,
        if_version: person.version,
        password: api.hash_password(new.0).await?,
        keep: Some(own.login),
    };
    own.call.change(&api, &request.bytes, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set up a second factor.
#[utoipa::path(
    post, path = "/me/totp", tag = "people", request_body = TotpChange, security(("api_token" = [])),
    responses((status = 200, description = "The secret for the authenticator, or that it is in use.", body = TotpSetup)),
)]
pub(super) async fn set_up_totp(
    State(api): State<Api>,
    own: OwnCall,
    source: Source,
    request: Json<TotpChange>,
) -> Result<Shown<TotpSetup>, ApiError> {
    let TotpChange { password, secret, code } = request.value;
    let person = proven(&api, source, &own, "password", password.0).await?;
    let Some(secret) = secret else {
        if code.is_some() {
            return Err(ApiError::field("secret", "missing; send the one that the code is of"));
        }
        let secret = Secret::new(api.draw());
        return Ok(Shown::plain(TotpSetup {
            enabled: false,
            uri: Some(uri(&person, &secret)),
            secret: Some(secret.reveal().to_string()),
        }));
    };
    let code = code.ok_or_else(|| ApiError::field("code", "missing; send one that the authenticator shows"))?;
    let step = secret.0.step_of(&code, api.unix_ms());
    let step =
        step.ok_or_else(|| ApiError::field("code", "not a code of this secret now; check the device's clock"))?;
    let sealed = secret.0.seal(api.lookup(), own.person, api.draw());
    let command = Command::SetTotp {
        person: own.person,
        if_version: person.version,
        totp: Some((sealed, step)),
    };
    own.call.change(&api, &request.bytes, command).await?;
    Ok(Shown::plain(TotpSetup {
        enabled: true,
        secret: None,
        uri: None,
    }))
}

/// Put the second factor away.
#[utoipa::path(
    delete, path = "/me/totp", tag = "people", request_body = PasswordProof, security(("api_token" = [])),
    responses((status = 204, description = "There is none any more.")),
)]
pub(super) async fn remove_totp(
    State(api): State<Api>,
    own: OwnCall,
    source: Source,
    request: Json<PasswordProof>,
) -> Result<StatusCode, ApiError> {
    let person = proven(&api, source, &own, "password", request.value.password.0).await?;
    let command = Command::SetTotp {
        person: own.person,
        if_version: person.version,
        totp: None,
    };
    own.call.change(&api, &request.bytes, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller, who has shown their password: a login that was left open is not enough for what follows.
async fn proven(api: &Api, source: Source, own: &OwnCall, field: &str, password: Typed) -> Result<Person, ApiError> {
    let person = find(api, own.person)?;
    let attempt = api.attempt(source, &person.email)?;
    if api.password_matches(password, person.password.clone()).await? {
        attempt.succeeded(api);
        Ok(person)
    } else {
        Err(ApiError::field(field, "this is not your password"))
    }
}

/// What authenticators read from a QR code.
fn uri(person: &Person, secret: &Secret) -> String {
    let label = percent_encoding::utf8_percent_encode(&person.email, percent_encoding::NON_ALPHANUMERIC);
    let text: Zeroizing<String> = secret.reveal();
    format!("otpauth://totp/usher:{label}?secret={}&issuer=usher", &**text)
}
