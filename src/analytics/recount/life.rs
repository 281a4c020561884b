//! A license's life: random days of a ledger, its audit, and what was seen after every command.

use std::collections::BTreeMap;

use licensing::audit::{AuditEvent, AuditLeaf, LeafV1, Topic};
use licensing::catalogue::{HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{
    Acquire, Actor, Command, CreateCustomer, CreateLicense, CreatePlan, CreateProduct, Entry, Proposal, UpdateLicense,
};
use licensing::id::{
    CustomerId, FingerprintHash, HolderKey, LicenseId, PlanId, ProductId, SecretHash, SessionHash, SessionNo,
};
use licensing::ledger::Ledger;
use licensing::outcome::Outcome;
use licensing::time::{At, Hour, Span};
use proptest::prelude::*;

use crate::analytics::DAY_MS;
use crate::analytics::history::{Event, Held, History, Limits, Period, What, granted_before, open_before};

const LICENSE: LicenseId = LicenseId::from_bytes([4; 16]);
const OTHER: LicenseId = LicenseId::from_bytes([5; 16]);
/// A Thursday, 0:00.
pub(super) const START: u64 = 20_000 * DAY_MS;

/// One thing that somebody does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deed {
    Acquire(u8),
    /// Who asked last asks again.
    Again,
    /// The so manieth live session.
    Release(u8),
    Revoke(u8),
    Limit(u32),
    /// Long enough for sessions to expire, because every entry moves session time by two seconds.
    Ticks(u8),
}

pub(super) fn deeds() -> impl Strategy<Value = Vec<(u64, Deed)>> {
    let deed = prop_oneof![
        8 => (0_u8..12).prop_map(Deed::Acquire),
        3 => Just(Deed::Again),
        4 => any::<u8>().prop_map(Deed::Release),
        1 => any::<u8>().prop_map(Deed::Revoke),
        1 => (0_u32..6).prop_map(Deed::Limit),
        1 => (0_u8..8).prop_map(Deed::Ticks),
    ];
    // Pauses of all sizes: within the time of a retry, beyond it, over hours and over a day.
    let pause = prop_oneof![4 => 0_u64..400_000, 3 => 0_u64..2_000_000, 1 => 0_u64..30_000_000];
    prop::collection::vec((pause, deed), 1..160)
}

/// What was seen after a command.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) at: u64,
    pub(super) in_use: u32,
    pub(super) limit: u32,
}

/// A license's life: its audit, and what was seen meanwhile.
pub(super) struct Life {
    ledger: Ledger,
    pub(super) at: u64,
    hashes: u64,
    last: u8,
    pub(super) leaves: Vec<LeafV1>,
    pub(super) hours: BTreeMap<Hour, u32>,
    pub(super) samples: Vec<Sample>,
}

impl Life {
    pub(super) fn live(deeds: &[(u64, Deed)]) -> Self {
        let mut life = Self {
            ledger: Ledger::new(),
            at: START,
            hashes: 0,
            last: 0,
            leaves: Vec::new(),
            hours: BTreeMap::new(),
            samples: Vec::new(),
        };
        for command in found() {
            assert!(!matches!(life.apply(command), Outcome::Rejected(_)));
        }
        for (pause, deed) in deeds {
            life.at += pause;
            life.perform(*deed);
        }
        life.at += 60_000;
        life.apply(Command::Tick);
        life.keep();
        life
    }

    fn perform(&mut self, deed: Deed) {
        let session = |life: &Self, nth: u8| {
            let live: Vec<SessionNo> = life
                .ledger
                .sessions_of(LICENSE, None)
                .map(|session| session.no)
                .collect();
            (!live.is_empty()).then(|| live[usize::from(nth) % live.len()])
        };
        match deed {
            Deed::Again => self.perform(Deed::Acquire(self.last)),
            Deed::Acquire(holder) => {
                self.last = holder;
                // Another license has a life of its own beside it.
                let license = if holder % 5 == 4 { OTHER } else { LICENSE };
                let command = self.acquire(license, holder);
                self.apply(command);
            }
            Deed::Release(nth) => {
                if let Some(session) = session(self, nth) {
                    self.apply(Command::Release { session });
                }
            }
            Deed::Revoke(nth) => {
                if let Some(session) = session(self, nth) {
                    self.apply(Command::RevokeSession {
                        session,
                        reason: "it was shared".into(),
                    });
                }
            }
            Deed::Limit(seats) => {
                self.apply(Command::UpdateLicense(UpdateLicense {
                    id: LICENSE,
                    if_version: None,
                    plan: None,
                    seats: Some((seats > 0).then_some(seats)),
                    entitlements: None,
                    key: None,
                }));
            }
            Deed::Ticks(count) => {
                for _ in 0..count {
                    self.at += 2_000;
                    self.apply(Command::Tick);
                }
            }
        }
    }

