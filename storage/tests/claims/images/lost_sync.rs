//! A sync that fails takes what it should have made durable with it, although everybody still reads it until the power
//! goes. A node that started again on that would promise what it cannot keep.

use std::io::ErrorKind;

use storage::disk::Disk;
use storage::faulty::{Call, FaultyDisk, PowerLoss};
use storage::{Error, contents};

use super::check::{check, go_on, reopen};
use super::life::{End, Life, Node, Progress};
use super::script::Script;
use super::{Crash, Place};
use crate::chance::{Chance, simulate};

/// More than a script's life has.
const NAMES_MAX: u64 = 60;

fn has_note(disk: &FaultyDisk) -> bool {
    disk.list().unwrap().iter().any(|name| name.starts_with("SYNC-FAILED-"))
}

/// The script's life in which one such call fails; `None` if it has fewer of them than that, or did not mind.
async fn life_with_failed(
    script: &Script,
    seed: u64,
    call: Call,
    nth: u64,
    end: End,
) -> Option<(FaultyDisk, Progress)> {
    let disk = Chance::new(seed).disk();
    disk.fail(call, nth, ErrorKind::Other);
    let progress = Life::live(script, &disk, end).await;
    let error = progress.failed.as_ref()?;
    let known = matches!(error, Error::Io { .. } | Error::Stopped { .. });
    assert!(known, "it is called what it is, not: {error}");
    Some((disk.process_end(), progress))
}

/// What is left when a sync failed: refused for as long as the machine runs, and sound after it was restarted.
async fn outlive(disk: &FaultyDisk, script: &Script, progress: &Progress) -> bool {
    let refused = has_note(disk);
    for _ in 0..2 {
        let again = disk.process_end();
        match Node::open(&again).await.expect("there is power") {
            Err(Error::LostSync { .. }) => assert!(refused, "it says why"),
            Err(error) => panic!("it opens or says what was lost, not: {error}"),
            // What was lost was never used: an unfinished snapshot, or the beginning of the store itself.
            Ok(node) => {
                assert!(!refused);
                check(&node, script, progress).await;
                Box::pin(go_on(node, script)).await;
            }
        }
    }
    for crash in Crash::ALL {
        let Crash::Power(mode) = crash else { continue };
        let node = reopen(&disk.process_end().power_loss(mode)).await;
        assert!(!has_note(&node.disk));
        check(&node, script, progress).await;
        Box::pin(go_on(node, script)).await;
    }
    refused
}

#[test]
fn after_a_failed_sync_nothing_is_believed_before_the_machine_was_restarted() {
    simulate(async {
        let script = Script::write(2, 8).await;
        let (mut refused, mut harmless) = (0, 0);
        for end in [End::Killed, End::Closed] {
            for nth in 0.. {
                let _place = Place(format!("sync {nth} failed, {end:?}"));
                let Some((disk, progress)) = life_with_failed(&script, 2, Call::Sync, nth, end).await else {
                    break;
                };
                if Box::pin(outlive(&disk, &script, &progress)).await {
                    refused += 1;
                } else {
                    harmless += 1;
                }
            }
        }
        assert!(refused > 40 && harmless > 2, "{refused} {harmless}");
    });
}

#[test]
fn a_name_whose_sync_has_failed_is_not_believed_before_the_machine_was_restarted() {
    simulate(async {
        let script = Script::write(2, 8).await;
        let (mut refused, mut harmless) = (0, 0);
        for nth in 0..NAMES_MAX {
            let _place = Place(format!("change of names {nth} failed"));
            let Some((disk, progress)) = life_with_failed(&script, 2, Call::Names, nth, End::Killed).await else {
                continue;
            };
            if Box::pin(outlive(&disk, &script, &progress)).await {
                refused += 1;
            } else {
                // The name itself was not made.
                harmless += 1;
            }
        }
        assert!(refused > 2 && harmless > 2, "{refused} {harmless}");
    });
}

#[test]
fn the_refusal_names_the_file_and_what_to_do() {
    simulate(async {
        let chance = Chance::new(3);
        let disk = chance.disk();
        let node = reopen(&disk).await;
        disk.fail(Call::Sync, 0, ErrorKind::Other);
        node.log.save_vote(b"vote".to_vec()).await.unwrap_err();
        drop(node);
        let disk = disk.process_end();
        let error = contents(&disk).unwrap_err();
        assert!(
            matches!(&error, Error::LostSync { failed } if failed.contains("raft-log.redb")),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.contains("restart the machine") && text.contains("--replace"),
            "{text}"
        );
    });
}

#[test]
fn a_note_without_words_counts_too() {
    simulate(async {
        let disk = Chance::new(4).disk();
        drop(reopen(&disk).await);
        let disk = disk.process_end();
        disk.open(&format!("SYNC-FAILED-{}", disk.boot_id().unwrap())).unwrap();
        for _ in 0..2 {
            assert!(matches!(contents(&disk), Err(Error::LostSync { .. })));
        }
        let restarted = disk.power_loss(PowerLoss::Everything);
        contents(&restarted).unwrap();
        reopen(&restarted).await;
    });
}
