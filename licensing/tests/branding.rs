//! How the vendor wants to be seen: set as a whole, by somebody who saw what was there.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use licensing::command::{Command, Entry, Proposal, SetBranding};
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::time::{At, SessionTime};

fn apply(ledger: &mut Ledger, if_version: Option<u32>, fields: [Option<&str>; 3]) -> Outcome {
    let [name, colour, support] = fields.map(|field| field.map(Arc::from));
    let command = Command::SetBranding(SetBranding {
        if_version,
        name,
        colour,
        support,
    });
    let entry = Entry {
        at: At::from_ms(1_795_341_600_000),
        proposals: vec![Proposal::by_system(command)],
        session_time: SessionTime::default(),
    };
    ledger.apply(&entry).pop().unwrap().outcome
}

#[test]
fn branding_is_set_as_a_whole_and_outlives_a_restart() {
    let mut ledger = Ledger::new();
    assert_eq!(ledger.branding().version, 0);
    let set = [Some("Example Ltd"), Some("#0b7a5e"), Some("help@example.com")];
    assert_eq!(apply(&mut ledger, Some(0), set), Outcome::Changed { version: 1 });
    let stale = apply(&mut ledger, Some(0), [None; 3]);
    assert!(matches!(
        stale,
        Outcome::Rejected(Rejection::VersionConflict { version: 1, .. })
    ));
    let again = Ledger::from_rows(ledger.rows()).unwrap();
    assert_eq!((again.branding(), again.digest()), (ledger.branding(), ledger.digest()));
    assert_eq!(
        apply(&mut ledger, None, [None, None, None]),
        Outcome::Changed { version: 2 }
    );
    assert_eq!(ledger.branding().name, None);
}

#[test]
fn what_a_style_sheet_or_a_link_would_not_take_is_refused() {
    let mut ledger = Ledger::new();
    for (fields, field) in [
        ([Some(""), None, None], "name"),
        ([None, Some("red"), None], "colour"),
        ([None, Some("#0B7A5E"), None], "colour"),
        ([None, Some("#0b7a5e; x"), None], "colour"),
        ([None, None, Some("http://example.com")], "support"),
        ([None, None, Some("javascript:alert(1)")], "support"),
    ] {
        match apply(&mut ledger, None, fields) {
            Outcome::Rejected(Rejection::InvalidField { field: found, .. }) => assert_eq!(&*found, field),
            other => panic!("{fields:?}: {other:?}"),
        }
    }
    assert_eq!(ledger.branding().version, 0);
}
