//! The rules once more, as plainly as they can be said: lists that are searched from end to end, every count counted
//! anew. It knows nothing of the ledger's code and is far too slow to run a cluster; it only has to be right.

use std::collections::BTreeSet;
use std::sync::Arc;

use licensing::REMEMBERED_FOR;
use licensing::catalogue::{Entitlements, HolderPolicy, LicenseStatus, OfflineMode, PlanTerms};
use licensing::command::{Acquire, AcquireByAddress, AcquireByUser, Command, Proposal, Request};
use licensing::id::{CustomerId, FingerprintHash, HolderKey, LicenseId, PlanId, SessionHash, SessionNo};
use licensing::outcome::{Grant, Kind, Outcome, Rejection};
use licensing::session::EndCause;
use licensing::time::{At, Hour, SessionTime, Span};
use licensing::usage::{Refusal, UsageHour};

#[derive(Clone)]
pub(crate) struct ModelLicense {
    pub(crate) id: LicenseId,
    pub(crate) customer: CustomerId,
    pub(crate) plan: PlanId,
    pub(crate) seats: Option<u32>,
    pub(crate) starts_at: At,
    pub(crate) expires_at: Option<At>,
    pub(crate) status: LicenseStatus,
    pub(crate) version: u32,
}

#[derive(Clone)]
pub(crate) struct ModelPlan {
    pub(crate) id: PlanId,
    pub(crate) code: Arc<str>,
    pub(crate) terms: PlanTerms,
    pub(crate) version: u32,
}

/// A session for ever: nothing is taken off the list, what changes is whether it has ended.
#[derive(Clone)]
struct ModelSession {
    no: SessionNo,
    hash: SessionHash,
    license: LicenseId,
    holder: HolderKey,
    fingerprint: FingerprintHash,
    deadline: SessionTime,
    grace_until: At,
    end: Option<(EndCause, SessionTime)>,
}

#[derive(Clone)]
struct ModelGhost {
    license: LicenseId,
    holder: HolderKey,
    session: SessionNo,
    until: At,
}

#[derive(Clone, Default)]
pub(crate) struct Model {
    pub(crate) at: At,
    pub(crate) now: SessionTime,
    pub(crate) seq: u64,
    pub(crate) product: Arc<str>,
    pub(crate) plans: Vec<ModelPlan>,
    pub(crate) licenses: Vec<ModelLicense>,
    sessions: Vec<ModelSession>,
    ghosts: Vec<ModelGhost>,
    answers: Vec<(Request, Outcome, SessionTime)>,
    assignments: Vec<(LicenseId, HolderKey)>,
    pub(crate) open: Vec<UsageHour>,
    pub(crate) closed: Vec<UsageHour>,
}

impl Model {
    pub(crate) fn advance(&mut self, at: At) {
        if at > self.at {
            let passed = at.ms() - self.at.ms();
            self.now = SessionTime::from_ms(self.now.ms() + passed.min(2_000));
            self.at = at;
        }
    }

    pub(crate) fn apply(&mut self, proposal: &Proposal) -> Outcome {
        self.seq += 1;
        if let Some(request) = proposal.request {
            let remembered = self
                .answers
                .iter()
                .find(|(known, _, forget)| known.id == request.id && *forget > self.now);
            if let Some((known, outcome, _)) = remembered.cloned() {
                return if known == request {
                    outcome
                } else {
                    self.refused(proposal, Rejection::RequestIdReused)
                };
            }
        }
        if proposal.not_after.is_some_and(|limit| self.at > limit) {
            return self.refused(proposal, Rejection::RequestTooLate);
        }
        let outcome = match self.command(&proposal.command) {
            Ok(outcome) => outcome,
            Err(rejection) => self.refused(proposal, rejection),
        };
        if let (Some(request), false) = (
            proposal.request,
            matches!(outcome, Outcome::Granted(_) | Outcome::Beats(_)),
        ) {
            self.answers.retain(|(known, ..)| known.id != request.id);
            self.answers
                .push((request, outcome.clone(), self.now.after(REMEMBERED_FOR)));
        }
        outcome
    }

    fn refused(&mut self, proposal: &Proposal, rejection: Rejection) -> Outcome {
        if let Some((ask, ..)) = asked(&proposal.command)
            && self.licenses.iter().any(|license| license.id == ask.license)
        {
            *self
                .hour(ask.license)
                .refusals
                .entry(Refusal::of(&rejection))
                .or_insert(0) += 1;
        }
        Outcome::Rejected(rejection)
    }

