//! Acquires that were refused: the list, and why one of them was.
//!
//! A program that is refused asks again, so what one holder repeated within ten minutes is one row here.

mod explain;
mod link;
mod link_text;
mod list;
mod view;
mod walk;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use licensing::audit::{AuditEvent, LeafV1};
use licensing::catalogue::HolderPolicy;
use licensing::id::{HolderKey, LicenseId, decode_base32, encode_base32};
use licensing::ledger::Ledger;
use licensing::outcome::Rejection;
use licensing::time::At;
use licensing::usage::Refusal as Reason;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::id::{self, Documented, Id};
use super::time::Timestamp;
use walk::Row;

pub(super) use link::explanation_url;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::default()
        .routes(routes!(list::list_refusals))
        .routes(routes!(explain::explain_refusal))
        .routes(routes!(view::get_refusal))
}

/// The place of a refusal in the audit, as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefusalNo(u64);

/// The name of a refusal.
pub(crate) type RefusalId = Id<RefusalNo>;

impl Documented for RefusalNo {
    const NAME: &'static str = "RefusalId";
    const PREFIX: &'static str = "ref";
    const BYTES: usize = 8;
}

impl fmt::Display for RefusalNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", Self::PREFIX, encode_base32(&self.0.to_be_bytes()))
    }
}

impl FromStr for RefusalNo {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.strip_prefix("ref_").and_then(decode_base32);
        bytes
            .map(|bytes| Self(u64::from_be_bytes(bytes)))
            .ok_or("expected ref_ followed by 13 characters of 0-9 a-z without i, l, o, u")
    }
}

/// Why an acquire was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefusalReason {
    /// Every seat was held.
    SeatLimitReached,
    /// Too many clients may still have been running on their offline grace.
    GhostLimitReached,
    /// The holder had as many sessions as it may have.
    HolderLimitReached,
    /// The license had ended.
    LicenseExpired,
    /// The license had not started.
    LicenseNotStarted,
    /// The license was on hold.
    LicenseSuspended,
    /// The license was ended for good.
    LicenseRevoked,
    /// The license's seats are assigned by name, and none was to who asked.
    SeatNotAssigned,
    /// Anything else: a late request, an ended session's request sent again.
    Other,
}

impl From<Reason> for RefusalReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::SeatLimit => Self::SeatLimitReached,
            Reason::GhostLimit => Self::GhostLimitReached,
            Reason::HolderLimit => Self::HolderLimitReached,
            Reason::LicenseExpired => Self::LicenseExpired,
            Reason::LicenseNotStarted => Self::LicenseNotStarted,
            Reason::LicenseSuspended => Self::LicenseSuspended,
            Reason::LicenseRevoked => Self::LicenseRevoked,
            Reason::NotAssigned => Self::SeatNotAssigned,
            Reason::Other => Self::Other,
        }
    }
}

impl From<RefusalReason> for Reason {
    fn from(reason: RefusalReason) -> Self {
        match reason {
            RefusalReason::SeatLimitReached => Self::SeatLimit,
            RefusalReason::GhostLimitReached => Self::GhostLimit,
            RefusalReason::HolderLimitReached => Self::HolderLimit,
            RefusalReason::LicenseExpired => Self::LicenseExpired,
            RefusalReason::LicenseNotStarted => Self::LicenseNotStarted,
            RefusalReason::LicenseSuspended => Self::LicenseSuspended,
            RefusalReason::LicenseRevoked => Self::LicenseRevoked,
            RefusalReason::SeatNotAssigned => Self::NotAssigned,
            RefusalReason::Other => Self::Other,
        }
    }
}

/// A refusal as the audit has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    index: u64,
    at: At,
    license: LicenseId,
    /// Who asked, as the plan counted; the machine where an early build wrote it.
    holder: HolderKey,
    rejection: Rejection,
}

/// What retries have in common. The address tells those apart who asked from one machine when that was all that was written.
type Who = (LicenseId, HolderKey, Option<Arc<str>>, Reason);

impl Refused {
    fn of(index: u64, leaf: LeafV1) -> Option<Self> {
        match leaf.event {
            AuditEvent::Refused {
                license: Some(license),
                holder: Some(holder),
                rejection,
                ..
            } => Some(Self {
                index,
                at: leaf.at,
                license,
                holder,
                rejection,
            }),
            _ => None,
        }
    }

    fn who(&self) -> Who {
        let email = self.email().cloned();
        (self.license, self.holder, email, Reason::of(&self.rejection))
    }

    /// The address that no seat was assigned to.
    fn email(&self) -> Option<&Arc<str>> {
        match &self.rejection {
            Rejection::SeatNotAssigned { email, .. } => email.as_ref(),
            _ => None,
        }
    }

    /// The limit that was reached and how much of it was in use, as the client was told.
    fn usage(&self) -> Option<(u32, u32)> {
        match self.rejection {
            Rejection::SeatLimitReached { limit, in_use, .. } | Rejection::HolderLimitReached { limit, in_use, .. } => {
                Some((limit, in_use))
            }
            Rejection::GhostLimitReached {
                limit, in_use, ghosts, ..
            } => Some((limit, in_use + ghosts)),
            _ => None,
        }
    }

