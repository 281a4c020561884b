//! A ledger from its rows: what a restart and a snapshot do.

use crate::id::LicenseId;
use crate::ledger::Ledger;
use crate::row::{Row, RowKey, Table};
use crate::time::Hour;

/// Rows that make no ledger. They were lost, doubled or changed on their way through a disk or a network: the node has
/// to get them anew, from a snapshot of its peers or from a backup.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A row came twice.
    #[error("the row {row:?} comes twice; restore this node from its peers or a backup")]
    Twice {
        /// Which.
        row: RowKey,
    },
    /// Rows, but not the one about the ledger itself.
    #[error("the meta row is missing; restore this node from its peers or a backup")]
    NoMeta,
    /// A row refers to one that is not there.
    #[error("the row {row:?} refers to {missing:?}, which is missing; restore this node from its peers or a backup")]
    Dangling {
        /// Which row.
        row: RowKey,
        /// What it refers to.
        missing: RowKey,
    },
    /// Two rows have a value in common that only one may have.
    #[error("two rows of table {table} have the same {field}; restore this node from its peers or a backup")]
    Clash {
        /// Where.
        table: Table,
        /// Which value.
        field: &'static str,
    },
    /// A row says something that cannot be.
    #[error("the row {row:?} cannot be: {problem}; restore this node from its peers or a backup")]
    Impossible {
        /// Which row.
        row: RowKey,
        /// What is wrong.
        problem: &'static str,
    },
}

impl Ledger {
    /// Builds a ledger from all its rows, in any order, and checks that they belong together. No rows at all make a new
    /// ledger.
    pub fn from_rows(rows: impl IntoIterator<Item = Row>) -> Result<Self, LoadError> {
        let mut ledger = Self::new();
        let (mut meta, mut count) = (None, 0_usize);
        for row in rows {
            count += 1;
            let key = row.key();
            let is_first = match row {
                Row::Meta(row) => meta.replace(row).is_none(),
                row => ledger.load(row),
            };
            if !is_first {
                return Err(LoadError::Twice { row: key });
            }
        }
        if count > 0 {
            ledger.meta = meta.ok_or(LoadError::NoMeta)?;
        }
        ledger.build_indexes()?;
        ledger.check_rows()?;
        Ok(ledger)
    }

    /// Puts a row into its table and says whether it is the first with its key.
    fn load(&mut self, row: Row) -> bool {
        match row {
            Row::Meta(_) => false,
            Row::Product(row) => self.catalogue.products.load(row),
            Row::Plan(row) => self.catalogue.plans.load(row),
            Row::Customer(row) => self.catalogue.customers.load(row),
            Row::License(row) => self.catalogue.licenses.load(row),
            Row::Session(mut row) => {
                row.client = row.client.map(|client| self.texts.share_client(&client));
                self.sessions.live.load(row)
            }
            Row::EndedSession(row) => self.sessions.ended.load(row),
            Row::Ghost(row) => self.ghosts.rows.load(row),
            Row::Answer(row) => self.answers.rows.load(row),
            Row::UsageHour(row) => self.hours.rows.load(row),
            Row::Node(row) => self.members.nodes.load(row),
            Row::JoinToken(row) => self.members.join_tokens.load(row),
            Row::ApiToken(row) => self.members.api_tokens.load(row),
            Row::Person(row) => self.people.rows.load(row),
            Row::Login(row) => self.people.logins.load(row),
            Row::Invitation(row) => self.people.invitations.load(row),
            Row::TokenUse(row) => self.members.token_uses.load(row),
            Row::Branding(row) => self.branding.load(row),
            Row::IdentityProvider(row) => self.identities.providers.load(row),
            Row::Identity(row) => self.identities.links.load(row),
            Row::SessionUser(row) => self.identities.users.load(row),
            Row::Assignment(row) => self.assignments.rows.load(row),
            Row::Retention(row) => self.retention.load(row),
        }
    }

    fn build_indexes(&mut self) -> Result<(), LoadError> {
        self.catalogue.build_index()?;
        let catalogue = &self.catalogue;
        self.sessions.build_index(|license| catalogue.license_end(license))?;
        self.ghosts.build_index();
        self.answers.build_index();
        self.hours.build_index()?;
        self.members.build_index()?;
        self.identities.build_index();
        self.assignments.build_index();
        self.people.build_index()
    }

