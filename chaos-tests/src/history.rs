//! What clients saw: every call with when it began, when it was answered, and the answer. The checkers trust only this.

use std::collections::BTreeMap;

/// Microseconds on the harness's own clock.
pub type Us = u64;

/// One call as its client saw it.
#[derive(Debug, Clone)]
pub struct Call {
    /// When the client began to send.
    pub begun: Us,
    /// When it had the answer; `None` if it never had one.
    pub answered: Option<Us>,
    /// What it asked.
    pub asked: Asked,
    /// What it was told.
    pub told: Told,
}

/// What a client asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A seat for a holder, under the call's own name.
    Acquire {
        /// Who.
        holder: String,
        /// The `request_id`.
        request: String,
    },
    /// To keep a session.
    Heartbeat {
        /// The secret id.
        session: String,
    },
    /// To give a session back.
    Release {
        /// The secret id.
        session: String,
    },
}

/// What a client was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It has the seat.
    Held {
        /// The secret id.
        session: String,
        /// The number of the command, from the signed token.
        seq: u64,
        /// The second since 1970 for which the token was signed.
        at: u64,
    },
    /// It is given back; whether by this call.
    Released {
        /// Whether this call ended it.
        by_this: bool,
    },
    /// A refusal with its code.
    Refused {
        /// The permanent code.
        code: String,
    },
    /// No answer, or one that says the outcome is not known: it may have happened.
    Unknown,
    /// An answer that says nothing happened.
    NotDone,
}

/// All calls of a run, for one license.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The calls, in any order.
    pub calls: Vec<Call>,
    /// When another node took the lead, where the harness knows: session time may stand still about then.
    pub led_anew: Vec<Us>,
    /// From when to when calls may have been held up on their way to a node, where the harness knows: by a node that stood
    /// still, or by its network. One that was sent then may arrive when that is over.
    pub held_up: Vec<(Us, Us)>,
}

/// What is known of one session.
#[derive(Debug, Clone)]
pub struct SessionLife {
    /// Whose it is.
    pub holder: String,
    /// When the first answer that granted it came.
    pub granted: Us,
    /// The beginnings of the calls that kept it, the acquire among them, in order.
    pub kept: Vec<Us>,
    /// When its release was first asked for.
    pub release_begun: Option<Us>,
    /// When an answer first said it was over.
    pub over: Option<Us>,
}

impl SessionLife {
    /// Until when it certainly held, if a session lives at least so long without a call that keeps it.
    pub fn held_until(&self, lives: Us) -> Us {
        let silent = self.kept.last().map_or(self.granted, |last| last + lives);
        self.release_begun.map_or(silent, |begun| begun.min(silent))
    }
}

/// An unanswered call reaches the ledger no later than this after it reached a node: the server itself gives up after 5 s.
const ON_ITS_WAY_MAX: Us = 6_000_000;

impl History {
    /// When a call that was sent at `begun` and never answered has reached the ledger, or never will.
    pub fn arrives_by(&self, begun: Us) -> Us {
        let mut by = begun + ON_ITS_WAY_MAX;
        let mut held_up: Vec<(Us, Us)> = self
            .held_up
            .iter()
            .filter(|(_, until)| *until > begun)
            .copied()
            .collect();
        held_up.sort_unstable();
        for (from, until) in held_up {
            if from <= by {
                by = by.max(until + ON_ITS_WAY_MAX);
            }
        }
        by
    }

    /// When each acquire, by its `request_id`, was first asked for.
    pub fn first_tries(&self) -> BTreeMap<&str, Us> {
        let mut first: BTreeMap<&str, Us> = BTreeMap::new();
        for call in &self.calls {
            if let Asked::Acquire { request, .. } = &call.asked {
                let begun = first.entry(request).or_insert(call.begun);
                *begun = (*begun).min(call.begun);
            }
        }
        first
    }

    /// What is known of each session that was granted.
    pub fn sessions(&self) -> BTreeMap<&str, SessionLife> {
        let mut lives: BTreeMap<&str, SessionLife> = BTreeMap::new();
        for call in &self.calls {
            let (Asked::Acquire { holder, .. }, Told::Held { session, .. }, Some(answered)) =
                (&call.asked, &call.told, call.answered)
            else {
                continue;
            };
            let fresh = || SessionLife {
                holder: holder.clone(),
                granted: answered,
                kept: Vec::new(),
                release_begun: None,
                over: None,
            };
            let life = lives.entry(session).or_insert_with(fresh);
            life.granted = life.granted.min(answered);
            life.kept.push(call.begun);
        }
        for call in &self.calls {
            match (&call.asked, &call.told) {
                (Asked::Heartbeat { session }, Told::Held { .. }) => {
                    if let Some(life) = lives.get_mut(session.as_str()) {
                        life.kept.push(call.begun);
                    }
                }
                (Asked::Release { session }, _) => {
                    if let Some(life) = lives.get_mut(session.as_str()) {
                        let begun = life.release_begun.map_or(call.begun, |earlier| earlier.min(call.begun));
                        life.release_begun = Some(begun);
                        if let (Told::Released { .. }, Some(answered)) = (&call.told, call.answered) {
                            life.over = Some(life.over.map_or(answered, |earlier| earlier.min(answered)));
                        }
                    }
                }
                _ => {}
            }
        }
        for life in lives.values_mut() {
            life.kept.sort_unstable();
        }
        lives
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_was_held_up_arrives_later() {
        let history = History {
            held_up: vec![(9_000_000, 20_000_000), (1_000_000, 4_000_000)],
            ..History::default()
        };
        assert_eq!(history.arrives_by(0), 26_000_000);
        assert_eq!(history.arrives_by(21_000_000), 27_000_000);
        assert_eq!(History::default().arrives_by(0), ON_ITS_WAY_MAX);
    }
}
