//! The bytes of everything that is stored or sent, frozen: log entries, answers, rows, audit leaves.
//!
//! `frozen/*.hex` has a line for each variant: its name and the bytes of an example. A line is never changed or taken
//! away, because a data directory somewhere has these bytes. `UPDATE_FROZEN=1 cargo test -p licensing --test frozen`
//! adds lines for variants that have none yet.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod examples;

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::fs;
use std::path::PathBuf;

use licensing::row::{Row, Table};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Examples by name, each with its bytes.
type Examples = Vec<(String, Vec<u8>)>;

#[test]
fn the_bytes_of_commands_are_frozen() {
    check_file("commands", &encoded(examples::commands()));
    check_every_variant_is_there(&examples::commands());
}

#[test]
fn the_bytes_of_entries_are_frozen() {
    check_file("entries", &encoded(examples::entries()));
    check_file("actors", &encoded(examples::actors()));
    check_every_variant_is_there(&examples::actors());
}

#[test]
fn the_bytes_of_outcomes_are_frozen() {
    check_file("outcomes", &encoded(examples::outcomes()));
    check_every_variant_is_there(&examples::outcomes());
    check_file("applied", &encoded(examples::applied()));
}

#[test]
fn the_bytes_of_rejections_are_frozen() {
    check_file("rejections", &encoded(examples::rejections()));
    check_every_variant_is_there(&examples::rejections());
}

#[test]
fn the_bytes_of_the_small_enums_are_frozen() {
    check_small("kinds", examples::kinds());
    check_small("offline_modes", examples::offline_modes());
    check_small("holder_policies", examples::holder_policies());
    check_small("entitlements", examples::entitlement_values());
    check_small("license_statuses", examples::license_statuses());
    check_small("end_causes", examples::end_causes());
    check_small("scopes", examples::scopes());
    check_small("roles", examples::roles());
    check_small("provider_kinds", examples::provider_kinds());
    check_small("refusals", examples::refusals());
    check_small("histories", examples::histories());
    check_small("user_token_steps", examples::user_token_steps());
}

#[test]
fn the_bytes_of_audit_leaves_are_frozen() {
    check_file("audit_events", &encoded(examples::audit_events()));
    check_every_variant_is_there(&examples::audit_events());
    check_file("audit_leaves", &encoded(examples::audit_leaves()));
    check_every_variant_is_there(&examples::audit_leaves());
}

#[test]
fn the_bytes_of_rows_are_frozen() {
    let rows = examples::rows();
    for table in Table::ALL {
        assert!(
            rows.iter().any(|row| row.key().table() == table),
            "no example of a row in {table}"
        );
    }
    let mut lines = Examples::new();
    for row in rows {
        let table = row.key().table();
        assert_eq!(Row::decode(table, &row.encode()).unwrap(), row);
        lines.push((format!("{table}.key"), row.key().to_bytes().to_vec()));
        lines.push((format!("{table}.row"), row.encode()));
    }
    check_file("rows", &lines);
}

#[test]
fn the_numbers_of_tables_are_frozen() {
    let lines = Table::ALL
        .iter()
        .map(|table| (table.name().to_owned(), vec![table.number()]))
        .collect();
    check_file("tables", &lines);
}

fn check_small<T: Serialize + DeserializeOwned + Debug + PartialEq>(file: &str, examples: Vec<T>) {
    let named: Vec<_> = examples
        .into_iter()
        .map(|example| (variant_name(&example), example))
        .collect();
    check_every_variant_is_there(&named);
    check_file(file, &encoded(named));
}

/// A variant's name, from how it prints.
fn variant_name(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    text.split(['(', ' ', '{']).next().unwrap().to_owned()
}

fn encoded<N: ToString, T: Serialize + DeserializeOwned + Debug + PartialEq>(examples: Vec<(N, T)>) -> Examples {
    let encode = |(name, example): (N, T)| {
        let bytes = postcard::to_stdvec(&example).unwrap();
        assert_eq!(postcard::from_bytes::<T>(&bytes).unwrap(), example);
        (name.to_string(), bytes)
    };
    examples.into_iter().map(encode).collect()
}

/// The first byte of an enum is its variant's number. The numbers of the examples run from 0 without a gap, and the next
/// number is no variant: so none was forgotten here.
fn check_every_variant_is_there<N, T: Serialize + DeserializeOwned>(examples: &[(N, T)]) {
    let numbers: Vec<u8> = examples
        .iter()
        .map(|(_, example)| postcard::to_stdvec(example).unwrap()[0])
        .collect();
    let count = u8::try_from(numbers.len()).unwrap();
    assert_eq!(
        numbers,
        (0..count).collect::<Vec<_>>(),
        "one example for each variant, in their order"
    );
    assert!(!is_variant::<T>(count), "variant {count} has no example");
    assert!(
        is_variant::<T>(count - 1),
        "the question tells variants from other numbers"
    );
}

/// Whether an enum has a variant of this number.
fn is_variant<T: DeserializeOwned>(number: u8) -> bool {
    let mut bytes = vec![0; 4_096];
    bytes[0] = number;
    // Zeros are a value of every type here, so what fails is the number.
    postcard::take_from_bytes::<T>(&bytes).is_ok()
}

fn check_file(file: &str, examples: &Examples) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/frozen/{file}.hex"));
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    let frozen: BTreeMap<String, String> = text
        .lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, hex)| (name.to_owned(), hex.to_owned()))
        .collect();
    let is_update = std::env::var_os("UPDATE_FROZEN").is_some();
    let mut named = 0;
    for (name, bytes) in examples {
        match frozen.get(name) {
            Some(hex) => assert_eq!(
                &to_hex(bytes),
                hex,
                "{name} in {file}: stored data has the right-hand bytes"
            ),
            None if is_update => writeln!(text, "{name} {}", to_hex(bytes)).unwrap(),
            None => panic!("{name} is not in {}; see the head of this test", path.display()),
        }
        named += 1;
    }
    if is_update {
        fs::write(&path, text).unwrap();
    } else {
        assert_eq!(named, frozen.len(), "{file}: a line without its example");
    }
}

/// Hexadecimal, and a dash for no bytes at all.
fn to_hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
