//! Data directories of released formats are kept in `tests/fixtures/` and must open for ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use storage::checkpoint::StateFile;
use storage::disk::Disk;
use storage::log::{LogState, RaftLog};
use storage::snapshot::Snapshots;
use storage::{Directory, StoreId, identify};

use crate::business::{Business, history_of, license, log_id, members};
use crate::chance::Chance;

const STORE: StoreId = StoreId::from_bytes([0xf1; 16]);

fn fixture(format: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(format)
}

/// A copy to work on, because opening writes.
fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
    }
    to
}

fn entries() -> Vec<(u64, Vec<u8>)> {
    (10..30)
        .map(|index| (index, format!("entry {index}").into_bytes()))
        .collect()
}

#[tokio::test]
async fn a_directory_of_the_first_format_opens() {
    let path = copy(&fixture("v1"));
    let directory = Directory::open(path.path()).unwrap();
    assert_eq!(directory.store_id(), STORE);
    let disk: Arc<dyn Disk> = Arc::new(directory);

    let (log, held) = RaftLog::open(Arc::clone(&disk)).await.unwrap();
    let expected = LogState {
        vote: Some(b"vote".to_vec()),
        committed: Some(b"committed".to_vec()),
        purged: Some((9, b"id of 9".to_vec())),
        first: Some(10),
        last: Some(29),
    };
    assert_eq!(held, expected);
    assert_eq!(log.read(10..30, usize::MAX).await.unwrap(), entries());

    let state = StateFile::open(Arc::clone(&disk)).await.unwrap();
    let snapshots = Snapshots::open(disk, &state).await.unwrap();
    let loaded = state.load().await.unwrap().unwrap();
    assert_eq!(
        (loaded.applied_index, loaded.applied, loaded.membership),
        (66, log_id(66), members(66))
    );
    assert_eq!(loaded.ledger.sessions(None).count(), SESSIONS);
    assert_eq!(loaded.ledger.customers(None).count(), CUSTOMERS);
    assert_eq!(loaded.ledger.audit_size(), AUDIT_LEAVES);
    let history = history_of(&state).await;
    assert_eq!(history.audit.len() as u64, AUDIT_LEAVES);
    assert_eq!(history.usage.len(), CLOSED_HOURS);
    let current = snapshots.current().unwrap();
    assert_eq!(
        (current.applied_index(), current.cluster()),
        (51, loaded.ledger.cluster_id())
    );
    assert!(loaded.ledger.license(license(1)).is_some());
}

const SESSIONS: usize = 22;
const CUSTOMERS: usize = 34;
const AUDIT_LEAVES: u64 = 338;
const CLOSED_HOURS: usize = 8;

/// Run once per format, while it is the newest:
/// `cargo test -p storage --test claims writes_the_fixture -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "it replaces what the test above reads"]
#[allow(clippy::print_stdout, reason = "it tells what to expect from the fixture")]
async fn writes_the_fixture() {
    let path = fixture("v1");
    fs::remove_dir_all(&path).ok();
    let disk: Arc<dyn Disk> = Arc::new(Directory::open(&path).unwrap());
    disk.remove("FORMAT").unwrap();
    identify(&*disk, STORE).unwrap();
    let (log, _) = RaftLog::open(Arc::clone(&disk)).await.unwrap();
    log.append(
        (0..10).map(|index| (index, vec![0])).collect(),
        Box::new(Result::unwrap),
    );
    log.append(entries(), Box::new(Result::unwrap));
    log.purge(9, b"id of 9".to_vec(), Box::new(Result::unwrap));
    log.save_committed(b"committed".to_vec());
    log.save_vote(b"vote".to_vec()).await.unwrap();
    log.flush().await.unwrap();

    let state = StateFile::open(Arc::clone(&disk)).await.unwrap();
    let snapshots = Snapshots::open(Arc::clone(&disk), &state).await.unwrap();
    let mut business = Business::found(&Chance::new(1));
    business.work_and_save(50, &state).await;
    snapshots.build(&state).await.unwrap();
    business.work_and_save(15, &state).await;
    println!(
        "applied index {}, sessions {}, customers {}, audit leaves {}, closed hours {}",
        business.applied_index,
        business.ledger.sessions(None).count(),
        business.ledger.customers(None).count(),
        business.ledger.audit_size(),
        business.history.usage.len(),
    );
    drop((log, state, snapshots, disk));
    fs::remove_file(path.join("LOCK")).unwrap();
}
