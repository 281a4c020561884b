//! All sessions of a holder share one seat.

use std::collections::BTreeMap;

use super::Terms;
use crate::history::{Asked, History, Told, Us};

/// OneSeatPerHolder: whoever certainly holds a seat, all the while he asks for another session, is not told that there
/// is no seat for him.
pub fn one_seat_per_holder(history: &History, terms: &Terms) -> Vec<String> {
    let mut held: BTreeMap<String, Vec<(Us, Us)>> = BTreeMap::new();
    for life in history.sessions().into_values() {
        let end = life.held_until(terms.lives());
        held.entry(life.holder).or_default().push((life.granted, end));
    }
    let first_tries = history.first_tries();
    let mut broken = Vec::new();
    for call in &history.calls {
        let (Asked::Acquire { holder, request }, Told::Refused { code }) = (&call.asked, &call.told) else {
            continue;
        };
        let (Some(answered), "SEAT_LIMIT_REACHED") = (call.answered, code.as_str()) else {
            continue;
        };
        let begun = first_tries[request.as_str()];
        let spans = held.get(holder).into_iter().flatten();
        if spans.clone().any(|(from, until)| *from <= begun && *until >= answered) {
            broken.push(format!("OneSeatPerHolder: {holder} was refused a seat that it held"));
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::*;

    #[test]
    fn a_holder_that_is_refused_its_own_seat_is_noticed() {
        let calls = [acquired(0, 10, "a", 1), refused(20, 30, "a"), refused(20, 30, "b")];
        assert_eq!(one_seat_per_holder(&history(&calls), &TERMS).len(), 1);
        let late = [acquired(0, 10, "a", 1), refused(20, 1_001, "a")];
        assert!(one_seat_per_holder(&history(&late), &TERMS).is_empty());
    }
}
