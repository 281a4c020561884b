//! Numbers as people read them.

use std::time::Duration;

/// A whole number with its thousands apart.
pub(in crate::bench) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number of at least nought with three digits that count.
pub(in crate::bench) fn number(value: f64) -> String {
    let digits = match value {
        value if value >= 99.95 || value == 0.0 => 0,
        value if value >= 9.995 => 1,
        value if value >= 0.995 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    match text.split_once('.') {
        None => text.parse().map_or(text, count),
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

/// A length of time in milliseconds, without the unit.
pub(in crate::bench) fn milliseconds(span: Duration) -> String {
    number(span.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_their_thousands_apart() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        let told = [0.0, 0.123_4, 1.0, 1.234, 12.34, 99.99, 123.4, 12_345.6].map(number);
        assert_eq!(told, ["0", "0.123", "1", "1.23", "12.3", "100", "123", "12,346"]);
        assert_eq!(milliseconds(Duration::from_micros(1_500)), "1.5");
    }
}
