//! Signing in by an identity provider: a browser is sent there, comes back with a code, and leaves with the same login
//! that a password gives.
//!
//! Everything the way back needs travels with the browser, sealed, so that any node can finish what another began. What
//! goes wrong on the way back is told on the page where people sign in.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use axum::http::header::{COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use licensing::command::{Actor, Command, Proposal, SignInByProvider};
use licensing::id::{CustomerId, LoginId, PersonId, encode_base32};
use licensing::identity::{IdentityProvider, ProviderKind};
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Outcome, Rejection};
use licensing::time::Span;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use super::extract::{NoQuery, Query};
use super::id::{self, Id};
use super::identity_providers::{IdentityProviderKind, secret_seal};
use super::logins::{LIFE, Visitor};
use super::problem::ApiError;
use super::refusal::not_found;
use super::text::ReturnTo;
use super::{Api, BASE};
use crate::identity::flow::{FLOW_LIFE, Flow};
use crate::identity::github;
use crate::identity::outgoing::CallFailed;
use crate::identity::providers::{Account, NotVerified, Redeemed};

/// The longest code that a provider may send back.
const CODE_CHARS_MAX: usize = 2_048;

/// Where providers send people back to, below the address of a node.
pub(super) fn callback_url(api_url: &str) -> String {
    format!("{}{BASE}/sign-in/callback", api_url.trim_end_matches('/'))
}

/// A provider as everybody may know it: a button.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInProvider {
    id: id::ProviderId,
    /// Its name for people.
    name: String,
    kind: IdentityProviderKind,
}

/// Every provider by which people sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignInProviders {
    items: Vec<SignInProvider>,
}

/// Where to begin to sign in.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Start {
    /// The provider.
    #[param(value_type = id::ProviderId)]
    provider: id::ProviderId,
    /// The page of the console to go on with.
    return_to: Option<ReturnTo>,
}

/// What a provider sends back. Some send more, which is passed over: what stands there is the provider's affair, so it is
/// not in the document.
#[derive(Deserialize)]
pub(crate) struct Back {
    /// What the sign-in began with.
    state: Option<String>,
    /// What the provider gives tokens for.
    code: Option<String>,
    /// Which provider sends (RFC 9207).
    iss: Option<String>,
    /// Why there is no code.
    error: Option<String>,
}

/// Why nobody was signed in, as the console is told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    /// They did not want to, or the provider did not let them.
    Denied,
    /// This browser did not begin it, or too long ago, or has finished it.
    Stale,
    /// The provider does not answer, or not as it should.
    Provider,
    /// What the provider signed is not good.
    Token,
    EmailNotVerified,
    AccountUnknown,
    AccountMoved,
    /// The account may not sign in.
    Refused,
    TooMany,
    /// The cluster could not, at the moment.
    TryAgain,
}

impl Failed {
    const fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Stale => "stale",
            Self::Provider => "provider",
            Self::Token => "token",
            Self::EmailNotVerified => "email_not_verified",
            Self::AccountUnknown => "account_unknown",
            Self::AccountMoved => "account_moved",
            Self::Refused => "refused",
            Self::TooMany => "too_many",
            Self::TryAgain => "try_again",
        }
    }
}

impl From<NotVerified> for Failed {
    fn from(failed: NotVerified) -> Self {
        match failed {
            NotVerified::Refused(_) => Self::Token,
            NotVerified::Unknown(_) => Self::Provider,
        }
    }
}

impl From<Rejection> for Failed {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::EmailNotVerified => Self::EmailNotVerified,
            Rejection::AccountUnknown => Self::AccountUnknown,
            Rejection::AccountMoved => Self::AccountMoved,
            Rejection::RequestIdReused | Rejection::RequestTooLate | Rejection::AlreadyExists { .. } => Self::Stale,
            _ => Self::Refused,
        }
    }
}

