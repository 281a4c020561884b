//! One bit flips in every sector of every file, at rest: what is found is exactly what was written, or an error that
//! names the file and says what to do. A damaged snapshot is dropped, for the state has all that was in it.
//!
//! `FLIPS=5000 cargo nextest run -p storage --run-ignored only flips_for_long --no-capture` flips every bit of every
//! database's header, a bit of every sector, and so many more, and prints what became of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::audit::{AuditRecord, Topic};
use licensing::digest::Digest;
use licensing::time::Hour;
use licensing::usage::UsageHour;
use storage::Error;
use storage::checkpoint::{Order, StateFile};
use storage::disk::Disk;
use storage::faulty::{FaultyDisk, PowerLoss};

use crate::business::license;
use crate::chance::{Chance, simulate};
use crate::images::check::replayed;
use crate::images::life::{End, Life, Node};
use crate::images::script::Script;
use crate::log_crashes::{Model, contents};

const STATE: &str = "state.redb";

const SECTOR: usize = 512;

/// The commit slots and what is before them, which no page's checksum covers.
const DATABASE_HEADER: usize = 320;

const PAGE: usize = 4096;
const BRANCH: u8 = 2;

/// The history, whole and as the API reads it.
#[derive(PartialEq)]
struct History {
    audit: Vec<Vec<AuditRecord>>,
    about: Vec<Vec<AuditRecord>>,
    usage: Vec<Vec<UsageHour>>,
}

impl History {
    async fn read(state: &StateFile) -> Result<Self, Error> {
        let mut audit = Vec::new();
        for from in (0..400).step_by(40) {
            audit.push(state.audit(from..from + 7, 100).await?);
        }
        audit.push(state.audit(0..u64::MAX, usize::MAX).await?);
        let mut about = Vec::new();
        for nth in 0..4 {
            let topics = vec![Topic::Seats(license(nth)), Topic::RefusalsOf(license(nth))];
            for range in [0..u64::MAX, 40..150] {
                about.push(
                    state
                        .audit_about(topics.clone(), range, Order::NewestFirst, usize::MAX)
                        .await?,
                );
            }
        }
        let mut usage = Vec::new();
        for nth in 0..4 {
            let hours = |from, to| state.usage(license(nth), Hour::new(from)..Hour::new(to), usize::MAX);
            let all = hours(0, u32::MAX).await?;
            if let Some(middle) = all.get(all.len() / 2).map(|hour| hour.hour.get()) {
                usage.push(hours(middle, middle + 3).await?);
            }
            usage.push(all);
        }
        Ok(Self { audit, about, usage })
    }
}

impl History {
    /// What is different from the truth.
    fn differs(&self, truth: &Self) -> &'static str {
        match (self.audit == truth.audit, self.about == truth.about) {
            (false, _) => "audit",
            (true, false) => "topics",
            (true, true) => "usage",
        }
    }
}

/// Everything that a node can find on its disk.
#[derive(PartialEq)]
struct Everything {
    log: Model,
    committed: Option<Vec<u8>>,
    applied: (u64, Vec<u8>, Vec<u8>),
    state: Digest,
    replayed: Digest,
    history: History,
    snapshot: Option<(u64, Digest)>,
}

impl Everything {
    async fn on(disk: &FaultyDisk) -> Result<Self, Error> {
        let node = Node::open(disk).await.expect("there is power")?;
        let log = contents(&node.log, &node.log_state).await?;
        let loaded = node.loaded.as_ref().ok_or_else(|| Error::Corrupt {
            file: STATE.to_owned(),
            what: "raft finds no state for the log that it has".to_owned(),
        })?;
        if log.purged.as_ref().map(|(index, _)| *index) > Some(loaded.applied_index) {
            return Err(Error::Corrupt {
                file: STATE.to_owned(),
                what: "raft does not start on a state from before what the log has forgotten".to_owned(),
            });
        }
        let (ledger, _) = replayed(&node, &log);
        Ok(Self {
            committed: node.log_state.committed.clone(),
            applied: (loaded.applied_index, loaded.applied.clone(), loaded.membership.clone()),
            state: loaded.ledger.digest(),
            replayed: ledger.digest(),
            history: History::read(&node.state).await?,
            snapshot: node
                .snapshots
                .current()
                .map(|current| (current.applied_index(), current.digest())),
            log,
        })
    }

