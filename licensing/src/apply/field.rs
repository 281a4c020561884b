//! The bounds of every value that a command may bring. The edge checks its input too; here is where it counts, because
//! what gets past here is in the ledger for good. A field is named as the API names it.

use std::ops::RangeInclusive;

use crate::apply::until::token_life;
use crate::catalogue::{Entitlement, Entitlements, PlanTerms};
use crate::identity::{ProviderTerms, User};
use crate::outcome::Rejection;
use crate::person::{EMAIL_CHARS_MAX, is_email};
use crate::retention::{DAYS_MAX, History};
use crate::session::ClientInfo;
use crate::state::json_bytes;
use crate::time::{At, Span};

/// Seats, overage and ghosts.
const SEATS_MAX: u32 = 10_000_000;
const SESSIONS_PER_HOLDER_MAX: u32 = 10_000;
const TTL_MIN: Span = Span::from_secs(2);
const TTL_MAX: Span = Span::from_secs(30 * 86_400);
const HEARTBEAT_MIN: Span = Span::from_ms(500);
const GRACE_MAX: Span = Span::from_secs(90 * 86_400);
const CODE_CHARS_MAX: usize = 63;
const TEXT_CHARS_MAX: usize = 200;
const CLIENT_CHARS_MAX: usize = 128;
const KEY_HINT_CHARS_MAX: usize = 16;
const HOST_CHARS_MAX: usize = 253;
const PASSWORD_HASH_CHARS_MAX: usize = 256;
const SEALED_TOTP_BYTES_MAX: usize = 128;
const SEALED_SECRET_BYTES_MAX: usize = 1_024;
const ACCOUNT_CHARS_MAX: usize = 255;
const SCOPES_MAX: usize = 16;
const SCOPE_CHARS_MAX: usize = 128;
const KEYS_BYTES_MAX: usize = 32 * 1_024;

/// The end of the year 9999: the last date that RFC 3339 can write.
const AT_MAX: At = At::from_ms(253_402_300_799_999);

/// What product code, plan code and entitlements may take together in a session token, so that the longest token stays
/// within 1 KiB: everything else in it has a fixed length.
pub(crate) const TOKEN_TEXT_BYTES_MAX: usize = 256;

type Checked = Result<(), Rejection>;

pub(super) fn invalid(field: &str, problem: String) -> Rejection {
    Rejection::InvalidField {
        field: field.into(),
        problem: problem.into(),
    }
}

fn check(holds: bool, field: &str, problem: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(invalid(field, problem())) }
}

/// Checks a value if there is one.
pub(super) fn optional<T: ?Sized>(value: Option<&T>, check: impl FnOnce(&T) -> Checked) -> Checked {
    value.map_or(Ok(()), check)
}

fn is_plain(text: &str, chars: RangeInclusive<usize>) -> bool {
    chars.contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// A text for people.
pub(super) fn text(field: &str, text: &str) -> Checked {
    bounded_text(field, text, TEXT_CHARS_MAX)
}

fn bounded_text(field: &str, text: &str, max: usize) -> Checked {
    check(is_plain(text, 1..=max), field, || {
        format!(
            "give 1 to {max} characters without control characters; this has {}",
            text.chars().count()
        )
    })
}

/// An operator's reason.
pub(super) fn reason(reason: &str) -> Checked {
    text("reason", reason)
}

/// A code of a product or plan.
pub(super) fn code(code: &str) -> Checked {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut bytes = code.bytes();
    let holds = bytes.next().is_some_and(is_alphanumeric)
        && bytes.all(|byte| is_alphanumeric(byte) || byte == b'-')
        && code.len() <= CODE_CHARS_MAX;
    check(holds, "code", || {
        format!("give 1 to {CODE_CHARS_MAX} of a-z 0-9 and -, not beginning with -, such as coditect-pro")
    })
}

/// What license keys begin with.
pub(super) fn key_prefix(prefix: &str) -> Checked {
    let mut bytes = prefix.bytes();
    let holds = bytes.next().is_some_and(|byte| byte.is_ascii_uppercase())
        && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && (2..=16).contains(&prefix.len());
    check(holds, "key_prefix", || {
        "give 2 to 16 of A-Z 0-9, beginning with a letter, such as CODITECT".to_owned()
    })
}

/// The end of a license key, to recognise it by.
pub(super) fn key_hint(hint: &str) -> Checked {
    bounded_text("key_hint", hint, KEY_HINT_CHARS_MAX)
}

/// Where a customer renews.
pub(super) fn renewal_url(url: &str) -> Checked {
    check(is_url(url, &["https://"]), "renewal_url", || {
        format!("give an https:// address of at most {TEXT_CHARS_MAX} characters without spaces")
    })
}

/// A colour as style sheets write it.
pub(super) fn colour(colour: &str) -> Checked {
    let digits = colour.strip_prefix('#').unwrap_or_default();
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    check(digits.len() == 6 && digits.bytes().all(is_digit), "colour", || {
        "give # and six of 0-9 a-f, such as #0b7a5e".to_owned()
    })
}

/// Where customers ask for help.
pub(super) fn support(contact: &str) -> Checked {
    let holds = is_url(contact, &["https://"]) || email(contact).is_ok();
    check(holds, "support", || {
        "give an e-mail address or an https:// address".to_owned()
    })
}

/// Where a node's API is. Plain http is for one node on one machine, which the edge sees to.
pub(super) fn api_url(url: &str) -> Checked {
    check(is_url(url, &["https://", "http://"]), "api_url", || {
        format!("give an https:// or http:// address of at most {TEXT_CHARS_MAX} characters without spaces")
    })
}

fn is_url(url: &str, schemes: &[&str]) -> bool {
    let rest = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
    rest.is_some_and(|rest| {
        rest.bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'[')
    }) && url.len() <= TEXT_CHARS_MAX
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Where a node's peer port is.
pub(super) fn peer_address(address: &str) -> Checked {
    let holds = address.rsplit_once(':').is_some_and(|(host, port)| {
        (1..=HOST_CHARS_MAX).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_graphic())
            && port.parse::<u16>().is_ok_and(|port| port != 0)
    });
    check(holds, "peer_address", || {
        "give host:port, such as 10.0.0.1:7443 or node-1.example:7443".to_owned()
    })
}

