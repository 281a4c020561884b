//! Problems as the API answers them (RFC 9457), and what a person at a terminal can do about each.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

/// What the API answered instead of what was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(super) status: u16,
    pub(crate) code: String,
    pub(crate) title: String,
    detail: Option<String>,
    fields: Vec<Field>,
    request_id: Option<String>,
    retry_after: Option<u64>,
    /// The whole answer.
    pub(crate) as_sent: Value,
}

/// A member of the request that is wrong.
#[derive(Debug, Clone, Deserialize)]
struct Field {
    field: String,
    problem: String,
}

/// The members that are understood here; others are kept in `as_sent`.
#[derive(Deserialize)]
struct Members {
    title: String,
    code: String,
    detail: Option<String>,
    #[serde(default)]
    errors: Vec<Field>,
    request_id: Option<String>,
    retry_after: Option<u64>,
}

impl Problem {
    /// What the server says of it, in sentences, or else what happened in a few words.
    pub(crate) fn told(&self) -> &str {
        let detail = self.detail.as_deref().unwrap_or(&self.title);
        detail.trim_end_matches('.')
    }

    /// Reads an answer that is not a success. One that is not usher's, such as a proxy's page, becomes a problem too.
    pub(crate) fn read(url: &str, status: u16, body: &str) -> Self {
        let as_sent: Value = serde_json::from_str(body).unwrap_or(Value::Null);
        match serde_json::from_value::<Members>(as_sent.clone()) {
            Ok(members) => Self {
                status,
                code: members.code,
                title: members.title,
                detail: members.detail,
                fields: members.errors,
                request_id: members.request_id,
                retry_after: members.retry_after,
                as_sent,
            },
            Err(_) => Self::foreign(url, status),
        }
    }

    /// An answer that usher did not give.
    pub(super) fn foreign(url: &str, status: u16) -> Self {
        let title = format!("Something other than usher answered at {url} (HTTP {status})");
        let detail = "Perhaps a proxy stands between, or the URL is not the API's.".to_owned();
        let as_sent = json!({"title": title, "status": status, "code": "NOT_USHER", "detail": detail});
        Self {
            status,
            code: "NOT_USHER".to_owned(),
            title,
            detail: Some(detail),
            fields: Vec::new(),
            request_id: None,
            retry_after: None,
            as_sent,
        }
    }

    /// Whether another node, or the same one later, may answer better.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self.status, 502..=504)
    }

    /// Whether it says nothing about the call itself, so that an earlier try may still have been done.
    pub(super) fn tells_nothing(&self) -> bool {
        self.status == 429 || self.status >= 500
    }

    /// Whether the call may have been done in spite of it: the cluster does not know, or a proxy had handed it on.
    pub(super) fn leaves_open(&self) -> bool {
        self.code == "OUTCOME_UNKNOWN" || (self.code == "NOT_USHER" && matches!(self.status, 502 | 504))
    }

    /// How long the server asks to wait before the next try.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after.map(Duration::from_secs)
    }

    /// The title and everything below it.
    pub(super) fn in_words(&self) -> String {
        let mut lines = vec![self.title.clone()];
        // The detail of one wrong member is that member, and told below under the name that it has here.
        let is_detail = |Field { field, problem }: &Field| self.detail == Some(format!("{field}: {problem}"));
        let detail = self.detail.clone().filter(|_| !self.fields.iter().any(is_detail));
        lines.extend(detail.clone());
        let told = |problem: &str| detail.as_ref().is_some_and(|detail| detail.contains(problem));
        let fields = self.fields.iter().filter(|field| !told(&field.problem));
        lines.extend(fields.map(|Field { field, problem }| format!("{}: {problem}", at_terminal(field))));
        let why = self.as_sent["explanation_url"].as_str();
        lines.extend(why.map(|url| format!("why: {url}")));
        lines.extend(self.next_step().map(|next| format!("next: {next}")));
        let report = self.request_id.as_ref().filter(|_| self.status == 500);
        lines.extend(report.map(|id| format!("request: {id} (the server's log tells more)")));
        lines.join("\n  ")
    }

    /// What helps at a terminal, where the API's own words are for every kind of client.
    fn next_step(&self) -> Option<&'static str> {
        let says = |text: &str| self.detail.as_ref().is_some_and(|detail| detail.contains(text));
        Some(match self.code.as_str() {
            "UNAUTHENTICATED" => "pass an API token with --token or USHER_TOKEN; `usher init` printed the first one",
            "FORBIDDEN" => "use a token with the scope that this call needs; `usher token list` shows them",
            "NO_LEADER" => "`usher status` shows which nodes are up; a majority of them must be",
            "OVERLOADED" | "RATE_LIMITED" => "wait a moment and try again",
            "NOT_FOUND" if says("`usher ") || says("This link ") => return None,
            "NOT_FOUND" if says("List its assignments") => "`usher license assignments LICENSE` shows who has one",
            "NOT_FOUND" | "LICENSE_NOT_FOUND" | "SESSION_NOT_FOUND" => {
                "the `list` verb of this noun shows what there is"
            }
            "NOT_USHER" => "check --url or USHER_URL",
            _ => return None,
        })
    }
}

/// A member of a request as whoever typed the command knows it: by its flag, where one sets it. A flag that counts
/// otherwise than the member leaves the member's name beside it. An address is an argument of some commands and a flag of
/// others, so it is called what it is.
fn at_terminal(field: &str) -> String {
    let flag = match field {
        "ttl_seconds" => "--ttl",
        "heartbeat_seconds" => "--heartbeat",
        "grace_seconds" => "--grace",
        "expires_seconds" => "--expires",
        "starts_at" => "--starts",
        "expires_at" => "--expires or --until",
        "entitlements" => "--entitlement",
        "seats"
        | "overage_max"
        | "ghosts_max"
        | "sessions_per_holder_max"
        | "key_prefix"
        | "renewal_url"
        | "reference"
        | "reason"
        | "session_days"
        | "usage_days" => return format!("--{}", field.replace('_', "-")),
        _ => return field.to_owned(),
    };
    format!("{flag} ({field})")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFLICT: &str = r#"{"title":"It exists","status":409,"code":"ALREADY_EXISTS","detail":"Take another code.",
        "errors":[{"field":"code","problem":"`pro` is taken"}],"request_id":"req_1"}"#;

    #[test]
    fn a_problem_is_told_with_its_fields() {
        let problem = Problem::read("http://a", 409, CONFLICT);
        assert_eq!(
            problem.in_words(),
            "It exists\n  Take another code.\n  code: `pro` is taken"
        );
        assert!(!problem.may_pass());
    }

    #[test]
    fn a_wrong_member_is_told_once_and_by_its_flag() {
        let told = |field: &str| {
            let problem = json!({"title": "No", "status": 400, "code": "INVALID_REQUEST",
                "detail": format!("{field}: give less"), "errors": [{"field": field, "problem": "give less"}]});
            Problem::read("http://a", 400, &problem.to_string()).in_words()
        };
        assert_eq!(told("ttl_seconds"), "No\n  --ttl (ttl_seconds): give less");
        assert_eq!(told("key_prefix"), "No\n  --key-prefix: give less");
        assert_eq!(told("code"), "No\n  code: give less");
        assert_eq!(told("email"), "No\n  email: give less");
    }

    #[test]
    fn an_answer_that_is_not_ushers_says_so() {
        let problem = Problem::read("http://a", 502, "<html>Bad Gateway</html>");
        assert_eq!((problem.code.as_str(), problem.may_pass()), ("NOT_USHER", true));
        assert!(problem.title.contains("http://a"));
    }
}
