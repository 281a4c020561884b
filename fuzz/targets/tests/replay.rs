//! Every file of `fuzz/corpus` through its target: what a fuzzer has found once is tried with every run of the tests.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(
    clippy::print_stdout,
    reason = "which file it was is what one needs to know of a failure"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use fuzz_targets::TARGETS;
use raft::seams::{Clock as _, SystemClock};

/// No input may take longer, on whatever machine this is: it is a thousand times what the slowest takes.
const INPUT_MS_MAX: u64 = 20_000;

/// The corpora are for every day: these are bounds on what is checked in.
const FILES_MAX: usize = 40;
const BYTES_MAX: u64 = 200 << 10;

/// The bound on memory is one for the process, so only one target at a time can be held to it.
static ALONE: Mutex<()> = Mutex::new(());

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(directory).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn replay(name: &str) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let corpus = files(&fuzz().join("corpus").join(name));
    assert!(!corpus.is_empty(), "{name} has no corpus");
    for file in corpus {
        let bytes = std::fs::read(&file).unwrap();
        println!("{}", file.display());
        let from = SystemClock.boot_ms();
        (target.check)(&bytes);
        let took = SystemClock.boot_ms() - from;
        assert!(took < INPUT_MS_MAX, "{} took {took} ms", file.display());
    }
}

macro_rules! replayed {
    ($($name:ident)+) => {
        const REPLAYED: &[&str] = &[$(stringify!($name)),+];

        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )+
    };
}

replayed! {
    cli_arguments config entries http_call ids issuer_claims join_token keys_file license_key peer_certificate peer_frame
    root_file rows session_claims session_token shared_secrets snapshot stored_log stored_value user_token
}

#[test]
fn every_target_is_replayed_and_has_a_program_for_the_fuzzer() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let replayed: BTreeSet<String> = REPLAYED.iter().map(|name| (*name).to_owned()).collect();
    let stems = |directory: &str| -> BTreeSet<String> {
        let files = files(&fuzz().join(directory));
        files
            .iter()
            .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(replayed, names);
    assert_eq!(stems("corpus"), names);
    assert_eq!(stems("fuzz_targets"), names);
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is no program");
    }
}

#[test]
fn the_corpora_are_small() {
    let mut bytes = 0;
    for target in TARGETS {
        let corpus = files(&fuzz().join("corpus").join(target.name));
        assert!(corpus.len() <= FILES_MAX, "{} has {} files", target.name, corpus.len());
        bytes += corpus.iter().map(|file| file.metadata().unwrap().len()).sum::<u64>();
    }
    assert!(bytes <= BYTES_MAX, "the corpora have {bytes} bytes");
}
