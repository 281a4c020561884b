//! Breaking usher on purpose: the histories that clients saw, the laws they are checked against, and the harnesses that
//! run real processes and simulated nodes under faults.

pub mod admin;
pub mod checks;
pub mod client;
pub mod cluster;
pub mod disks;
pub mod history;
pub mod processes;
pub mod seeds;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod storm;