    /// What is different from the truth, if anything.
    fn differs(&self, truth: &Self) -> Option<&'static str> {
        let dropped_snapshot = self.snapshot.is_none();
        [
            ("log", self.log == truth.log),
            ("committed", self.committed == truth.committed),
            ("applied", self.applied == truth.applied),
            ("state", self.state == truth.state),
            ("replayed", self.replayed == truth.replayed),
            ("audit", self.history.audit == truth.history.audit),
            ("topics", self.history.about == truth.history.about),
            ("usage", self.history.usage == truth.history.usage),
            ("snapshot", dropped_snapshot || self.snapshot == truth.snapshot),
        ]
        .into_iter()
        .find_map(|(what, same)| (!same).then_some(what))
    }
}

/// What became of flipped bits.
#[derive(Debug, Default)]
struct Tally {
    flips: u64,
    refused: u64,
    exact: u64,
    /// The newest write of a log that was not closed, which a checksum cannot tell from one that was torn.
    newest_taken_back: u64,
    believed: BTreeMap<String, u64>,
}

/// A disk at rest, and what is on it.
struct Rest {
    disk: FaultyDisk,
    truth: Everything,
    /// The log as it was before each of the last few steps. One write has no more of them.
    lately: Vec<Model>,
    chance: Chance,
    tally: Tally,
}

impl Rest {
    /// The disk after a life of a node that was closed in order, or lost its power.
    async fn after(end: End) -> Self {
        let script = Script::write(5, 40).await;
        let disk = Chance::new(5).disk();
        let progress = Life::live(&script, &disk, end).await;
        assert!(progress.failed.is_none(), "{:?}", progress.failed);
        let disk = disk.power_loss(PowerLoss::Everything);
        let truth = Everything::on(&disk.process_end()).await.unwrap();
        Self {
            disk: disk.process_end(),
            truth,
            lately: lately(&script),
            chance: Chance::new(6),
            tally: Tally::default(),
        }
    }

    fn files(&self) -> Vec<(String, usize)> {
        let ours = |name: &String| name.starts_with("snap-") || is_database(name);
        let names = self.disk.list().unwrap().into_iter().filter(ours);
        names
            .map(|name| (name.clone(), self.disk.contents(&name).unwrap().len()))
            .collect()
    }

    async fn flip(&mut self, file: &str, bit: usize) {
        let rotten = self.disk.process_end();
        assert!(rotten.flip_bit(file, bit));
        self.tally.flips += 1;
        match Everything::on(&rotten).await {
            Err(Error::Corrupt { .. } | Error::Panicked { .. }) => self.tally.refused += 1,
            Err(other) => panic!("bit {bit} of {file}: damage is called damage, not: {other}"),
            Ok(found) => match found.differs(&self.truth) {
                None => self.tally.exact += 1,
                Some("log") if self.lately.contains(&found.log) => self.tally.newest_taken_back += 1,
                Some(what) => *self.tally.believed.entry(format!("{file}: {what}")).or_default() += 1,
            },
        }
    }

    /// Flips the bits that say how a database's pages hang together. Nothing but these can make a row invisible.
    async fn flip_structure(&mut self, file: &str, every: usize) {
        let bytes = self.disk.contents(file).unwrap();
        let header = (0..DATABASE_HEADER * 8).collect::<Vec<_>>();
        let pages = (PAGE..bytes.len()).step_by(PAGE);
        let bits = pages.flat_map(|page| structure(&bytes[page..]).into_iter().map(move |bit| page * 8 + bit));
        for bit in header.into_iter().chain(bits).step_by(every) {
            self.flip(file, bit).await;
        }
    }

    /// Flips one bit of every so manieth sector.
    async fn flip_sectors(&mut self, file: &str, len: usize, every: usize) {
        for sector in (0..len.div_ceil(SECTOR)).step_by(every) {
            let bits = (len - sector * SECTOR).min(SECTOR) * 8;
            let bit = self.chance.index(bits);
            self.flip(file, sector * SECTOR * 8 + bit).await;
        }
    }
}

fn lately(script: &Script) -> Vec<Model> {
    let (mut model, mut models) = (Model::default(), Vec::new());
    for step in script.steps() {
        models.push(model.clone());
        model.apply(step);
    }
    models.split_off(models.len() - 8)
}

