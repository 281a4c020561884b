//! Seats that are assigned by name: never more than there are, and an answer stays true.

use std::collections::BTreeSet;

use crate::history::{History, Us};

/// One request to assign a seat to an address, or to take it away, as whoever manages them saw it.
#[derive(Debug, Clone)]
pub struct Change {
    /// When it was sent.
    pub begun: Us,
    /// When it was answered; `None` if it never was.
    pub answered: Option<Us>,
    /// Whose seat it is.
    pub address: String,
    /// Whether it assigns.
    pub assigns: bool,
    /// What was answered.
    pub said: Said,
}

/// What is answered to a [`Change`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// It is so now.
    Done,
    /// Other addresses have all seats.
    AllAssigned,
    /// The address has none that could be taken away.
    HasNone,
    /// Nothing, or nothing that says whether it was done.
    Unknown,
    /// That it was not done.
    NotDone,
    /// Something that there is no reason for, with its code.
    Odd(String),
}

impl Change {
    fn is_done(&self) -> bool {
        self.said == Said::Done
    }

    /// When it was done at the latest, if it was done at all.
    fn done_by(&self, history: &History) -> Us {
        self.answered.unwrap_or_else(|| history.arrives_by(self.begun))
    }

    fn may_be_done(&self) -> bool {
        matches!(self.said, Said::Done | Said::Unknown)
    }
}

/// What is wrong with the answers to these changes of a license of so many seats, and with the addresses that have one at
/// the end. The changes are in the order in which they were sent, each after the one before was answered or given up.
/// `history` says how long a request may be on its way.
pub fn named_seats(changes: &[Change], seats: usize, at_the_end: &BTreeSet<String>, history: &History) -> Vec<String> {
    let seen = Seen { changes, history };
    let mut broken = Vec::new();
    for change in changes {
        let Some(answered) = change.answered else { continue };
        let others = |address: &&str| *address != change.address;
        let (certain, possible) = (seen.certain(answered), seen.possible(change.begun, answered));
        if change.assigns && change.is_done() && certain.len() > seats {
            broken.push(format!(
                "NeverOversold: {} addresses have {seats} seats at {answered} µs",
                certain.len()
            ));
        }
        let is_certain = seen.is_certain(&change.address, change.begun, answered);
        let has_no_reason = match &change.said {
            Said::AllAssigned => !change.assigns || is_certain || possible.into_iter().filter(others).count() < seats,
            Said::HasNone => change.assigns || is_certain,
            Said::Odd(_) => true,
            Said::Done | Said::Unknown | Said::NotDone => false,
        };
        if has_no_reason {
            broken.push(format!("HonestDenial: {change:?} has no reason"));
        }
    }
    if at_the_end.len() > seats {
        broken.push(format!(
            "NeverOversold: {} addresses have {seats} seats at the end",
            at_the_end.len()
        ));
    }
    let (certain, possible) = (seen.certain(Us::MAX), seen.possible(Us::MAX, Us::MAX));
    for address in certain.iter().filter(|address| !at_the_end.contains(**address)) {
        broken.push(format!(
            "AckedSurvives: the seat that was assigned to {address} is gone"
        ));
    }
    for address in at_the_end.iter().filter(|address| !possible.contains(address.as_str())) {
        broken.push(format!("AckedSurvives: {address} has a seat that was taken away"));
    }
    broken
}

struct Seen<'a> {
    changes: &'a [Change],
    history: &'a History,
}

