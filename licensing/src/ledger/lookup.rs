//! What the edge may ask of a ledger. Lists are in key order and go on after a given key, for cursor pages.

use std::ops::Bound;

use crate::assignment::Assignment;
use crate::branding::Branding;
use crate::catalogue::{Customer, License, Plan, Product};
use crate::cluster::{ApiToken, JoinToken, Node};
use crate::id::{
    ApiTokenId, ClusterId, CustomerId, HolderKey, JoinTokenId, LicenseId, LoginId, NodeId, PersonId, PlanId, ProductId,
    ProviderId, SecretHash, Seq, SessionHash, SessionName, SessionNo, SubjectHash,
};
use crate::identity::{Identity, IdentityProvider, User};
use crate::ledger::Ledger;
use crate::merkle::TreeHash;
use crate::person::{Invitation, Login, Person, TokenUse};
use crate::retention::{KeptFrom, Retention};
use crate::session::{EndedSession, Ghost, Session};
use crate::state::{Record, Rows};
use crate::time::{At, Hour, SessionTime};
use crate::usage::UsageHour;

/// A session as its client's secret or its public name finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState<'a> {
    /// It holds its seat.
    Live(&'a Session),
    /// It has ended and is still remembered.
    Ended(&'a EndedSession),
}

impl SessionState<'_> {
    /// The session's number.
    pub const fn no(self) -> SessionNo {
        match self {
            Self::Live(session) => session.no,
            Self::Ended(session) => session.no,
        }
    }
}

/// A license's seats as they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seats {
    /// Seats that may be held, overage included.
    pub limit: u32,
    /// How many of these are overage.
    pub overage: u32,
    /// Seats held: holders with a live session.
    pub in_use: u32,
    /// Live sessions.
    pub sessions: u32,
    /// Holders whose session expired while its token's grace still runs.
    pub ghosts: u32,
}

/// The ledger itself.
impl Ledger {
    /// The number of the last command.
    pub const fn seq(&self) -> Seq {
        self.meta.seq
    }

    /// The cluster's clock as of the last entry.
    pub const fn at(&self) -> At {
        self.meta.at
    }

    /// Session time as of the last entry.
    pub const fn session_time(&self) -> SessionTime {
        self.meta.session_time
    }

    /// The cluster's identity, once founded.
    pub const fn cluster_id(&self) -> Option<ClusterId> {
        self.meta.cluster
    }

    /// Which kinds of command may be emitted.
    pub const fn cluster_version(&self) -> u32 {
        self.meta.cluster_version
    }

    /// How the vendor wants to be seen.
    pub fn branding(&self) -> Branding {
        self.branding.get(()).cloned().unwrap_or_default()
    }

    /// For how long history is kept, and from when on it is there.
    pub fn retention(&self) -> Retention {
        self.retention.get(()).cloned().unwrap_or_default()
    }

    /// From when on history is there.
    pub fn kept_from(&self) -> KeptFrom {
        self.retention.get(()).map(|row| row.kept_from).unwrap_or_default()
    }

    /// How many audit leaves there are.
    pub const fn audit_size(&self) -> u64 {
        self.meta.audit.size()
    }

    /// The root of the audit tree.
    pub fn audit_root(&self) -> TreeHash {
        self.meta.audit.root()
    }
}

/// Products, plans and customers.
impl Ledger {
    /// A product.
    pub fn product(&self, id: ProductId) -> Option<&Product> {
        self.catalogue.products.get(id)
    }

    /// A product by its code.
    pub fn product_by_code(&self, code: &str) -> Option<&Product> {
        self.catalogue.product_by_code(code)
    }

    /// Products in id order, after `after`.
    pub fn products(&self, after: Option<ProductId>) -> impl Iterator<Item = &Product> {
        rows_after(&self.catalogue.products, after)
    }

    /// A plan.
    pub fn plan(&self, id: PlanId) -> Option<&Plan> {
        self.catalogue.plans.get(id)
    }

    /// A plan by its product and code.
    pub fn plan_by_code(&self, product: ProductId, code: &str) -> Option<&Plan> {
        self.catalogue.plan_by_code(product, code)
    }

    /// Plans in id order, after `after`.
    pub fn plans(&self, after: Option<PlanId>) -> impl Iterator<Item = &Plan> {
        rows_after(&self.catalogue.plans, after)
    }

    /// A customer.
    pub fn customer(&self, id: CustomerId) -> Option<&Customer> {
        self.catalogue.customers.get(id)
    }

