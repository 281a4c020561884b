//! A plan's terms as the API writes them, and the defaults of a plan that names none.

use std::sync::Arc;

use licensing::catalogue::{HolderPolicy, OfflineMode, PlanTerms};
use licensing::time::Span;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entitlements::EntitlementsBody;
use super::resource::Edit;
use super::seats::OfflineModeName;

/// Who a seat is counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holder {
    /// One seat per fingerprint, however many processes run there.
    Fingerprint,
    /// One seat per fingerprint and `client.instance`.
    FingerprintAndInstance,
    /// One seat per user whom a `jwt_token` vouches for, on however many devices. Nobody gets one without.
    User,
    /// One seat per such user and fingerprint. Nobody gets one without.
    UserAndFingerprint,
    /// One seat per user to whose e-mail address one was assigned, on however many devices. Nobody else gets one.
    NamedUser,
}

impl From<HolderPolicy> for Holder {
    fn from(policy: HolderPolicy) -> Self {
        match policy {
            HolderPolicy::Fingerprint => Self::Fingerprint,
            HolderPolicy::FingerprintAndInstance => Self::FingerprintAndInstance,
            HolderPolicy::User => Self::User,
            HolderPolicy::UserAndFingerprint => Self::UserAndFingerprint,
            HolderPolicy::NamedUser => Self::NamedUser,
        }
    }
}

impl From<Holder> for HolderPolicy {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Fingerprint => Self::Fingerprint,
            Holder::FingerprintAndInstance => Self::FingerprintAndInstance,
            Holder::User => Self::User,
            Holder::UserAndFingerprint => Self::UserAndFingerprint,
            Holder::NamedUser => Self::NamedUser,
        }
    }
}

/// The terms of a plan.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Terms {
    /// Seats of a license that names no number of its own.
    pub seats: u32,
    /// Seats that may be granted beyond a license's own.
    pub overage_max: u32,
    /// How long a session lives without a heartbeat.
    pub ttl_seconds: u64,
    /// How often a client should beat.
    pub heartbeat_seconds: u64,
    /// What happens while a client is silent.
    pub offline: OfflineModeName,
    /// How long a cut-off client may go on; unused in `strict`.
    pub grace_seconds: u64,
    /// The most clients in offline grace beyond the seats; `null` is any number.
    pub ghosts_max: Option<u32>,
    /// The most live sessions of one holder.
    pub sessions_per_holder_max: u32,
    /// Who a seat is counted for.
    pub holder: Holder,
    /// What a license of this plan carries, unless it overrides it by name.
    pub entitlements: EntitlementsBody,
}

impl Terms {
    pub(super) fn of(terms: &PlanTerms) -> Self {
        Self {
            seats: terms.seats,
            overage_max: terms.overage_max,
            ttl_seconds: terms.ttl.secs_ceil(),
            heartbeat_seconds: terms.heartbeat.secs_ceil(),
            offline: terms.offline.into(),
            grace_seconds: terms.grace.secs_ceil(),
            ghosts_max: terms.ghosts_max,
            sessions_per_holder_max: terms.sessions_per_holder_max,
            holder: terms.holder.into(),
            entitlements: EntitlementsBody(Arc::new(terms.entitlements.clone())),
        }
    }
}

