//! One license's history in a period: who held its seats at the beginning, and what happened then.

use std::collections::{BTreeMap, BTreeSet};

use licensing::audit::{AuditEvent, LeafV1};
use licensing::command::{Command, UpdateLicense};
use licensing::id::{HolderKey, LicenseId, PlanId, SessionNo};
use licensing::time::At;
use licensing::usage::Refusal;

/// From a time on, and before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period {
    /// Its first moment.
    pub(crate) from: At,
    /// The moment behind its last; not before `from`.
    pub(crate) to: At,
}

/// A session that held a seat at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Held {
    /// Its number.
    pub(crate) no: SessionNo,
    /// Who the seat was counted for.
    pub(crate) holder: HolderKey,
    /// When it was granted; `None` if that is not known any more.
    pub(crate) since: Option<At>,
}

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event {
    /// When.
    pub(crate) at: At,
    /// What.
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A session was granted.
    Granted(SessionNo, HolderKey),
    /// A session ended.
    Ended(SessionNo),
    /// An acquire was refused.
    Refused(HolderKey, Refusal),
    /// From now on this many seats may be held.
    Limit(u32),
}

/// A license's history in a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    /// Which period.
    pub(crate) period: Period,
    /// How many seats may be held at its beginning.
    pub(crate) limit: u32,
    /// The sessions that hold seats at its beginning, in their order.
    pub(crate) opening: Vec<Held>,
    /// What happened in it, in its order.
    pub(crate) events: Vec<Event>,
    /// Whether nothing is missing. A node that was brought up by a snapshot lacks what was before it, and what was kept for
    /// long enough is dropped.
    pub(crate) complete: bool,
    /// Since when history is kept; `None` if none was dropped.
    pub(crate) kept_from: Option<At>,
}

impl History {
    /// The event of a leaf that is about the license's seats or refusals.
    pub(crate) fn event(leaf: &LeafV1) -> Option<Event> {
        let what = match &leaf.event {
            AuditEvent::Granted { no, holder, .. } => What::Granted(*no, *holder),
            AuditEvent::Ended { no, .. } => What::Ended(*no),
            AuditEvent::Refused {
                holder: Some(holder),
                rejection,
                ..
            } => What::Refused(*holder, Refusal::of(rejection)),
            AuditEvent::Refused { holder: None, .. }
            | AuditEvent::Changed { .. }
            | AuditEvent::Identified { .. }
            | AuditEvent::Dropped { .. }
            | AuditEvent::Linked { .. } => return None,
        };
        Some(Event { at: leaf.at, what })
    }
}

/// The sessions that held seats before `leaves`, which are all that came since, up to the moment in which `live` hold
/// theirs. Of one that has ended meanwhile the leaves tell no more than its number: its own grant has to be looked up.
pub(crate) fn open_before(
    leaves: &[LeafV1],
    live: impl IntoIterator<Item = Held>,
    grant: impl Fn(SessionNo) -> Option<Held>,
) -> Vec<Held> {
    let granted: BTreeSet<SessionNo> = leaves.iter().filter_map(granted).collect();
    let before = |no: &SessionNo| !granted.contains(no);
    let ended = leaves.iter().filter_map(ended).filter(before);
    let known = ended.map(|no| grant(no).unwrap_or_else(|| unknown(no)));
    let mut open: Vec<Held> = live.into_iter().filter(|held| before(&held.no)).chain(known).collect();
    open.sort_unstable_by_key(|held| held.no);
    open
}

/// The numbers of sessions that ended in `leaves` and were granted before them.
pub(crate) fn granted_before(leaves: &[LeafV1]) -> Vec<SessionNo> {
    let granted: BTreeSet<SessionNo> = leaves.iter().filter_map(granted).collect();
    let ended = leaves.iter().filter_map(ended);
    ended.filter(|no| !granted.contains(no)).collect()
}

fn granted(leaf: &LeafV1) -> Option<SessionNo> {
    match leaf.event {
        AuditEvent::Granted { no, .. } => Some(no),
        _ => None,
    }
}

fn ended(leaf: &LeafV1) -> Option<SessionNo> {
    match leaf.event {
        AuditEvent::Ended { no, .. } => Some(no),
        _ => None,
    }
}

/// A session of which it is not known any more who held it: it stands for a holder of its own.
fn unknown(no: SessionNo) -> Held {
    let mut holder = [0xff; 16];
    holder[8..].copy_from_slice(&no.get().to_be_bytes());
    Held {
        no,
        holder: HolderKey::from_bytes(holder),
        since: None,
    }
}

/// How many seats of a license may be held, as its own changes and those of its plans say.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    plans: BTreeMap<PlanId, (u32, u32)>,
    plan: Option<PlanId>,
    seats: Option<u32>,
}

impl Limits {
    /// Takes a change in. It gives the limit from then on, if it is known.
    pub(crate) fn take(&mut self, license: LicenseId, command: &Command) -> Option<u32> {
        match command {
            Command::CreatePlan(create) => {
                let terms = (create.terms.seats, create.terms.overage_max);
                self.plans.insert(create.id, terms);
            }
            Command::UpdatePlan(update) => {
                if let Some(terms) = &update.terms {
                    self.plans.insert(update.id, (terms.seats, terms.overage_max));
                }
            }
            Command::CreateLicense(create) if create.id == license => {
                (self.plan, self.seats) = (Some(create.plan), create.seats);
            }
            Command::UpdateLicense(update) if update.id == license => self.update(update),
            _ => {}
        }
        self.limit()
    }

    fn update(&mut self, update: &UpdateLicense) {
        self.plan = update.plan.or(self.plan);
        self.seats = update.seats.unwrap_or(self.seats);
    }

    fn limit(&self) -> Option<u32> {
        let (seats, overage) = self.plans.get(&self.plan?)?;
        Some(self.seats.unwrap_or(*seats).saturating_add(*overage))
    }
}
