//! What of an answer leads to which further call, as the document's `links` say it: for readers, and for programs that
//! walk through the API by its document.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};

use super::operations;

/// Where a value goes in the next call.
#[derive(Clone, Copy)]
enum Goes {
    /// A parameter of its path or query.
    Parameter(&'static str),
    /// A member of its body.
    Member(&'static str),
    /// The only item of a list in its body.
    Item(&'static str),
}

use Goes::{Item, Member, Parameter};

/// The operation that answers, where in its answer the value lies, where that goes, and the operations that take it.
type Row = (&'static str, &'static str, Goes, &'static [&'static str]);

const LINKS: &[Row] = &[
    (
        "create_product",
        "/id",
        Parameter("id"),
        &["get_product", "change_product"],
    ),
    ("create_product", "/id", Member("product"), &["create_plan"]),
    ("create_plan", "/id", Parameter("id"), &["get_plan", "change_plan"]),
    ("create_plan", "/id", Member("plan"), &["create_license"]),
    (
        "create_customer",
        "/id",
        Parameter("id"),
        &["get_customer", "change_customer"],
    ),
    ("create_customer", "/id", Member("customer"), &["create_license"]),
    ("create_license", "/id", Parameter("id"), LICENSE_CALLS),
    ("create_license", "/id", Parameter("license"), &["list_sessions"]),
    (
        "create_license",
        "/license_key",
        Member("license_key"),
        &["acquire_seat"],
    ),
    (
        "rotate_license_key",
        "/license_key",
        Member("license_key"),
        &["acquire_seat"],
    ),
    ("suspend_license", "/id", Parameter("id"), &["reinstate_license"]),
    ("acquire_seat", "/session_id", Member("session_id"), SEAT_CALLS),
    ("acquire_seat", "/session_id", Item("session_ids"), &["keep_seats"]),
    (
        "acquire_seat",
        "/session",
        Parameter("id"),
        &["get_session", "revoke_session"],
    ),
    ("keep_seat", "/session_id", Member("session_id"), SEAT_CALLS),
    ("create_token", "/id", Parameter("id"), &["get_token", "revoke_token"]),
    ("list_products", "/items/0/id", Parameter("id"), &["get_product"]),
    ("list_plans", "/items/0/id", Parameter("id"), &["get_plan"]),
    ("list_customers", "/items/0/id", Parameter("id"), &["get_customer"]),
    (
        "list_licenses",
        "/items/0/id",
        Parameter("id"),
        &["get_license", "get_usage"],
    ),
    ("list_sessions", "/items/0/session", Parameter("id"), &["get_session"]),
    ("list_tokens", "/items/0/id", Parameter("id"), &["get_token"]),
    ("list_audit", "/next_before", Parameter("before"), &["list_audit"]),
    ("list_audit", "/next_after", Parameter("after"), &["list_audit"]),
];

const LICENSE_CALLS: &[&str] = &[
    "get_license",
    "change_license",
    "suspend_license",
    "reinstate_license",
    "revoke_license",
    "extend_license",
    "rotate_license_key",
    "get_usage",
];

const SEAT_CALLS: &[&str] = &["keep_seat", "release_seat", "release_seat_by_post"];

/// Writes the links into the answers that they begin at.
pub(super) fn add(document: &mut OpenApi) {
    let mut all: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in LINKS {
        all.entry(row.0).or_default().push(row);
    }
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            let rows = operation.operation_id.as_deref().and_then(|name| all.remove(name));
            for row in rows.into_iter().flatten() {
                add_row(operation, row);
            }
        }
    }
    assert!(
        all.is_empty(),
        "links begin at operations that there are: {:?}",
        all.keys()
    );
}

fn add_row(operation: &mut Operation, &(_, pointer, into, targets): &Row) {
    let success = operation
        .responses
        .responses
        .iter_mut()
        .find(|(status, _)| status.starts_with('2'));
    let Some((_, RefOr::T(response))) = success else {
        unreachable!("every operation says itself what it answers when all is well");
    };
    for target in targets {
        let name = match into {
            Parameter(name) | Member(name) | Item(name) => format!("{target}_by_{name}"),
        };
        response.links.insert(name, link(target, pointer, into).into());
    }
}

fn link(target: &str, pointer: &str, into: Goes) -> Link {
    let value = Value::String(format!("$response.body#{pointer}"));
    let link = LinkBuilder::new().operation_id(target);
    match into {
        Parameter(name) => link.parameter(name, value).build(),
        Member(name) => link.request_body(Some(json!({ name: value }))).build(),
        Item(name) => link.request_body(Some(json!({ name: [value] }))).build(),
    }
}
