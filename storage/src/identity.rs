//! The `FORMAT` file: that this is a data directory, of which format, and which one.

use std::fmt;

use licensing::id::{decode_base32, encode_base32};

use crate::checkpoint::FILE as STATE;
use crate::disk::Disk;
use crate::error::{Context, Error};
use crate::log::FILE as LOG;
use crate::lost_sync;
use crate::snapshot::PREFIX as SNAPSHOTS;

const FILE: &str = "FORMAT";
const UNFINISHED: &str = "FORMAT.tmp";
const TITLE: &str = "usher data directory";

/// The layout of the directory: which files there are. What is inside a file has versions of its own.
const FORMAT: u32 = 1;

/// One life of a data directory. A directory that was wiped gets another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreId([u8; 16]);

impl StoreId {
    /// Makes an id of random bytes, drawn by the caller.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sto_{}", encode_base32(&self.0))
    }
}

/// Reads which store this is; a disk that holds none becomes the store `fresh`. [`Directory::open`] does this; it is
/// public for disks that are not directories.
///
/// Other files may lie beside a store's, such as a node's keys, and may be there before it.
///
/// [`Directory::open`]: crate::Directory::open
///
/// # Errors
///
/// [`Error::NotADataDirectory`] if a store's files are there but not the one that says what they are,
/// [`Error::NewerFormat`] if a newer version made them.
pub fn identify(disk: &dyn Disk, fresh: StoreId) -> Result<StoreId, Error> {
    let names = disk.list().context(FILE, "look for")?;
    if names.iter().any(|name| name == FILE) {
        return read(disk);
    }
    let is_ours = |name: &&String| [LOG, STATE].contains(&name.as_str()) || name.starts_with(SNAPSHOTS);
    if let Some(part) = names.iter().find(is_ours) {
        return Err(not_ours(format!(
            "it holds {part} but no {FILE} file, so it is only a part of one; restore all of it, or name another"
        )));
    }
    write(disk, fresh)?;
    Ok(fresh)
}

/// How much of a store a disk holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Neither log nor state: nobody has promised anything here.
    Nothing,
    /// Log and state.
    Whole,
    /// One of the two. What the node promised its peers, or what it knew, is gone.
    Part {
        /// The file that is not there.
        missing: &'static str,
    },
}

/// Looks for the files that a store cannot do without.
///
/// # Errors
///
/// [`Error::LostSync`] if what there is must not be believed before the machine was restarted.
pub fn contents(disk: &dyn Disk) -> Result<Contents, Error> {
    lost_sync::check(disk)?;
    let names = disk.list().context(FILE, "look for")?;
    let has = |file: &str| names.iter().any(|name| name == file);
    Ok(match (has(LOG), has(STATE)) {
        (true, true) => Contents::Whole,
        (false, false) => Contents::Nothing,
        (true, false) => Contents::Part { missing: STATE },
        (false, true) => Contents::Part { missing: LOG },
    })
}

fn read(disk: &dyn Disk) -> Result<StoreId, Error> {
    let file = disk.open(FILE).context(FILE, "open")?;
    // Anything longer than this is not a file of ours, whatever it says.
    let len = file.len().context(FILE, "read")?.min(256);
    let mut bytes = vec![0; usize::try_from(len).expect("256 fits")];
    file.read_at(0, &mut bytes).context(FILE, "read")?;
    parse(&String::from_utf8_lossy(&bytes))
}

pub(crate) fn parse(text: &str) -> Result<StoreId, Error> {
    let mut lines = text.lines();
    if lines.next() != Some(TITLE) {
        return Err(not_ours(format!("its {FILE} file does not begin with \"{TITLE}\"")));
    }
    let number = |line: &str| line.strip_prefix("format ")?.parse::<u32>().ok();
    match lines.next().and_then(number) {
        Some(FORMAT) => {}
        Some(found) if found > FORMAT => {
            return Err(Error::NewerFormat {
                file: "the data directory".to_owned(),
                what: format!("format {found}"),
            });
        }
        _ => return Err(Error::corrupt(FILE, "its second line is not \"format\" and a number")),
    }
    let id = |line: &str| line.strip_prefix("store sto_").and_then(decode_base32);
    lines
        .next()
        .and_then(id)
        .map(StoreId)
        .ok_or_else(|| Error::corrupt(FILE, "its third line is not a store's id"))
}

fn write(disk: &dyn Disk, id: StoreId) -> Result<(), Error> {
    let text = format!("{TITLE}\nformat {FORMAT}\nstore {id}\n");
    let file = disk.open(UNFINISHED).context(UNFINISHED, "create")?;
    file.set_len(text.len() as u64).context(UNFINISHED, "extend")?;
    file.write_at(0, text.as_bytes()).context(UNFINISHED, "write")?;
    file.sync().context(UNFINISHED, "sync")?;
    disk.rename(UNFINISHED, FILE).context(UNFINISHED, "rename")
}

fn not_ours(what: String) -> Error {
    Error::NotADataDirectory { what }
}
