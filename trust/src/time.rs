//! Points and lengths of time in whole seconds, as claims carry them, and the number that fences.

use std::fmt;

use serde::Serialize;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty), $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name($inner);

        impl $name {
            /// The form of such a number, for errors.
            pub(crate) const EXPECTED: &'static str = $expected;

            /// Wraps the bare number.
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            /// The bare number.
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number!(
    /// A point in time: whole seconds since 1970, UTC.
    UnixSeconds(u64), "whole seconds since 1970"
);
number!(
    /// A length of time in whole seconds.
    Seconds(u64), "a whole number of seconds"
);
number!(
    /// The number of the command that a token speaks of; a later token of the same session has a larger one. All 64
    /// bits are in use, so a reader must not put it in a float.
    Seq(u64), "a whole number of 64 bits"
);
number!(
    /// How many further issuer certificates may follow below one; 0 for a cluster.
    PathLength(u32), "a whole number of at most 32 bits"
);

impl UnixSeconds {
    /// The point `span` later; the end of time where that would overflow.
    #[must_use]
    pub const fn after(self, span: Seconds) -> Self {
        Self(self.0.saturating_add(span.0))
    }

    /// How long it is from `earlier` to here; zero if `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Seconds {
        Seconds(self.0.saturating_sub(earlier.0))
    }
}
