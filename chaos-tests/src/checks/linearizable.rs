//! Linearizability by search: an independent witness for the checkers that read the numbers in the answers. It looks for
//! an order of the calls, each somewhere between its beginning and its answer, in which a license of so many seats gives
//! exactly these answers. It knows nothing of seq, of nodes or of Raft.
//!
//! Time is only bounded: a session may have expired as soon as its ttl can have passed since it was last kept, and
//! need not have expired ever, because session time may stand still.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Terms;
use super::standing::Standing;
use crate::history::{Asked, History, Told, Us};

/// Longer histories are checked in their first so many calls.
const CALLS_MAX: usize = 160;

/// After so many steps a search gives up and blames nobody.
const STEPS_MAX: usize = 200_000;

/// One call as the search sees it.
#[derive(Debug)]
struct Op {
    begun: Us,
    /// By when it happened.
    by: Us,
    what: What,
    /// What it was told, if that is known and must be explained.
    told: Option<Said>,
}

/// Holders, requests and sessions as numbers. A session is named by the request that got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Acquire { holder: usize, request: usize },
    Heartbeat { request: usize },
    Release { request: usize },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Held,
    NoSeat,
    /// The session is over, in whatever words.
    Over,
    ReleasedByThis,
    ReleasedBefore,
}

/// The license between two calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct State {
    /// Live sessions: whose, and before when one cannot have expired.
    live: BTreeMap<usize, (usize, Us)>,
    /// Requests whose session is over.
    over: BTreeSet<usize>,
    /// Requests that were refused, which is remembered.
    refused: BTreeSet<usize>,
}

/// Looks for an order that explains the beginning of a history.
pub fn linearizable(history: &History, terms: &Terms) -> Vec<String> {
    let ops = operations(history, terms.lives());
    let mut search = Search {
        ops: &ops,
        seats: terms.seats,
        ttl: terms.lives(),
        seen: HashSet::new(),
        steps: 0,
        furthest: 0,
        stuck: String::new(),
    };
    let mut done = vec![false; ops.len()];
    if search.explains(&mut done, 0, &State::default()) || search.steps >= STEPS_MAX {
        return Vec::new();
    }
    vec![format!(
        "Linearizable: no order of the calls explains their answers; {} of {} could be placed: {}",
        search.furthest,
        ops.len(),
        search.stuck
    )]
}

struct Search<'a> {
    ops: &'a [Op],
    seats: usize,
    ttl: Us,
    /// Places from which no way led on.
    seen: HashSet<(Vec<bool>, usize, State)>,
    steps: usize,
    furthest: usize,
    /// Where that was.
    stuck: String,
}

