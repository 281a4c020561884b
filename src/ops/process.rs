//! What this process has used so far, as the kernel counts it, under the names that every dashboard knows.

use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

/// The kernel tells processor time in hundredths of a second to every program, whatever its own clock does.
const TICK: Duration = Duration::from_millis(10);

/// The name under which [`ProcessFigures::cpu`] is scraped.
pub(crate) const CPU_SECONDS: &str = "process_cpu_seconds_total";

/// The name under which [`ProcessFigures::resident_bytes`] is scraped.
pub(crate) const RESIDENT_BYTES: &str = "process_resident_memory_bytes";

/// What a process has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProcessFigures {
    /// Processor time since its start, its own and the kernel's for it.
    pub(crate) cpu: Duration,
    /// Memory that it holds now.
    pub(crate) resident_bytes: u64,
}

impl ProcessFigures {
    /// Those of this process; `None` where the kernel does not tell them.
    pub(crate) fn own() -> Option<Self> {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).ok();
        Some(Self {
            cpu: cpu(&read("stat")?)?,
            resident_bytes: resident_bytes(&read("status")?)?,
        })
    }
}

fn cpu(stat: &str) -> Option<Duration> {
    // The name in parentheses may hold anything; the fields after it do not.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * ticks()? + TICK * ticks()?)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1_024)
}

impl Collector for ProcessFigures {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let help = "Processor time that the process has used, in user and in kernel mode";
        ConstCounter::new(self.cpu.as_secs_f64()).encode(encoder.encode_descriptor(
            "process_cpu",
            help,
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?)?;
        let resident = i64::try_from(self.resident_bytes).unwrap_or(i64::MAX);
        ConstGauge::new(resident).encode(encoder.encode_descriptor(
            "process_resident_memory",
            "Memory that the process holds",
            Some(&Unit::Bytes),
            MetricType::Gauge,
        )?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_fields_are_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 9 0 0 0 250 31 0 0 20 0 4 0 99 1 2";
        assert_eq!(cpu(stat), Some(Duration::from_millis(2_810)));
        assert_eq!(cpu("7 (usher) S 1"), None);
        let status = "Name:\tusher\nVmHWM:\t  20 kB\nVmRSS:\t   13 kB\n";
        assert_eq!(resident_bytes(status), Some(13 * 1_024));
    }

    #[test]
    fn this_process_holds_memory() {
        assert!(ProcessFigures::own().is_some_and(|figures| figures.resident_bytes > 100_000));
    }
}
