//! Until when a session holds: its token, its client's grace, the session itself.

use crate::catalogue::{OfflineMode, PlanTerms};
use crate::time::{At, SessionTime, Span};

/// How much sooner than its seat is given away a client stops, if it holds for a minute or more; a sixth of the time
/// below that. An honest client has stopped also when its answer was long on its way.
const MARGIN: Span = Span::from_secs(10);

/// The leader's clock may run ahead of a client's by a thousandth, until it would rather step. A long hold leaves twice
/// that, up to a little more than what makes it step.
const MARGIN_SLEWED_MAX: Span = Span::from_secs(65);

/// Until when a session holds: what each heartbeat moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Until {
    /// Until when its token may be trusted.
    pub(crate) token: At,
    /// Until when its silent client may go on.
    pub(crate) grace: At,
    /// When it ends without a heartbeat.
    pub(crate) deadline: SessionTime,
}

impl Until {
    /// What a heartbeat gives at `at` and `now`. Nothing that a client is told lies beyond the license's end.
    pub(crate) fn of(terms: &PlanTerms, license_end: Option<At>, at: At, now: SessionTime) -> Self {
        let life = token_life(terms.ttl);
        let (grace, hold) = match terms.offline {
            OfflineMode::Strict => (life, terms.ttl),
            OfflineMode::Lenient => (terms.grace.max(life), terms.ttl),
            // The seat is held for as long as its client may go on.
            OfflineMode::Reserved => {
                let grace = terms.grace.max(life);
                let held = Span::from_ms(grace.ms().saturating_add(margin(grace).ms()));
                (grace, held.max(terms.ttl))
            }
        };
        let clamp = |end: At| license_end.map_or(end, |license_end| end.min(license_end));
        Self {
            token: clamp(at.after(life)),
            grace: clamp(at.after(grace)),
            deadline: now.after(hold),
        }
    }
}

/// How long a token lives: always less than its session.
pub(crate) fn token_life(ttl: Span) -> Span {
    ttl.less(margin(ttl))
}

/// How much sooner than its seat is given away a client that holds for `hold` stops.
fn margin(hold: Span) -> Span {
    let travelling = MARGIN.min(Span::from_ms(hold.ms() / 6));
    let slewed = MARGIN_SLEWED_MAX.min(Span::from_ms(hold.ms() / 500));
    travelling.max(slewed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::HolderPolicy;

    fn terms(offline: OfflineMode, ttl: Span, grace: Span) -> PlanTerms {
        PlanTerms {
            seats: 1,
            overage_max: 0,
            ttl,
            heartbeat: Span::from_secs(1),
            offline,
            grace,
            ghosts_max: None,
            sessions_per_holder_max: 1,
            holder: HolderPolicy::Fingerprint,
            entitlements: [].into(),
        }
    }

    const AT: At = At::from_ms(1_000_000_000);
    const NOW: SessionTime = SessionTime::from_ms(5_000_000);
    const TTL: Span = Span::from_secs(360);
    const DAY: Span = Span::from_secs(86_400);

    #[test]
    fn a_token_ends_before_its_session() {
        assert_eq!(token_life(TTL), Span::from_secs(350));
        assert_eq!(token_life(Span::from_secs(60)), Span::from_secs(50));
        assert_eq!(token_life(Span::from_secs(6)), Span::from_secs(5));
        assert_eq!(token_life(Span::from_secs(2)), Span::from_ms(1_667));
    }

    #[test]
    fn a_client_stops_before_its_seat_is_given_away_though_the_cluster_gains_a_thousandth() {
        for hours in [1, 3, 10, 24, 24 * 30] {
            let hold = Span::from_secs(hours * 3_600);
            // Slewed by a thousandth, a minute at most: further behind, the clock steps and session time stands still.
            let gained = Span::from_ms((hold.ms() / 1_000).min(60_000));
            assert!(token_life(hold) < hold.less(gained), "{hours} h");
            let reserved = Until::of(&terms(OfflineMode::Reserved, TTL, hold), None, AT, NOW);
            assert!(
                reserved.grace.after(gained).ms() - AT.ms() < reserved.deadline.ms() - NOW.ms(),
                "{hours} h"
            );
        }
    }

    #[test]
    fn strict_gives_no_grace_lenient_gives_it_and_reserved_holds_the_seat_for_it() {
        let strict = Until::of(&terms(OfflineMode::Strict, TTL, DAY), None, AT, NOW);
        let token = AT.after(Span::from_secs(350));
        assert_eq!(
            strict,
            Until {
                token,
                grace: token,
                deadline: NOW.after(TTL)
            }
        );
        let lenient = Until::of(&terms(OfflineMode::Lenient, TTL, DAY), None, AT, NOW);
        assert_eq!(
            lenient,
            Until {
                token,
                grace: AT.after(DAY),
                deadline: NOW.after(TTL)
            }
        );
        let reserved = Until::of(&terms(OfflineMode::Reserved, TTL, DAY), None, AT, NOW);
        assert_eq!(
            reserved,
            Until {
                token,
                grace: AT.after(DAY),
                deadline: NOW.after(DAY).after(Span::from_secs(65))
            }
        );
    }

    #[test]
    fn grace_is_never_shorter_than_the_token_and_the_seat_never_than_the_ttl() {
        let reserved = Until::of(&terms(OfflineMode::Reserved, TTL, Span::from_secs(5)), None, AT, NOW);
        let token = AT.after(Span::from_secs(350));
        assert_eq!(
            reserved,
            Until {
                token,
                grace: token,
                deadline: NOW.after(TTL)
            }
        );
    }

    #[test]
    fn nothing_a_client_is_told_lies_beyond_the_licenses_end() {
        let end = AT.after(Span::from_secs(100));
        let until = Until::of(&terms(OfflineMode::Lenient, TTL, DAY), Some(end), AT, NOW);
        assert_eq!(
            until,
            Until {
                token: end,
                grace: end,
                deadline: NOW.after(TTL)
            }
        );
    }
}
