//! The laws, checked on what clients saw. One function per law, named like it; each gives what breaks it.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{Asked, Call, History, Told, Us};

/// What the run promised its clients.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Seats of the license, overage included.
    pub seats: usize,
    /// How long a session lives without a heartbeat, in session time.
    pub ttl: Us,
}

/// Everything that is broken in a history.
pub fn all(history: &History, terms: &Terms) -> Vec<String> {
    let mut broken = Vec::new();
    broken.extend(never_oversold(history, terms));
    broken.extend(never_expired_early(history, terms));
    broken.extend(honest_denial(history, terms));
    broken.extend(exactly_once(history));
    broken.extend(released_once(history));
    broken.extend(in_order(history));
    broken
}

/// NeverOversold: the holders that certainly hold a seat at one moment are never more than the seats. A session
/// certainly holds from the answer that granted it until its release is asked for, or until its ttl has passed since
/// the last call that kept it began.
pub fn never_oversold(history: &History, terms: &Terms) -> Vec<String> {
    let mut edges: Vec<(Us, i64, String)> = Vec::new();
    for life in history.sessions().into_values() {
        let silent = life.kept.last().map_or(life.granted, |last| last + terms.ttl);
        let end = life.release_begun.map_or(silent, |begun| begun.min(silent));
        if end > life.granted {
            edges.push((life.granted, 1, life.holder.clone()));
            edges.push((end, -1, life.holder));
        }
    }
    // Ends before starts at one moment: only a true overlap counts.
    edges.sort();
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for (at, change, holder) in edges {
        let sessions = held.entry(holder.clone()).or_default();
        *sessions += change;
        if *sessions == 0 {
            held.remove(&holder);
        }
        if held.len() > terms.seats {
            return vec![format!(
                "NeverOversold: {} holders hold {} seats at {at} µs",
                held.len(),
                terms.seats
            )];
        }
    }
    Vec::new()
}

/// NeverExpiredEarly and AckedSurvives: a session whose ttl had not passed since it was last kept, and that nobody
/// released, is still there when its client calls.
pub fn never_expired_early(history: &History, terms: &Terms) -> Vec<String> {
    let lives = history.sessions();
    let mut broken = Vec::new();
    for call in &history.calls {
        let (Asked::Heartbeat { session }, Told::Refused { code }) = (&call.asked, &call.told) else {
            continue;
        };
        let Some(life) = lives.get(session.as_str()) else {
            continue;
        };
        if !matches!(
            code.as_str(),
            "SESSION_EXPIRED" | "SESSION_NOT_FOUND" | "SESSION_RELEASED"
        ) {
            continue;
        }
        let Some(answered) = call.answered else { continue };
        if life.release_begun.is_some_and(|begun| begun <= answered) {
            continue;
        }
        let kept = life.kept.iter().rev().find(|kept| **kept < call.begun).copied();
        if let Some(kept) = kept
            && answered < kept + terms.ttl
        {
            broken.push(format!(
                "NeverExpiredEarly: {code} after {} ms of a ttl of {} ms ({})",
                (answered - kept) / 1_000,
                terms.ttl / 1_000,
                life.holder
            ));
        }
    }
    broken
}

/// HonestDenial: `SEAT_LIMIT_REACHED` only when, at some moment of the call, that many other holders may have held a
/// seat. A session may hold from when its acquire was first asked for until an answer said it was over, or its ttl of
/// session time has passed since it was last touched; an acquire whose fate nobody learned may hold for as long.
pub fn honest_denial(history: &History, terms: &Terms) -> Vec<String> {
    let spans = possible_holds(history, terms);
    let first_tries = first_tries(history);
    let mut broken = Vec::new();
    for call in &history.calls {
        let (Asked::Acquire { holder, request }, Told::Refused { code }) = (&call.asked, &call.told) else {
            continue;
        };
        let (Some(answered), "SEAT_LIMIT_REACHED") = (call.answered, code.as_str()) else {
            continue;
        };
        // A refusal is remembered, so an earlier try of the same call may be the one that was refused.
        let begun = first_tries[request.as_str()];
        let others: BTreeSet<&str> = spans
            .iter()
            .filter(|span| span.holder != holder && span.from <= answered && span.until >= begun)
            .map(|span| span.holder)
            .collect();
        if others.len() < terms.seats {
            broken.push(format!(
                "HonestDenial: {holder} was refused while at most {} of {} seats were held",
                others.len(),
                terms.seats
            ));
        }
    }
    broken
}

