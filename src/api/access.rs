//! Who may call what: one table for every operation that is not public.
//!
//! The vendor's own people are ordered, each may do what the one before may; so are a customer's members. What a member
//! may call answers with what is their own customer's and with nothing else: handlers take that from [`Caller::customer`].
//!
//! [`Caller::customer`]: super::caller::Caller::customer

use licensing::cluster::Scope;
use licensing::person::Role;

/// The least of the vendor's own roles that may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Vendor {
    /// Whoever reads everything.
    Auditor,
    /// Whoever ends sessions and makes new license keys.
    Support,
    /// Whoever manages what is sold and to whom.
    Operator,
    /// Whoever manages people, tokens and the cluster.
    Owner,
}

/// The least of a customer's roles that may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Team {
    /// Each member.
    Member,
    /// Those who manage the customer's members and seats.
    Admin,
    /// None of them.
    Nobody,
}

/// Which kinds of caller there are at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// People who are signed in, and API tokens.
    All,
    /// People only: the call is about themselves.
    People,
    /// Besides, tokens of the scope `heartbeats`.
    Gateways,
}

/// Who may make one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) method: &'static str,
    /// The path below the API's base, as the router has it.
    pub(crate) path: &'static str,
    pub(crate) vendor: Vendor,
    pub(crate) team: Team,
    pub(crate) by: By,
}

const fn rule(method: &'static str, path: &'static str, vendor: Vendor, team: Team) -> Rule {
    Rule {
        method,
        path,
        vendor,
        team,
        by: By::All,
    }
}

const fn own(method: &'static str, path: &'static str) -> Rule {
    Rule {
        by: By::People,
        ..rule(method, path, Vendor::Auditor, Team::Member)
    }
}

use Team::{Admin, Member, Nobody};
use Vendor::{Auditor, Operator, Owner, Support};

/// The table.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        by: By::Gateways,
        ..rule("PUT", "/licenses/heartbeats", Operator, Nobody)
    },
    rule("GET", "/products", Auditor, Nobody),
    rule("POST", "/products", Operator, Nobody),
    rule("GET", "/products/{id}", Auditor, Nobody),
    rule("PATCH", "/products/{id}", Operator, Nobody),
    rule("GET", "/plans", Auditor, Nobody),
    rule("POST", "/plans", Operator, Nobody),
    rule("GET", "/plans/{id}", Auditor, Nobody),
    rule("PATCH", "/plans/{id}", Operator, Nobody),
    rule("GET", "/customers", Auditor, Member),
    rule("POST", "/customers", Operator, Nobody),
    rule("GET", "/customers/{id}", Auditor, Member),
    rule("PATCH", "/customers/{id}", Operator, Nobody),
    rule("GET", "/licenses", Auditor, Member),
    rule("POST", "/licenses", Operator, Nobody),
    rule("GET", "/licenses/{id}", Auditor, Member),
    rule("PATCH", "/licenses/{id}", Operator, Nobody),
    rule("POST", "/licenses/{id}/suspend", Operator, Nobody),
    rule("POST", "/licenses/{id}/reinstate", Operator, Nobody),
    rule("POST", "/licenses/{id}/revoke", Operator, Nobody),
    rule("POST", "/licenses/{id}/extend", Operator, Nobody),
    rule("POST", "/licenses/{id}/rotate-key", Support, Admin),
    rule("GET", "/licenses/{id}/assignments", Auditor, Member),
    rule("POST", "/licenses/{id}/assign", Operator, Admin),
    rule("POST", "/licenses/{id}/unassign", Operator, Admin),
    rule("GET", "/licenses/{id}/usage", Auditor, Member),
    rule("GET", "/licenses/{id}/analytics/peaks", Auditor, Member),
    rule("GET", "/licenses/{id}/analytics/heat-map", Auditor, Member),
    rule("GET", "/licenses/{id}/analytics/duration-curve", Auditor, Member),
    rule("GET", "/licenses/{id}/analytics/idle", Auditor, Member),
    rule("GET", "/licenses/{id}/analytics/what-if", Auditor, Member),
    rule("GET", "/licenses/{id}/analytics/forecast", Auditor, Member),
    rule("GET", "/licenses/{id}/analytics/versions", Auditor, Member),
    rule("GET", "/refusals", Auditor, Member),
    rule("GET", "/refusals/{id}", Auditor, Member),
    rule("GET", "/summary", Auditor, Nobody),
    rule("GET", "/sessions", Auditor, Member),
    rule("GET", "/sessions/stream", Auditor, Member),
    rule("GET", "/sessions/{id}", Auditor, Member),
    rule("POST", "/sessions/{id}/revoke", Support, Admin),
    rule("GET", "/tokens", Auditor, Nobody),
    rule("POST", "/tokens", Owner, Nobody),
    rule("GET", "/tokens/{id}", Auditor, Nobody),
    rule("POST", "/tokens/{id}/revoke", Owner, Nobody),
    rule("GET", "/people", Auditor, Member),
    rule("POST", "/people", Owner, Admin),
    rule("GET", "/people/{id}", Auditor, Member),
    rule("PATCH", "/people/{id}", Owner, Admin),
    rule("DELETE", "/people/{id}", Owner, Admin),
    rule("POST", "/people/{id}/invitation", Owner, Admin),
    rule("DELETE", "/people/{id}/logins", Owner, Admin),
    rule("DELETE", "/people/{id}/identities", Owner, Admin),
    rule("GET", "/identity-providers", Auditor, Nobody),
    rule("POST", "/identity-providers", Owner, Nobody),
    rule("GET", "/identity-providers/{id}", Auditor, Nobody),
    rule("PATCH", "/identity-providers/{id}", Owner, Nobody),
    rule("DELETE", "/identity-providers/{id}", Owner, Nobody),
    rule("GET", "/me", Auditor, Member),
    own("PATCH", "/me"),
    own("PUT", "/me/password"),
    own("POST", "/me/totp"),
    own("DELETE", "/me/totp"),
    own("POST", "/me/user-tokens"),
    own("POST", "/me/login-codes"),
    own("POST", "/me/sessions/{id}/revoke"),
    own("GET", "/logins"),
    own("DELETE", "/logins"),
    own("DELETE", "/logins/current"),
    own("DELETE", "/logins/{id}"),
    rule("GET", "/audit", Auditor, Nobody),
    rule("PUT", "/branding", Owner, Nobody),
    rule("GET", "/retention", Auditor, Nobody),
    rule("PUT", "/retention", Owner, Nobody),
    rule("GET", "/cluster", Auditor, Nobody),
    rule("POST", "/cluster/transfer", Owner, Nobody),
    rule("GET", "/cluster/nodes/{id}", Auditor, Nobody),
    rule("DELETE", "/cluster/nodes/{id}", Owner, Nobody),
    rule("GET", "/cluster/join-tokens", Auditor, Nobody),
    rule("POST", "/cluster/join-tokens", Owner, Nobody),
];

