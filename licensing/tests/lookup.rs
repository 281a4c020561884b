//! What the edge finds, and by what.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[allow(dead_code, reason = "shared with the test of frozen bytes")]
mod examples;

use licensing::command::{Command, Entry, Proposal, UpdateLicense};
use licensing::id::{HolderKey, LicenseId, ProductId, SecretHash, SessionHash, SessionNo};
use licensing::ledger::{Ledger, SessionState};
use licensing::row::Row;

fn variant_name(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

/// The frozen examples as a ledger, with some changes.
fn ledger(change: impl FnOnce(&mut Vec<Row>)) -> Ledger {
    let mut rows = examples::rows();
    rows.retain(|row| !matches!(row, Row::EndedSession(_) | Row::Ghost(_)));
    change(&mut rows);
    Ledger::from_rows(rows).unwrap()
}

#[test]
fn a_ledger_can_be_handed_between_threads() {
    fn is_send_and_sync<T: Send + Sync + 'static>(_: &T) {}
    is_send_and_sync(&Ledger::new());
}

#[test]
fn rows_are_found_by_id_and_by_code_and_by_secret() {
    let ledger = ledger(|_| {});
    let product = ledger.product_by_code("coditect").unwrap();
    assert_eq!(ledger.product(product.id), Some(product));
    assert_eq!(ledger.product_by_code("other"), None);
    let plan = ledger.plan_by_code(product.id, "pro").unwrap();
    assert_eq!(ledger.plan(plan.id), Some(plan));
    assert_eq!(ledger.plan_by_code(ProductId::from_bytes([9; 16]), "pro"), None);
    let customer = ledger.customer_by_reference("CRM-1").unwrap();
    assert_eq!(ledger.customer(customer.id), Some(customer));
    let license = ledger.license_by_key(&SecretHash::from_bytes([0x19; 32])).unwrap();
    assert_eq!(ledger.license(license.id), Some(license));
    assert_eq!(ledger.seats(LicenseId::from_bytes([9; 16])), None);
    let token = ledger.api_token_by_secret(&SecretHash::from_bytes([0x19; 32])).unwrap();
    assert_eq!(ledger.api_token(token.id), Some(token));
    assert_eq!(ledger.nodes().count(), 1);
    assert!(ledger.node(ledger.nodes().next().unwrap().id).is_some());
    let token = ledger.join_tokens(None).next().unwrap();
    assert_eq!(ledger.join_token(token.id), Some(token));
    assert_eq!(ledger.api_tokens(None).count(), 1);
    assert_eq!(
        (ledger.cluster_version(), ledger.seq().get(), ledger.audit_size()),
        (1, 300, 5)
    );
    assert!(ledger.cluster_id().is_some());
}

#[test]
fn a_new_key_is_found_and_the_old_one_is_not() {
    let mut ledger = ledger(|_| {});
    let (old, new) = (SecretHash::from_bytes([0x19; 32]), SecretHash::from_bytes([0x55; 32]));
    let id = ledger.license_by_key(&old).unwrap().id;
    let command = Command::UpdateLicense(UpdateLicense {
        id,
        if_version: None,
        plan: None,
        seats: None,
        entitlements: None,
        key: Some((new, "NEW99".into())),
    });
    let proposals = vec![Proposal::by_system(command)];
    ledger.apply(&Entry::at(ledger.at(), proposals));
    assert_eq!(ledger.license_by_key(&old), None);
    assert_eq!(ledger.license_by_key(&new).unwrap().id, id);
    assert_eq!(&*ledger.license_by_key(&new).unwrap().key_hint, "NEW99");
}

#[test]
fn a_session_is_found_by_its_secret_and_its_public_name_live_or_ended() {
    let hash = SessionHash::from_bytes([0x18; 32]);
    let live = ledger(|_| {});
    let Some(SessionState::Live(session)) = live.session_by_hash(&hash) else {
        panic!("it is live")
    };
    assert_eq!(live.session(session.no), Some(session));
    assert_eq!(live.session_by_name(&hash.public()), live.session_by_hash(&hash));
    let mut close = [0x18; 32];
    close[9] = 0x17;
    assert_eq!(live.session_by_name(&SessionHash::from_bytes(close).public()), None);
    assert_eq!(live.session_by_hash(&SessionHash::from_bytes(close)), None);

    let ended = ledger(|rows| {
        rows.retain(|row| !matches!(row, Row::Session(_) | Row::SessionUser(_)));
        rows.extend(
            examples::rows()
                .into_iter()
                .filter(|row| matches!(row, Row::EndedSession(_) | Row::Meta(_))),
        );
        let now = licensing::time::SessionTime::from_ms(359_999);
        rows.retain(|row| !matches!(row, Row::Meta(_)));
        rows.extend(examples::rows().into_iter().filter_map(|row| match row {
            Row::Meta(meta) => Some(Row::Meta(licensing::meta::Meta {
                session_time: now,
                ..meta
            })),
            _ => None,
        }));
    });
    let Some(SessionState::Ended(session)) = ended.session_by_name(&hash.public()) else {
        panic!("it has ended")
    };
    assert_eq!(ended.ended_session(session.no), Some(session));
    assert_eq!(ended.session(session.no), None);
}

#[test]
fn lists_go_on_after_a_cursor() {
    let ledger = ledger(|rows| {
        let find = |row: &Row| {
            if let Row::Session(session) = row {
                Some(session.clone())
            } else {
                None
            }
        };
        let template = rows.iter().find_map(find).unwrap();
        // Three holders, the second of them with three sessions.
        for (no, holder) in [(301, 0x20), (302, 0x21), (303, 0x20), (304, 0x20)] {
            let mut session = template.clone();
            session.no = SessionNo::new(no);
            session.hash = SessionHash::from_bytes([u8::try_from(no - 200).unwrap(); 32]);
            session.holder = HolderKey::from_bytes([holder; 16]);
            rows.push(Row::Session(session));
        }
        for row in rows.iter_mut() {
            if let Row::Meta(meta) = row {
                meta.seq = licensing::id::Seq::new(400);
            }
        }
    });
    let license = ledger.licenses(None).next().unwrap().id;
    let mut cursor = None;
    let mut pages = Vec::new();
    while let Some(session) = ledger.sessions_of(license, cursor).next() {
        cursor = Some((session.holder, session.no));
        pages.push(session.no.get());
    }
    assert_eq!(
        pages,
        [300, 301, 303, 304, 302],
        "in the order of holders, then of grants"
    );
    assert_eq!(ledger.sessions_of(LicenseId::from_bytes([0xff; 16]), None).count(), 0);
    let after: Vec<_> = ledger
        .sessions(Some(SessionNo::new(301)))
        .map(|session| session.no.get())
        .collect();
    assert_eq!(after, [302, 303, 304]);
    let first = ledger.products(None).next().unwrap().id;
    assert_eq!(ledger.products(Some(first)).count(), 0);
    let seats = ledger.seats(license).unwrap();
    assert_eq!(
        (seats.in_use, seats.sessions, seats.limit, seats.overage),
        (3, 5, 12, 2)
    );
}
