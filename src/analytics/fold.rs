//! Refusals as people meet them: a program that asks again and again was refused once.

use std::collections::BTreeMap;

use licensing::id::HolderKey;
use licensing::time::{At, Span};
use licensing::usage::Refusal;

use super::history::{History, What};

/// A refusal of the same holder for the same reason that comes within this time of the one before is a retry of it.
pub(crate) const RETRY_WITHIN: Span = Span::from_secs(600);

/// A refusal with its retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Folded {
    /// Who was refused.
    pub(crate) holder: HolderKey,
    /// Why.
    pub(crate) reason: Refusal,
    /// When first.
    pub(crate) first: At,
    /// When last.
    pub(crate) last: At,
    /// How often.
    pub(crate) tries: u64,
}

/// Whether `later` is a retry of `earlier`, of the same holder and for the same reason.
pub(crate) fn is_retry(earlier: At, later: At) -> bool {
    later.since(earlier) <= RETRY_WITHIN
}

/// The refusals of a history, retries folded, in the order of their first.
pub(crate) fn fold_events(history: &History) -> Vec<Folded> {
    let mut folded: Vec<Folded> = Vec::new();
    let mut latest: BTreeMap<(HolderKey, Refusal), usize> = BTreeMap::new();
    for event in &history.events {
        let What::Refused(holder, reason) = event.what else {
            continue;
        };
        let known = latest.get(&(holder, reason)).copied();
        match known.map(|place| &mut folded[place]) {
            Some(row) if is_retry(row.last, event.at) => {
                row.last = event.at;
                row.tries += 1;
            }
            _ => {
                latest.insert((holder, reason), folded.len());
                folded.push(Folded {
                    holder,
                    reason,
                    first: event.at,
                    last: event.at,
                    tries: 1,
                });
            }
        }
    }
    folded
}
