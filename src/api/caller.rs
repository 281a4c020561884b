//! Who calls: the bearer of an API token or a person who is signed in, and what they change in their name.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use licensing::cluster::{ApiToken, Scope};
use licensing::command::{Actor, Command, Proposal, Request};
use licensing::id::{ApiTokenId, CustomerId, LoginId, PersonId};
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::person::Role;
use raft::ProposeError;

use super::access::{self, Rule};
use super::code::Code;
use super::extract::only;
use super::problem::ApiError;
use super::same_site;
use super::strangers::Source;
use super::uses::Used;
use super::{Api, BASE};

/// The header by which a client names a call, so that repeating it changes nothing.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The most characters of an idempotency key.
const IDEMPOTENCY_KEY_MAX: usize = 128;

/// The longest API token, and the longest secret of a login, that is looked for.
const SECRET_BYTES_MAX: usize = 128;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// The bearer of an API token.
    Token(ApiTokenId),
    /// A person, by this login.
    Person(PersonId, LoginId),
}

impl Who {
    const fn actor(self) -> Actor {
        match self {
            Self::Token(id) => Actor::Token(id),
            Self::Person(id, _) => Actor::Person(id),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Token(id) => id.as_bytes(),
            Self::Person(id, _) => id.as_bytes(),
        }
    }
}

/// A call by somebody who may make it.
#[derive(Debug)]
pub(crate) struct Caller {
    who: Who,
    role: Role,
    /// Who calls what: the names of calls are told apart within it.
    scope: Vec<u8>,
    /// The call's name: the client's own, or one drawn for it.
    name: String,
    /// The path, which belongs to what the call says.
    path: String,
}

/// A call by a person about themselves.
#[derive(Debug)]
pub(crate) struct OwnCall {
    pub(crate) person: PersonId,
    pub(crate) login: LoginId,
    pub(crate) call: Caller,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let below = route.strip_prefix(BASE).unwrap_or(route);
        let call = access::find(parts.method.as_str(), below)
            .ok_or_else(|| ApiError::internal(format!("nobody may call {} {route}", parts.method)))?;
        let (who, role) = authenticated(parts, api, call).await?;
        let mut scope = who.bytes().to_vec();
        scope.extend_from_slice(parts.method.as_str().as_bytes());
        scope.extend_from_slice(route.as_bytes());
        let name = idempotency_key(&parts.headers)?.unwrap_or_else(|| api.draw_name());
        Ok(Self {
            who,
            role,
            scope,
            name,
            path: parts.uri.path().to_owned(),
        })
    }
}

impl FromRequestParts<Api> for OwnCall {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let call = Caller::from_request_parts(parts, api).await?;
        match call.who {
            Who::Person(person, login) => Ok(Self { person, login, call }),
            Who::Token(_) => Err(not_for_tokens()),
        }
    }
}

impl Caller {
    /// Who calls.
    pub(crate) const fn who(&self) -> Who {
        self.who
    }

    /// What the caller may do.
    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    /// The customer that the caller belongs to. They see what is this customer's, and nothing else exists for them; the
    /// vendor's own people, who see everything, have none.
    pub(crate) const fn customer(&self) -> Option<CustomerId> {
        self.role.customer()
    }

    /// Whether the caller is still who they were: their login or token is good, and they may do what they might.
    pub(crate) fn is_still_in(&self, ledger: &Ledger) -> bool {
        match self.who {
            Who::Token(id) => ledger.api_token(id).is_some_and(|token| !is_over(token, ledger)),
            Who::Person(person, login) => {
                let person = ledger.person(person).filter(|person| person.disabled_at.is_none());
                ledger.login(login).is_some() && person.is_some_and(|person| person.role == self.role)
            }
        }
    }

    /// Whether what is this customer's exists for the caller.
    pub(crate) fn sees(&self, customer: CustomerId) -> bool {
        self.customer().is_none_or(|own| own == customer)
    }

    /// Bytes that belong to this call alone: ids and secrets that a repetition of the call gets again. A name is
    /// forgotten and may come again, so this is only for what is made once: its id is taken for good.
    pub(crate) fn derive<const N: usize>(&self, api: &Api, purpose: &str) -> [u8; N] {
        self.derive_of(api, purpose, b"")
    }

    /// The same for what the call changes: `of` says which it is and in which state the call finds it, so that the call
    /// under the same name, made again after it was forgotten, gets other bytes.
    pub(crate) fn derive_of<const N: usize>(&self, api: &Api, purpose: &str, of: &[u8]) -> [u8; N] {
        const { assert!(N <= 32, "a hash has 32 bytes") }
        let scope = [&self.scope[..], of].join(&b'\0');
        let bytes = api.lookup().derive(purpose, &scope, &self.name);
        std::array::from_fn(|at| bytes[at])
    }

    /// The same call with a name of its own for another try, because the ledger remembers how the first was refused. A
    /// repetition of the call goes through the same names.
    #[must_use]
    pub(crate) fn again(mut self) -> Self {
        // No client can send this character in a key.
        self.name.push('\0');
        self
    }

    /// Proposes a change and waits until this node shows it. `content` is what the call says, to tell a repetition from
    /// another call under the same name.
    pub(crate) async fn change(&self, api: &Api, content: &[u8], command: Command) -> Result<Outcome, ApiError> {
        self.decide(api, content, command).await?.map_err(Into::into)
    }

    /// The same for a call that has something to do when the ledger says no.
    pub(crate) async fn decide(
        &self,
        api: &Api,
        content: &[u8],
        command: Command,
    ) -> Result<Result<Outcome, Rejection>, ApiError> {
        let proposal = Proposal {
            actor: self.who.actor(),
            request: Some(self.request(api, content)),
            not_after: Some(api.valid_until()),
            command,
        };
        let applied = api.cluster().propose(proposal).await?;
        if let Outcome::Rejected(rejection) = applied.outcome {
            return Ok(Err(rejection));
        }
        // It is committed by now, so a failure here must not say that nothing was changed.
        api.cluster()
            .barrier()
            .await
            .map_err(|_| ProposeError::OutcomeUnknown)?;
        Ok(Ok(applied.outcome))
    }

