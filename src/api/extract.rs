//! Strict reading of requests: nothing is guessed, nothing is passed over, and every complaint names its field.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;

use super::Api;
use super::code::Code;
use super::problem::ApiError;

/// The largest body of most calls.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// The most characters of a foreign text that a problem repeats.
const ECHO_MAX: usize = 64;

/// A JSON body: an object whose members are all known. `bytes` is the body as it came, to recognise a repetition by.
#[derive(Debug)]
pub(crate) struct Json<T, const BYTES_MAX: usize = BODY_BYTES_MAX> {
    pub(crate) value: T,
    pub(crate) bytes: Bytes,
}

/// A JSON body that may be left out where every member may be.
#[derive(Debug)]
pub(crate) struct MaybeJson<T> {
    pub(crate) value: T,
    pub(crate) bytes: Bytes,
}

/// A query string whose parameters are all known.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

/// The one variable part of a path, decoded. An id that cannot exist is answered like one that does not. `QUERY` says
/// whether the call also reads a [`Query`]; nothing may follow the path otherwise.
#[derive(Debug)]
pub(crate) struct InPath<const QUERY: bool = false>(pub(crate) String);

/// That nothing follows the path, in a call that reads nothing else which would see to it.
#[derive(Debug)]
pub(crate) struct NoQuery;

impl<T: DeserializeOwned, const BYTES_MAX: usize> FromRequest<Api> for Json<T, BYTES_MAX> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        refuse_query(request.uri())?;
        require_json(request.headers())?;
        let bytes = read_body(request.into_body(), BYTES_MAX, api).await?;
        Ok(Self {
            value: parse_json(&bytes)?,
            bytes,
        })
    }
}

impl<T: DeserializeOwned + Default> FromRequest<Api> for MaybeJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        refuse_query(request.uri())?;
        let typed = require_json(request.headers());
        let bytes = read_body(request.into_body(), BODY_BYTES_MAX, api).await?;
        if bytes.is_empty() {
            return Ok(Self {
                value: T::default(),
                bytes,
            });
        }
        typed?;
        Ok(Self {
            value: parse_json(&bytes)?,
            bytes,
        })
    }
}

impl<T: DeserializeOwned> FromRequestParts<Api> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        // The parser would put other characters in place of such bytes.
        if percent_decode_str(query).decode_utf8().is_err() {
            return Err(ApiError::field("query", "not text in UTF-8; encode it as such"));
        }
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        serde_path_to_error::deserialize(pairs).map(Self).map_err(|error| {
            let path = error.path().to_string();
            complaint(&path, &error.into_inner().to_string())
        })
    }
}

impl FromRequestParts<Api> for NoQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        refuse_query(&parts.uri).map(|()| Self)
    }
}

impl<const QUERY: bool> FromRequestParts<Api> for InPath<QUERY> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        if !QUERY {
            refuse_query(&parts.uri)?;
        }
        let Path(text) = Path::<String>::from_request_parts(parts, api).await.map_err(|_| {
            ApiError::new(
                Code::NotFound,
                "The path is not text in UTF-8, so nothing has this address.",
            )
        })?;
        Ok(Self(text))
    }
}

/// The only value of a header. Of two, another reader on the way may have believed the other one.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, ApiError> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(ApiError::field(in_words(name), "given twice; give it once"));
    }
    Ok(first)
}

fn text(value: Option<&HeaderValue>) -> &str {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A header's name as the documentation writes it.
fn in_words(name: &HeaderName) -> String {
    let capital = |word: &str| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]);
    name.as_str().split('-').map(capital).collect::<Vec<_>>().join("-")
}

/// A parameter that no call reads was meant to do something.
fn refuse_query(uri: &Uri) -> Result<(), ApiError> {
    let first = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).next();
    first.map_or(Ok(()), |(name, _)| {
        Err(ApiError::field(
            echo(&name),
            "not known here; expected nothing after the path",
        ))
    })
}

fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let coding = text(only(headers, &CONTENT_ENCODING)?);
    if !coding.is_empty() && !coding.eq_ignore_ascii_case("identity") {
        let problem = format!("the body is packed as {}; send it as it is", echo(coding));
        return Err(ApiError::field("Content-Encoding", problem).status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let kind = text(only(headers, &CONTENT_TYPE)?);
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let problem = match kind {
        "" => "the body has no type; send `Content-Type: application/json`".to_owned(),
        other => format!("the body is {}; send `application/json`", echo(other)),
    };
    Err(ApiError::field("Content-Type", problem).status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
}

async fn read_body(body: Body, bytes_max: usize, api: &Api) -> Result<Bytes, ApiError> {
    let too_large = || {
        ApiError::field(
            "body",
            format!("larger than the {bytes_max} bytes that this call takes; send less"),
        )
        .status(StatusCode::PAYLOAD_TOO_LARGE)
    };
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    match timeout(api.limits().body_within, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(ApiError::field(
            "body",
            "it ended before it was complete; send it again",
        )),
        Err(_) => {
            let problem = format!(
                "did not arrive within {} s; send it again",
                api.limits().body_within.as_secs_f32()
            );
            Err(ApiError::field("body", problem).status(StatusCode::REQUEST_TIMEOUT))
        }
    }
}

/// A value that is written as an object. The derived readers of structs also take a list of bare values in field order,
/// which no client means.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object(deserializer).map(Self)
    }
}

/// Reads a nested value that must be an object.
pub(crate) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct ObjectVisitor<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(members))
        }
    }

    deserializer.deserialize_map(ObjectVisitor(std::marker::PhantomData))
}

/// Reads an optional nested value that must be an object; `null` is none.
pub(crate) fn maybe_object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::<Object<T>>::deserialize(deserializer)?.map(|Object(value)| value))
}

/// Reads a JSON object. The path to a problem costs time, so it is only looked for once there is one.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes)
        .map(|Object(value)| value)
        .map_err(|error| explain::<T>(bytes, &error))
}

fn explain<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> ApiError {
    // A value of another type than an enum's is reported as bad syntax; only reading all of it tells the two apart.
    if let Err(syntax) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return ApiError::field("body", format!("not valid JSON: {syntax}"));
    }
    let located = serde_path_to_error::deserialize::<_, Object<T>>(&mut serde_json::Deserializer::from_slice(bytes));
    match located {
        Err(located) => complaint(&located.path().to_string(), &located.into_inner().to_string()),
        Ok(_) => ApiError::field("body", without_position(&error.to_string())),
    }
}

/// Names the field that serde's `message` about the value at `path` speaks of.
fn complaint(path: &str, message: &str) -> ApiError {
    let message = without_position(message);
    let within = |field: &str| match path {
        "." | "" => field.to_owned(),
        path => format!("{path}.{field}"),
    };
    if let Some((field, _)) = message
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
    {
        return ApiError::field(within(field), "missing; it is required");
    }
    if let Some((field, rest)) = message
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split_once('`'))
    {
        let known = rest.strip_prefix(", expected ").unwrap_or("none");
        // The path leads to the unknown field itself already, if it leads anywhere.
        let parent = path
            .strip_suffix(field)
            .map_or(path, |parent| parent.trim_end_matches('.'));
        let at = if matches!(parent, "" | ".") {
            field.to_owned()
        } else {
            format!("{parent}.{field}")
        };
        return ApiError::field(echo(&at), format!("not known here; expected {known}"));
    }
    if let Some((field, _)) = message
        .strip_prefix("duplicate field `")
        .and_then(|rest| rest.split_once('`'))
    {
        let at = if path.ends_with(field) {
            path.to_owned()
        } else {
            within(field)
        };
        return ApiError::field(at, "given twice; give it once");
    }
    let at = if matches!(path, "" | "." | "?") { "body" } else { path };
    let message = match message.rsplit_once(", expected ") {
        _ if message == "expected value" => "a value of another type is expected".to_owned(),
        Some((found, "u8")) => whole(found, u8::MAX),
        Some((found, "u16")) => whole(found, u16::MAX),
        Some((found, "u32")) => whole(found, u32::MAX),
        Some((found, "u64" | "usize")) => whole(found, u64::MAX),
        _ => message.to_owned(),
    };
    ApiError::field(echo(at), echo_long(&message))
}

