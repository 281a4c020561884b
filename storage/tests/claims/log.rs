//! The raft log's promises to the code above it.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use storage::Error;
use storage::faulty::{Call, FaultyDisk, PowerLoss};
use storage::log::{Done, LogState, RaftLog};

use crate::chance::{Chance, simulate, unless_dead};

async fn fresh(seed: u64) -> (FaultyDisk, RaftLog) {
    let disk = Chance::new(seed).disk();
    let (log, state) = RaftLog::open(Arc::new(disk.clone())).await.unwrap();
    assert_eq!(state, LogState::default());
    (disk, log)
}

fn entries(range: std::ops::Range<u64>) -> Vec<(u64, Vec<u8>)> {
    range
        .map(|index| (index, format!("entry {index}").into_bytes()))
        .collect()
}

/// Collects what callbacks are told.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<Result<(), Error>>>>);

impl Told {
    fn done(&self) -> Done {
        let told = self.clone();
        Box::new(move |outcome| told.0.lock().unwrap().push(outcome))
    }

    fn good(&self) -> usize {
        self.0.lock().unwrap().iter().filter(|outcome| outcome.is_ok()).count()
    }

    fn bad(&self) -> Vec<Error> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .filter_map(|outcome| outcome.clone().err())
            .collect()
    }
}

#[test]
fn changes_that_wait_together_share_one_fsync() {
    simulate(async {
        let (disk, log) = fresh(1).await;
        let (told, before) = (Told::default(), disk.counts().syncs);
        for index in 0..100 {
            log.append(entries(index..index + 1), told.done());
        }
        log.save_vote(b"vote".to_vec()).await.unwrap();
        assert_eq!(told.good(), 100);
        assert_eq!(disk.counts().syncs - before, 1);
        assert_eq!((log.stats().entries, log.stats().writes), (100, 1));
    });
}

#[test]
fn changes_that_come_one_after_the_other_have_an_fsync_each() {
    simulate(async {
        let (disk, log) = fresh(1).await;
        let before = disk.counts().syncs;
        for index in 0..10 {
            log.append(entries(index..index + 1), Box::new(Result::unwrap));
            log.flush().await.unwrap();
        }
        assert_eq!(disk.counts().syncs - before, 10);
    });
}

#[test]
fn nothing_is_acknowledged_before_its_fsync() {
    simulate(async {
        let (disk, log) = fresh(2).await;
        let (told, before) = (Told::default(), disk.counts().syncs);
        log.append(entries(0..3), told.done());
        while told.good() == 0 {
            if disk.counts().syncs == before {
                assert_eq!(told.good(), 0);
            }
            tokio::time::sleep(Duration::from_micros(50)).await;
        }
        assert_eq!(disk.counts().syncs, before + 1);
    });
}

#[test]
fn a_read_sees_what_was_handed_over_before_it() {
    simulate(async {
        let (_, log) = fresh(3).await;
        log.append(entries(0..20), Box::new(Result::unwrap));
        assert_eq!(log.read(5..8, usize::MAX).await.unwrap(), entries(5..8));
        log.truncate_after(Some(9), Box::new(Result::unwrap));
        log.append(vec![(10, b"another".to_vec())], Box::new(Result::unwrap));
        log.purge(3, b"id".to_vec(), Box::new(Result::unwrap));
        let all = log.read(4..100, usize::MAX).await.unwrap();
        assert_eq!(all[..6], entries(4..10));
        assert_eq!(all[6..], [(10, b"another".to_vec())]);
    });
}

#[test]
fn a_read_is_bounded_in_bytes_and_still_moves_on() {
    simulate(async {
        let (_, log) = fresh(4).await;
        log.append(
            (0..10).map(|index| (index, vec![0; 100])).collect(),
            Box::new(Result::unwrap),
        );
        assert_eq!(log.read(0..10, 250).await.unwrap().len(), 3);
        assert_eq!(log.read(0..10, 1).await.unwrap().len(), 1);
        assert_eq!(log.read(10..20, 1).await.unwrap(), []);
        assert_eq!(log.read(7..7, 1_000).await.unwrap(), []);
    });
}

