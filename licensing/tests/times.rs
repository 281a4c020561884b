//! The ledger's two times: the clock, which may be stepped, and session time, which is only ever measured.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use licensing::command::Entry;
use licensing::ledger::Ledger;
use licensing::time::{At, SESSION_TIME_STEP_MAX, SessionTime, Span};
use proptest::prelude::*;

fn entry(at: u64, session_time: u64) -> Entry {
    Entry {
        at: At::from_ms(at),
        proposals: Vec::new(),
        session_time: SessionTime::from_ms(session_time),
    }
}

#[test]
fn a_stepped_clock_costs_no_session_more_than_what_was_measured() {
    let mut ledger = Ledger::new();
    ledger.apply(&entry(1_000_000, 0));
    ledger.apply(&entry(9_000_000, 40));
    assert_eq!(ledger.at(), At::from_ms(9_000_000));
    assert_eq!(ledger.session_time(), SessionTime::from_ms(40));
}

#[test]
fn a_new_leader_that_measured_less_lets_session_time_stand_still() {
    let mut ledger = Ledger::new();
    ledger.apply(&entry(1_000, 0));
    ledger.apply(&entry(2_000, 1_000));
    ledger.apply(&entry(3_000, 700));
    assert_eq!(ledger.session_time(), SessionTime::from_ms(1_000));
}

proptest! {
    /// ClockMonotone: whatever leaders stamp, in whatever order it arrives.
    #[test]
    fn both_times_go_forward_only_and_session_time_never_further_than_either_bound(
        stamps in prop::collection::vec((0u64..100_000, 0u64..100_000), 1..60),
    ) {
        let mut ledger = Ledger::new();
        for (at, measured) in stamps {
            let (was_at, was) = (ledger.at(), ledger.session_time());
            ledger.apply(&entry(at, measured));
            let went = ledger.session_time().since(was);
            prop_assert!(ledger.at() >= was_at && ledger.session_time() >= was);
            prop_assert!(went <= SESSION_TIME_STEP_MAX && went <= ledger.at().since(was_at));
            prop_assert!(went == Span::from_ms(0) || ledger.session_time() <= SessionTime::from_ms(measured));
        }
    }
}
