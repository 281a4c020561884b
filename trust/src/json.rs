//! JSON read strictly, for everything signed and for key files.
//!
//! Ordinary JSON readers keep the last of two equal names and round large numbers, each in its own way; two verifiers
//! that disagree on what was signed are a hole. Here a repeated name at any depth and a number that is not a whole
//! one of at most 64 bits are errors, and a typed reader takes members out one by one, so that what is left over is
//! known.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// What is wrong with a JSON text or one of its members. Members are named by their path, such as `key.x`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON in UTF-8.
    #[error("not JSON: {0}")]
    Syntax(String),
    /// The text, or a member that has to be one, is not an object.
    #[error("{0} is not a JSON object")]
    NotAnObject(String),
    /// An object has two members of one name.
    #[error("the name `{0}` appears twice in one object")]
    DuplicateName(String),
    /// A number has a fraction or an exponent, or does not fit 64 bits.
    #[error("a number is not a whole number of at most 64 bits")]
    NotWhole,
    /// A member that has to be there is absent.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A member has the wrong type or value.
    #[error("`{name}` is not {expected}")]
    Invalid {
        /// The member's path.
        name: String,
        /// What it should have been.
        expected: &'static str,
    },
    /// A member that this object may not have.
    #[error("`{0}` is not a known member of this object")]
    Unknown(String),
}

impl JsonError {
    /// The error's permanent name, as in the test vectors.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "not_json",
            Self::NotAnObject(_) => "not_an_object",
            Self::DuplicateName(_) => "duplicate_name",
            Self::NotWhole => "not_a_whole_number",
            Self::Missing(_) => "member_missing",
            Self::Invalid { .. } => "member_invalid",
            Self::Unknown(_) => "member_unknown",
        }
    }
}

/// A JSON value without floats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Integer(i128),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// The members of one object, to be taken out by name.
#[derive(Debug)]
pub(crate) struct Members {
    path: String,
    members: BTreeMap<String, Json>,
}

impl Members {
    /// Reads a text that is one object; `what` names it in errors.
    pub(crate) fn parse(text: &[u8], what: &str) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(text).map_err(|error| JsonError::Syntax(error.to_string()))?;
        match parse(text)? {
            Json::Object(members) => Ok(Self {
                path: String::new(),
                members,
            }),
            _ => Err(JsonError::NotAnObject(what.to_owned())),
        }
    }

    /// The members of `value`, which stands at `path`.
    pub(crate) fn of(value: Json, path: &str) -> Result<Self, JsonError> {
        match value {
            Json::Object(members) => Ok(Self {
                path: format!("{path}."),
                members,
            }),
            _ => Err(JsonError::NotAnObject(format!("`{path}`"))),
        }
    }

    /// The path of the member `name`, for errors.
    pub(crate) fn path(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// Takes a member that may be absent.
    pub(crate) fn take(&mut self, name: &str) -> Option<Json> {
        self.members.remove(name)
    }

    /// Takes a member that must be there and that `read` understands.
    pub(crate) fn require<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(Json) -> Option<T>,
    ) -> Result<T, JsonError> {
        self.optional(name, expected, read)?
            .ok_or_else(|| JsonError::Missing(self.path(name)))
    }

    /// Takes a member that may be absent, but if present is one that `read` understands.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl FnOnce(Json) -> Option<T>,
    ) -> Result<Option<T>, JsonError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(JsonError::Invalid {
                name: self.path(name),
                expected,
            }),
        }
    }

    /// Refuses what has not been taken.
    pub(crate) fn refuse_rest(self) -> Result<(), JsonError> {
        match self.members.keys().next() {
            Some(name) => Err(JsonError::Unknown(self.path(name))),
            None => Ok(()),
        }
    }
}

impl Json {
    /// The text, if it is one.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text in the form of a `T`.
    pub(crate) fn parsed<T: std::str::FromStr>(self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// A whole number in `T`'s range.
    pub(crate) fn whole<T: TryFrom<i128>>(self) -> Option<T> {
        match self {
            Self::Integer(number) => T::try_from(number).ok(),
            _ => None,
        }
    }
}

/// Reads one JSON value that fills `text`.
fn parse(text: &str) -> Result<Json, JsonError> {
    let fault = Cell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Strict(&fault)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| fault.take().unwrap_or_else(|| JsonError::Syntax(error.to_string())))
}

/// Builds a [`Json`], and keeps in the cell what serde's errors can only carry as text.
#[derive(Clone, Copy)]
struct Strict<'f>(&'f Cell<Option<JsonError>>);

impl Strict<'_> {
    fn refuse<E: serde::de::Error>(self, fault: JsonError) -> E {
        let error = E::custom(&fault);
        self.0.set(Some(fault));
        error
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Json;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Json, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Integer(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Json, E> {
        Err(self.refuse(JsonError::NotWhole))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = entries.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(self.refuse(JsonError::DuplicateName(name)));
            }
            let value = entries.next_value_seed(self)?;
            members.insert(name, value);
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_repeated_name_is_refused_at_every_depth_and_in_every_spelling() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":2,"a":null}"#,
            r#"{"deep":{"a":1,"a":2}}"#,
            r#"{"list":[{"a":1,"a":2}]}"#,
            r#"{"a":1,"\u0061":2}"#,
        ] {
            assert_eq!(parse(text), Err(JsonError::DuplicateName("a".to_owned())), "{text}");
        }
        assert!(parse(r#"{"a":{"a":1},"b":{"a":1}}"#).is_ok());
    }

    #[test]
    fn only_whole_numbers_of_64_bits_are_read() {
        assert_eq!(parse("18446744073709551615"), Ok(Json::Integer(u64::MAX.into())));
        assert_eq!(parse("-9223372036854775808"), Ok(Json::Integer(i64::MIN.into())));
        for text in [
            "1.0",
            "1e3",
            "-0",
            "18446744073709551616",
            "-9223372036854775809",
            "[0.5]",
        ] {
            assert_eq!(parse(text), Err(JsonError::NotWhole), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_a_syntax_error() {
        let deep = "[".repeat(10_000);
        for text in [
            "",
            "{",
            "{}{}",
            "NaN",
            "{'a':1}",
            "{\"a\":1,}",
            r#""\ud800""#,
            "01",
            deep.as_str(),
        ] {
            assert!(matches!(parse(text), Err(JsonError::Syntax(_))), "{text:.20}");
        }
        assert!(matches!(
            Members::parse(b"{\"a\":\"\xff\"}", "it"),
            Err(JsonError::Syntax(_))
        ));
    }

    #[test]
    fn a_member_is_named_by_its_path() {
        let mut claims = Members::parse(br#"{"key":{"x":7,"y":1}}"#, "the claims").unwrap();
        let mut key = Members::of(claims.take("key").unwrap(), "key").unwrap();
        assert_eq!(
            key.require("x", "a text", Json::text).unwrap_err().to_string(),
            "`key.x` is not a text"
        );
        assert_eq!(
            key.require("z", "a text", Json::text).unwrap_err().to_string(),
            "`key.z` is missing"
        );
        assert_eq!(key.refuse_rest().unwrap_err(), JsonError::Unknown("key.y".to_owned()));
    }
}
