//! What the resources have in common: versions, creation, changes, and how a change says which version it saw.

use axum::extract::FromRequestParts;
use axum::http::header::{ETAG, IF_MATCH, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Deserializer, Serialize};

use super::extract::only;
use super::problem::ApiError;
use super::text::digits;
use super::{Api, BASE};

/// A resource as an answer, with its version as the `ETag` if it has one.
#[derive(Debug)]
pub(crate) struct Shown<T> {
    body: T,
    version: Option<u32>,
    location: Option<String>,
}

impl<T> Shown<T> {
    /// A resource without versions.
    pub(crate) fn plain(body: T) -> Self {
        Self {
            body,
            version: None,
            location: None,
        }
    }

    /// A resource at a version.
    pub(crate) fn at_version(body: T, version: u32) -> Self {
        Self {
            body,
            version: Some(version),
            location: None,
        }
    }

    /// The answer to its creation: 201, and where it lies below the API's base.
    #[must_use]
    pub(crate) fn created(self, path: &str) -> Self {
        Self {
            location: Some(format!("{BASE}{path}")),
            ..self
        }
    }
}

impl<T: Serialize> IntoResponse for Shown<T> {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.body) {
            Ok(body) => body,
            Err(error) => return ApiError::internal(error).into_response(),
        };
        let status = if self.location.is_some() {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            axum::http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        let etag = self.version.map(|version| format!("\"{version}\""));
        for (name, value) in [(ETAG, etag), (LOCATION, self.location)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// The version that the caller saw, from `If-Match`; `None` if it does not care.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SeenVersion(Option<u32>);

impl SeenVersion {
    /// The version that the body names, else the header's.
    pub(crate) fn or(self, body: Option<u32>) -> Option<u32> {
        body.or(self.0)
    }
}

impl FromRequestParts<Api> for SeenVersion {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let Some(value) = only(&parts.headers, &IF_MATCH)? else {
            return Ok(Self(None));
        };
        let problem = || {
            ApiError::field(
                "If-Match",
                "expected the ETag of the resource as it was read, such as \"3\"",
            )
        };
        let text = value.to_str().map_err(|_| problem())?.trim();
        if text == "*" {
            return Ok(Self(None));
        }
        let tag = text
            .strip_prefix("W/")
            .unwrap_or(text)
            .strip_prefix('"')
            .and_then(|tag| tag.strip_suffix('"'));
        tag.and_then(digits)
            .map(|version| Self(Some(version)))
            .ok_or_else(problem)
    }
}

/// Reads a member that may be left out, but is not `null`.
pub(crate) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// What a change does to a value that need not be there: a member left out keeps it, `null` clears it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Edit<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// There is none any more.
    Clear,
    /// It is this one now.
    Set(T),
}

impl<T> Edit<T> {
    /// The edit as the ledger's commands say it.
    #[allow(clippy::option_option, reason = "the ledger's commands say it so")]
    pub(crate) fn into_command<U: From<T>>(self) -> Option<Option<U>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(value) => Some(Some(value.into())),
        }
    }

    /// The value after the edit.
    pub(crate) fn apply(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_member_left_out_is_not_the_same_as_null() {
        #[derive(Deserialize)]
        struct Change {
            #[serde(default)]
            email: Edit<String>,
        }
        let read = |text: &str| serde_json::from_str::<Change>(text).unwrap().email;
        assert_eq!(read("{}"), Edit::Keep);
        assert_eq!(read(r#"{"email": null}"#), Edit::Clear);
        assert_eq!(read(r#"{"email": "a@b"}"#), Edit::Set("a@b".to_owned()));
    }
}
