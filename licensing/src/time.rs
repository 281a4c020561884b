//! The ledger's two times and the lengths between their points. Milliseconds throughout, never a float.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! point {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(u64);

        impl $name {
            /// The end of this time.
            pub const MAX: Self = Self(u64::MAX);

            /// The point `ms` milliseconds after this time's zero.
            pub const fn from_ms(ms: u64) -> Self {
                Self(ms)
            }

            /// Milliseconds since this time's zero.
            pub const fn ms(self) -> u64 {
                self.0
            }

            /// The point `span` later; the end of time where that would overflow.
            #[must_use]
            pub const fn after(self, span: Span) -> Self {
                Self(self.0.saturating_add(span.0))
            }

            /// How long it is from `earlier` to here; zero if `earlier` is not earlier.
            pub const fn since(self, earlier: Self) -> Span {
                Span(self.0.saturating_sub(earlier.0))
            }
        }
    };
}

point!(
    /// The cluster's clock as stamped on entries: milliseconds since 1970, UTC. Never goes backward.
    /// License dates and reports are in it.
    At
);
point!(
    /// Time that a session can lose: moves with [`At`], but at most [`SESSION_TIME_STEP_MAX`] per entry, so that an
    /// outage of the cluster costs nobody a seat, and never ahead of what the leader measured, so that no clock that was
    /// set does either. Deadlines are in it.
    SessionTime
);

/// The most that session time advances from one entry to the next. Ticks come every 500 ms, so a cluster with a leader
/// loses nothing to the cap.
pub const SESSION_TIME_STEP_MAX: Span = Span::from_ms(2_000);

/// A length of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span(u64);

impl Span {
    /// A length of `ms` milliseconds.
    pub const fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// A length of `seconds` seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// The length in milliseconds.
    pub const fn ms(self) -> u64 {
        self.0
    }

    /// The length in whole seconds, rounded up: an honest `retry_after` is never too early.
    pub const fn secs_ceil(self) -> u64 {
        self.0.div_ceil(1_000)
    }

    /// The shorter of two lengths.
    #[must_use]
    pub const fn min(self, other: Self) -> Self {
        if self.0 < other.0 { self } else { other }
    }

    /// This length less `other`; zero if that is the longer.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// An hour of usage: hours since 1970 on the cluster's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hour(u32);

impl Hour {
    /// The hour that `at` lies in.
    pub fn of(at: At) -> Self {
        Self(u32::try_from(at.ms() / 3_600_000).unwrap_or(u32::MAX))
    }

    /// Hours since 1970.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The hour numbered `hours` since 1970.
    pub const fn new(hours: u32) -> Self {
        Self(hours)
    }
}