    /// When the next seat could have been free without anybody giving one back.
    fn free_by(&self) -> Option<At> {
        match self.rejection {
            Rejection::SeatLimitReached { retry_after, .. }
            | Rejection::GhostLimitReached { retry_after, .. }
            | Rejection::HolderLimitReached { retry_after, .. } => Some(self.at.after(retry_after)),
            _ => None,
        }
    }
}

/// Acquires of one holder that were refused for one reason, each within ten minutes of the one before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// Its name: of the latest try.
    id: RefusalId,
    reason: RefusalReason,
    /// The code that the client was answered.
    code: &'static str,
    license: id::LicenseId,
    /// The last characters of the license's key.
    key_hint: String,
    customer: id::CustomerId,
    customer_name: String,
    /// The product's name.
    product: String,
    /// The plan's name.
    plan: String,
    /// Who asked, as the plan counts: the `holder` of their sessions. Where it counts nobody, their user or their machine.
    holder: id::HolderKey,
    /// The address that no seat was assigned to; `null` for other reasons, and where their token vouched for none.
    email: Option<String>,
    /// The host's name of a live session of theirs, if they have one by now.
    host: Option<String>,
    /// When it was refused first.
    first_at: Timestamp,
    /// When it was refused last.
    at: Timestamp,
    /// How often it asked.
    tries: u64,
    /// The limit that was reached, as of the last time.
    limit: Option<u32>,
    /// How much of it was in use.
    in_use: Option<u32>,
}

impl Refusal {
    /// The row with what it hangs on, if that is still there.
    fn of(ledger: &Ledger, row: &Row) -> Option<Self> {
        let refused = &row.last;
        let license = ledger.license(refused.license)?;
        let plan = ledger.plan(license.plan)?;
        let product = ledger.product(plan.product)?;
        let customer = ledger.customer(license.customer)?;
        let usage = refused.usage();
        Some(Self {
            id: Id(RefusalNo(refused.index)),
            reason: Reason::of(&refused.rejection).into(),
            code: refused.rejection.code(),
            license: Id(license.id),
            key_hint: license.key_hint.to_string(),
            customer: Id(customer.id),
            customer_name: customer.name.to_string(),
            product: product.name.to_string(),
            plan: plan.name.to_string(),
            holder: Id(refused.holder),
            email: refused.email().map(ToString::to_string),
            host: host(ledger, license.id, refused.holder),
            first_at: Timestamp(row.first_at),
            at: Timestamp(refused.at),
            tries: row.tries,
            limit: usage.map(|(limit, _)| limit),
            in_use: usage.map(|(_, in_use)| in_use),
        })
    }
}

/// Whether a holder is a person, on however many machines, and not a machine.
const fn is_person(holder: HolderPolicy) -> bool {
    matches!(holder, HolderPolicy::User | HolderPolicy::NamedUser)
}

/// The name of a holder's host, if one of its sessions lives and says so.
fn host(ledger: &Ledger, license: LicenseId, holder: HolderKey) -> Option<String> {
    let none = licensing::id::SessionNo::default();
    let own = ledger
        .sessions_of(license, Some((holder, none)))
        .take_while(|session| session.holder == holder);
    let mut hosts = own.filter_map(|session| session.client.as_ref()?.hostname.as_ref());
    hosts.next().map(ToString::to_string)
}

/// How many seats a license has and how many are held.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct SeatsNow {
    /// Seats that may be held.
    limit: u32,
    /// Seats held.
    in_use: u32,
}

impl SeatsNow {
    fn of(ledger: &Ledger, license: LicenseId) -> Option<Self> {
        let seats = ledger.seats(license)?;
        Some(Self {
            limit: seats.limit,
            in_use: seats.in_use,
        })
    }

    /// Seats that nobody holds.
    fn free(self) -> u32 {
        self.limit.saturating_sub(self.in_use)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_refusals_name_is_read_as_it_is_written() {
        for index in [0, 1, 77_123, u64::MAX] {
            let text = RefusalNo(index).to_string();
            assert_eq!(text.parse::<RefusalNo>().unwrap(), RefusalNo(index));
            assert_eq!(text.len(), 17);
        }
        assert!("ref_0".parse::<RefusalNo>().is_err() && "000000000000a".parse::<RefusalNo>().is_err());
    }

    #[test]
    fn a_reason_is_called_as_in_reports_of_usage() {
        for reason in [
            Reason::SeatLimit,
            Reason::GhostLimit,
            Reason::HolderLimit,
            Reason::LicenseExpired,
            Reason::LicenseNotStarted,
            Reason::LicenseSuspended,
            Reason::LicenseRevoked,
            Reason::NotAssigned,
            Reason::Other,
        ] {
            let shown = RefusalReason::from(reason);
            assert_eq!(serde_json::to_value(shown).unwrap(), reason.name());
            assert_eq!(Reason::from(shown), reason);
        }
    }
}
