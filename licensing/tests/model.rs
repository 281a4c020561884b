//! The ledger against a model that is too simple to be wrong in the same way: random commands, time that jumps and
//! stands still, requests sent again and late, terms that change under live sessions.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod naive;
mod random;

use std::collections::BTreeMap;

use licensing::catalogue::{LicenseStatus, PlanTerms};
use licensing::command::{Actor, Entry, Proposal};
use licensing::invariant::{Before, Step, check_ledger, check_step};
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::time::At;
use licensing::usage::UsageHour;
use naive::{Model, ModelLicense, ModelPlan};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use random::{
    Caller, Event, LICENSES, PLANS, PRODUCT, START, catalogue, config, customer_id, event, license_id, license_start,
    plan_code, plan_id, proposal, terms,
};

struct World {
    ledger: Ledger,
    model: Model,
    caller: Caller,
    closed: Vec<UsageHour>,
    /// Every kind of answer that was given, and how often.
    answers: BTreeMap<&'static str, u32>,
}

impl World {
    fn new(terms: [PlanTerms; PLANS as usize]) -> Self {
        let mut ledger = Ledger::new();
        let mut model = Model::default();
        model.product = PRODUCT.into();
        model.plans = (0..)
            .zip(&terms)
            .map(|(number, terms)| ModelPlan {
                id: plan_id(number),
                code: plan_code(number),
                terms: terms.clone(),
                version: 1,
            })
            .collect();
        model.licenses = (0..LICENSES)
            .map(|number| ModelLicense {
                id: license_id(number),
                customer: customer_id(),
                plan: plan_id(number % PLANS),
                seats: None,
                starts_at: license_start(number),
                expires_at: None,
                status: LicenseStatus::Active,
                version: 1,
            })
            .collect();
        for command in catalogue(terms) {
            let proposals = vec![proposal(Actor::System, command)];
            let applied = ledger.apply(&Entry::at(START, proposals));
            assert_eq!(applied[0].outcome, Outcome::Changed { version: 1 });
            model.seq += 1;
        }
        model.advance(START);
        Self {
            ledger,
            model,
            caller: Caller::new(),
            closed: Vec::new(),
            answers: BTreeMap::new(),
        }
    }

    fn run(&mut self, event: Event) {
        for (at, proposal) in self.caller.proposals(event) {
            self.apply(at, proposal);
        }
    }

    /// Applies to both, and checks that they agree and that every law holds.
    fn apply(&mut self, at: At, proposal: Proposal) {
        let before = Before::of(&self.ledger);
        let entry = Entry::at(at, vec![proposal]);
        let proposal = &entry.proposals[0];
        let applied = self.ledger.apply(&entry).pop().unwrap();
        self.model.advance(at);
        assert_eq!(applied.outcome, self.model.apply(proposal), "to {proposal:?}");
        check_step(Step {
            before: &before,
            at,
            session_time: entry.session_time,
            proposal,
            applied: &applied,
            after: &self.ledger,
        })
        .unwrap();
        for number in 0..LICENSES {
            let license = license_id(number);
            let seats = self.ledger.seats(license).unwrap();
            assert_eq!(
                (seats.in_use, seats.sessions, seats.ghosts),
                self.model.counts(license),
                "of {license}"
            );
            assert_eq!(seats.limit, self.model.limit(license));
            assert_eq!(self.ledger.assigned(license), self.model.assigned(license).1);
            let open = self.model.open.iter().find(|hour| hour.license == license);
            assert_eq!(self.ledger.usage_open(license), open);
        }
        self.closed.extend(self.ledger.take_changes().usage);
        self.note(&applied.outcome);
        self.caller.hear(&applied);
    }

    /// Counts what kind of answer it was.
    fn note(&mut self, outcome: &Outcome) {
        let answer = match outcome {
            Outcome::Rejected(rejection) => rejection.code(),
            Outcome::Granted(grant) if grant.session.get() == self.ledger.seq().get() => "granted",
            Outcome::Granted(_) => "granted before",
            Outcome::Released { by_this: true } => "released",
            Outcome::Released { by_this: false } => "released before",
            Outcome::Beats(beats) => {
                for beat in beats {
                    let answer = beat.as_ref().map_or_else(Rejection::code, |_| "renewed");
                    *self.answers.entry(answer).or_insert(0) += 1;
                }
                return;
            }
            _ => return,
        };
        *self.answers.entry(answer).or_insert(0) += 1;
    }
}

proptest! {
    #![proptest_config(config(192))]

    #[test]
    fn the_ledger_answers_as_the_model_does(
        terms in [terms(), terms()],
        events in prop::collection::vec(event(), 1..120),
    ) {
        let mut world = World::new(terms);
        for (number, event) in events.into_iter().enumerate() {
            world.run(event);
            if number % 8 == 0 {
                check_ledger(&world.ledger).unwrap();
            }
        }
        check_ledger(&world.ledger).unwrap();
        let by_hour = |hour: &UsageHour| (hour.license, hour.hour);
        world.closed.sort_by_key(by_hour);
        world.model.closed.sort_by_key(by_hour);
        prop_assert_eq!(world.closed, world.model.closed);
    }
}

/// A property that is only ever tried on trivial runs proves nothing.
#[test]
fn the_random_commands_reach_every_answer() {
    let mut runner = TestRunner::deterministic();
    let strategy = ([terms(), terms()], prop::collection::vec(event(), 100));
    let mut answers = BTreeMap::new();
    for _ in 0..60 {
        let (terms, events) = strategy.new_tree(&mut runner).unwrap().current();
        let mut world = World::new(terms);
        for event in events {
            world.run(event);
        }
        for (answer, count) in world.answers {
            *answers.entry(answer).or_insert(0) += count;
        }
    }
    for answer in [
        "granted",
        "granted before",
        "renewed",
        "released",
        "released before",
        "SEAT_LIMIT_REACHED",
        "GHOST_LIMIT_REACHED",
        "HOLDER_LIMIT_REACHED",
        "LICENSE_NOT_FOUND",
        "LICENSE_NOT_STARTED",
        "LICENSE_EXPIRED",
        "LICENSE_SUSPENDED",
        "LICENSE_REVOKED",
        "SESSION_NOT_FOUND",
        "SESSION_EXPIRED",
        "SESSION_REVOKED",
        "SESSION_RELEASED",
        "REQUEST_TOO_LATE",
        "REQUEST_ID_REUSED",
        "CONFLICT",
        "NOT_FOUND",
        "USER_REQUIRED",
        "SEAT_NOT_ASSIGNED",
        "SEATS_ALL_ASSIGNED",
    ] {
        assert!(
            answers.get(answer).is_some_and(|count| *count >= 3),
            "{answer} in {answers:?}"
        );
    }
}
