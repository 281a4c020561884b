//! Histories for the checkers' own tests.

use super::Terms;
use crate::history::{Asked, Call, History, Told, Us};

/// One seat, and a session that lives for a thousandth of a second.
pub(super) const TERMS: Terms = Terms { seats: 1, ttl: 1_000 };

pub(super) fn acquired(begun: Us, answered: Us, holder: &str, seq: u64) -> Call {
    Call {
        begun,
        answered: Some(answered),
        asked: Asked::Acquire {
            holder: holder.to_owned(),
            request: format!("r-{holder}-{begun}"),
        },
        told: Told::Held {
            session: format!("s-{holder}-{begun}"),
            seq,
            at: 0,
        },
    }
}

pub(super) fn call(begun: Us, answered: Us, asked: Asked, told: Told) -> Call {
    Call {
        begun,
        answered: Some(answered),
        asked,
        told,
    }
}

pub(super) fn refused(begun: Us, answered: Us, holder: &str) -> Call {
    let asked = Asked::Acquire {
        holder: holder.to_owned(),
        request: format!("r-{holder}-{begun}"),
    };
    call(
        begun,
        answered,
        asked,
        Told::Refused {
            code: "SEAT_LIMIT_REACHED".to_owned(),
        },
    )
}

pub(super) fn released(session: &str) -> Asked {
    Asked::Release {
        session: session.to_owned(),
    }
}

pub(super) fn history(calls: &[Call]) -> History {
    History {
        calls: calls.to_vec(),
        ..History::default()
    }
}
