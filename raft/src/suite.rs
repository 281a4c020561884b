//! openraft's own suite for stores, on ours.

use std::io;
use std::sync::Arc;

use futures::Stream;
use openraft::storage::{EntryResponder, RaftStateMachine};
use openraft::testing::log::{StoreBuilder, Suite};
use openraft::{OptionalSend, StorageError};
use storage::Directory;
use storage::snapshot::Snapshot;
use tempfile::TempDir;

use crate::log::Log;
use crate::machine::Machine;
use crate::types::{LogId, Membership, SnapshotMeta, TypeConfig};

/// The suite hands a snapshot of one store to another as it is. Ours is a file of one disk, so it is carried over as
/// the network would: read in pieces at one end, written at the other.
struct Carrying(Machine);

type Described = openraft::alias::SnapshotOf<TypeConfig, Snapshot>;

impl RaftStateMachine<TypeConfig> for Carrying {
    type SnapshotData = Snapshot;
    type SnapshotBuilder = Machine;

    async fn applied_state(&mut self) -> Result<(Option<LogId>, Membership), io::Error> {
        self.0.applied_state().await
    }

    async fn apply<S>(&mut self, entries: S) -> Result<(), io::Error>
    where
        S: Stream<Item = Result<EntryResponder<TypeConfig>, io::Error>> + Unpin + OptionalSend,
    {
        self.0.apply(entries).await
    }

    async fn get_snapshot_builder(&mut self) -> Machine {
        self.0.get_snapshot_builder().await
    }

    async fn install_snapshot(&mut self, meta: &SnapshotMeta, snapshot: Snapshot) -> Result<(), io::Error> {
        let mut incoming = self.0.receive_snapshot().await.map_err(io::Error::other)?;
        let mut reader = snapshot.reader();
        while let Some(piece) = reader.next().await.map_err(io::Error::other)? {
            incoming.write(piece).await.map_err(io::Error::other)?;
        }
        let arrived = incoming.finish().await.map_err(io::Error::other)?;
        self.0.install_snapshot(meta, arrived).await
    }

    async fn get_current_snapshot(&mut self) -> Result<Option<Described>, io::Error> {
        self.0.get_current_snapshot().await
    }
}

struct OnDisk;

impl StoreBuilder<TypeConfig, Log, Carrying, TempDir> for OnDisk {
    async fn build(&self) -> Result<(TempDir, Log, Carrying), StorageError<TypeConfig>> {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let disk = Arc::new(Directory::open(dir.path()).expect("an empty directory can be opened"));
        let log = Log::open(disk.clone()).await.expect("an empty log can be opened");
        let machine = Machine::open(disk).await.expect("an empty ledger can be opened");
        Ok((dir, log, Carrying(machine)))
    }
}

#[tokio::test]
async fn the_log_and_the_machine_pass_openrafts_suite() {
    Suite::test_all(OnDisk).await.expect("the suite passes");
}