    fn command(&mut self, command: &Command) -> Result<Outcome, Rejection> {
        match command {
            Command::Tick => Ok(self.tick()),
            Command::Acquire(_) | Command::AcquireByUser(_) | Command::AcquireByAddress(_) => self.acquire(command),
            Command::Heartbeat { sessions } => Ok(Outcome::Beats(sessions.iter().map(|no| self.beat(*no)).collect())),
            Command::Release { session } => self.release(*session),
            Command::RevokeSession { session, reason } => self.revoke(*session, reason),
            Command::AssignSeat { license, holder, .. } => self.assign(*license, *holder),
            Command::UnassignSeat { license, holder, .. } => self.unassign(*license, *holder),
            Command::UpdatePlan(update) => {
                let plan = self.plans.iter_mut().find(|plan| plan.id == update.id).unwrap();
                plan.terms = update.terms.clone().unwrap();
                plan.version += 1;
                Ok(Outcome::Changed { version: plan.version })
            }
            Command::UpdateLicense(update) => self.change(update.id, |license| {
                license.seats = update.seats.unwrap_or(license.seats);
                license.plan = update.plan.unwrap_or(license.plan);
                Ok(())
            }),
            Command::SuspendLicense { license, reason } => self.change(*license, |license| match license.status {
                LicenseStatus::Active => {
                    license.status = LicenseStatus::Suspended { reason: reason.clone() };
                    Ok(())
                }
                _ => Err("the license is suspended already; reinstate it to suspend it for another reason"),
            }),
            Command::ReinstateLicense { license } => self.change(*license, |license| {
                if license.status == LicenseStatus::Active {
                    return Err("the license is not suspended");
                }
                license.status = LicenseStatus::Active;
                Ok(())
            }),
            Command::RevokeLicense { license, reason } => self.change(*license, |license| {
                license.status = LicenseStatus::Revoked { reason: reason.clone() };
                Ok(())
            }),
            Command::ExtendLicense { license, expires_at } => {
                let starts_at = self.license(*license).starts_at;
                if let (Some(end), false) = (expires_at, self.is_revoked(*license))
                    && *end <= starts_at
                {
                    let problem = "give a date after starts_at, or none".into();
                    return Err(Rejection::InvalidField {
                        field: "expires_at".into(),
                        problem,
                    });
                }
                self.change(*license, |license| {
                    license.expires_at = *expires_at;
                    Ok(())
                })
            }
            other => panic!("the model does not know {other:?}"),
        }
    }

    fn license(&self, id: LicenseId) -> &ModelLicense {
        self.licenses.iter().find(|license| license.id == id).unwrap()
    }

    fn is_revoked(&self, id: LicenseId) -> bool {
        matches!(self.license(id).status, LicenseStatus::Revoked { .. })
    }

    fn terms(&self, id: LicenseId) -> &PlanTerms {
        let plan = self.license(id).plan;
        &self.plans.iter().find(|known| known.id == plan).unwrap().terms
    }

    fn change(
        &mut self,
        id: LicenseId,
        change: impl FnOnce(&mut ModelLicense) -> Result<(), &'static str>,
    ) -> Result<Outcome, Rejection> {
        let license = self.licenses.iter_mut().find(|license| license.id == id).unwrap();
        let refuse = |problem: &str| {
            Err(Rejection::NotAllowed {
                problem: problem.into(),
            })
        };
        if matches!(license.status, LicenseStatus::Revoked { .. }) {
            return refuse("the license was revoked, which is final; create a new one");
        }
        if let Err(problem) = change(license) {
            return refuse(problem);
        }
        license.version += 1;
        Ok(Outcome::Changed {
            version: license.version,
        })
    }

    fn usable(&self, id: LicenseId) -> Result<(), Rejection> {
        let license = self.license(id);
        let renewal_url = None;
        match &license.status {
            LicenseStatus::Revoked { reason } => Err(Rejection::LicenseRevoked {
                reason: reason.clone(),
                renewal_url,
            }),
            LicenseStatus::Suspended { reason } => Err(Rejection::LicenseSuspended {
                reason: reason.clone(),
                renewal_url,
            }),
            LicenseStatus::Active => match license.expires_at {
                Some(expired_at) if self.at >= expired_at => Err(Rejection::LicenseExpired {
                    expired_at,
                    renewal_url,
                }),
                _ if self.at < license.starts_at => Err(Rejection::LicenseNotStarted {
                    starts_at: license.starts_at,
                    renewal_url,
                }),
                _ => Ok(()),
            },
        }
    }

