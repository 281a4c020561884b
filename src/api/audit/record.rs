//! A record of the audit as it is shown.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use licensing::audit::{AuditEvent, AuditRecord, LeafV1};
use licensing::command::{Actor, AllowUserToken, Command, SetRetention, UserTokenStep};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::sessions::{SessionStatus, SessionUser};
use crate::api::time::Timestamp;

/// A record of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Record {
    /// Its place in the tree, from 0.
    index: u64,
    /// The number of the command that it came from.
    seq: u64,
    /// When that was applied, on the cluster's clock.
    at: Timestamp,
    /// Who asked: `system`, `client`, or the id of a person or an API token.
    actor: String,
    event: EventKind,
    /// The command's name, where one was carried out or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<String>,
    /// The id of what it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    /// The license that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) license: Option<String>,
    /// Who the seat was counted for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) holder: Option<String>,
    /// The user that the session is held for.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<SessionUser>,
    /// The address that a seat was assigned to, or taken from.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Seats held afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_use: Option<u32>,
    /// How the session ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<SessionStatus>,
    /// The code that it was refused with.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// In the operator's or the ledger's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The identity provider whose account it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// The customer that was made with the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    /// Which kind of history was dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<&'static str>,
    /// All of it that is older than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Timestamp>,
    /// The bytes that the tree hashes, in base64, for an offline check.
    leaf: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventKind {
    /// A seat is held by a new session.
    Granted,
    /// A session ended.
    Ended,
    /// The catalogue or the cluster was changed.
    Changed,
    /// Something was refused.
    Refused,
    /// The session that was granted a moment before is held for a user whom a token vouched for.
    Identified,
    /// History that was kept for long enough was dropped.
    Dropped,
    /// An account at an identity provider became known to be somebody's; where it made them, with their customer.
    Linked,
}

impl Record {
    pub(super) fn of(record: &AuditRecord, leaf: LeafV1) -> Self {
        let LeafV1 {
            index,
            seq,
            at,
            actor,
            event,
        } = leaf;
        let actor = actor_text(actor);
        let leaf = STANDARD.encode(&record.leaf);
        let bare = Self {
            index,
            seq: seq.get(),
            at: Timestamp(at),
            actor,
            event: EventKind::Changed,
            command: None,
            subject: None,
            license: None,
            holder: None,
            user: None,
            email: None,
            in_use: None,
            cause: None,
            code: None,
            reason: None,
            provider: None,
            customer: None,
            history: None,
            before: None,
            leaf,
        };
        bare.telling(event)
    }

    fn telling(self, event: AuditEvent) -> Self {
        match event {
            AuditEvent::Granted {
                license,
                session,
                holder,
                in_use,
                ..
            } => Self {
                event: EventKind::Granted,
                subject: Some(session.to_string()),
                license: Some(license.to_string()),
                holder: Some(holder.to_string()),
                in_use: Some(in_use),
                ..self
            },
            AuditEvent::Ended {
                license,
                session,
                cause,
                ..
            } => {
                let (cause, reason) = SessionStatus::of(&cause);
                Self {
                    event: EventKind::Ended,
                    subject: Some(session.to_string()),
                    license: Some(license.to_string()),
                    cause: Some(cause),
                    reason,
                    ..self
                }
            }
            AuditEvent::Changed { command } => Self {
                event: EventKind::Changed,
                command: Some(command.name().to_owned()),
                subject: subject(&command),
                reason: reason(&command),
                email: assignee(&command),
                ..self
            },
            AuditEvent::Refused {
                command,
                license,
                holder,
                rejection,
            } => Self {
                event: EventKind::Refused,
                command: Some(command.to_string()),
                license: license.map(|id| id.to_string()),
                holder: holder.map(|id| id.to_string()),
                code: Some(rejection.code()),
                reason: Some(rejection.to_string()),
                ..self
            },
            AuditEvent::Identified {
                license, session, user, ..
            } => Self {
                event: EventKind::Identified,
                subject: Some(session.to_string()),
                license: Some(license.to_string()),
                user: Some(SessionUser::of(&user)),
                ..self
            },
            AuditEvent::Linked {
                provider,
                person,
                customer,
            } => Self {
                event: EventKind::Linked,
                subject: Some(person.to_string()),
                provider: Some(provider.to_string()),
                customer: customer.map(|id| id.to_string()),
                ..self
            },
            AuditEvent::Dropped { history, before } => Self {
                event: EventKind::Dropped,
                history: Some(history.name()),
                before: Some(Timestamp(before)),
                ..self
            },
        }
    }
}

