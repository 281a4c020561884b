//! Seats that are assigned by name: who has one, and giving and taking them.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use licensing::assignment::Assignment as Row;
use licensing::command::{Actor, Command};
use licensing::id::{HolderKey, LicenseId};
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Rejection};
use licensing::person::Person;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::audit::actor_text;
use super::caller::Caller;
use super::code::Code;
use super::extract::{InPath, Json, Query};
use super::id::{self, Id};
use super::license_view::named;
use super::page::{Limit, Page, ROWS_PER_LOCK, contains, fill, read_cursor, read_id};
use super::people::sees;
use super::problem::ApiError;
use super::resource::Shown;
use super::sorted::{Order, SortKey, read_place_cursor, sorted_by};
use super::text::{Email, Search};
use super::time::Timestamp;

/// A seat that is assigned by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Assignment {
    /// Whose it is: whoever a token vouches for this address of.
    email: String,
    /// Who the seat is counted for when it is taken: the `holder` of its sessions.
    holder: id::HolderKey,
    /// The person of this address, if the caller may see one.
    person: Option<Assignee>,
    /// When it was assigned.
    assigned_at: Timestamp,
    /// Who assigned it: the id of a person or an API token.
    assigned_by: String,
    /// Their name, if the caller may see them.
    assigned_by_name: Option<String>,
    /// Live sessions that are held by it. They end when it is taken away.
    sessions: u32,
}

/// A person to whom a seat is assigned.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Assignee {
    id: id::PersonId,
    name: String,
}

impl Assignment {
    fn of(ledger: &Ledger, caller: &Caller, row: &Row) -> Self {
        let person = person(ledger, caller, &row.email);
        let sessions = ledger
            .sessions_of(row.license, Some((row.holder, licensing::id::SessionNo::default())))
            .take_while(|session| session.holder == row.holder);
        Self {
            email: row.email.to_string(),
            holder: Id(row.holder),
            person: person.map(|person| Assignee {
                id: Id(person.id),
                name: person.name.to_string(),
            }),
            assigned_at: Timestamp(row.assigned_at),
            assigned_by: actor_text(row.assigned_by),
            assigned_by_name: actor_name(ledger, caller, row.assigned_by),
            sessions: u32::try_from(sessions.count()).unwrap_or(u32::MAX),
        }
    }
}

/// The person of an address, if they exist for the caller.
fn person<'a>(ledger: &'a Ledger, caller: &Caller, email: &str) -> Option<&'a Person> {
    ledger.person_by_email(email).filter(|person| sees(caller, person))
}

fn actor_name(ledger: &Ledger, caller: &Caller, actor: Actor) -> Option<String> {
    let name = match actor {
        Actor::Person(id) => &ledger.person(id).filter(|person| sees(caller, person))?.name,
        Actor::Token(id) if caller.customer().is_none() => &ledger.api_token(id)?.name,
        Actor::Token(_) | Actor::System | Actor::Client => return None,
    };
    Some(name.to_string())
}

/// Whose seat it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignmentRequest {
    /// The address, in any case.
    email: Email,
}

/// Which assigned seats to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AssignmentQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^(([0-9a-f]{2}){0,64}\\.)?hld_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$")]
    cursor: Option<String>,
    /// What to sort by; left out, by holder. In an order the answer has a `total`.
    sort: Option<AssignmentSort>,
    /// Which way to sort.
    #[serde(default)]
    order: Order,
    /// Only those whose address, or whose person's name contains this.
    search: Option<Search>,
}

/// What assigned seats are sorted by.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AssignmentSort {
    /// Their addresses.
    Email,
}

