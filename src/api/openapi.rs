//! The OpenAPI document: from the handlers, completed with what all of them share.
//!
//! It is checked in as docs/openapi.json; a test compares the two, and `UPDATE_OPENAPI=1` in its environment rewrites the
//! file.

mod links;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::http::StatusCode;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContactBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi, PathItem, Ref,
    RefOr, Required, Type,
};
use utoipa::{PartialSchema, ToSchema};

use super::access;
use super::assignments::AssignmentSort;
use super::audit::After;
use super::code::Code;
use super::customers::CustomerSort;
use super::licenses::LicenseSort;
use super::page::Limit;
use super::people::PersonSort;
use super::problem::{FieldError, PROBLEM_JSON, Problem};
use super::session_list::SessionSort;
use super::session_stream::{Seconds, SessionEvents};
use super::sorted::Order;
use super::text::{ReturnTo, Search};

/// What each tag holds.
const TAGS: [(&str, &str); 11] = [
    (
        "seats",
        "Take, keep and give back seats. Public: the license key, then the secret session id, is the authority.",
    ),
    ("catalogue", "Products, plans and customers: what is sold and to whom."),
    (
        "licenses",
        "Licenses: the right to a number of seats of a plan until a date.",
    ),
    ("sessions", "Sessions as operators see them: by their public names."),
    (
        "refusals",
        "Acquires that were refused, and why. What one holder repeated within ten minutes is one refusal.",
    ),
    (
        "analytics",
        "Figures of a license's use, made of its whole history and not of samples. docs/analytics.md defines each.",
    ),
    ("access", "API tokens of operators and programs."),
    (
        "people",
        "People: the vendor's own and the members of customers, what they may do, and how they sign in.",
    ),
    (
        "cluster",
        "The cluster: its nodes, its leader, the tokens by which nodes join.",
    ),
    ("audit", "The audit: every change, grant, refusal and end."),
    ("meta", "The API itself."),
];

const DESCRIPTION: &str = "\
JSON over HTTPS; every node serves every call. Members and parameters that the server does not know are refused by \
name. Bodies are at most 64 KiB (batches of heartbeats: 1 MiB). Times are RFC 3339, from 1970 to 9999-12-29, in any \
offset as they are read and in UTC as they are written. Whole numbers are written without a point and without an \
exponent.\n\n\
Errors are RFC 9457 problems. Match on `code`, which is permanent; `detail` says what happened and what to do next. Send \
a call again after NO_LEADER, OVERLOADED, OUTCOME_UNKNOWN, RATE_LIMITED, any 5xx and a broken connection, with the same \
`request_id` or `Idempotency-Key`; every other answer is final.";

/// The document as it is checked in and served.
pub fn document() -> String {
    to_json(&complete(super::routes().split_for_parts().1))
}

/// Writes a document as JSON.
pub(super) fn to_json(document: &OpenApi) -> String {
    let mut text = document.to_pretty_json().expect("a document is plain data");
    text.push('\n');
    text
}

/// Adds to the handlers' own words what all operations share.
pub(super) fn complete(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("usher")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .contact(Some(
            ContactBuilder::new()
                .name(Some("usher"))
                .url(Some("https://usher.dev"))
                .build(),
        ))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ))
        .build();
    let tag = |(name, description)| TagBuilder::new().name(name).description(Some(description)).build();
    document.tags = Some(TAGS.map(tag).into());
    let components = document.components.get_or_insert_with(Components::new);
    components.add_security_scheme("api_token", bearer());
    components.add_security_scheme("login", cookie());
    components.schemas.insert(Problem::name().into(), Problem::schema());
    components
        .schemas
        .insert(FieldError::name().into(), FieldError::schema());
    components
        .schemas
        .insert(<Code as ToSchema>::name().into(), codes_schema());
    // Those that only parameters are made of, which the handlers' derive does not collect.
    components.schemas.insert(Limit::name().into(), Limit::schema());
    components.schemas.insert(Search::name().into(), Search::schema());
    components.schemas.insert(ReturnTo::name().into(), ReturnTo::schema());
    components.schemas.insert(After::name().into(), After::schema());
    components.schemas.insert(Seconds::name().into(), Seconds::schema());
    components.schemas.insert(Order::name().into(), Order::schema());
    // The data of events, which no answer is made of as a whole.
    components
        .schemas
        .insert(SessionEvents::name().into(), SessionEvents::schema());
    components
        .schemas
        .insert(CustomerSort::name().into(), CustomerSort::schema());
    components
        .schemas
        .insert(PersonSort::name().into(), PersonSort::schema());
    components
        .schemas
        .insert(AssignmentSort::name().into(), AssignmentSort::schema());
    components
        .schemas
        .insert(LicenseSort::name().into(), LicenseSort::schema());
    components
        .schemas
        .insert(SessionSort::name().into(), SessionSort::schema());
    components.schemas.extend(super::analytics::schemas());
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            complete_operation(path, method, operation, &mut components.responses);
        }
    }
    links::add(&mut document);
    document
        .paths
        .paths
        .insert(format!("{}/openapi.json", super::BASE), itself());
    document
}