/// List the identity providers by which people sign in.
#[utoipa::path(
    get, path = "/sign-in/providers", tag = "people",
    responses((status = 200, description = "The providers, by name.", body = SignInProviders)),
)]
pub(super) async fn list_sign_in_providers(
    State(api): State<Api>,
    _: NoQuery,
) -> Result<Answer<SignInProviders>, ApiError> {
    let look = |ledger: &Ledger| {
        let offered = ledger.identity_providers(None).filter(|provider| provider.signs_in());
        let item = |provider: &IdentityProvider| SignInProvider {
            id: Id(provider.id),
            name: provider.name.to_string(),
            kind: provider.kind.into(),
        };
        Some(offered.map(item).collect::<Vec<_>>())
    };
    let mut items = api.find(look).await?.unwrap_or_default();
    items.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Answer(SignInProviders { items }))
}

/// Begin to sign in by an identity provider: a browser is sent there.
#[utoipa::path(
    get, path = "/sign-in/start", tag = "people", params(Start),
    responses((
        status = 303,
        description = "`Location` is the provider's page, or the console's with `sign_in_error` if it cannot be asked.",
    )),
)]
pub(super) async fn start_sign_in(
    State(api): State<Api>,
    browser: Browser,
    Query(start): Query<Start>,
) -> Result<Response, ApiError> {
    let Id(id) = start.provider;
    let provider = api
        .find(|ledger| {
            ledger
                .identity_provider(id)
                .filter(|provider| provider.signs_in())
                .cloned()
        })
        .await?;
    let provider = provider.ok_or_else(|| not_found(Kind::IdentityProvider))?;
    let flow = Flow::begin(
        id,
        [api.draw(), api.draw(), api.draw()],
        callback_url(&browser.base),
        start.return_to.map_or_else(|| "/".to_owned(), |page| page.to_string()),
        api.unix_ms(),
    );
    match authorization(&api, &provider, &flow).await {
        Ok(location) => {
            let cookie = api.flow_cookie(&flow.seal(api.lookup(), api.draw()), FLOW_LIFE)?;
            redirect(&location, [cookie])
        }
        Err(cause) => {
            tracing::warn!(provider = %provider.name, %cause, "a sign-in cannot begin");
            redirect(&told(Failed::Provider), [])
        }
    }
}

/// Where the browser goes.
async fn authorization(api: &Api, provider: &IdentityProvider, flow: &Flow) -> Result<String, CallFailed> {
    let scopes = provider.terms.scopes.join(" ");
    let challenge = flow.challenge();
    let client_id = provider.terms.client_id.as_deref().unwrap_or_default();
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", &flow.redirect_uri),
        ("scope", &scopes),
        ("state", &flow.state),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    Ok(match provider.kind {
        ProviderKind::GitHub => github::authorization(&provider.issuer)?.with(&parameters),
        ProviderKind::Oidc | ProviderKind::Google => {
            parameters.push(("nonce", &flow.nonce));
            let discovered = api.providers().discovered(provider).await?;
            discovered.authorization()?.with(&parameters)
        }
    })
}

/// Come back from an identity provider. Only a browser that began here can.
#[utoipa::path(
    get, path = "/sign-in/callback", tag = "people",
    responses((
        status = 303,
        description = "`Location` is the page that was asked for, with the login's cookie in `Set-Cookie`, or the \
                       console's with `sign_in_error`.",
    )),
)]
pub(super) async fn finish_sign_in(
    State(api): State<Api>,
    browser: Browser,
    Query(back): Query<Back>,
) -> Result<Response, ApiError> {
    let gone = api.flow_cookie("", Span::from_ms(0))?;
    match signed_in(&api, &browser, back).await {
        Ok((return_to, cookie)) => redirect(&return_to, [cookie, gone]),
        Err(failed) => redirect(&told(failed), [gone]),
    }
}

