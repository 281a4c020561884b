//! Nobody is refused a seat that was free.

use std::collections::{BTreeMap, BTreeSet};

use super::Terms;
use super::standing::Standing;
use crate::history::{Asked, Call, History, Told, Us};

/// HonestDenial: `SEAT_LIMIT_REACHED` only when, at some moment of the call, that many other holders may have held a
/// seat. A session may hold from when its acquire was first asked for until an answer said it was over, or its ttl of
/// session time has passed since it was last touched; an acquire whose fate nobody learned may hold for as long.
pub fn honest_denial(history: &History, terms: &Terms) -> Vec<String> {
    let spans = possible_holds(history, terms);
    let first_tries = history.first_tries();
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
                "HonestDenial: {holder} was refused between {begun} and {answered} µs while at most {} of {} seats were \
                 held; the last hold of another ended {:?} µs",
                others.len(),
                terms.seats,
                spans.iter().filter(|span| span.holder != holder && span.until < begun).map(|span| span.until).max()
            ));
        }
    }
    broken
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
        // A refusal that speaks of the session tells that there was one.
        let found_over = tries
            .iter()
            .filter(|call| matches!(&call.told, Told::Refused { code } if code.starts_with("SESSION_")))
            .find_map(|call| call.answered);
        let until = match session {
            Some(session) => lives[session]
                .over
                .unwrap_or_else(|| standing.after(touches[session], terms.ttl)),
            // Its last try may have been on its way for as long as anything is.
            None if fate_unknown => {
                let last = tries.iter().map(|call| call.begun).max().unwrap_or_default();
                standing.after(history.arrives_by(last), terms.ttl)
            }
            None => match found_over {
                Some(over) => over,
                None => continue,
            },
        };
        let Asked::Acquire { holder, .. } = &tries[0].asked else {
            continue;
        };
        let from = tries.iter().map(|call| call.begun).min().unwrap_or_default();
        holds.push(Hold { holder, from, until });
    }
    holds
}

/// When each session was last touched by a call that may have kept it: a heartbeat, or its acquire asked again.
fn last_touches(history: &History) -> BTreeMap<&str, Us> {
    let mut sessions: BTreeMap<&str, &str> = BTreeMap::new();
    for call in &history.calls {
        if let (Asked::Acquire { request, .. }, Told::Held { session, .. }) = (&call.asked, &call.told) {
            // One with two sessions breaks another law; here it is about the first.
            sessions.entry(request).or_insert(session);
        }
    }
    let mut touches: BTreeMap<&str, Us> = BTreeMap::new();
    for call in &history.calls {
        let session = match (&call.asked, &call.told) {
            (_, Told::NotDone) => continue,
            (Asked::Heartbeat { session }, _) => Some(session.as_str()),
            (Asked::Acquire { request, .. }, Told::Held { .. } | Told::Unknown) => {
                sessions.get(request.as_str()).copied()
            }
            _ => None,
        };
        let Some(session) = session else { continue };
        let at = call.answered.unwrap_or_else(|| history.arrives_by(call.begun));
        let last = touches.entry(session).or_default();
        *last = (*last).max(at);
    }
    touches
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::super::standing::TICK;
    use super::*;

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
    fn a_lost_acquire_whose_session_is_found_over_later_may_have_held_until_then() {
        let mut lost = refused(0, 10, "b");
        (lost.answered, lost.told) = (None, Told::Unknown);
        let mut over = refused(0, 90, "b");
        over.begun = 80;
        over.told = Told::Refused {
            code: "SESSION_EXPIRED".to_owned(),
        };
        assert!(honest_denial(&history(&[lost, over, refused(50, 60, "a")]), &TERMS).is_empty());
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
}
