//! How fast the storage is on this machine's disk: `cargo run --release -p storage --example speed [directory]`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use licensing::catalogue::{HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{
    Acquire, Actor, Command, CreateCustomer, CreateLicense, CreatePlan, CreateProduct, Entry, Proposal,
};
use licensing::id::{CustomerId, FingerprintHash, HolderKey, LicenseId, PlanId, ProductId, SecretHash, SessionHash};
use licensing::ledger::Ledger;
use licensing::time::{At, Span};
use storage::checkpoint::{Checkpoint, StateFile};
use storage::disk::Disk;
use storage::log::RaftLog;
use storage::snapshot::Snapshots;
use storage::{Directory, Error, MemoryDisk};
use tokio::sync::Semaphore;
use tokio::time::Instant;

const ENTRY_BYTES: usize = 128;
const LICENSES: u64 = 1_000;
const RUN: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> Result<(), Error> {
    let path = std::env::args()
        .nth(1)
        .map_or_else(|| PathBuf::from("speed-data"), PathBuf::from);
    for outstanding in [1, 64, 512] {
        let disk: Arc<dyn Disk> = Arc::new(Directory::open(&path.join(format!("log-{outstanding}")))?);
        log(&format!("{outstanding} outstanding"), disk, outstanding).await?;
    }
    log("512 outstanding, in memory", Arc::new(MemoryDisk::new().unwrap()), 512).await?;
    let disk: Arc<dyn Disk> = Arc::new(Directory::open(&path.join("state"))?);
    let other: Arc<dyn Disk> = Arc::new(Directory::open(&path.join("other"))?);
    state(disk, other).await?;
    std::fs::remove_dir_all(&path).unwrap();
    Ok(())
}

/// A million sessions: saved, renewed in part and saved again, loaded, built into a snapshot, installed elsewhere.
async fn state(disk: Arc<dyn Disk>, other: Arc<dyn Disk>) -> Result<(), Error> {
    let state = StateFile::open(Arc::clone(&disk)).await?;
    let mut crowd = Crowd::new(1_000_000);
    state.write(crowd.checkpoint()).await?;
    for renewed in [10_000, 100_000] {
        crowd.renew(renewed);
        let checkpoint = crowd.checkpoint();
        let (rows, start) = (checkpoint.changes.rows.len(), Stopwatch::start());
        state.write(checkpoint).await?;
        println!("checkpoint of {rows} rows: {}", start.read());
    }
    drop((state, crowd));

    let start = Stopwatch::start();
    let state = StateFile::open(Arc::clone(&disk)).await?;
    let opened = start.read();
    let loaded = state.load().await?.unwrap();
    let rows = loaded.ledger.rows().count();
    println!(
        "load of {rows} rows: {}, of it open {opened}; file {} MiB",
        start.read(),
        mib(&*disk, "state.redb")
    );
    drop(loaded);

    let snapshots = Snapshots::open(disk, &state).await?;
    let start = Stopwatch::start();
    let snapshot = snapshots.build(&state).await?;
    println!(
        "snapshot build of {rows} rows: {}, {} MiB",
        start.read(),
        snapshot.bytes()? >> 20
    );

    let state = StateFile::open(Arc::clone(&other)).await?;
    let snapshots = Snapshots::open(Arc::clone(&other), &state).await?;
    let start = Stopwatch::start();
    let (mut reader, mut incoming) = (snapshot.reader(), snapshots.receive().await?);
    while let Some(piece) = reader.next().await? {
        incoming.write(piece).await?;
    }
    let received = incoming.finish().await?;
    println!("snapshot send and receive: {}", start.read());
    let start = Stopwatch::start();
    snapshots.install(&received, &state).await?;
    println!(
        "snapshot install: {}; file {} MiB",
        start.read(),
        mib(&*other, "state.redb")
    );
    Ok(())
}

/// How long something took: by the clock, and of processors' time, which other work on the machine does not distort.
struct Stopwatch(Instant, Duration);

impl Stopwatch {
    fn start() -> Self {
        Self(Instant::now(), processor_time())
    }

    fn read(&self) -> String {
        format!(
            "{:.2?} ({:.2?} of processor)",
            self.0.elapsed(),
            processor_time().saturating_sub(self.1)
        )
    }
}

fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}

fn mib(disk: &dyn Disk, name: &str) -> u64 {
    disk.open(name).unwrap().len().unwrap() >> 20
}

/// A ledger with many live sessions.
struct Crowd {
    ledger: Ledger,
    entries: u64,
    sessions: u64,
}

impl Crowd {
    fn new(sessions: u64) -> Self {
        let mut crowd = Self {
            ledger: Ledger::new(),
            entries: 0,
            sessions,
        };
        crowd.apply(catalogue());
        for first in (0..sessions).step_by(1_000) {
            crowd.apply((first..first + 1_000).map(acquire).collect());
        }
        crowd
    }

    fn renew(&mut self, count: u64) {
        let every = usize::try_from(self.sessions / count).unwrap();
        let sessions: Vec<_> = self
            .ledger
            .sessions(None)
            .step_by(every)
            .map(|session| session.no)
            .collect();
        self.apply(vec![Command::Heartbeat { sessions }]);
    }