    fn live(&self, license: LicenseId) -> Vec<&ModelSession> {
        self.sessions
            .iter()
            .filter(|session| session.license == license && session.end.is_none())
            .collect()
    }

    /// Seats held, live sessions, ghosts.
    pub(crate) fn counts(&self, license: LicenseId) -> (u32, u32, u32) {
        let live = self.live(license);
        let mut holders: Vec<_> = live.iter().map(|session| session.holder).collect();
        holders.sort();
        holders.dedup();
        let ghosts = self.ghosts.iter().filter(|ghost| ghost.license == license).count();
        (number(holders.len()), number(live.len()), number(ghosts))
    }

    fn held(&self, license: LicenseId) -> u32 {
        self.counts(license).0
    }

    pub(crate) fn limit(&self, license: LicenseId) -> u32 {
        let terms = self.terms(license);
        self.license(license).seats.unwrap_or(terms.seats) + terms.overage_max
    }

    /// The hour that is running for a license, with the hours before it closed.
    fn hour(&mut self, license: LicenseId) -> &mut UsageHour {
        self.close_hours(license);
        let now = Hour::of(self.at);
        if !self.open.iter().any(|hour| hour.license == license) {
            self.open.push(UsageHour::new(license, now, self.held(license)));
        }
        self.open.iter_mut().find(|hour| hour.license == license).unwrap()
    }

    fn close_hours(&mut self, license: LicenseId) {
        let now = Hour::of(self.at).get();
        while let Some(place) = self
            .open
            .iter()
            .position(|hour| hour.license == license && hour.hour.get() < now)
        {
            let hour = self.open.remove(place);
            if self.held(license) > 0 {
                let next = (hour.hour.get() + 1).max(now - 24);
                self.open
                    .push(UsageHour::new(license, Hour::new(next), self.held(license)));
            }
            self.closed.push(hour);
        }
    }

    fn tick(&mut self) -> Outcome {
        self.expire(|_| true);
        for license in self.licenses.clone() {
            if license.expires_at.is_some_and(|end| end <= self.at) {
                let live: Vec<_> = self.live(license.id).iter().map(|session| session.no).collect();
                for no in live {
                    self.end(no, EndCause::LicenseEnded);
                }
            }
        }
        self.ghosts.retain(|ghost| ghost.until > self.at);
        for license in self.licenses.clone() {
            self.close_hours(license.id);
        }
        Outcome::Done
    }

    /// Ends what got no heartbeat in time, the longest overdue first.
    fn expire(&mut self, which: impl Fn(&ModelSession) -> bool) {
        let is_overdue = |session: &&ModelSession| session.end.is_none() && session.deadline <= self.now;
        let overdue = self.sessions.iter().filter(is_overdue).filter(|session| which(session));
        let mut overdue: Vec<_> = overdue.map(|session| (session.deadline, session.no)).collect();
        overdue.sort();
        for (_, no) in overdue {
            self.end(no, EndCause::Expired);
        }
    }

    fn settle(&mut self, license: LicenseId) {
        self.expire(|session| session.license == license);
        self.ghosts
            .retain(|ghost| ghost.license != license || ghost.until > self.at);
    }

    fn end(&mut self, no: SessionNo, cause: EndCause) {
        let place = self.sessions.iter().position(|session| session.no == no).unwrap();
        let session = self.sessions[place].clone();
        let hour = self.hour(session.license);
        match cause {
            EndCause::Released | EndCause::Replaced => hour.releases += 1,
            EndCause::Expired => hour.expiries += 1,
            EndCause::Revoked { .. } | EndCause::LicenseEnded => hour.revocations += 1,
        }
        let others = self
            .live(session.license)
            .iter()
            .filter(|other| other.holder == session.holder)
            .count()
            - 1;
        let mut remembered_ms = 600_000;
        if cause == EndCause::Expired && others == 0 && session.grace_until > self.at {
            let ghost = ModelGhost {
                license: session.license,
                holder: session.holder,
                session: no,
                until: session.grace_until,
            };
            self.ghosts.push(ghost);
            remembered_ms = remembered_ms.max(session.grace_until.ms() - self.at.ms());
        }
        self.sessions[place].end = Some((cause, self.now.after(Span::from_ms(remembered_ms))));
    }

