//! One refusal, as far as the history says: what was met, and who held the seats.

use std::collections::BTreeMap;

use axum::extract::State;
use licensing::catalogue::PlanTerms;
use licensing::id::{HolderKey, LicenseId};
use licensing::ledger::Ledger;
use licensing::outcome::Rejection;
use licensing::time::At;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Refusal, RefusalNo, Refused, SeatsNow, host, is_person, walk};
use crate::analytics::history::Held;
use crate::api::Api;
use crate::api::caller::Caller;
use crate::api::code::Code;
use crate::api::extract::InPath;
use crate::api::id::{self, Id};
use crate::api::license_view::Status;
use crate::api::problem::ApiError;
use crate::api::recall::{RECORDS_MAX, decode, held_at};
use crate::api::resource::Shown;
use crate::api::time::Timestamp;

/// Why an acquire was refused, as far as the history says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusalView {
    #[serde(flatten)]
    refusal: Refusal,
    /// What the client was told.
    detail: String,
    /// When the next seat could have been free without anybody giving one back.
    free_by: Option<Timestamp>,
    /// Who held the seats at that moment, those who held them longest first, at most 200 of them. `null` where that did
    /// not matter, and where too much has happened since to tell.
    holders: Option<Vec<SeatHolder>>,
    /// The license's seats now.
    now: SeatsNow,
    /// What to do next.
    next: Vec<String>,
}

/// Somebody who held a seat.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeatHolder {
    holder: id::HolderKey,
    /// Since when; `null` if this node does not know.
    since: Option<Timestamp>,
    /// Its sessions at that moment.
    sessions: u32,
    /// When the last of these ended; `null` if one still lives.
    ended_at: Option<Timestamp>,
    /// Its host's name, if it still has a live session.
    host: Option<String>,
}

/// The most holders that an explanation shows.
const HOLDERS_MAX: usize = 200;

/// Explain a refusal.
#[utoipa::path(
    get, path = "/refusals/{id}", tag = "refusals", security(("api_token" = [])),
    params(("id" = String, Path, description = "The refusal's name, `ref_…`.")),
    responses((status = 200, description = "The refusal.", body = RefusalView)),
)]
pub(crate) async fn get_refusal(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
) -> Result<Shown<RefusalView>, ApiError> {
    let RefusalNo(index) = text.parse().map_err(|_| not_found())?;
    let file = api.cluster().latest_history().await.map_err(ApiError::internal)?;
    let found = file
        .audit(index..index.saturating_add(1), 1)
        .await
        .map_err(ApiError::internal)?;
    let record = found.first().ok_or_else(not_found)?;
    let refused = Refused::of(index, decode(record)?).ok_or_else(not_found)?;
    let is_seen = |ledger: &Ledger| {
        let license = ledger.license(refused.license);
        refused.at >= ledger.kept_from().sessions && license.is_some_and(|license| caller.sees(license.customer))
    };
    if !api.cluster().ledger(is_seen) {
        return Err(not_found());
    }
    let row = walk::around(file, &refused).await?;
    let held = match row.last.rejection {
        Rejection::SeatLimitReached { .. } | Rejection::GhostLimitReached { .. } => {
            held_at(&api, refused.license, row.last.index, RECORDS_MAX).await?
        }
        _ => None,
    };
    let view = |ledger: &Ledger| {
        let license = ledger.license(refused.license)?;
        let plan = ledger.plan(license.plan)?;
        let now = SeatsNow::of(ledger, refused.license)?;
        Some(RefusalView {
            refusal: Refusal::of(ledger, &row)?,
            detail: ApiError::from(row.last.rejection.clone()).problem("").detail,
            free_by: row.last.free_by().map(Timestamp),
            holders: held.as_deref().map(|held| holders(ledger, refused.license, held)),
            now,
            next: next_for_operators(&row.last.rejection, &plan.terms, Status::of(ledger, license), now),
        })
    };
    api.cluster().ledger(view).map(Shown::plain).ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::new(
        Code::NotFound,
        "No refusal has this name on this node. List the refusals to see their names; those that were kept for long enough \
         are dropped, and a node that was brought up by a snapshot does not have those from before it.",
    )
}