/// Who asked, by their id.
pub(crate) fn actor_text(actor: Actor) -> String {
    match actor {
        Actor::System => "system".to_owned(),
        Actor::Client => "client".to_owned(),
        Actor::Token(id) => id.to_string(),
        Actor::Person(id) => id.to_string(),
    }
}

/// The id of what a change is about.
fn subject(command: &Command) -> Option<String> {
    Some(match command {
        Command::CreateProduct(create) => create.id.to_string(),
        Command::UpdateProduct(update) => update.id.to_string(),
        Command::CreatePlan(create) => create.id.to_string(),
        Command::UpdatePlan(update) => update.id.to_string(),
        Command::CreateCustomer(create) => create.id.to_string(),
        Command::UpdateCustomer(update) => update.id.to_string(),
        Command::CreateLicense(create) => create.id.to_string(),
        Command::UpdateLicense(update) => update.id.to_string(),
        Command::SuspendLicense { license, .. }
        | Command::ReinstateLicense { license }
        | Command::RevokeLicense { license, .. }
        | Command::ExtendLicense { license, .. }
        | Command::AssignSeat { license, .. }
        | Command::UnassignSeat { license, .. } => license.to_string(),
        Command::FoundCluster { cluster, .. } => cluster.to_string(),
        Command::CreateJoinToken { id, .. } => id.to_string(),
        Command::AdmitNode { token, .. } => token.to_string(),
        Command::UpdateNode { node, .. } | Command::RemoveNode { node } => node.to_string(),
        Command::CreateApiToken { id, .. } | Command::RevokeApiToken { id } | Command::IssueApiToken { id, .. } => {
            id.to_string()
        }
        Command::CreatePerson(create) => create.id.to_string(),
        Command::UpdatePerson(update) => update.id.to_string(),
        Command::RemovePerson { id, .. } => id.to_string(),
        Command::CreateInvitation { person, .. } => return person.map(|id| id.to_string()),
        Command::AcceptInvitation(accept) => accept.person.to_string(),
        Command::SetPassword { person, .. }
        | Command::SetTotp { person, .. }
        | Command::SignOutEverywhere { person }
        | Command::UnlinkIdentities { person, .. } => person.to_string(),
        Command::SignIn(sign_in) => sign_in.login.to_string(),
        Command::SignOut { login } => login.to_string(),
        Command::CreateIdentityProvider(create) => create.id.to_string(),
        Command::UpdateIdentityProvider(update) => update.id.to_string(),
        Command::RemoveIdentityProvider { id, .. } => id.to_string(),
        Command::SignInByProvider(sign_in) => sign_in.login.to_string(),
        Command::AllowUserToken(allow) => allow.person.to_string(),
        Command::Tick
        | Command::Acquire(_)
        | Command::AcquireByUser(_)
        | Command::AcquireByAddress(_)
        | Command::Heartbeat { .. }
        | Command::Release { .. }
        | Command::RevokeSession { .. }
        | Command::StepClock { .. }
        | Command::NoteUse { .. }
        | Command::RaiseClusterVersion { .. }
        | Command::BeginEpoch { .. }
        | Command::SetBranding(_)
        | Command::SetRetention(_) => return None,
    })
}

fn assignee(command: &Command) -> Option<String> {
    match command {
        Command::AssignSeat { email, .. } | Command::UnassignSeat { email, .. } => Some(email.to_string()),
        _ => None,
    }
}

fn reason(command: &Command) -> Option<String> {
    match command {
        Command::SuspendLicense { reason, .. } | Command::RevokeLicense { reason, .. } => Some(reason.to_string()),
        Command::AllowUserToken(allow) => Some(user_token(allow)),
        Command::SetRetention(set) => Some(kept(set)),
        _ => None,
    }
}

/// For how long history is kept from then on.
fn kept(set: &SetRetention) -> String {
    let words = |days: Option<u32>| days.map_or_else(|| "for ever".to_owned(), |days| format!("for {days} days"));
    format!("sessions {}, usage {}", words(set.session_days), words(set.usage_days))
}

/// How somebody came to a user token: by which way, what asked, and from where.
fn user_token(allow: &AllowUserToken) -> String {
    let mut text = match allow.step {
        UserTokenStep::Made => "made for oneself",
        UserTokenStep::CodeGiven => "a code was given for a program",
        UserTokenStep::CodeRedeemed => "a program got it for a code",
    }
    .to_owned();
    for (before, said) in [(": ", &allow.agent), (" from ", &allow.address)] {
        if let Some(said) = said {
            text = text + before + said;
        }
    }
    text
}
