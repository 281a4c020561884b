//! The laws, checked on what clients saw. One file per law, named like it; each gives what breaks it.

mod clock_monotone;
mod exactly_once;
#[cfg(test)]
mod examples;
mod honest_denial;
mod in_order;
mod linearizable;
mod named_seats;
mod never_expired_early;
mod never_oversold;
mod one_seat_per_holder;
mod released_once;
mod standing;

pub use clock_monotone::clock_monotone;
pub use exactly_once::exactly_once;
pub use honest_denial::honest_denial;
pub use in_order::in_order;
pub use linearizable::linearizable;
pub use named_seats::{Change, Said, named_seats};
pub use never_expired_early::never_expired_early;
pub use never_oversold::never_oversold;
pub use one_seat_per_holder::one_seat_per_holder;
pub use released_once::released_once;

use crate::history::{History, Us};

/// What the run promised its clients.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Seats of the license, overage included.
    pub seats: usize,
    /// How long a session lives without a heartbeat, in session time.
    pub ttl: Us,
}

impl Terms {
    /// How long a session certainly lives by a true clock. The leader's may be fast by a drift of half a thousandth, and
    /// is slewed by a thousandth at most.
    fn lives(&self) -> Us {
        self.ttl - self.ttl / 500
    }
}

/// Everything that is broken in the history of one license.
pub fn all(history: &History, terms: &Terms) -> Vec<String> {
    let mut broken = Vec::new();
    broken.extend(never_oversold(history, terms));
    broken.extend(never_expired_early(history, terms));
    broken.extend(honest_denial(history, terms));
    broken.extend(one_seat_per_holder(history, terms));
    broken.extend(exactly_once(history));
    broken.extend(released_once(history));
    broken.extend(in_order(history));
    broken.extend(clock_monotone(history));
    broken
}
