//! The frozen vectors: they are what the generator prints, and this crate's verdict is theirs.

use std::collections::BTreeSet;

use serde_json::Value;
use trust::{Expectations, FingerprintHash, RootSet, Seq, UnixSeconds, VerifiedSession, VerifyError};

use crate::vector_set;

const FILE: &str = include_str!("../vectors/session-v1.json");

fn file() -> Value {
    serde_json::from_str(FILE).unwrap()
}

fn expectations(value: &Value) -> Expectations {
    let text = |name| value.get(name).and_then(Value::as_str);
    Expectations {
        now: UnixSeconds::new(value["now"].as_u64().unwrap()),
        product: text("product").map(|code| code.parse().unwrap()),
        fingerprint: text("fingerprint").map(|hash| hash.parse().unwrap()),
        seq_min: value.get("seq_min").map(|seq| Seq::new(seq.as_u64().unwrap())),
    }
}

/// Verifies a case: what it does not bring along is the file's own.
fn verify(file: &Value, case: &Value) -> Result<VerifiedSession, VerifyError> {
    let of = |member| case.get(member).unwrap_or(&file[member]);
    let chain: Vec<&str> = of("chain")
        .as_array()
        .unwrap()
        .iter()
        .map(|text| text.as_str().unwrap())
        .collect();
    let roots = RootSet::parse(&of("roots").to_string()).unwrap();
    trust::verify_session(
        of("token").as_str().unwrap(),
        &chain,
        &roots,
        &expectations(of("expectations")),
    )
}

fn cases<'f>(file: &'f Value, list: &str) -> &'f Vec<Value> {
    file[list].as_array().unwrap()
}

#[test]
fn the_checked_in_vectors_are_what_the_generator_prints() {
    let fresh = vector_set::generate();
    for (number, (old, new)) in FILE.lines().zip(fresh.lines()).enumerate() {
        assert_eq!(
            old,
            new,
            "line {} differs; a changed contract needs a new file, not an edited one",
            number + 1
        );
    }
    assert_eq!(FILE.len(), fresh.len());
}

#[test]
fn the_good_token_says_what_the_vectors_say() {
    let file = file();
    let session = verify(&file, &Value::Null).unwrap();
    assert_eq!(serde_json::to_value(&session.claims).unwrap(), file["claims"]);
    assert_eq!(
        FingerprintHash::of(file["hardware_id"].as_str().unwrap()),
        session.claims.fingerprint
    );
}

#[test]
fn every_good_vector_verifies() {
    let file = file();
    for case in cases(&file, "good") {
        if let Err(error) = verify(&file, case) {
            panic!("{} is refused: {error}", case["name"]);
        }
    }
}

#[test]
fn every_bad_vector_is_refused_for_the_reason_it_gives() {
    let file = file();
    for case in cases(&file, "bad") {
        match verify(&file, case) {
            Ok(_) => panic!("{} verifies", case["name"]),
            Err(error) => assert_eq!(error.reason(), case["reason"], "{}: {error}", case["name"]),
        }
    }
}

#[test]
fn every_bad_root_file_is_refused_for_the_reason_it_gives() {
    for case in cases(&file(), "bad_roots") {
        match RootSet::parse(case["text"].as_str().unwrap()) {
            Ok(_) => panic!("{} is read", case["name"]),
            Err(error) => assert_eq!(error.reason(), case["reason"], "{}: {error}", case["name"]),
        }
    }
}

#[test]
fn vectors_have_names_of_their_own_and_are_many() {
    let file = file();
    let mut names = BTreeSet::new();
    for list in ["good", "bad", "bad_roots"] {
        for case in cases(&file, list) {
            assert!(
                names.insert(case["name"].as_str().unwrap()),
                "{} stands there twice",
                case["name"]
            );
        }
    }
    assert!(cases(&file, "bad").len() >= 25);
}