    /// Ends ghosts before their time; the sessions that left them are forgotten in ten minutes then.
    fn end_ghosts(&mut self, which: impl Fn(&ModelGhost) -> bool) {
        let soon = self.now.after(REMEMBERED_FOR);
        for ghost in self.ghosts.iter().filter(|ghost| which(ghost)) {
            let session = self
                .sessions
                .iter_mut()
                .find(|session| session.no == ghost.session)
                .unwrap();
            let (_, forget) = session.end.as_mut().unwrap();
            *forget = (*forget).min(soon);
        }
        self.ghosts.retain(|ghost| !which(ghost));
    }

    /// How the session of a number ended, as long as it is remembered.
    fn ended(&self, no: SessionNo) -> Result<EndCause, Rejection> {
        let session = self.sessions.iter().find(|session| session.no == no);
        match session.and_then(|session| session.end.as_ref()) {
            Some((cause, forget)) if *forget > self.now => Ok(cause.clone()),
            _ => Err(Rejection::SessionNotFound),
        }
    }

    fn why(&self, license: LicenseId, cause: &EndCause) -> Rejection {
        match cause {
            EndCause::Released | EndCause::Replaced => Rejection::SessionReleased,
            EndCause::Expired => Rejection::SessionExpired,
            EndCause::Revoked { reason } => Rejection::SessionRevoked { reason: reason.clone() },
            EndCause::LicenseEnded => self.usable(license).err().unwrap_or_else(|| Rejection::SessionRevoked {
                reason: "its license could not be used for a while".into(),
            }),
        }
    }

    fn is_live(&self, no: SessionNo) -> bool {
        self.sessions
            .iter()
            .any(|session| session.no == no && session.end.is_none())
    }

    fn license_of(&self, no: SessionNo) -> Option<LicenseId> {
        self.sessions
            .iter()
            .find(|session| session.no == no)
            .map(|session| session.license)
    }

    /// Settles the license of a live session and says whether it still lives.
    fn settle_for(&mut self, no: SessionNo) -> bool {
        if self.is_live(no) {
            self.settle(self.license_of(no).unwrap());
        }
        self.is_live(no)
    }

    fn beat(&mut self, no: SessionNo) -> Result<Box<Grant>, Rejection> {
        if !self.settle_for(no) {
            let cause = self.ended(no)?;
            return Err(self.why(self.license_of(no).unwrap(), &cause));
        }
        let license = self.license_of(no).unwrap();
        if let Err(rejection) = self.usable(license) {
            self.end(no, EndCause::LicenseEnded);
            return Err(rejection);
        }
        self.hour(license).renewals += 1;
        Ok(self.grant(no))
    }

    /// Moves a session's times and says so to its client.
    fn grant(&mut self, no: SessionNo) -> Box<Grant> {
        let license = self.license(self.license_of(no).unwrap()).clone();
        let terms = self.terms(license.id).clone();
        let margin = |hold: u64| (hold / 6).min(10_000).max((hold / 500).min(65_000));
        let life = terms.ttl.ms() - margin(terms.ttl.ms());
        let (grace, hold) = match terms.offline {
            OfflineMode::Strict => (life, terms.ttl.ms()),
            OfflineMode::Lenient => (terms.grace.ms().max(life), terms.ttl.ms()),
            OfflineMode::Reserved => {
                let grace = terms.grace.ms().max(life);
                (grace, (grace + margin(grace)).max(terms.ttl.ms()))
            }
        };
        let end = license.expires_at.map_or(u64::MAX, At::ms);
        let token_until = At::from_ms((self.at.ms() + life).min(end));
        let grace_until = At::from_ms((self.at.ms() + grace).min(end));
        let deadline = SessionTime::from_ms(self.now.ms() + hold);
        let session = self.sessions.iter_mut().find(|session| session.no == no).unwrap();
        (session.deadline, session.grace_until) = (deadline, grace_until);
        let (hash, fingerprint) = (session.hash, session.fingerprint);
        let plan = self.plans.iter().find(|plan| plan.id == license.plan).unwrap();
        Box::new(Grant {
            session: no,
            hash,
            license: license.id,
            customer: license.customer,
            product: self.product.clone(),
            plan: plan.code.clone(),
            plan_name: plan.code.clone(),
            fingerprint,
            token_until,
            grace_until,
            grace: terms.grace,
            offline: terms.offline,
            heartbeat: terms.heartbeat,
            license_until: license.expires_at,
            seats: license.seats.unwrap_or(terms.seats),
            in_use: self.held(license.id),
            entitlements: Arc::new(Entitlements::new()),
        })
    }

