//! User tokens: what a person gives an application, so that it takes a seat in their name.
//!
//! They are signed by the cluster and kept nowhere; that one was made is on record, with who asked and from where.
//! `usher login` gets one by a code, which the console gives to a program on the person's machine once they have allowed
//! it. A code is sealed for the hash of a secret that this program keeps (RFC 7636), so whoever sees one on its way has
//! nothing, and any node redeems what another one gave.

use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use licensing::command::{Actor, AllowUserToken, Command, Proposal, UserTokenStep};
use licensing::id::PersonId;
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::person::Person;
use licensing::time::{At, Span};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::Api;
use super::caller::OwnCall;
use super::code::Code;
use super::extract::{Json, MaybeJson};
use super::logins::Visitor;
use super::me::find;
use super::problem::ApiError;
use super::resource::Shown;
use super::text::Challenge;
use super::time::Timestamp;
use super::typed::{LoginCode, Verifier};
use crate::identity::seal::Seal;

/// How long a user token is good if nothing else is asked.
const LIFE: Span = Span::from_secs(30 * 86_400);

/// What may be asked.
const LIFE_SECONDS: std::ops::RangeInclusive<u64> = 60..=90 * 86_400;

/// How long a code is good. A program waits for it and redeems it at once.
const CODE_LIFE: Span = Span::from_secs(120);

/// Asks for a user token.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUserToken {
    /// How long it is good; left out, 30 days.
    #[schema(minimum = 60, maximum = 7_776_000)]
    expires_seconds: Option<u64>,
}

/// A user token that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeUserToken {
    /// What an application sends as `jwt_token`. It is kept nowhere.
    token: String,
    /// Whose it is.
    email: String,
    /// Until when it is good. It is refused before that if the person is disabled or removed.
    expires_at: Timestamp,
}

/// Asks for a code for a program on the person's machine.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewLoginCode {
    /// The hash of the secret that the program keeps.
    challenge: Challenge,
}

/// A code for a program on the person's machine.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeLoginCode {
    /// What the program gets a user token for, with its secret.
    code: String,
    /// Until when it is good.
    expires_at: Timestamp,
}

/// A code with the secret that it was given for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemedCode {
    code: LoginCode,
    verifier: Verifier,
}

/// What is sealed in a code.
#[derive(Serialize, Deserialize)]
struct Sealed {
    person: [u8; PersonId::BYTES],
    expires_at_ms: u64,
}

fn seal(api: &Api) -> Seal {
    Seal::new(api.lookup(), b"login code")
}

/// Make a user token for oneself: what an application sends as `jwt_token`.
#[utoipa::path(
    post, path = "/me/user-tokens", tag = "people", request_body = NewUserToken, security(("api_token" = [])),
    responses((status = 200, description = "The token.", body = MadeUserToken)),
)]
pub(super) async fn create_user_token(
    State(api): State<Api>,
    own: OwnCall,
    visitor: Visitor,
    request: MaybeJson<NewUserToken>,
) -> Result<Shown<MadeUserToken>, ApiError> {
    let life = match request.value.expires_seconds {
        None => LIFE,
        Some(seconds) if LIFE_SECONDS.contains(&seconds) => Span::from_secs(seconds),
        Some(_) => {
            let (least, most) = (LIFE_SECONDS.start(), LIFE_SECONDS.end());
            return Err(ApiError::field(
                "expires_seconds",
                format!("expected {least} to {most}"),
            ));
        }
    };
    let person = find(&api, own.person)?;
    let expires_at = api.cluster().ledger(Ledger::at).after(life);
    let allow = allowed(person.id, UserTokenStep::Made, expires_at, &visitor);
    let at = record(&api, allow).await?.map_err(ApiError::from)?;
    Ok(Shown::plain(made(&api, &person, at, life)))
}