/// When each request was first asked for.
fn first_tries(history: &History) -> BTreeMap<&str, Us> {
    let mut first: BTreeMap<&str, Us> = BTreeMap::new();
    for call in &history.calls {
        if let Asked::Acquire { request, .. } = &call.asked {
            let begun = first.entry(request).or_insert(call.begun);
            *begun = (*begun).min(call.begun);
        }
    }
    first
}

/// A time in which a holder may have held a seat.
struct Hold<'a> {
    holder: &'a str,
    from: Us,
    until: Us,
}

/// The times in which each request's session may have held. Tries of one request are one session.
fn possible_holds<'a>(history: &'a History, terms: &Terms) -> Vec<Hold<'a>> {
    let lives = history.sessions();
    let touches = last_touches(history);
    let standing = Standing::of(history);
    let mut requests: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in &history.calls {
        if let Asked::Acquire { request, .. } = &call.asked {
            requests.entry(request).or_default().push(call);
        }
    }
    let mut holds = Vec::new();
    for tries in requests.values() {
        let session = tries.iter().find_map(|call| match &call.told {
            Told::Held { session, .. } => Some(session.as_str()),
            _ => None,
        });
        let fate_unknown = tries
            .iter()
            .all(|call| matches!(call.told, Told::Unknown | Told::NotDone))
            && tries.iter().any(|call| call.told == Told::Unknown);
        let until = match session {
            Some(session) => lives[session]
                .over
                .unwrap_or_else(|| standing.after(touches[session], terms.ttl)),
            // Its last try may have been on its way for as long as anything is.
            None if fate_unknown => {
                let last = tries.iter().map(|call| call.begun).max().unwrap_or_default();
                standing.after(last + ON_ITS_WAY_MAX, terms.ttl)
            }
            None => continue,
        };
        let Asked::Acquire { holder, .. } = &tries[0].asked else {
            continue;
        };
        let from = tries.iter().map(|call| call.begun).min().unwrap_or_default();
        holds.push(Hold { holder, from, until });
    }
    holds
}

/// An unanswered call reaches the ledger no later than this after it was sent: the server itself gives up after 5 s.
const ON_ITS_WAY_MAX: Us = 6_000_000;

/// When each session was last touched by a call that may have kept it.
fn last_touches(history: &History) -> BTreeMap<&str, Us> {
    let mut touches: BTreeMap<&str, Us> = BTreeMap::new();
    for call in &history.calls {
        let (session, at) = match (&call.asked, &call.told) {
            (Asked::Heartbeat { .. }, Told::NotDone) => continue,
            (Asked::Heartbeat { session }, _) => (session, call.answered.unwrap_or(call.begun + ON_ITS_WAY_MAX)),
            (Asked::Acquire { .. }, Told::Held { session, .. }) => (session, call.answered.unwrap_or(call.begun)),
            _ => continue,
        };
        let last = touches.entry(session).or_default();
        *last = (*last).max(at);
    }
    touches
}

/// When the cluster may have stood still: the gaps in which no client had an answer. Session time passes at least
/// outside of them.
struct Standing(Vec<(Us, Us)>);

/// Shorter gaps are calls on their way, not a cluster without a leader.
const GAP_MIN: Us = 500_000;

/// Session time may run this much behind: the leader ticks every half second.
const TICK: Us = 1_000_000;

impl Standing {
    fn of(history: &History) -> Self {
        let told = |call: &&Call| !matches!(call.told, Told::Unknown | Told::NotDone);
        let mut answers: Vec<Us> = history
            .calls
            .iter()
            .filter(told)
            .filter_map(|call| call.answered)
            .collect();
        answers.sort_unstable();
        let gaps = answers.windows(2).map(|pair| (pair[0], pair[1]));
        Self(gaps.filter(|(from, to)| to - from >= GAP_MIN).collect())
    }

