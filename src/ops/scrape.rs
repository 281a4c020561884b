//! The metrics of what is: read from the cluster and the ledger when somebody asks. Labels never name a license or a
//! customer, of which there may be many.

use std::fmt;
use std::sync::Arc;

use licensing::id::{LicenseId, ProductId};
use licensing::ledger::Ledger;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use raft::{Cluster, ClusterStatus};
use storage::log::FSYNC_BOUNDS;

use super::metrics::{Metrics, PREFIX};
use super::process::ProcessFigures;

/// The content type of what [`text`] gives.
pub(super) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Licenses that are counted under one lock of the ledger.
const LICENSES_PER_LOCK: usize = 1_000;

/// Every metric of this node as OpenMetrics text.
pub(super) async fn text(metrics: &Metrics, cluster: &Cluster) -> Result<String, fmt::Error> {
    let facts = Facts {
        seats: count_seats(cluster).await,
        status: cluster.status(),
        audit: cluster.ledger(Ledger::audit_size),
    };
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register_collector(Box::new(facts));
    // Dashboards look for these under names that begin with no program's own.
    let mut of_process = Registry::default();
    if let Some(figures) = ProcessFigures::own() {
        of_process.register_collector(Box::new(figures));
    }
    let mut text = String::new();
    encode_registry(&mut text, metrics.registry())?;
    encode_registry(&mut text, &registry)?;
    encode_registry(&mut text, &of_process)?;
    encode_eof(&mut text)?;
    Ok(text)
}

#[derive(Debug)]
struct Facts {
    status: ClusterStatus,
    seats: Vec<ProductSeats>,
    audit: u64,
}

#[derive(Debug)]
struct ProductSeats {
    id: ProductId,
    code: Arc<str>,
    limit: u64,
    in_use: u64,
    sessions: u64,
    ghosts: u64,
}

/// Sums the seats of each product, a part at a time, so that commands are not held up.
async fn count_seats(cluster: &Cluster) -> Vec<ProductSeats> {
    let new = |product: &licensing::catalogue::Product| ProductSeats {
        id: product.id,
        code: Arc::clone(&product.code),
        limit: 0,
        in_use: 0,
        sessions: 0,
        ghosts: 0,
    };
    let mut products: Vec<ProductSeats> = cluster.ledger(|ledger| ledger.products(None).map(new).collect());
    let mut after = None;
    loop {
        let last = cluster.ledger(|ledger| count_part(ledger, after, &mut products));
        if last.is_none() {
            return products;
        }
        after = last;
        tokio::task::yield_now().await;
    }
}

/// Adds up one part; the last license of it, or `None` if there are no more.
fn count_part(ledger: &Ledger, after: Option<LicenseId>, products: &mut [ProductSeats]) -> Option<LicenseId> {
    let mut last = None;
    for license in ledger.licenses(after).take(LICENSES_PER_LOCK) {
        last = Some(license.id);
        let (Some(plan), Some(seats)) = (ledger.plan(license.plan), ledger.seats(license.id)) else {
            continue;
        };
        if let Some(product) = products.iter_mut().find(|product| product.id == plan.product) {
            product.limit += u64::from(seats.limit);
            product.in_use += u64::from(seats.in_use);
            product.sessions += u64::from(seats.sessions);
            product.ghosts += u64::from(seats.ghosts);
        }
    }
    last
}

impl Collector for Facts {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        encode_build(&mut encoder)?;
        self.encode_raft(&mut encoder)?;
        self.encode_storage(&mut encoder)?;
        self.encode_seats(&mut encoder)
    }
}

