//! How sessions are found and counted: by secret, by holder, by license, by deadline.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{HolderKey, LicenseId, SessionHash, SessionNo};
use crate::session::{EndedSession, Session};
use crate::state::Rows;
use crate::state::holder::HolderSessions;
use crate::time::{At, SessionTime};

/// What is found by other than a session's number.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Index {
    /// Live and ended sessions by the hash of their secret. A public name is a hash's beginning.
    pub(super) by_hash: BTreeMap<SessionHash, SessionNo>,
    /// Live sessions by license and holder.
    pub(super) by_holder: BTreeMap<(LicenseId, HolderKey), HolderSessions>,
    /// Live sessions by license, the next to end first.
    pub(super) by_deadline: BTreeSet<(LicenseId, SessionTime, SessionNo)>,
    /// Licenses with live sessions.
    pub(super) held: BTreeMap<LicenseId, Held>,
    /// The same licenses, the one whose next session ends first at the front.
    pub(super) due: BTreeSet<(SessionTime, LicenseId)>,
    /// Those of them that have an end, the first to end at the front.
    pub(super) ending: BTreeSet<(At, LicenseId)>,
    /// Ended sessions, the next to be forgotten first.
    pub(super) forget: BTreeSet<(SessionTime, SessionNo)>,
}

/// What a license with live sessions comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    /// Seats: holders with a live session.
    pub(crate) seats: u32,
    /// Live sessions.
    pub(crate) sessions: u32,
    /// The next deadline among them.
    pub(super) due: SessionTime,
    /// The license's end.
    pub(super) ends_at: Option<At>,
}

impl Index {
    /// The index of these rows, built at once: much faster than row by row, and the two ways check each other.
    pub(super) fn of(
        live: &Rows<Session>,
        ended: &Rows<EndedSession>,
        ends_at: impl Fn(LicenseId) -> Option<At>,
    ) -> Self {
        let hashes = live.iter().map(|session| (session.hash, session.no));
        let ended_hashes = ended.iter().map(|session| (session.hash, session.no));
        let by_deadline: BTreeSet<_> = live
            .iter()
            .map(|session| (session.license, session.deadline, session.no))
            .collect();
        let mut places: Vec<_> = live
            .iter()
            .map(|session| (session.license, session.holder, session.no))
            .collect();
        places.sort_unstable();
        let by_holder = places.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1));
        let held: BTreeMap<_, _> = places
            .chunk_by(|one, next| one.0 == next.0)
            .filter_map(|sessions| {
                let license = sessions[0].0;
                let due = first_deadline(&by_deadline, license)?;
                let seats = sessions.chunk_by(|one, next| one.1 == next.1).count();
                Some((
                    license,
                    Held {
                        seats: count(seats),
                        sessions: count(sessions.len()),
                        due,
                        ends_at: ends_at(license),
                    },
                ))
            })
            .collect();
        Self {
            by_hash: hashes.chain(ended_hashes).collect(),
            by_holder: by_holder
                .map(|of| ((of[0].0, of[0].1), of.iter().map(|place| place.2).collect()))
                .collect(),
            by_deadline,
            due: held.iter().map(|(license, held)| (held.due, *license)).collect(),
            ending: held
                .iter()
                .filter_map(|(license, held)| Some((held.ends_at?, *license)))
                .collect(),
            held,
            forget: ended.iter().map(|session| (session.forget_at, session.no)).collect(),
        }
    }

    pub(super) fn add_live(&mut self, session: &Session, ends_at: Option<At>) {
        let Session {
            license,
            holder,
            deadline,
            no,
            ..
        } = *session;
        self.by_hash.insert(session.hash, no);
        self.by_deadline.insert((license, deadline, no));
        let held = self.held.entry(license).or_insert_with(|| {
            self.due.insert((deadline, license));
            self.ending.extend(ends_at.map(|at| (at, license)));
            Held {
                seats: 0,
                sessions: 0,
                due: deadline,
                ends_at,
            }
        });
        held.sessions += 1;
        if let Some(sessions) = self.by_holder.get_mut(&(license, holder)) {
            sessions.add(no);
        } else {
            self.by_holder.insert((license, holder), HolderSessions::One(no));
            held.seats += 1;
        }
        if deadline < held.due {
            self.due.remove(&(held.due, license));
            self.due.insert((deadline, license));
            held.due = deadline;
        }
    }

    pub(super) fn remove_live(&mut self, session: &Session) {
        let Session {
            license,
            holder,
            deadline,
            no,
            ..
        } = *session;
        self.by_hash.remove(&session.hash);
        self.by_deadline.remove(&(license, deadline, no));
        let gone = self
            .by_holder
            .get_mut(&(license, holder))
            .is_some_and(|sessions| !sessions.remove(no));
        if gone {
            self.by_holder.remove(&(license, holder));
        }
        if let Some(held) = self.held.get_mut(&license) {
            held.sessions -= 1;
            held.seats -= u32::from(gone);
        }
        self.settle_due(license, deadline);
    }

    pub(super) fn move_deadline(&mut self, session: &Session, deadline: SessionTime) {
        let (license, before) = (session.license, session.deadline);
        if before != deadline {
            self.by_deadline.remove(&(license, before, session.no));
            self.by_deadline.insert((license, deadline, session.no));
            self.settle_due(license, before.min(deadline));
        }
    }

    /// Brings a license's next deadline up to date after a deadline at `touched` came or went. Most heartbeats are not
    /// of the session that is next to end, and for those there is nothing to do.
    fn settle_due(&mut self, license: LicenseId, touched: SessionTime) {
        let Some(held) = self.held.get_mut(&license).filter(|held| touched <= held.due) else {
            return;
        };
        self.due.remove(&(held.due, license));
        if let Some(due) = first_deadline(&self.by_deadline, license) {
            held.due = due;
            self.due.insert((due, license));
            return;
        }
        if let Some(ends_at) = held.ends_at {
            self.ending.remove(&(ends_at, license));
        }
        self.held.remove(&license);
    }

    pub(super) fn add_ended(&mut self, ended: &EndedSession) {
        self.by_hash.insert(ended.hash, ended.no);
        self.forget.insert((ended.forget_at, ended.no));
    }

    pub(super) fn remove_ended(&mut self, ended: &EndedSession) {
        self.by_hash.remove(&ended.hash);
        self.forget.remove(&(ended.forget_at, ended.no));
    }
}

/// The next deadline of a license.
fn first_deadline(
    by_deadline: &BTreeSet<(LicenseId, SessionTime, SessionNo)>,
    license: LicenseId,
) -> Option<SessionTime> {
    let first = (license, SessionTime::default(), SessionNo::default());
    let (of, deadline, _) = by_deadline.range(first..).next()?;
    (*of == license).then_some(*deadline)
}

/// Sessions are numbered by commands and rows are in memory: there are never as many as a `u32` counts.
fn count(sessions: usize) -> u32 {
    u32::try_from(sessions).unwrap_or(u32::MAX)
}