    fn release(&mut self, no: SessionNo) -> Result<Outcome, Rejection> {
        if self.settle_for(no) {
            self.end(no, EndCause::Released);
            return Ok(Outcome::Released { by_this: true });
        }
        self.ended(no)?;
        self.end_ghosts(|ghost| ghost.session == no);
        Ok(Outcome::Released { by_this: false })
    }

    fn revoke(&mut self, no: SessionNo, reason: &Arc<str>) -> Result<Outcome, Rejection> {
        if self.settle_for(no) {
            self.end(no, EndCause::Revoked { reason: reason.clone() });
            return Ok(Outcome::Done);
        }
        let cause = self.ended(no)?;
        Err(self.why(self.license_of(no).unwrap(), &cause))
    }

    fn is_assigned(&self, license: LicenseId, holder: HolderKey) -> bool {
        self.assignments.contains(&(license, holder))
    }

    /// Seats of a license, and how many are assigned.
    pub(crate) fn assigned(&self, license: LicenseId) -> (u32, u32) {
        let seats = self.license(license).seats.unwrap_or(self.terms(license).seats);
        let assigned = self.assignments.iter().filter(|(of, _)| *of == license).count();
        (seats, number(assigned))
    }

    fn assign(&mut self, license: LicenseId, holder: HolderKey) -> Result<Outcome, Rejection> {
        if self.is_revoked(license) {
            return Err(Rejection::NotAllowed {
                problem: "the license was revoked, which is final; create a new one".into(),
            });
        }
        let (seats, assigned) = self.assigned(license);
        if !self.is_assigned(license, holder) {
            if assigned >= seats {
                return Err(Rejection::SeatsAllAssigned { seats, assigned });
            }
            self.assignments.push((license, holder));
        }
        Ok(Outcome::Done)
    }

    fn unassign(&mut self, license: LicenseId, holder: HolderKey) -> Result<Outcome, Rejection> {
        if !self.is_assigned(license, holder) {
            return Err(Rejection::NotFound { kind: Kind::Assignment });
        }
        self.assignments.retain(|known| *known != (license, holder));
        self.settle(license);
        let mut held = self.live(license);
        held.retain(|session| session.holder == holder);
        let held: Vec<_> = held.iter().map(|session| session.no).collect();
        for no in held {
            let reason = "the seat is no longer assigned to its user".into();
            self.end(no, EndCause::Revoked { reason });
        }
        Ok(Outcome::Done)
    }

