//! What a storm needs of the machine it runs on, and what is skipped where that is missing.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::clocks;
use super::faults::Fault;
use crate::disks;

/// Says to a run that it is in namespaces of its own already.
const INSIDE: &str = "USHER_STORM_INSIDE";

/// What was found.
pub struct Surroundings {
    /// Faults that cannot be made here, by why.
    pub missing: BTreeMap<&'static str, Vec<Fault>>,
}

impl Surroundings {
    /// Whether a fault can be made here.
    pub(super) fn allow(&self, fault: Fault) -> bool {
        !self.missing.values().any(|faults| faults.contains(&fault))
    }
}

/// Looks around, and moves the run into a network and a mount namespace of its own, in which it begins anew. `None` if
/// no storm can be made here; it has then been said why.
pub fn surroundings() -> Result<Option<Surroundings>> {
    if let Some(why) = disks::unavailable() {
        println!("SKIPPED storm, with all of its {} faults: {why}", Fault::ALL.len());
        return Ok(None);
    }
    for program in ["unshare", "nsenter", "setpriv", "ip", "mkfs.ext4"] {
        if !is_there(program) {
            println!(
                "SKIPPED storm, with all of its {} faults: there is no `{program}` here (`make chaos` installs it)",
                Fault::ALL.len()
            );
            return Ok(None);
        }
    }
    if std::env::var_os(INSIDE).is_none() {
        // Nothing runs yet but this thread, and after this nothing of it does.
        let error = Command::new("unshare")
            .args(["--net", "--mount", "--propagation", "private", "--"])
            .arg(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(INSIDE, "1")
            .exec();
        bail!("unshare cannot be run: {error}");
    }
    let mut missing: BTreeMap<&'static str, Vec<Fault>> = BTreeMap::new();
    for fault in Fault::ALL {
        if let Some(program) = fault.needs().iter().find(|program| !is_there(program)) {
            missing.entry(program).or_default().push(fault);
        }
    }
    for (program, faults) in &missing {
        let names: Vec<&str> = faults.iter().map(|fault| fault.name()).collect();
        println!(
            "SKIPPED {}: there is no {program} here (`make chaos` installs it)",
            names.join(", ")
        );
    }
    Ok(Some(Surroundings { missing }))
}

/// Whether a program, or the library of that name, is installed.
fn is_there(program: &str) -> bool {
    if program == clocks::LIBRARY {
        return clocks::library().is_some();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).exists())
}
