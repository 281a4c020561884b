//! The figures against a naive recount of the same history: a ledger that lives through random days is asked for its
//! seats after every command, and from its audit alone the figures must come out the same.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(clippy::float_cmp, reason = "both sides add up the same whole numbers")]

use std::collections::{BTreeMap, BTreeSet};

use licensing::audit::{AuditEvent, AuditLeaf, LeafV1, Topic};
use licensing::catalogue::{HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{
    Acquire, Actor, Command, CreateCustomer, CreateLicense, CreatePlan, CreateProduct, Entry, Proposal, UpdateLicense,
};
use licensing::id::{
    CustomerId, FingerprintHash, HolderKey, LicenseId, PlanId, ProductId, SecretHash, SessionHash, SessionNo,
};
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::time::{At, Hour, Span};
use licensing::usage::Refusal;
use proptest::prelude::*;

use super::duration::{AtLeast, durations};
use super::fold::{RETRY_WITHIN, fold_events};
use super::heat::heat;
use super::history::{Held, History, Limits, Period, What, granted_before, open_before};
use super::peaks::peaks;
use super::what_if;
use super::{DAY_MS, HOUR_MS};

const LICENSE: LicenseId = LicenseId::from_bytes([4; 16]);
const OTHER: LicenseId = LicenseId::from_bytes([5; 16]);
/// A Thursday, 0:00.
const START: u64 = 20_000 * DAY_MS;

/// One thing that somebody does.
#[derive(Debug, Clone, Copy)]
enum Deed {
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

fn deeds() -> impl Strategy<Value = Vec<(u64, Deed)>> {
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
struct Sample {
    at: u64,
    in_use: u32,
    limit: u32,
}

/// A license's life: its audit, and what was seen meanwhile.
struct Life {
    ledger: Ledger,
    at: u64,
    hashes: u64,
    last: u8,
    leaves: Vec<LeafV1>,
    hours: BTreeMap<Hour, u32>,
    samples: Vec<Sample>,
}

impl Life {
    fn live(deeds: &[(u64, Deed)]) -> Self {
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
    fn history(&self, period: Period) -> History {
        let mut limits = Limits::default();
        let (mut limit, mut events) = (0, Vec::new());
        let changes = [Topic::License(LICENSE), Topic::Plan(PlanId::from_bytes([2; 16]))];
        for leaf in self.about(&[&changes[..], &[Topic::Seats(LICENSE), Topic::RefusalsOf(LICENSE)]].concat()) {
            if let AuditEvent::Changed { command } = &leaf.event {
                let now = limits.take(LICENSE, command);
                match now {
                    Some(now) if leaf.at < period.from => limit = now,
                    Some(now) if leaf.at < period.to => events.push(super::history::Event {
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
        }
    }

    fn whole(&self) -> Period {
        Period {
            from: At::from_ms(START),
            to: At::from_ms(self.at + 1),
        }
    }

    /// What was seen, from each moment to the next, within a period: from, to, seats, limit.
    fn seen(&self, period: Period) -> Vec<(u64, u64, Sample)> {
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

fn length(period: Period) -> u64 {
    period.to.since(period.from).ms()
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

/// The same question without a ledger: sets of who holds seats, moved by hand.
fn avoided_by_hand(history: &History, more: u32, hold: Span) -> u64 {
    let mut sessions: BTreeMap<SessionNo, HolderKey> =
        history.opening.iter().map(|held| (held.no, held.holder)).collect();
    let mut extra: Vec<(At, HolderKey)> = Vec::new();
    let mut last: BTreeMap<HolderKey, At> = BTreeMap::new();
    let (mut limit, mut avoided) = (history.limit, 0);
    for event in &history.events {
        extra.retain(|(end, _)| *end > event.at);
        match event.what {
            What::Granted(no, holder) => {
                sessions.insert(no, holder);
                extra.retain(|(_, other)| *other != holder);
            }
            What::Ended(no) => {
                sessions.remove(&no);
            }
            What::Limit(now) => limit = now,
            What::Refused(holder, Refusal::SeatLimit) => {
                let retry = last
                    .insert(holder, event.at)
                    .is_some_and(|last| event.at.since(last) <= RETRY_WITHIN);
                let holders: BTreeSet<HolderKey> = sessions
                    .values()
                    .copied()
                    .chain(extra.iter().map(|(_, holder)| *holder))
                    .collect();
                let fits = holders.contains(&holder) || holders.len() < (limit + more) as usize;
                if !retry && fits {
                    avoided += 1;
                    extra.push((event.at.after(hold), holder));
                }
            }
            What::Refused(..) => {}
        }
    }
    avoided
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_steps_are_what_the_ledger_showed(deeds in deeds(), cut in 0_u64..100) {
        let life = Life::live(&deeds);
        let whole = life.whole();
        // A period that begins in the middle has to find out who held seats then.
        let from = At::from_ms(START + (life.at - START) * cut / 100);
        let history = life.history(Period { from, ..whole });
        for (at, end, step) in history.stretches().filter(|(at, end, _)| at < end) {
            let seen = life.samples.iter().rfind(|sample| sample.at <= at.ms()).unwrap();
            prop_assert_eq!((step.in_use, step.limit), (seen.in_use, seen.limit), "from {:?} to {:?}", at, end);
            // Nothing else was seen until its end.
            for (seen, next) in life.samples.iter().zip(&life.samples[1..]).filter(|(seen, next)| seen.at < next.at) {
                if (at.ms()..end.ms()).contains(&seen.at) {
                    prop_assert_eq!((step.in_use, step.limit), (seen.in_use, seen.limit), "up to {}", next.at);
                }
            }
        }
    }

    #[test]
    fn peaks_are_those_of_the_usage_hours(deeds in deeds()) {
        let life = Life::live(&deeds);
        let history = life.history(life.whole());
        for row in peaks(&history) {
            let hour = u64::from(row.hour.get()) * HOUR_MS;
            // The ledger fills no more than a day of hours in which nothing happened.
            if let Some(known) = life.hours.get(&row.hour) {
                prop_assert_eq!(row.peak, *known, "in {:?}", row.hour);
            }
            let seen = life.samples.iter().rfind(|sample| sample.at < hour + HOUR_MS).unwrap();
            prop_assert_eq!(row.capacity, seen.limit);
            let refused = history.events.iter().filter(|event| matches!(event.what, What::Refused(..)) && Hour::of(event.at) == row.hour);
            prop_assert_eq!(row.refused, refused.count() as u64);
        }
        let all: u64 = peaks(&history).iter().map(|row| row.refusals).sum();
        prop_assert_eq!(all, fold_events(&history).len() as u64);
    }

    #[test]
    fn durations_add_up_to_what_was_seen(deeds in deeds(), from in 0_u64..100, to in 0_u64..100) {
        let life = Life::live(&deeds);
        let at = |percent: u64| At::from_ms(START + (life.at - START) * percent / 100);
        let period = Period { from: at(from.min(to)), to: At::from_ms(at(from.max(to)).ms() + 1) };
        let found = durations(&life.history(period));
        let seen = life.seen(period);
        let ms_with = |is: &dyn Fn(&Sample) -> bool| -> u64 {
            seen.iter().filter(|(.., sample)| is(sample)).map(|(from, to, _)| to.saturating_sub(*from)).sum()
        };
        prop_assert_eq!(found.total_ms(), length(period));
        prop_assert_eq!(found.full_ms, ms_with(&|sample| sample.limit > 0 && sample.in_use >= sample.limit));
        for AtLeast { seats, ms } in found.curve() {
            prop_assert_eq!(ms, ms_with(&|sample| sample.in_use >= seats), "{} seats", seats);
        }
        for percent in [50, 95, 100] {
            let enough = found.enough_for(percent);
            let within = |seats: u32| u128::from(ms_with(&|sample| sample.in_use <= seats)) * 100;
            let needed = u128::from(length(period)) * u128::from(percent);
            prop_assert!(within(enough) >= needed);
            prop_assert!(enough == 0 || within(enough - 1) < needed);
        }
        let seat_ms: u64 = seen.iter().map(|(from, to, sample)| u64::from(sample.in_use) * to.saturating_sub(*from)).sum();
        prop_assert!((found.mean() - seat_ms as f64 / length(period) as f64).abs() < 1e-9);
    }

    #[test]
    fn the_week_has_every_millisecond_once(deeds in deeds(), minutes_ahead in -840_i32..=840) {
        let life = Life::live(&deeds);
        let history = life.history(life.whole());
        let cells = heat(&history, minutes_ahead);
        prop_assert_eq!(cells.iter().map(|cell| cell.ms).sum::<u64>(), length(history.period));
        prop_assert_eq!(cells.iter().map(|cell| cell.refusals).sum::<u64>(), fold_events(&history).len() as u64);
        prop_assert_eq!(cells.iter().map(|cell| cell.peak).max().unwrap(), durations(&history).max);
        // Minute by minute, where nothing changes within the minute.
        let mut by_hand = vec![(0_u64, 0_u64); 7 * 24];
        for (from, to, step) in history.stretches() {
            let mut at = from.ms();
            while at < to.ms() {
                let end = ((at / 60_000 + 1) * 60_000).min(to.ms());
                let local = at.saturating_add_signed(i64::from(minutes_ahead) * 60_000);
                let hour = (local / HOUR_MS + 3 * 24) % (7 * 24);
                let cell = &mut by_hand[usize::try_from(hour).unwrap()];
                cell.0 += u64::from(step.in_use) * (end - at);
                cell.1 += end - at;
                at = end;
            }
        }
        for (cell, (seat_ms, ms)) in cells.iter().zip(by_hand) {
            prop_assert_eq!(cell.ms, ms);
            prop_assert_eq!(cell.mean(), (ms > 0).then(|| seat_ms as f64 / ms as f64));
        }
    }

    #[test]
    fn more_seats_avoid_no_fewer_refusals(deeds in deeds(), cut in 0_u64..100, hold in 0_u64..4_000_000) {
        let life = Life::live(&deeds);
        let from = At::from_ms(START + (life.at - START) * cut / 100);
        let history = life.history(Period { from, ..life.whole() });
        let hold = Span::from_ms(hold);
        let all = what_if::refusals(&history);
        let mut before = 0;
        for more in 0..=12 {
            let avoided = what_if::avoided(&history, more, hold).unwrap();
            prop_assert_eq!(avoided, avoided_by_hand(&history, more, hold), "{} more seats", more);
            prop_assert!(more > 0 || avoided == 0, "without further seats everything is as it was");
            prop_assert!((before..=all).contains(&avoided), "{} with {} more seats, {} with one less", avoided, more, before);
            before = avoided;
        }
        // There are as many holders as that, so that all of them have a seat.
        prop_assert_eq!(before, all);
    }

    #[test]
    fn every_refusal_is_counted_once_and_retries_are_close(deeds in deeds()) {
        let life = Life::live(&deeds);
        let history = life.history(life.whole());
        let refused = history.events.iter().filter(|event| matches!(event.what, What::Refused(..))).count() as u64;
        let folded = fold_events(&history);
        prop_assert_eq!(folded.iter().map(|row| row.tries).sum::<u64>(), refused);
        for (place, row) in folded.iter().enumerate() {
            let next = folded[place + 1..].iter().find(|next| (next.holder, next.reason) == (row.holder, row.reason));
            prop_assert!(next.is_none_or(|next| next.first.since(row.last) > RETRY_WITHIN));
        }
    }
}

#[test]
fn the_median_hold_is_of_sessions_that_ended() {
    let minute = 60_000;
    let life = Life::live(&[
        (0, Deed::Acquire(0)),
        (5, Deed::Acquire(1)),
        (minute, Deed::Release(0)),
        (minute, Deed::Release(0)),
        (0, Deed::Acquire(2)),
    ]);
    let hold = what_if::median_hold(&life.history(life.whole()));
    assert_eq!(hold, Some(Span::from_ms(minute + 5)));
    assert_eq!(
        what_if::median_hold(&Life::live(&[(0, Deed::Acquire(0))]).history(life.whole())),
        None
    );
}

#[test]
fn these_lives_have_everything_in_them() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut refused, mut expired, mut retried, mut avoided) = (0, 0, 0, 0);
    for _ in 0..40 {
        let life = Life::live(&deeds().new_tree(&mut runner).unwrap().current());
        let history = life.history(life.whole());
        let seat_limit = |leaf: &&LeafV1| {
            matches!(
                &leaf.event,
                AuditEvent::Refused {
                    rejection: Rejection::SeatLimitReached { .. },
                    ..
                }
            )
        };
        refused += life.leaves.iter().filter(seat_limit).count();
        expired += life
            .leaves
            .iter()
            .filter(|leaf| {
                matches!(
                    &leaf.event,
                    AuditEvent::Ended {
                        cause: licensing::session::EndCause::Expired,
                        ..
                    }
                )
            })
            .count();
        retried += fold_events(&history).iter().filter(|row| row.tries > 1).count();
        avoided += what_if::avoided(&history, 1, Span::from_secs(600)).unwrap();
    }
    assert!(
        refused > 100 && expired > 20 && retried > 20 && avoided > 20,
        "{refused} {expired} {retried} {avoided}"
    );
}