/// List the seats of a license that are assigned by name, in the order of their holders or as it is asked for.
#[utoipa::path(
    get, path = "/licenses/{id}/assignments", tag = "licenses", security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id."), AssignmentQuery),
    responses((status = 200, description = "A page of assigned seats.", body = Page<Assignment>)),
)]
pub(super) async fn list_assignments(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath<true>,
    Query(query): Query<AssignmentQuery>,
) -> Result<Answer<Page<Assignment>>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let search = query.search.as_deref().unwrap_or_default();
    let matches = |ledger: &Ledger, row: &Row| {
        contains(&row.email, search)
            || person(ledger, &caller, &row.email).is_some_and(|person| contains(&person.name, search))
    };
    let place = query.cursor.as_deref();
    if let Some(AssignmentSort::Email) = query.sort {
        let key = |ledger: &Ledger, row: &Row| matches(ledger, row).then(|| SortKey::text(&row.email));
        let look = |ledger: &Ledger, after| {
            let rows = ledger.assignments_of(license, after).take(ROWS_PER_LOCK);
            rows.map(|row| (row.holder, key(ledger, row))).collect()
        };
        let show = |ledger: &Ledger, holder| {
            let row = ledger.assignment(license, holder)?;
            Some(Assignment::of(ledger, &caller, row))
        };
        return sorted_by(&api, query.limit, query.order, read_place_cursor(place)?, look, show).await;
    }
    let after = read_cursor(place, read_id)?.map(|Id(holder)| holder);
    let cursor = |holder: HolderKey| holder.to_string();
    let page = fill(&api, query.limit, after, cursor, |ledger, after, filling| {
        let _ = ledger.assignments_of(license, after).try_for_each(|row| {
            let item = matches(ledger, row).then(|| Assignment::of(ledger, &caller, row));
            filling.look_at(row.holder, item)
        });
    });
    page.await.map(Answer)
}

/// Assign a seat to whoever has an address, also before they ever sign in. Assigned again, it stays as it is.
#[utoipa::path(
    post, path = "/licenses/{id}/assign", tag = "licenses", request_body = AssignmentRequest,
    security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 200, description = "The assigned seat.", body = Assignment)),
)]
pub(super) async fn assign_seat(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: Json<AssignmentRequest>,
) -> Result<Shown<Assignment>, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let To { holder, email } = To::new(&api, license, &request.value);
    let command = Command::AssignSeat { license, holder, email };
    caller.change(&api, &request.bytes, command).await?;
    let shown = |ledger: &Ledger| {
        let row = ledger.assignment(license, holder)?;
        Some(Assignment::of(ledger, &caller, row))
    };
    let shown = api.cluster().ledger(shown).map(Shown::plain);
    shown.ok_or_else(|| {
        ApiError::new(
            Code::Conflict,
            "The seat was assigned by this call and has been taken away since. Assign it again if it is to stay; where you name \
             calls, by another Idempotency-Key.",
        )
    })
}

/// Take an assigned seat away. The sessions that are held by it end at once; their clients learn of it, and why, at their
/// next heartbeat.
#[utoipa::path(
    post, path = "/licenses/{id}/unassign", tag = "licenses", request_body = AssignmentRequest,
    security(("api_token" = [])),
    params(("id" = String, Path, description = "The license's id.")),
    responses((status = 204, description = "It is taken away.")),
)]
pub(super) async fn unassign_seat(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: Json<AssignmentRequest>,
) -> Result<StatusCode, ApiError> {
    let license = named(&api, &caller, &text).await?;
    let To { holder, email } = To::new(&api, license, &request.value);
    let command = Command::UnassignSeat { license, holder, email };
    match caller.decide(&api, &request.bytes, command).await? {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(Rejection::NotFound { kind: Kind::Assignment }) => Err(none_to_take(&request.value.email)),
        Err(rejection) => Err(rejection.into()),
    }
}

fn none_to_take(email: &str) -> ApiError {
    let detail = format!("No seat of this license is assigned to {email}. List its assignments to see who has one.");
    ApiError::new(Code::NotFound, detail)
}

/// Whom a request is about, as the ledger knows them.
struct To {
    holder: HolderKey,
    email: std::sync::Arc<str>,
}

impl To {
    fn new(api: &Api, license: LicenseId, request: &AssignmentRequest) -> Self {
        let email = &request.email;
        Self {
            holder: api.lookup().address_holder(license, email),
            email: email.clone().into(),
        }
    }
}
