//! Identity providers: who else may say who somebody is.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use licensing::command::{Command, CreateIdentityProvider, UpdateIdentityProvider};
use licensing::id::ProviderId;
use licensing::identity::{IdentityProvider as Row, ProviderKind, ProviderTerms};
use licensing::ledger::Ledger;
use licensing::outcome::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::extract::{InPath, Json, MaybeJson, Query};
use super::id::{self, Id};
use super::license_changes::Nothing;
use super::page::{Limit, Page, fill};
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::{Edit, SeenVersion, Shown, given};
use super::sign_in::callback_url;
use super::text::{Audience, ClientId, IssuerUrl, Name, ScopeName};
use super::time::Timestamp;
use super::typed::{ClientSecretText, KeySetText};
use crate::identity::github::GITHUB;
use crate::identity::outgoing::Address;
use crate::identity::seal::Seal;
use crate::lookup::LookupKey;

/// Google's issuer.
const GOOGLE: &str = "https://accounts.google.com";

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IdentityProviderKind {
    /// OpenID Connect, found by the issuer's discovery document.
    Oidc,
    /// The same, at Google.
    Google,
    /// GitHub or GitHub Enterprise.
    Github,
}

impl From<ProviderKind> for IdentityProviderKind {
    fn from(kind: ProviderKind) -> Self {
        match kind {
            ProviderKind::Oidc => Self::Oidc,
            ProviderKind::Google => Self::Google,
            ProviderKind::GitHub => Self::Github,
        }
    }
}

impl From<IdentityProviderKind> for ProviderKind {
    fn from(kind: IdentityProviderKind) -> Self {
        match kind {
            IdentityProviderKind::Oidc => Self::Oidc,
            IdentityProviderKind::Google => Self::Google,
            IdentityProviderKind::Github => Self::GitHub,
        }
    }
}

/// An identity provider, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct IdentityProvider {
    id: id::ProviderId,
    /// Its name for people, on the button by which they sign in; unique.
    name: String,
    kind: IdentityProviderKind,
    /// Its address. It never changes.
    issuer: String,
    /// What the provider knows this server by; without it nobody signs in by this provider.
    client_id: Option<String>,
    /// Whether it has a client secret, which is never shown.
    has_secret: bool,
    /// What is asked for at a sign-in.
    scopes: Vec<String>,
    /// Whether somebody whom nobody knows becomes a customer by signing in.
    self_registration: bool,
    /// Whether its tokens say who asks for a seat, as `jwt_token`.
    accept_on_acquire: bool,
    /// What such tokens must be for.
    audience: Option<String>,
    /// Its keys, where they are given and not fetched.
    #[schema(value_type = Option<Object>)]
    keys: Option<Value>,
    /// Where the provider sends people back to: what to register there.
    redirect_uri: String,
    created_at: Timestamp,
    /// Counts the edits, from 1; also the `ETag`.
    version: u32,
}

impl IdentityProvider {
    fn of(provider: &Row, redirect_uri: String) -> Self {
        let terms = &provider.terms;
        let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        Self {
            id: Id(provider.id),
            name: provider.name.to_string(),
            kind: provider.kind.into(),
            issuer: provider.issuer.to_string(),
            client_id: text(&terms.client_id),
            has_secret: provider.client_secret.is_some(),
            scopes: terms.scopes.iter().map(ToString::to_string).collect(),
            self_registration: terms.self_registration,
            accept_on_acquire: terms.accept_on_acquire,
            audience: text(&terms.audience),
            keys: terms.keys.as_deref().and_then(|keys| serde_json::from_str(keys).ok()),
            redirect_uri,
            created_at: Timestamp(provider.created_at),
            version: provider.version,
        }
    }
}

/// An identity provider to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIdentityProvider {
    name: Name,
    kind: IdentityProviderKind,
    /// Its address, as its tokens name it. Google's and GitHub's own are known.
    issuer: Option<IssuerUrl>,
    /// What the provider knows this server by.
    client_id: Option<ClientId>,
    /// The secret that goes with it. It is sealed and never shown again.
    client_secret: Option<ClientSecretText>,
    /// What is asked for at a sign-in; left out, what its kind needs.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Vec<ScopeName>, required = false, max_items = 16)]
    scopes: Option<Vec<ScopeName>>,
    /// Whether somebody whom nobody knows becomes a customer by signing in.
    #[serde(default)]
    self_registration: bool,
    /// Whether its tokens say who asks for a seat.
    #[serde(default)]
    accept_on_acquire: bool,
    /// What such tokens must be for; required with `accept_on_acquire`.
    audience: Option<Audience>,
    /// Its keys as a JSON web key set, where this server cannot fetch them.
    keys: Option<KeySetText>,
}

