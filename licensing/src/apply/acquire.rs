//! Taking a seat.

use std::sync::Arc;

use crate::apply::field;
use crate::apply::usable::check_usable;
use crate::apply::{Until, not_found};
use crate::audit::AuditEvent;
use crate::catalogue::HolderPolicy;
use crate::command::{Acquire, AcquireByUser, Actor, Asked, Command};
use crate::id::{HolderKey, SessionNo};
use crate::identity::SessionUser;
use crate::ledger::{Ledger, SessionState};
use crate::outcome::{Grant, Kind, Outcome, Rejection};
use crate::session::{ClientInfo, EndCause, Session};
use crate::state::{Counted, Terms};

/// What an acquire comes to once its license is known: who it counts for and which session it replaces.
#[derive(Debug, Clone, Copy)]
struct Claim {
    holder: HolderKey,
    replaced: Option<SessionNo>,
}

impl Ledger {
    /// Grants a seat, or renews the session that this very request was granted before.
    pub(super) fn acquire(&mut self, actor: Actor, asked: Asked<'_>) -> Result<Outcome, Rejection> {
        let Asked { ask, user, .. } = asked;
        if !self.catalogue.licenses.contains(ask.license) {
            return Err(not_found(Kind::License));
        }
        field::client(ask.client.as_deref())?;
        field::optional(user, |by_user| field::user(&by_user.user))?;
        if asked.by_address.is_some() {
            field::sign_in_email(asked.email().map_or("", |email| email))?;
        }
        let in_use = self.settle(ask.license);
        if let Some(known) = self.sessions.by_hash(&ask.session, self.meta.session_time) {
            return match known {
                SessionState::Live(session) if is_for(session, asked) => {
                    let no = session.no;
                    self.renew(actor, no, ask.license, in_use).map(Outcome::Granted)
                }
                SessionState::Live(_) => Err(Rejection::RequestIdReused),
                SessionState::Ended(ended) => Err(self.why_ended(ended)),
            };
        }
        let claim = self.check_claim(asked)?;
        let grant = self.take_seat(actor, ask, claim);
        if let Some(by_user) = user {
            self.identify(actor, &grant, by_user);
        }
        Ok(Outcome::Granted(grant))
    }

    /// Refuses an acquire that there is no room for. Changes nothing.
    fn check_claim(&self, asked: Asked<'_>) -> Result<Claim, Rejection> {
        let license = asked.ask.license;
        let terms = self.catalogue.known_terms(license);
        check_usable(terms, self.meta.at)?;
        let claim = self.claim(terms, asked)?;
        let sessions = self.sessions.of_holder(license, claim.holder).len();
        self.check_holder_limit(terms, claim, sessions)?;
        // A holder's sessions share its seat, and a session that is replaced leaves its seat to the one that comes.
        if sessions == 0 {
            self.check_seat_limit(terms)?;
            self.check_ghost_limit(terms, claim.holder)?;
        }
        Ok(claim)
    }

    fn claim(&self, terms: Terms<'_>, asked: Asked<'_>) -> Result<Claim, Rejection> {
        let ask = asked.ask;
        let policy = terms.plan.terms.holder;
        let holder = asked.holder(policy).ok_or_else(|| self.why_nobody(terms, asked))?;
        if policy == HolderPolicy::NamedUser && self.assignments.get(ask.license, holder).is_none() {
            return Err(self.not_assigned(terms, asked));
        }
        let is_own = |no: &SessionNo| {
            let session = self.sessions.live.get(*no);
            session.is_some_and(|session| session.license == ask.license && session.holder == holder)
        };
        Ok(Claim {
            holder,
            replaced: ask.replaces.filter(is_own),
        })
    }

    /// Why an acquire counts for nobody. Where seats are assigned, somebody may ask whose address nobody vouches for.
    fn why_nobody(&self, terms: Terms<'_>, asked: Asked<'_>) -> Rejection {
        match asked.user {
            Some(_) => self.not_assigned(terms, asked),
            None => Rejection::UserRequired,
        }
    }

    fn not_assigned(&self, terms: Terms<'_>, asked: Asked<'_>) -> Rejection {
        Rejection::SeatNotAssigned {
            email: asked.by_address.and_then(|_| asked.email().cloned()),
            seats: terms.seats(),
            assigned: self.assignments.count(terms.license.id),
        }
    }

    /// Who a seat is asked for: whom the license's plan counts. Where it counts nobody by what was said, the user, or else
    /// the machine. `None` if no seat is asked for.
    pub fn asker(&self, command: &Command) -> Option<HolderKey> {
        let asked = command.acquire()?;
        let terms = self.catalogue.terms(asked.ask.license);
        let counted = terms.and_then(|terms| asked.holder(terms.plan.terms.holder));
        let user = || asked.user.map(|by_user| by_user.by_user);
        Some(counted.or_else(user).unwrap_or(asked.ask.by_fingerprint))
    }

    fn check_holder_limit(&self, terms: Terms<'_>, claim: Claim, sessions: usize) -> Result<(), Rejection> {
        let limit = terms.plan.terms.sessions_per_holder_max;
        let in_use = u32::try_from(sessions).unwrap_or(u32::MAX);
        let staying = in_use - u32::from(claim.replaced.is_some());
        if staying < limit {
            return Ok(());
        }
        let retry_after = self.holder_frees_in(terms.license.id, claim.holder, claim.replaced, staying - limit);
        Err(Rejection::HolderLimitReached {
            limit,
            in_use,
            retry_after,
        })
    }