#[test]
fn a_read_from_what_was_purged_is_empty() {
    simulate(async {
        let (_, log) = fresh(4).await;
        log.append(entries(0..10), Box::new(Result::unwrap));
        log.purge(5, b"id".to_vec(), Box::new(Result::unwrap));
        assert_eq!(log.read(2..10, usize::MAX).await.unwrap(), []);
    });
}

#[test]
fn a_log_opens_as_it_was_closed() {
    simulate(async {
        let (disk, log) = fresh(5).await;
        log.append(entries(0..10), Box::new(Result::unwrap));
        log.purge(2, b"id of 2".to_vec(), Box::new(Result::unwrap));
        log.save_committed(b"committed".to_vec());
        log.save_vote(b"vote".to_vec()).await.unwrap();
        log.flush().await.unwrap();
        drop(log);
        let (_, state) = RaftLog::open(Arc::new(disk)).await.unwrap();
        assert_eq!(
            (state.vote, state.committed),
            (Some(b"vote".to_vec()), Some(b"committed".to_vec()))
        );
        assert_eq!(
            (state.purged, state.first, state.last),
            (Some((2, b"id of 2".to_vec())), Some(3), Some(9))
        );
    });
}

#[test]
fn a_note_of_what_is_committed_is_written_soon_even_if_nothing_follows() {
    simulate(async {
        let (disk, log) = fresh(6).await;
        log.save_committed(b"first".to_vec());
        log.save_committed(b"second".to_vec());
        let before = disk.counts().syncs;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(disk.counts().syncs, before + 1, "one write for both");
        let (_, state) = RaftLog::open(Arc::new(disk.power_loss(PowerLoss::Nothing)))
            .await
            .unwrap();
        assert_eq!(state.committed, Some(b"second".to_vec()));
    });
}

#[test]
fn a_vote_is_in_line_when_save_vote_is_called_not_when_it_is_awaited() {
    simulate(async {
        let (disk, log) = fresh(7).await;
        let never_polled = log.save_vote(b"vote".to_vec());
        log.append(entries(0..1), Box::new(Result::unwrap));
        log.flush().await.unwrap();
        drop(never_polled);
        let (_, state) = RaftLog::open(Arc::new(disk.power_loss(PowerLoss::Nothing)))
            .await
            .unwrap();
        assert_eq!(state.vote, Some(b"vote".to_vec()));
    });
}

#[test]
fn a_power_cut_at_every_step_of_a_vote_loses_it_only_before_it_is_acknowledged() {
    for changes in 0..20 {
        simulate(async {
            let (disk, log) = fresh(8).await;
            log.save_vote(b"old".to_vec()).await.unwrap();
            disk.cut_power_after(changes);
            let saved = unless_dead(&disk, log.save_vote(b"new".to_vec())).await;
            drop(log);
            for mode in [PowerLoss::Nothing, PowerLoss::Random, PowerLoss::Everything] {
                let (_, state) = RaftLog::open(Arc::new(disk.power_loss(mode))).await.unwrap();
                let vote = state.vote.unwrap();
                assert!(
                    vote == b"new" || (vote == b"old" && saved.is_none()),
                    "{changes} {mode:?}"
                );
            }
        });
    }
}

#[test]
fn after_a_failed_fsync_nothing_is_acknowledged_any_more() {
    simulate(async {
        let (disk, log) = fresh(9).await;
        let told = Told::default();
        disk.fail(Call::Sync, 0, ErrorKind::Other);
        log.append(entries(0..1), told.done());
        tokio::time::sleep(Duration::from_secs(60)).await;
        log.append(entries(1..2), told.done());
        let vote = log.save_vote(b"vote".to_vec()).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(told.good(), 0);
        assert!(
            matches!(
                &told.bad()[..],
                [Error::Io { operation: "sync", .. }, Error::Stopped { .. }]
            ),
            "{told:?}"
        );
        assert!(matches!(vote, Err(Error::Stopped { .. })));
        assert!(matches!(log.read(0..1, 10).await, Err(Error::Stopped { .. })));
    });
}

