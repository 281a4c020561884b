//! Logins: people sign in with a password, and a code if they have a second factor, and get a cookie.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{LOCATION, SET_COOKIE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use licensing::command::{Actor, Command, Proposal, SignIn};
use licensing::id::{LoginId, encode_base32};
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Outcome};
use licensing::person::{Login as Row, Person};
use licensing::time::Span;
use raft::ProposeError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroizing;

use super::caller::OwnCall;
use super::code::Code;
use super::extract::{InPath, Json, MaybeJson, NoQuery};
use super::id::{self, Id};
use super::license_changes::Nothing;
use super::me::Me;
use super::problem::ApiError;
use super::refusal::not_found;
use super::same_site;
use super::strangers::Source;
use super::text::Email;
use super::time::Timestamp;
use super::typed::{Code6, PasswordText};
use super::{Api, BASE};
use crate::identity::password::{Failed, Typed};
use crate::identity::totp::Secret;

/// How long a login is good.
pub(super) const LIFE: Span = Span::from_secs(7 * 86_400);

/// The most that is kept of what a browser says it is.
const AGENT_CHARS_MAX: usize = 200;

/// Whom to sign in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLogin {
    email: Email,
    password: PasswordText,
    /// The code of the second factor, for those who have one.
    totp: Option<Code6>,
}

/// A login, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Login {
    id: id::LoginId,
    created_at: Timestamp,
    /// Until when it is good.
    expires_at: Timestamp,
    /// When it was last used, to a few minutes.
    used_at: Timestamp,
    /// What the browser said it is.
    agent: Option<String>,
    /// The address that it came from.
    address: Option<String>,
    /// Whether it is the one that this call was made with.
    current: bool,
}

/// Every login of a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Logins {
    items: Vec<Login>,
}

impl Login {
    fn of(login: &Row, current: LoginId) -> Self {
        Self {
            id: Id(login.id),
            created_at: Timestamp(login.created_at),
            expires_at: Timestamp(login.expires_at),
            used_at: Timestamp(login.used_at),
            agent: login.agent.as_deref().map(str::to_owned),
            address: login.address.as_deref().map(str::to_owned),
            current: login.id == current,
        }
    }
}

/// Somebody who is not signed in yet.
#[derive(Debug)]
pub(crate) struct Visitor {
    source: Source,
    agent: Option<Arc<str>>,
}

impl Visitor {
    /// Somebody whose call may come from another server's page: an identity provider sends them.
    pub(super) fn of(parts: &Parts) -> Self {
        let agent = parts.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        let agent: Option<String> = agent.map(|text| text.chars().take(AGENT_CHARS_MAX).collect());
        Self {
            source: Source::of(parts),
            agent: agent
                .filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
                .map(Into::into),
        }
    }

    /// Where they come from.
    pub(super) const fn source(&self) -> Source {
        self.source
    }

    /// The same as it is put on record.
    pub(super) fn address(&self) -> Arc<str> {
        self.source.0.to_string().into()
    }

    /// What their browser says it is.
    pub(super) fn agent(&self) -> Option<Arc<str>> {
        self.agent.clone()
    }
}

impl FromRequestParts<Api> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        same_site::check_stranger(parts)?;
        Ok(Self::of(parts))
    }
}

/// A try to sign in, or at a code, which counts as failed until it has succeeded.
#[must_use]
pub(super) struct Attempt {
    source: IpAddr,
    at: Guessed,
}

/// What somebody who tries may be guessing at.
enum Guessed {
    /// A password, or who they are, with the account where it is known before the try.
    Login(Option<[u8; 32]>),
    /// A code for a user token.
    Code,
}

impl Attempt {
    /// It was no failure.
    pub(super) fn succeeded(self, api: &Api) {
        match self.at {
            Guessed::Code => api.0.failed_codes.give_back(self.source),
            Guessed::Login(account) => {
                api.0.failed_by_source.give_back(self.source);
                if let Some(account) = account {
                    api.0.failed_by_account.give_back(account);
                }
            }
        }
    }

    /// Goes on with what was asked of the cluster meanwhile. That it has no answer is nobody's failure to sign in.
    pub(super) fn unless_unanswered<T>(self, api: &Api, answer: Result<T, ApiError>) -> Result<(Self, T), ApiError> {
        match answer {
            Ok(answer) => Ok((self, answer)),
            Err(error) => {
                self.succeeded(api);
                Err(error)
            }
        }
    }
}

impl Api {
    /// Lets somebody try a password, unless too many were tried from this address or for this account.
    pub(super) fn attempt(&self, Source(source): Source, email: &str) -> Result<Attempt, ApiError> {
        let now_ms = self.0.config.seams.clock.boot_ms();
        let account = self.lookup().account(email);
        let attempt = self.attempt_from(Source(source))?;
        if let Err(wait) = self.0.failed_by_account.take(account, now_ms) {
            attempt.succeeded(self);
            return Err(self.too_many_failed(wait));
        }
        Ok(Attempt {
            source,
            at: Guessed::Login(Some(account)),
        })
    }