/// Those who held seats, their sessions together.
fn holders(ledger: &Ledger, license: LicenseId, held: &[(Held, Option<At>)]) -> Vec<SeatHolder> {
    let mut found: BTreeMap<HolderKey, SeatHolder> = BTreeMap::new();
    for (session, ended) in held {
        let row = found.entry(session.holder).or_insert_with(|| SeatHolder {
            holder: Id(session.holder),
            since: session.since.map(Timestamp),
            sessions: 0,
            ended_at: ended.map(Timestamp),
            host: host(ledger, license, session.holder),
        });
        row.sessions += 1;
        row.since = row.since.min(session.since.map(Timestamp));
        // It had its seat for as long as any of them lived.
        row.ended_at = match (row.ended_at, ended) {
            (Some(one), Some(other)) => Some(one.max(Timestamp(*other))),
            _ => None,
        };
    }
    let mut rows: Vec<SeatHolder> = found.into_values().collect();
    rows.sort_by_key(|row| (row.since, row.holder));
    rows.truncate(HOLDERS_MAX);
    rows
}

/// What who runs the licenses can do.
fn next_for_operators(rejection: &Rejection, terms: &PlanTerms, status: Status, now: SeatsNow) -> Vec<String> {
    let mut next: Vec<&str> = Vec::new();
    match status {
        Status::Active => {}
        Status::Suspended => next.push("The license is on hold: reinstate it once its reason is settled."),
        Status::Revoked => next.push("Issue another license: this one was ended for good."),
        Status::Expired => next.push("The license has ended: extend it, or send its holder where it is renewed."),
        Status::NotStarted => next.push("The license has not started: start it earlier, if it may be used already."),
    }
    match rejection {
        Rejection::LicenseExpired { .. }
        | Rejection::LicenseNotStarted { .. }
        | Rejection::LicenseSuspended { .. }
        | Rejection::LicenseRevoked { .. } => {
            if status == Status::Active {
                next.push("The license can be used by now: the application gets a seat when it asks again.");
            }
        }
        Rejection::SeatLimitReached { .. } if status == Status::Active && now.free() > 0 => {
            next.push("A seat is free by now: the application gets it when it asks again.");
            next.push("Look at the license's usage: it tells how many refusals further seats would have avoided.");
        }
        Rejection::SeatLimitReached { .. } => {
            next.push("End a session that nobody uses any more; its seat is free at once.");
            next.push("Look at the license's usage: it tells how many refusals further seats would have avoided.");
            next.push("Give the license more seats, or its plan some overage.");
        }
        Rejection::GhostLimitReached { .. } => {
            next.push("Have one of the machines that went offline connected again, or wait until its grace ends.");
            if terms.ghosts_max.is_some() {
                next.push("Raise the plan's cap on clients that are offline, if that many may run unseen.");
            }
        }
        Rejection::HolderLimitReached { .. } if is_person(terms.holder) => {
            next.push("Have a running copy of theirs closed, on whichever machine it runs.");
            next.push("Raise the plan's sessions for each holder, if one person may run more copies.");
        }
        Rejection::HolderLimitReached { .. } => {
            next.push("Have a running copy on that machine closed.");
            next.push("Raise the plan's sessions for each holder, if one machine may run more copies.");
        }
        Rejection::SeatNotAssigned { email, seats, assigned } => {
            match email {
                Some(_) if assigned < seats => next.push("Assign a seat of the license to this address."),
                Some(_) => {
                    next.push("Take a seat from somebody who needs none any more, then assign it to this address.");
                }
                None => next
                    .push("Have them show a token that says its provider has verified their address, or a user token."),
            }
            next.push(
                "Change the license to a plan that gives its seats to whoever comes first, if names do not matter.",
            );
        }
        _ => next.push("Nothing needs to be done: the application asks again by itself."),
    }
    next.into_iter().map(str::to_owned).collect()
}
