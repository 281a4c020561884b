//! Answers are in the order of real time.

use std::collections::BTreeSet;

use crate::history::{Asked, Call, History, Told, Us};

/// Answers are in the order of real time: one that came before another call began has a smaller seq. This is
/// linearizability, checked in one pass thanks to the number that every answer carries.
pub fn in_order(history: &History) -> Vec<String> {
    // A repeated acquire may be answered with the seq of its first, so only first answers of a request count.
    let mut seen = BTreeSet::new();
    let mut numbered: Vec<(Us, Us, u64)> = Vec::new();
    let mut calls: Vec<&Call> = history.calls.iter().collect();
    calls.sort_by_key(|call| call.begun);
    for call in calls {
        let (Told::Held { seq, .. }, Some(answered)) = (&call.told, call.answered) else {
            continue;
        };
        if let Asked::Acquire { request, .. } = &call.asked
            && !seen.insert(request.clone())
        {
            continue;
        }
        numbered.push((call.begun, answered, *seq));
    }
    let mut by_answer = numbered.clone();
    by_answer.sort_by_key(|(_, answered, _)| *answered);
    numbered.sort_by_key(|(begun, _, _)| *begun);
    let (mut done, mut highest) = (0, 0);
    for (begun, _, seq) in numbered {
        while done < by_answer.len() && by_answer[done].1 < begun {
            highest = highest.max(by_answer[done].2);
            done += 1;
        }
        // Heartbeats that travelled together share a seq, so equal numbers are in order too.
        if seq < highest {
            return vec![format!(
                "InOrder: an answer has seq {seq}, one that was there before it was asked has {highest}"
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
    fn an_answer_out_of_order_is_noticed() {
        assert_eq!(
            in_order(&history(&[acquired(0, 10, "a", 5), acquired(20, 30, "b", 4)])).len(),
            1
        );
        assert!(in_order(&history(&[acquired(0, 25, "a", 5), acquired(20, 30, "b", 4)])).is_empty());
    }
}
