//! The note that a sync has failed, and the refusal to go on from what the system shows since.
//!
//! After a failed sync Linux takes the pages for clean: whoever reads them sees what was written, and no later sync
//! writes them. A process that started again would take them for durable and build on them, until the power goes and
//! they are gone. Only a restart of the machine shows what the disk has. So a note with the machine's boot is left in
//! the data directory, and for as long as it is the same boot nothing is opened.
//!
//! The boot is in the note's name: a power cut may leave a file without its bytes, but never half a name. It need not be
//! durable, because whatever loses it loses the pages that it warns of.

use std::io;
use std::sync::Arc;

use crate::disk::{Disk, File};
use crate::error::{Context, Error};

/// The beginning of the note's name. The machine's boot follows.
const PREFIX: &str = "SYNC-FAILED-";

/// A longer text is none of ours.
const BYTES_MAX: u64 = 4096;

/// Refuses a disk on which a sync has failed since the machine started. A note from before is taken away.
///
/// # Errors
///
/// [`Error::LostSync`].
pub(crate) fn check(disk: &dyn Disk) -> Result<(), Error> {
    let names = disk.list().context(PREFIX, "look for")?;
    for name in names {
        let Some(noted) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let failed = read(disk, &name)?;
        if noted == disk.boot_id().context(&name, "compare the machine's boot with")? {
            return Err(Error::LostSync { failed });
        }
        tracing::info!(
            failed,
            "a sync failed, and the machine was restarted since: what is read now is what the disk has"
        );
        disk.remove(&name).context(&name, "remove")?;
    }
    Ok(())
}

/// Leaves the note. A disk that cannot take it has failed so thoroughly that all that is left is to say so.
fn note(disk: &dyn Disk, name: &str, why: &io::Error) {
    let failed = format!("{name}: {why}");
    if let Err(error) = write(disk, &failed) {
        tracing::error!(
            failed,
            %error,
            "a sync failed and could not be noted: restart the machine before this node starts again"
        );
    }
}

/// How a sync of the directory went, whose failure is noted like a file's: a snapshot that is found under its name would
/// be taken for durable, and the log before it be given up.
pub(crate) fn names(disk: &dyn Disk, synced: io::Result<()>) -> io::Result<()> {
    // Noting makes a name too, and that sync may fail like this one. Then the note is there, and it ends with that.
    synced.inspect_err(|why| note(disk, "the directory", why))
}

fn write(disk: &dyn Disk, failed: &str) -> io::Result<()> {
    let name = format!("{PREFIX}{}", disk.boot_id()?);
    // The first try may create the file and then fail to sync the directory. The second finds it, and it counts.
    let file = disk.open(&name).or_else(|_| disk.open(&name))?;
    file.set_len(failed.len() as u64)?;
    file.write_at(0, failed.as_bytes())
}

/// The text is for people. There may be none.
fn read(disk: &dyn Disk, name: &str) -> Result<String, Error> {
    let file = disk.open(name).context(name, "open")?;
    let len = file.len().context(name, "read")?.min(BYTES_MAX);
    let mut bytes = vec![0; usize::try_from(len).expect("4 KiB fit")];
    file.read_at(0, &mut bytes).context(name, "read")?;
    let text = String::from_utf8_lossy(&bytes).trim_matches(['\0', ' ']).to_owned();
    Ok(if text.is_empty() {
        "nobody could note of which file".to_owned()
    } else {
        text
    })
}

/// A file whose failed syncs are noted, also those of an engine that closes and tells nobody.
#[derive(Debug)]
pub(crate) struct Watched {
    disk: Arc<dyn Disk>,
    name: &'static str,
    file: Box<dyn File>,
}

impl Watched {
    pub(crate) fn new(disk: Arc<dyn Disk>, name: &'static str, file: Box<dyn File>) -> Self {
        Self { disk, name, file }
    }
}

impl File for Watched {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_at(offset, out)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.file.write_at(offset, data)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync().inspect_err(|why| note(&*self.disk, self.name, why))
    }
}