    fn request(&self, api: &Api, content: &[u8]) -> Request {
        let said = [self.path.as_bytes(), b"\0", content].concat();
        api.lookup().request(&self.scope, &self.name, &said)
    }
}

/// Who calls, if they may: as of everything that was acknowledged before the call, so that a login which was ended or a role
/// that was taken opens nothing on a node that is behind. That costs a question to the leader, which those who wait share;
/// what is read for the call afterwards is as new and needs none of its own.
async fn authenticated(parts: &Parts, api: &Api, call: &Rule) -> Result<(Who, Role), ApiError> {
    if only(&parts.headers, &AUTHORIZATION)?.is_some() {
        let (token, scope) = bearer(parts, api, call).await?;
        api.note_use(Used::Token(token));
        let role = call.allows_token(scope);
        return role
            .map(|role| (Who::Token(token), role))
            .ok_or_else(|| match (scope, call.by) {
                (Scope::Heartbeats, _) => {
                    forbidden("This API token may only send batches of heartbeats. Use one of scope admin.")
                }
                (_, access::By::People) => not_for_tokens(),
                _ => forbidden("The scope of this API token does not cover this call."),
            });
    }
    let Some(secret) = login_secret(&parts.headers, api) else {
        return Err(unauthenticated(
            "This call needs an API token, `Authorization: Bearer usher_…`, or a login.",
        ));
    };
    same_site::check(parts)?;
    let (person, login, role) = signed_in(parts, api, call, secret).await?;
    api.note_use(Used::Login(login));
    if call.allows(role) {
        Ok((Who::Person(person, login), role))
    } else {
        Err(forbidden("Your role does not cover this call. Ask an owner."))
    }
}

/// The token that the call shows, if it is valid now.
async fn bearer(parts: &Parts, api: &Api, call: &Rule) -> Result<(ApiTokenId, Scope), ApiError> {
    let text = bearer_text(&parts.headers)?;
    let secret = api.lookup().api_token(text);
    let find = |ledger: &Ledger| {
        let token = ledger.api_token_by_secret(&secret)?;
        Some((token.id, token.scope, is_over(token, ledger)))
    };
    match found(parts, api, call, find).await? {
        Some((id, scope, false)) => Ok((id, scope)),
        Some((_, _, true)) => {
            api.metrics().unknown_api_token();
            Err(unauthenticated(
                "This API token has expired or was revoked. Make a new one with `usher token create`.",
            ))
        }
        None => {
            api.metrics().unknown_api_token();
            Err(unauthenticated(
                "This API token is not known here. Check that it was copied in full, and the server.",
            ))
        }
    }
}

fn is_over(token: &ApiToken, ledger: &Ledger) -> bool {
    token.revoked_at.is_some() || token.expires_at.is_some_and(|end| end <= ledger.at())
}

fn bearer_text(headers: &HeaderMap) -> Result<&str, ApiError> {
    let missing = || unauthenticated("This call needs an API token: send `Authorization: Bearer usher_…`.");
    let text = only(headers, &AUTHORIZATION)?
        .ok_or_else(missing)?
        .to_str()
        .map_err(|_| missing())?;
    let (scheme, token) = text.split_once(' ').ok_or_else(missing)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > SECRET_BYTES_MAX {
        return Err(missing());
    }
    Ok(token)
}

/// The secret in the login's cookie.
fn login_secret<'a>(headers: &'a HeaderMap, api: &Api) -> Option<&'a str> {
    let cookies = headers
        .get_all(COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, secret) = pairs.find(|(name, _)| *name == api.cookie_name())?;
    (!secret.is_empty() && secret.len() <= SECRET_BYTES_MAX).then_some(secret)
}

/// Finds a caller.
async fn found<T>(
    parts: &Parts,
    api: &Api,
    call: &Rule,
    find: impl Fn(&Ledger) -> Option<T>,
) -> Result<Option<T>, ApiError> {
    let source = Source::of(parts);
    if call.is_of_this_node() {
        source.find(api, find).await
    } else {
        source.find_standing(api, find).await
    }
}

async fn signed_in(parts: &Parts, api: &Api, call: &Rule, secret: &str) -> Result<(PersonId, LoginId, Role), ApiError> {
    let secret = api.lookup().login(secret);
    let find = |ledger: &Ledger| {
        let login = ledger.login_by_secret(&secret)?;
        let person = ledger
            .person(login.person)
            .filter(|person| person.disabled_at.is_none())?;
        Some((person.id, login.id, person.role))
    };
    let found = found(parts, api, call, find).await?;
    found.ok_or_else(|| unauthenticated("You are not signed in any more. Sign in again."))
}

fn forbidden(detail: &str) -> ApiError {
    ApiError::new(Code::Forbidden, detail)
}

fn not_for_tokens() -> ApiError {
    forbidden("This call is about the person who makes it, and an API token is nobody. Sign in for it.")
}

fn unauthenticated(detail: &str) -> ApiError {
    ApiError::new(Code::Unauthenticated, detail)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = only(headers, &IDEMPOTENCY_KEY)? else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=IDEMPOTENCY_KEY_MAX).contains(&key.len()));
    let problem = || format!("expected 1 to {IDEMPOTENCY_KEY_MAX} visible characters of ASCII");
    key.map(|key| Some(key.to_owned()))
        .ok_or_else(|| ApiError::field("Idempotency-Key", problem()))
}