async fn signed_in(api: &Api, browser: &Browser, back: Back) -> Result<(String, HeaderValue), Failed> {
    let sealed = cookie_of(&browser.headers, api.flow_cookie_name()).ok_or(Failed::Stale)?;
    let flow = Flow::open(api.lookup(), sealed, api.unix_ms()).ok_or(Failed::Stale)?;
    if back.state.as_deref() != Some(&*flow.state) {
        return Err(Failed::Stale);
    }
    let id = flow.provider();
    let find = |ledger: &Ledger| {
        ledger
            .identity_provider(id)
            .filter(|provider| provider.signs_in())
            .cloned()
    };
    let provider = api
        .find(find)
        .await
        .map_err(|_| Failed::TryAgain)?
        .ok_or(Failed::Stale)?;
    if let Some(error) = &back.error {
        let error: String = error.chars().take(100).collect();
        tracing::info!(provider = %provider.name, ?error, "a provider signed nobody in");
        return Err(Failed::Denied);
    }
    let code = back.code.filter(|code| (1..=CODE_CHARS_MAX).contains(&code.len()));
    let code = Zeroizing::new(code.ok_or(Failed::Provider)?);
    let attempt = api
        .attempt_from(browser.visitor.source())
        .map_err(|_| Failed::TooMany)?;
    let account = match account(api, &provider, &flow, &code, back.iss.as_deref()).await {
        Ok(account) => account,
        Err(cause) => {
            tracing::warn!(provider = %provider.name, %cause, "a provider's answer signs nobody in");
            return Err(cause.into());
        }
    };
    let cookie = begin_login(api, browser, &provider, &flow, &account).await?;
    attempt.succeeded(api);
    Ok((flow.return_to, cookie))
}

/// The account that the provider vouches for.
async fn account(
    api: &Api,
    provider: &IdentityProvider,
    flow: &Flow,
    code: &str,
    iss: Option<&str>,
) -> Result<Account, NotVerified> {
    let client_id = provider.terms.client_id.as_deref().unwrap_or_default();
    let secret = client_secret(api, provider);
    let redeemed = Redeemed {
        code,
        verifier: &flow.verifier,
        redirect_uri: &flow.redirect_uri,
        nonce: &flow.nonce,
        client_secret: secret.as_deref().map(String::as_str),
    };
    let providers = api.providers();
    match provider.kind {
        ProviderKind::GitHub => {
            let account = providers
                .redeem_at_github(&provider.issuer, client_id, &redeemed)
                .await?;
            Ok(account)
        }
        ProviderKind::Oidc | ProviderKind::Google => {
            let names_itself = providers.discovered(provider).await?.names_itself;
            let is_right = iss.map_or(!names_itself, |iss| iss == &*provider.issuer);
            if !is_right {
                return Err(crate::identity::jwt::Refused::Issuer.into());
            }
            providers.redeem(provider, client_id, &redeemed, api.unix_ms()).await
        }
    }
}

fn client_secret(api: &Api, provider: &IdentityProvider) -> Option<Zeroizing<String>> {
    let sealed = provider.client_secret.as_ref()?;
    let opened = secret_seal(api.lookup()).open(provider.id.as_bytes(), sealed)?;
    String::from_utf8(opened.to_vec()).ok().map(Zeroizing::new)
}

