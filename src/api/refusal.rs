//! From a lawful no, or no answer at all, to what the client reads about it.

use std::fmt::Write as _;

use licensing::assignment::UNASSIGNED;
use licensing::outcome::{Kind, Rejection};
use licensing::time::{At, Span};
use raft::ProposeError;

use super::code::Code;
use super::problem::ApiError;
use super::time::Timestamp;

/// How long to wait before asking a cluster without a leader, or a busy node, again.
const SOON: Span = Span::from_secs(1);

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::SeatLimitReached {
                limit,
                in_use,
                retry_after,
            } => {
                let detail = format!(
                    "{} in use. Close the application on another device, or ask for more \
                     seats. The soonest that a silent device frees its seat is in {} s.",
                    every_seat(limit),
                    retry_after.secs_ceil()
                );
                Self::new(Code::SeatLimitReached, detail)
                    .usage(limit, in_use)
                    .retry_after(retry_after)
            }
            Rejection::GhostLimitReached {
                limit,
                in_use,
                ghosts,
                retry_after,
            } => {
                let detail = format!(
                    "{} in use, and {} that went offline may still be running, which reaches the limit of {limit}. \
                     Connect one of those devices and close the application on it; the soonest that one must have \
                     stopped is in {} s.",
                    count_are(in_use, "seat"),
                    count(ghosts, "device"),
                    retry_after.secs_ceil()
                );
                Self::new(Code::GhostLimitReached, detail)
                    .usage(limit, in_use + ghosts)
                    .retry_after(retry_after)
            }
            Rejection::HolderLimitReached {
                limit,
                in_use,
                retry_after,
            } => {
                let detail = format!(
                    "You, or this device, already have {in_use} of the {} that one may have. Close a running copy, here or \
                     wherever else you run the application; the soonest that a silent one ends is in {} s.",
                    count(limit, "session"),
                    retry_after.secs_ceil()
                );
                Self::new(Code::HolderLimitReached, detail)
                    .usage(limit, in_use)
                    .retry_after(retry_after)
            }
            Rejection::LicenseExpired {
                expired_at,
                renewal_url,
            } => {
                let detail = format!(
                    "The license ended on {}.{}",
                    day(expired_at),
                    renew(renewal_url.as_deref())
                );
                Self::new(Code::LicenseExpired, detail).renewal_url(renewal_url.as_deref())
            }
            Rejection::LicenseNotStarted { starts_at, renewal_url } => {
                let detail = format!("The license starts at {}. Try again then.", Timestamp(starts_at));
                Self::new(Code::LicenseNotStarted, detail).renewal_url(renewal_url.as_deref())
            }
            Rejection::LicenseSuspended { reason, renewal_url } => {
                let detail = format!("The license is on hold: {reason}. Ask the vendor to take it off hold.");
                Self::new(Code::LicenseSuspended, detail).renewal_url(renewal_url.as_deref())
            }
            Rejection::LicenseRevoked { reason, renewal_url } => {
                let detail = format!("The license was ended for good: {reason}. Ask the vendor for another one.");
                Self::new(Code::LicenseRevoked, detail).renewal_url(renewal_url.as_deref())
            }
            Rejection::SessionNotFound => no_such_session(),
            Rejection::SessionExpired => Self::new(
                Code::SessionExpired,
                "The session got no heartbeat in time, so its seat was freed. Acquire a seat again.",
            ),
            Rejection::SessionRevoked { reason } => Self::new(
                Code::SessionRevoked,
                format!("The session was ended: {reason}. {}", after_end(&reason)),
            ),
            Rejection::SessionReleased => Self::new(
                Code::SessionReleased,
                "The session was given back. Acquire a seat again, with a new request_id.",
            ),
            Rejection::RequestTooLate => Self::new(
                Code::RequestTooLate,
                "The request was on its way for more than five minutes and was not carried out. Send it again with a \
                 new request id.",
            ),
            Rejection::RequestIdReused => Self::new(
                Code::RequestIdReused,
                "The request id or idempotency key was used before, for another request. Take a new one for each \
                 request, and the same one only to repeat a request as it was.",
            ),
            Rejection::NotFound { kind } => not_found(kind),
            // The edge derives ids from the idempotency key, so this one was used for a call that is long answered.
            Rejection::AlreadyExists { kind, field } if &*field == "id" => Self::new(
                Code::AlreadyExists,
                format!(
                    "This Idempotency-Key created a {kind} before. Look it up, or take a new key to create another."
                ),
            ),
            Rejection::AlreadyExists { kind, field } => Self::new(
                Code::AlreadyExists,
                format!("Another {kind} has this {field}. Choose another {field}, or change the {kind} that has it."),
            ),
            Rejection::VersionConflict { kind, version } => Self::new(
                Code::Conflict,
                format!(
                    "The {kind} was changed meanwhile: it has version {version} by now. Read it again, then decide \
                     whether to repeat the change."
                ),
            ),
            Rejection::NotAllowed { problem } => Self::new(Code::Conflict, sentence(&problem)),
            Rejection::InvalidField { field, problem } => Self::field(&*field, &*problem),
            Rejection::JoinTokenInvalid => Self::new(
                Code::TokenInvalid,
                "The join token is not known, was used, or has expired. Make a new one with `usher cluster join-token`.",
            ),
            Rejection::InvitationInvalid => Self::new(
                Code::InvitationInvalid,
                "The link is not known, was used, or has expired. If you have chosen a password by it, sign in with that; else \
                 ask whoever gave it to you for another.",
            ),
            Rejection::SignInRefused => Self::new(
                Code::SignInRefused,
                "The e-mail address, the password or the code is not right, or this account may not sign in.",
            ),
            Rejection::EmailNotVerified => Self::new(
                Code::SignInRefused,
                "The identity provider has not verified the e-mail address of this account. Verify it there, then sign in \
                 again.",
            ),
            Rejection::AccountUnknown => Self::new(
                Code::SignInRefused,
                "Nobody here has the e-mail address of this account. Ask an owner to add you.",
            ),
            Rejection::AccountMoved => Self::new(
                Code::SignInRefused,
                "The e-mail address belongs to somebody who signs in by another account of this identity provider. Use that \
                 one, or ask an owner to forget it.",
            ),
            Rejection::UserRequired => Self::new(
                Code::UserRequired,
                "This license counts its seats by user. Sign in, with `usher login` or an identity \
                 provider, and send the token as jwt_token.",
            ),
            Rejection::SeatNotAssigned { email, seats, assigned } => {
                Self::new(Code::SeatNotAssigned, not_assigned(email.as_deref(), seats, assigned))
            }
            Rejection::SeatsAllAssigned { seats, assigned } => Self::new(
                Code::SeatsAllAssigned,
                format!(
                    "The license has {}, and {assigned} {} assigned. Take one from somebody first, or give the license more \
                     seats.",
                    count(seats, "seat"),
                    if assigned == 1 { "is" } else { "are" }
                ),
            ),
        }
    }
}

