//! The replicated state and its only way to change.
//!
//! A ledger is a value: rows, the indexes over them, and a note of what changed lately. [`Ledger::apply`] is the one
//! function that changes it. Rows go to disk through [`Ledger::take_changes`] and come back through
//! [`Ledger::from_rows`]; audit leaves and closed usage hours leave through the former and do not come back.

mod load;
mod lookup;

pub use load::LoadError;
pub use lookup::{Seats, SessionState};

use crate::audit::AuditRecord;
use crate::branding::Branding;
use crate::command::{Entry, Proposal};
use crate::digest::{Digest, Sum};
use crate::meta::Meta;
use crate::outcome::Applied;
use crate::retention::{KeptFrom, Retention};
use crate::row::{self, Row, RowKey, Table};
use crate::state::{
    Answers, Assignments, Catalogue, Ghosts, Hours, Identities, Members, People, Rows, Sessions, Texts,
};
use crate::time::{At, SESSION_TIME_STEP_MAX, SessionTime};
use crate::usage::UsageHour;

/// The replicated state: every row, the indexes over them, and what changed lately.
#[derive(Debug, Default)]
pub struct Ledger {
    pub(crate) meta: Meta,
    pub(crate) catalogue: Catalogue,
    pub(crate) sessions: Sessions,
    pub(crate) ghosts: Ghosts,
    pub(crate) answers: Answers,
    pub(crate) hours: Hours,
    pub(crate) members: Members,
    pub(crate) people: People,
    pub(crate) branding: Rows<Branding>,
    pub(crate) identities: Identities,
    pub(crate) assignments: Assignments,
    pub(crate) retention: Rows<Retention>,
    pub(crate) texts: Texts,
    /// Audit leaves since they were last taken.
    pub(crate) audit: Vec<AuditRecord>,
    /// Whether an entry was applied since the changes were last taken.
    applied: bool,
}

/// What changed since it was last asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows in key order, each once with its latest content; `None` is a row that is gone, perhaps one that was never
    /// stored.
    pub rows: Vec<(RowKey, Option<Row>)>,
    /// Audit leaves in their order. To be appended to history; the ledger does not keep them.
    pub audit: Vec<AuditRecord>,
    /// Hours that have passed. To be appended to history; the ledger does not keep them.
    pub usage: Vec<UsageHour>,
    /// From when on history is kept. What is older is to be dropped from it.
    pub kept_from: KeptFrom,
}

impl Ledger {
    /// A ledger in which nothing has happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies an entry: one answer for each proposal, in order. Every proposal gets the next number, refused ones too.
    pub fn apply(&mut self, entry: &Entry) -> Vec<Applied> {
        self.advance(entry.at, entry.session_time);
        let applied = entry
            .proposals
            .iter()
            .map(|proposal| self.apply_proposal(proposal))
            .collect();
        self.forget(entry.proposals.len());
        self.applied = true;
        applied
    }

    /// Moves both times. The clock never goes backward, whatever an entry says, and session time does not count what
    /// the clock jumped over, nor what the leader did not see pass.
    fn advance(&mut self, at: At, measured: SessionTime) {
        let passed = at.since(self.meta.at);
        self.meta.at = self.meta.at.after(passed);
        let counted = passed
            .min(measured.since(self.meta.session_time))
            .min(SESSION_TIME_STEP_MAX);
        self.meta.session_time = self.meta.session_time.after(counted);
        self.note_step(passed);
    }

    fn apply_proposal(&mut self, proposal: &Proposal) -> Applied {
        self.meta.seq = self.meta.seq.next();
        let outcome = self.decide(proposal);
        // Read after the command: one that begins an epoch is numbered in it.
        Applied {
            seq: self.meta.seq,
            at: self.meta.at,
            outcome,
        }
    }

    /// What changed since the last call, and forgets it. Its cost goes with the number of rows that changed.
    pub fn take_changes(&mut self) -> Changes {
        let mut rows = Vec::with_capacity(self.changed_rows());
        if std::mem::take(&mut self.applied) {
            rows.push((RowKey::Meta, Some(Row::Meta(self.meta.clone()))));
        }
        self.catalogue.products.take_changes(&mut rows);
        self.catalogue.plans.take_changes(&mut rows);
        self.catalogue.customers.take_changes(&mut rows);
        self.catalogue.licenses.take_changes(&mut rows);
        self.sessions.live.take_changes(&mut rows);
        self.sessions.ended.take_changes(&mut rows);
        self.ghosts.rows.take_changes(&mut rows);
        self.answers.rows.take_changes(&mut rows);
        self.hours.rows.take_changes(&mut rows);
        self.members.nodes.take_changes(&mut rows);
        self.members.join_tokens.take_changes(&mut rows);
        self.members.api_tokens.take_changes(&mut rows);
        self.people.rows.take_changes(&mut rows);
        self.people.logins.take_changes(&mut rows);
        self.people.invitations.take_changes(&mut rows);
        self.members.token_uses.take_changes(&mut rows);
        self.branding.take_changes(&mut rows);
        self.identities.providers.take_changes(&mut rows);
        self.identities.links.take_changes(&mut rows);
        self.identities.users.take_changes(&mut rows);
        self.assignments.rows.take_changes(&mut rows);
        self.retention.take_changes(&mut rows);
        Changes {
            rows,
            audit: std::mem::take(&mut self.audit),
            usage: self.hours.take_closed(),
            kept_from: self.kept_from(),
        }
    }

