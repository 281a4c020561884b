//! The data directory: one process, one format, one life.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use storage::disk::Disk;
use storage::faulty::{Call, PowerLoss};
use storage::log::RaftLog;
use storage::{Contents, Directory, Error, MemoryDisk, StoreId, contents, identify};

use crate::chance::Chance;

const FIRST: StoreId = StoreId::from_bytes([1; 16]);
const SECOND: StoreId = StoreId::from_bytes([2; 16]);

#[test]
fn a_directory_has_one_process_and_names_it_to_the_next() {
    let path = tempfile::tempdir().unwrap();
    let held = Directory::open(path.path()).unwrap();
    let Err(Error::Locked { directory, pid }) = Directory::open(path.path()) else {
        panic!("two have it")
    };
    assert_eq!((directory.as_path(), pid), (path.path(), Some(std::process::id())));
    drop(held);
    Directory::open(path.path()).unwrap();
}

#[test]
fn a_directory_stays_locked_while_a_file_of_it_is_open() {
    let path = tempfile::tempdir().unwrap();
    let disk = Directory::open(path.path()).unwrap();
    let file = disk.open("file").unwrap();
    drop(disk);
    assert!(matches!(Directory::open(path.path()), Err(Error::Locked { .. })));
    drop(file);
    Directory::open(path.path()).unwrap();
}

#[test]
fn new_directories_and_files_are_private() {
    let path = tempfile::tempdir().unwrap();
    let inner = path.path().join("a/b");
    let disk = Directory::open(&inner).unwrap();
    disk.open("file").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(inner.clone()), mode(inner.join("file"))), (0o700, 0o600));
}

#[test]
fn a_file_in_the_place_of_the_directory_is_named() {
    let path = tempfile::tempdir().unwrap();
    fs::write(path.path().join("file"), "text").unwrap();
    for place in ["file", "file/below"] {
        let error = Directory::open(&path.path().join(place)).unwrap_err();
        assert!(matches!(error, Error::NotADataDirectory { .. }), "{place}: {error}");
    }
}

#[test]
fn a_store_keeps_its_id_for_life_and_another_has_another() {
    let open = |path: &Path| Directory::open(path).unwrap().store_id();
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let id = open(one.path());
    assert_eq!(open(one.path()), id);
    assert_ne!(open(other.path()), id);
    let text = fs::read_to_string(one.path().join("FORMAT")).unwrap();
    assert_eq!(text, format!("usher data directory\nformat 1\nstore {id}\n"));
    assert_eq!(FIRST.to_string(), "sto_040g2081040g2081040g208104");
}

#[test]
fn other_files_may_lie_in_the_directory_before_the_store_does() {
    let path = tempfile::tempdir().unwrap();
    fs::write(path.path().join("keys"), "a node's keys").unwrap();
    Directory::open(path.path()).unwrap();
}

#[test]
fn a_part_of_a_store_is_refused_and_left_as_it_is() {
    for part in ["raft-log.redb", "state.redb", "snap-00000000000000000007"] {
        let path = tempfile::tempdir().unwrap();
        fs::write(path.path().join(part), "something").unwrap();
        let error = Directory::open(path.path()).unwrap_err();
        assert!(
            matches!(&error, Error::NotADataDirectory { what } if what.contains(part)),
            "{error}"
        );
        assert!(!path.path().join("FORMAT").exists());
    }
}

#[test]
fn a_directory_of_a_newer_format_is_refused() {
    let path = tempfile::tempdir().unwrap();
    fs::write(path.path().join("FORMAT"), "usher data directory\nformat 2\n").unwrap();
    assert!(matches!(Directory::open(path.path()), Err(Error::NewerFormat { .. })));
}

#[test]
fn a_newer_or_unreadable_format_is_refused() {
    let says = |text: &str| {
        let disk = MemoryDisk::new().unwrap();
        let file = disk.open("FORMAT").unwrap();
        file.set_len(text.len() as u64).unwrap();
        file.write_at(0, text.as_bytes()).unwrap();
        identify(&disk, FIRST)
    };
    let newer = says("usher data directory\nformat 2\nanything else\n");
    assert!(matches!(newer, Err(Error::NewerFormat { what, .. }) if what == "format 2"));
    assert!(matches!(says("shopping list\n"), Err(Error::NotADataDirectory { .. })));
    assert!(matches!(says(""), Err(Error::NotADataDirectory { .. })));
    assert!(matches!(
        says("usher data directory\nformat x\n"),
        Err(Error::Corrupt { .. })
    ));
    assert!(matches!(
        says("usher data directory\nformat 1\nstore sto_short\n"),
        Err(Error::Corrupt { .. })
    ));
}

#[test]
fn a_power_cut_while_a_store_is_made_leaves_a_store_or_none() {
    for changes in 0.. {
        let disk = Chance::new(changes).disk();
        disk.cut_power_after(changes);
        let finished = identify(&disk, FIRST).is_ok();
        for mode in [PowerLoss::Nothing, PowerLoss::Random, PowerLoss::Everything] {
            let found = identify(&disk.power_loss(mode), SECOND).unwrap();
            assert!(found == FIRST || (found == SECOND && !finished), "{changes} {mode:?}");
        }
        if finished {
            return;
        }
    }
}

#[test]
fn a_disk_that_fails_while_a_store_is_made_names_the_file() {
    let disk = Chance::new(1).disk();
    disk.fail(Call::Sync, 0, ErrorKind::Other);
    let error = identify(&disk, FIRST).unwrap_err();
    assert!(
        matches!(&error, Error::Io { file, operation: "sync", .. } if file == "FORMAT.tmp"),
        "{error}"
    );
}

#[test]
fn a_directory_with_a_lost_sync_is_refused_until_the_machine_has_restarted() {
    let path = tempfile::tempdir().unwrap();
    let disk = Directory::open(path.path()).unwrap();
    let boot = disk.boot_id().unwrap();
    assert_eq!(boot.len(), 36, "{boot}");
    let note = path.path().join(format!("SYNC-FAILED-{boot}"));
    fs::write(&note, "state.redb: Input/output error").unwrap();
    let refused = contents(&disk);
    assert!(
        matches!(&refused, Err(Error::LostSync { failed }) if failed == "state.redb: Input/output error"),
        "{refused:?}"
    );
    let before = path.path().join("SYNC-FAILED-a-boot-from-before");
    fs::rename(&note, &before).unwrap();
    assert_eq!(contents(&disk).unwrap(), Contents::Nothing);
    assert!(!before.exists());
}

#[tokio::test]
async fn a_log_in_a_real_directory_opens_as_it_was_closed() {
    let path = tempfile::tempdir().unwrap();
    let (log, _) = RaftLog::open(Arc::new(Directory::open(path.path()).unwrap()))
        .await
        .unwrap();
    log.append(vec![(0, b"entry".to_vec())], Box::new(Result::unwrap));
    log.save_vote(b"vote".to_vec()).await.unwrap();
    drop(log);
    let (log, state) = RaftLog::open(Arc::new(when_free(path.path()).await)).await.unwrap();
    assert_eq!((state.vote, state.last), (Some(b"vote".to_vec()), Some(0)));
    assert_eq!(log.read(0..9, 100).await.unwrap(), [(0, b"entry".to_vec())]);
}

/// Opens a directory as soon as the threads of its last owner have ended.
async fn when_free(path: &Path) -> Directory {
    let opened = async {
        loop {
            match Directory::open(path) {
                Err(Error::Locked { .. }) => tokio::task::yield_now().await,
                opened => return opened.unwrap(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), opened).await.unwrap()
}