impl From<ProposeError> for ApiError {
    fn from(error: ProposeError) -> Self {
        match error {
            ProposeError::NoLeader => Self::new(
                Code::NoLeader,
                "The cluster has no leader at the moment. Nothing was changed. Send the request again in a second, \
                 also to another node.",
            )
            .retry_after(SOON),
            ProposeError::OutcomeUnknown => Self::new(
                Code::OutcomeUnknown,
                "The request may or may not have been carried out. Send it again with the same request_id or \
                 Idempotency-Key: that is safe and tells the outcome.",
            )
            .retry_after(SOON),
            ProposeError::Overloaded => Self::new(
                Code::Overloaded,
                "This node has more work than it can do. Nothing was changed. Send the request again in a second, also \
                 to another node.",
            )
            .retry_after(SOON),
            ProposeError::ShuttingDown => Self::new(
                Code::Overloaded,
                "This node is shutting down. Nothing was changed. Send the request to another node.",
            )
            .retry_after(SOON),
        }
    }
}

/// The row is not there. Ids that cannot exist are answered the same as ids that do not.
pub(crate) fn not_found(kind: Kind) -> ApiError {
    match kind {
        Kind::License => no_such_license(),
        Kind::Session => no_such_session(),
        Kind::Node => ApiError::new(
            Code::NotFound,
            "The cluster has no node of this number. `usher status` shows its nodes.",
        ),
        Kind::Product
        | Kind::Plan
        | Kind::Customer
        | Kind::JoinToken
        | Kind::ApiToken
        | Kind::Person
        | Kind::Login
        | Kind::Branding
        | Kind::IdentityProvider
        | Kind::Assignment
        | Kind::Retention => ApiError::new(
            Code::NotFound,
            format!("There is no such {kind}. Check its id, or list them all."),
        ),
    }
}

