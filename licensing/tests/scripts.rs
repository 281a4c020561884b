//! Golden scripts: each file of `scripts/` tells one story of the rules and what is answered at every step.
//!
//! A command stands at the beginning of a line, what it prints is indented below it, `#` begins a comment, and the first
//! two lines say the claim. After every command all laws are checked. `UPDATE_SCRIPTS=1 cargo test -p licensing --test
//! scripts` writes what is printed now; read the difference before it is committed.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod script;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use script::{is_output, run};

#[test]
fn every_script_prints_what_it_expects() {
    let mut failures = Vec::new();
    for path in script_paths() {
        let expected = fs::read_to_string(&path).unwrap();
        let Ok(printed) = catch_unwind(|| run(&expected)) else {
            failures.push(format!("{} broke off, see above", path.display()));
            continue;
        };
        if printed == expected {
            continue;
        }
        if std::env::var_os("UPDATE_SCRIPTS").is_some() {
            fs::write(&path, printed).unwrap();
        } else {
            failures.push(format!("{}\n{}", path.display(), difference(&expected, &printed)));
        }
    }
    assert!(
        failures.is_empty(),
        "{} scripts differ\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn every_script_begins_with_its_claim() {
    let paths = script_paths();
    assert!(paths.len() >= 35, "only {} scripts", paths.len());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        let mut claim = || {
            lines
                .next()
                .is_some_and(|line| line.starts_with("# ") && line.len() > 10)
        };
        assert!(
            claim() && claim(),
            "{} does not begin with two lines of claim",
            path.display()
        );
        assert!(text.lines().any(is_output), "{} expects nothing", path.display());
    }
}

#[test]
fn a_wrong_expectation_is_noticed() {
    let right = run("plan pro seats=1\nlicense main\nacquire laptop as s1\n");
    assert!(right.ends_with("acquire laptop as s1\n  granted s1 1/1\n"), "{right}");
    assert_eq!(run(&right), right);
    let wrong = right.replace("1/1", "1/2");
    assert_ne!(run(&wrong), wrong);
    assert!(difference(&wrong, &run(&wrong)).contains("-  granted s1 1/2\n+  granted s1 1/1"));
}

fn script_paths() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

/// The lines that differ, each under the last command before it.
fn difference(expected: &str, printed: &str) -> String {
    let (expected, printed): (Vec<_>, Vec<_>) = (blocks(expected), blocks(printed));
    let mut text = String::new();
    for ((command, wanted), (_, got)) in expected.iter().zip(&printed).filter(|(one, other)| one != other) {
        let minus = wanted.iter().map(|line| format!("-{line}\n"));
        let plus = got.iter().map(|line| format!("+{line}\n"));
        text.extend([format!(" {command}\n")].into_iter().chain(minus).chain(plus));
    }
    text
}

/// Commands with what is printed below them.
fn blocks(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks = vec![("", Vec::new())];
    for line in text.lines() {
        if is_output(line) {
            blocks.last_mut().unwrap().1.push(line);
        } else {
            blocks.push((line, Vec::new()));
        }
    }
    blocks
}
