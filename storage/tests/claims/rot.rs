//! Bits that flip by themselves: found, or harmless, and never believed.

use std::sync::Arc;

use storage::Error;
use storage::checkpoint::StateFile;
use storage::faulty::{FaultyDisk, PowerLoss};
use storage::log::{LogState, RaftLog};
use storage::snapshot::Snapshots;

use crate::business::{Business, history_of};
use crate::chance::{Chance, simulate};

/// What became of flipped bits.
#[derive(Debug, Default)]
struct Tally {
    found: u32,
    harmless: u32,
}

impl Tally {
    /// Notes an outcome: an error that says so, or exactly the truth.
    fn note<T: PartialEq + std::fmt::Debug>(&mut self, outcome: Result<T, Error>, truth: &T) {
        match outcome {
            Ok(seen) => {
                assert!(seen == *truth, "a flipped bit was believed: {seen:?}");
                self.harmless += 1;
            }
            Err(Error::Corrupt { .. } | Error::Panicked { .. }) => self.found += 1,
            Err(other) => panic!("damage is called damage, not: {other}"),
        }
    }
}

type LogContents = (LogState, Vec<(u64, Vec<u8>)>);

async fn log_contents(disk: &FaultyDisk) -> Result<LogContents, Error> {
    let (log, state) = RaftLog::open(Arc::new(disk.clone())).await?;
    let entries = log.read(0..u64::MAX, usize::MAX).await?;
    Ok((LogState { first: None, ..state }, entries))
}

async fn write_log(disk: &FaultyDisk, chance: &Chance) -> RaftLog {
    let (log, _) = RaftLog::open(Arc::new(disk.clone())).await.unwrap();
    for index in 0..200 {
        log.append(vec![(index, chance.bytes(10..300))], Box::new(Result::unwrap));
        if chance.one_in(5) {
            log.save_vote(chance.bytes(1..30)).await.unwrap();
        }
    }
    log.flush().await.unwrap();
    log
}

#[test]
fn a_flipped_bit_in_a_closed_log_is_found_or_harmless() {
    let mut tally = Tally::default();
    simulate(async {
        let chance = Chance::new(1);
        let disk = chance.disk();
        drop(write_log(&disk, &chance).await);
        let truth = log_contents(&disk.power_loss(PowerLoss::Everything)).await.unwrap();
        let bits = disk.contents("raft-log.redb").unwrap().len() * 8;
        for _ in 0..600 {
            let rotten = disk.power_loss(PowerLoss::Everything);
            assert!(rotten.flip_bit("raft-log.redb", chance.index(bits)));
            tally.note(log_contents(&rotten).await, &truth);
        }
    });
    assert!(tally.found > 100, "{tally:?}");
}

/// The one thing that a checksum cannot tell: whether the newest write was torn by the power cut, as it may be before
/// it was acknowledged, or rotted afterwards. Both are taken back whole.
#[test]
fn a_flipped_bit_in_a_log_that_lost_power_costs_no_more_than_the_newest_write() {
    let mut tally = Tally::default();
    simulate(async {
        let chance = Chance::new(2);
        let disk = chance.disk();
        let log = write_log(&disk, &chance).await;
        let before = log_contents(&disk.power_loss(PowerLoss::Everything)).await.unwrap();
        let disk = disk.power_loss(PowerLoss::Everything);
        let (log, _) = {
            drop(log);
            RaftLog::open(Arc::new(disk.clone())).await.unwrap()
        };
        log.append(vec![(200, b"the newest".to_vec())], Box::new(Result::unwrap));
        log.flush().await.unwrap();
        let after = log_contents(&disk.power_loss(PowerLoss::Everything)).await.unwrap();
        assert_eq!(after.1.len(), before.1.len() + 1);
        let bits = disk.contents("raft-log.redb").unwrap().len() * 8;
        for _ in 0..600 {
            let rotten = disk.power_loss(PowerLoss::Everything);
            rotten.flip_bit("raft-log.redb", chance.index(bits));
            let outcome = log_contents(&rotten).await;
            if !matches!(&outcome, Ok(seen) if *seen == before) {
                tally.note(outcome, &after);
            }
        }
    });
    assert!(tally.found > 100, "{tally:?}");
}

