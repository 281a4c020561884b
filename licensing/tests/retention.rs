//! For how long history is kept: what is dropped when, against a model that reckons it from all that was said.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use licensing::audit::{AuditEvent, AuditLeaf};
use licensing::command::{Command, Entry, Proposal, SetRetention};
use licensing::invariant::{Before, Step, check_ledger, check_step};
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::retention::{History, KeptFrom};
use licensing::time::At;
use proptest::prelude::*;

const START: At = At::from_ms(1_795_341_600_000);
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// A ledger with a clock, every step of which is held to the laws.
struct World {
    ledger: Ledger,
    at: u64,
}

impl World {
    fn new() -> Self {
        Self {
            ledger: Ledger::new(),
            at: START.ms(),
        }
    }

    fn apply(&mut self, command: Command) -> Outcome {
        let before = Before::of(&self.ledger);
        let at = At::from_ms(self.at);
        let proposal = Proposal::by_system(command);
        let entry = Entry::at(at, vec![proposal.clone()]);
        let applied = self.ledger.apply(&entry).pop().unwrap();
        let step = Step {
            before: &before,
            at,
            session_time: entry.session_time,
            proposal: &proposal,
            applied: &applied,
            after: &self.ledger,
        };
        check_step(step).unwrap();
        applied.outcome
    }

    fn set(&mut self, if_version: Option<u32>, session_days: Option<u32>, usage_days: Option<u32>) -> Outcome {
        self.apply(Command::SetRetention(SetRetention {
            if_version,
            session_days,
            usage_days,
        }))
    }

    /// Hours pass, with a tick each.
    fn hours(&mut self, hours: u64) {
        (0..hours).for_each(|_| self.step(1));
    }

    /// So many hours pass from one entry to the next.
    fn step(&mut self, hours: u64) {
        self.at += hours * HOUR_MS;
        self.apply(Command::Tick);
    }
}

fn midnight(at: u64, days: u64) -> At {
    At::from_ms((at / DAY_MS - days) * DAY_MS)
}

#[test]
fn nothing_is_dropped_where_nothing_is_said() {
    let mut world = World::new();
    world.hours(2);
    world.step(24 * 400);
    world.hours(30);
    assert_eq!(world.ledger.kept_from(), KeptFrom::default());
    assert_eq!(world.ledger.retention().version, 0);
}

#[test]
fn a_day_after_it_was_said_whole_days_are_dropped_and_it_is_on_record() {
    let mut world = World::new();
    assert_eq!(world.set(Some(0), Some(30), None), Outcome::Changed { version: 1 });
    world.hours(23);
    assert_eq!(world.ledger.kept_from(), KeptFrom::default());
    world.ledger.take_changes();
    world.hours(2);
    let sessions = midnight(world.at, 30);
    let expected = KeptFrom {
        sessions,
        usage: At::from_ms(0),
    };
    let changes = world.ledger.take_changes();
    assert_eq!((world.ledger.kept_from(), changes.kept_from), (expected, expected));
    let leaves: Vec<AuditEvent> = changes
        .audit
        .iter()
        .map(|record| AuditLeaf::decode(&record.leaf).unwrap().content().event.clone())
        .collect();
    let dropped = AuditEvent::Dropped {
        history: History::Sessions,
        before: sessions,
    };
    assert_eq!(leaves, [dropped]);
    check_ledger(&world.ledger).unwrap();
    let again = Ledger::from_rows(world.ledger.rows()).unwrap();
    assert_eq!(
        (again.retention(), again.digest()),
        (world.ledger.retention(), world.ledger.digest())
    );
}

#[test]
fn a_clock_that_goes_forward_by_days_drops_nothing_for_another_day() {
    let mut world = World::new();
    world.set(None, Some(7), Some(31));
    world.hours(26);
    let before = world.ledger.kept_from();
    world.step(24 * 3_650);
    world.hours(23);
    assert_eq!(world.ledger.kept_from(), before);
    world.hours(2);
    assert_eq!(world.ledger.kept_from().sessions, midnight(world.at, 7));
}

#[test]
fn too_short_and_absurd_times_are_refused_and_what_was_seen_counts() {
    let mut world = World::new();
    for (session_days, usage_days, field) in [
        (Some(6), None, "session_days"),
        (Some(36_501), None, "session_days"),
        (None, Some(30), "usage_days"),
        (Some(7), Some(0), "usage_days"),
    ] {
        match world.set(None, session_days, usage_days) {
            Outcome::Rejected(Rejection::InvalidField { field: found, .. }) => assert_eq!(&*found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    assert_eq!(world.set(None, Some(7), Some(36_500)), Outcome::Changed { version: 1 });
    let stale = world.set(Some(0), None, None);
    assert!(matches!(
        stale,
        Outcome::Rejected(Rejection::VersionConflict { version: 1, .. })
    ));
}

/// What may happen to the setting and to time.
#[derive(Debug, Clone)]
enum Event {
    Set(Option<u32>, Option<u32>),
    Hours(u64),
    Step(u64),
    Restart,
}

fn event() -> impl Strategy<Value = Event> {
    let days = |min: u32| prop::option::weighted(0.8, min..min + 60);
    prop_oneof![
        2 => (days(7), days(31)).prop_map(|(sessions, usage)| Event::Set(sessions, usage)),
        4 => (1_u64..30).prop_map(Event::Hours),
        3 => (1_u64..49).prop_map(Event::Step),
        1 => (49_u64..2_000).prop_map(Event::Step),
        1 => Just(Event::Restart),
    ]
}

/// All that was ever said and every tick there was.
#[derive(Debug, Default)]
struct Model {
    days: [Option<u64>; 2],
    quiet_until: u64,
    ticks: Vec<(u64, [Option<u64>; 2])>,
}

impl Model {
    fn tick(&mut self, at: u64) {
        if at >= self.quiet_until {
            self.ticks.push((at, self.days));
        }
    }

    /// The latest midnight that any tick was so many days behind.
    fn kept_from(&self, nth: usize) -> At {
        let of_tick = |(at, days): &(u64, [Option<u64>; 2])| Some(midnight(*at, days[nth]?));
        self.ticks.iter().filter_map(of_tick).max().unwrap_or_default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_dropped_is_what_a_model_of_every_tick_says(events in prop::collection::vec(event(), 1..12)) {
        let (mut world, mut model) = (World::new(), Model::default());
        for event in events {
            match event {
                Event::Set(sessions, usage) => {
                    world.set(None, sessions, usage);
                    model.days = [sessions.map(u64::from), usage.map(u64::from)];
                    model.quiet_until = world.at + DAY_MS;
                }
                Event::Hours(hours) => for _ in 0..hours {
                    world.hours(1);
                    model.tick(world.at);
                },
                Event::Step(hours) => {
                    world.step(hours);
                    // A step of more than two days may be a slip.
                    if hours > 48 && world.ledger.retention().version > 0 {
                        model.quiet_until = world.at + DAY_MS;
                    }
                    model.tick(world.at);
                }
                Event::Restart => world.ledger = Ledger::from_rows(world.ledger.rows()).unwrap(),
            }
            let kept = world.ledger.kept_from();
            prop_assert_eq!(kept.sessions, model.kept_from(0));
            prop_assert_eq!(kept.usage, model.kept_from(1));
        }
        check_ledger(&world.ledger).unwrap();
    }
}
