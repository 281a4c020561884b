//! For how long history is kept.

use axum::extract::State;
use licensing::command::{Command, SetRetention};
use licensing::ledger::Ledger;
use licensing::retention::{DAYS_MAX, SESSION_DAYS_MIN, USAGE_DAYS_MIN};
use licensing::time::At;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::caller::Caller;
use super::extract::{Json, NoQuery};
use super::problem::ApiError;
use super::recall::decode;
use super::resource::{SeenVersion, Shown};
use super::time::Timestamp;

/// For how long history is kept, and from when on it is there.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Retention {
    /// For how many days a session is on record after its end, with the user it was held for, and a refusal and a sign-in;
    /// `null` is for ever.
    session_days: Option<u32>,
    /// For how many days an hour of usage is kept; `null` is for ever.
    usage_days: Option<u32>,
    /// Sessions that ended before this are dropped, and refusals and sign-ins from before it; `null` if none are.
    sessions_from: Option<Timestamp>,
    /// Hours of usage from before this are dropped; `null` if none are.
    usage_from: Option<Timestamp>,
    /// Nothing is older than this: the first record of the cluster. `null` where a node was brought up by a snapshot, and
    /// does not have that record.
    oldest: Option<Timestamp>,
    /// Before this nothing is dropped: it is a day after a change, and after the clock went forward by days. `null` if it is
    /// over.
    drops_from: Option<Timestamp>,
    /// Counts its edits, from 1; 0 if it was never set.
    version: u32,
    /// The cluster's clock.
    at: Timestamp,
}

/// For how long to keep history from now on. It replaces all that was said: what is left out is kept for ever.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRetention {
    /// The version that was seen; another is a conflict. `If-Match` says the same.
    if_version: Option<u32>,
    /// For how many days a session is on record after its end, and a refusal and a sign-in; left out, for ever.
    #[schema(minimum = 7, maximum = 36_500)]
    session_days: Option<u32>,
    /// For how many days an hour of usage is kept; left out, for ever.
    #[schema(minimum = 31, maximum = 36_500)]
    usage_days: Option<u32>,
}

// The document says so above.
const _: () = assert!(SESSION_DAYS_MIN == 7 && USAGE_DAYS_MIN == 31 && DAYS_MAX == 36_500);

/// A time before which there is nothing, if there is such a time.
pub(super) fn since(kept_from: At) -> Option<Timestamp> {
    (kept_from > At::default()).then_some(Timestamp(kept_from))
}

async fn shown(api: &Api) -> Result<Shown<Retention>, ApiError> {
    let history = api.cluster().latest_history().await.map_err(ApiError::internal)?;
    let first = history.audit(0..1, 1).await.map_err(ApiError::internal)?;
    let oldest = first.first().map(decode).transpose()?;
    let look = |ledger: &Ledger| {
        let row = ledger.retention();
        Retention {
            session_days: row.session_days,
            usage_days: row.usage_days,
            sessions_from: since(row.kept_from.sessions),
            usage_from: since(row.kept_from.usage),
            oldest: oldest.map(|leaf| Timestamp(leaf.at)),
            drops_from: Some(Timestamp(row.drops_from)).filter(|_| row.drops_from > ledger.at()),
            version: row.version,
            at: Timestamp(ledger.at()),
        }
    };
    let retention = api.cluster().ledger(look);
    let version = retention.version;
    Ok(Shown::at_version(retention, version))
}

/// Show for how long history is kept.
#[utoipa::path(
    get, path = "/retention", tag = "meta", security(("api_token" = [])),
    responses((status = 200, description = "The setting, and from when on there is history.", body = Retention)),
)]
pub(super) async fn get_retention(State(api): State<Api>, _: Caller, _: NoQuery) -> Result<Shown<Retention>, ApiError> {
    shown(&api).await
}

/// Say for how long history is kept. What is older is dropped for good, from a day after the change on: until then it can be
/// taken back. Said again as it is, it stays as it is. Changes of the catalogue, of people and of the cluster stay on record
/// for ever.
#[utoipa::path(
    put, path = "/retention", tag = "meta", request_body = NewRetention, security(("api_token" = [])),
    responses((status = 200, description = "The setting as it is now.", body = Retention)),
)]
pub(super) async fn set_retention(
    State(api): State<Api>,
    caller: Caller,
    seen: SeenVersion,
    request: Json<NewRetention>,
) -> Result<Shown<Retention>, ApiError> {
    let NewRetention {
        if_version,
        session_days,
        usage_days,
    } = request.value;
    let command = Command::SetRetention(SetRetention {
        if_version: seen.or(if_version),
        session_days,
        usage_days,
    });
    caller.change(&api, &request.bytes, command).await?;
    shown(&api).await
}