    /// The same for a try whose account is not known yet.
    pub(super) fn attempt_from(&self, Source(source): Source) -> Result<Attempt, ApiError> {
        let now_ms = self.0.config.seams.clock.boot_ms();
        let taken = self.0.failed_by_source.take(source, now_ms);
        taken.map_err(|wait| self.too_many_failed(wait))?;
        Ok(Attempt {
            source,
            at: Guessed::Login(None),
        })
    }

    /// The same for a try at a code. Who is let in by it has no password to guess at, so each has a limit of its own and none
    /// locks the other out.
    pub(super) fn attempt_at_code(&self, Source(source): Source) -> Result<Attempt, ApiError> {
        let now_ms = self.0.config.seams.clock.boot_ms();
        let taken = self.0.failed_codes.take(source, now_ms);
        taken.map_err(|wait| self.too_many_failed(wait))?;
        Ok(Attempt {
            source,
            at: Guessed::Code,
        })
    }

    fn too_many_failed(&self, wait: Span) -> ApiError {
        self.metrics().rate_limited();
        let detail = format!("Too many sign-ins failed. Try again in {} s.", wait.secs_ceil());
        ApiError::new(Code::RateLimited, detail).retry_after(wait)
    }

    /// Whether a password is the one of this hash; without a hash it is not, which takes as long to say.
    pub(super) async fn password_matches(&self, password: Typed, known: Option<Arc<str>>) -> Result<bool, ApiError> {
        self.0.passwords.matches(password, known).await.map_err(failed)
    }

    /// The hash of a new password.
    pub(super) async fn hash_password(&self, password: Typed) -> Result<Arc<str>, ApiError> {
        self.0.passwords.hash(password, self.draw()).await.map_err(failed)
    }

    /// The name of the login's cookie. With the prefix, browsers take it over TLS only, for this host only.
    pub(super) fn cookie_name(&self) -> &'static str {
        if self.0.config.tls {
            "__Host-usher_login"
        } else {
            "usher_login"
        }
    }

    pub(super) fn cookie(&self, secret: &str, max_age: Span) -> Result<HeaderValue, ApiError> {
        let secure = if self.0.config.tls { "; Secure" } else { "" };
        let text = format!(
            "{}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}{secure}",
            self.cookie_name(),
            max_age.secs_ceil()
        );
        HeaderValue::try_from(text).map_err(ApiError::internal)
    }
}

fn failed(failed: Failed) -> ApiError {
    match failed {
        Failed::Busy => ProposeError::Overloaded.into(),
        Failed::Internal(cause) => ApiError::internal(cause),
    }
}

/// Sign in. The answer says who it is and sets a cookie, `__Host-usher_login` over TLS and `usher_login` over plain HTTP on
/// this machine, which the calls of a browser carry from then on.
#[utoipa::path(
    post, path = "/logins", tag = "people", request_body = NewLogin,
    responses((status = 201, description = "Who is signed in now; the cookie is in `Set-Cookie`.", body = Me)),
)]
pub(super) async fn sign_in(
    State(api): State<Api>,
    visitor: Visitor,
    request: Json<NewLogin>,
) -> Result<Response, ApiError> {
    let NewLogin { email, password, totp } = request.value;
    let attempt = api.attempt(visitor.source, &email)?;
    // Also for an address that nobody has, so that both take the same time.
    let barrier = api.cluster().barrier().await.map_err(Into::into);
    let (attempt, ()) = attempt.unless_unanswered(&api, barrier)?;
    let person = api.cluster().ledger(|ledger| ledger.person_by_email(&email).cloned());
    let person = person.filter(|person| person.disabled_at.is_none());
    let known = person.as_ref().and_then(|person| person.password.clone());
    let matches = api.password_matches(password.0, known).await?;
    let Some(person) = person.filter(|_| matches) else {
        return Err(refused());
    };
    let totp_step = match second_factor(&api, &person, totp)? {
        Shown::NotNeeded => None,
        Shown::Right(step) => Some(step),
        Shown::Wrong => return Err(refused()),
        Shown::Missing => {
            attempt.succeeded(&api);
            return Err(ApiError::new(
                Code::TotpRequired,
                "This account has a second factor. Send the code that its authenticator shows, as totp.",
            ));
        }
    };
    let login = LoginId::from_bytes(api.draw());
    let secret: Zeroizing<String> = Zeroizing::new(encode_base32(&api.draw::<20>()));
    let command = Command::SignIn(SignIn {
        login,
        secret: api.lookup().login(&secret),
        person: person.id,
        version: person.version,
        totp_step,
        expires_at: api.cluster().ledger(Ledger::at).after(LIFE),
        agent: visitor.agent(),
        address: Some(visitor.address()),
    });
    let proposal = Proposal {
        actor: Actor::Person(person.id),
        request: Some(api.lookup().request(b"sign in", &secret, b"")),
        not_after: Some(api.valid_until()),
        command,
    };
    if let Outcome::Rejected(rejection) = api.cluster().propose(proposal).await?.outcome {
        return Err(rejection.into());
    }
    api.cluster()
        .barrier()
        .await
        .map_err(|_| ProposeError::OutcomeUnknown)?;
    attempt.succeeded(&api);
    let cookie = api.cookie(&secret, LIFE)?;
    let location = HeaderValue::try_from(format!("{BASE}/logins/{login}")).map_err(ApiError::internal)?;
    let headers = AppendHeaders([(SET_COOKIE, cookie), (LOCATION, location)]);
    Ok((StatusCode::CREATED, headers, Answer(Me::person(&person))).into_response())
}

