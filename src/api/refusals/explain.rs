//! Why somebody was refused, said to them: by the secret of a link, without an account.
//!
//! They learn what they met: how many seats there are, how many were in use, since when the oldest was held and when the
//! next can be free. Who holds them is nobody's business who just happens to have a license key.

use axum::extract::State;
use licensing::audit::{AuditEvent, Topic};
use licensing::catalogue::HolderPolicy;
use licensing::ledger::Ledger;
use licensing::time::Span;
use serde::{Deserialize, Serialize};
use storage::checkpoint::{Order, StateFile};
use utoipa::ToSchema;

use super::link::{Told, beginning};
use super::link_text::RefusalLinkText;
use super::{RefusalId, RefusalNo, RefusalReason, Refused, SeatsNow, is_person, walk};
use crate::api::Api;
use crate::api::code::Code;
use crate::api::extract::Json;
use crate::api::id::Id;
use crate::api::license_view::Status;
use crate::api::problem::ApiError;
use crate::api::recall::{decode, held_at};
use crate::api::resource::Shown;
use crate::api::strangers::Source;
use crate::api::time::Timestamp;
use licensing::usage::Refusal as Reason;

/// The most records that are read for one stranger.
const RECORDS_MAX: usize = 20_000;

/// How long a link is good.
const LINK_LIFE: Span = Span::from_secs(30 * 86_400);

/// Asks why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExplainRequest {
    /// The link, whole or from behind its `#`.
    link: RefusalLinkText,
}

/// Why somebody was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    reason: RefusalReason,
    /// When.
    at: Timestamp,
    /// The product's name.
    product: String,
    /// The plan's name.
    plan: String,
    /// The limit that was reached; where no seat was assigned, how many seats there are.
    limit: u32,
    /// How much of it was in use; where no seat was assigned, how many were to others.
    in_use: u32,
    /// Since when the seat that was held longest was held; `null` if this node does not know.
    oldest_since: Option<Timestamp>,
    /// When the next seat could be free without anybody giving one back, as of then; `null` where waiting does not help.
    free_by: Option<Timestamp>,
    /// How often who was refused asked around then; `null` if this node does not know.
    tries: Option<u64>,
    /// The refusal's name: what to quote to those who run the licenses.
    refusal: Option<RefusalId>,
    /// The license's seats now.
    now: SeatsNow,
    /// Where the license is renewed, or more seats are bought.
    renewal_url: Option<String>,
    /// What to do next.
    next: Vec<String>,
    /// The cluster's clock.
    server_time: Timestamp,
}

/// Explain a refusal to whoever met it, by the link that it carried. No account is needed.
#[utoipa::path(
    post, path = "/refusals/explain", tag = "refusals", request_body = ExplainRequest,
    responses((status = 200, description = "Why.", body = Explanation)),
)]
pub(super) async fn explain_refusal(
    State(api): State<Api>,
    source: Source,
    request: Json<ExplainRequest>,
) -> Result<Shown<Explanation>, ApiError> {
    source.explained(&api)?;
    let told = Told::read(&request.value.link, api.lookup()).ok_or_else(not_found)?;
    // A node may be behind the one that refused.
    if api.cluster().ledger(Ledger::seq) < told.seq {
        api.cluster().barrier().await?;
    }
    let (at, is_known) = api
        .cluster()
        .ledger(|ledger| (ledger.at(), ledger.license(told.license).is_some()));
    if !is_known || at.since(told.at) > LINK_LIFE {
        return Err(not_found());
    }
    let file = api.cluster().latest_history().await.map_err(ApiError::internal)?;
    let kept_from = api.cluster().ledger(Ledger::kept_from).sessions;
    let refused = find(file, &told).await?.filter(|refused| refused.at >= kept_from);
    let (mut oldest, mut tries) = (None, None);
    if let Some(refused) = &refused {
        tries = Some(walk::around(file, refused).await?.tries);
        let held = held_at(&api, told.license, refused.index, RECORDS_MAX)
            .await?
            .unwrap_or_default();
        let own = |held: &crate::analytics::history::Held| match told.reason {
            Reason::HolderLimit => held.holder == refused.holder,
            Reason::NotAssigned => false,
            _ => true,
        };
        oldest = held
            .iter()
            .filter(|(held, _)| own(held))
            .filter_map(|(held, _)| held.since)
            .min();
    }
    let has_address = refused.as_ref().is_none_or(|refused| refused.email().is_some());
    let show = |ledger: &Ledger| {
        let license = ledger.license(told.license)?;
        let plan = ledger.plan(license.plan)?;
        let product = ledger.product(plan.product)?;
        let now = SeatsNow::of(ledger, told.license)?;
        Some(Explanation {
            reason: told.reason.into(),
            at: Timestamp(told.at),
            product: product.name.to_string(),
            plan: plan.name.to_string(),
            limit: told.limit,
            in_use: told.in_use,
            oldest_since: oldest.map(Timestamp),
            free_by: (told.reason != Reason::NotAssigned).then(|| Timestamp(told.at.after(told.retry_after))),
            tries,
            refusal: refused.as_ref().map(|refused| Id(RefusalNo(refused.index))),
            now,
            renewal_url: product.renewal_url.as_deref().map(str::to_owned),
            next: next(&told, now, Status::of(ledger, license), plan.terms.holder, has_address),
            server_time: Timestamp(ledger.at()),
        })
    };
    api.cluster().ledger(show).map(Shown::plain).ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::new(
        Code::NotFound,
        "This link is not known here or is older than 30 days. Start the application again: if there is still no seat, it \
         shows another link.",
    )
}

