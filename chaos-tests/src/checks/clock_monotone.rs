//! The ledger's time never goes back.

use std::collections::BTreeMap;

use crate::history::{History, Told};

/// ClockMonotone: of two answers, the one of the later command was not signed for an earlier time.
pub fn clock_monotone(history: &History) -> Vec<String> {
    let mut at_seq: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for call in &history.calls {
        if let Told::Held { seq, at, .. } = &call.told {
            let (least, most) = at_seq.entry(*seq).or_insert((*at, *at));
            (*least, *most) = ((*least).min(*at), (*most).max(*at));
        }
    }
    let times: Vec<(u64, (u64, u64))> = at_seq.into_iter().collect();
    let back = times.windows(2).find(|pair| pair[1].1.0 < pair[0].1.1);
    let tell = |pair: &[(u64, (u64, u64))]| {
        let ((earlier, (_, was)), (later, (is, _))) = (pair[0], pair[1]);
        format!("ClockMonotone: command {later} is of second {is}, command {earlier} before it of second {was}")
    };
    back.map(tell).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::*;

    #[test]
    fn a_clock_that_went_back_is_noticed() {
        let mut calls = [acquired(0, 10, "a", 5), acquired(20, 30, "b", 6)];
        assert!(clock_monotone(&history(&calls)).is_empty());
        for (call, second) in calls.iter_mut().zip([9, 8]) {
            let Told::Held { at, .. } = &mut call.told else {
                panic!("it holds")
            };
            *at = second;
        }
        assert_eq!(clock_monotone(&history(&calls)).len(), 1);
    }
}
