//! Every disk keeps the same contract, so that what holds on the one that loses power holds on the real one.

use std::io::ErrorKind;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use storage::checkpoint::StateFile;
use storage::disk::{Disk, Lane, Work};
use storage::log::RaftLog;
use storage::snapshot::Snapshots;
use storage::{Directory, MemoryDisk};

use crate::business::Business;
use crate::chance::{Chance, simulate};

/// Claims something of a directory, of memory and of the faulty disk.
fn on_every_disk(claim: impl Fn(&str, Arc<dyn Disk>)) {
    let path = tempfile::tempdir().unwrap();
    claim("directory", Arc::new(Directory::open(path.path()).unwrap()));
    claim("memory", Arc::new(MemoryDisk::new().unwrap()));
    claim("faulty", Arc::new(Chance::new(1).disk()));
}

#[test]
fn a_file_holds_what_was_written_and_nothing_beyond_its_end() {
    on_every_disk(|name, disk| {
        let file = disk.open("file").unwrap();
        assert!(file.is_empty().unwrap(), "{name}");
        file.set_len(1_000).unwrap();
        file.write_at(990, b"the end").unwrap();
        file.sync().unwrap();
        let mut found = [9; 10];
        file.read_at(990, &mut found).unwrap();
        assert_eq!(&found, b"the end\0\0\0", "{name}");
        let error = file.read_at(991, &mut found).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{name}");
        file.set_len(10).unwrap();
        file.set_len(1_000).unwrap();
        file.read_at(990, &mut found).unwrap();
        assert_eq!(found, [0; 10], "{name}: what was cut off is gone");
    });
}

#[test]
fn names_move_and_open_files_stay() {
    on_every_disk(|name, disk| {
        let (old, new) = (disk.open("lasting").unwrap(), disk.open("new.tmp").unwrap());
        old.set_len(3).unwrap();
        old.write_at(0, b"old").unwrap();
        new.set_len(3).unwrap();
        new.write_at(0, b"new").unwrap();
        disk.rename("new.tmp", "lasting").unwrap();
        let text = |file: &dyn storage::disk::File| {
            let mut text = [0; 3];
            file.read_at(0, &mut text).unwrap();
            text
        };
        assert_eq!(&text(&*disk.open("lasting").unwrap()), b"new", "{name}");
        assert_eq!(&text(&*old), b"old", "{name}: who has it open still reads it");
        assert!(!disk.list().unwrap().contains(&"new.tmp".to_owned()), "{name}");
        disk.remove("lasting").unwrap();
        assert!(!disk.list().unwrap().contains(&"lasting".to_owned()), "{name}");
        assert_eq!(
            disk.remove("lasting").unwrap_err().kind(),
            ErrorKind::NotFound,
            "{name}"
        );
        assert_eq!(
            disk.rename("lasting", "other").unwrap_err().kind(),
            ErrorKind::NotFound,
            "{name}"
        );
        assert!(disk.free_bytes().unwrap() > 0, "{name}");
    });
}

/// Work that notes that it was done, and then that it was told.
fn noting(nth: u32, notes: &Sender<(u32, &'static str)>) -> Work {
    let (done, told) = (notes.clone(), notes.clone());
    Box::new(move || {
        done.send((nth, "done")).unwrap();
        Box::new(move || told.send((nth, "told")).unwrap())
    })
}

#[test]
fn a_lane_works_and_tells_in_the_order_it_was_asked() {
    let expected: Vec<_> = (0..50).flat_map(|nth| [(nth, "done"), (nth, "told")]).collect();
    on_every_disk(|name, disk| {
        let (notes, heard) = channel();
        simulate(async {
            for nth in 0..50 {
                disk.perform(Lane::Log, noting(nth, &notes));
            }
            tokio::time::sleep(Duration::from_secs(3_600)).await;
        });
        let found: Vec<_> = (0..100)
            .map(|_| heard.recv_timeout(Duration::from_secs(10)).unwrap())
            .collect();
        assert_eq!(found, expected, "{name}");
    });
}

#[test]
fn a_lane_that_is_held_up_holds_up_no_other() {
    on_every_disk(|name, disk| {
        // The faulty disk's lanes share a thread, where nothing may block.
        if name == "faulty" {
            return;
        }
        let held = Arc::new(Mutex::new(()));
        let (guard, waits) = (held.lock().unwrap(), Arc::clone(&held));
        disk.perform(
            Lane::Snapshot,
            Box::new(move || {
                drop(waits.lock());
                Box::new(|| ())
            }),
        );
        let (notes, heard) = channel();
        disk.perform(Lane::Log, noting(1, &notes));
        assert_eq!(
            heard.recv_timeout(Duration::from_secs(10)).unwrap(),
            (1, "done"),
            "{name}"
        );
        drop(guard);
    });
}

#[tokio::test]
async fn a_server_in_memory_has_a_log_a_state_and_snapshots() {
    let disk: Arc<dyn Disk> = Arc::new(MemoryDisk::new().unwrap());
    let (log, _) = RaftLog::open(Arc::clone(&disk)).await.unwrap();
    log.append(vec![(0, b"entry".to_vec())], Box::new(Result::unwrap));
    assert_eq!(log.read(0..1, 10).await.unwrap(), [(0, b"entry".to_vec())]);
    let state = StateFile::open(Arc::clone(&disk)).await.unwrap();
    let snapshots = Snapshots::open(Arc::clone(&disk), &state).await.unwrap();
    let mut business = Business::found(&Chance::new(1));
    business.work_and_save(20, &state).await;
    assert_eq!(
        snapshots.build(&state).await.unwrap().digest(),
        business.ledger.digest()
    );
    assert_eq!(
        state.load().await.unwrap().unwrap().ledger.digest(),
        business.ledger.digest()
    );
}
