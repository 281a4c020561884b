//! Prints the test vectors: `cargo run -p trust --example vectors > trust/tests/vectors/session-v1.json`.
//!
//! A test compares the checked-in file with what this prints, so a change of the contract shows in both.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]

#[path = "../tests/contract/forge.rs"]
mod forge;
#[path = "../tests/contract/vector_set/mod.rs"]
mod vector_set;

fn main() {
    print!("{}", vector_set::generate());
}