fn is_database(file: &str) -> bool {
    ["raft-log.redb", STATE].contains(&file)
}

/// The bits of a page's head, and of a branch's references to other pages with the keys between them. What the engine
/// has there: kind, count of keys, then for a branch its children's checksums, their places, and the keys.
fn structure(page: &[u8]) -> Vec<usize> {
    let (kind, keys) = (page[0], usize::from(u16::from_le_bytes([page[2], page[3]])));
    let mut bits: Vec<usize> = (0..4 * 8).collect();
    if kind == BRANCH && keys < 100 {
        let places = 8 + 16 * (keys + 1);
        bits.extend(places * 8..(places + 8 * (keys + 1) + 16 * keys).min(PAGE) * 8);
    }
    bits
}

/// A large state is not checked when it is opened.
#[test]
fn a_flipped_bit_in_the_history_of_a_large_state_is_found_or_harmless() {
    let tally = simulate(async {
        let rest = Rest::after(End::Closed).await;
        let bytes = rest.disk.contents(STATE).unwrap();
        let mut tally = Tally::default();
        for page in (PAGE..bytes.len()).step_by(PAGE) {
            for bit in structure(&bytes[page..]).into_iter().step_by(7) {
                let disk = rest.disk.process_end();
                assert!(disk.flip_bit(STATE, page * 8 + bit));
                let found = async {
                    let state = StateFile::open_as_large(Arc::new(disk.clone())).await?;
                    History::read(&state).await
                };
                let found = found.await;
                tally.flips += 1;
                match found {
                    Err(Error::Corrupt { .. } | Error::Panicked { .. }) => tally.refused += 1,
                    Ok(found) if found == rest.truth.history => tally.exact += 1,
                    Ok(found) => {
                        let what = found.differs(&rest.truth.history);
                        *tally.believed.entry(format!("{what}: page {page}")).or_default() += 1;
                    }
                    Err(other) => panic!("damage is called damage, not: {other}"),
                }
            }
        }
        tally
    });
    assert!(tally.believed.is_empty(), "a flipped bit was believed: {tally:?}");
    assert!(tally.flips > 1_000 && tally.refused > 50, "{tally:?}");
}

#[test]
fn a_flipped_bit_in_any_file_is_found_or_harmless() {
    for end in [End::Closed, End::Killed] {
        let tally = simulate(async {
            let mut rest = Rest::after(end).await;
            for (file, len) in rest.files() {
                if is_database(&file) {
                    rest.flip_structure(&file, 61).await;
                }
                rest.flip_sectors(&file, len, if len > 200_000 { 8 } else { 2 }).await;
            }
            rest.tally
        });
        assert!(tally.believed.is_empty(), "a flipped bit was believed: {tally:?}");
        assert!(tally.flips > 400 && tally.refused > 100, "{tally:?}");
        assert!(end == End::Killed || tally.newest_taken_back == 0, "{tally:?}");
    }
}

#[test]
#[ignore = "it takes as long as FLIPS says"]
#[allow(clippy::print_stdout, reason = "it tells how much it did")]
fn flips_for_long() {
    let flips = std::env::var("FLIPS").map_or(1_000, |text| text.parse::<u64>().unwrap());
    for end in [End::Closed, End::Killed] {
        simulate(async {
            let mut rest = Rest::after(end).await;
            let files = rest.files();
            println!(
                "{end:?}: {files:?}, {} leaves",
                rest.truth.history.audit.iter().map(Vec::len).max().unwrap()
            );
            for (file, len) in &files {
                if is_database(file) {
                    rest.flip_structure(file, 1).await;
                    println!("structure of {file}: {:?}", rest.tally);
                }
                rest.flip_sectors(file, *len, 1).await;
                println!("sectors of {file}: {:?}", rest.tally);
            }
            for _ in 0..flips {
                let (file, len) = &files[rest.chance.index(files.len())];
                let bit = rest.chance.index(len * 8);
                rest.flip(file, bit).await;
            }
            println!("{:?}", rest.tally);
            assert!(
                rest.tally.believed.is_empty(),
                "a flipped bit was believed: {:?}",
                rest.tally
            );
        });
    }
}
