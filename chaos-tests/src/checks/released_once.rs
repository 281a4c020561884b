//! What is given back is given back once, and stays so.

use std::collections::BTreeMap;

use crate::history::{Asked, History, Told};

/// ReleasedOnce: no session is ended by two releases, and none that was given back is kept after that.
pub fn released_once(history: &History) -> Vec<String> {
    let lives = history.sessions();
    let mut broken = Vec::new();
    for call in &history.calls {
        let (Asked::Heartbeat { session }, Told::Held { .. }) = (&call.asked, &call.told) else {
            continue;
        };
        let over = lives.get(session.as_str()).and_then(|life| life.over);
        if over.is_some_and(|over| over < call.begun) {
            broken.push("ReleasedOnce: a session was kept after it had been given back".to_owned());
        }
    }
    let mut ended: BTreeMap<&str, usize> = BTreeMap::new();
    for call in &history.calls {
        if let (Asked::Release { session }, Told::Released { by_this: true }) = (&call.asked, &call.told) {
            *ended.entry(session).or_default() += 1;
        }
    }
    let twice = ended.values().filter(|times| **times > 1).count();
    if twice > 0 {
        broken.push(format!("ReleasedOnce: {twice} sessions were ended twice"));
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::*;

    #[test]
    fn a_session_ended_twice_is_noticed() {
        let release = call(
            0,
            1,
            Asked::Release {
                session: "s".to_owned(),
            },
            Told::Released { by_this: true },
        );
        assert_eq!(released_once(&history(&[release.clone(), release])).len(), 1);
    }
}