    fn check_seat_limit(&self, terms: Terms<'_>) -> Result<(), Rejection> {
        let (limit, in_use) = (terms.limit(), self.sessions.seats(terms.license.id));
        if in_use < limit {
            return Ok(());
        }
        // A license without seats frees none. Its ttl is as good an answer as any, and keeps clients from asking always.
        let retry_after = match limit {
            0 => terms.plan.terms.ttl,
            _ => self.seat_frees_in(terms.license.id, in_use - limit),
        };
        Err(Rejection::SeatLimitReached {
            limit,
            in_use,
            retry_after,
        })
    }

    fn check_ghost_limit(&self, terms: Terms<'_>, holder: HolderKey) -> Result<(), Rejection> {
        let Some(ghosts_max) = terms.plan.terms.ghosts_max else {
            return Ok(());
        };
        let license = terms.license.id;
        let own = self.ghosts.get(license, holder).is_some();
        let ghosts = self.ghosts.count(license) - u32::from(own);
        let in_use = self.sessions.seats(license);
        let limit = terms.limit().saturating_add(ghosts_max);
        let present = in_use.saturating_add(ghosts);
        if present < limit {
            return Ok(());
        }
        let retry_after = self.ghost_ends_in(license, holder, present - limit);
        Err(Rejection::GhostLimitReached {
            limit,
            in_use,
            ghosts,
            retry_after,
        })
    }

    fn take_seat(&mut self, actor: Actor, ask: &Acquire, claim: Claim) -> Box<Grant> {
        let license = ask.license;
        let hour = self.settle_hour(license);
        let held_before = self.sessions.seats(license);
        if let Some(replaced) = claim.replaced {
            self.end_session(actor, replaced, EndCause::Replaced);
        }
        self.end_ghost(license, claim.holder);
        let terms = self.catalogue.known_terms(license);
        let ends_at = terms.license.expires_at;
        let until = Until::of(&terms.plan.terms, ends_at, self.meta.at, self.meta.session_time);
        let session = Session {
            no: SessionNo::new(self.meta.seq.get()),
            hash: ask.session,
            license,
            holder: claim.holder,
            fingerprint: ask.fingerprint,
            client: self.share_client(ask.client.as_deref()),
            granted_at: self.meta.at,
            beat_at: self.meta.at,
            deadline: until.deadline,
            grace_until: until.grace,
        };
        self.sessions.add(session.clone(), ends_at);
        let in_use = self.sessions.seats(license);
        let terms = self.catalogue.known_terms(license);
        debug_assert!(in_use <= held_before.max(terms.limit()), "NeverOversold");
        let grant = grant(&session, terms, until, in_use);
        self.hours.raise_peak(license, hour, grant.in_use);
        self.hours.count(license, hour, Counted::Grant);
        let (no, session, in_use) = (grant.session, grant.hash.public(), grant.in_use);
        self.record(
            actor,
            AuditEvent::Granted {
                license,
                session,
                no,
                holder: claim.holder,
                in_use,
            },
        );
        grant
    }

    /// Notes whom the seat of a new session was granted for.
    fn identify(&mut self, actor: Actor, grant: &Grant, by_user: &AcquireByUser) {
        let user = &by_user.user;
        self.identities.users.put(SessionUser {
            session: grant.session,
            user: Arc::clone(user),
        });
        self.record(
            actor,
            AuditEvent::Identified {
                license: grant.license,
                session: grant.hash.public(),
                no: grant.session,
                user: Arc::clone(user),
            },
        );
    }

    fn share_client(&mut self, client: Option<&ClientInfo>) -> Option<Arc<ClientInfo>> {
        client
            .filter(|client| **client != ClientInfo::default())
            .map(|client| self.texts.share_client(client))
    }
}

/// What an answer to the client of a live session says.
pub(super) fn grant(session: &Session, terms: Terms<'_>, until: Until, in_use: u32) -> Box<Grant> {
    let plan = terms.plan;
    Box::new(Grant {
        session: session.no,
        hash: session.hash,
        license: session.license,
        customer: terms.license.customer,
        product: Arc::clone(&terms.product.code),
        plan: Arc::clone(&plan.code),
        plan_name: Arc::clone(&plan.name),
        fingerprint: session.fingerprint,
        token_until: until.token,
        grace_until: until.grace,
        grace: plan.terms.grace,
        offline: plan.terms.offline,
        heartbeat: plan.terms.heartbeat,
        license_until: terms.license.expires_at,
        seats: terms.seats(),
        in_use,
        entitlements: Arc::clone(terms.entitlements),
    })
}

impl Asked<'_> {
    /// The address that the token named.
    fn email(&self) -> Option<&Arc<str>> {
        self.user.and_then(|by_user| by_user.user.email.as_ref())
    }

    /// Who a seat is counted for; `None` if no token vouched for what the plan counts by.
    pub(crate) fn holder(&self, policy: HolderPolicy) -> Option<HolderKey> {
        let Self { ask, user, by_address } = self;
        match policy {
            HolderPolicy::Fingerprint => Some(ask.by_fingerprint),
            HolderPolicy::FingerprintAndInstance => Some(ask.by_instance.unwrap_or(ask.by_fingerprint)),
            HolderPolicy::User => user.map(|by_user| by_user.by_user),
            HolderPolicy::UserAndFingerprint => user.map(|by_user| by_user.by_user_and_fingerprint),
            HolderPolicy::NamedUser => *by_address,
        }
    }
}

/// Whether a live session is what this acquire asks for. The session's hash covers license, hardware and request, so
/// anything else is another request under the same name.
fn is_for(session: &Session, asked: Asked<'_>) -> bool {
    let Asked { ask, user, by_address } = asked;
    let holders = [
        Some(ask.by_fingerprint),
        ask.by_instance,
        user.map(|by_user| by_user.by_user),
        user.map(|by_user| by_user.by_user_and_fingerprint),
        by_address,
    ];
    session.license == ask.license && holders.contains(&Some(session.holder))
}
