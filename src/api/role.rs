//! Roles on the wire.

use licensing::id::CustomerId;
use licensing::person::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::ApiError;

/// What a person may do. `owner`, `operator`, `support` and `auditor` are the vendor's own people; `member-admin` and
/// `member` belong to one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RoleName {
    /// Everything.
    Owner,
    /// Everything but people, API tokens, settings and the cluster.
    Operator,
    /// Reads everything, ends sessions, makes new license keys.
    Support,
    /// Reads everything.
    Auditor,
    /// Reads what is the customer's, frees its seats, makes new keys of its licenses, manages its members.
    MemberAdmin,
    /// Reads what is the customer's.
    Member,
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Operator => Self::Operator,
            Role::Support => Self::Support,
            Role::Auditor => Self::Auditor,
            Role::MemberAdmin(_) => Self::MemberAdmin,
            Role::Member(_) => Self::Member,
        }
    }
}

impl RoleName {
    /// The role, at the customer that it needs or without one.
    pub(crate) fn at(self, customer: Option<CustomerId>) -> Result<Role, ApiError> {
        let own = |role| match customer {
            None => Ok(role),
            Some(_) => Err(ApiError::field(
                "customer",
                "only member-admin and member belong to a customer; leave it out for this role",
            )),
        };
        let needed = || ApiError::field("customer", "missing; member-admin and member belong to one");
        match self {
            Self::Owner => own(Role::Owner),
            Self::Operator => own(Role::Operator),
            Self::Support => own(Role::Support),
            Self::Auditor => own(Role::Auditor),
            Self::MemberAdmin => customer.map(Role::MemberAdmin).ok_or_else(needed),
            Self::Member => customer.map(Role::Member).ok_or_else(needed),
        }
    }
}
