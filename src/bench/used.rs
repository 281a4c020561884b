//! What the nodes used while they were measured: processor time and memory, from their own `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};

use super::report::rounded;
use super::wire::{Nodes, Wire};
use crate::ops::process::{CPU_SECONDS, ProcessFigures, RESIDENT_BYTES};

/// What the load itself is called among the processes.
const LOAD: &str = "usher bench";

/// Where the nodes tell what they use: their ops listeners.
#[derive(Debug, Clone)]
pub struct Used(Arc<Nodes>);

/// Why it is not known.
#[derive(Debug, thiserror::Error)]
#[error("--ops-url: {url} tells no {CPU_SECONDS}: {why}; give the addresses that `[ops] listen` of each node names")]
pub struct UsedError {
    url: String,
    why: String,
}

/// What a process used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeUse {
    /// The URL of a node's ops listener, or `usher bench`.
    pub process: String,
    /// Processor time in the measured time; `None` if it began anew meanwhile.
    pub cpu: Option<Duration>,
    /// Memory that it held before.
    pub resident_before: Option<u64>,
    /// Memory that it held at the end.
    pub resident: Option<u64>,
}

/// What processes had used by some time.
#[derive(Debug)]
pub(super) struct UsedBefore {
    of: Option<Used>,
    nodes: Vec<Option<ProcessFigures>>,
    load: Option<ProcessFigures>,
}

impl Used {
    /// Asks these ops listeners.
    pub const fn new(ops: Arc<Nodes>) -> Self {
        Self(ops)
    }

    /// Looks whether every node tells.
    pub async fn check(&self) -> Result<(), UsedError> {
        for (at, url) in self.0.urls().enumerate() {
            self.read(at).await.map_err(|why| UsedError {
                url: url.to_owned(),
                why,
            })?;
        }
        Ok(())
    }

    async fn read(&self, at: usize) -> Result<ProcessFigures, String> {
        let answer = Wire::new(&self.0, at)
            .send(Method::GET, "/metrics", String::new())
            .await;
        let answer = answer.map_err(|silence| silence.name().to_owned())?;
        if answer.status != 200 {
            return Err(format!("it answers {}", answer.status));
        }
        let text = String::from_utf8_lossy(&answer.body);
        figures(&text).ok_or_else(|| "its /metrics has none".to_owned())
    }

    async fn read_all(&self) -> Vec<Option<ProcessFigures>> {
        let mut all = Vec::new();
        for at in 0..self.0.len() {
            all.push(self.read(at).await.ok());
        }
        all
    }

    /// Notes what was used by now.
    pub(super) async fn begin(this: Option<&Self>) -> UsedBefore {
        let nodes = match this {
            Some(used) => used.read_all().await,
            None => Vec::new(),
        };
        UsedBefore {
            of: this.cloned(),
            nodes,
            load: ProcessFigures::own(),
        }
    }
}

impl UsedBefore {
    /// What was used since.
    pub(super) async fn end(self) -> Vec<NodeUse> {
        let load = NodeUse::between(LOAD, self.load, ProcessFigures::own());
        let mut all = Vec::new();
        if let Some(used) = &self.of {
            let after = used.read_all().await;
            let pairs = self.nodes.into_iter().zip(after);
            all.extend(
                used.0
                    .urls()
                    .zip(pairs)
                    .map(|(url, (before, after))| NodeUse::between(url, before, after)),
            );
        }
        all.push(load);
        all
    }
}

impl NodeUse {
    fn between(process: &str, before: Option<ProcessFigures>, after: Option<ProcessFigures>) -> Self {
        let cpu = before
            .zip(after)
            .and_then(|(before, after)| after.cpu.checked_sub(before.cpu));
        Self {
            process: process.to_owned(),
            cpu,
            resident_before: before.map(|figures| figures.resident_bytes),
            resident: after.map(|figures| figures.resident_bytes),
        }
    }

    /// Whether it is the load and no node.
    pub fn is_load(&self) -> bool {
        self.process == LOAD
    }

    /// Microseconds of processor time for each of so many calls.
    #[allow(clippy::cast_precision_loss, reason = "it is told with one digit after the point")]
    pub fn cpu_us_per_call(&self, calls: u64) -> Option<f64> {
        let cpu = self.cpu.filter(|_| calls > 0)?;
        Some(cpu.as_secs_f64() * 1e6 / calls as f64)
    }

    pub(super) fn to_json(&self, calls: u64) -> Value {
        json!({
            "process": self.process,
            "cpu_seconds": self.cpu.map(|cpu| rounded(cpu.as_secs_f64())),
            "cpu_us_per_call": self.cpu_us_per_call(calls).map(rounded),
            "resident_bytes_before": self.resident_before,
            "resident_bytes": self.resident,
        })
    }
}

fn figures(metrics: &str) -> Option<ProcessFigures> {
    let value = |name: &str| {
        let mut values = metrics
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        values.find_map(|value| value.parse::<f64>().ok())
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "memory is not negative, and a byte more or less is nothing"
    )]
    let resident_bytes = value(RESIDENT_BYTES)? as u64;
    Some(ProcessFigures {
        cpu: Duration::try_from_secs_f64(value(CPU_SECONDS)?).ok()?,
        resident_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_among_all_metrics() {
        let text =
            "# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total 1.5\nprocess_resident_memory_bytes 4096\n";
        let found = figures(text).expect("both are told");
        assert_eq!((found.cpu, found.resident_bytes), (Duration::from_millis(1_500), 4_096));
        assert_eq!(figures("process_resident_memory_bytes 4096\n"), None);
    }

    #[test]
    fn a_process_that_began_anew_has_used_nobody_knows_what() {
        let at = |cpu| {
            Some(ProcessFigures {
                cpu: Duration::from_secs(cpu),
                resident_bytes: 1,
            })
        };
        let used = NodeUse::between("a", at(3), at(5));
        assert_eq!(used.cpu_us_per_call(1_000), Some(2_000.0));
        assert_eq!(used.cpu_us_per_call(0), None);
        assert_eq!(NodeUse::between("a", at(5), at(1)).cpu, None);
    }
}
