//! This crate decides the same on every node and in every replay, so nothing in it may depend on anything but its input.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

/// Words that have no place in the rules, each with the reason.
const BANNED: &[(&str, &str)] = &[
    ("HashMap", "its order differs from process to process; take a BTreeMap"),
    ("HashSet", "its order differs from process to process; take a BTreeSet"),
    ("f32", "floats differ between machines; count in whole units"),
    ("f64", "floats differ between machines; count in whole units"),
    ("SystemTime", "time comes with the entry"),
    ("Instant", "time comes with the entry"),
    (
        "std::time",
        "time comes with the entry; lengths are licensing::time::Span",
    ),
    ("rand", "ids are drawn at the edge"),
    ("getrandom", "ids are drawn at the edge"),
    ("std::env", "the rules have no settings"),
    ("std::fs", "the rules do no I/O"),
    ("std::io", "the rules do no I/O"),
    ("std::net", "the rules do no I/O"),
    ("std::thread", "the rules run on one thread"),
    ("Mutex", "the rules run on one thread"),
    ("async", "the rules wait for nothing"),
    ("usize::BITS", "the rules do not depend on the machine"),
    ("unwrap()", "say what makes it impossible: expect(…)"),
    ("todo!", "nothing is left over"),
    ("TODO", "nothing is left over"),
    ("unimplemented!", "nothing is left over"),
    ("println!", "the rules print nothing"),
];

#[test]
fn the_rules_depend_on_their_input_alone() {
    let mut found = Vec::new();
    for path in sources() {
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for (word, reason) in BANNED {
                if has_word(code, word) {
                    found.push(format!("{}:{}: {word}: {reason}", path.display(), number + 1));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_are_short_and_begin_by_saying_what_they_are() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not say what it is", path.display());
        let lines = text.lines().count();
        assert!(
            lines <= 450,
            "{} has {lines} lines: are there two concepts in it?",
            path.display()
        );
    }
}

#[test]
fn a_word_is_found_only_as_a_word() {
    assert!(has_word("use std::collections::HashMap;", "HashMap"));
    assert!(has_word("let x: f64 = 1.0;", "f64"));
    assert!(has_word("x.unwrap()", "unwrap()"));
    assert!(!has_word("a brand new operand", "rand"));
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 30, "the sources are found");
    found
}

/// Whether a word stands in a line, not as a part of a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(place, _)| {
        let before = line[..place].chars().next_back();
        let after = line[place + word.len()..].chars().next();
        let goes_on = word.ends_with(is_part) && after.is_some_and(is_part);
        !goes_on && !before.is_some_and(is_part)
    })
}
