//! The vendor's root on disk: a private key file to lock away, and a public file that every shipped application pins.
//!
//! Neither is ever written over another one: whoever loses the key of a root that applications pin can certify no
//! cluster for them again.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use trust::{RootKeyFile, RootSet};
use zeroize::Zeroizing;

use crate::private;

/// The public file: what applications pin.
pub const PUBLIC: &str = "vendor-root.json";

/// The private key file.
pub const PRIVATE: &str = "vendor-root.key.json";

/// Where a root was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The public file.
    pub public: PathBuf,
    /// The private key file, if there was a key to write.
    pub private: Option<PathBuf>,
}

/// Reads a private key file.
pub fn read_key(path: &Path) -> Result<RootKeyFile> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("the root key file {} cannot be read", path.display()))?;
    RootKeyFile::parse(&text).with_context(|| format!("{} is not a root key file", path.display()))
}

/// Writes the roots into a directory, which is made if it is not there, and the private key beside them if it is a new
/// one. A public file that says the same already is left as it is.
pub fn write(directory: &Path, roots: &RootSet, key: Option<&RootKeyFile>) -> Result<Written> {
    let (public, private) = (directory.join(PUBLIC), directory.join(PRIVATE));
    let text = roots.to_json();
    let known = std::fs::read_to_string(&public).is_ok_and(|known| known == text);
    private::make_directory(directory)?;
    // Both are looked at before either is written.
    for path in key.map(|_| &private).into_iter().chain((!known).then_some(&public)) {
        if path.symlink_metadata().is_ok() {
            bail!(
                "{} exists already: a root is never overwritten; name another directory, or found clusters with the \
                 root that is there (`usher init --root-key`)",
                path.display()
            );
        }
    }
    let cannot = |path: &Path| format!("{} cannot be written", path.display());
    if let Some(key) = key {
        private::create(&private, key.to_json().as_bytes()).with_context(|| cannot(&private))?;
    }
    if !known {
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(&public);
        file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
            .with_context(|| cannot(&public))?;
    }
    Ok(Written {
        public,
        private: key.map(|_| private),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use trust::SigningKey;

    use super::*;

    fn root(seed: u8) -> (RootSet, RootKeyFile) {
        let key = SigningKey::from_seed(Zeroizing::new([seed; 32]));
        (RootSet::new([key.public()]).unwrap(), RootKeyFile::new(key))
    }

    #[test]
    fn a_root_is_never_overwritten() {
        let directory = tempfile::tempdir().unwrap();
        let ((roots, key), (others, other)) = (root(1), root(2));
        let written = write(directory.path(), &roots, Some(&key)).unwrap();
        let files = || [&written.public, written.private.as_ref().unwrap()].map(|path| std::fs::read(path).unwrap());
        let before = files();
        for (roots, key) in [(&others, Some(&other)), (&others, None), (&roots, Some(&key))] {
            let refused = write(directory.path(), roots, key).unwrap_err().to_string();
            assert!(refused.contains("a root is never overwritten"), "{refused}");
        }
        assert_eq!(files(), before);
        assert_eq!(write(directory.path(), &roots, None).unwrap().public, written.public);
    }

    #[test]
    fn nothing_is_written_if_one_of_both_cannot_be() {
        let directory = tempfile::tempdir().unwrap();
        let (roots, key) = root(1);
        std::fs::write(directory.path().join(PUBLIC), "another root").unwrap();
        assert!(write(directory.path(), &roots, Some(&key)).is_err());
        assert!(!directory.path().join(PRIVATE).exists());
    }
}
