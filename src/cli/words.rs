//! How people write values on the command line: durations, dates, URLs, entitlements. Each error says what is expected.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use raft::seams::{Clock, SystemClock};
use serde_json::{Map, Value, json};
use trust::UnixSeconds;

use super::failure::Failure;
use crate::api::time::is_too_far;
use crate::config::ApiUrl;

/// A length of time: `90s`, `15m`, `24h`, `30d`, or `1h30m`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "expected a length of time such as 500ms, 90s, 15m, 24h or 30d".to_owned();
    let (mut rest, mut total) = (text, Duration::ZERO);
    while !rest.is_empty() {
        let digits = rest
            .find(|character: char| !character.is_ascii_digit())
            .ok_or_else(expected)?;
        let unit_end = rest[digits..].find(|character: char| character.is_ascii_digit());
        let (number, unit, next) = match unit_end {
            Some(end) => (&rest[..digits], &rest[digits..digits + end], &rest[digits + end..]),
            None => (&rest[..digits], &rest[digits..], ""),
        };
        let number: u64 = number.parse().map_err(|_| expected())?;
        let ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(expected()),
        };
        let part = number.checked_mul(ms).map(Duration::from_millis).ok_or_else(expected)?;
        total = total.checked_add(part).ok_or_else(expected)?;
        rest = next;
    }
    if text.is_empty() { Err(expected()) } else { Ok(total) }
}

/// A length of time for which something goes on.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("expected more than no time at all, such as 10s".to_owned()),
        span => Ok(span),
    }
}

/// A length of time in whole seconds, as the API takes it.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let span = duration(text)?;
    if span.subsec_nanos() == 0 {
        Ok(span.as_secs())
    } else {
        Err("expected whole seconds, such as 90s".to_owned())
    }
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Then.
    At(Timestamp),
    /// Never.
    Never,
}

impl End {
    /// The end as the API takes it.
    pub(super) fn to_json(self) -> Value {
        match self {
            Self::At(at) => json!(at.to_string()),
            Self::Never => Value::Null,
        }
    }
}

/// A point in time: a date (its first moment in UTC), a full RFC 3339 time, or a length of time from now.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(span) = duration(text) {
        let ms = u64::try_from(span.as_millis())
            .ok()
            .and_then(|ms| SystemClock.unix_ms().checked_add(ms));
        let at = ms
            .and_then(|ms| i64::try_from(ms).ok())
            .and_then(|ms| Timestamp::from_millisecond(ms).ok());
        return at.ok_or_else(|| "that is after the end of the calendar".to_owned());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let start_of = |date: Date| date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let dated = text.parse::<Date>().and_then(start_of);
    dated.map_err(|_| {
        if is_too_far(text) {
            "that is too far in the future; the last day that can be named is 9999-12-29".to_owned()
        } else {
            "expected a date such as 2027-11-22, a time such as 2027-11-22T10:00:00Z, or 365d".to_owned()
        }
    })
}

/// A point in time that is over: a date, a full time, or how long ago it was.
pub(super) fn past(text: &str) -> Result<Timestamp, String> {
    let Ok(ago) = duration(text) else {
        return time(text).map_err(|_| {
            "expected a date such as 2026-11-22, a time such as 2026-11-22T10:00:00Z, or how long ago, such as 7d"
                .to_owned()
        });
    };
    let ms = u64::try_from(ago.as_millis())
        .ok()
        .and_then(|ms| SystemClock.unix_ms().checked_sub(ms));
    let at = ms
        .and_then(|ms| i64::try_from(ms).ok())
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    at.ok_or_else(|| "that is before 1970".to_owned())
}

/// A point in time, or `never`.
pub(super) fn end(text: &str) -> Result<End, String> {
    if text == "never" {
        return Ok(End::Never);
    }
    time(text)
        .map(End::At)
        .map_err(|expected| format!("{expected}; `never` is without end"))
}

