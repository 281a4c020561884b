//! Three whole nodes, the code of the binary, on one thread under one seed: simulated network, clocks, disks and
//! randomness, and faults at times that the seed chooses. The same seed gives the same run, to the last byte written.
//!
//! `world` is the seed and the trace, `surroundings` what a node gets instead of the system, `host` runs a node, `setup`
//! makes the cluster, `workload` asks for seats and writes down the answers, `office` assigns seats by name, `operator`
//! looks after the nodes, `faults` breaks things, the `links` among them, `run` puts a run together and judges it.

#[cfg(not(tokio_unstable))]
compile_error!("build the simulation from the folder chaos-tests: cargo finds the flag it needs there");

mod faults;
mod host;
mod http;
mod links;
mod office;
mod operator;
mod outcome;
mod run;
mod setup;
mod surroundings;
mod workload;
mod world;

pub use outcome::Outcome;
pub use run::run;
