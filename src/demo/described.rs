//! A demo as its starter was told of it: by the JSON of `usher demo --detach -o json`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::Demo;

/// What is read of it. The rest is in the demo's own record, which also tells its processes from later ones with the
/// same numbers.
#[derive(Deserialize)]
struct Description {
    data_dir: PathBuf,
}

impl Demo {
    /// The demo that a file describes.
    ///
    /// # Errors
    ///
    /// The file describes none, or the demo has ended.
    pub fn described(file: &Path) -> Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("--demo: {} cannot be read", file.display()))?;
        let Ok(Description { data_dir }) = serde_json::from_slice(&text) else {
            bail!(
                "--demo: {} is not what `usher demo --detach -o json` prints",
                file.display()
            )
        };
        let demo = Self::recorded(&data_dir)?.filter(|demo| demo.nodes.iter().any(|node| node.process.runs()));
        demo.with_context(|| {
            format!(
                "--demo: the demo in {} has ended; `usher demo --detach -o json > {}` starts another",
                data_dir.display(),
                file.display()
            )
        })
    }
}
