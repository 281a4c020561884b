//! Commands, one file per family. This file is what they share: the way from a proposal to its answer.

mod acquire;
mod assignment;
mod branding;
mod cluster;
mod customer;
mod expiry;
mod field;
mod heartbeat;
mod identity;
mod license;
mod login;
mod person;
mod plan;
mod product;
mod release;
mod retention;
mod retry;
mod token;
mod until;
mod usable;

use std::sync::Arc;

use crate::REMEMBERED_FOR;
use crate::answer::Answer;
use crate::audit::{AuditEvent, AuditLeaf, AuditRecord, LeafV1};
use crate::command::{Actor, Command, Proposal, Request};
use crate::id::LicenseId;
use crate::ledger::Ledger;
use crate::outcome::{Kind, Outcome, Rejection};
use crate::state::Counted;
use crate::time::Hour;
use crate::usage::Refusal;

pub(crate) use until::Until;

impl Ledger {
    /// Answers a proposal: from memory if its request was answered before, else by applying its command.
    pub(crate) fn decide(&mut self, proposal: &Proposal) -> Outcome {
        if let Some(answer) = proposal
            .request
            .and_then(|request| self.answers.get(request.id, self.meta.session_time))
        {
            if Some(answer.request) == proposal.request {
                return answer.outcome.clone();
            }
            return self.refuse(proposal, Rejection::RequestIdReused);
        }
        // Only a remembered answer comes before this check: anything else would change the ledger, and a request that
        // was given up on long ago must not.
        if proposal.not_after.is_some_and(|limit| limit < self.meta.at) {
            return self.refuse(proposal, Rejection::RequestTooLate);
        }
        let outcome = match self.run(proposal.actor, &proposal.command) {
            Ok(outcome) => self.accept(proposal, outcome),
            Err(rejection) => self.refuse(proposal, rejection),
        };
        if let Some(request) = proposal.request {
            self.remember(request, &outcome);
        }
        outcome
    }

    fn run(&mut self, actor: Actor, command: &Command) -> Result<Outcome, Rejection> {
        match command {
            Command::Tick => Ok(self.tick()),
            Command::Acquire(ask) => self.acquire(actor, ask.into()),
            Command::Heartbeat { sessions } => Ok(self.heartbeat(actor, sessions)),
            Command::Release { session } => self.release(actor, *session),
            Command::RevokeSession { session, reason } => self.revoke_session(actor, *session, reason),
            Command::CreateProduct(create) => self.create_product(create),
            Command::UpdateProduct(update) => self.update_product(update),
            Command::CreatePlan(create) => self.create_plan(create),
            Command::UpdatePlan(update) => self.update_plan(update),
            Command::CreateCustomer(create) => self.create_customer(create),
            Command::UpdateCustomer(update) => self.update_customer(update),
            Command::CreateLicense(create) => self.create_license(create),
            Command::UpdateLicense(update) => self.update_license(update),
            Command::SuspendLicense { license, reason } => self.suspend_license(*license, reason),
            Command::ReinstateLicense { license } => self.reinstate_license(*license),
            Command::RevokeLicense { license, reason } => self.revoke_license(*license, reason),
            Command::ExtendLicense { license, expires_at } => self.extend_license(*license, *expires_at),
            Command::FoundCluster { cluster, node } => self.found_cluster(*cluster, node),
            Command::CreateJoinToken { id, secret, expires_at } => self.create_join_token(*id, *secret, *expires_at),
            Command::AdmitNode {
                token,
                secret,
                node,
                replaces,
            } => self.admit_node(*token, *secret, node, *replaces),
            Command::UpdateNode {
                node,
                peer_address,
                api_url,
            } => self.update_node(*node, peer_address, api_url),
            Command::RemoveNode { node } => self.remove_node(*node),
            Command::CreateApiToken {
                id,
                name,
                secret,
                scope,
                expires_at,
            } => self.create_api_token(*id, name, *secret, *scope, *expires_at),
            Command::RevokeApiToken { id } => self.revoke_api_token(*id),
            // The clock itself moved with the entry's time; this says in the audit that a majority agreed to the step.
            Command::StepClock { .. } => Ok(Outcome::Done),
            Command::RaiseClusterVersion { version } => self.raise_cluster_version(*version),
            Command::BeginEpoch { epoch } => self.begin_epoch(*epoch),
            Command::CreatePerson(create) => self.create_person(create),
            Command::UpdatePerson(update) => self.update_person(update),
            Command::RemovePerson { id, if_version } => self.remove_person(*id, *if_version),
            Command::CreateInvitation {
                person,
                if_version,
                invitation,
            } => self.create_invitation(*person, *if_version, *invitation),
            Command::AcceptInvitation(accept) => self.accept_invitation(accept),
            Command::SetPassword {
                person,
                if_version,
                password,
                keep,
            } => self.set_password(*person, *if_version, password, *keep),
            Command::SetTotp {
                person,
                if_version,
                totp,
            } => self.set_totp(*person, *if_version, totp.as_ref()),
            Command::SignIn(sign_in) => self.sign_in(sign_in),
            Command::SignOut { login } => self.sign_out(*login),
            Command::SignOutEverywhere { person } => self.sign_out_everywhere(*person),
            Command::NoteUse { logins, tokens } => Ok(self.note_use(logins, tokens)),
            Command::IssueApiToken {
                id,
                name,
                secret,
                scope,
                expires_at,
            } => self.issue_api_token(actor, *id, name, *secret, *scope, *expires_at),
            Command::SetBranding(set) => self.set_branding(set),
            Command::CreateIdentityProvider(create) => self.create_identity_provider(create),
            Command::UpdateIdentityProvider(update) => self.update_identity_provider(update),
            Command::RemoveIdentityProvider { id, if_version } => self.remove_identity_provider(*id, *if_version),
            Command::SignInByProvider(sign_in) => self.sign_in_by_provider(actor, sign_in),
            Command::UnlinkIdentities { person, if_version } => self.unlink_identities(*person, *if_version),
            Command::AcquireByUser(by_user) => self.acquire(actor, by_user.into()),
            Command::AcquireByAddress(by_address) => self.acquire(actor, by_address.into()),
            Command::AssignSeat { license, holder, email } => self.assign_seat(actor, *license, *holder, email),
            Command::UnassignSeat { license, holder, .. } => self.unassign_seat(actor, *license, *holder),
            Command::SetRetention(set) => self.set_retention(set),
            Command::AllowUserToken(allow) => self.allow_user_token(allow),
        }
    }

