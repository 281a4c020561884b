//! What a ledger makes of rows that a disk has lost, doubled or changed, and how keys order.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

#[allow(dead_code, reason = "shared with the test of frozen bytes")]
mod examples;

use licensing::id::{
    ApiTokenId, CustomerId, HolderKey, JoinTokenId, LicenseId, LoginId, NodeId, PersonId, PlanId, ProductId, RequestId,
    SecretHash, SessionNo,
};
use licensing::ledger::{Ledger, LoadError};
use licensing::merkle::Frontier;
use licensing::row::{Row, RowError, RowKey, Table};
use licensing::session::Session;
use licensing::time::Hour;
use proptest::prelude::*;

fn variant_name(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

/// A row of each table that belong together: those that are frozen, less the ended session, which cannot be live too,
/// and the ghost, whose holder has a session.
fn rows() -> Vec<Row> {
    let mut rows = examples::rows();
    rows.retain(|row| !matches!(row, Row::EndedSession(_) | Row::Ghost(_)));
    rows
}

fn load(rows: Vec<Row>) -> Result<Ledger, LoadError> {
    Ledger::from_rows(rows)
}

/// What is said of rows without the one of a table.
fn without(table: Table) -> LoadError {
    load(rows().into_iter().filter(|row| row.key().table() != table).collect()).unwrap_err()
}

/// What is said of rows with one more.
fn with(row: Row) -> LoadError {
    load(rows().into_iter().chain([row]).collect()).unwrap_err()
}

fn session() -> Session {
    let find = |row| {
        if let Row::Session(session) = row {
            Some(session)
        } else {
            None
        }
    };
    rows().into_iter().find_map(find).unwrap()
}

#[test]
fn rows_that_belong_together_are_a_ledger_in_any_order() {
    let ledger = load(rows()).unwrap();
    let mut backward = rows();
    backward.reverse();
    assert_eq!(load(backward).unwrap().digest(), ledger.digest());
    assert!(ledger.rows().eq(rows()));
    assert!(!ledger.has_changes());
}

#[test]
fn no_rows_are_a_new_ledger() {
    let ledger = load(Vec::new()).unwrap();
    assert_eq!(ledger.digest(), Ledger::new().digest());
    assert_eq!(load(Ledger::new().rows().collect()).unwrap().digest(), ledger.digest());
}

#[test]
fn a_lost_row_is_noticed() {
    assert!(matches!(without(Table::Meta), LoadError::NoMeta));
    for table in [
        Table::Products,
        Table::Plans,
        Table::Customers,
        Table::Licenses,
        Table::ApiTokens,
        Table::People,
    ] {
        let LoadError::Dangling { missing, .. } = without(table) else {
            panic!("{:?}", without(table))
        };
        assert_eq!(missing.table(), table);
    }
    assert!(
        matches!(without(Table::UsageHours), LoadError::Impossible { .. }),
        "a held seat has an open hour"
    );
}

#[test]
fn a_doubled_row_is_noticed() {
    for row in rows() {
        let key = row.key();
        assert_eq!(with(row), LoadError::Twice { row: key });
    }
}

#[test]
fn two_rows_with_one_secret_are_noticed() {
    let mut second = session();
    second.no = SessionNo::new(299);
    assert_eq!(
        with(Row::Session(second)),
        LoadError::Clash {
            table: Table::Sessions,
            field: "hash"
        }
    );
    for row in rows() {
        let (row, clash) = match row {
            Row::Product(mut row) => {
                row.id = ProductId::from_bytes([9; 16]);
                (Row::Product(row), "code")
            }
            Row::Plan(mut row) => {
                row.id = PlanId::from_bytes([9; 16]);
                (Row::Plan(row), "code")
            }
            Row::Customer(mut row) => {
                row.id = CustomerId::from_bytes([9; 16]);
                (Row::Customer(row), "reference")
            }
            Row::License(mut row) => {
                row.id = LicenseId::from_bytes([9; 16]);
                (Row::License(row), "key")
            }
            Row::ApiToken(mut row) => {
                row.id = ApiTokenId::from_bytes([9; 10]);
                (Row::ApiToken(row), "secret")
            }
            Row::Person(mut row) => {
                row.id = PersonId::from_bytes([9; 16]);
                (Row::Person(row), "email")
            }
            Row::Login(mut row) => {
                row.id = LoginId::from_bytes([9; 10]);
                (Row::Login(row), "secret")
            }
            Row::Invitation(mut row) => {
                row.secret = SecretHash::from_bytes([9; 32]);
                (Row::Invitation(row), "person")
            }
            Row::UsageHour(mut row) => {
                row.hour = Hour::new(row.hour.get() - 1);
                (Row::UsageHour(row), "license")
            }
            _ => continue,
        };
        let table = row.key().table();
        assert_eq!(with(row), LoadError::Clash { table, field: clash });
    }
}

#[test]
fn a_row_that_cannot_be_is_noticed() {
    let impossible = |row: Row| {
        let key = row.key();
        let mut rows = rows();
        rows.retain(|other| other.key() != key);
        rows.push(row);
        assert!(matches!(load(rows), Err(LoadError::Impossible { .. })), "{key:?}");
    };
    for row in examples::rows() {
        match row {
            Row::Meta(mut row) => {
                // A frontier of five leaves whose bytes say seven.
                let mut bytes = postcard::to_stdvec(&row.audit).unwrap();
                bytes[0] += 2;
                row.audit = postcard::from_bytes::<Frontier>(&bytes).unwrap();
                assert_eq!(row.audit.size(), 7);
                impossible(Row::Meta(row));
            }
            Row::Session(mut row) => {
                row.no = SessionNo::new(301);
                row.hash = licensing::id::SessionHash::from_bytes([0x77; 32]);
                impossible(Row::Session(row));
            }
            // These are impossible beside the live session.
            Row::EndedSession(mut row) => {
                row.hash = licensing::id::SessionHash::from_bytes([0x77; 32]);
                impossible(Row::EndedSession(row));
            }
            Row::Ghost(row) => impossible(Row::Ghost(row)),
            Row::UsageHour(mut row) => {
                let hour = row.hour;
                *row.refusals.values_mut().next().unwrap() = 0;
                impossible(Row::UsageHour(row.clone()));
                row.refusals.clear();
                row.hour = Hour::new(hour.get() + 1);
                let mut rows = rows();
                rows.retain(|row| !matches!(row, Row::UsageHour(_)));
                rows.push(Row::UsageHour(row));
                assert!(matches!(load(rows), Err(LoadError::Impossible { .. })));
            }
            Row::Node(mut row) => {
                row.id = NodeId::new(301);
                impossible(Row::Node(row));
            }
            _ => {}
        }
    }
}

#[test]
fn bytes_that_are_no_row_are_refused_by_what_is_wrong() {
    for row in examples::rows() {
        let (table, bytes) = (row.key().table(), row.encode());
        assert!(matches!(Row::decode(table, &[]), Err(RowError::Empty { .. })));
        assert!(matches!(
            Row::decode(table, &bytes[..bytes.len() - 1]),
            Err(RowError::Malformed { .. })
        ));
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(matches!(
            Row::decode(table, &longer),
            Err(RowError::TrailingBytes { extra: 1, .. })
        ));
        let mut newer = bytes.clone();
        newer[0] = 2;
        let error = Row::decode(table, &newer).unwrap_err();
        assert!(matches!(error, RowError::Version { version: 2, .. }));
        assert!(error.to_string().contains(table.name()), "{error}");
        assert!(matches!(
            RowKey::from_bytes(table, &[1, 2, 3]),
            Err(RowError::Key { .. })
        ));
    }
}

fn key() -> impl Strategy<Value = RowKey> {
    // Few different bytes, so that keys often share a beginning.
    fn bytes<const N: usize>() -> impl Strategy<Value = [u8; N]> {
        (any::<[bool; N]>(), 0_u8..3).prop_map(|(bits, base)| bits.map(|bit| base + u8::from(bit)))
    }
    let number = || prop_oneof![0_u64..600, any::<u64>()];
    prop_oneof![
        Just(RowKey::Meta),
        bytes().prop_map(|id| RowKey::Product(ProductId::from_bytes(id))),
        bytes().prop_map(|id| RowKey::Plan(PlanId::from_bytes(id))),
        bytes().prop_map(|id| RowKey::Customer(CustomerId::from_bytes(id))),
        bytes().prop_map(|id| RowKey::License(LicenseId::from_bytes(id))),
        number().prop_map(|no| RowKey::Session(SessionNo::new(no))),
        number().prop_map(|no| RowKey::EndedSession(SessionNo::new(no))),
        (bytes(), bytes()).prop_map(|(license, holder)| {
            RowKey::Ghost(LicenseId::from_bytes(license), HolderKey::from_bytes(holder))
        }),
        bytes().prop_map(|id| RowKey::Answer(RequestId::from_bytes(id))),
        (bytes(), any::<u32>())
            .prop_map(|(license, hour)| { RowKey::UsageHour(LicenseId::from_bytes(license), Hour::new(hour)) }),
        number().prop_map(|id| RowKey::Node(NodeId::new(id))),
        bytes().prop_map(|id| RowKey::JoinToken(JoinTokenId::from_bytes(id))),
        bytes().prop_map(|id| RowKey::ApiToken(ApiTokenId::from_bytes(id))),
        bytes().prop_map(|id| RowKey::Person(PersonId::from_bytes(id))),
        bytes().prop_map(|id| RowKey::Login(LoginId::from_bytes(id))),
        bytes().prop_map(|id| RowKey::Invitation(SecretHash::from_bytes(id))),
        bytes().prop_map(|id| RowKey::TokenUse(ApiTokenId::from_bytes(id))),
        Just(RowKey::Branding),
        Just(RowKey::Retention),
    ]
}

proptest! {
    #[test]
    fn keys_order_as_their_tables_and_bytes_do(one in key(), other in key()) {
        let place = |key: &RowKey| (key.table().number(), key.to_bytes().to_vec());
        prop_assert_eq!(one.cmp(&other), place(&one).cmp(&place(&other)));
        prop_assert_eq!(RowKey::from_bytes(one.table(), &one.to_bytes()).unwrap(), one);
    }

    #[test]
    fn any_bytes_are_a_row_or_an_error(number in 0_u8..13, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let table = Table::from_number(number).unwrap();
        if let Ok(row) = Row::decode(table, &bytes) {
            prop_assert_eq!(row.key().table(), table);
        }
        let _ = Row::decode(table, &[[1].as_slice(), &bytes].concat());
        let _ = RowKey::from_bytes(table, &bytes);
    }
}
