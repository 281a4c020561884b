//! Seats held over time, as steps.

use std::collections::{BTreeMap, HashMap};

use licensing::id::{HolderKey, SessionNo};
use licensing::time::At;

use super::history::{History, What};

/// What holds from a moment on, until the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// From when on.
    pub(crate) at: At,
    /// Seats held.
    pub(crate) in_use: u32,
    /// Seats that may be held.
    pub(crate) limit: u32,
}

/// Who holds seats: all sessions of one holder share one.
#[derive(Debug, Default)]
pub(crate) struct Holders {
    sessions: HashMap<SessionNo, HolderKey>,
    /// How many sessions each holder has. In order, so that nothing depends on the order of hashes.
    holders: BTreeMap<HolderKey, u32>,
}

impl Holders {
    /// A session takes its holder's seat.
    pub(crate) fn grant(&mut self, no: SessionNo, holder: HolderKey) {
        if self.sessions.insert(no, holder).is_none() {
            *self.holders.entry(holder).or_insert(0) += 1;
        }
    }

    /// A session ends.
    pub(crate) fn end(&mut self, no: SessionNo) {
        if let Some(holder) = self.sessions.remove(&no)
            && let Some(sessions) = self.holders.get_mut(&holder)
        {
            *sessions -= 1;
            if *sessions == 0 {
                self.holders.remove(&holder);
            }
        }
    }

    /// Seats held.
    pub(crate) fn in_use(&self) -> u32 {
        u32::try_from(self.holders.len()).unwrap_or(u32::MAX)
    }
}

impl History {
    /// The steps of the period, the first at its beginning. Several may share a moment: each was true in its order.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut holders = Holders::default();
        for held in &self.opening {
            holders.grant(held.no, held.holder);
        }
        let mut now = Step {
            at: self.period.from,
            in_use: holders.in_use(),
            limit: self.limit,
        };
        let mut steps = vec![now];
        for event in &self.events {
            match event.what {
                What::Granted(no, holder) => holders.grant(no, holder),
                What::Ended(no) => holders.end(no),
                What::Limit(limit) => now.limit = limit,
                What::Refused(..) => continue,
            }
            let next = Step {
                at: event.at,
                in_use: holders.in_use(),
                limit: now.limit,
            };
            if (next.in_use, next.limit) != (now.in_use, now.limit) || matches!(event.what, What::Limit(_)) {
                steps.push(next);
            }
            now = next;
        }
        steps
    }

    /// The steps as stretches of time: from, to, and what held. Those of no length are among them.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = (At, At, Step)> {
        let steps = self.steps();
        let ends: Vec<At> = steps
            .iter()
            .skip(1)
            .map(|step| step.at)
            .chain([self.period.to])
            .collect();
        steps.into_iter().zip(ends).map(|(step, end)| (step.at, end, step))
    }
}