    /// Puts an accepted command on record, unless what it did to sessions is on record already.
    fn accept(&mut self, proposal: &Proposal, outcome: Outcome) -> Outcome {
        match &proposal.command {
            Command::Tick
            | Command::Acquire(_)
            | Command::AcquireByUser(_)
            | Command::AcquireByAddress(_)
            | Command::Heartbeat { .. }
            | Command::Release { .. }
            | Command::RevokeSession { .. }
            | Command::NoteUse { .. } => {}
            command => self.record(
                proposal.actor,
                AuditEvent::Changed {
                    command: command.for_audit(),
                },
            ),
        }
        outcome
    }

    /// Puts a refusal on record. Heartbeats are counted, not listed, so neither are their refusals.
    fn refuse(&mut self, proposal: &Proposal, rejection: Rejection) -> Outcome {
        let license = proposal.command.acquire().map(|asked| asked.ask.license);
        let holder = self.asker(&proposal.command);
        if let Some(license) = license.filter(|license| self.catalogue.licenses.contains(*license)) {
            self.count(license, Counted::Refusal(Refusal::of(&rejection)));
        }
        if !matches!(proposal.command, Command::Heartbeat { .. }) {
            let command = Arc::from(proposal.command.name());
            self.record(
                proposal.actor,
                AuditEvent::Refused {
                    command,
                    license,
                    holder,
                    rejection: rejection.clone(),
                },
            );
        }
        Outcome::Rejected(rejection)
    }

    /// Remembers an answer, so that asking again changes nothing. Grants need no answer of their own: a repetition finds
    /// their session. A request that came too late or under a used name was not answered at all.
    fn remember(&mut self, request: Request, outcome: &Outcome) {
        match outcome {
            Outcome::Granted(_)
            | Outcome::Beats(_)
            | Outcome::Rejected(Rejection::RequestTooLate | Rejection::RequestIdReused) => {}
            Outcome::Done
            | Outcome::Released { .. }
            | Outcome::Changed { .. }
            | Outcome::Admitted { .. }
            | Outcome::Rejected(_) => {
                let forget_at = self.meta.session_time.after(REMEMBERED_FOR);
                self.answers.remember(Answer {
                    request,
                    outcome: outcome.clone(),
                    forget_at,
                });
            }
        }
    }

    /// Appends a leaf to the audit.
    fn record(&mut self, actor: Actor, event: AuditEvent) {
        let index = self.meta.audit.size();
        let leaf = AuditLeaf::V1(LeafV1 {
            index,
            seq: self.meta.seq,
            at: self.meta.at,
            actor,
            event,
        })
        .encode();
        self.meta.audit.append(&leaf);
        self.audit.push(AuditRecord { index, leaf });
    }

    /// Counts something that a license did in this hour.
    fn count(&mut self, license: LicenseId, what: Counted) {
        let hour = Hour::of(self.meta.at);
        if !self.hours.count(license, hour, what) {
            self.settle_hour(license);
            self.hours.count(license, hour, what);
        }
    }

    /// Opens this hour for a license with the seats it holds, and closes the hours before. Has to come before a seat is
    /// taken or freed, so that the seats carried over from the hour before are counted in this one.
    fn settle_hour(&mut self, license: LicenseId) -> Hour {
        let hour = Hour::of(self.meta.at);
        self.hours.settle(license, hour, self.sessions.seats(license));
        hour
    }
}

/// The rejection for a row that is not there.
const fn not_found(kind: Kind) -> Rejection {
    Rejection::NotFound { kind }
}

/// The rejection for a value that another row has.
fn already_exists(kind: Kind, field: &str) -> Rejection {
    Rejection::AlreadyExists {
        kind,
        field: field.into(),
    }
}

/// The rejection for something that the row's state does not allow.
fn not_allowed(problem: &str) -> Rejection {
    Rejection::NotAllowed {
        problem: problem.into(),
    }
}

/// Refuses a change by somebody who saw another version.
fn check_version(kind: Kind, seen: Option<u32>, version: u32) -> Result<(), Rejection> {
    if seen.is_none_or(|seen| seen == version) {
        Ok(())
    } else {
        Err(Rejection::VersionConflict { kind, version })
    }
}