/// What helps whoever's session was ended.
fn after_end(reason: &str) -> &'static str {
    if reason == UNASSIGNED {
        "Ask whoever manages your licenses to assign you one. Where seats are assigned by name, another is refused until then."
    } else {
        "Ask whoever manages your licenses, or acquire again."
    }
}

/// No seat is assigned to an address; where none is vouched for, no seat that is assigned to anybody would help.
fn not_assigned(email: Option<&str>, seats: u32, assigned: u32) -> String {
    let seats = count(seats, "seat");
    let assigned = match assigned {
        0 => "none is assigned".to_owned(),
        1 => "1 is assigned".to_owned(),
        more => format!("{more} are assigned"),
    };
    match email {
        Some(email) => format!(
            "The seats of this license are assigned by name, and none is to {email}. Ask whoever manages your licenses to \
             assign you one: of {seats} {assigned}."
        ),
        None => format!(
            "The seats of this license are assigned by name, and your token vouches for no e-mail address: of {seats} \
             {assigned}. Show a token whose provider says `email_verified`, or a user token: `usher login` gives one."
        ),
    }
}

fn no_such_license() -> ApiError {
    ApiError::new(
        Code::LicenseNotFound,
        "No license has this key or id. Check that it was copied in full and that this is the server it was issued on.",
    )
}

fn no_such_session() -> ApiError {
    ApiError::new(
        Code::SessionNotFound,
        "No session has this id, or it ended long ago. Acquire a seat again.",
    )
}

fn day(at: At) -> String {
    let mut text = Timestamp(at).to_string();
    text.truncate("2026-11-22".len());
    text
}

fn renew(url: Option<&str>) -> String {
    let mut text = " Renew it".to_owned();
    match url {
        Some(url) => write!(text, " at {url}.").expect("a String takes all text"),
        None => text.push_str(" with its vendor."),
    }
    text
}

