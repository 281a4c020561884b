//! Why a call got no answer that it wanted, in words: what happened, why, and what to do next.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::problem::Problem;

/// A node's URL, and what came of asking it.
pub(crate) type Tried = (String, String);

/// Why a call was not answered as it was meant to be.
#[derive(Debug)]
pub(crate) enum CallError {
    /// A server answered with a problem.
    Answered(Box<Problem>),
    /// No server answered, and nothing was changed.
    Unreachable {
        /// Whether one of them was asked.
        asked: bool,
        /// What was tried, and what came of it.
        tried: Vec<Tried>,
        /// What to do next.
        next: &'static str,
    },
    /// The call was sent, but no server said what came of it.
    Open {
        /// The key under which asking again does nothing twice.
        key: String,
        /// What was tried last, and what came of it.
        tried: Vec<Tried>,
        /// How long it was tried.
        within: Duration,
    },
}

impl CallError {
    pub(super) fn unreachable(tried: Vec<Tried>, asked: bool) -> Self {
        let next = what_helps(&tried);
        Self::Unreachable { asked, tried, next }
    }

    /// Whether another node, or the same one later, may answer better.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Answered(problem) => problem.may_pass(),
            Self::Unreachable { .. } | Self::Open { .. } => true,
        }
    }

    /// Whether the cluster has decided, and would decide the same again.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            Self::Answered(problem) => !problem.may_pass() && !problem.tells_nothing(),
            Self::Unreachable { .. } | Self::Open { .. } => false,
        }
    }

    /// What happened, in a few words.
    pub(crate) fn title(&self) -> &str {
        match self {
            Self::Answered(problem) => &problem.title,
            Self::Unreachable { .. } | Self::Open { .. } => "no server answered",
        }
    }

    /// The same with what the server says of it.
    pub(crate) fn told(&self) -> &str {
        match self {
            Self::Answered(problem) => problem.told(),
            Self::Unreachable { .. } | Self::Open { .. } => self.title(),
        }
    }

    /// The problem's code, if a server answered.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Answered(problem) => Some(&problem.code),
            Self::Unreachable { .. } | Self::Open { .. } => None,
        }
    }

    /// How long a server asks to wait before the next try.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Answered(problem) => problem.retry_after(),
            Self::Unreachable { .. } | Self::Open { .. } => None,
        }
    }

    /// As JSON, for programs.
    pub(crate) fn to_json(&self) -> Value {
        let list = |tried: &[Tried]| -> Vec<Value> {
            let one = |(url, why): &Tried| json!({"url": url, "problem": why});
            tried.iter().map(one).collect()
        };
        match self {
            Self::Answered(problem) => problem.as_sent.clone(),
            Self::Unreachable { asked, tried, next } => {
                let title = if *asked {
                    "No server answered"
                } else {
                    "No server could be asked"
                };
                json!({"code": "UNREACHABLE", "title": title, "detail": next, "tried": list(tried)})
            }
            Self::Open { key, tried, .. } => json!({
                "code": "OUTCOME_UNKNOWN",
                "title": "The outcome is not known",
                "detail": repeat(key),
                "idempotency_key": key,
                "tried": list(tried),
            }),
        }
    }
}

fn repeat(key: &str) -> String {
    format!(
        "give the same command again with --idempotency-key {key}, within ten minutes: it is done once, whether it was \
         done already or not"
    )
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tried, next) = match self {
            Self::Answered(problem) => return f.write_str(&problem.in_words()),
            Self::Unreachable { asked, tried, next } => {
                let head = if *asked {
                    "no server answered"
                } else {
                    "no server could be asked"
                };
                (head.to_owned(), tried, (*next).to_owned())
            }
            Self::Open { key, tried, within } => {
                let head = format!(
                    "the outcome is not known: the call was sent, but within {} no server said what came of it",
                    in_seconds(*within)
                );
                (head, tried, repeat(key))
            }
        };
        write!(f, "{head}")?;
        for (url, why) in tried {
            write!(f, "\n  {url}: {why}")?;
        }
        write!(f, "\n  next: {next}")
    }
}

fn in_seconds(span: Duration) -> String {
    format!("{} s", span.as_secs_f64())
}

fn what_helps(tried: &[Tried]) -> &'static str {
    let any = |part: &str| tried.iter().any(|(_, why)| why.contains(part));
    let plain_http = tried.iter().any(|(url, _)| url.starts_with("http://"));
    if any("UnknownIssuer") || any("self-signed") || any("unable to get local issuer") {
        "give the certificate authority's certificate with --cacert or USHER_CACERT"
    } else if any("CorruptMessage") || any("InvalidContentType") || any("wrong version number") {
        "the node seems to speak plain HTTP: try http:// in --url"
    } else if plain_http && (any("invalid HTTP version") || any("connection closed before message completed")) {
        "the node seems to speak TLS: try https:// in --url"
    } else {
        "check that the server runs, and that --url or USHER_URL names it (`usher server --dev` starts one)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_that_was_tried_is_told() {
        let tried = vec![
            ("http://a".into(), "refused".into()),
            ("http://b".into(), "timed out".into()),
        ];
        let error = CallError::Unreachable {
            asked: false,
            tried,
            next: "start it",
        };
        assert_eq!(
            error.to_string(),
            "no server could be asked\n  http://a: refused\n  http://b: timed out\n  next: start it"
        );
        assert_eq!(error.to_json()["tried"][1]["problem"], "timed out");
    }

    #[test]
    fn an_open_outcome_comes_with_the_key_to_ask_again() {
        let error = CallError::Open {
            key: "cli-1".to_owned(),
            tried: vec![("http://a".into(), "no answer in time".into())],
            within: Duration::from_millis(1_500),
        };
        let text = error.to_string();
        assert!(text.starts_with("the outcome is not known"), "{text}");
        assert!(
            text.contains("within 1.5 s") && text.contains("--idempotency-key cli-1"),
            "{text}"
        );
        assert_eq!(error.to_json()["idempotency_key"], "cli-1");
    }
}