/// Begins a login for whom the account is, and gives its cookie.
async fn begin_login(
    api: &Api,
    browser: &Browser,
    provider: &IdentityProvider,
    flow: &Flow,
    account: &Account,
) -> Result<HeaderValue, Failed> {
    let subject = api.lookup().subject(provider.id, &account.subject);
    // Of several verified addresses, the one that somebody here has, else the main one.
    let email = api.cluster().ledger(|ledger| {
        let known = account
            .emails
            .iter()
            .find(|email| ledger.person_by_email(email).is_some());
        known.or(account.emails.first()).cloned()
    });
    let newcomer = PersonId::from_bytes(api.draw());
    let person = api.cluster().ledger(|ledger| {
        let linked = ledger.identity(subject).map(|identity| identity.person);
        let by_email = || ledger.person_by_email(email.as_deref()?).map(|person| person.id);
        linked.or_else(by_email).unwrap_or(newcomer)
    });
    let login = LoginId::from_bytes(api.draw());
    let secret: Zeroizing<String> = Zeroizing::new(encode_base32(&api.draw::<20>()));
    let name = [account.name.as_deref(), email.as_deref(), Some("Somebody")];
    let name = name.into_iter().flatten().find_map(plain).unwrap_or_default();
    let command = Command::SignInByProvider(SignInByProvider {
        login,
        secret: api.lookup().login(&secret),
        provider: provider.id,
        subject,
        account: account.subject.as_str().into(),
        email: email.map(Into::into),
        name,
        newcomer: (newcomer, CustomerId::from_bytes(api.draw())),
        expires_at: api.cluster().ledger(Ledger::at).after(LIFE),
        agent: browser.visitor.agent(),
        address: Some(browser.visitor.source().0.to_string().into()),
    });
    let proposal = Proposal {
        actor: Actor::Person(person),
        // Named by its state alone, so that a flow that is replayed is another request under a used name.
        request: Some(
            api.lookup()
                .request(b"sign in by provider", &flow.state, secret.as_bytes()),
        ),
        not_after: Some(api.valid_until()),
        command,
    };
    let applied = api.cluster().propose(proposal).await.map_err(|_| Failed::TryAgain)?;
    if let Outcome::Rejected(rejection) = applied.outcome {
        tracing::info!(provider = %provider.name, %rejection, "a sign-in was refused");
        return Err(rejection.into());
    }
    api.cluster().barrier().await.map_err(|_| Failed::TryAgain)?;
    api.cookie(&secret, LIFE).map_err(|_| Failed::TryAgain)
}

/// A provider's text as the ledger takes it.
fn plain(text: &str) -> Option<Arc<str>> {
    let text: String = text
        .chars()
        .filter(|character| !character.is_control())
        .take(200)
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.into())
}

/// Where the console tells why nobody was signed in.
fn told(failed: Failed) -> String {
    format!("/?sign_in_error={}", failed.name())
}

fn redirect<const N: usize>(location: &str, cookies: [HeaderValue; N]) -> Result<Response, ApiError> {
    let location = HeaderValue::try_from(location).map_err(ApiError::internal)?;
    let cookies = AppendHeaders(cookies.map(|cookie| (SET_COOKIE, cookie)));
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)], cookies).into_response())
}

fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(COOKIE).into_iter();
    let mut pairs = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// A browser on its way to a provider or back.
#[derive(Debug)]
pub(super) struct Browser {
    visitor: Visitor,
    headers: HeaderMap,
    /// The server's address as the browser has it.
    base: String,
}

impl axum::extract::FromRequestParts<Api> for Browser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        Ok(Self {
            visitor: Visitor::of(parts),
            base: base(parts, api),
            headers: parts.headers.clone(),
        })
    }
}

/// The address that the browser came by, since its cookies are for that one. A provider sends people only to addresses
/// that were registered there, so one that is made up leads nowhere.
fn base(parts: &Parts, api: &Api) -> String {
    let own = api.own_url();
    let named = parts.uri.authority().map(axum::http::uri::Authority::as_str);
    let host = named.or_else(|| parts.headers.get(HOST)?.to_str().ok());
    let is_host = |host: &&str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        !host.is_empty() && host.bytes().all(allowed)
    };
    match host.filter(is_host) {
        Some(host) if own.split_once("://").is_none_or(|(_, authority)| authority != host) => {
            let scheme = if api.0.config.tls { "https" } else { "http" };
            format!("{scheme}://{host}")
        }
        _ => own,
    }
}

impl Api {
    /// The name of the cookie that a browser keeps while it is at a provider.
    fn flow_cookie_name(&self) -> &'static str {
        if self.0.config.tls {
            "__Host-usher_sign_in"
        } else {
            "usher_sign_in"
        }
    }

    /// It is sent along when the provider sends the browser back, so it cannot be as strict as a login's.
    fn flow_cookie(&self, sealed: &str, max_age: Span) -> Result<HeaderValue, ApiError> {
        let secure = if self.0.config.tls { "; Secure" } else { "" };
        let text = format!(
            "{}={sealed}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
            self.flow_cookie_name(),
            max_age.secs_ceil()
        );
        HeaderValue::try_from(text).map_err(ApiError::internal)
    }
}
