//! Entitlements on the wire: an object of `true`, whole numbers and texts.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use licensing::catalogue::{Entitlement, Entitlements};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{AdditionalProperties, OneOfBuilder};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::text::NO_CONTROL;

/// What a plan grants or a license carries, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EntitlementsBody(pub Arc<Entitlements>);

struct Value<'a>(&'a Entitlement);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Entitlement::Granted => serializer.serialize_bool(true),
            Entitlement::Number(number) => serializer.serialize_i64(*number),
            Entitlement::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl Serialize for EntitlementsBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Value(value))))
    }
}

/// A value that was read.
struct ReadValue(Entitlement);

impl<'de> Deserialize<'de> for ReadValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl Visitor<'_> for ValueVisitor {
            type Value = Entitlement;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let chars = Entitlement::TEXT_CHARS_MAX;
                write!(
                    f,
                    "true, a whole number of 64 signed bits or a text of at most {chars} characters"
                )
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Entitlement, E> {
                let problem = || E::custom("false is said by leaving the entitlement out");
                value.then_some(Entitlement::Granted).ok_or_else(problem)
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Entitlement, E> {
                Ok(Entitlement::Number(value))
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Entitlement, E> {
                let too_large = || E::invalid_value(serde::de::Unexpected::Unsigned(value), &self);
                i64::try_from(value).map(Entitlement::Number).map_err(|_| too_large())
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Entitlement, E> {
                if !Entitlement::is_text(value) {
                    return Err(E::invalid_length(value.chars().count(), &self));
                }
                Ok(Entitlement::Text(value.into()))
            }
        }

        deserializer.deserialize_any(ValueVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for EntitlementsBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MapVisitor;

        impl<'de> Visitor<'de> for MapVisitor {
            type Value = Entitlements;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of entitlements by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Entitlements, A::Error> {
                let mut read = Entitlements::new();
                while let Some(name) = members.next_key::<String>()? {
                    if !Entitlement::is_name(&name) {
                        let chars = Entitlement::NAME_CHARS_MAX;
                        let problem = format!("an entitlement's name has 1 to {chars} of A-Z a-z 0-9 _ . -");
                        return Err(A::Error::custom(problem));
                    }
                    let ReadValue(value) = members.next_value()?;
                    if read.insert(name.into(), value).is_some() {
                        return Err(A::Error::custom("this entitlement is given twice; give it once"));
                    }
                    if read.len() > Entitlement::COUNT_MAX {
                        let problem = format!("there are at most {} entitlements", Entitlement::COUNT_MAX);
                        return Err(A::Error::custom(problem));
                    }
                }
                Ok(read)
            }
        }

        deserializer
            .deserialize_map(MapVisitor)
            .map(|read| Self(Arc::new(read)))
    }
}

impl PartialSchema for EntitlementsBody {
    fn schema() -> RefOr<Schema> {
        let granted = ObjectBuilder::new()
            .schema_type(Type::Boolean)
            .enum_values(Some([true]));
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .max_length(Some(Entitlement::TEXT_CHARS_MAX))
            .pattern(Some(NO_CONTROL));
        let value = OneOfBuilder::new().item(granted).item(number).item(text);
        let name = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(Entitlement::NAME_CHARS_MAX))
            .pattern(Some("^[A-Za-z0-9_.-]*$"));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some(
                "What a plan grants or a license carries, by name. `false` is said by leaving it out.",
            ))
            .max_properties(Some(Entitlement::COUNT_MAX))
            .property_names(Some(name))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(value.into()))))
            .into()
    }
}

impl ToSchema for EntitlementsBody {
    fn name() -> Cow<'static, str> {
        "Entitlements".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn read(text: &str) -> Result<EntitlementsBody, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn entitlements_are_written_as_they_were_read() {
        let text = r#"{"edition":"gold","gpu":true,"limit":-1,"projects":20}"#;
        assert_eq!(serde_json::to_string(&read(text).unwrap()).unwrap(), text);
    }

    #[test]
    fn what_no_token_can_carry_is_refused() {
        for text in [
            r#"{"gpu": false}"#,
            r#"{"gpu": null}"#,
            r#"{"gpu": 1.5}"#,
            r#"{"gpu": 9223372036854775808}"#,
            r#"{"gpu": {}}"#,
            r#"{"": true}"#,
            r#"{"gpu": true, "gpu": 2}"#,
            r#"["gpu"]"#,
            &format!(r#"{{"gpu": "{}"}}"#, "x".repeat(201)),
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn there_are_at_most_64() {
        let many = |count: usize| {
            (0..count)
                .map(|n| format!(r#""e{n}": true"#))
                .collect::<Vec<_>>()
                .join(",")
        };
        assert!(read(&format!("{{{}}}", many(64))).is_ok());
        assert!(read(&format!("{{{}}}", many(65))).is_err());
    }
}