    /// How many rows [`Ledger::take_changes`] would return, or a few more.
    pub fn changed_rows(&self) -> usize {
        usize::from(self.applied)
            + self.catalogue.products.changed()
            + self.catalogue.plans.changed()
            + self.catalogue.customers.changed()
            + self.catalogue.licenses.changed()
            + self.sessions.live.changed()
            + self.sessions.ended.changed()
            + self.ghosts.rows.changed()
            + self.answers.rows.changed()
            + self.hours.rows.changed()
            + self.members.nodes.changed()
            + self.members.join_tokens.changed()
            + self.members.api_tokens.changed()
            + self.people.rows.changed()
            + self.people.logins.changed()
            + self.people.invitations.changed()
            + self.members.token_uses.changed()
            + self.branding.changed()
            + self.identities.providers.changed()
            + self.identities.links.changed()
            + self.identities.users.changed()
            + self.assignments.rows.changed()
            + self.retention.changed()
    }

    /// Whether anything was applied since the last [`Ledger::take_changes`].
    pub const fn has_changes(&self) -> bool {
        self.applied
    }

    /// Every row in key order. Checks and examples go through all of them; storage keeps rows as they change.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        std::iter::once(Row::Meta(self.meta.clone()))
            .chain(self.catalogue.products.iter().cloned().map(Row::Product))
            .chain(self.catalogue.plans.iter().cloned().map(Row::Plan))
            .chain(self.catalogue.customers.iter().cloned().map(Row::Customer))
            .chain(self.catalogue.licenses.iter().cloned().map(Row::License))
            .chain(self.sessions.live.iter().cloned().map(Row::Session))
            .chain(self.sessions.ended.iter().cloned().map(Row::EndedSession))
            .chain(self.ghosts.rows.iter().cloned().map(Row::Ghost))
            .chain(self.answers.rows.iter().cloned().map(Row::Answer))
            .chain(self.hours.rows.iter().cloned().map(Row::UsageHour))
            .chain(self.members.nodes.iter().cloned().map(Row::Node))
            .chain(self.members.join_tokens.iter().cloned().map(Row::JoinToken))
            .chain(self.members.api_tokens.iter().cloned().map(Row::ApiToken))
            .chain(self.people.rows.iter().cloned().map(Row::Person))
            .chain(self.people.logins.iter().cloned().map(Row::Login))
            .chain(self.people.invitations.iter().cloned().map(Row::Invitation))
            .chain(self.members.token_uses.iter().cloned().map(Row::TokenUse))
            .chain(self.branding.iter().cloned().map(Row::Branding))
            .chain(self.identities.providers.iter().cloned().map(Row::IdentityProvider))
            .chain(self.identities.links.iter().cloned().map(Row::Identity))
            .chain(self.identities.users.iter().cloned().map(Row::SessionUser))
            .chain(self.assignments.rows.iter().cloned().map(Row::Assignment))
            .chain(self.retention.iter().cloned().map(Row::Retention))
    }

    /// The digest of all rows: equal exactly when they are. Its cost does not grow with the ledger.
    pub fn digest(&self) -> Digest {
        let mut sum = Sum::of(&[&[Table::Meta.number()], &row::encode(&self.meta)]);
        for table in [
            self.catalogue.products.sum(),
            self.catalogue.plans.sum(),
            self.catalogue.customers.sum(),
            self.catalogue.licenses.sum(),
            self.sessions.live.sum(),
            self.sessions.ended.sum(),
            self.ghosts.rows.sum(),
            self.answers.rows.sum(),
            self.hours.rows.sum(),
            self.members.nodes.sum(),
            self.members.join_tokens.sum(),
            self.members.api_tokens.sum(),
            self.people.rows.sum(),
            self.people.logins.sum(),
            self.people.invitations.sum(),
            self.members.token_uses.sum(),
            self.branding.sum(),
            self.identities.providers.sum(),
            self.identities.links.sum(),
            self.identities.users.sum(),
            self.assignments.rows.sum(),
            self.retention.sum(),
        ] {
            sum += table;
        }
        sum.digest()
    }
}
