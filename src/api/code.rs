//! The permanent codes of problems: what clients match on. A code's meaning and status never change.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $wire:literal, $status:ident, $title:literal;)+) => {
        /// What kind of problem it is. Permanent: match on this, never on texts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $wire)] $name,)+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as it stands on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $wire,)+ }
            }

            /// The status it is answered with, unless a more exact one fits.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The problem's title, the same for each occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means and what to do, for the documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+),)+ }
            }
        }
    };
}

codes! {
    /// The request is not one that this API knows; `errors` names what is wrong. Correct it and send it again.
    InvalidRequest = "INVALID_REQUEST", BAD_REQUEST, "The request is not valid";
    /// The call needs an API token in `Authorization: Bearer usher_…` or a login, and the one shown is missing or not valid.
    Unauthenticated = "UNAUTHENTICATED", UNAUTHORIZED, "An API token or a login is needed";
    /// The e-mail address, the password or the code is not right, or the account may not sign in: all answer the same.
    SignInRefused = "SIGN_IN_REFUSED", UNAUTHORIZED, "Not signed in";
    /// The password is right, and the account has a second factor. Sign in again with its code.
    TotpRequired = "TOTP_REQUIRED", UNAUTHORIZED, "A code is needed";
    /// A token of another kind, such as a join token or a user's `jwt_token`, is not valid; `detail` says why.
    TokenInvalid = "TOKEN_INVALID", UNAUTHORIZED, "The token is not valid";
    /// The license counts its seats by person, so the call must say who asks.
    UserRequired = "USER_REQUIRED", UNAUTHORIZED, "A signed-in user is needed";
    /// The API token or the login is valid, but its scope or role does not cover the call, or it did not come from a page
    /// of this server.
    Forbidden = "FORBIDDEN", FORBIDDEN, "This is not allowed";
    /// No license has this key or id.
    LicenseNotFound = "LICENSE_NOT_FOUND", NOT_FOUND, "No such license";
    /// No session has this id, or it ended long ago. Acquire a seat again.
    SessionNotFound = "SESSION_NOT_FOUND", NOT_FOUND, "No such session";
    /// Nothing has this id or code.
    NotFound = "NOT_FOUND", NOT_FOUND, "Not found";
    /// Every seat is held. Wait for `retry_after`, close the application elsewhere, or buy more seats.
    SeatLimitReached = "SEAT_LIMIT_REACHED", CONFLICT, "Every seat is in use";
    /// Seats are free, but too many clients may still be running on their offline grace.
    GhostLimitReached = "GHOST_LIMIT_REACHED", CONFLICT, "Too many clients are offline";
    /// One holder has as many sessions as its plan allows.
    HolderLimitReached = "HOLDER_LIMIT_REACHED", CONFLICT, "Too many sessions of one holder";
    /// The license's seats are assigned by name, and none to whoever asks. Ask whoever manages the licenses to assign one.
    SeatNotAssigned = "SEAT_NOT_ASSIGNED", FORBIDDEN, "No seat is assigned to you";
    /// As many seats are assigned as the license has. Take one from somebody first, or give the license more seats.
    SeatsAllAssigned = "SEATS_ALL_ASSIGNED", CONFLICT, "Every seat is assigned";
    /// The license has ended. Renew it, at `renewal_url` if given.
    LicenseExpired = "LICENSE_EXPIRED", FORBIDDEN, "The license has expired";
    /// The license has not started yet.
    LicenseNotStarted = "LICENSE_NOT_STARTED", FORBIDDEN, "The license has not started";
    /// The license is on hold. Ask its vendor.
    LicenseSuspended = "LICENSE_SUSPENDED", FORBIDDEN, "The license is suspended";
    /// The license was ended for good. Ask its vendor.
    LicenseRevoked = "LICENSE_REVOKED", FORBIDDEN, "The license was revoked";
    /// The session got no heartbeat in time and its seat was freed. Acquire again.
    SessionExpired = "SESSION_EXPIRED", GONE, "The session has expired";
    /// An operator ended the session, or its license ended.
    SessionRevoked = "SESSION_REVOKED", GONE, "The session was revoked";
    /// The session was given back by its client. Acquire again with a new `request_id`.
    SessionReleased = "SESSION_RELEASED", GONE, "The session was released";
    /// The link by which a password is chosen is not known, was used, or has expired: all answer the same.
    InvitationInvalid = "INVITATION_INVALID", GONE, "The link is not valid";
    /// The resource's state or version does not allow the change. Read it again, then decide.
    Conflict = "CONFLICT", CONFLICT, "The change conflicts with the resource as it is";
    /// Another resource has this value where it must be unique.
    AlreadyExists = "ALREADY_EXISTS", CONFLICT, "It exists already";
    /// The request id or idempotency key was used for another request. Take a new one.
    RequestIdReused = "REQUEST_ID_REUSED", CONFLICT, "The request id was used before";
    /// The request was so long on its way that it is not carried out any more. Send it again with a new request id.
    RequestTooLate = "REQUEST_TOO_LATE", CONFLICT, "The request arrived too late";
    /// This address asks too often for things that do not exist, or too many passwords were not right. Wait for `retry_after`.
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS, "Too many requests";
    /// Nothing was changed: the cluster has no leader at the moment. Send it again, also to another node.
    NoLeader = "NO_LEADER", SERVICE_UNAVAILABLE, "The cluster has no leader at the moment";
    /// Nothing was changed: this node has more work than it can do, or is shutting down. Send it again.
    Overloaded = "OVERLOADED", SERVICE_UNAVAILABLE, "The server is busy";
    /// The identity provider whose keys are needed to check a user's token does not answer. Send it again in a while.
    ProviderUnavailable = "PROVIDER_UNAVAILABLE", SERVICE_UNAVAILABLE, "The identity provider does not answer";
    /// The server's certificate has expired, so it can sign no token. Its operator has to install a new one.
    CertificateExpired = "CERTIFICATE_EXPIRED", SERVICE_UNAVAILABLE, "The server's certificate has expired";
    /// It is not known whether the request was carried out. Send it again with the same `request_id`: that is safe.
    OutcomeUnknown = "OUTCOME_UNKNOWN", GATEWAY_TIMEOUT, "The outcome is not known yet";
    /// The server failed in a way that it should not. Report it with the `request_id`.
    Internal = "INTERNAL", INTERNAL_SERVER_ERROR, "The server failed";
}

impl Code {
    /// The address that stands for the code in `type`.
    pub fn uri(self) -> String {
        format!(
            "https://usher.dev/problems/{}",
            self.name().to_ascii_lowercase().replace('_', "-")
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_code_is_spelled_the_same_in_json_and_in_logs() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
    }

    #[test]
    fn the_contract_lists_every_code_with_its_status() {
        let contract = include_str!("../../docs/api.md");
        for code in Code::ALL {
            let row = contract
                .lines()
                .find(|line| line.starts_with('|') && line.contains(&format!("`{}`", code.name())));
            let row = row.unwrap_or_else(|| panic!("docs/api.md has no row for {}", code.name()));
            assert!(row.contains(code.status().as_str()), "{}: {row}", code.name());
        }
    }

    #[test]
    fn the_type_is_the_code_in_lower_case() {
        assert_eq!(
            Code::SeatLimitReached.uri(),
            "https://usher.dev/problems/seat-limit-reached"
        );
    }
}
