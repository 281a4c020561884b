//! What is true of every parser that meets the outside, for any bytes at all.
//!
//! A target is a file with a function `check(bytes)`, which panics if its property does not hold. libFuzzer looks for
//! such bytes (`make fuzz`), and `tests/replay.rs` goes through `fuzz/corpus` with every ordinary run of the tests. This
//! crate is never part of the product; what it needs to reach private parsers are the `fuzzing` modules of the others,
//! which are compiled for it alone.
//!
//! Reading order: [`memory`], which all of them share, then any target. `fuzz/README.md` has the list.

pub mod cli_arguments;
pub mod config;
pub mod entries;
pub mod http_call;
pub mod ids;
pub mod issuer_claims;
pub mod join_token;
pub mod keys_file;
pub mod license_key;
pub mod memory;
pub mod peer_certificate;
pub mod peer_frame;
pub mod root_file;
pub mod rows;
pub mod session_claims;
pub mod session_token;
pub mod shared_secrets;
mod signing;
pub mod snapshot;
pub mod stored_log;
pub mod stored_value;
pub mod user_token;

/// A parser with what is true of it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, which is also that of its corpus and of its program for libFuzzer.
    pub name: &'static str,
    /// Panics if the property does not hold for these bytes.
    pub check: fn(&[u8]),
}

macro_rules! targets {
    ($($name:ident)+) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), check: $name::check }),+];
    };
}

targets! {
    cli_arguments config entries http_call ids issuer_claims join_token keys_file license_key peer_certificate peer_frame
    root_file rows session_claims session_token shared_secrets snapshot stored_log stored_value user_token
}

/// A choice by the first byte, for targets that try several kinds of the same thing.
fn choose<T: Copy>(kinds: &[T], bytes: &[u8]) -> Option<(T, Vec<u8>)> {
    let (first, rest) = bytes.split_first()?;
    Some((*kinds.get(usize::from(*first))?, rest.to_vec()))
}
