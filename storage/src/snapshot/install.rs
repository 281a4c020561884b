//! Installing a snapshot: everything is checked, then it becomes the current one, then its rows replace the state.
//!
//! In this order a crash leaves the old state with the old snapshot, or the old state with the new snapshot, which the
//! next start installs, or the new state. It never leaves a state whose snapshot and log cannot bring a peer up to it.

use std::sync::Arc;

use licensing::id::ClusterId;

use super::build::cluster;
use super::check::{CheckedRows, ledger};
use super::{Snapshot, Snapshots};
use crate::checkpoint::{FILE as STATE, Loaded, StateFile};
use crate::disk::{Lane, run};
use crate::error::Error;

impl Snapshots {
    /// Puts the snapshot in the place of the state and gives the ledger in it. Durable when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] if the state is newer or the snapshot is another cluster's; [`Error::Corrupt`] if its rows do
    /// not add up to its digest. Nothing was replaced then.
    pub async fn install(&self, snapshot: &Snapshot, state: &StateFile) -> Result<Loaded, Error> {
        let _replacing = self.shared.replacing.lock().await;
        self.check_newer(snapshot, state)?;
        let view = state.view().await?;
        let (file, name, promised) = (
            Arc::clone(&snapshot.file),
            Arc::clone(&snapshot.name),
            snapshot.cluster(),
        );
        let (ledger, rows) = run(&self.shared.disk, Lane::Snapshot, &snapshot.name, move || {
            let ledger = ledger(Arc::clone(&file), &name)?;
            check_cluster(promised, ledger.cluster_id(), cluster(&view)?)?;
            Ok((ledger, CheckedRows::open(file, &name)?))
        })
        .await?;
        self.publish(snapshot.clone()).await?;
        let mark = snapshot.header.mark.clone();
        state.replace(mark.clone(), rows).await?;
        let (applied, membership) = (mark.applied, mark.membership);
        Ok(Loaded {
            ledger,
            applied_index: mark.applied_index,
            applied,
            membership,
        })
    }

    fn check_newer(&self, snapshot: &Snapshot, state: &StateFile) -> Result<(), Error> {
        let current = self.current().map_or(0, |current| current.applied_index());
        let held = state.applied_index().max(current);
        if snapshot.applied_index() >= held {
            return Ok(());
        }
        Err(refused(format!(
            "a snapshot at {} must not replace what is at {held}",
            snapshot.applied_index()
        )))
    }
}

fn check_cluster(promised: Option<ClusterId>, found: Option<ClusterId>, mine: Option<ClusterId>) -> Result<(), Error> {
    if promised != found {
        return Err(Error::corrupt(
            STATE,
            "the snapshot's header names another cluster than its rows",
        ));
    }
    match (mine, found) {
        (Some(mine), found) if found != Some(mine) => Err(refused(format!(
            "a snapshot of the cluster {found:?} must not replace the state of {mine}"
        ))),
        _ => Ok(()),
    }
}

fn refused(what: String) -> Error {
    Error::Refused {
        file: STATE.to_owned(),
        what,
    }
}