/// The record of a refusal. One that was answered from memory, because the very same request had been refused before, has
/// none of its own: then it is the one that was remembered.
async fn find(file: &StateFile, told: &Told) -> Result<Option<Refused>, ApiError> {
    let is_alike = |refused: &Refused| refused.license == told.license && Reason::of(&refused.rejection) == told.reason;
    let is_it = |refused: &Refused| is_alike(refused) && beginning(refused.holder) == told.holder;
    for record in file
        .audit_of_commands(vec![told.seq])
        .await
        .map_err(ApiError::internal)?
    {
        let leaf = decode(&record)?;
        if matches!(leaf.event, AuditEvent::Refused { .. })
            // One command is one refusal, whoever the plan counts since.
            && let Some(refused) = Refused::of(record.index, leaf).filter(is_alike)
        {
            return Ok(Some(refused));
        }
    }
    let behind = file
        .audit_index_at(told.at.after(Span::from_ms(1)))
        .await
        .map_err(ApiError::internal)?;
    let topics = [Topic::RefusalsOf(told.license)];
    let earlier = walk::read(file, &topics, 0..behind, Order::NewestFirst).await?;
    let remembered = |refused: &Refused| told.at.since(refused.at).ms() <= 2 * licensing::REMEMBERED_FOR.ms();
    Ok(earlier.into_iter().take_while(remembered).find(is_it))
}

/// What somebody without a seat can do.
fn next(told: &Told, now: SeatsNow, status: Status, holder: HolderPolicy, has_address: bool) -> Vec<String> {
    let mut next = Vec::new();
    let unusable = match status {
        Status::Active => None,
        Status::Suspended => Some("The license is on hold by now"),
        Status::Revoked => Some("The license was ended for good since"),
        Status::Expired => Some("The license has ended since"),
        Status::NotStarted => Some("The license has not started by now"),
    };
    if let Some(unusable) = unusable {
        next.push(format!(
            "{unusable}: ask whoever manages your licenses. A seat that is free does not help before that."
        ));
        return next;
    }
    let free = now.free();
    match told.reason {
        Reason::NotAssigned if !has_address => {
            next.push(
                "Sign in by an account whose provider says that your e-mail address is verified (`email_verified`), or with \
                 `usher login`: without an address no seat can be yours."
                    .to_owned(),
            );
            next.push("If you are refused again, ask whoever manages your licenses to assign you a seat.".to_owned());
            return next;
        }
        Reason::NotAssigned => {
            next.push("Ask whoever manages your licenses to assign you a seat, by your e-mail address.".to_owned());
            next.push(if told.in_use < told.limit {
                "When you asked, a seat was left to be assigned.".to_owned()
            } else {
                "Every seat is assigned: one has to be taken from somebody first, or more have to be bought.".to_owned()
            });
            next.push("Then start the application again, signed in with that address.".to_owned());
            return next;
        }
        Reason::GhostLimit => {
            next.push("Connect one of the devices that went offline, and close the application on it.".to_owned());
        }
        Reason::HolderLimit if is_person(holder) => {
            next.push("Close another running copy of the application, here or wherever else you run it.".to_owned());
        }
        Reason::HolderLimit => {
            next.push("Close another running copy of the application on this device.".to_owned());
        }
        _ if free > 0 => {
            let seats = if free == 1 {
                "A seat is".to_owned()
            } else {
                format!("{free} seats are")
            };
            next.push(format!("{seats} free now: start the application again."));
        }
        _ => {
            next.push("Close the application on another device; its seat is free at once.".to_owned());
            next.push("Or start it again once a seat is free.".to_owned());
        }
    }
    next.push("If this happens often, ask whoever manages your licenses for more seats.".to_owned());
    next
}
