//! One call, before it is made.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) query: Vec<(&'a str, String)>,
    pub(super) body: Option<&'a Value>,
    /// Asked once of each node, without waiting for better times.
    pub(super) once: bool,
    /// How long it may take, if not as long as the client's calls do.
    pub(super) within: Option<Duration>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            query: Vec::new(),
            body: None,
            once: false,
            within: None,
        }
    }

    pub(crate) fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: &'a str, body: &'a Value) -> Self {
        Self::new(Method::POST, path).with_body(body)
    }

    pub(crate) fn patch(path: &'a str, body: &'a Value) -> Self {
        Self::new(Method::PATCH, path).with_body(body)
    }

    pub(crate) fn put(path: &'a str, body: &'a Value) -> Self {
        Self::new(Method::PUT, path).with_body(body)
    }

    pub(crate) fn delete(path: &'a str) -> Self {
        Self::new(Method::DELETE, path)
    }

    pub(crate) fn with_body(self, body: &'a Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// Adds `name=value` to the URL, if there is a value.
    pub(crate) fn with(mut self, name: &'a str, value: Option<impl ToString>) -> Self {
        self.query.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Does not wait for a leader: for those who ask whether there is one.
    pub(crate) fn once(self) -> Self {
        Self { once: true, ..self }
    }

    /// Takes no longer than this.
    pub(crate) fn within(self, within: Duration) -> Self {
        Self {
            within: Some(within),
            ..self
        }
    }

    /// Whether it may change something.
    pub(super) fn changes(&self) -> bool {
        self.method != Method::GET
    }
}

/// A text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b':');
    let written = |byte: u8| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(written).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_of_its_path() {
        assert_eq!(segment("coditect:pro"), "coditect:pro");
        assert_eq!(segment("CRM 10/42?é"), "CRM%2010%2F42%3F%C3%A9");
    }
}