    fn acquire(&mut self, license: LicenseId, holder: u8) -> Command {
        self.hashes += 1;
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.hashes.to_be_bytes());
        Command::Acquire(Acquire {
            license,
            session: SessionHash::from_bytes(hash),
            by_fingerprint: HolderKey::from_bytes([holder; 16]),
            by_instance: None,
            fingerprint: FingerprintHash::from_bytes([holder; 32]),
            replaces: None,
            client: None,
        })
    }

    fn apply(&mut self, command: Command) -> Outcome {
        let proposal = Proposal {
            actor: Actor::Client,
            request: None,
            not_after: None,
            command,
        };
        let applied = self
            .ledger
            .apply(&Entry::at(At::from_ms(self.at), vec![proposal]))
            .remove(0);
        if let Some(seats) = self.ledger.seats(LICENSE) {
            self.samples.push(Sample {
                at: self.at,
                in_use: seats.in_use,
                limit: seats.limit,
            });
        }
        self.keep();
        applied.outcome
    }

    fn keep(&mut self) {
        let changes = self.ledger.take_changes();
        for record in changes.audit {
            self.leaves
                .push(AuditLeaf::decode(&record.leaf).unwrap().content().clone());
        }
        for hour in changes.usage.iter().chain(self.ledger.usage_open(LICENSE)) {
            if hour.license == LICENSE {
                self.hours.insert(hour.hour, hour.peak);
            }
        }
    }

    fn about(&self, topics: &[Topic]) -> Vec<LeafV1> {
        let is_about = |leaf: &&LeafV1| Topic::of(&leaf.event).iter().any(|topic| topics.contains(topic));
        self.leaves.iter().filter(is_about).cloned().collect()
    }

    /// The history of a period, made as the API makes it: of the leaves since its beginning, and of who holds seats now.
    pub(super) fn history(&self, period: Period) -> History {
        let mut limits = Limits::default();
        let (mut limit, mut events) = (0, Vec::new());
        let changes = [Topic::License(LICENSE), Topic::Plan(PlanId::from_bytes([2; 16]))];
        for leaf in self.about(&[&changes[..], &[Topic::Seats(LICENSE), Topic::RefusalsOf(LICENSE)]].concat()) {
            if let AuditEvent::Changed { command } = &leaf.event {
                let now = limits.take(LICENSE, command);
                match now {
                    Some(now) if leaf.at < period.from => limit = now,
                    Some(now) if leaf.at < period.to => events.push(Event {
                        at: leaf.at,
                        what: What::Limit(now),
                    }),
                    _ => {}
                }
            } else if leaf.at >= period.from && leaf.at < period.to {
                events.extend(History::event(&leaf));
            }
        }
        let since: Vec<LeafV1> = self
            .about(&[Topic::Seats(LICENSE)])
            .into_iter()
            .filter(|leaf| leaf.at >= period.from)
            .collect();
        let live = self.ledger.sessions_of(LICENSE, None).map(|session| Held {
            no: session.no,
            holder: session.holder,
            since: Some(session.granted_at),
        });
        let grants: BTreeMap<SessionNo, Held> = self
            .leaves
            .iter()
            .filter_map(|leaf| match leaf.event {
                AuditEvent::Granted { no, holder, .. } => Some((
                    no,
                    Held {
                        no,
                        holder,
                        since: Some(leaf.at),
                    },
                )),
                _ => None,
            })
            .collect();
        assert!(granted_before(&since).iter().all(|no| grants.contains_key(no)));
        let opening = open_before(&since, live, |no| grants.get(&no).copied());
        History {
            period,
            limit,
            opening,
            events,
            complete: true,
            kept_from: None,
        }
    }

    pub(super) fn whole(&self) -> Period {
        Period {
            from: At::from_ms(START),
            to: At::from_ms(self.at + 1),
        }
    }

    /// What was seen, from each moment to the next, within a period: from, to, seats, limit.
    pub(super) fn seen(&self, period: Period) -> Vec<(u64, u64, Sample)> {
        let (from, to) = (period.from.ms(), period.to.ms());
        let ends = self.samples.iter().skip(1).map(|sample| sample.at).chain([u64::MAX]);
        let stretches = self
            .samples
            .iter()
            .zip(ends)
            .map(|(sample, end)| (sample.at.max(from), end.min(to), *sample));
        stretches
            .filter(|(from, to, sample)| from < to || (sample.at >= period.from.ms() && sample.at < *to))
            .collect()
    }
}

fn found() -> Vec<Command> {
    let (product, plan, customer) = (
        ProductId::from_bytes([1; 16]),
        PlanId::from_bytes([2; 16]),
        CustomerId::from_bytes([3; 16]),
    );
    let license = |id: LicenseId| {
        Command::CreateLicense(CreateLicense {
            id,
            plan,
            customer,
            key: SecretHash::from_bytes([id.as_bytes()[0]; 32]),
            key_hint: "AB12".into(),
            seats: None,
            starts_at: None,
            expires_at: None,
            entitlements: BTreeMap::new(),
        })
    };
    vec![
        Command::CreateProduct(CreateProduct {
            id: product,
            code: "coditect".into(),
            name: "Coditect".into(),
            key_prefix: "CODITECT".into(),
            renewal_url: None,
        }),
        Command::CreatePlan(CreatePlan {
            id: plan,
            product,
            code: "pro".into(),
            name: "Pro".into(),
            terms: PlanTerms {
                seats: 2,
                overage_max: 1,
                ttl: Span::from_secs(20),
                heartbeat: Span::from_secs(2),
                offline: OfflineMode::Strict,
                grace: Span::from_secs(0),
                ghosts_max: None,
                sessions_per_holder_max: 2,
                holder: HolderPolicy::Fingerprint,
                entitlements: BTreeMap::new(),
            },
        }),
        Command::CreateCustomer(CreateCustomer {
            id: customer,
            name: "Acme".into(),
            email: None,
            reference: None,
        }),
        license(LICENSE),
        license(OTHER),
    ]
}
