//! Links that are good once: the first owner sets the server up, and a person who was invited chooses a password.

use axum::extract::State;
use licensing::command::{AcceptInvitation, Actor, Command, Proposal};
use licensing::id::PersonId;
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use raft::ProposeError;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::extract::Json;
use super::logins::Visitor;
use super::me::{Me, find};
use super::problem::ApiError;
use super::resource::Shown;
use super::text::{Email, Name};
use super::typed::{InvitationText, NewPassword};

/// What the bearer of a link says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUp {
    /// What follows the `#` in the link.
    secret: InvitationText,
    /// The first owner's address. Everybody else's is known; one that is not theirs is refused.
    email: Option<Email>,
    /// The first owner's name. Others are named already and may change it.
    name: Option<Name>,
    password: NewPassword,
}

/// Use a set-up or invitation link: choose a password. The link is used up by it. Then sign in.
#[utoipa::path(
    post, path = "/setup", tag = "people", request_body = SetUp,
    responses((status = 200, description = "Who can sign in now.", body = Me)),
)]
pub(super) async fn set_up(
    State(api): State<Api>,
    visitor: Visitor,
    request: Json<SetUp>,
) -> Result<Shown<Me>, ApiError> {
    let SetUp {
        secret,
        email,
        name,
        password,
    } = request.value;
    let hash = api.lookup().invitation(&secret.0);
    let look = |ledger: &Ledger| ledger.invitation(&hash).map(|invitation| invitation.person);
    let invited = visitor.source().find(&api, look).await?;
    let invited = invited.ok_or(Rejection::InvitationInvalid)?;
    let first = || {
        let bytes = api.lookup().derive("first owner", b"", &secret.0);
        PersonId::from_bytes(std::array::from_fn(|at| bytes[at]))
    };
    if invited.is_none() {
        for (field, missing) in [("email", email.is_none()), ("name", name.is_none())] {
            if missing {
                return Err(ApiError::field(field, "missing; the first owner is not known yet"));
            }
        }
    }
    let person = invited.unwrap_or_else(first);
    let command = Command::AcceptInvitation(AcceptInvitation {
        secret: hash,
        person,
        email: email.map(Into::into),
        name: name.map(Into::into),
        password: api.hash_password(password.0).await?,
    });
    let proposal = Proposal {
        actor: Actor::Person(person),
        request: Some(api.lookup().request(b"set up", &secret.0, &request.bytes)),
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
    find(&api, person).map(|person| Shown::plain(Me::person(&person)))
}