#[test]
fn a_flipped_bit_in_the_state_is_found_or_harmless() {
    let mut tally = Tally::default();
    simulate(async {
        let chance = Chance::new(3);
        let disk = chance.disk();
        let state = StateFile::open(Arc::new(disk.clone())).await.unwrap();
        let mut business = Business::found(&chance);
        for _ in 0..5 {
            business.work_and_save(40, &state).await;
        }
        drop(state);
        let truth = (business.ledger.digest(), business.applied_index);
        let bits = disk.contents("state.redb").unwrap().len() * 8;
        for _ in 0..600 {
            let rotten = disk.power_loss(PowerLoss::Everything);
            assert!(rotten.flip_bit("state.redb", chance.index(bits)));
            let outcome = async {
                let state = StateFile::open(Arc::new(rotten)).await?;
                let loaded = state
                    .load()
                    .await?
                    .ok_or_else(|| panic!("a flipped bit made it look empty"))?;
                Ok((loaded.ledger.digest(), loaded.applied_index))
            };
            tally.note(outcome.await, &truth);
        }
    });
    assert!(tally.found > 50, "{tally:?}");
}

#[test]
fn a_flipped_bit_in_history_is_found_or_harmless() {
    let mut tally = Tally::default();
    simulate(async {
        let chance = Chance::new(4);
        let disk = chance.disk();
        let state = StateFile::open(Arc::new(disk.clone())).await.unwrap();
        let mut business = Business::found(&chance);
        business.work_and_save(300, &state).await;
        drop(state);
        let truth = business.history.audit.clone();
        let bits = disk.contents("state.redb").unwrap().len() * 8;
        for _ in 0..500 {
            let rotten = disk.power_loss(PowerLoss::Everything);
            rotten.flip_bit("state.redb", chance.index(bits));
            let outcome = async {
                let state = StateFile::open(Arc::new(rotten)).await?;
                state.audit(0..u64::MAX, usize::MAX).await
            };
            tally.note(outcome.await, &truth);
        }
    });
    assert!(tally.found > 100, "{tally:?}");
}

#[test]
fn every_byte_of_a_snapshot_is_guarded() {
    simulate(async {
        let chance = Chance::new(5);
        let disk = chance.disk();
        let state = StateFile::open(Arc::new(disk.clone())).await.unwrap();
        let snapshots = Snapshots::open(Arc::new(disk.clone()), &state).await.unwrap();
        Business::found(&chance).work_and_save(60, &state).await;
        let snapshot = snapshots.build(&state).await.unwrap();
        let name = format!("snap-{:020}", snapshot.applied_index());
        let bytes = disk.contents(&name).unwrap();
        drop((state, snapshots, snapshot));
        for _ in 0..300 {
            let bit = chance.index(bytes.len() * 8);
            // Sent to a peer, it is refused.
            let mut sent = bytes.clone();
            sent[bit / 8] ^= 1 << (bit % 8);
            let peer = chance.disk();
            let state = StateFile::open(Arc::new(peer.clone())).await.unwrap();
            let snapshots = Snapshots::open(Arc::new(peer), &state).await.unwrap();
            let mut incoming = snapshots.receive().await.unwrap();
            incoming.write(sent).await.unwrap();
            let outcome = incoming.finish().await;
            assert!(matches!(outcome, Err(Error::Corrupt { .. })), "bit {bit}: {outcome:?}");
        }
    });
}

#[test]
fn a_damaged_snapshot_is_dropped_at_the_start_and_built_again() {
    simulate(async {
        let chance = Chance::new(6);
        let disk = chance.disk();
        let state = StateFile::open(Arc::new(disk.clone())).await.unwrap();
        let snapshots = Snapshots::open(Arc::new(disk.clone()), &state).await.unwrap();
        let mut business = Business::found(&chance);
        business.work_and_save(60, &state).await;
        let built = snapshots.build(&state).await.unwrap();
        let disk = disk.power_loss(PowerLoss::Everything);
        disk.flip_bit(&format!("snap-{:020}", built.applied_index()), 5_000);
        drop((state, snapshots));
        let state = StateFile::open(Arc::new(disk.clone())).await.unwrap();
        let snapshots = Snapshots::open(Arc::new(disk), &state).await.unwrap();
        assert!(snapshots.current().is_none());
        let again = snapshots.build(&state).await.unwrap();
        assert_eq!(again.digest(), business.ledger.digest());
        assert_eq!(history_of(&state).await, business.history);
    });
}
