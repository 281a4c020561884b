//! Points in time as the API writes them: RFC 3339 in UTC with milliseconds.

use std::fmt;

use jiff::civil::date;
use jiff::fmt::temporal::Pieces;
use licensing::time::At;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::text::read_text;

/// A point in time on the wire. Read in any offset, written in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Timestamp(pub At);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The ledger's clock is 64 bits wide, the calendar ends with the year 9999.
        let ms = i64::try_from(self.0.ms()).unwrap_or(i64::MAX);
        let at = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::MAX);
        write!(f, "{at:.3}")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| {
            let at: jiff::Timestamp = text.parse().map_err(|_| {
                if is_too_far(text) {
                    "too far in the future: expected a time before 9999-12-30, or null where it may be without end"
                } else {
                    "expected a time such as 2027-11-22T00:00:00Z, with its offset from UTC"
                }
            })?;
            let ms = u64::try_from(at.as_millisecond()).map_err(|_| "expected a time after 1970")?;
            Ok::<_, &str>(Self(At::from_ms(ms)))
        })
    }
}

/// Whether this is a date, or a time, that is right in its form but lies beyond the end of the calendar.
pub(crate) fn is_too_far(text: &str) -> bool {
    Pieces::parse(text).is_ok_and(|pieces| pieces.date() >= date(9999, 12, 30))
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .examples(["2026-11-22T10:00:00.000Z"])
            .into()
    }
}

impl ToSchema for Timestamp {
    fn name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        assert_eq!(
            Timestamp(At::from_ms(1_795_341_600_000)).to_string(),
            "2026-11-22T10:00:00.000Z"
        );
        assert_eq!(
            Timestamp(At::from_ms(1_795_341_600_007)).to_string(),
            "2026-11-22T10:00:00.007Z"
        );
        assert!(Timestamp(At::from_ms(u64::MAX)).to_string().starts_with("9999-"));
    }

    #[test]
    fn a_time_is_read_in_any_offset() {
        let read = |text: &str| serde_json::from_value::<Timestamp>(text.into());
        assert_eq!(read("2026-11-22T10:00:00Z").unwrap().0.ms(), 1_795_341_600_000);
        assert_eq!(read("2026-11-22T12:00:00+02:00").unwrap().0.ms(), 1_795_341_600_000);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-11-22",
            "2026-11-22T10:00:00",
            "1969-12-31T23:59:59Z",
            "+999999-01-01T00:00:00Z",
        ] {
            let refused = serde_json::from_value::<Timestamp>(text.into()).unwrap_err();
            assert!(!refused.to_string().contains("too far"), "{text}: {refused}");
        }
    }

    #[test]
    fn a_time_after_the_calendars_end_is_called_too_far() {
        for text in ["9999-12-31T23:59:59Z", "9999-12-31T00:00:00-02:00"] {
            let refused = serde_json::from_value::<Timestamp>(text.into())
                .unwrap_err()
                .to_string();
            assert!(
                refused.contains("too far") && refused.contains("null"),
                "{text}: {refused}"
            );
        }
        assert!(serde_json::from_value::<Timestamp>("9999-12-29T23:59:59Z".into()).is_ok());
    }
}
