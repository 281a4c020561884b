//! Three real servers on machines of their own, as far as one machine can play three: each in a network namespace with
//! its own address and firewall, its data on its own disk, its wall clock its own. Faults come down on them by a seeded
//! schedule while recorded clients and real SDK applications hold seats.
//!
//! Everything lives in a network and a mount namespace that the run makes for itself: when it ends, however it ends,
//! the kernel takes them down with every link, rule, mount and loop device in them, and nothing on the host was touched.
//!
//! Reading order: `schedule`, `run`, `site`, `machine`, `network`, then `faults`.
#![allow(
    clippy::print_stdout,
    reason = "what a run says is for people, on a terminal or in a test's log"
)]

mod applications;
mod clocks;
mod faults;
mod machine;
mod network;
mod packets;
mod programs;
mod requirements;
mod run;
mod schedule;
mod site;
mod tally;

pub use faults::Fault;
pub use packets::{Mistreatment, mistreat};
pub use requirements::{Surroundings, surroundings};
pub use run::{Storm, storm};