#[test]
fn what_waits_behind_a_failed_write_is_told_too() {
    simulate(async {
        let (disk, log) = fresh(10).await;
        let told = Told::default();
        disk.fail(Call::Write, 0, ErrorKind::Other);
        log.append(vec![(0, vec![0; 9 << 20])], told.done());
        log.append(entries(1..2), told.done());
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(
            matches!(&told.bad()[..], [Error::Io { .. }, Error::Stopped { .. }]),
            "{told:?}"
        );
    });
}

#[test]
fn a_full_disk_is_named_and_stops_the_log() {
    simulate(async {
        let (disk, log) = fresh(11).await;
        let told = Told::default();
        disk.set_capacity(1 << 20);
        let mut index = 0;
        while told.bad().is_empty() {
            log.append(vec![(index, vec![1; 10_000])], told.done());
            log.flush().await.ok();
            index += 1;
        }
        assert!(matches!(&told.bad()[..], [Error::Full { .. }]), "{told:?}");
        assert!(told.bad()[0].to_string().contains("free some space"));
        let good = told.good() as u64;
        // With room again and a new start, what was acknowledged is there.
        drop(log);
        let disk = disk.power_loss(PowerLoss::Nothing);
        disk.set_capacity(1 << 30);
        let (log, _) = RaftLog::open(Arc::new(disk)).await.unwrap();
        assert!(log.read(0..index, usize::MAX).await.unwrap().len() as u64 >= good);
    });
}

#[test]
fn entries_that_leave_a_gap_are_refused_and_stop_the_log() {
    simulate(async {
        let (_, log) = fresh(12).await;
        let told = Told::default();
        log.append(entries(0..3), told.done());
        log.append(entries(4..5), told.done());
        log.append(entries(3..4), told.done());
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(
            told.bad().iter().any(|error| matches!(error, Error::Refused { .. })),
            "{told:?}"
        );
        assert!(matches!(log.flush().await, Err(Error::Stopped { .. })));
    });
}

#[test]
fn a_log_that_lost_all_its_entries_goes_on_behind_what_was_purged() {
    simulate(async {
        let (_, log) = fresh(13).await;
        log.append(entries(0..10), Box::new(Result::unwrap));
        log.purge(5, b"id".to_vec(), Box::new(Result::unwrap));
        log.truncate_after(None, Box::new(Result::unwrap));
        log.append(entries(6..8), Box::new(Result::unwrap));
        assert_eq!(log.read(6..8, usize::MAX).await.unwrap(), entries(6..8));
    });
}

#[test]
fn purging_less_than_was_purged_changes_nothing() {
    simulate(async {
        let (disk, log) = fresh(13).await;
        log.append(entries(0..10), Box::new(Result::unwrap));
        log.purge(5, b"id of 5".to_vec(), Box::new(Result::unwrap));
        log.purge(3, b"id of 3".to_vec(), Box::new(Result::unwrap));
        log.flush().await.unwrap();
        drop(log);
        let (_, state) = RaftLog::open(Arc::new(disk)).await.unwrap();
        assert_eq!((state.purged, state.first), (Some((5, b"id of 5".to_vec())), Some(6)));
    });
}

#[test]
fn a_note_of_what_is_committed_costs_no_fsync_while_entries_come() {
    simulate(async {
        let (disk, log) = fresh(14).await;
        let before = disk.counts().syncs;
        for index in 0..50 {
            log.append(entries(index..index + 1), Box::new(Result::unwrap));
            log.save_committed(index.to_le_bytes().to_vec());
            log.flush().await.unwrap();
            log.save_committed(index.to_le_bytes().to_vec());
        }
        assert_eq!(disk.counts().syncs - before, 50);
    });
}

#[test]
fn an_empty_log_goes_on_behind_what_was_purged() {
    simulate(async {
        let (disk, log) = fresh(13).await;
        log.append(entries(0..3), Box::new(Result::unwrap));
        log.purge(100, b"id".to_vec(), Box::new(Result::unwrap));
        log.flush().await.unwrap();
        drop(log);
        let (log, state) = RaftLog::open(Arc::new(disk)).await.unwrap();
        assert_eq!(
            (state.first, state.last, state.purged),
            (None, None, Some((100, b"id".to_vec())))
        );
        log.append(entries(101..103), Box::new(Result::unwrap));
        log.flush().await.unwrap();
    });
}
