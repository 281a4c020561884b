//! Until when the cluster's certificate lets it sign, and what to do before it is over.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::cli::output::{Cell, Style};
use crate::cli::resource::minute;
use crate::cli::words;

/// From how long before its end on a certificate is to be renewed.
const RENEW_WITHIN: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What to do about it.
const REMEDY: &str =
    "`usher key certify` makes a new one where the root key is, `usher key install` puts it into each node";

/// The certificate of the node that answered, by the cluster's clock.
#[derive(Debug, Clone, Copy)]
pub(super) struct Certificate<'a> {
    cluster: &'a Value,
    left: SignedDuration,
}

impl<'a> Certificate<'a> {
    /// Reads it from a node's view of the cluster. An older node does not tell.
    pub(super) fn of(cluster: &'a Value) -> Option<Self> {
        let time = |member: &str| cluster[member].as_str()?.parse::<Timestamp>().ok();
        let left = time("certified_until")?.duration_since(time("at")?);
        Some(Self { cluster, left })
    }

    /// Whether nothing can be signed any more.
    pub(super) fn is_over(self) -> bool {
        self.left <= SignedDuration::ZERO
    }

    /// Its end; where that is near, how near, and what to do.
    pub(super) fn in_words(self) -> Cell {
        let until = minute(self.cluster, "/certified_until");
        let until = until.as_text();
        if self.is_over() {
            return Cell::new(format!("{until}, which is over: {REMEDY}")).styled(Style::Bad);
        }
        if self.left >= RENEW_WITHIN {
            return Cell::new(until);
        }
        let left = words::span(u64::try_from(self.left.as_secs()).unwrap_or(0));
        Cell::new(format!("{until}, in {left}: {REMEDY}")).styled(Style::Warning)
    }
}