/// A customer's address.
pub(super) fn email(email: &str) -> Checked {
    check(is_email(email), "email", || {
        format!("give one address such as ann@example.com, of at most {EMAIL_CHARS_MAX} characters")
    })
}

/// What a person signs in by. The edge writes it in lower case, so that one address is one person.
pub(super) fn sign_in_email(address: &str) -> Checked {
    email(address)?;
    let is_lower = !address.bytes().any(|byte| byte.is_ascii_uppercase());
    check(is_lower, "email", || "give it in lower case".to_owned())
}

/// The refusal of an address that is not the invited person's.
pub(super) fn another_email() -> Rejection {
    invalid(
        "email",
        "the link is for another address; leave this one out".to_owned(),
    )
}

/// A password's hash. That it is one is the edge's to see to; here it is bounded.
pub(super) fn password(hash: &str) -> Checked {
    let holds = hash.starts_with("$argon2id$") && is_plain(hash, 1..=PASSWORD_HASH_CHARS_MAX);
    check(holds, "password", || "give an argon2id hash".to_owned())
}

/// A second factor's sealed secret.
pub(super) fn sealed_totp(sealed: &[u8]) -> Checked {
    check((1..=SEALED_TOTP_BYTES_MAX).contains(&sealed.len()), "totp", || {
        format!("give 1 to {SEALED_TOTP_BYTES_MAX} bytes")
    })
}

/// Where an identity provider is. Plain http is for one on this machine, which the edge sees to.
pub(super) fn issuer(url: &str) -> Checked {
    check(is_url(url, &["https://", "http://"]), "issuer", || {
        format!("give an https:// address of at most {TEXT_CHARS_MAX} characters without spaces")
    })
}

/// What an identity provider is asked for, each by itself.
pub(super) fn provider_terms(terms: &ProviderTerms) -> Checked {
    optional(terms.client_id.as_deref(), |id| text("client_id", id))?;
    optional(terms.audience.as_deref(), |audience| text("audience", audience))?;
    // RFC 6749, section 3.3.
    let is_scope_byte = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    let is_scope = |scope: &str| (1..=SCOPE_CHARS_MAX).contains(&scope.len()) && scope.bytes().all(is_scope_byte);
    let holds = terms.scopes.len() <= SCOPES_MAX && terms.scopes.iter().all(|scope| is_scope(scope));
    check(holds, "scopes", || {
        format!("give at most {SCOPES_MAX}, each of 1 to {SCOPE_CHARS_MAX} visible characters, such as openid")
    })?;
    optional(terms.keys.as_deref(), |keys| {
        check((1..=KEYS_BYTES_MAX).contains(&keys.len()), "keys", || {
            format!("give a JSON web key set of at most {KEYS_BYTES_MAX} bytes")
        })
    })
}

/// The sealed secret that an identity provider knows us by.
pub(super) fn sealed_client_secret(sealed: &[u8]) -> Checked {
    check(
        (1..=SEALED_SECRET_BYTES_MAX).contains(&sealed.len()),
        "client_secret",
        || format!("give 1 to {SEALED_SECRET_BYTES_MAX} bytes"),
    )
}

/// A user whom a token vouched for.
pub(super) fn user(user: &User) -> Checked {
    bounded_text("issuer", &user.issuer, TEXT_CHARS_MAX)?;
    bounded_text("account", &user.account, ACCOUNT_CHARS_MAX)?;
    optional(user.email.as_deref(), |email| {
        bounded_text("email", email, EMAIL_CHARS_MAX)
    })
}

/// An account as its identity provider names it.
pub(super) fn account(account: &str) -> Checked {
    bounded_text("account", account, ACCOUNT_CHARS_MAX)
}

/// For how many days a kind of history is kept.
pub(super) fn days_kept(history: History, days: Option<u32>) -> Checked {
    days.map_or(Ok(()), |days| {
        count(history.field(), days, history.days_min()..=DAYS_MAX)
    })
}

