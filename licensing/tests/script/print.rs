//! What scripts print.

use std::fmt::Write;

use licensing::audit::{AuditEvent, AuditLeaf};
use licensing::catalogue::{Entitlement, Entitlements};
use licensing::command::Actor;
use licensing::outcome::{Grant, Rejection};
use licensing::session::EndCause;
use licensing::time::{At, Span};
use licensing::usage::UsageHour;

/// A length in its largest fitting units.
pub(crate) fn length(span: Span) -> String {
    let mut rest = span.ms();
    let mut text = String::new();
    for (unit, size) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ] {
        if rest >= size {
            write!(text, "{}{unit}", rest / size).unwrap();
            rest %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// A date as its distance from `from`.
pub(crate) fn distance(date: At, from: At) -> String {
    if date >= from {
        format!("+{}", length(date.since(from)))
    } else {
        format!("-{}", length(from.since(date)))
    }
}

pub(crate) fn rejection(rejection: &Rejection) -> String {
    let retry = match rejection {
        Rejection::SeatLimitReached { retry_after, .. }
        | Rejection::GhostLimitReached { retry_after, .. }
        | Rejection::HolderLimitReached { retry_after, .. } => format!(", retry after {}", length(*retry_after)),
        _ => String::new(),
    };
    format!("{}: {rejection}{retry}", rejection.code())
}

pub(crate) fn grant_details(grant: &Grant, now: At) -> String {
    let until = grant.license_until.map_or("never".to_owned(), |end| distance(end, now));
    format!(
        "token {}, grace {}, {:?} {}, beat {}, license until {until}, {} {} \"{}\", {}",
        distance(grant.token_until, now),
        distance(grant.grace_until, now),
        grant.offline,
        length(grant.grace),
        length(grant.heartbeat),
        grant.product,
        grant.plan,
        grant.plan_name,
        entitlements(&grant.entitlements),
    )
}

fn entitlements(entitlements: &Entitlements) -> String {
    let texts = entitlements.iter().map(|(name, value)| match value {
        Entitlement::Granted => name.to_string(),
        Entitlement::Number(number) => format!("{name}={number}"),
        Entitlement::Text(text) => format!("{name}='{text}'"),
    });
    format!("[{}]", texts.collect::<Vec<_>>().join(" "))
}

pub(crate) fn cause(cause: &EndCause) -> String {
    match cause {
        EndCause::Released => "released".into(),
        EndCause::Replaced => "replaced".into(),
        EndCause::Expired => "expired".into(),
        EndCause::Revoked { reason } => format!("revoked ({reason})"),
        EndCause::LicenseEnded => "ended with its license".into(),
    }
}

pub(crate) fn usage(hour: &UsageHour, first_hour: u32) -> String {
    let mut text = format!("hour {}: peak {}", hour.hour.get() - first_hour, hour.peak);
    for (name, count) in [
        ("grants", hour.grants),
        ("renewals", hour.renewals),
        ("releases", hour.releases),
        ("expiries", hour.expiries),
        ("revocations", hour.revocations),
    ] {
        if count > 0 {
            write!(text, ", {name} {count}").unwrap();
        }
    }
    for (reason, count) in &hour.refusals {
        write!(text, ", {} {count}", reason.name()).unwrap();
    }
    text
}

pub(crate) fn leaf(leaf: &AuditLeaf, start: At) -> String {
    let AuditLeaf::V1(leaf) = leaf;
    let actor = match leaf.actor {
        Actor::System => "system",
        Actor::Client => "client",
        Actor::Token(_) | Actor::Person(_) => "operator",
    };
    let event = match &leaf.event {
        AuditEvent::Granted { in_use, .. } => format!("granted, {in_use} in use"),
        AuditEvent::Ended { cause: ended, .. } => format!("session ended: {}", cause(ended)),
        AuditEvent::Changed { command } => command.name().to_owned(),
        AuditEvent::Refused {
            command,
            rejection: reason,
            ..
        } => format!("refused {command}: {}", reason.code()),
        AuditEvent::Identified { user, .. } => format!("held for {} of {}", user.account, user.issuer),
        AuditEvent::Dropped { history, before } => format!("{} before {} are dropped", history.name(), before.ms()),
        AuditEvent::Linked { person, customer, .. } => match customer {
            Some(customer) => format!("{person} of {customer} was made, and their account is known"),
            None => format!("an account is known to be {person}'s"),
        },
    };
    format!("{} {} {actor}: {event}", leaf.index, distance(leaf.at, start))
}