    /// The latest moment at which `span` of session time has passed since `from`.
    fn after(&self, from: Us, span: Us) -> Us {
        // The leader's clock is slewed by a thousandth at most.
        let mut until = from + span + span / 500 + TICK;
        for (stood, went_on) in &self.0 {
            if *went_on > from && *stood < until {
                until += went_on - (*stood).max(from);
            }
        }
        until
    }
}

/// ExactlyOnce: one request gets one session, and no session goes to two requests.
pub fn exactly_once(history: &History) -> Vec<String> {
    let mut sessions: BTreeMap<&str, &str> = BTreeMap::new();
    let mut requests: BTreeMap<&str, &str> = BTreeMap::new();
    let mut broken = Vec::new();
    for call in &history.calls {
        let (Asked::Acquire { request, .. }, Told::Held { session, .. }) = (&call.asked, &call.told) else {
            continue;
        };
        if *sessions.entry(request).or_insert(session) != session {
            broken.push(format!("ExactlyOnce: request {request} got two sessions"));
        }
        if *requests.entry(session).or_insert(request) != request {
            broken.push("ExactlyOnce: one session went to two requests".to_owned());
        }
    }
    broken
}

/// ReleasedOnce: no session is ended by two releases.
pub fn released_once(history: &History) -> Vec<String> {
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &history.calls {
        if let (Asked::Release { session }, Told::Released { by_this: true }) = (&call.asked, &call.told) {
            *ended.entry(session).or_default() += 1;
        }
    }
    let twice = ended.values().filter(|times| **times > 1).count();
    if twice == 0 {
        Vec::new()
    } else {
        vec![format!("ReleasedOnce: {twice} sessions were ended twice")]
    }
}

