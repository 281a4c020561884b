//! For how long history is kept: what is over is on record for some days, or for ever.

use serde::{Deserialize, Serialize};

use crate::row::{Row, RowKey};
use crate::state::Record;
use crate::time::{At, Span};

/// The fewest days that sessions and refusals may be kept for: somebody who was refused on a Friday asks on Monday.
pub const SESSION_DAYS_MIN: u32 = 7;

/// The fewest days that hours of usage may be kept for: the longest month, which invoices are made of.
pub const USAGE_DAYS_MIN: u32 = 31;

/// The most days that anything may be kept for and yet not for ever.
pub const DAYS_MAX: u32 = 36_500;

/// How long nothing is dropped after the setting was changed, and after the clock went forward by more than
/// [`CLOCK_STEP_MAX`]: what is dropped is gone, so there has to be time to notice a slip.
pub const DROPS_AFTER: Span = Span::from_secs(86_400);

/// A step of the clock by more than this may be a wrong one.
pub const CLOCK_STEP_MAX: Span = Span::from_secs(2 * 86_400);

/// A kind of history that is kept for a time of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum History {
    /// What is on record of sessions that have ended, with the users they were held for, of acquires that were refused, and
    /// of people who signed in, with where they did. Everything else in the audit is kept for ever.
    Sessions,
    /// Hours of usage that have passed.
    Usage,
}

impl History {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Sessions, Self::Usage];

    /// The fewest days that it may be kept for.
    pub const fn days_min(self) -> u32 {
        match self {
            Self::Sessions => SESSION_DAYS_MIN,
            Self::Usage => USAGE_DAYS_MIN,
        }
    }

    /// The setting that says for how many days it is kept.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Sessions => "session_days",
            Self::Usage => "usage_days",
        }
    }

    /// Its name, as the API has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Usage => "usage",
        }
    }
}

/// For how long history is kept, and from when on it is there. There is one of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// For how many days a session is on record after its end, and a refusal; `None` is for ever.
    pub session_days: Option<u32>,
    /// For how many days an hour of usage is kept; `None` is for ever.
    pub usage_days: Option<u32>,
    /// From when on history is there.
    pub kept_from: KeptFrom,
    /// Nothing is dropped before this.
    pub drops_from: At,
    /// Counts its edits, from 1; 0 if it was never set.
    pub version: u32,
}

impl Retention {
    /// For how many days a kind of history is kept; `None` is for ever.
    pub const fn days(&self, history: History) -> Option<u32> {
        match history {
            History::Sessions => self.session_days,
            History::Usage => self.usage_days,
        }
    }
}

/// From when on history is there: what is older was dropped. Midnights, UTC, that are never moved back; the beginning of
/// time where nothing was dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFrom {
    /// Sessions that ended before this are dropped, and refusals from before it.
    pub sessions: At,
    /// Hours of usage from before this are dropped.
    pub usage: At,
}

impl KeptFrom {
    /// From when on a kind of history is there.
    pub const fn of(&self, history: History) -> At {
        match history {
            History::Sessions => self.sessions,
            History::Usage => self.usage,
        }
    }

    pub(crate) const fn set(&mut self, history: History, from: At) {
        match history {
            History::Sessions => self.sessions = from,
            History::Usage => self.usage = from,
        }
    }
}

/// The midnight before which all is older than so many days. Days are whole, so that history is dropped once a day and not
/// with every tick.
pub const fn days_before(at: At, days: u32) -> At {
    let ms = at.ms().saturating_sub(days as u64 * DAY_MS);
    At::from_ms(ms - ms % DAY_MS)
}

const DAY_MS: u64 = 86_400_000;

impl Record for Retention {
    type Key = ();

    fn key(&self) {}

    fn row_key((): ()) -> RowKey {
        RowKey::Retention
    }

    fn into_row(self) -> Row {
        Row::Retention(self)
    }
}
