//! What would have been with more seats: the recorded history once more through the ledger's own rules.
//!
//! The grants and ends that were recorded happen again as they did. Each refusal for want of a seat is asked again with
//! the further seats; if the ledger grants it, its holder keeps the seat for an assumed time, or until their own next
//! recorded grant. Retries ask nothing: with them, an answer could depend on seats that others would not have taken.
//! So what is avoided with n seats is also avoided with n + 1, whatever the history: the holders who got a seat with n
//! got one with n + 1 too, and at no time has n + 1 more than one of them besides.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use licensing::catalogue::{HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{
    Acquire, Actor, Command, CreateCustomer, CreateLicense, CreatePlan, CreateProduct, Entry, Proposal, UpdateLicense,
};
use licensing::id::{
    CustomerId, FingerprintHash, HolderKey, LicenseId, PlanId, ProductId, SecretHash, SessionHash, SessionNo,
};
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::time::{At, Span};
use licensing::usage::Refusal;

use super::fold::is_retry;
use super::history::{History, What};

/// The most entries of one replay. Session time moves two seconds an entry at most, so that in so many of them no session
/// of the longest ttl expires by itself: here sessions end as it is recorded.
pub(crate) const ENTRIES_MAX: usize = 1_000_000;

/// How often what changed in the replayed ledger is dropped, so that it does not pile up.
const DROP_CHANGES_EVERY: u32 = 4_096;

const PRODUCT: ProductId = ProductId::from_bytes([1; 16]);
const PLAN: PlanId = PlanId::from_bytes([1; 16]);
const CUSTOMER: CustomerId = CustomerId::from_bytes([1; 16]);
const LICENSE: LicenseId = LicenseId::from_bytes([1; 16]);

/// The most seats that the ledger lets a license have.
const SEATS_MAX: u32 = 10_000_000;

/// The longest ttl that the ledger lets a plan have.
const TTL: Span = Span::from_secs(30 * 86_400);

/// A history that the ledger does not go through again: it lacks something, or a rule has changed since.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recorded history cannot be replayed: {0}")]
pub(crate) struct Unreplayable(String);

/// Refusals for want of a seat, retries folded.
pub(crate) fn refusals(history: &History) -> u64 {
    let mut firsts = Firsts::default();
    let is_first = |event: &&super::history::Event| match event.what {
        What::Refused(holder, Refusal::SeatLimit) => firsts.take(holder, event.at),
        _ => false,
    };
    history.events.iter().filter(is_first).count() as u64
}

/// How many of them would not have happened with `more` seats, if who was refused had kept a seat for `hold`.
pub(crate) fn avoided(history: &History, more: u32, hold: Span) -> Result<u64, Unreplayable> {
    let mut replay = Replay::begin(history, more, hold)?;
    for event in &history.events {
        replay.release_until(event.at)?;
        match event.what {
            What::Granted(no, holder) => replay.grant(event.at, no, holder)?,
            What::Ended(no) => replay.end(event.at, no)?,
            What::Limit(limit) => replay.set_limit(event.at, limit)?,
            What::Refused(holder, Refusal::SeatLimit) => replay.ask_again(event.at, holder)?,
            What::Refused(..) => {}
        }
    }
    Ok(replay.avoided)
}

/// The median time for which sessions held their seats, of those that ended in the period; `None` if none did.
pub(crate) fn median_hold(history: &History) -> Option<Span> {
    let mut since: HashMap<SessionNo, At> = history
        .opening
        .iter()
        .filter_map(|held| Some((held.no, held.since?)))
        .collect();
    let mut holds = Vec::new();
    for event in &history.events {
        match event.what {
            What::Granted(no, _) => {
                since.insert(no, event.at);
            }
            What::Ended(no) => holds.extend(since.remove(&no).map(|granted| event.at.since(granted))),
            What::Refused(..) | What::Limit(_) => {}
        }
    }
    holds.sort_unstable();
    holds.get(holds.len().checked_sub(1)? / 2).copied()
}

/// Tells first refusals of a holder from retries.
#[derive(Debug, Default)]
struct Firsts(BTreeMap<HolderKey, At>);

impl Firsts {
    fn take(&mut self, holder: HolderKey, at: At) -> bool {
        let before = self.0.insert(holder, at);
        before.is_none_or(|before| !is_retry(before, at))
    }
}

struct Replay {
    ledger: Ledger,
    more: u32,
    hold: Span,
    avoided: u64,
    firsts: Firsts,
    /// The replayed session of each recorded one.
    recorded: HashMap<SessionNo, SessionNo>,
    /// Sessions that were never recorded, the next to end first.
    extra: BinaryHeap<Reverse<(At, SessionNo)>>,
    /// The same by their holder.
    extra_of: BTreeMap<HolderKey, Vec<SessionNo>>,
    sessions: u64,
    entries: u32,
}

impl Replay {
    /// A ledger with one license, as it is at the beginning of the period. Its terms are such that nothing but its seats
    /// decides.
    fn begin(history: &History, more: u32, hold: Span) -> Result<Self, Unreplayable> {
        let mut replay = Self {
            ledger: Ledger::new(),
            more,
            hold,
            avoided: 0,
            firsts: Firsts::default(),
            recorded: HashMap::new(),
            extra: BinaryHeap::new(),
            extra_of: BTreeMap::new(),
            sessions: 0,
            entries: 0,
        };
        let at = history.period.from;
        // Sessions from before a limit was lowered may be more than it allows.
        let opening = u32::try_from(history.opening.len()).unwrap_or(u32::MAX);
        for command in catalogue(replay.seats(history.limit).max(opening.min(SEATS_MAX))) {
            replay.apply(at, command)?;
        }
        for held in &history.opening {
            replay.grant(at, held.no, held.holder)?;
        }
        replay.set_limit(at, history.limit)?;
        Ok(replay)
    }