/// Answers are in the order of real time: one that came before another call began has a smaller seq. This is
/// linearizability, checked in one pass thanks to the number that every answer carries.
pub fn in_order(history: &History) -> Vec<String> {
    // A repeated acquire may be answered with the seq of its first, so only first answers of a request count.
    let mut seen = BTreeSet::new();
    let mut numbered: Vec<(Us, Us, u64)> = Vec::new();
    let mut calls: Vec<&Call> = history.calls.iter().collect();
    calls.sort_by_key(|call| call.begun);
    for call in calls {
        let (Told::Held { seq, .. }, Some(answered)) = (&call.told, call.answered) else {
            continue;
        };
        if let Asked::Acquire { request, .. } = &call.asked
            && !seen.insert(request.clone())
        {
            continue;
        }
        numbered.push((call.begun, answered, *seq));
    }
    let mut by_answer = numbered.clone();
    by_answer.sort_by_key(|(_, answered, _)| *answered);
    numbered.sort_by_key(|(begun, _, _)| *begun);
    let (mut done, mut highest) = (0, 0);
    for (begun, _, seq) in numbered {
        while done < by_answer.len() && by_answer[done].1 < begun {
            highest = highest.max(by_answer[done].2);
            done += 1;
        }
        // Heartbeats that travelled together share a seq, so equal numbers are in order too.
        if seq < highest {
            return vec![format!(
                "InOrder: an answer has seq {seq}, one that was there before it was asked has {highest}"
            )];
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { seats: 1, ttl: 1_000 };

    fn acquired(begun: Us, answered: Us, holder: &str, seq: u64) -> Call {
        Call {
            begun,
            answered: Some(answered),
            asked: Asked::Acquire {
                holder: holder.to_owned(),
                request: format!("r-{holder}-{begun}"),
            },
            told: Told::Held {
                session: format!("s-{holder}-{begun}"),
                seq,
            },
        }
    }

    fn call(begun: Us, answered: Us, asked: Asked, told: Told) -> Call {
        Call {
            begun,
            answered: Some(answered),
            asked,
            told,
        }
    }

    fn refused(begun: Us, answered: Us, holder: &str) -> Call {
        let asked = Asked::Acquire {
            holder: holder.to_owned(),
            request: format!("r-{holder}-{begun}"),
        };
        call(
            begun,
            answered,
            asked,
            Told::Refused {
                code: "SEAT_LIMIT_REACHED".to_owned(),
            },
        )
    }

    fn released(session: &str) -> Asked {
        Asked::Release {
            session: session.to_owned(),
        }
    }

    fn history(calls: &[Call]) -> History {
        History { calls: calls.to_vec() }
    }

    #[test]
    fn two_holders_of_one_seat_at_one_time_are_noticed() {
        assert_eq!(
            never_oversold(&history(&[acquired(0, 10, "a", 1), acquired(20, 30, "b", 2)]), &TERMS).len(),
            1
        );
        let later = [acquired(0, 10, "a", 1), acquired(1_000, 1_010, "b", 2)];
        assert!(never_oversold(&history(&later), &TERMS).is_empty());
    }

    #[test]
    fn a_session_lost_before_its_ttl_is_noticed() {
        let beat = |begun, answered| {
            let asked = Asked::Heartbeat {
                session: "s-a-0".to_owned(),
            };
            call(
                begun,
                answered,
                asked,
                Told::Refused {
                    code: "SESSION_EXPIRED".to_owned(),
                },
            )
        };
        assert_eq!(
            never_expired_early(&history(&[acquired(0, 10, "a", 1), beat(500, 600)]), &TERMS).len(),
            1
        );
        assert!(never_expired_early(&history(&[acquired(0, 10, "a", 1), beat(900, 1_600)]), &TERMS).is_empty());
    }

    #[test]
    fn a_refusal_while_the_seat_was_free_is_noticed() {
        assert_eq!(honest_denial(&history(&[refused(0, 10, "a")]), &TERMS).len(), 1);
        assert!(honest_denial(&history(&[acquired(0, 10, "b", 1), refused(20, 30, "a")]), &TERMS).is_empty());
    }

    #[test]
    fn a_refusal_long_after_the_only_session_must_have_ended_is_noticed() {
        let gone = |at| history(&[acquired(0, 10, "b", 1), refused(at, at + 10, "a")]);
        assert!(honest_denial(&gone(TICK), &TERMS).is_empty());
        // Somebody was answered all the time, so session time did not stand still.
        let mut busy = gone(3 * TICK);
        busy.calls.extend((0..30).map(|at| {
            call(
                at * TICK / 10,
                at * TICK / 10,
                released("x"),
                Told::Released { by_this: false },
            )
        }));
        assert_eq!(honest_denial(&busy, &TERMS).len(), 1);
        // Nobody was: it may have.
        assert!(honest_denial(&gone(3 * TICK), &TERMS).is_empty());
    }

    #[test]
    fn a_lost_acquire_that_was_answered_later_holds_nothing_of_its_own() {
        let mut lost = refused(0, 10, "b");
        (lost.answered, lost.told) = (None, Told::Unknown);
        assert!(honest_denial(&history(&[lost.clone(), refused(20, 30, "a")]), &TERMS).is_empty());
        let mut then_refused = refused(0, 15, "b");
        then_refused.begun = 12;
        assert_eq!(
            honest_denial(&history(&[lost, then_refused, refused(20, 30, "a")]), &TERMS).len(),
            2
        );
    }

    #[test]
    fn a_request_with_two_sessions_is_noticed() {
        let mut second = acquired(0, 10, "a", 2);
        second.told = Told::Held {
            session: "another".to_owned(),
            seq: 2,
        };
        assert_eq!(exactly_once(&history(&[acquired(0, 10, "a", 1), second])).len(), 1);
    }

    #[test]
    fn a_session_ended_twice_is_noticed() {
        let release = call(
            0,
            1,
            Asked::Release {
                session: "s".to_owned(),
            },
            Told::Released { by_this: true },
        );
        assert_eq!(released_once(&history(&[release.clone(), release])).len(), 1);
    }

    #[test]
    fn an_answer_out_of_order_is_noticed() {
        assert_eq!(
            in_order(&history(&[acquired(0, 10, "a", 5), acquired(20, 30, "b", 4)])).len(),
            1
        );
        assert!(in_order(&history(&[acquired(0, 25, "a", 5), acquired(20, 30, "b", 4)])).is_empty());
    }
}
