//! Identity providers, the accounts that are people here, and the users of live sessions.

use std::collections::BTreeSet;

use crate::id::{PersonId, ProviderId, SessionNo, SubjectHash};
use crate::identity::{Identity, IdentityProvider, SessionUser};
use crate::state::Rows;
use crate::state::rows::record;

/// Identity providers and whom they vouched for.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    pub(crate) providers: Rows<IdentityProvider>,
    pub(crate) links: Rows<Identity>,
    pub(crate) users: Rows<SessionUser>,
    links_of: BTreeSet<(PersonId, SubjectHash)>,
}

impl Identities {
    /// The provider of a name. There are few.
    pub(crate) fn provider_by_name(&self, name: &str) -> Option<&IdentityProvider> {
        self.providers.iter().find(|provider| &*provider.name == name)
    }

    /// The accounts that are a person, in the order of their hashes.
    pub(crate) fn links_of(&self, person: PersonId) -> impl Iterator<Item = &Identity> {
        let first = (person, SubjectHash::from_bytes([0; SubjectHash::BYTES]));
        let last = (person, SubjectHash::from_bytes([u8::MAX; SubjectHash::BYTES]));
        let found = self.links_of.range(first..=last);
        found.filter_map(|(_, subject)| self.links.get(*subject))
    }

    /// Notes that an account is a person.
    pub(crate) fn link(&mut self, identity: Identity) {
        self.links_of.insert((identity.person, identity.subject));
        self.links.put(identity);
    }

    /// Forgets every account of a person.
    pub(crate) fn unlink(&mut self, person: PersonId) {
        let subjects: Vec<_> = self.links_of(person).map(|link| link.subject).collect();
        for subject in subjects {
            self.forget(subject);
        }
    }

    /// Removes a provider with every account of it, and says whose they were.
    pub(crate) fn remove_provider(&mut self, id: ProviderId) -> Vec<PersonId> {
        let of_it = self.links.iter().filter(|link| link.provider == id);
        let of_it: Vec<_> = of_it.map(|link| (link.subject, link.person)).collect();
        for (subject, _) in &of_it {
            self.forget(*subject);
        }
        self.providers.remove(id);
        of_it.into_iter().map(|(_, person)| person).collect()
    }

    fn forget(&mut self, subject: SubjectHash) {
        if let Some(link) = self.links.remove(subject) {
            self.links_of.remove(&(link.person, subject));
        }
    }

    pub(crate) fn build_index(&mut self) {
        self.links_of = self.index_of_rows();
    }

    pub(crate) fn index_follows_rows(&self) -> bool {
        self.links_of == self.index_of_rows()
    }

    fn index_of_rows(&self) -> BTreeSet<(PersonId, SubjectHash)> {
        self.links.iter().map(|link| (link.person, link.subject)).collect()
    }
}

record!(IdentityProvider by id: ProviderId);
record!(Identity by subject: SubjectHash);
record!(SessionUser by session: SessionNo);