/// Allow a program on one's own machine to get a user token: it is given a code.
#[utoipa::path(
    post, path = "/me/login-codes", tag = "people", request_body = NewLoginCode, security(("api_token" = [])),
    responses((status = 200, description = "The code.", body = MadeLoginCode)),
)]
pub(super) async fn create_login_code(
    State(api): State<Api>,
    own: OwnCall,
    visitor: Visitor,
    request: Json<NewLoginCode>,
) -> Result<Shown<MadeLoginCode>, ApiError> {
    let expires_at = api.cluster().ledger(Ledger::at).after(CODE_LIFE);
    let sealed = Sealed {
        person: *own.person.as_bytes(),
        expires_at_ms: expires_at.ms(),
    };
    let plain = postcard::to_stdvec(&sealed).map_err(ApiError::internal)?;
    let allow = allowed(own.person, UserTokenStep::CodeGiven, expires_at, &visitor);
    record(&api, allow).await?.map_err(ApiError::from)?;
    let code = seal(&api).seal(request.value.challenge.as_bytes(), &plain, api.draw());
    Ok(Shown::plain(MadeLoginCode {
        code: URL_SAFE_NO_PAD.encode(code),
        expires_at: Timestamp(expires_at),
    }))
}

/// Get a user token for a code of the console, with the secret that it was given for.
#[utoipa::path(
    post, path = "/user-tokens", tag = "people", request_body = RedeemedCode,
    responses((status = 200, description = "The token.", body = MadeUserToken)),
)]
pub(super) async fn redeem_login_code(
    State(api): State<Api>,
    visitor: Visitor,
    request: Json<RedeemedCode>,
) -> Result<Shown<MadeUserToken>, ApiError> {
    let attempt = api.attempt_at_code(visitor.source())?;
    let RedeemedCode { code, verifier } = request.value;
    let refused = || {
        ApiError::new(
            Code::TokenInvalid,
            "The code is not good here: it has expired, was given for another secret, or by another server. Run \
             `usher login` again.",
        )
    };
    let id = opened(&api, &code, &verifier).ok_or_else(refused)?;
    let person = api.person_who_may_sign_in(id).await;
    let (attempt, person) = attempt.unless_unanswered(&api, person)?;
    let person = person.ok_or_else(refused)?;
    // The code was right, whatever comes now.
    attempt.succeeded(&api);
    let expires_at = api.cluster().ledger(Ledger::at).after(LIFE);
    let allow = allowed(person.id, UserTokenStep::CodeRedeemed, expires_at, &visitor);
    let at = record(&api, allow).await?.map_err(|_| refused())?;
    Ok(Shown::plain(made(&api, &person, at, LIFE)))
}

fn allowed(person: PersonId, step: UserTokenStep, expires_at: At, visitor: &Visitor) -> AllowUserToken {
    AllowUserToken {
        person,
        step,
        expires_at,
        agent: visitor.agent(),
        address: Some(visitor.address()),
    }
}

/// Puts on record that somebody gets a user token, or a code for one, before anything is signed. It gives the time of that.
async fn record(api: &Api, allow: AllowUserToken) -> Result<Result<At, Rejection>, ApiError> {
    let proposal = Proposal {
        actor: Actor::Person(allow.person),
        request: Some(api.lookup().request(b"user token", &api.draw_name(), b"")),
        not_after: Some(api.valid_until()),
        command: Command::AllowUserToken(allow),
    };
    let applied = api.cluster().propose(proposal).await?;
    Ok(match applied.outcome {
        Outcome::Rejected(rejection) => Err(rejection),
        _ => Ok(applied.at),
    })
}

/// The person whom a code was given by, if this is the secret that it was given for and its time is not over.
fn opened(api: &Api, code: &str, verifier: &str) -> Option<PersonId> {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let code = URL_SAFE_NO_PAD.decode(code).ok()?;
    let plain = seal(api).open(challenge.as_bytes(), &code)?;
    let sealed: Sealed = postcard::from_bytes(&plain).ok()?;
    let is_good = At::from_ms(sealed.expires_at_ms) > api.cluster().ledger(Ledger::at);
    is_good.then_some(PersonId::from_bytes(sealed.person))
}

fn made(api: &Api, person: &Person, at: At, life: Span) -> MadeUserToken {
    let (token, expires_at) = api.signer().sign_user(person.id, at, life);
    MadeUserToken {
        token,
        email: person.email.to_string(),
        expires_at: Timestamp(expires_at),
    }
}

impl Api {
    /// A person who is there and not disabled, whichever node was told so a moment ago.
    pub(super) async fn person_who_may_sign_in(&self, id: PersonId) -> Result<Option<Person>, ApiError> {
        self.cluster().barrier().await?;
        let person = self.cluster().ledger(|ledger| ledger.person(id).cloned());
        Ok(person.filter(|person| person.disabled_at.is_none()))
    }
}
