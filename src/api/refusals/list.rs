//! The list of refusals.

use axum::Json as Answer;
use axum::extract::State;
use licensing::audit::Topic;
use licensing::id::CustomerId;
use licensing::ledger::Ledger;
use licensing::usage::Refusal as Reason;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Refusal, RefusalReason, walk};
use crate::api::Api;
use crate::api::caller::Caller;
use crate::api::customers::customer_id;
use crate::api::extract::Query;
use crate::api::id::{self, Id};
use crate::api::page::{Limit, PastPage, read_cursor};
use crate::api::problem::ApiError;
use crate::api::retention::since;
use crate::api::text::{Handle, digits};
use crate::api::time::Timestamp;

/// Which refusals to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RefusalQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^[0-9]{1,19}$")]
    cursor: Option<String>,
    /// Only those of this license.
    #[param(value_type = Option<id::LicenseId>)]
    license: Option<id::LicenseId>,
    /// Only those of this customer's licenses: its id or reference.
    customer: Option<Handle>,
    /// Only those for this reason.
    reason: Option<RefusalReason>,
    /// Only those from this time on.
    #[param(value_type = Option<Timestamp>)]
    from: Option<Timestamp>,
    /// Only those before this time.
    #[param(value_type = Option<Timestamp>)]
    to: Option<Timestamp>,
}

impl RefusalQuery {
    /// Where to look for what the caller may see of it.
    fn topics(&self, ledger: &Ledger, caller: &Caller) -> Vec<Topic> {
        let asked = self.customer.as_ref().map(|text| customer_id(ledger, text));
        let only: Option<CustomerId> = match (asked, caller.customer()) {
            (None, own) => own,
            (Some(Some(customer)), own) if own.is_none_or(|own| own == customer) => Some(customer),
            // What is somebody else's has no refusals, like what is not there.
            (Some(_), _) => return Vec::new(),
        };
        let is_wanted = |license: &&licensing::catalogue::License| only.is_none_or(|only| only == license.customer);
        match (self.license, only) {
            (Some(Id(license)), _) => {
                let seen = ledger.license(license).filter(is_wanted);
                seen.map(|license| Topic::RefusalsOf(license.id)).into_iter().collect()
            }
            (None, None) => vec![Topic::Refusals],
            (None, Some(_)) => {
                let own = ledger.licenses(None).filter(is_wanted);
                own.map(|license| Topic::RefusalsOf(license.id)).collect()
            }
        }
    }
}

/// List refusals, the latest first. What one holder repeated within ten minutes is one item. A page may be short where
/// few of many records are wanted.
#[utoipa::path(
    get, path = "/refusals", tag = "refusals", params(RefusalQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of refusals.", body = PastPage<Refusal>)),
)]
pub(crate) async fn list_refusals(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<RefusalQuery>,
) -> Result<Answer<PastPage<Refusal>>, ApiError> {
    let before: Option<u64> = read_cursor(query.cursor.as_deref(), digits)?;
    let look = |ledger: &Ledger| (query.topics(ledger, &caller), ledger.kept_from().sessions);
    let (topics, kept_from) = api.cluster().ledger(look);
    let file = api.cluster().latest_history().await.map_err(ApiError::internal)?;
    let index = async |at: Option<Timestamp>, otherwise| match at {
        Some(Timestamp(at)) => file.audit_index_at(at).await.map_err(ApiError::internal),
        None => Ok(otherwise),
    };
    let kept = since(kept_from).max(query.from);
    let start = index(kept, 0).await?;
    let end = index(query.to, i64::MAX.unsigned_abs()).await?;
    let range = start..before.map_or(end, |before| before.min(end));
    let found = walk::rows(file, topics, range, query.reason.map(Reason::from), query.limit.get()).await?;
    let shown = |ledger: &Ledger| found.rows.iter().filter_map(|row| Refusal::of(ledger, row)).collect();
    Ok(Answer(PastPage {
        items: api.cluster().ledger(shown),
        next_cursor: found.next.map(|next| next.to_string()),
        kept_from: since(kept_from),
    }))
}