/// The rule of a call. What is not in the table is nobody's.
pub(crate) fn find(method: &str, path: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.method == method && rule.path == path)
}

impl Rule {
    /// Whether the call is answered as this node sees things, so that it answers without a quorum too: what the console
    /// shows then; and batches of heartbeats, which the leader decides about anyway.
    pub(crate) fn is_of_this_node(&self) -> bool {
        matches!(
            (self.method, self.path),
            ("GET", "/me" | "/cluster" | "/cluster/nodes/{id}") | ("PUT", "/licenses/heartbeats")
        )
    }

    /// Whether a caller of this role may make the call.
    pub(crate) const fn allows(&self, role: Role) -> bool {
        match role {
            Role::Owner => true,
            Role::Operator => matches!(self.vendor, Auditor | Support | Operator),
            Role::Support => matches!(self.vendor, Auditor | Support),
            Role::Auditor => matches!(self.vendor, Auditor),
            Role::MemberAdmin(_) => matches!(self.team, Admin | Member),
            Role::Member(_) => matches!(self.team, Member),
        }
    }

    /// The role that a token's scope stands for in this call; `None` if it may not make it.
    pub(crate) fn allows_token(&self, scope: Scope) -> Option<Role> {
        let role = match scope {
            Scope::Admin => Role::Owner,
            Scope::As(role) => role,
            // It may send batches and nothing else, and there it is as good as any other.
            Scope::Heartbeats if self.by == By::Gateways => return Some(Role::Auditor),
            Scope::Heartbeats => return None,
        };
        (self.by != By::People && self.allows(role)).then_some(role)
    }
}

/// Who may make each guarded call: method, path, and whether `owner`, `operator`, `support`, `auditor`, `member-admin`
/// and `member` may, in this order. Tests and the documentation are checked against it.
pub fn access_table() -> Vec<(&'static str, &'static str, [bool; 6])> {
    let customer = licensing::id::CustomerId::from_bytes([0; 16]);
    let roles = [
        Role::Owner,
        Role::Operator,
        Role::Support,
        Role::Auditor,
        Role::MemberAdmin(customer),
        Role::Member(customer),
    ];
    let row = |rule: &Rule| (rule.method, rule.path, roles.map(|role| rule.allows(role)));
    RULES.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::api::BASE;

    #[test]
    fn every_guarded_operation_is_in_the_table_once_and_nothing_else_is() {
        let document: Value = serde_json::from_str(&crate::api::document()).unwrap();
        let mut guarded = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if operation["security"].is_array() {
                    guarded.insert((method.to_uppercase(), path.strip_prefix(BASE).unwrap().to_owned()));
                }
            }
        }
        let ruled: Vec<_> = RULES
            .iter()
            .map(|rule| (rule.method.to_owned(), rule.path.to_owned()))
            .collect();
        assert_eq!(ruled.len(), ruled.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(ruled.into_iter().collect::<BTreeSet<_>>(), guarded);
    }

    #[test]
    fn the_documentation_has_the_table() {
        let page = include_str!("../../docs/people.md");
        let documented: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with("| `") && line.contains(" /"))
            .collect();
        let row = |(method, path, allowed): (&str, &str, [bool; 6])| {
            let mut row = format!("| `{method} {path}` |");
            for (place, may) in allowed.into_iter().enumerate() {
                row += match (may, place < 4) {
                    (true, true) => " yes |",
                    (true, false) => " own |",
                    (false, _) => " |",
                };
            }
            row
        };
        assert_eq!(documented, access_table().into_iter().map(row).collect::<Vec<_>>());
    }

    #[test]
    fn auditors_and_members_change_nothing_but_what_is_their_own() {
        let customer = licensing::id::CustomerId::from_bytes([0; 16]);
        for rule in RULES
            .iter()
            .filter(|rule| rule.method != "GET" && rule.by != By::People)
        {
            for role in [Role::Auditor, Role::Member(customer)] {
                assert!(!rule.allows(role), "{} {}: {role:?}", rule.method, rule.path);
            }
        }
    }

    #[test]
    fn people_tokens_identity_providers_and_the_cluster_are_changed_by_owners_alone() {
        for rule in RULES.iter().filter(|rule| rule.method != "GET") {
            let kept = ["/people", "/tokens", "/identity-providers", "/retention", "/cluster"]
                .iter()
                .any(|start| rule.path.starts_with(start));
            if kept {
                assert!(
                    !rule.allows(Role::Operator) && rule.allows(Role::Owner),
                    "{}",
                    rule.path
                );
            }
        }
    }
}
