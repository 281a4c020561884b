//! Calls that a browser makes for somebody else's page: refused before anything is done with the login they carry.
//!
//! The login's cookie is `SameSite=Strict` already. This is the second line, for browsers that get that wrong and for
//! pages on the same site that are not ours.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderName, Method};

use super::code::Code;
use super::extract::only;
use super::problem::ApiError;

/// What a browser says of where the call's page comes from. Pages cannot change it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether the call says where its page comes from, and how.
enum From<'a> {
    /// In the browser's words.
    Site(&'a str),
    /// As scheme, host and port.
    Origin(&'a str),
    /// Not at all.
    Unknown,
}

/// Refuses a call with a login that would change something and does not come from this server's own pages.
pub(crate) fn check(parts: &Parts) -> Result<(), ApiError> {
    let safe = matches!(parts.method, Method::GET | Method::HEAD);
    if safe || comes_from_here(parts)?.unwrap_or(false) {
        return Ok(());
    }
    Err(refused())
}

/// Refuses a call without a login, such as the one that signs in, if it says that it comes from somewhere else.
pub(crate) fn check_stranger(parts: &Parts) -> Result<(), ApiError> {
    if comes_from_here(parts)?.unwrap_or(true) {
        Ok(())
    } else {
        Err(refused())
    }
}

fn comes_from_here(parts: &Parts) -> Result<Option<bool>, ApiError> {
    Ok(match from(parts)? {
        From::Site(site) => Some(site == "same-origin"),
        From::Origin(origin) => {
            let host = parts.uri.authority().map(axum::http::uri::Authority::as_str);
            let host = match host {
                Some(host) => Some(host),
                None => only(&parts.headers, &HOST)?.and_then(|value| value.to_str().ok()),
            };
            let named = origin.split_once("://").map(|(_, named)| named);
            Some(named.is_some() && named == host)
        }
        From::Unknown => None,
    })
}

fn from(parts: &Parts) -> Result<From<'_>, ApiError> {
    let text = |name| -> Result<Option<&str>, ApiError> {
        // What is not a text is no origin of ours.
        Ok(only(&parts.headers, &name)?.map(|value| value.to_str().unwrap_or_default()))
    };
    Ok(match (text(SEC_FETCH_SITE)?, text(ORIGIN)?) {
        (Some(site), _) => From::Site(site),
        (None, Some(origin)) => From::Origin(origin),
        (None, None) => From::Unknown,
    })
}

fn refused() -> ApiError {
    ApiError::new(
        Code::Forbidden,
        "This call came with a login, but not from a page of this server. Programs use an API token instead.",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use axum::http::Request;

    use super::*;

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder()
            .method(method)
            .uri("/api/v1/me")
            .header("host", "usher.example:4600");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn only_this_servers_own_pages_change_something() {
        for (headers, own) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("origin", "https://usher.example:4600")], true),
            (&[("origin", "https://usher.example")], false),
            (&[("origin", "null")], false),
            (
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://usher.example:4600"),
                ],
                false,
            ),
            (&[], false),
        ] {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                assert_eq!(check(&parts(method, headers)).is_ok(), own, "{method} {headers:?}");
            }
            assert!(check(&parts("GET", headers)).is_ok());
        }
        assert!(check_stranger(&parts("POST", &[])).is_ok());
        assert!(check_stranger(&parts("POST", &[("sec-fetch-site", "cross-site")])).is_err());
    }
}
