//! Which packed forms of a file a client takes.

use axum::http::HeaderValue;

/// A packed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// Its name in headers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Whether `Accept-Encoding` names it, or everything, without forbidding it.
    pub(super) fn accepted<'a>(self, values: impl Iterator<Item = &'a HeaderValue>) -> bool {
        let (mut named, mut any) = (None, None);
        for part in values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
        {
            let (name, parameters) = part.split_once(';').unwrap_or((part, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
            let wanted = quality.is_ok_and(|quality| quality > 0.0);
            if name.trim().eq_ignore_ascii_case(self.name()) {
                named = Some(wanted);
            } else if name.trim() == "*" {
                any = Some(wanted);
            }
        }
        named.or(any).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_if_named_or_covered_and_not_forbidden() {
        for (header, brotli, gzip) in [
            ("gzip, deflate, br, zstd", true, true),
            ("GZIP", false, true),
            ("br;q=0, gzip;q=0.5", false, true),
            ("*", true, true),
            ("*;q=0, br", true, false),
            ("identity", false, false),
            ("", false, false),
            ("br;q=nonsense", false, false),
        ] {
            let value = HeaderValue::from_static(header);
            let accepted = |encoding: Encoding| encoding.accepted([&value].into_iter());
            let taken = (accepted(Encoding::Brotli), accepted(Encoding::Gzip));
            assert_eq!(taken, (brotli, gzip), "{header}");
        }
    }
}