    /// Whether every index is what its rows say.
    pub(crate) fn indexes_follow_rows(&self) -> bool {
        self.catalogue.index_follows_rows()
            && self
                .sessions
                .index_follows_rows(|license| self.catalogue.license_end(license))
            && self.ghosts.index_follows_rows()
            && self.answers.index_follows_rows()
            && self.hours.index_follows_rows()
            && self.members.index_follows_rows()
            && self.people.index_follows_rows()
            && self.identities.index_follows_rows()
            && self.assignments.index_follows_rows()
    }

    /// Checks what rows say about each other. The catalogue's were checked with its index.
    fn check_rows(&self) -> Result<(), LoadError> {
        let impossible = |row, problem| Err(LoadError::Impossible { row, problem });
        if !self.meta.audit.is_sound() {
            return impossible(RowKey::Meta, "its audit frontier has not the subtrees of its size");
        }
        for session in self.sessions.live.iter() {
            let row = RowKey::Session(session.no);
            self.check_license(row, session.license)?;
            if session.no.get() > self.meta.seq.get() {
                return impossible(row, "its number is yet to be given out");
            }
            if self.sessions.ended.contains(session.no) {
                return impossible(row, "it is live and has ended");
            }
            if self.ghosts.rows.contains((session.license, session.holder)) {
                return impossible(row, "its holder is also a ghost");
            }
            if self.hours.open_of(session.license).is_none() {
                return impossible(row, "its license has no open usage hour");
            }
        }
        for ended in self.sessions.ended.iter() {
            self.check_license(RowKey::EndedSession(ended.no), ended.license)?;
        }
        for ghost in self.ghosts.rows.iter() {
            self.check_license(RowKey::Ghost(ghost.license, ghost.holder), ghost.license)?;
        }
        for assignment in self.assignments.rows.iter() {
            let row = RowKey::Assignment(assignment.license, assignment.holder);
            self.check_license(row, assignment.license)?;
        }
        for hour in self.hours.rows.iter() {
            let row = RowKey::UsageHour(hour.license, hour.hour);
            self.check_license(row, hour.license)?;
            if hour.hour > Hour::of(self.meta.at) {
                return impossible(row, "its hour is yet to come");
            }
            if hour.refusals.values().any(|count| *count == 0) {
                return impossible(row, "it names a refusal that it did not count");
            }
        }
        for node in self.members.nodes.iter() {
            if node.id.get() > self.meta.seq.get() {
                return impossible(RowKey::Node(node.id), "its number is yet to be given out");
            }
        }
        self.check_people()
    }

    /// Checks whom people, their logins, links and accounts and what is known of tokens and sessions refer to.
    fn check_people(&self) -> Result<(), LoadError> {
        let require = |holds: bool, row, missing| {
            if holds {
                Ok(())
            } else {
                Err(LoadError::Dangling { row, missing })
            }
        };
        let knows = |person| self.people.rows.contains(person);
        for person in self.people.rows.iter() {
            if let Some(customer) = person.role.customer() {
                let (row, missing) = (RowKey::Person(person.id), RowKey::Customer(customer));
                require(self.catalogue.customers.contains(customer), row, missing)?;
            }
        }
        for login in self.people.logins.iter() {
            let (row, missing) = (RowKey::Login(login.id), RowKey::Person(login.person));
            require(knows(login.person), row, missing)?;
        }
        for invitation in self.people.invitations.iter() {
            if let Some(person) = invitation.person {
                let (row, missing) = (RowKey::Invitation(invitation.secret), RowKey::Person(person));
                require(knows(person), row, missing)?;
            }
        }
        for used in self.members.token_uses.iter() {
            let (row, missing) = (RowKey::TokenUse(used.token), RowKey::ApiToken(used.token));
            require(self.members.api_tokens.contains(used.token), row, missing)?;
        }
        for link in self.identities.links.iter() {
            let row = RowKey::Identity(link.subject);
            require(knows(link.person), row, RowKey::Person(link.person))?;
            let is_there = self.identities.providers.contains(link.provider);
            require(is_there, row, RowKey::IdentityProvider(link.provider))?;
        }
        for held in self.identities.users.iter() {
            let (row, missing) = (RowKey::SessionUser(held.session), RowKey::Session(held.session));
            require(self.sessions.live.contains(held.session), row, missing)?;
        }
        Ok(())
    }

    fn check_license(&self, row: RowKey, license: LicenseId) -> Result<(), LoadError> {
        if self.catalogue.licenses.contains(license) {
            Ok(())
        } else {
            Err(LoadError::Dangling {
                row,
                missing: RowKey::License(license),
            })
        }
    }
}
