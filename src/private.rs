//! Files and directories that only their owner may read.
//!
//! A file appears whole or not at all. It is written under a random name beside the one it is to have, so nothing that
//! lies there is touched, and what cannot be finished is removed: it may hold a secret.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use raft::seams::{Entropy, SystemEntropy};

/// Writes a file durably. One that is there is replaced, and stays its owner's: a server must be able to read what an
/// administrator renewed for it.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path)?;
    let mut file = create_new(&beside)?;
    let unfinished = Unfinished::new(&beside);
    if let Ok(before) = fs::metadata(path)
        && before.uid() != file.metadata()?.uid()
    {
        fchown(&file, Some(before.uid()), Some(before.gid()))?;
    }
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    unfinished.finish();
    fs::File::open(parent(path))?.sync_all()
}

/// Writes a file durably where there is none yet.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    Reserved::new(path)?.fill(bytes)
}

/// A name that was taken for a file, so that the file can be written when what it is to hold has come to be. Without
/// that the name is given back.
#[derive(Debug)]
pub struct Reserved {
    empty: Unfinished,
}

impl Reserved {
    /// Takes the name, which must be free.
    pub fn new(path: &Path) -> io::Result<Self> {
        create_new(path)?;
        Ok(Self {
            empty: Unfinished::new(path),
        })
    }

    /// Writes the file.
    pub fn fill(self, bytes: &[u8]) -> io::Result<()> {
        write(&self.empty.path, bytes)?;
        self.empty.finish();
        Ok(())
    }
}

/// A file that is removed unless it is finished.
#[derive(Debug)]
struct Unfinished {
    path: PathBuf,
    finished: bool,
}

impl Unfinished {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            finished: false,
        }
    }

    fn finish(mut self) {
        self.finished = true;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.finished {
            // There is nobody to tell, and whoever wrote it learns of the error that led here.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes a directory, with those above it, if it is not there.
pub fn make_directory(path: &Path) -> anyhow::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if path.exists() {
        bail!("{} is a file; name a directory", path.display());
    }
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("{} cannot be made", path.display()))
}

fn create_new(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// A name that nobody has, in the same directory.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::other("this path names no file"))?;
    let mut unfinished = OsString::from(".");
    unfinished.push(name);
    unfinished.push(format!(".{:016x}", SystemEntropy.next_u64()));
    Ok(path.with_file_name(unfinished))
}

fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_written_file_is_private_and_leaves_its_neighbours_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (path, neighbour) = (directory.path().join("admin.token"), directory.path().join("admin.tmp"));
        fs::write(&neighbour, "somebody else's").unwrap();
        for text in ["first", "second"] {
            write(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(mode(&path), 0o600);
        }
        assert_eq!(fs::read_to_string(&neighbour).unwrap(), "somebody else's");
        assert_eq!(names(directory.path()), ["admin.tmp", "admin.token"]);
    }

    #[test]
    fn what_cannot_be_finished_leaves_no_secret_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(
            write(&path, b"secret").is_err(),
            "a directory cannot be replaced by a file"
        );
        assert_eq!(names(directory.path()), ["taken"]);
    }

    #[test]
    fn a_new_file_takes_nobodys_place() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        create(&path, b"first").unwrap();
        assert_eq!(mode(&path), 0o600);
        let again = create(&path, b"second").unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
    }

    #[test]
    fn a_reserved_name_is_given_back_unless_it_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        let reserved = Reserved::new(&path).unwrap();
        assert!(Reserved::new(&path).is_err());
        drop(reserved);
        assert!(names(directory.path()).is_empty());
        Reserved::new(&path).unwrap().fill(b"used").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"used");
        assert_eq!(names(directory.path()), ["token"]);
    }

    #[test]
    fn a_made_directory_is_private() {
        let directory = tempfile::tempdir().unwrap();
        let made = directory.path().join("a/b");
        make_directory(&made).unwrap();
        make_directory(&made).unwrap();
        assert_eq!(mode(&made), 0o700);
        fs::write(made.join("file"), "").unwrap();
        assert!(make_directory(&made.join("file")).is_err());
    }
}
