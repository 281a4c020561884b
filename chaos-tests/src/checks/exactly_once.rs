//! One request, one session.

use std::collections::BTreeMap;

use crate::history::{Asked, History, Told};

/// ExactlyOnce: one request gets one session, and no session goes to two requests.
pub fn exactly_once(history: &History) -> Vec<String> {
    let mut sessions: BTreeMap<&str, &str> = BTreeMap::new();
    let mut requests: BTreeMap<&str, &str> = BTreeMap::new();
    let mut broken = Vec::new();
    for call in &history.calls {
        let (Asked::Acquire { request, .. }, Told::Held { session, .. }) = (&call.asked, &call.told) else {
            continue;
        };
        if *sessions.entry(request).or_insert(session) != session {
            broken.push(format!("ExactlyOnce: request {request} got two sessions"));
        }
        if *requests.entry(session).or_insert(request) != request {
            broken.push("ExactlyOnce: one session went to two requests".to_owned());
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::*;

    #[test]
    fn a_request_with_two_sessions_is_noticed() {
        let mut second = acquired(0, 10, "a", 2);
        second.told = Told::Held {
            session: "another".to_owned(),
            seq: 2,
            at: 0,
        };
        let history = history(&[acquired(0, 10, "a", 1), second]);
        assert_eq!(exactly_once(&history).len(), 1);
        assert!(super::super::all(&history, &TERMS).contains(&exactly_once(&history)[0]));
    }
}
