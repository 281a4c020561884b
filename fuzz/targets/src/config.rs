//! A server's configuration: a TOML file, then behind a line `---` variables, then behind another flags, each as
//! `NAME=VALUE`.
//!
//! Property: what is understood, and shown as `usher config show` does, is understood again from the environment alone,
//! as the same configuration. Whatever is wrong is told in words.

use std::fs;

use usher::config::{FileSource, Flag, Resolved, Sources};

/// Checks the property.
pub fn check(bytes: &[u8]) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("usher.toml");
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split("\n---\n");
    let file = parts.next().unwrap_or_default();
    // A file alone may be anything, also no text at all.
    let file = if file.len() == text.len() {
        bytes
    } else {
        file.as_bytes()
    };
    fs::write(&path, file).expect("the directory can be written");
    let pairs = |part: Option<&str>| -> Vec<(String, String)> {
        let pairs = part.unwrap_or_default().lines().filter_map(|line| line.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let environment = pairs(parts.next());
    let flags = pairs(parts.next()).into_iter().map(|(key, value)| Flag {
        flag: format!("--{}", key.replace('.', "-")),
        key,
        value,
    });
    let sources = Sources {
        file: FileSource::Named(path),
        environment,
        flags: flags.collect(),
    };
    match sources.resolve() {
        Ok(resolved) => stays(&resolved),
        Err(errors) => assert!(!errors.to_string().trim().is_empty()),
    }
}

fn stays(resolved: &Resolved) {
    let shown = resolved.shown.iter().filter(|shown| !shown.value.is_empty());
    let environment = shown.map(|shown| {
        let name = format!("USHER_{}", shown.key.replace('.', "__")).to_ascii_uppercase();
        (name, shown.value.clone())
    });
    let sources = Sources {
        file: FileSource::None,
        environment: environment.collect(),
        flags: Vec::new(),
    };
    let again = sources.resolve().expect("what is shown is understood");
    assert_eq!(again.config, resolved.config);
    let values =
        |resolved: &Resolved| -> Vec<String> { resolved.shown.iter().map(|shown| shown.value.clone()).collect() };
    assert_eq!(values(&again), values(resolved));
}
