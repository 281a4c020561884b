//! What a license did in an hour: the figures that reports and invoices are made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::LicenseId;
use crate::outcome::Rejection;
use crate::time::Hour;

/// One license's hour. While the hour runs this is a row; when it has passed it is history and leaves memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageHour {
    /// Whose.
    pub license: LicenseId,
    /// Which hour of the cluster's clock.
    pub hour: Hour,
    /// The most seats that were held at any moment of it, also those carried over from the hour before.
    pub peak: u32,
    /// Sessions granted.
    pub grants: u64,
    /// Sessions renewed: heartbeats, and acquires that were sent again.
    pub renewals: u64,
    /// Sessions given back by their client, replaced ones included.
    pub releases: u64,
    /// Sessions that ended for want of a heartbeat.
    pub expiries: u64,
    /// Sessions ended by an operator or by their license.
    pub revocations: u64,
    /// Acquires refused, by reason.
    pub refusals: BTreeMap<Refusal, u64>,
}

impl UsageHour {
    /// An hour that begins with `held` seats.
    pub const fn new(license: LicenseId, hour: Hour, held: u32) -> Self {
        let refusals = BTreeMap::new();
        Self {
            license,
            hour,
            peak: held,
            grants: 0,
            renewals: 0,
            releases: 0,
            expiries: 0,
            revocations: 0,
            refusals,
        }
    }
}

/// Why acquires of a license are refused: the reasons that reports tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Refusal {
    /// Every seat was held.
    SeatLimit,
    /// The plan's ghost cap was reached.
    GhostLimit,
    /// The holder had as many sessions as it may have.
    HolderLimit,
    /// The license had ended.
    LicenseExpired,
    /// The license had not started.
    LicenseNotStarted,
    /// The license was suspended.
    LicenseSuspended,
    /// The license was revoked.
    LicenseRevoked,
    /// Anything else: a late request, an ended session's request sent again.
    Other,
    /// The license's seats are assigned by name, and none was to who asked.
    NotAssigned,
}

impl Refusal {
    /// The reason that a rejection counts under.
    pub const fn of(rejection: &Rejection) -> Self {
        match rejection {
            Rejection::SeatLimitReached { .. } => Self::SeatLimit,
            Rejection::GhostLimitReached { .. } => Self::GhostLimit,
            Rejection::HolderLimitReached { .. } => Self::HolderLimit,
            Rejection::LicenseExpired { .. } => Self::LicenseExpired,
            Rejection::LicenseNotStarted { .. } => Self::LicenseNotStarted,
            Rejection::LicenseSuspended { .. } => Self::LicenseSuspended,
            Rejection::LicenseRevoked { .. } => Self::LicenseRevoked,
            Rejection::SeatNotAssigned { .. } => Self::NotAssigned,
            _ => Self::Other,
        }
    }

    /// The reason's name in reports: the rejection's code in lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SeatLimit => "seat_limit_reached",
            Self::GhostLimit => "ghost_limit_reached",
            Self::HolderLimit => "holder_limit_reached",
            Self::LicenseExpired => "license_expired",
            Self::LicenseNotStarted => "license_not_started",
            Self::LicenseSuspended => "license_suspended",
            Self::LicenseRevoked => "license_revoked",
            Self::Other => "other",
            Self::NotAssigned => "seat_not_assigned",
        }
    }
}