    fn apply(&mut self, commands: Vec<Command>) {
        self.entries += 1;
        let proposals = commands
            .into_iter()
            .map(|command| Proposal {
                actor: Actor::Client,
                request: None,
                not_after: None,
                command,
            })
            .collect();
        self.ledger
            .apply(&Entry::at(At::from_ms(1_800_000_000_000 + self.entries), proposals));
    }

    fn checkpoint(&mut self) -> Checkpoint {
        Checkpoint {
            changes: self.ledger.take_changes(),
            applied_index: self.entries,
            applied: vec![1; 16],
            membership: vec![2; 64],
            digest: self.ledger.digest(),
        }
    }
}

fn catalogue() -> Vec<Command> {
    let (product, plan) = (ProductId::from_bytes([1; 16]), PlanId::from_bytes([2; 16]));
    let customer = CustomerId::from_bytes([3; 16]);
    let terms = PlanTerms {
        seats: 1_000_000,
        overage_max: 0,
        ttl: Span::from_secs(360),
        heartbeat: Span::from_secs(120),
        offline: OfflineMode::Lenient,
        grace: Span::from_secs(86_400),
        ghosts_max: None,
        sessions_per_holder_max: 1,
        holder: HolderPolicy::Fingerprint,
        entitlements: BTreeMap::new(),
    };
    let (code, name, key_prefix) = ("coditect".into(), "Coditect".into(), "CODITECT".into());
    let mut commands = vec![
        Command::CreateProduct(CreateProduct {
            id: product,
            code,
            name,
            key_prefix,
            renewal_url: None,
        }),
        Command::CreatePlan(CreatePlan {
            id: plan,
            product,
            code: "pro".into(),
            name: "Pro".into(),
            terms,
        }),
        Command::CreateCustomer(CreateCustomer {
            id: customer,
            name: "Acme".into(),
            email: None,
            reference: None,
        }),
    ];
    commands.extend((0..LICENSES).map(|nth| {
        Command::CreateLicense(CreateLicense {
            id: LicenseId::from_bytes(spread(nth)),
            plan,
            customer,
            key: SecretHash::from_bytes(spread(nth)),
            key_hint: "AB12".into(),
            seats: None,
            starts_at: None,
            expires_at: None,
            entitlements: BTreeMap::new(),
        })
    }));
    commands
}

fn acquire(nth: u64) -> Command {
    Command::Acquire(Acquire {
        license: LicenseId::from_bytes(spread(nth % LICENSES)),
        session: SessionHash::from_bytes(spread(nth)),
        by_fingerprint: HolderKey::from_bytes(spread(nth)),
        by_instance: None,
        fingerprint: FingerprintHash::from_bytes(spread(nth)),
        replaces: None,
        client: None,
    })
}

/// Bytes that look drawn, as hashes and ids do.
fn spread<const N: usize>(nth: u64) -> [u8; N] {
    let word = (nth + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    std::array::from_fn(|byte| word.rotate_left(7 * u32::try_from(byte).unwrap()).to_le_bytes()[byte % 8])
}

/// Appends single entries for a while, so many at a time, then purges in one go what it wrote.
async fn log(name: &str, disk: Arc<dyn Disk>, outstanding: usize) -> Result<(), Error> {
    let (log, _) = RaftLog::open(disk).await?;
    let (start, before) = (Instant::now(), log.stats());
    let slots = Arc::new(Semaphore::new(outstanding));
    let latencies = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut index = 0;
    while start.elapsed() < RUN {
        let slot = Arc::clone(&slots).acquire_owned().await.unwrap();
        let (asked, latencies) = (Instant::now(), Arc::clone(&latencies));
        let done = Box::new(move |outcome: Result<(), Error>| {
            outcome.unwrap();
            latencies.lock().unwrap().push(asked.elapsed());
            drop(slot);
        });
        log.append(vec![(index, vec![7; ENTRY_BYTES])], done);
        index += 1;
    }
    log.flush().await?;
    let (took, after) = (start.elapsed().as_secs_f64(), log.stats());
    let fsyncs = after.fsyncs - before.fsyncs;
    let mut latencies = std::mem::take(&mut *latencies.lock().unwrap());
    latencies.sort();
    println!(
        "log, {name}: {:.0} appends/s, {:.0} fsyncs/s, {:.1} appends per fsync, p50 {:?}, p99 {:?}, fsync mean {:?}",
        f64::from(u32::try_from(index).unwrap()) / took,
        f64::from(u32::try_from(fsyncs).unwrap()) / took,
        f64::from(u32::try_from(index).unwrap()) / f64::from(u32::try_from(fsyncs).unwrap()),
        latencies[latencies.len() / 2],
        latencies[latencies.len() * 99 / 100],
        after.fsync_total.saturating_sub(before.fsync_total) / u32::try_from(fsyncs).unwrap(),
    );
    let purge = Instant::now();
    log.purge(index - index / 10, b"id".to_vec(), Box::new(Result::unwrap));
    log.flush().await?;
    println!(
        "  purge of {} entries in one go: {:?}",
        index - index / 10,
        purge.elapsed()
    );
    Ok(())
}