/// What to change of an identity provider; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityProviderChange {
    /// The version that was seen; another is a conflict. `If-Match` says the same.
    if_version: Option<u32>,
    name: Option<Name>,
    /// `null` takes it away: nobody signs in by this provider then.
    #[serde(default)]
    #[schema(value_type = Option<ClientId>)]
    client_id: Edit<ClientId>,
    /// `null` takes it away.
    #[serde(default)]
    #[schema(value_type = Option<ClientSecretText>)]
    client_secret: Edit<ClientSecretText>,
    /// What is asked for at a sign-in.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Vec<ScopeName>, required = false, max_items = 16)]
    scopes: Option<Vec<ScopeName>>,
    /// Whether somebody whom nobody knows becomes a customer by signing in.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    self_registration: Option<bool>,
    /// Whether its tokens say who asks for a seat.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    accept_on_acquire: Option<bool>,
    /// What such tokens must be for; `null` clears it.
    #[serde(default)]
    #[schema(value_type = Option<Audience>)]
    audience: Edit<Audience>,
    /// Its keys, where this server cannot fetch them; `null` has them fetched.
    #[serde(default)]
    #[schema(value_type = Option<KeySetText>)]
    keys: Edit<KeySetText>,
}

impl IdentityProviderChange {
    /// The terms with the change made.
    fn apply(&mut self, terms: ProviderTerms) -> ProviderTerms {
        ProviderTerms {
            client_id: edited(&mut self.client_id, terms.client_id),
            scopes: self.scopes.take().map_or(terms.scopes, texts),
            self_registration: self.self_registration.unwrap_or(terms.self_registration),
            accept_on_acquire: self.accept_on_acquire.unwrap_or(terms.accept_on_acquire),
            audience: edited(&mut self.audience, terms.audience),
            keys: edited(&mut self.keys, terms.keys),
        }
    }
}

fn edited<T: Into<Arc<str>>>(edit: &mut Edit<T>, before: Option<Arc<str>>) -> Option<Arc<str>> {
    match std::mem::take(edit) {
        Edit::Keep => before,
        Edit::Clear => None,
        Edit::Set(value) => Some(value.into()),
    }
}

fn texts(scopes: Vec<ScopeName>) -> Vec<Arc<str>> {
    scopes.into_iter().map(Into::into).collect()
}

/// Which identity providers to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct IdentityProviderQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<id::ProviderId>)]
    cursor: Option<id::ProviderId>,
}

/// What client secrets are sealed under.
pub(super) fn secret_seal(lookup: &LookupKey) -> Seal {
    Seal::new(lookup, b"client secret")
}

fn sealed(api: &Api, provider: ProviderId, secret: &ClientSecretText) -> Arc<[u8]> {
    let seal = secret_seal(api.lookup());
    seal.seal(provider.as_bytes(), secret.0.as_bytes(), api.draw()).into()
}

/// The provider of an id or a name, as of everything that was acknowledged before the call.
async fn named(api: &Api, text: &str) -> Result<Row, ApiError> {
    api.cluster().barrier().await?;
    let find = |ledger: &Ledger| {
        let by_id = text.parse().ok().and_then(|id| ledger.identity_provider(id));
        by_id.or_else(|| ledger.identity_provider_by_name(text)).cloned()
    };
    api.cluster()
        .ledger(find)
        .ok_or_else(|| not_found(Kind::IdentityProvider))
}

fn shown(api: &Api, id: ProviderId) -> Result<Shown<IdentityProvider>, ApiError> {
    let provider = api.cluster().ledger(|ledger| ledger.identity_provider(id).cloned());
    let provider = provider.ok_or_else(|| not_found(Kind::IdentityProvider))?;
    let redirect_uri = callback_url(&api.own_url());
    Ok(Shown::at_version(
        IdentityProvider::of(&provider, redirect_uri),
        provider.version,
    ))
}

/// The issuer of a new provider: of some kinds it is known.
fn issuer(kind: IdentityProviderKind, given: Option<IssuerUrl>) -> Result<Arc<str>, ApiError> {
    let given: Option<Arc<str>> = given.map(Into::into);
    let issuer = match (kind, given) {
        (IdentityProviderKind::Google, None) => GOOGLE.into(),
        (IdentityProviderKind::Google, Some(other)) if &*other != GOOGLE => {
            return Err(ApiError::field("issuer", format!("Google's is {GOOGLE}; leave it out")));
        }
        (IdentityProviderKind::Github, None) => GITHUB.into(),
        (IdentityProviderKind::Oidc, None) => {
            return Err(ApiError::field("issuer", "missing; give the provider's address"));
        }
        (_, Some(given)) => given,
    };
    if issuer.contains(['?', '#']) {
        return Err(ApiError::field(
            "issuer",
            "expected an address without a query or a fragment",
        ));
    }
    match Address::parse(&issuer) {
        Ok(_) => Ok(issuer),
        Err(failed) => Err(ApiError::field("issuer", failed.to_string())),
    }
}

fn default_scopes(kind: IdentityProviderKind) -> Vec<Arc<str>> {
    let scopes: &[&str] = match kind {
        IdentityProviderKind::Oidc | IdentityProviderKind::Google => &["openid", "email", "profile"],
        IdentityProviderKind::Github => &["read:user", "user:email"],
    };
    scopes.iter().map(|scope| Arc::from(*scope)).collect()
}

