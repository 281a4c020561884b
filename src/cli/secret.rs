//! Secrets on the command line: better from a file or the environment than from a flag that every user of the machine
//! can read.

use std::path::Path;

use anyhow::Context;
use zeroize::Zeroizing;

use super::failure::Failure;

/// The secret that was given by itself, or else the one in the file. `flag` is the file's, for errors.
pub(super) fn read(given: Option<&str>, file: Option<&Path>, flag: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    if let Some(secret) = given {
        return Ok(Some(Zeroizing::new(secret.trim().to_owned())));
    }
    let Some(path) = file else { return Ok(None) };
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("{flag}: {} cannot be read", path.display()))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(anyhow::anyhow!("{flag}: {} is empty; it should hold the secret", path.display()).into());
    }
    Ok(Some(Zeroizing::new(secret.to_owned())))
}
