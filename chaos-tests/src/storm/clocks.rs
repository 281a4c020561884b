//! Wall clocks that can be set for one process: libfaketime reads from a file by how much it shall be wrong.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// What must be installed for it.
pub(super) const LIBRARY: &str = "libfaketime";

/// Where distributions put the library for programs of many threads.
const PLACES: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
];

/// The library, where it is installed.
pub(super) fn library() -> Option<&'static str> {
    PLACES.into_iter().find(|place| Path::new(place).exists())
}

/// One process's wall clock.
#[derive(Debug, Clone)]
pub(super) struct WallClock {
    file: PathBuf,
}

impl WallClock {
    /// A true one, that is set by a file in this folder.
    pub(super) fn in_folder(folder: &Path) -> Result<Self> {
        let clock = Self {
            file: folder.join("clock"),
        };
        clock.set(0)?;
        Ok(clock)
    }

    /// Sets it to so many milliseconds after (or before) the true time.
    pub(super) fn set(&self, ahead_ms: i64) -> Result<()> {
        // Whoever reads it finds the old text or the new, never half of one.
        let written = self.file.with_extension("new");
        let sign = if ahead_ms < 0 { '-' } else { '+' };
        let ahead = ahead_ms.unsigned_abs();
        std::fs::write(&written, format!("{sign}{}.{:03}\n", ahead / 1_000, ahead % 1_000))?;
        std::fs::rename(&written, &self.file)?;
        Ok(())
    }

    /// What a process is started with so that it goes by this clock. Its monotonic clocks stay true.
    pub(super) fn environment(&self) -> Vec<String> {
        let Some(library) = library() else {
            return Vec::new();
        };
        vec![
            format!("LD_PRELOAD={library}"),
            format!("FAKETIME_TIMESTAMP_FILE={}", self.file.display()),
            "FAKETIME_CACHE_DURATION=1".to_owned(),
            "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
            "NO_FAKE_STAT=1".to_owned(),
        ]
    }
}
