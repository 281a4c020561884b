//! The figures against a naive recount of the same history: a ledger that lives through random days is asked for its
//! seats after every command, and from its audit alone the figures must come out the same.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(clippy::float_cmp, reason = "both sides add up the same whole numbers")]

mod life;

use std::collections::{BTreeMap, BTreeSet};

use licensing::audit::{AuditEvent, LeafV1};
use licensing::id::{HolderKey, SessionNo};
use licensing::outcome::Rejection;
use licensing::time::{At, Hour, Span};
use licensing::usage::Refusal;
use proptest::prelude::*;

use super::HOUR_MS;
use super::duration::{AtLeast, durations};
use super::fold::{RETRY_WITHIN, fold_events};
use super::heat::heat;
use super::history::{History, Period, What};
use super::peaks::peaks;
use super::what_if;
use life::{Deed, Life, START, Sample, deeds};

fn length(period: Period) -> u64 {
    period.to.since(period.from).ms()
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
