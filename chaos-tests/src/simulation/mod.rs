//! Three whole nodes, the code of the binary, on one thread under one seed: simulated network, clocks, disks and
//! randomness, and faults at times that the seed chooses. The same seed gives the same run, to the last byte written.
//!
//! `world` is the seed and the trace, `surroundings` what a node gets instead of the system, `host` runs a node,
//! `workload` asks for seats and writes down the answers, `run` puts a run together and lets faults happen.

#[cfg(not(tokio_unstable))]
compile_error!("build the simulation from the folder chaos-tests: cargo finds the flag it needs there");

mod host;
mod run;
mod surroundings;
mod workload;
mod world;

pub use run::{Outcome, run};
