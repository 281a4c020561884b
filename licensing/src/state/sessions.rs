//! Live and ended sessions, and the seats that are counted from them.

use crate::apply::Until;
use crate::digest::Sum;
use crate::id::{HolderKey, LicenseId, SessionHash, SessionName, SessionNo};
use crate::ledger::{LoadError, SessionState};
use crate::row::{self, Table};
use crate::session::{EndedSession, Session};
use crate::state::Rows;
use crate::state::holder::HolderSessions;
use crate::state::rows::record;
use crate::state::session_index::{Held, Index};
use crate::time::{At, SessionTime};

/// Live and ended sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    pub(crate) live: Rows<Session>,
    pub(crate) ended: Rows<EndedSession>,
    index: Index,
}

impl Sessions {
    /// What is held of a license.
    pub(crate) fn held(&self, license: LicenseId) -> Option<Held> {
        self.index.held.get(&license).copied()
    }

    /// Seats held of a license.
    pub(crate) fn seats(&self, license: LicenseId) -> u32 {
        self.held(license).map_or(0, |held| held.seats)
    }

    /// The live sessions of a holder, in number order.
    pub(crate) fn of_holder(&self, license: LicenseId, holder: HolderKey) -> &[SessionNo] {
        self.index
            .by_holder
            .get(&(license, holder))
            .map_or(&[], HolderSessions::as_slice)
    }

    /// The live sessions of a license in holder order, after the holder and number `after`.
    pub(crate) fn of_license(
        &self,
        license: LicenseId,
        after: Option<(HolderKey, SessionNo)>,
    ) -> impl Iterator<Item = &Session> {
        let first = after.map_or(HolderKey::from_bytes([0; 16]), |(holder, _)| holder);
        self.index
            .by_holder
            .range((license, first)..)
            .take_while(move |((of, _), _)| *of == license)
            .flat_map(|((_, holder), sessions)| sessions.as_slice().iter().map(|no| (*holder, *no)))
            .filter(move |place| after.is_none_or(|after| *place > after))
            .filter_map(|(_, no)| self.live.get(no))
    }

    /// The live sessions of a license, the next to end first.
    pub(crate) fn by_deadline(&self, license: LicenseId) -> impl Iterator<Item = &Session> {
        let first = (license, SessionTime::default(), SessionNo::default());
        self.index
            .by_deadline
            .range(first..)
            .take_while(move |(of, ..)| *of == license)
            .filter_map(|(.., no)| self.live.get(*no))
    }

    /// A session of a license that got no heartbeat in time, the one that waits longest.
    pub(crate) fn overdue_of(&self, license: LicenseId, now: SessionTime) -> Option<SessionNo> {
        let held = self.index.held.get(&license)?;
        (held.due <= now).then(|| self.by_deadline(license).next().map(|session| session.no))?
    }

    /// A session that got no heartbeat in time, the one that waits longest of all.
    pub(crate) fn overdue(&self, now: SessionTime) -> Option<SessionNo> {
        let (due, license) = self.index.due.first()?;
        (*due <= now).then(|| self.overdue_of(*license, now))?
    }

    /// A session whose license has come to its end.
    pub(crate) fn outliving(&self, at: At) -> Option<SessionNo> {
        let (ends_at, license) = self.index.ending.first()?;
        (*ends_at <= at).then(|| self.by_deadline(*license).next().map(|session| session.no))?
    }