    fn seats(&self, limit: u32) -> u32 {
        limit.saturating_add(self.more).min(SEATS_MAX)
    }

    fn apply(&mut self, at: At, command: Command) -> Result<Outcome, Unreplayable> {
        let entry = Entry::at(
            at,
            vec![Proposal {
                actor: Actor::System,
                request: None,
                not_after: None,
                command,
            }],
        );
        let applied = self.ledger.apply(&entry).pop();
        self.entries += 1;
        if self.entries.is_multiple_of(DROP_CHANGES_EVERY) {
            drop(self.ledger.take_changes());
        }
        match applied.map(|applied| applied.outcome) {
            Some(Outcome::Rejected(rejection @ Rejection::SeatLimitReached { .. })) => Ok(Outcome::Rejected(rejection)),
            Some(Outcome::Rejected(rejection)) => Err(Unreplayable(rejection.to_string())),
            Some(outcome) => Ok(outcome),
            None => Err(Unreplayable("a command was not answered".to_owned())),
        }
    }

    /// Asks for a seat, and gives the session that got it.
    fn acquire(&mut self, at: At, holder: HolderKey) -> Result<Option<SessionNo>, Unreplayable> {
        self.sessions += 1;
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.sessions.to_be_bytes());
        let command = Command::Acquire(Acquire {
            license: LICENSE,
            session: SessionHash::from_bytes(hash),
            by_fingerprint: holder,
            by_instance: None,
            fingerprint: FingerprintHash::from_bytes([0; 32]),
            replaces: None,
            client: None,
        });
        match self.apply(at, command)? {
            Outcome::Granted(grant) => Ok(Some(grant.session)),
            _ => Ok(None),
        }
    }

    /// A recorded grant.
    fn grant(&mut self, at: At, no: SessionNo, holder: HolderKey) -> Result<(), Unreplayable> {
        let session = self.acquire(at, holder)?;
        let session = session.ok_or_else(|| Unreplayable("a grant was refused".to_owned()))?;
        self.recorded.insert(no, session);
        for extra in self.extra_of.remove(&holder).unwrap_or_default() {
            self.release(at, extra)?;
        }
        Ok(())
    }

    /// A recorded end.
    fn end(&mut self, at: At, no: SessionNo) -> Result<(), Unreplayable> {
        let session = self.recorded.remove(&no);
        self.release(
            at,
            session.ok_or_else(|| Unreplayable("a session ended that was not granted".to_owned()))?,
        )
    }

    /// A refusal once more.
    fn ask_again(&mut self, at: At, holder: HolderKey) -> Result<(), Unreplayable> {
        if !self.firsts.take(holder, at) {
            return Ok(());
        }
        if let Some(session) = self.acquire(at, holder)? {
            self.avoided += 1;
            self.extra.push(Reverse((at.after(self.hold), session)));
            self.extra_of.entry(holder).or_default().push(session);
        }
        Ok(())
    }

    /// Ends what was assumed to end before `at`, or in that moment.
    fn release_until(&mut self, at: At) -> Result<(), Unreplayable> {
        while let Some(Reverse((end, session))) = self.extra.peek().copied().filter(|Reverse((end, _))| *end <= at) {
            self.extra.pop();
            let holder = self.ledger.session(session).map(|session| session.holder);
            // A recorded grant may have ended it already.
            if let Some(holder) = holder {
                if let Some(sessions) = self.extra_of.get_mut(&holder) {
                    sessions.retain(|other| *other != session);
                }
                self.release(end, session)?;
            }
        }
        Ok(())
    }

    fn release(&mut self, at: At, session: SessionNo) -> Result<(), Unreplayable> {
        self.apply(at, Command::Release { session }).map(drop)
    }

    fn set_limit(&mut self, at: At, limit: u32) -> Result<(), Unreplayable> {
        let command = Command::UpdateLicense(UpdateLicense {
            id: LICENSE,
            if_version: None,
            plan: None,
            seats: Some(Some(self.seats(limit))),
            entitlements: None,
            key: None,
        });
        self.apply(at, command).map(drop)
    }
}

fn catalogue(seats: u32) -> [Command; 4] {
    [
        Command::CreateProduct(CreateProduct {
            id: PRODUCT,
            code: "what-if".into(),
            name: "What if".into(),
            key_prefix: "WHATIF".into(),
            renewal_url: None,
        }),
        Command::CreatePlan(CreatePlan {
            id: PLAN,
            product: PRODUCT,
            code: "what-if".into(),
            name: "What if".into(),
            terms: PlanTerms {
                seats,
                overage_max: 0,
                ttl: TTL,
                heartbeat: Span::from_secs(86_400),
                offline: OfflineMode::Strict,
                grace: Span::from_secs(0),
                ghosts_max: None,
                sessions_per_holder_max: 10_000,
                holder: HolderPolicy::Fingerprint,
                entitlements: BTreeMap::new(),
            },
        }),
        Command::CreateCustomer(CreateCustomer {
            id: CUSTOMER,
            name: "What if".into(),
            email: None,
            reference: None,
        }),
        Command::CreateLicense(CreateLicense {
            id: LICENSE,
            plan: PLAN,
            customer: CUSTOMER,
            key: SecretHash::from_bytes([1; 32]),
            key_hint: "IF".into(),
            seats: Some(seats),
            starts_at: None,
            expires_at: None,
            entitlements: BTreeMap::new(),
        }),
    ]
}
