//! No more holders than seats.

use std::collections::BTreeMap;

use super::Terms;
use crate::history::{History, Us};

/// NeverOversold: the holders that certainly hold a seat at one moment are never more than the seats. A session
/// certainly holds from the answer that granted it until its release is asked for, or until its ttl has passed since
/// the last call that kept it began.
pub fn never_oversold(history: &History, terms: &Terms) -> Vec<String> {
    let mut edges: Vec<(Us, i64, String)> = Vec::new();
    for life in history.sessions().into_values() {
        let end = life.held_until(terms.lives());
        if end > life.granted {
            edges.push((life.granted, 1, life.holder.clone()));
            edges.push((end, -1, life.holder));
        }
    }
    // Ends before starts at one moment: only a true overlap counts.
    edges.sort();
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for (at, change, holder) in edges {
        let sessions = held.entry(holder.clone()).or_default();
        *sessions += change;
        if *sessions == 0 {
            held.remove(&holder);
        }
        if held.len() > terms.seats {
            return vec![format!(
                "NeverOversold: {} holders hold {} seats at {at} µs",
                held.len(),
                terms.seats
            )];
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::*;

    #[test]
    fn two_holders_of_one_seat_at_one_time_are_noticed() {
        assert_eq!(
            never_oversold(&history(&[acquired(0, 10, "a", 1), acquired(20, 30, "b", 2)]), &TERMS).len(),
            1
        );
        let later = [acquired(0, 10, "a", 1), acquired(1_000, 1_010, "b", 2)];
        assert!(never_oversold(&history(&later), &TERMS).is_empty());
    }
}