/// What was shown of a second factor.
enum Shown {
    NotNeeded,
    Missing,
    Wrong,
    Right(u64),
}

fn second_factor(api: &Api, person: &Person, code: Option<Code6>) -> Result<Shown, ApiError> {
    let Some(totp) = &person.totp else {
        return Ok(Shown::NotNeeded);
    };
    let Some(code) = code else {
        return Ok(Shown::Missing);
    };
    let secret = Secret::open(api.lookup(), person.id, &totp.sealed)
        .ok_or_else(|| ApiError::internal("the secret of a second factor cannot be opened"))?;
    let step = secret
        .step_of(&code, api.unix_ms())
        .filter(|step| *step > totp.last_step);
    Ok(step.map_or(Shown::Wrong, Shown::Right))
}

/// The same for an unknown address, a wrong password, a wrong code and somebody who is disabled.
fn refused() -> ApiError {
    licensing::outcome::Rejection::SignInRefused.into()
}

/// List one's own logins.
#[utoipa::path(
    get, path = "/logins", tag = "people", security(("api_token" = [])),
    responses((status = 200, description = "The caller's logins.", body = Logins)),
)]
pub(super) async fn list_logins(State(api): State<Api>, own: OwnCall, _: NoQuery) -> Result<Answer<Logins>, ApiError> {
    api.cluster().barrier().await?;
    let items = api.cluster().ledger(|ledger| {
        let logins = ledger.logins_of(own.person);
        logins.map(|login| Login::of(login, own.login)).collect()
    });
    Ok(Answer(Logins { items }))
}

/// Sign out: the login that this call was made with ends.
#[utoipa::path(
    delete, path = "/logins/current", tag = "people", security(("api_token" = [])),
    responses((status = 204, description = "The login has ended; `Set-Cookie` takes the cookie away.")),
)]
pub(super) async fn sign_out(
    State(api): State<Api>,
    own: OwnCall,
    _: MaybeJson<Nothing>,
) -> Result<Response, ApiError> {
    let command = Command::SignOut { login: own.login };
    own.call.change(&api, own.login.as_bytes(), command).await?;
    signed_out(&api)
}

/// End one of one's own logins.
#[utoipa::path(
    delete, path = "/logins/{id}", tag = "people", security(("api_token" = [])),
    params(("id" = String, Path, description = "The login's id.")),
    responses((status = 204, description = "The login has ended.")),
)]
pub(super) async fn end_login(
    State(api): State<Api>,
    own: OwnCall,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<Response, ApiError> {
    let login: LoginId = text.parse().map_err(|_| not_found(Kind::Login))?;
    api.cluster().barrier().await?;
    let is_own = |ledger: &Ledger| ledger.login(login).is_some_and(|login| login.person == own.person);
    if !api.cluster().ledger(is_own) {
        return Err(not_found(Kind::Login));
    }
    own.call
        .change(&api, &request.bytes, Command::SignOut { login })
        .await?;
    if login == own.login {
        return signed_out(&api);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Sign out everywhere: every login of the caller ends, this one too.
#[utoipa::path(
    delete, path = "/logins", tag = "people", security(("api_token" = [])),
    responses((status = 204, description = "Every login has ended; `Set-Cookie` takes the cookie away.")),
)]
pub(super) async fn sign_out_everywhere(
    State(api): State<Api>,
    own: OwnCall,
    _: MaybeJson<Nothing>,
) -> Result<Response, ApiError> {
    let command = Command::SignOutEverywhere { person: own.person };
    own.call.change(&api, own.login.as_bytes(), command).await?;
    signed_out(&api)
}

fn signed_out(api: &Api) -> Result<Response, ApiError> {
    let gone = api.cookie("", Span::from_ms(0))?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, gone)])).into_response())
}
