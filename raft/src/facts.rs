//! What a node says of itself: facts that only it knows, and that are no part of the ledger.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use storage::disk::Disk;

use crate::log::Log;
use crate::machine::Machine;

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFacts {
    /// The newest entry of its log.
    pub last_log: u64,
    /// The newest entry that it has applied.
    pub applied: u64,
    /// How long its log is on disk.
    pub log_bytes: u64,
    /// What is free where its data is, if the system says so.
    pub disk_free_bytes: Option<u64>,
    /// Its wall clock, milliseconds since 1970.
    pub wall_ms: u64,
    /// What the appliance around it adds, opaque here.
    pub about: Vec<u8>,
}

type About = Arc<OnceLock<Box<dyn Fn() -> Vec<u8> + Send + Sync>>>;

/// Where a node reads its facts.
#[derive(Clone)]
pub(crate) struct Facts {
    pub(crate) log: Log,
    pub(crate) machine: Machine,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) about: About,
}

impl Facts {
    /// The facts as they are now.
    pub(crate) fn read(&self, wall_ms: u64) -> NodeFacts {
        NodeFacts {
            last_log: self.log.last_index(),
            applied: self.machine.applied(),
            log_bytes: self.log.stats().file_bytes,
            disk_free_bytes: self.disk.free_bytes().ok(),
            wall_ms,
            about: self.about.get().map(|about| about()).unwrap_or_default(),
        }
    }
}