impl Facts {
    fn encode_raft(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let status = &self.status;
        let voters = status.member_list.voters();
        gauge(
            encoder,
            "raft_has_leader",
            "Whether this node knows a leader",
            i64::from(status.leader.is_some()),
        )?;
        gauge(
            encoder,
            "raft_is_leader",
            "Whether this node leads",
            i64::from(status.leader == Some(status.node)),
        )?;
        gauge(
            encoder,
            "raft_term",
            "The term that this node is in",
            whole(status.term),
        )?;
        gauge(encoder, "raft_voters", "Nodes that vote", count(voters))?;
        gauge(
            encoder,
            "raft_members",
            "Nodes of the membership, learners included",
            count(status.member_list.members.len()),
        )?;
        if let Some(tolerance) = status.tolerance() {
            gauge(
                encoder,
                "raft_tolerance",
                "Nodes that may be lost before the cluster stops; only the leader knows",
                count(tolerance),
            )?;
        }
        gauge(
            encoder,
            "raft_last_log_index",
            "The newest entry that this node has",
            whole(status.last_log),
        )?;
        gauge(
            encoder,
            "raft_applied_index",
            "The newest entry that this node has applied",
            whole(status.applied),
        )?;
        gauge(
            encoder,
            "raft_snapshot_index",
            "The newest entry that the snapshot covers",
            whole(status.snapshot),
        )?;
        gauge(
            encoder,
            "raft_proposals_waiting",
            "Commands that wait on this node",
            count(status.proposals_waiting),
        )?;
        gauge(
            encoder,
            "raft_heartbeats_waiting",
            "Heartbeats that wait on this node",
            count(status.heartbeats_waiting),
        )?;
        let help = "A peer's wall clock less this node's, when last heard";
        let mut family = encoder.encode_descriptor("clock_offset", help, Some(&Unit::Seconds), MetricType::Gauge)?;
        for member in &status.member_list.members {
            let Some(offset_ms) = member.clock_offset_ms else {
                continue;
            };
            #[allow(
                clippy::cast_precision_loss,
                reason = "an offset of more than 53 bits of milliseconds is not a clock"
            )]
            let seconds = offset_ms as f64 / 1_000.0;
            let labels = [("node", member.node.to_string())];
            ConstGauge::new(seconds).encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }

    fn encode_storage(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        let log = &self.status.log;
        let help = "How long the log's fsyncs took";
        let mut histogram = encoder.encode_descriptor(
            "storage_fsync_duration",
            help,
            Some(&Unit::Seconds),
            MetricType::Histogram,
        )?;
        let bounds = FSYNC_BOUNDS
            .iter()
            .map(std::time::Duration::as_secs_f64)
            .chain([f64::MAX]);
        let buckets: Vec<(f64, u64)> = bounds.zip(log.fsync_buckets).collect();
        histogram.encode_histogram::<NoLabelSet>(log.fsync_total.as_secs_f64(), log.fsyncs, &buckets, None)?;
        counter(
            encoder,
            "storage_log_writes",
            "Transactions written to the log",
            log.writes,
        )?;
        counter(
            encoder,
            "storage_log_entries",
            "Entries written to the log",
            log.entries,
        )?;
        let help = "The size of the log's file";
        let mut size = encoder.encode_descriptor("storage_log_size", help, Some(&Unit::Bytes), MetricType::Gauge)?;
        size.encode_gauge(&whole(log.file_bytes))?;
        counter(encoder, "audit_records", "Records of the audit", self.audit)
    }

    fn encode_seats(&self, encoder: &mut DescriptorEncoder) -> fmt::Result {
        type Figure = fn(&ProductSeats) -> u64;
        let figures: [(&str, &str, Figure); 4] = [
            ("seats_limit", "Seats that may be held, by product", |seats| seats.limit),
            ("seats_in_use", "Seats held, by product", |seats| seats.in_use),
            ("sessions_live", "Live sessions, by product", |seats| seats.sessions),
            (
                "ghosts",
                "Holders in offline grace without a session, by product",
                |seats| seats.ghosts,
            ),
        ];
        for (name, help, figure) in figures {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for product in &self.seats {
                let labels = [("product", &*product.code)];
                family.encode_family(&labels)?.encode_gauge(&whole(figure(product)))?;
            }
        }
        Ok(())
    }
}

fn encode_build(encoder: &mut DescriptorEncoder) -> fmt::Result {
    let mut info = encoder.encode_descriptor("build", "The version that runs", None, MetricType::Info)?;
    info.encode_info(&[("version", env!("CARGO_PKG_VERSION"))])
}

fn gauge(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: i64) -> fmt::Result {
    ConstGauge::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
}

fn counter(encoder: &mut DescriptorEncoder, name: &str, help: &str, value: u64) -> fmt::Result {
    let metric: MetricEncoder<'_> = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    ConstCounter::new(value).encode(metric)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