    /// A customer by the vendor's own number for it.
    pub fn customer_by_reference(&self, reference: &str) -> Option<&Customer> {
        self.catalogue.customer_by_reference(reference)
    }

    /// Customers in id order, after `after`.
    pub fn customers(&self, after: Option<CustomerId>) -> impl Iterator<Item = &Customer> {
        rows_after(&self.catalogue.customers, after)
    }
}

/// Licenses and what is held of them.
impl Ledger {
    /// A license.
    pub fn license(&self, id: LicenseId) -> Option<&License> {
        self.catalogue.licenses.get(id)
    }

    /// The license of a key.
    pub fn license_by_key(&self, key: &SecretHash) -> Option<&License> {
        self.catalogue.license_by_key(key)
    }

    /// Licenses in id order, after `after`.
    pub fn licenses(&self, after: Option<LicenseId>) -> impl Iterator<Item = &License> {
        rows_after(&self.catalogue.licenses, after)
    }

    /// A customer's licenses in id order.
    pub fn licenses_of(&self, customer: CustomerId) -> impl Iterator<Item = &License> {
        self.catalogue.licenses_of(customer)
    }

    /// A license's seats as they stand. Sessions that are overdue count until a command or a tick has ended them.
    pub fn seats(&self, license: LicenseId) -> Option<Seats> {
        let terms = self.catalogue.terms(license)?;
        let held = self.sessions.held(license);
        Some(Seats {
            limit: terms.limit(),
            overage: terms.plan.terms.overage_max,
            in_use: held.map_or(0, |held| held.seats),
            sessions: held.map_or(0, |held| held.sessions),
            ghosts: self.ghosts.count(license),
        })
    }

    /// The ghosts of a license in holder order.
    pub fn ghosts_of(&self, license: LicenseId) -> impl Iterator<Item = &Ghost> {
        self.ghosts.of(license)
    }

    /// How many seats of a license are assigned by name.
    pub fn assigned(&self, license: LicenseId) -> u32 {
        self.assignments.count(license)
    }

    /// The seat of a license that is assigned to a holder.
    pub fn assignment(&self, license: LicenseId, holder: HolderKey) -> Option<&Assignment> {
        self.assignments.get(license, holder)
    }

    /// The assigned seats of a license in holder order, after `after`.
    pub fn assignments_of(&self, license: LicenseId, after: Option<HolderKey>) -> impl Iterator<Item = &Assignment> {
        self.assignments.of(license, after)
    }

    /// Every hour before this one is closed, of every license.
    pub fn hours_closed_to(&self) -> Hour {
        let now = Hour::of(self.meta.at);
        self.hours.over(now).map_or(now, |(hour, _)| hour)
    }

    /// The hour of a license that is still running, or that has passed and is yet to be closed.
    pub fn usage_open(&self, license: LicenseId) -> Option<&UsageHour> {
        self.hours.open_of(license)
    }
}

/// Sessions.
impl Ledger {
    /// A live session.
    pub fn session(&self, no: SessionNo) -> Option<&Session> {
        self.sessions.live.get(no)
    }

    /// How many sessions are live.
    pub fn session_count(&self) -> usize {
        self.sessions.live.len()
    }

    /// An ended session that is still remembered.
    pub fn ended_session(&self, no: SessionNo) -> Option<&EndedSession> {
        self.sessions.remembered(no, self.meta.session_time)
    }

    /// The session of a secret's hash.
    pub fn session_by_hash(&self, hash: &SessionHash) -> Option<SessionState<'_>> {
        self.sessions.by_hash(hash, self.meta.session_time)
    }

    /// The session of a public name.
    pub fn session_by_name(&self, name: &SessionName) -> Option<SessionState<'_>> {
        self.sessions.by_name(name, self.meta.session_time)
    }

    /// Live sessions in the order of their grants, after `after`.
    pub fn sessions(&self, after: Option<SessionNo>) -> impl Iterator<Item = &Session> {
        rows_after(&self.sessions.live, after)
    }

    /// Live sessions granted before `before`, the newest first.
    pub fn sessions_newest_first(&self, before: Option<SessionNo>) -> impl Iterator<Item = &Session> {
        let before = before.map_or(Bound::Unbounded, Bound::Excluded);
        self.sessions.live.range((Bound::Unbounded, before)).rev()
    }

    /// Live sessions of a license in the order of their holders and grants, after `after`.
    pub fn sessions_of(
        &self,
        license: LicenseId,
        after: Option<(HolderKey, SessionNo)>,
    ) -> impl Iterator<Item = &Session> {
        self.sessions.of_license(license, after)
    }
}

