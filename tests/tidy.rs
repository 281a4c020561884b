//! Rules of this repository that no compiler checks. Each failure names the file and line.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file below `dir` with one of these endings, but for what is built, installed or a test's fixture.
fn sources(dir: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let skipped = [
        "target",
        ".git",
        ".venv",
        "node_modules",
        "fixtures",
        "vectors",
        "frozen",
        "__pycache__",
    ];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !skipped.contains(&name.as_str()) {
            found.extend(sources(&path, endings));
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The lines of product code that `bad` finds, as `file:line: text`.
fn lines(files: &[PathBuf], mut bad: impl FnMut(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for (number, line) in text.lines().enumerate() {
            if bad(line) {
                let file = file.strip_prefix(root()).unwrap();
                found.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    found
}

fn without(files: Vec<PathBuf>, excepted: &[&str]) -> Vec<PathBuf> {
    files
        .into_iter()
        .filter(|file| !excepted.iter().any(|suffix| file.ends_with(suffix)))
        .collect()
}

fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn the_ledger_has_no_clock_no_chance_no_floats_and_no_hash_order() {
    let words = [
        "HashMap",
        "HashSet",
        "f32",
        "f64",
        "SystemTime",
        "Instant",
        "rand::",
        "std::fs",
        "std::net",
        "async ",
    ];
    let found = lines(&sources(&root().join("licensing/src"), &[".rs"]), |line| {
        let code = line.split("//").next().unwrap();
        words.iter().any(|word| code.contains(word))
    });
    none(&found, "licensing must be pure");
}

#[test]
fn only_one_file_reads_a_clock_and_draws_randomness() {
    let mut files = Vec::new();
    for dir in ["src", "raft/src", "storage/src", "trust/src"] {
        files.extend(sources(&root().join(dir), &[".rs"]));
    }
    let files = without(files, &["raft/src/seams.rs"]);
    let found = lines(&files, |line| {
        let code = line.split("//").next().unwrap();
        [
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
            "std::time::Instant",
            "getrandom::",
            "OsRng",
            "clock_gettime",
        ]
        .iter()
        .any(|word| code.contains(word))
    });
    none(&found, "clocks and randomness come from raft::seams");
}

#[test]
fn only_the_raft_crate_names_openraft() {
    let mut files = Vec::new();
    for dir in ["src", "storage/src", "trust/src", "licensing/src"] {
        files.extend(sources(&root().join(dir), &[".rs"]));
    }
    none(
        &lines(&files, |line| line.contains("openraft::")),
        "openraft is raft's alone",
    );
}

#[test]
fn nothing_is_left_over() {
    let files = without(
        sources(&root(), &[".rs", ".py", ".md", ".toml", "Makefile"]),
        &["tests/tidy.rs"],
    );
    let words = [
        "TODO",
        "FIXME",
        "XXX:",
        "todo!(",
        "unimplemented!(",
        "dbg!(",
        "Placeholder",
        "lorem ipsum",
    ];
    none(
        &lines(&files, |line| words.iter().any(|word| line.contains(word))),
        "unfinished work",
    );
}

#[test]
fn words_of_the_glossary_are_not_misused() {
    let files = without(sources(&root(), &[".rs"]), &["tests/tidy.rs"]);
    // What other products say for seats and licenses; "lease" stays where raft's own leases are meant.
    let words = ["licence", "licences", "lease", "leases", "checkout", "checkouts"];
    let found = lines(&files, |line| {
        let line = line.trim_start();
        let comment = line.starts_with("//") && !line.contains("Lease");
        let told = line.to_lowercase();
        comment
            && told
                .split(|c: char| !c.is_alphanumeric())
                .any(|word| words.contains(&word))
    });
    none(&found, "docs/glossary.md has another word for this");
}

#[test]
fn lines_end_cleanly() {
    let files = sources(&root(), &[".rs", ".py", ".md", "Makefile"]);
    none(
        &lines(&files, |line| line.ends_with([' ', '\t'])),
        "no white space at the end of a line",
    );
}
