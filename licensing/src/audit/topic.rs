//! What a leaf is about, for those who look for the records of one thing and cannot read all of them.

use crate::audit::AuditEvent;
use crate::command::Command;
use crate::id::{LicenseId, PlanId};

/// One thing whose records can be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Acquires that were refused, of whichever license.
    Refusals,
    /// Acquires of a license that were refused.
    RefusalsOf(LicenseId),
    /// Seats of a license that were taken, and sessions that ended.
    Seats(LicenseId),
    /// Changes of a license's own row.
    License(LicenseId),
    /// Changes of a plan.
    Plan(PlanId),
}

impl Topic {
    /// How many bytes a topic's key has.
    pub const BYTES: usize = 17;

    /// The topic as a key: its kind, then the id. Never changed: stored files have it.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let (kind, id) = match self {
            Self::Refusals => (1, [0; 16]),
            Self::RefusalsOf(license) => (2, *license.as_bytes()),
            Self::Seats(license) => (3, *license.as_bytes()),
            Self::License(license) => (4, *license.as_bytes()),
            Self::Plan(plan) => (5, *plan.as_bytes()),
        };
        let mut bytes = [0; Self::BYTES];
        bytes[0] = kind;
        bytes[1..].copy_from_slice(&id);
        bytes
    }

    /// The topics that an event belongs to.
    pub fn of(event: &AuditEvent) -> Vec<Self> {
        match event {
            AuditEvent::Granted { license, .. } | AuditEvent::Ended { license, .. } => vec![Self::Seats(*license)],
            AuditEvent::Refused {
                license: Some(license), ..
            } => vec![Self::Refusals, Self::RefusalsOf(*license)],
            AuditEvent::Refused { license: None, .. }
            | AuditEvent::Identified { .. }
            | AuditEvent::Dropped { .. }
            | AuditEvent::Linked { .. } => Vec::new(),
            AuditEvent::Changed { command } => match command {
                Command::CreateLicense(create) => vec![Self::License(create.id)],
                Command::UpdateLicense(update) => vec![Self::License(update.id)],
                Command::SuspendLicense { license, .. }
                | Command::ReinstateLicense { license }
                | Command::RevokeLicense { license, .. }
                | Command::ExtendLicense { license, .. } => vec![Self::License(*license)],
                Command::CreatePlan(create) => vec![Self::Plan(create.id)],
                Command::UpdatePlan(update) => vec![Self::Plan(update.id)],
                _ => Vec::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_topics_are_frozen() {
        let license = LicenseId::from_bytes([7; 16]);
        let key = |topic: Topic| (topic.to_bytes()[0], topic.to_bytes()[16]);
        assert_eq!(key(Topic::Refusals), (1, 0));
        assert_eq!(key(Topic::RefusalsOf(license)), (2, 7));
        assert_eq!(key(Topic::Seats(license)), (3, 7));
        assert_eq!(key(Topic::License(license)), (4, 7));
        assert_eq!(key(Topic::Plan(PlanId::from_bytes([9; 16]))), (5, 9));
    }
}