/// Defines a request that has terms beside fields of its own. Serde's flattening would lose the names of wrong fields.
macro_rules! request_with_terms {
    (
        $(#[$meta:meta])*
        pub(crate) struct $name:ident { $($(#[$own_meta:meta])* $own:ident: $kind:ty,)* }
    ) => {
        $(#[$meta])*
        #[derive(Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$own_meta])* $own: $kind,)*
            /// Seats of a license that names no number of its own. A new plan's default is 1.
            #[schema(maximum = 10_000_000)]
            seats: Option<u32>,
            /// Seats that may be granted beyond a license's own. A new plan's default is 0.
            #[schema(maximum = 10_000_000)]
            overage_max: Option<u32>,
            /// How long a session lives without a heartbeat; at least 2. A new plan's default is 360.
            #[schema(minimum = 2, maximum = 2_592_000)]
            ttl_seconds: Option<u64>,
            /// How often a client should beat; fits into the ttl with room for a retry. A new plan's default is 300, or
            /// three quarters of a shorter ttl that is named.
            #[schema(minimum = 1, maximum = 2_221_658)]
            heartbeat_seconds: Option<u64>,
            /// What happens while a client is silent. A new plan's default is `lenient`.
            offline: Option<OfflineModeName>,
            /// How long a cut-off client may go on. A new plan's default is 86400.
            #[schema(maximum = 7_776_000)]
            grace_seconds: Option<u64>,
            /// The most clients in offline grace beyond the seats; `null` is any number, and a new plan's default.
            #[serde(default)]
            #[schema(value_type = Option<u32>, maximum = 10_000_000)]
            ghosts_max: Edit<u32>,
            /// The most live sessions of one holder. A new plan's default is 16.
            #[schema(minimum = 1, maximum = 10_000)]
            sessions_per_holder_max: Option<u32>,
            /// Who a seat is counted for. A new plan's default is `fingerprint`.
            holder: Option<Holder>,
            /// What a license of this plan carries. Replaces all that was there.
            entitlements: Option<EntitlementsBody>,
        }

        impl $name {
            /// The terms that the request names.
            fn terms(&self) -> TermsChange {
                TermsChange {
                    seats: self.seats,
                    overage_max: self.overage_max,
                    ttl_seconds: self.ttl_seconds,
                    heartbeat_seconds: self.heartbeat_seconds,
                    offline: self.offline,
                    grace_seconds: self.grace_seconds,
                    ghosts_max: self.ghosts_max.clone(),
                    sessions_per_holder_max: self.sessions_per_holder_max,
                    holder: self.holder,
                    entitlements: self.entitlements.clone(),
                }
            }
        }
    };
}

pub(super) use request_with_terms;

/// Terms that a request names; what is left out stays as it is, or as the defaults are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TermsChange {
    pub(super) seats: Option<u32>,
    pub(super) overage_max: Option<u32>,
    pub(super) ttl_seconds: Option<u64>,
    pub(super) heartbeat_seconds: Option<u64>,
    pub(super) offline: Option<OfflineModeName>,
    pub(super) grace_seconds: Option<u64>,
    pub(super) ghosts_max: Edit<u32>,
    pub(super) sessions_per_holder_max: Option<u32>,
    pub(super) holder: Option<Holder>,
    pub(super) entitlements: Option<EntitlementsBody>,
}

/// The terms of a plan that names none: those that the first product asked for.
fn defaults() -> PlanTerms {
    PlanTerms {
        seats: 1,
        overage_max: 0,
        ttl: Span::from_secs(360),
        heartbeat: Span::from_secs(300),
        offline: OfflineMode::Lenient,
        grace: Span::from_secs(86_400),
        ghosts_max: None,
        sessions_per_holder_max: 16,
        holder: HolderPolicy::Fingerprint,
        entitlements: licensing::catalogue::Entitlements::new(),
    }
}

impl TermsChange {
    /// The terms of a new plan. Where only the ttl is named, the heartbeat is what fits into it.
    pub(super) fn make(&self) -> PlanTerms {
        let defaults = defaults();
        let fitting = self
            .ttl_seconds
            .map(|ttl| Span::from_secs((ttl.saturating_mul(3) / 4).max(1)));
        let heartbeat = fitting.map_or(defaults.heartbeat, |fitting| fitting.min(defaults.heartbeat));
        self.apply(PlanTerms { heartbeat, ..defaults })
    }

    /// The terms with the change made.
    pub(super) fn apply(&self, terms: PlanTerms) -> PlanTerms {
        PlanTerms {
            seats: self.seats.unwrap_or(terms.seats),
            overage_max: self.overage_max.unwrap_or(terms.overage_max),
            ttl: self.ttl_seconds.map_or(terms.ttl, Span::from_secs),
            heartbeat: self.heartbeat_seconds.map_or(terms.heartbeat, Span::from_secs),
            offline: self.offline.map_or(terms.offline, Into::into),
            grace: self.grace_seconds.map_or(terms.grace, Span::from_secs),
            ghosts_max: self.ghosts_max.clone().apply(terms.ghosts_max),
            sessions_per_holder_max: self.sessions_per_holder_max.unwrap_or(terms.sessions_per_holder_max),
            holder: self.holder.map_or(terms.holder, Into::into),
            entitlements: self
                .entitlements
                .as_ref()
                .map_or(terms.entitlements, |body| (*body.0).clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_ttl_brings_a_heartbeat_that_fits_and_a_heartbeat_that_is_named_stays() {
        let made = |ttl_seconds, heartbeat_seconds| {
            let change = TermsChange {
                ttl_seconds,
                heartbeat_seconds,
                ..TermsChange::default()
            };
            let terms = change.make();
            (terms.ttl.secs_ceil(), terms.heartbeat.secs_ceil())
        };
        assert_eq!(made(None, None), (360, 300));
        assert_eq!(made(Some(86_400), None), (86_400, 300));
        assert_eq!(made(Some(300), None), (300, 225));
        assert_eq!(made(Some(2), None), (2, 1));
        assert_eq!(made(Some(300), Some(20)), (300, 20));
    }

    #[test]
    fn what_is_left_out_stays_and_null_clears() {
        let change = TermsChange {
            seats: Some(5),
            ghosts_max: Edit::Clear,
            ..TermsChange::default()
        };
        let before = PlanTerms {
            ghosts_max: Some(3),
            overage_max: 2,
            ..defaults()
        };
        let after = change.apply(before);
        assert_eq!((after.seats, after.overage_max, after.ghosts_max), (5, 2, None));
    }
}