impl Search<'_> {
    /// Whether the calls that are not done can follow on `state`. Those before `first` are all done.
    fn explains(&mut self, done: &mut [bool], first: usize, state: &State) -> bool {
        let first = (first..self.ops.len()).find(|at| !done[*at]).unwrap_or(self.ops.len());
        let placed = done.iter().filter(|done| **done).count();
        if placed > self.furthest {
            self.furthest = placed;
            self.stuck = format!("{:?} on {state:?}", self.ops.get(first));
        }
        self.steps += 1;
        if first == self.ops.len() {
            return true;
        }
        // The part that can differ: calls are sorted by their beginning, so what lies far behind is not done.
        let by = (first..self.ops.len())
            .filter(|at| !done[*at])
            .map(|at| self.ops[at].by)
            .min()
            .unwrap_or(Us::MAX);
        let end = (first..self.ops.len())
            .find(|at| self.ops[*at].begun > by)
            .unwrap_or(self.ops.len());
        if self.steps >= STEPS_MAX || !self.seen.insert((done[first..end].to_vec(), first, state.clone())) {
            return false;
        }
        for at in first..end {
            if done[at] {
                continue;
            }
            done[at] = true;
            for next in self.after(&self.ops[at], by, state) {
                if self.explains(done, first, &next) {
                    return true;
                }
            }
            done[at] = false;
        }
        false
    }

    /// The states that a call may leave behind, if it happens no later than `by`.
    fn after(&self, op: &Op, by: Us, state: &State) -> Vec<State> {
        let mut states = match op.what {
            What::Acquire { holder, request } => self.acquired(op, holder, request, by, state),
            What::Heartbeat { request } => self.beaten(op, request, by, state),
            What::Release { request } => given_back(op, request, by, state),
        };
        if op.told.is_none() {
            // It may never have arrived.
            states.push(state.clone());
        }
        states
    }

    fn acquired(&self, op: &Op, holder: usize, request: usize, by: Us, state: &State) -> Vec<State> {
        let may = |said| op.told.is_none_or(|told| told == said);
        let mut states = Vec::new();
        if state.refused.contains(&request) {
            if may(Said::NoSeat) {
                states.push(state.clone());
            }
            return states;
        }
        if state.live.contains_key(&request) && may(Said::Held) {
            states.push(self.kept(op, holder, request, state));
        }
        if over_by(state, request, by) {
            if may(Said::Over) {
                states.push(ended(state, request));
            }
            return states;
        }
        if state.live.contains_key(&request) {
            return states;
        }
        for without in Self::with_some_expired(by, state) {
            let holders: BTreeSet<usize> = without.live.values().map(|(holder, _)| *holder).collect();
            if holders.contains(&holder) || holders.len() < self.seats {
                if may(Said::Held) {
                    states.push(self.kept(op, holder, request, &without));
                }
            } else if may(Said::NoSeat) {
                let mut next = without;
                next.refused.insert(request);
                states.push(next);
            }
        }
        states
    }

    fn beaten(&self, op: &Op, request: usize, by: Us, state: &State) -> Vec<State> {
        let may = |said| op.told.is_none_or(|told| told == said);
        let mut states = Vec::new();
        if let Some((holder, _)) = state.live.get(&request)
            && may(Said::Held)
        {
            states.push(self.kept(op, *holder, request, state));
        }
        if over_by(state, request, by) && may(Said::Over) {
            states.push(ended(state, request));
        }
        states
    }

    fn kept(&self, op: &Op, holder: usize, request: usize, state: &State) -> State {
        let mut next = state.clone();
        let until = op.begun + self.ttl;
        let (_, lives_until) = next.live.entry(request).or_insert((holder, until));
        *lives_until = (*lives_until).max(until);
        next
    }

    /// The state, and the same with one or more of the sessions gone that may have expired by then.
    fn with_some_expired(by: Us, state: &State) -> Vec<State> {
        let mut states = vec![state.clone()];
        let expirable = state.live.iter().filter(|(_, (_, until))| *until <= by);
        for request in expirable.map(|(request, _)| *request) {
            let without: Vec<State> = states.iter().map(|state| ended(state, request)).collect();
            states.extend(without);
        }
        states
    }
}

fn given_back(op: &Op, request: usize, by: Us, state: &State) -> Vec<State> {
    let may = |said| op.told.is_none_or(|told| told == said);
    let mut states = Vec::new();
    // A node that had to ask twice may find what its own first try has done.
    if state.live.contains_key(&request) && (may(Said::ReleasedByThis) || may(Said::ReleasedBefore)) {
        states.push(ended(state, request));
    }
    if over_by(state, request, by) && (may(Said::ReleasedBefore) || may(Said::Over)) {
        states.push(ended(state, request));
    }
    states
}

/// Whether the session of a request is over or may have expired by then.
fn over_by(state: &State, request: usize, by: Us) -> bool {
    state.over.contains(&request) || state.live.get(&request).is_some_and(|(_, until)| *until <= by)
}

fn ended(state: &State, request: usize) -> State {
    let mut next = state.clone();
    next.live.remove(&request);
    next.over.insert(request);
    next
}