    /// The session of a secret's hash, live or remembered.
    pub(crate) fn by_hash(&self, hash: &SessionHash, now: SessionTime) -> Option<SessionState<'_>> {
        self.state(*self.index.by_hash.get(hash)?, now)
    }

    /// The session of a public name, live or remembered.
    pub(crate) fn by_name(&self, name: &SessionName, now: SessionTime) -> Option<SessionState<'_>> {
        let mut first = [0; 32];
        first[..10].copy_from_slice(name.as_bytes());
        let (hash, no) = self.index.by_hash.range(SessionHash::from_bytes(first)..).next()?;
        (hash.public() == *name).then(|| self.state(*no, now))?
    }

    /// The session of a number, live or remembered.
    pub(crate) fn state(&self, no: SessionNo, now: SessionTime) -> Option<SessionState<'_>> {
        let live = self.live.get(no).map(SessionState::Live);
        live.or_else(|| self.remembered(no, now).map(SessionState::Ended))
    }

    /// An ended session, as long as it is remembered.
    pub(crate) fn remembered(&self, no: SessionNo, now: SessionTime) -> Option<&EndedSession> {
        self.ended.get(no).filter(|session| session.forget_at > now)
    }

    /// Adds a session of a license that ends at `ends_at`.
    pub(crate) fn add(&mut self, session: Session, ends_at: Option<At>) {
        // An ended session with this hash is past its time of being remembered, or its request had been answered by it.
        if let Some(before) = self.index.by_hash.get(&session.hash) {
            self.forget(*before);
        }
        self.index.add_live(&session, ends_at);
        self.live.put(session);
    }

    /// Moves what a heartbeat moves.
    pub(crate) fn renew(&mut self, no: SessionNo, at: At, until: Until) -> Option<&Session> {
        let index = &mut self.index;
        self.live.edit(no, |session| {
            index.move_deadline(session, until.deadline);
            let before = beat(session);
            session.beat_at = at;
            session.deadline = until.deadline;
            session.grace_until = until.grace;
            let mut more = beat(session);
            more -= before;
            more.times(beat_unit(no))
        })
    }

    /// Takes a session out of the live ones.
    pub(crate) fn remove(&mut self, no: SessionNo) -> Option<Session> {
        let session = self.live.remove(no)?;
        self.index.remove_live(&session);
        Some(session)
    }

    /// Remembers a session that has ended.
    pub(crate) fn remember(&mut self, ended: EndedSession) {
        self.index.add_ended(&ended);
        self.ended.put(ended);
    }

    /// Forgets an ended session at `forget_at`, unless that is to happen sooner.
    pub(crate) fn forget_by(&mut self, no: SessionNo, forget_at: SessionTime) {
        if let Some(ended) = self.ended.get(no).filter(|ended| ended.forget_at > forget_at) {
            let ended = EndedSession {
                forget_at,
                ..ended.clone()
            };
            self.forget(no);
            self.remember(ended);
        }
    }

    /// Forgets one ended session whose time has come, and says whether there was one.
    pub(crate) fn forget_one(&mut self, now: SessionTime) -> bool {
        let due = self
            .index
            .forget
            .first()
            .filter(|(at, _)| *at <= now)
            .map(|(_, no)| *no);
        due.is_some_and(|no| self.forget(no))
    }

    fn forget(&mut self, no: SessionNo) -> bool {
        self.ended
            .remove(no)
            .inspect(|ended| self.index.remove_ended(ended))
            .is_some()
    }

    /// Notes that a license's end has moved.
    pub(crate) fn move_license_end(&mut self, license: LicenseId, ends_at: Option<At>) {
        let Index { held, ending, .. } = &mut self.index;
        if let Some(held) = held.get_mut(&license) {
            if let Some(before) = std::mem::replace(&mut held.ends_at, ends_at) {
                ending.remove(&(before, license));
            }
            ending.extend(ends_at.map(|at| (at, license)));
        }
    }

    /// Builds the indexes from loaded rows.
    pub(crate) fn build_index(&mut self, ends_at: impl Fn(LicenseId) -> Option<At>) -> Result<(), LoadError> {
        self.index = self.index_of_rows(ends_at);
        let sessions = self.live.len() + self.ended.len();
        if self.index.by_hash.len() == sessions {
            Ok(())
        } else {
            Err(LoadError::Clash {
                table: Table::Sessions,
                field: "hash",
            })
        }
    }

    /// Whether the indexes are what the rows say.
    pub(crate) fn index_follows_rows(&self, ends_at: impl Fn(LicenseId) -> Option<At>) -> bool {
        self.index == self.index_of_rows(ends_at)
    }

    fn index_of_rows(&self, ends_at: impl Fn(LicenseId) -> Option<At>) -> Index {
        Index::of(&self.live, &self.ended, ends_at)
    }
}

/// What heartbeats move, as one number.
const fn beat(session: &Session) -> Sum {
    Sum::of_limbs([session.beat_at.ms(), session.deadline.ms(), session.grace_until.ms(), 0])
}

/// What that number is multiplied with in the digest.
fn beat_unit(no: SessionNo) -> Sum {
    Sum::of(&[b"beat", &no.get().to_le_bytes()])
}

/// What a session adds to the digest: a hash of what it is, and what its heartbeats move times its own hash.
fn session_sum(session: &Session) -> Sum {
    let Session {
        no,
        hash,
        license,
        holder,
        fingerprint,
        client,
        granted_at,
        ..
    } = session;
    let is = row::encode(&(no, hash, license, holder, fingerprint, client, granted_at));
    let mut sum = Sum::of(&[&[Table::Sessions.number()], &is]);
    sum += beat(session).times(beat_unit(*no));
    sum
}

record!(Session by no: SessionNo, sum session_sum);
record!(EndedSession by no: SessionNo);