fn count(number: u32, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn every_seat(limit: u32) -> String {
    match limit {
        0 => "This license has no seats, so none can be".to_owned(),
        1 => "The one seat of this license is".to_owned(),
        _ => format!("All {limit} seats of this license are"),
    }
}

fn count_are(number: u32, noun: &str) -> String {
    format!("{} {}", count(number, noun), if number == 1 { "is" } else { "are" })
}

/// The ledger's words begin in lower case and end without a full stop.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(char::to_uppercase).into_iter().flatten();
    let stop = if text.ends_with('.') { "" } else { "." };
    format!("{}{}{stop}", first.collect::<String>(), rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_rejection() -> Vec<Rejection> {
        let retry_after = Span::from_secs(212);
        let (reason, renewal_url) = ("unpaid".into(), Some("https://vendor.example/renew".into()));
        vec![
            Rejection::SeatLimitReached {
                limit: 1,
                in_use: 1,
                retry_after,
            },
            Rejection::GhostLimitReached {
                limit: 3,
                in_use: 1,
                ghosts: 2,
                retry_after,
            },
            Rejection::HolderLimitReached {
                limit: 16,
                in_use: 16,
                retry_after,
            },
            Rejection::LicenseExpired {
                expired_at: At::from_ms(0),
                renewal_url,
            },
            Rejection::LicenseNotStarted {
                starts_at: At::from_ms(0),
                renewal_url: None,
            },
            Rejection::LicenseSuspended {
                reason,
                renewal_url: None,
            },
            Rejection::LicenseRevoked {
                reason: "fraud".into(),
                renewal_url: None,
            },
            Rejection::SessionNotFound,
            Rejection::SessionExpired,
            Rejection::SessionRevoked { reason: "moved".into() },
            Rejection::SessionReleased,
            Rejection::RequestTooLate,
            Rejection::RequestIdReused,
            Rejection::NotFound { kind: Kind::License },
            Rejection::NotFound { kind: Kind::Plan },
            Rejection::AlreadyExists {
                kind: Kind::Product,
                field: "code".into(),
            },
            Rejection::VersionConflict {
                kind: Kind::Plan,
                version: 3,
            },
            Rejection::NotAllowed {
                problem: "the license is not suspended".into(),
            },
            Rejection::InvalidField {
                field: "seats".into(),
                problem: "at most 1000000".into(),
            },
            Rejection::JoinTokenInvalid,
            Rejection::InvitationInvalid,
            Rejection::SignInRefused,
            Rejection::EmailNotVerified,
            Rejection::AccountUnknown,
            Rejection::AccountMoved,
            Rejection::UserRequired,
            Rejection::SeatNotAssigned {
                email: None,
                seats: 1,
                assigned: 0,
            },
            Rejection::SeatNotAssigned {
                email: Some("ann@example.com".into()),
                seats: 5,
                assigned: 3,
            },
            Rejection::SeatsAllAssigned { seats: 3, assigned: 3 },
        ]
    }

    #[test]
    fn a_rejection_keeps_its_code_on_the_wire() {
        for rejection in every_rejection() {
            let code = rejection.code();
            assert_eq!(ApiError::from(rejection).code().name(), code);
        }
    }

    #[test]
    fn every_detail_is_whole_sentences() {
        for rejection in every_rejection() {
            let detail = ApiError::from(rejection.clone()).problem("req_test").detail;
            let field = matches!(rejection, Rejection::InvalidField { .. });
            let whole = detail.starts_with(char::is_uppercase) || detail.starts_with(|c: char| c.is_ascii_digit());
            assert!(field || (whole && detail.ends_with('.')), "{detail}");
        }
    }

    #[test]
    fn a_full_license_says_how_many_and_when_to_come_back() {
        let retry_after = Span::from_ms(211_001);
        let problem = ApiError::from(Rejection::SeatLimitReached {
            limit: 1,
            in_use: 1,
            retry_after,
        })
        .problem("req_1");
        assert_eq!(
            (problem.status, problem.limit, problem.in_use, problem.retry_after),
            (409, Some(1), Some(1), Some(212))
        );
        assert!(
            problem.detail.starts_with("The one seat of this license is in use."),
            "{}",
            problem.detail
        );
    }

    #[test]
    fn an_expired_license_says_where_to_renew() {
        let renewal_url = Some("https://vendor.example/renew".into());
        let problem = ApiError::from(Rejection::LicenseExpired {
            expired_at: At::from_ms(0),
            renewal_url,
        })
        .problem("r");
        assert_eq!(problem.renewal_url.as_deref(), Some("https://vendor.example/renew"));
        assert_eq!(
            problem.detail,
            "The license ended on 1970-01-01. Renew it at https://vendor.example/renew."
        );
    }

    #[test]
    fn no_answer_is_worth_another_try() {
        use ProposeError::{NoLeader, OutcomeUnknown, Overloaded, ShuttingDown};
        for (error, status) in [
            (NoLeader, 503),
            (Overloaded, 503),
            (ShuttingDown, 503),
            (OutcomeUnknown, 504),
        ] {
            let problem = ApiError::from(error).problem("r");
            assert_eq!((problem.status, problem.retry_after), (status, Some(1)), "{error:?}");
        }
    }
}