impl<'a> Seen<'a> {
    fn addresses(&self) -> BTreeSet<&'a str> {
        self.changes.iter().map(|change| change.address.as_str()).collect()
    }

    fn of(&self, address: &str, assigns: bool) -> impl Iterator<Item = &'a Change> {
        self.changes
            .iter()
            .filter(move |change| change.address == address && change.assigns == assigns)
    }

    /// Addresses that certainly have a seat at a time.
    fn certain(&self, at: Us) -> BTreeSet<&'a str> {
        let mut addresses = self.addresses();
        addresses.retain(|address| self.is_certain(address, at, at));
        addresses
    }

    /// Whether an address certainly has a seat all the time between these.
    fn is_certain(&self, address: &str, from: Us, to: Us) -> bool {
        let answered =
            |assigned: &Change| assigned.is_done() && assigned.answered.is_some_and(|answered| answered <= from);
        let Some(assigned) = self.of(address, true).filter(|change| answered(change)).last() else {
            return false;
        };
        // Whatever might take it away was over before it was assigned, or is not yet asked for.
        let mut takes = self.of(address, false).filter(|change| change.may_be_done());
        takes.all(|taken| taken.done_by(self.history) <= assigned.begun || taken.begun > to)
    }

    /// Addresses that may have had a seat at some time between these.
    fn possible(&self, from: Us, to: Us) -> BTreeSet<&'a str> {
        let mut addresses = self.addresses();
        addresses.retain(|address| {
            let mut assigned = self
                .of(address, true)
                .filter(|change| change.may_be_done() && change.begun <= to);
            assigned.any(|assigned| !self.is_taken_away(assigned, from))
        });
        addresses
    }

    /// Whether what was assigned was certainly taken away again before a time.
    fn is_taken_away(&self, assigned: &Change, before: Us) -> bool {
        let by = assigned.done_by(self.history);
        self.of(&assigned.address, false).any(|taken| {
            let is_gone = matches!(taken.said, Said::Done | Said::HasNone);
            is_gone && taken.begun >= by && taken.answered.is_some_and(|answered| answered <= before)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(times: (Us, Us), address: &str, assigns: bool, said: Said) -> Change {
        Change {
            begun: times.0,
            answered: (said != Said::Unknown).then_some(times.1),
            address: address.to_owned(),
            assigns,
            said,
        }
    }

    fn broken(changes: &[Change], at_the_end: &[&str]) -> Vec<String> {
        let at_the_end = at_the_end.iter().map(|&address| address.to_owned()).collect();
        named_seats(changes, 1, &at_the_end, &History::default())
    }

    #[test]
    fn a_seat_too_many_is_noticed() {
        let both = [
            change((0, 10), "ann", true, Said::Done),
            change((20, 30), "bob", true, Said::Done),
        ];
        // When it is answered, and in the end.
        let broken_by_both = broken(&both, &["ann", "bob"]);
        assert!(broken_by_both.iter().all(|law| law.starts_with("NeverOversold")) && broken_by_both.len() == 2);
        let one_after_the_other = [
            change((0, 10), "ann", true, Said::Done),
            change((12, 18), "ann", false, Said::Done),
            change((20, 30), "bob", true, Said::Done),
        ];
        assert!(broken(&one_after_the_other, &["bob"]).is_empty());
    }

    #[test]
    fn a_seat_too_many_that_nobody_was_told_of_is_noticed() {
        let late = [
            change((0, 10), "ann", true, Said::Done),
            change((20, 0), "bob", true, Said::Unknown),
        ];
        assert_eq!(broken(&late, &["ann", "bob"]).len(), 1);
        assert!(broken(&late, &["ann"]).is_empty());
    }

    #[test]
    fn an_answer_to_another_question_is_noticed() {
        let known = change((0, 10), "ann", true, Said::Done);
        for (assigns, said) in [
            (true, Said::HasNone),
            (false, Said::AllAssigned),
            (true, Said::Odd("LICENSE_NOT_FOUND".to_owned())),
        ] {
            let odd = change((20, 30), "bob", assigns, said);
            assert_eq!(broken(&[known.clone(), odd], &["ann"]).len(), 1);
        }
    }

    #[test]
    fn a_refusal_without_a_reason_is_noticed() {
        let free = [change((0, 10), "ann", true, Said::AllAssigned)];
        assert_eq!(broken(&free, &[]).len(), 1);
        let held = [
            change((0, 10), "ann", true, Said::Done),
            change((20, 30), "bob", true, Said::AllAssigned),
        ];
        assert!(broken(&held, &["ann"]).is_empty());
        let had = [
            change((0, 10), "ann", true, Said::Done),
            change((20, 30), "ann", false, Said::HasNone),
        ];
        assert!(broken(&had, &["ann"])[0].starts_with("HonestDenial"));
    }

    #[test]
    fn what_was_answered_must_be_so_at_the_end() {
        let assigned = [change((0, 10), "ann", true, Said::Done)];
        assert_eq!(broken(&assigned, &[]).len(), 1);
        assert!(broken(&assigned, &["ann"]).is_empty());
        let taken = [
            change((0, 10), "ann", true, Said::Done),
            change((20, 30), "ann", false, Said::Done),
        ];
        assert_eq!(broken(&taken, &["ann"]).len(), 1);
    }

    #[test]
    fn what_was_not_answered_may_be_done_later() {
        let late = [
            change((0, 10), "ann", true, Said::Done),
            change((20, 0), "ann", false, Said::Unknown),
            change((30, 40), "ann", false, Said::Done),
            change((50, 60), "ann", true, Said::Done),
        ];
        assert!(broken(&late, &[]).is_empty());
        assert!(broken(&late, &["ann"]).is_empty());
    }
}