/// The first calls of a history, sorted by their beginning. What was answered after the last of them began is taken for
/// unanswered: later calls may be what explains it.
fn operations(history: &History, ttl: Us) -> Vec<Op> {
    let mut calls: Vec<_> = history.calls.iter().filter(|call| call.told != Told::NotDone).collect();
    calls.sort_by_key(|call| call.begun);
    let standing = Standing::of(history);
    let cut = calls.get(CALLS_MAX).map_or(Us::MAX, |call| call.begun);
    let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
    let mut requests: BTreeMap<&str, usize> = BTreeMap::new();
    let mut sessions: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &calls {
        if let Asked::Acquire { request, .. } = &call.asked {
            let number = requests.len();
            let number = *requests.entry(request).or_insert(number);
            if let Told::Held { session, .. } = &call.told {
                sessions.insert(session, number);
            }
        }
    }
    let mut ops = Vec::new();
    for call in calls.into_iter().take(CALLS_MAX) {
        let what = match &call.asked {
            Asked::Acquire { holder, request } => {
                let number = holders.len();
                What::Acquire {
                    holder: *holders.entry(holder).or_insert(number),
                    request: requests[request.as_str()],
                }
            }
            Asked::Heartbeat { session } => What::Heartbeat {
                request: sessions[session.as_str()],
            },
            Asked::Release { session } => What::Release {
                request: sessions[session.as_str()],
            },
        };
        let answered = call.answered.filter(|answered| *answered < cut);
        let told = answered.and_then(|_| match &call.told {
            Told::Held { .. } => Some(Said::Held),
            Told::Released { by_this: true } => Some(Said::ReleasedByThis),
            Told::Released { by_this: false } => Some(Said::ReleasedBefore),
            Told::Refused { code } if code == "SEAT_LIMIT_REACHED" => Some(Said::NoSeat),
            Told::Refused { .. } => Some(Said::Over),
            Told::Unknown | Told::NotDone => None,
        });
        // While the cluster stands still, what it was asked may wait.
        let arrives_by = standing
            .after(history.arrives_by(call.begun), 0)
            .max(call.answered.unwrap_or_default());
        let by = told.and(answered).unwrap_or(arrives_by);
        let mut happened = |told| {
            ops.push(Op {
                begun: call.begun,
                by,
                what,
                told,
            });
        };
        // A node that had to ask twice may find that what its own first try got is over.
        if matches!(what, What::Acquire { .. }) && told == Some(Said::Over) && by - call.begun >= ttl {
            happened(None);
        }
        happened(told);
    }
    ops
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::*;

    #[test]
    fn two_holders_of_one_seat_have_no_order() {
        let calls = [acquired(0, 10, "a", 1), acquired(20, 30, "b", 2)];
        assert_eq!(linearizable(&history(&calls), &TERMS).len(), 1);
        let later = [acquired(0, 10, "a", 1), acquired(20, 1_010, "b", 2)];
        assert!(linearizable(&history(&later), &TERMS).is_empty());
    }

    #[test]
    fn a_refusal_needs_somebody_who_holds() {
        assert_eq!(linearizable(&history(&[refused(0, 10, "a")]), &TERMS).len(), 1);
        let held = [acquired(0, 10, "b", 1), refused(5, 30, "a")];
        assert!(linearizable(&history(&held), &TERMS).is_empty());
        let beside = [acquired(0, 30, "b", 1), refused(5, 10, "a")];
        assert!(linearizable(&history(&beside), &TERMS).is_empty());
    }

    #[test]
    fn a_lost_call_may_have_happened_or_not() {
        let mut lost = acquired(0, 10, "b", 1);
        (lost.answered, lost.told) = (None, Told::Unknown);
        for then in [refused(20, 30, "a"), acquired(20, 30, "a", 2)] {
            assert!(linearizable(&history(&[lost.clone(), then]), &TERMS).is_empty());
        }
    }

    #[test]
    fn a_call_that_lasts_longer_than_a_session_may_outlive_its_own() {
        let over = Told::Refused {
            code: "SESSION_EXPIRED".to_owned(),
        };
        let lives = TERMS.lives();
        for (lasts, alarms) in [(lives, 0), (lives - 1, 1)] {
            let mut long = acquired(0, lasts, "a", 1);
            long.told = over.clone();
            let calls = [long, refused(5, 10, "b")];
            assert_eq!(linearizable(&history(&calls), &TERMS).len(), alarms);
        }
    }

    #[test]
    fn a_session_that_was_released_cannot_be_kept() {
        let first = acquired(0, 10, "a", 1);
        let Told::Held { session, .. } = first.told.clone() else {
            panic!("it holds")
        };
        let gone = call(20, 30, released(&session), Told::Released { by_this: true });
        let kept = call(40, 50, Asked::Heartbeat { session }, first.told.clone());
        assert_eq!(linearizable(&history(&[first, gone, kept]), &TERMS).len(), 1);
    }
}
