//! A seat that is kept stays.

use super::Terms;
use crate::history::{Asked, History, Told};

/// NeverExpiredEarly and AckedSurvives: a session whose ttl had not passed since it was last kept, and that nobody
/// released, is still there when its client calls.
pub fn never_expired_early(history: &History, terms: &Terms) -> Vec<String> {
    let lives = history.sessions();
    let mut broken = Vec::new();
    for call in &history.calls {
        let (Asked::Heartbeat { session }, Told::Refused { code }) = (&call.asked, &call.told) else {
            continue;
        };
        let Some(life) = lives.get(session.as_str()) else {
            continue;
        };
        if !matches!(
            code.as_str(),
            "SESSION_EXPIRED" | "SESSION_NOT_FOUND" | "SESSION_RELEASED"
        ) {
            continue;
        }
        let Some(answered) = call.answered else { continue };
        if life.release_begun.is_some_and(|begun| begun <= answered) {
            continue;
        }
        let kept = life.kept.iter().rev().find(|kept| **kept < call.begun).copied();
        if let Some(kept) = kept
            && answered < kept + terms.lives()
        {
            broken.push(format!(
                "NeverExpiredEarly: {code} after {} ms of a ttl of {} ms ({})",
                (answered - kept) / 1_000,
                terms.ttl / 1_000,
                life.holder
            ));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::*;

    #[test]
    fn a_session_lost_before_its_ttl_is_noticed() {
        let beat = |begun, answered| {
            let asked = Asked::Heartbeat {
                session: "s-a-0".to_owned(),
            };
            call(
                begun,
                answered,
                asked,
                Told::Refused {
                    code: "SESSION_EXPIRED".to_owned(),
                },
            )
        };
        assert_eq!(
            never_expired_early(&history(&[acquired(0, 10, "a", 1), beat(500, 600)]), &TERMS).len(),
            1
        );
        assert!(never_expired_early(&history(&[acquired(0, 10, "a", 1), beat(900, 1_600)]), &TERMS).is_empty());
    }
}