/// A number of seats.
pub(super) fn seats(field: &str, seats: u32) -> Checked {
    count(field, seats, 0..=SEATS_MAX)
}

fn count(field: &str, count: u32, allowed: RangeInclusive<u32>) -> Checked {
    check(allowed.contains(&count), field, || {
        format!("give {} to {}, not {count}", allowed.start(), allowed.end())
    })
}

/// A date that can be written.
pub(super) fn date(field: &str, at: At) -> Checked {
    check(at <= AT_MAX, field, || "give a date before the year 10000".to_owned())
}

/// A date that is still to come.
pub(super) fn future(field: &str, date_given: At, at: At) -> Checked {
    date(field, date_given)?;
    check(date_given > at, field, || "give a date in the future".to_owned())
}

/// A license's two dates.
pub(super) fn license_dates(starts_at: At, expires_at: Option<At>) -> Checked {
    date("starts_at", starts_at)?;
    let Some(expires_at) = expires_at else {
        return Ok(());
    };
    date("expires_at", expires_at)?;
    check(expires_at > starts_at, "expires_at", || {
        "give a date after starts_at, or none".to_owned()
    })
}

/// What a client says about itself.
pub(super) fn client(client: Option<&ClientInfo>) -> Checked {
    let Some(ClientInfo {
        instance,
        hostname,
        app,
        version,
        os,
        sdk,
    }) = client
    else {
        return Ok(());
    };
    for (field, value) in [
        ("client.instance", instance),
        ("client.hostname", hostname),
        ("client.app", app),
        ("client.version", version),
        ("client.os", os),
        ("client.sdk", sdk),
    ] {
        if let Some(value) = value {
            bounded_text(field, value, CLIENT_CHARS_MAX)?;
        }
    }
    Ok(())
}

/// A plan's terms, by themselves.
pub(super) fn terms(terms: &PlanTerms) -> Checked {
    seats("seats", terms.seats)?;
    seats("overage_max", terms.overage_max)?;
    seats("ghosts_max", terms.ghosts_max.unwrap_or(0))?;
    count(
        "sessions_per_holder_max",
        terms.sessions_per_holder_max,
        1..=SESSIONS_PER_HOLDER_MAX,
    )?;
    span("ttl_seconds", terms.ttl, TTL_MIN, TTL_MAX)?;
    span("grace_seconds", terms.grace, Span::default(), GRACE_MAX)?;
    // A heartbeat and a sixth of one fit into a token's life, so that one lost beat's retry still comes in time.
    let heartbeat_max = Span::from_ms(token_life(terms.ttl).ms() / 7 * 6);
    span("heartbeat_seconds", terms.heartbeat, HEARTBEAT_MIN, heartbeat_max)?;
    entitlements(&terms.entitlements)
}

fn span(field: &str, span: Span, min: Span, max: Span) -> Checked {
    // Whoever reads it gives whole seconds.
    check((min..=max).contains(&span), field, || {
        format!(
            "give {} to {}, not {}",
            min.secs_ceil(),
            max.ms() / 1_000,
            seconds(span)
        )
    })
}

/// A span in seconds, as the API counts it.
fn seconds(span: Span) -> String {
    match (span.ms() / 1_000, span.ms() % 1_000) {
        (whole, 0) => whole.to_string(),
        (whole, ms) => format!("{whole}.{ms:03}").trim_end_matches('0').to_owned(),
    }
}

/// Entitlements, each by itself.
pub(super) fn entitlements(entitlements: &Entitlements) -> Checked {
    check(entitlements.len() <= Entitlement::COUNT_MAX, "entitlements", || {
        format!("give at most {}, not {}", Entitlement::COUNT_MAX, entitlements.len())
    })?;
    for (name, value) in entitlements {
        check(Entitlement::is_name(name), "entitlements", || {
            format!("name each by 1 to {} of A-Z a-z 0-9 _ . -", Entitlement::NAME_CHARS_MAX)
        })?;
        if let Entitlement::Text(text) = value {
            check(Entitlement::is_text(text), "entitlements", || {
                format!(
                    "{name} takes at most {} characters without control characters",
                    Entitlement::TEXT_CHARS_MAX
                )
            })?;
        }
    }
    Ok(())
}

/// What a token has to carry: the bytes of the product's and the plan's code, of the plan's entitlements, and of those
/// that a license adds.
pub(super) fn token_text(codes: usize, plan: usize, own: usize) -> Checked {
    let bytes = codes + plan + own;
    check(bytes <= TOKEN_TEXT_BYTES_MAX, "entitlements", || {
        format!(
            "a session token has room for {TOKEN_TEXT_BYTES_MAX} bytes of codes and entitlements; the codes take \
             {codes}, the plan's entitlements {plan} and the most that a license adds {own}"
        )
    })
}

/// What a plan's entitlements take in a token.
pub(super) fn plan_bytes(plan: &Entitlements) -> usize {
    json_bytes(plan)
}

/// What a license's own entitlements add at most to those of its plan.
pub(super) fn own_bytes(own: &Entitlements) -> usize {
    if own.is_empty() { 0 } else { json_bytes(own) }
}