/// What is expected where a number is read, in words of people.
fn whole(found: &str, max: impl std::fmt::Display) -> String {
    format!("{found}, expected a whole number of 0 to {max}")
}

/// The message without the place in the text, which says nothing to those who did not write the text by hand.
fn without_position(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message)
}

/// A foreign text, cut to a length that fits into a sentence.
pub(crate) fn echo(text: &str) -> String {
    cut(text, ECHO_MAX)
}

fn echo_long(text: &str) -> String {
    cut(text, 4 * ECHO_MAX)
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only whether they are read matters")]
    struct Outer {
        name: String,
        #[serde(default)]
        ids: Vec<u32>,
        #[serde(default, deserialize_with = "maybe_object")]
        inner: Option<Inner>,
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        First,
        Second,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only whether they are read matters")]
    struct Inner {
        count: u32,
    }

    fn complaint_about(body: &str) -> (String, String) {
        let error = parse_json::<Outer>(body.as_bytes()).unwrap_err();
        let [error] = &error.problem("r").errors[..] else {
            panic!("{body}: one field is named")
        };
        (error.field.clone(), error.problem.clone())
    }

    #[test]
    fn every_complaint_names_its_field() {
        let names = |body: &str| complaint_about(body).0;
        assert_eq!(names("{}"), "name");
        assert_eq!(names(r#"{"name": 5}"#), "name");
        assert_eq!(names(r#"{"name": 1e999}"#), "name");
        assert_eq!(names(r#"{"name": "a", "kind": [1]}"#), "kind");
        assert_eq!(names(r#"{"name": "a", "kind": "third"}"#), "kind");
        assert_eq!(names(r#"{"name": "a", "name": "b"}"#), "name");
        assert_eq!(names(r#"{"name": "a", "nmae": "b"}"#), "nmae");
        assert_eq!(names(r#"{"name": "a", "ids": [1, -1]}"#), "ids[1]");
        assert_eq!(names(r#"{"name": "a", "inner": {}}"#), "inner.count");
        assert_eq!(names(r#"{"name": "a", "inner": {"count": 1.5}}"#), "inner.count");
        assert_eq!(
            names(r#"{"name": "a", "inner": {"count": 1, "more": 2}}"#),
            "inner.more"
        );
        assert_eq!(
            names(r#"{"name": "a", "inner": {"count": 1, "count": 2}}"#),
            "inner.count"
        );
    }

    #[test]
    fn a_number_that_does_not_fit_is_told_which_would() {
        for number in ["-1", "1.5", "4294967296"] {
            let (field, problem) = complaint_about(&format!(r#"{{"name": "a", "inner": {{"count": {number}}}}}"#));
            assert_eq!(field, "inner.count");
            assert!(
                problem.ends_with("expected a whole number of 0 to 4294967295"),
                "{problem}"
            );
        }
    }

    #[test]
    fn lists_in_the_place_of_objects_are_refused() {
        assert_eq!(complaint_about(r#"["a"]"#).0, "body");
        assert_eq!(complaint_about(r#"{"name": "a", "inner": [1]}"#).0, "inner");
    }

    #[test]
    fn what_is_not_json_is_said_to_be_so() {
        for body in ["", "{", "nul", "{\"name\": \"\u{1}\"}", "{} {}", "{\"name\": 1.}"] {
            let (field, problem) = complaint_about(body);
            assert_eq!(field, "body", "{body}");
            assert!(problem.starts_with("not valid JSON: "), "{body}: {problem}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_harm() {
        let deep = format!(r#"{{"name": {}{}}}"#, "[".repeat(30_000), "]".repeat(30_000));
        // It is valid JSON, and it is skipped over without going down into it.
        assert_eq!(complaint_about(&deep).0, "name");
    }

    #[test]
    fn a_long_foreign_name_is_cut() {
        let (field, _) = complaint_about(&format!(r#"{{"name": "a", "{}": 1}}"#, "x".repeat(5_000)));
        assert_eq!(field.chars().count(), ECHO_MAX + 1);
    }
}