/// The cluster.
impl Ledger {
    /// A node, also one that was removed.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.members.nodes.get(id)
    }

    /// Every node that was ever admitted, in the order of their numbers.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.members.nodes.iter()
    }

    /// A join token, also one that was used or has expired.
    pub fn join_token(&self, id: JoinTokenId) -> Option<&JoinToken> {
        self.members.join_tokens.get(id)
    }

    /// Join tokens in id order, after `after`.
    pub fn join_tokens(&self, after: Option<JoinTokenId>) -> impl Iterator<Item = &JoinToken> {
        rows_after(&self.members.join_tokens, after)
    }

    /// An API token, also one that was revoked or has expired.
    pub fn api_token(&self, id: ApiTokenId) -> Option<&ApiToken> {
        self.members.api_tokens.get(id)
    }

    /// The API token of a secret's hash, also one that was revoked or has expired.
    pub fn api_token_by_secret(&self, secret: &SecretHash) -> Option<&ApiToken> {
        self.members.api_token_by_secret(secret)
    }

    /// API tokens in id order, after `after`.
    pub fn api_tokens(&self, after: Option<ApiTokenId>) -> impl Iterator<Item = &ApiToken> {
        rows_after(&self.members.api_tokens, after)
    }

    /// Who made an API token and when it was used, where that is known.
    pub fn token_use(&self, id: ApiTokenId) -> Option<&TokenUse> {
        self.members.token_uses.get(id)
    }
}

/// People and what they are signed in with.
impl Ledger {
    /// A person, also one who may not sign in any more.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.rows.get(id)
    }

    /// The person of an address in lower case.
    pub fn person_by_email(&self, email: &str) -> Option<&Person> {
        self.people.by_email(email)
    }

    /// People in id order, after `after`.
    pub fn people(&self, after: Option<PersonId>) -> impl Iterator<Item = &Person> {
        rows_after(&self.people.rows, after)
    }

    /// A login that is still good.
    pub fn login(&self, id: LoginId) -> Option<&Login> {
        self.people
            .logins
            .get(id)
            .filter(|login| login.expires_at > self.meta.at)
    }

    /// The login of a secret's hash, if it is still good.
    pub fn login_by_secret(&self, secret: &SecretHash) -> Option<&Login> {
        self.people
            .login_by_secret(secret)
            .filter(|login| login.expires_at > self.meta.at)
    }

    /// The logins of a person that are still good, in id order.
    pub fn logins_of(&self, person: PersonId) -> impl Iterator<Item = &Login> {
        self.people
            .logins_of(person)
            .filter(|login| login.expires_at > self.meta.at)
    }

    /// The link of a secret's hash, if it can be used now. The first owner's cannot once there is an owner.
    pub fn invitation(&self, secret: &SecretHash) -> Option<&Invitation> {
        let invitation = self.people.invitations.get(*secret)?;
        let is_needed = invitation.person.is_some() || !self.people.rows.iter().any(Person::owns);
        (invitation.expires_at > self.meta.at && is_needed).then_some(invitation)
    }

    /// Until when a person can choose a password by the link they were given.
    pub fn invited_until(&self, person: PersonId) -> Option<At> {
        let invitation = self.people.invitation_of(person)?;
        (invitation.expires_at > self.meta.at).then_some(invitation.expires_at)
    }
}

/// Identity providers and whom they vouched for.
impl Ledger {
    /// An identity provider.
    pub fn identity_provider(&self, id: ProviderId) -> Option<&IdentityProvider> {
        self.identities.providers.get(id)
    }

    /// The identity provider of a name.
    pub fn identity_provider_by_name(&self, name: &str) -> Option<&IdentityProvider> {
        self.identities.provider_by_name(name)
    }

    /// Identity providers in id order, after `after`.
    pub fn identity_providers(&self, after: Option<ProviderId>) -> impl Iterator<Item = &IdentityProvider> {
        rows_after(&self.identities.providers, after)
    }

    /// The person that an account of a provider is.
    pub fn identity(&self, subject: SubjectHash) -> Option<&Identity> {
        self.identities.links.get(subject)
    }

    /// The accounts that a person is.
    pub fn identities_of(&self, person: PersonId) -> impl Iterator<Item = &Identity> {
        self.identities.links_of(person)
    }

    /// Who holds a live session, where a token said so.
    pub fn user_of(&self, session: SessionNo) -> Option<&User> {
        self.identities.users.get(session).map(|held| &*held.user)
    }
}

fn rows_after<R: Record>(rows: &Rows<R>, after: Option<R::Key>) -> impl Iterator<Item = &R> {
    rows.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded))
}