/// The URL of a node's API, without a slash at its end.
pub(super) fn api_url(text: &str) -> Result<String, String> {
    ApiUrl::parse(text).map(|url| url.to_string())
}

/// An entitlement: `gpu` for a feature, `projects=20` for a number, `edition=gold` for a text; `level="3"` keeps a
/// number a text.
pub(super) fn entitlement(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text
        .split_once('=')
        .map_or((text, None), |(name, value)| (name, Some(value)));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if !(1..=64).contains(&name.len()) || !name.bytes().all(plain) {
        return Err("expected NAME, NAME=NUMBER or NAME=TEXT; a name has 1 to 64 of A-Z a-z 0-9 _ . -".to_owned());
    }
    let value = match value {
        None | Some("true") => json!(true),
        Some("false") => return Err("an entitlement is not set to false but left out".to_owned()),
        Some(quoted) if quoted.starts_with('"') => match serde_json::from_str(quoted) {
            Ok(Value::String(text)) => json!(text),
            _ => return Err("the quotes of the text do not match".to_owned()),
        },
        Some(value) => value
            .parse::<i64>()
            .map_or_else(|_| json!(value), |number| json!(number)),
    };
    Ok((name.to_owned(), value))
}

/// Entitlements as the API takes them. Of two values for one name neither can be told to be the one that was meant.
pub(super) fn entitlements(list: &[(String, Value)]) -> Result<Value, Failure> {
    let mut members = Map::new();
    for (name, value) in list {
        if members.insert(name.clone(), value.clone()).is_some() {
            return Err(Failure::Usage(format!(
                "--entitlement: {name} is given more than once; give it once, with the value that it is to have"
            )));
        }
    }
    Ok(Value::Object(members))
}

/// A point in time as people read it; all in UTC.
pub(super) fn at(seconds: UnixSeconds) -> String {
    let seconds = i64::try_from(seconds.get()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}

/// A length of time for people.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_units() {
        for (text, ms) in [
            ("500ms", 500),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("30d", 2_592_000_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "5x",
            "1h30",
            "-5s",
            "1.5h",
            "99999999999999999999s",
            "213503982335d",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
        assert_eq!(seconds("6m"), Ok(360));
        assert!(seconds("1500ms").is_err());
        assert!(some_time("0s").is_err() && some_time("1ms").is_ok());
    }

    #[test]
    fn a_date_is_its_first_moment_in_utc() {
        assert_eq!(
            time("2027-11-22").map(|at| at.to_string()).as_deref(),
            Ok("2027-11-22T00:00:00Z")
        );
        assert_eq!(
            time("2027-11-22T12:00:00+02:00").map(|at| at.to_string()).as_deref(),
            Ok("2027-11-22T10:00:00Z")
        );
        assert!(time("30d").is_ok_and(|at| at > Timestamp::UNIX_EPOCH));
        assert_eq!(end("never"), Ok(End::Never));
        for text in ["", "tomorrow", "2027-13-01", "never ever"] {
            assert!(end(text).is_err_and(|why| !why.contains("too far")), "{text}");
        }
        for text in ["9999-12-31", "9999-12-31T23:59:59Z"] {
            let why = end(text).expect_err("it is after the end of the calendar");
            assert!(why.contains("too far") && why.contains("never"), "{text}: {why}");
        }
        assert!(end("9999-12-29").is_ok());
    }

    #[test]
    fn entitlements_are_features_numbers_and_texts() {
        let value = |text| entitlement(text).map(|(_, value)| value);
        assert_eq!(value("gpu"), Ok(json!(true)));
        assert_eq!(value("projects=20"), Ok(json!(20)));
        assert_eq!(value("edition=gold"), Ok(json!("gold")));
        assert_eq!(value("level=\"3\""), Ok(json!("3")));
        for text in ["", "=1", "gpu=false", "a b", "x=\"y"] {
            assert!(value(text).is_err(), "{text}");
        }
    }
}