    fn acquire(&mut self, command: &Command) -> Result<Outcome, Rejection> {
        let (ask, user, by_address) = asked(command).unwrap();
        if !self.licenses.iter().any(|license| license.id == ask.license) {
            return Err(Rejection::NotFound { kind: Kind::License });
        }
        self.settle(ask.license);
        if let Some(known) = self
            .sessions
            .iter()
            .rev()
            .find(|session| session.hash == ask.session)
            .cloned()
        {
            match &known.end {
                None if known.license != ask.license => return Err(Rejection::RequestIdReused),
                None if known.holder != ask.by_fingerprint
                    && Some(known.holder) != ask.by_instance
                    && Some(known.holder) != by_address
                    && !user
                        .is_some_and(|user| [user.by_user, user.by_user_and_fingerprint].contains(&known.holder)) =>
                {
                    return Err(Rejection::RequestIdReused);
                }
                None => return self.beat(known.no).map(Outcome::Granted),
                Some((cause, forget)) if *forget > self.now => return Err(self.why(known.license, cause)),
                Some(_) => {}
            }
        }
        self.usable(ask.license)?;
        let terms = self.terms(ask.license).clone();
        let holder = match (terms.holder, ask.by_instance) {
            (HolderPolicy::FingerprintAndInstance, Some(instance)) => instance,
            (HolderPolicy::NamedUser, _) => {
                let user = user.ok_or(Rejection::UserRequired)?;
                let (seats, assigned) = self.assigned(ask.license);
                let email = by_address.and(user.user.email.clone());
                by_address
                    .filter(|holder| self.is_assigned(ask.license, *holder))
                    .ok_or(Rejection::SeatNotAssigned { email, seats, assigned })?
            }
            _ => ask.by_fingerprint,
        };
        let mut own = self.live(ask.license);
        own.retain(|session| session.holder == holder);
        let replaced = own
            .iter()
            .map(|session| session.no)
            .find(|no| Some(*no) == ask.replaces);
        let staying: Vec<_> = own.iter().filter(|session| Some(session.no) != replaced).collect();
        let limit = terms.sessions_per_holder_max;
        if number(staying.len()) >= limit {
            let left = |t| number(staying.iter().filter(|session| session.deadline > t).count());
            let retry_after = self.soonest(staying.iter().map(|session| session.deadline), |t| left(t) < limit);
            return Err(Rejection::HolderLimitReached {
                limit,
                in_use: number(own.len()),
                retry_after,
            });
        }
        if own.is_empty() {
            self.room(ask.license, holder, &terms)?;
        }
        self.hour(ask.license);
        if let Some(no) = replaced {
            self.end(no, EndCause::Replaced);
        }
        self.end_ghosts(|ghost| ghost.license == ask.license && ghost.holder == holder);
        let no = SessionNo::new(self.seq);
        self.sessions.push(ModelSession {
            no,
            hash: ask.session,
            license: ask.license,
            holder,
            fingerprint: ask.fingerprint,
            deadline: SessionTime::default(),
            grace_until: At::default(),
            end: None,
        });
        let grant = self.grant(no);
        let hour = self.hour(ask.license);
        hour.grants += 1;
        hour.peak = hour.peak.max(grant.in_use);
        Ok(Outcome::Granted(grant))
    }

    /// Refuses a new holder that there is no room for.
    fn room(&self, license: LicenseId, holder: HolderKey, terms: &PlanTerms) -> Result<(), Rejection> {
        let (limit, in_use) = (self.limit(license), self.held(license));
        if in_use >= limit {
            let live = self.live(license);
            let held_after = |t| {
                let staying = live.iter().filter(|session| session.deadline > t);
                let holders: BTreeSet<_> = staying.map(|session| session.holder).collect();
                number(holders.len())
            };
            let retry_after = self.soonest(live.iter().map(|session| session.deadline), |t| held_after(t) < limit);
            let retry_after = if limit == 0 { terms.ttl } else { retry_after };
            return Err(Rejection::SeatLimitReached {
                limit,
                in_use,
                retry_after,
            });
        }
        let Some(ghosts_max) = terms.ghosts_max else {
            return Ok(());
        };
        let limit = limit + ghosts_max;
        let others = self
            .ghosts
            .iter()
            .filter(|ghost| ghost.license == license && ghost.holder != holder);
        let others: Vec<_> = others.collect();
        let ghosts = number(others.len());
        if in_use + ghosts < limit {
            return Ok(());
        }
        let mut ends: Vec<_> = others.iter().map(|ghost| ghost.until).collect();
        ends.sort();
        let left = |t| in_use + number(others.iter().filter(|ghost| ghost.until > t).count());
        let end = ends.iter().find(|end| left(**end) < limit).or(ends.last());
        let retry_after = Span::from_ms(end.map_or(0, |end| end.ms() - self.at.ms()));
        Err(Rejection::GhostLimitReached {
            limit,
            in_use,
            ghosts,
            retry_after,
        })
    }

    /// How long until the first of these times at which there is room; until the last if none of them makes any.
    fn soonest(&self, times: impl Iterator<Item = SessionTime>, has_room: impl Fn(SessionTime) -> bool) -> Span {
        let mut times: Vec<_> = times.collect();
        times.sort();
        let time = times.iter().find(|time| has_room(**time)).or(times.last());
        Span::from_ms(time.map_or(0, |time| time.ms() - self.now.ms()))
    }
}

/// A seat that is asked for, for which user, and for which address.
fn asked(command: &Command) -> Option<(&Acquire, Option<&AcquireByUser>, Option<HolderKey>)> {
    match command {
        Command::Acquire(ask) => Some((ask, None, None)),
        Command::AcquireByUser(by_user) => Some((&by_user.ask, Some(by_user), None)),
        Command::AcquireByAddress(AcquireByAddress { by_user, by_address }) => {
            Some((&by_user.ask, Some(by_user), Some(*by_address)))
        }
        _ => None,
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}
