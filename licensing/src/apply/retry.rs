//! When a refused acquire is worth trying again: the soonest that silence alone makes room. Somebody may release
//! earlier; nobody can be promised later.

use std::collections::BTreeMap;

use crate::id::{HolderKey, LicenseId, SessionNo};
use crate::ledger::Ledger;
use crate::time::{SessionTime, Span};

/// How many sessions or ghosts are looked at before the answer is "not before this one", so that a refusal stays cheap
/// where seats were cut far below what is held.
const STEPS_MAX: usize = 1_000;

impl Ledger {
    /// How long until a license has lost `beyond` + 1 of its seats if all its clients stay silent. A seat is lost with
    /// its holder's last session.
    pub(super) fn seat_frees_in(&self, license: LicenseId, beyond: u32) -> Span {
        let mut ended: BTreeMap<HolderKey, usize> = BTreeMap::new();
        let mut lost = 0;
        let mut deadline = self.meta.session_time;
        for session in self.sessions.by_deadline(license).take(STEPS_MAX) {
            deadline = session.deadline;
            let sessions = self.sessions.of_holder(license, session.holder).len();
            let ended = ended.entry(session.holder).or_insert(0);
            *ended += 1;
            lost += u32::from(*ended == sessions);
            if lost > beyond {
                break;
            }
        }
        deadline.since(self.meta.session_time)
    }

    /// How long until `beyond` + 1 of a holder's sessions have ended if all stay silent, the replaced one apart.
    pub(super) fn holder_frees_in(
        &self,
        license: LicenseId,
        holder: HolderKey,
        replaced: Option<SessionNo>,
        beyond: u32,
    ) -> Span {
        let staying = self
            .sessions
            .of_holder(license, holder)
            .iter()
            .filter(|no| Some(**no) != replaced);
        let mut deadlines: Vec<SessionTime> = staying
            .filter_map(|no| self.sessions.live.get(*no))
            .map(|session| session.deadline)
            .collect();
        deadlines.sort_unstable();
        let end = deadlines
            .get(beyond as usize)
            .copied()
            .unwrap_or(self.meta.session_time);
        end.since(self.meta.session_time)
    }

    /// How long until `beyond` + 1 of a license's ghosts are gone, the one of `holder` apart.
    pub(super) fn ghost_ends_in(&self, license: LicenseId, holder: HolderKey, beyond: u32) -> Span {
        let ends = self
            .ghosts
            .ends_of(license)
            .filter(|(_, ghost)| *ghost != holder)
            .map(|(end, _)| end);
        let end = ends
            .take(STEPS_MAX.min(beyond as usize + 1))
            .last()
            .unwrap_or(self.meta.at);
        end.since(self.meta.at)
    }
}
