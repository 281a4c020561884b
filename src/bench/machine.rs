//! The machine that the load runs on, without which figures mean little.

use serde_json::{Value, json};

/// What is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// The processor's name, where the kernel tells it.
    pub cpu: String,
    /// How many processors this process may use.
    pub cpus: usize,
    /// Memory in bytes, where the kernel tells it.
    pub memory_bytes: Option<u64>,
    /// The system and its release.
    pub kernel: String,
    /// The version of this executable.
    pub usher: String,
}

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let system = rustix::system::uname();
        let [name, release, machine] =
            [system.sysname(), system.release(), system.machine()].map(std::ffi::CStr::to_string_lossy);
        Self {
            cpu: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| machine.to_string()),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: memory_bytes(&read("/proc/meminfo")),
            kernel: format!("{name} {release} {machine}"),
            usher: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The same for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "cpus": self.cpus,
            "memory_bytes": self.memory_bytes,
            "kernel": self.kernel,
            "usher": self.usher,
        })
    }
}

fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let kib: u64 = field(meminfo, "MemTotal")?.strip_suffix(" kB")?.parse().ok()?;
    kib.checked_mul(1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_tells_is_found() {
        let cpuinfo = "processor\t: 0\nmodel name\t: Fast CPU @ 3.00GHz\n";
        assert_eq!(field(cpuinfo, "model name").as_deref(), Some("Fast CPU @ 3.00GHz"));
        assert_eq!(memory_bytes("MemTotal:        2 kB\n"), Some(2_048));
        assert_eq!(memory_bytes(""), None);
        let this = Machine::this();
        assert!(this.cpus > 0 && this.kernel.starts_with("Linux"), "{this:?}");
    }
}
