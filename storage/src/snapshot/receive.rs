//! Receiving a snapshot from a peer: written as it comes, checked when it is complete.

use std::fmt;
use std::sync::Arc;

use super::check::check;
use super::format::append;
use super::{Snapshot, Snapshots, Unfinished};
use crate::disk::{Disk, File, Lane, run};
use crate::error::{Context, Error};

/// A snapshot that is on its way here. Dropping it abandons it.
pub struct Incoming {
    disk: Arc<dyn Disk>,
    file: Arc<dyn File>,
    unfinished: Arc<Unfinished>,
    end: u64,
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("name", &self.unfinished.name)
            .field("bytes", &self.end)
            .finish_non_exhaustive()
    }
}

impl Snapshots {
    /// Prepares to receive a snapshot.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn receive(&self) -> Result<Incoming, Error> {
        let (unfinished, file) = self.unfinished("receive").await?;
        Ok(Incoming {
            disk: Arc::clone(&self.shared.disk),
            file,
            unfinished,
            end: 0,
        })
    }
}

impl Incoming {
    /// Writes the next bytes, cut in whatever way.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub async fn write(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        let (file, name, end) = (Arc::clone(&self.file), self.unfinished.name.clone(), self.end);
        self.end = run(&self.disk, Lane::Snapshot, &self.unfinished.name, move || {
            append(&*file, &name, end, &bytes)
        })
        .await?;
        Ok(())
    }

    /// Makes it durable and checks every piece of it. It is not the current snapshot before it is installed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if what arrived is not what was sent: nothing of this node is damaged, ask the peer again.
    pub async fn finish(self) -> Result<Snapshot, Error> {
        let (file, name) = (Arc::clone(&self.file), self.unfinished.name.clone());
        let header = run(&self.disk, Lane::Snapshot, &self.unfinished.name, move || {
            file.sync().context(&name, "sync")?;
            check(file, &name)
        })
        .await?;
        Ok(Snapshot {
            disk: self.disk,
            file: self.file,
            name: self.unfinished.name.as_str().into(),
            header: Arc::new(header),
            _unfinished: Some(self.unfinished),
        })
    }
}