fn bearer() -> SecurityScheme {
    let description = "An API token, as `usher init` prints the first one and `POST /tokens` makes more.";
    SecurityScheme::Http(
        HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("usher_…")
            .description(Some(description))
            .build(),
    )
}

fn cookie() -> SecurityScheme {
    let description = "A person's login, as `POST /logins` sets it: `__Host-usher_login` over TLS, `usher_login` over plain \
                       HTTP on one machine. A call that changes something must come from a page of this server, which \
                       `Sec-Fetch-Site` or `Origin` says.";
    SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(
        "__Host-usher_login",
        description,
    )))
}

/// The codes with their meanings, one paragraph each.
fn codes_schema() -> RefOr<utoipa::openapi::Schema> {
    let mut description = "What kind of problem it is. Permanent: match on this, never on texts.\n".to_owned();
    for code in Code::ALL {
        write!(
            description,
            "\n- `{}` ({}):{}",
            code.name(),
            code.status().as_u16(),
            code.meaning()
        )
        .expect("a String takes all text");
    }
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(Code::ALL.iter().map(|code| code.name())))
        .into()
}

type Responses = BTreeMap<String, RefOr<Response>>;

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem {
        get,
        put,
        post,
        delete,
        patch,
        ..
    } = item;
    let all = [
        ("get", get),
        ("put", put),
        ("post", post),
        ("delete", delete),
        ("patch", patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn complete_operation(path: &str, method: &'static str, operation: &mut Operation, shared: &mut Responses) {
    let guarded = operation.security.is_some();
    if let Some(security) = &mut operation.security {
        let login = SecurityRequirement::new("login", Vec::<String>::new());
        if is_about_oneself(path, method) {
            *security = vec![login];
        } else {
            security.push(login);
        }
    }
    let parameters = operation.parameters.get_or_insert_default();
    // Beats change nothing that has a version, and are repeated as they come.
    let is_beat = path.ends_with("/heartbeats");
    if guarded && matches!(method, "post" | "put" | "patch" | "delete") && !is_beat {
        parameters.push(idempotency_key().into());
    }
    if matches!(method, "put" | "patch") && !is_beat {
        parameters.push(if_match().into());
    }
    if parameters.is_empty() {
        operation.parameters = None;
    }
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes(path, method, guarded, operation.request_body.is_some()) {
        by_status.entry(code.status().as_u16()).or_default().push(code);
    }
    for (status, codes) in by_status {
        // Named by what it holds, so that operations which answer the same share it.
        let name = codes.iter().map(|code| code.name()).collect::<Vec<_>>().join("-");
        let response = Ref::from_response_name(&name).into();
        shared.entry(name).or_insert_with(|| RefOr::T(problem(&codes)));
        operation.responses.responses.insert(status.to_string(), response);
    }
    // These calls read a body, also where it may be left out; what is wrong with it as a whole has statuses of its own.
    if method != "get" {
        let invalid: RefOr<Response> = Ref::from_response_name(Code::InvalidRequest.name()).into();
        for status in [
            StatusCode::REQUEST_TIMEOUT,
            StatusCode::PAYLOAD_TOO_LARGE,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ] {
            let status = status.as_u16().to_string();
            operation.responses.responses.insert(status, invalid.clone());
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body
        && MAY_BE_LEFT_OUT.contains(&&*format!("{method} {path}"))
    {
        body.required = Some(Required::False);
    }
}

/// Whether only people may make the call, about themselves.
fn is_about_oneself(path: &str, method: &str) -> bool {
    let below = path.strip_prefix(super::BASE).unwrap_or(path);
    access::find(&method.to_uppercase(), below).is_some_and(|rule| rule.by == access::By::People)
}

/// Operations whose body may be left out, since each of its members may.
const MAY_BE_LEFT_OUT: [&str; 5] = [
    "post /api/v1/cluster/join-tokens",
    "post /api/v1/cluster/transfer",
    "post /api/v1/me/user-tokens",
    "put /api/v1/branding",
    "put /api/v1/retention",
];

/// The codes that an operation answers.
fn codes(path: &str, method: &str, guarded: bool, has_body: bool) -> Vec<Code> {
    let mut codes = vec![Code::InvalidRequest, Code::Overloaded, Code::NoLeader, Code::Internal];
    if guarded {
        codes.extend([Code::Unauthenticated, Code::Forbidden, Code::RateLimited]);
    }
    if method != "get" || has_body {
        codes.push(Code::OutcomeUnknown);
    }
    codes.extend_from_slice(match path.rsplit('/').next().unwrap_or_default() {
        "acquire" => &[
            Code::LicenseNotFound,
            Code::SeatLimitReached,
            Code::GhostLimitReached,
            Code::HolderLimitReached,
            Code::SeatNotAssigned,
            Code::LicenseExpired,
            Code::LicenseNotStarted,
            Code::LicenseSuspended,
            Code::LicenseRevoked,
            Code::SessionExpired,
            Code::SessionRevoked,
            Code::SessionReleased,
            Code::RequestIdReused,
            Code::RequestTooLate,
            Code::UserRequired,
            Code::TokenInvalid,
            Code::RateLimited,
            Code::ProviderUnavailable,
            Code::CertificateExpired,
        ],
        "start" => &[Code::NotFound],
        "user-tokens" if !guarded => &[Code::TokenInvalid, Code::Forbidden, Code::RateLimited],
        "heartbeat" => &[
            Code::SessionNotFound,
            Code::SessionExpired,
            Code::SessionRevoked,
            Code::SessionReleased,
            Code::LicenseExpired,
            Code::LicenseNotStarted,
            Code::LicenseSuspended,
            Code::LicenseRevoked,
            Code::CertificateExpired,
        ],
        "heartbeats" => &[Code::CertificateExpired],
        "release" => &[Code::RequestTooLate],
        "explain" => &[Code::NotFound, Code::RateLimited],
        "logins" if method == "post" => &[
            Code::SignInRefused,
            Code::TotpRequired,
            Code::Forbidden,
            Code::RateLimited,
            Code::RequestTooLate,
        ],
        "setup" => &[
            Code::InvitationInvalid,
            Code::Forbidden,
            Code::RateLimited,
            Code::AlreadyExists,
            Code::Conflict,
            Code::RequestIdReused,
            Code::RequestTooLate,
        ],
        _ if guarded => admin_codes(path, method),
        _ => &[],
    });
    codes
}

fn admin_codes(path: &str, method: &str) -> &'static [Code] {
    const CHANGE: &[Code] = &[
        Code::Conflict,
        Code::AlreadyExists,
        Code::RequestIdReused,
        Code::RequestTooLate,
    ];
    let named = path.contains('{');
    match (method, named) {
        ("get", false) => &[],
        ("get", true) if path.contains("/licenses/") => &[Code::LicenseNotFound],
        ("get", true) if path.contains("/sessions/") => &[Code::SessionNotFound],
        ("get", true) => &[Code::NotFound],
        (_, true) if path.ends_with("/assign") => &[
            Code::LicenseNotFound,
            Code::SeatsAllAssigned,
            Code::AlreadyExists,
            Code::Conflict,
            Code::RequestIdReused,
            Code::RequestTooLate,
        ],
        (_, true) if path.ends_with("/unassign") => &[
            Code::LicenseNotFound,
            Code::NotFound,
            Code::RequestIdReused,
            Code::RequestTooLate,
        ],
        (_, true) if path.contains("/licenses/") => &[
            Code::LicenseNotFound,
            Code::Conflict,
            Code::RequestIdReused,
            Code::RequestTooLate,
        ],
        (_, true) if path.contains("/sessions/") => &[
            Code::SessionNotFound,
            Code::SessionExpired,
            Code::SessionRevoked,
            Code::SessionReleased,
            Code::RequestIdReused,
            Code::RequestTooLate,
        ],
        (_, true) => &[
            Code::NotFound,
            Code::Conflict,
            Code::AlreadyExists,
            Code::RequestIdReused,
            Code::RequestTooLate,
        ],
        (_, false) => CHANGE,
    }
}

fn problem(codes: &[Code]) -> Response {
    let mut description = String::new();
    for code in codes {
        let comma = if description.is_empty() { "" } else { ", " };
        write!(description, "{comma}`{}`", code.name()).expect("a String takes all text");
    }
    let body = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(Problem::name())))
        .build();
    let response = ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, body);
    let seconds = HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
        .description(Some("Seconds after which trying again makes sense."));
    if codes.iter().any(|code| retries(*code)) {
        response.header("Retry-After", seconds.build()).build()
    } else {
        response.build()
    }
}