/// List identity providers, in id order.
#[utoipa::path(
    get, path = "/identity-providers", tag = "people", params(IdentityProviderQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of identity providers.", body = Page<IdentityProvider>)),
)]
pub(super) async fn list_identity_providers(
    State(api): State<Api>,
    _: Caller,
    Query(query): Query<IdentityProviderQuery>,
) -> Result<Answer<Page<IdentityProvider>>, ApiError> {
    let redirect_uri = callback_url(&api.own_url());
    let page = fill(
        &api,
        query.limit,
        query.cursor.map(|Id(id)| id),
        |id| id.to_string(),
        |ledger, after, filling| {
            let _ = ledger.identity_providers(after).try_for_each(|provider| {
                let item = IdentityProvider::of(provider, redirect_uri.clone());
                filling.look_at(provider.id, Some(item))
            });
        },
    );
    page.await.map(Answer)
}

/// Add an identity provider. People sign in by it, its tokens say who asks for a seat, or both.
#[utoipa::path(
    post, path = "/identity-providers", tag = "people", request_body = NewIdentityProvider,
    security(("api_token" = [])),
    responses((status = 201, description = "The identity provider.", body = IdentityProvider)),
)]
pub(super) async fn create_identity_provider(
    State(api): State<Api>,
    caller: Caller,
    request: Json<NewIdentityProvider>,
) -> Result<Shown<IdentityProvider>, ApiError> {
    let id = ProviderId::from_bytes(caller.derive(&api, "id"));
    let new = request.value;
    let command = Command::CreateIdentityProvider(CreateIdentityProvider {
        id,
        name: new.name.into(),
        kind: new.kind.into(),
        issuer: issuer(new.kind, new.issuer)?,
        terms: ProviderTerms {
            client_id: new.client_id.map(Into::into),
            scopes: new.scopes.map_or_else(|| default_scopes(new.kind), texts),
            self_registration: new.self_registration,
            accept_on_acquire: new.accept_on_acquire,
            audience: new.audience.map(Into::into),
            keys: new.keys.map(Into::into),
        },
        client_secret: new.client_secret.map(|secret| sealed(&api, id, &secret)),
    });
    caller.change(&api, &request.bytes, command).await?;
    Ok(shown(&api, id)?.created(&format!("/identity-providers/{id}")))
}

/// Read an identity provider.
#[utoipa::path(
    get, path = "/identity-providers/{id}", tag = "people", security(("api_token" = [])),
    params(("id" = String, Path, description = "The provider's id or name.")),
    responses((status = 200, description = "The identity provider.", body = IdentityProvider)),
)]
pub(super) async fn get_identity_provider(
    State(api): State<Api>,
    _: Caller,
    InPath(text): InPath,
) -> Result<Shown<IdentityProvider>, ApiError> {
    let provider = named(&api, &text).await?;
    shown(&api, provider.id)
}

/// Change an identity provider.
#[utoipa::path(
    patch, path = "/identity-providers/{id}", tag = "people", request_body = IdentityProviderChange,
    security(("api_token" = [])),
    params(("id" = String, Path, description = "The provider's id or name.")),
    responses((status = 200, description = "The identity provider as it is now.", body = IdentityProvider)),
)]
pub(super) async fn change_identity_provider(
    State(api): State<Api>,
    caller: Caller,
    seen: SeenVersion,
    InPath(text): InPath,
    request: Json<IdentityProviderChange>,
) -> Result<Shown<IdentityProvider>, ApiError> {
    let provider = named(&api, &text).await?;
    let mut change = request.value;
    let given = seen.or(change.if_version);
    let command = Command::UpdateIdentityProvider(UpdateIdentityProvider {
        id: provider.id,
        // The terms are those that were found, with the change made: they must still be the same.
        if_version: given.or(Some(provider.version)),
        name: change.name.take().map(Into::into),
        client_secret: match &change.client_secret {
            Edit::Keep => None,
            Edit::Clear => Some(None),
            Edit::Set(secret) => Some(Some(sealed(&api, provider.id, secret))),
        },
        terms: Some(change.apply(provider.terms)),
    });
    caller.change(&api, &request.bytes, command).await?;
    shown(&api, provider.id)
}

/// Remove an identity provider. Everybody who could sign in by it is signed out.
#[utoipa::path(
    delete, path = "/identity-providers/{id}", tag = "people", security(("api_token" = [])),
    params(("id" = String, Path, description = "The provider's id or name.")),
    responses((status = 204, description = "It is removed.")),
)]
pub(super) async fn remove_identity_provider(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<StatusCode, ApiError> {
    let provider = named(&api, &text).await?;
    let command = Command::RemoveIdentityProvider {
        id: provider.id,
        if_version: None,
    };
    caller.change(&api, &request.bytes, command).await?;
    Ok(StatusCode::NO_CONTENT)
}
