//! Real server processes, broken on purpose and judged by what clients saw. One file per kind of run.
#![allow(
    clippy::print_stdout,
    reason = "what a run says is for people, on a terminal or in a test's log"
)]

mod judge;
mod kill_all;
pub(crate) mod load;
mod power_cut;
mod rush;

pub use kill_all::kill_all;
pub use power_cut::power_cut;
pub use rush::rush;