/// Whether a problem of this code says when to come back.
fn retries(code: Code) -> bool {
    matches!(
        code,
        Code::SeatLimitReached
            | Code::GhostLimitReached
            | Code::HolderLimitReached
            | Code::RateLimited
            | Code::NoLeader
            | Code::Overloaded
            | Code::OutcomeUnknown
            | Code::ProviderUnavailable
            | Code::CertificateExpired
    )
}

fn header(name: &str, description: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
}

fn idempotency_key() -> Parameter {
    let description = "The call's name: sent again with the same body it changes nothing and answers the same.";
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(128))
        .pattern(Some(r"^[!-~]([\t -~]*[!-~])?$"));
    header("Idempotency-Key", description).schema(Some(text)).build()
}

fn if_match() -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(r#"^(\*|(W/)?"[0-9]{1,9}")$"#))
        .examples(["\"3\""]);
    header("If-Match", "The `ETag` that was seen; another version is a conflict.")
        .schema(Some(text))
        .build()
}

/// The operation that serves the document.
fn itself() -> PathItem {
    let any = ContentBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::Object)))
        .build();
    let ok = ResponseBuilder::new()
        .description("The OpenAPI document.")
        .content("application/json", any);
    let operation = Operation::builder()
        .tag("meta")
        .operation_id(Some("get_openapi"))
        .summary(Some("This document."))
        .response("200", ok.build());
    PathItem::new(utoipa::openapi::HttpMethod::Get, operation.build())
}
