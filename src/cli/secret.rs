//! Secrets on the command line: better from a file or the environment than from a flag that every user of the machine
//! can read.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use zeroize::Zeroizing;

use super::failure::Failure;

/// A secret as flags and the environment give it. Each has a second form, which names a file that holds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Secret<'a> {
    /// The flag, such as `--token`; with `-file` it names a file.
    pub(super) flag: &'a str,
    /// The variable, such as `USHER_TOKEN`; with `_FILE` it names a file.
    pub(super) variable: &'a str,
    /// What the flag gives.
    pub(super) given: Option<&'a str>,
    /// What the flag for a file gives.
    pub(super) file: Option<&'a Path>,
}

impl Secret<'_> {
    /// Reads it, if it was given. What was said by a flag was said now, and wins over an environment that may be old. A
    /// variable without text is not set.
    pub(super) fn read(self) -> Result<Option<Zeroizing<String>>, Failure> {
        self.read_with(|name| std::env::var_os(name).map(PathBuf::from))
    }

    /// The same for a secret that the command cannot do without.
    pub(super) fn required(self) -> Result<Zeroizing<String>, Failure> {
        let Self { flag, variable, .. } = self;
        self.read()?
            .ok_or_else(|| Failure::Usage(format!("{flag} is missing: give it, {flag}-file, or {variable}")))
    }

    fn read_with(self, environment: impl Fn(&str) -> Option<PathBuf>) -> Result<Option<Zeroizing<String>>, Failure> {
        let Self { flag, variable, .. } = self;
        if let Some(secret) = self.given {
            let secret = Zeroizing::new(secret.trim().to_owned());
            if secret.is_empty() {
                return Err(Failure::Usage(format!("{flag} is empty")));
            }
            return Ok(Some(secret));
        }
        if let Some(path) = self.file {
            return read_file(&format!("{flag}-file"), path).map(Some);
        }
        let set = |name: &str| environment(name).filter(|value| !value.as_os_str().is_empty());
        if let Some(secret) = set(variable) {
            let secret = Zeroizing::new(secret.to_string_lossy().trim().to_owned());
            if !secret.is_empty() {
                return Ok(Some(secret));
            }
        }
        let variable = format!("{variable}_FILE");
        set(&variable).map(|path| read_file(&variable, &path)).transpose()
    }
}

fn read_file(named_by: &str, path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("{named_by}: {} cannot be read", path.display()))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(anyhow!("{named_by}: {} is empty; it should hold the secret", path.display()).into());
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: Option<&str>, file: Option<&Path>, environment: &[(&str, &str)]) -> Result<Option<String>, String> {
        let secret = Secret {
            flag: "--token",
            variable: "USHER_TOKEN",
            given,
            file,
        };
        let value = |name: &str| environment.iter().find(|(known, _)| *known == name);
        let read = secret.read_with(|name| value(name).map(|(_, value)| PathBuf::from(value)));
        read.map(|secret| secret.map(|secret| secret.to_string()))
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_flag_wins_over_the_environment() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("token");
        std::fs::write(&path, "from the file\n").expect("the directory can be written");
        let old = [("USHER_TOKEN", "old")];
        assert_eq!(read(Some("new"), None, &old), Ok(Some("new".to_owned())));
        assert_eq!(read(None, Some(&path), &old), Ok(Some("from the file".to_owned())));
        assert_eq!(read(None, None, &old), Ok(Some("old".to_owned())));
        let text = path.to_string_lossy();
        let named = [("USHER_TOKEN_FILE", &*text)];
        assert_eq!(read(None, None, &named), Ok(Some("from the file".to_owned())));
        assert_eq!(read(None, None, &[]), Ok(None));
    }

    #[test]
    fn what_is_empty_is_not_a_secret() {
        assert_eq!(
            read(None, None, &[("USHER_TOKEN", ""), ("USHER_TOKEN_FILE", "")]),
            Ok(None)
        );
        assert_eq!(read(None, None, &[("USHER_TOKEN", " ")]), Ok(None));
        assert_eq!(read(Some(""), None, &[]), Err("--token is empty".to_owned()));
        let missing = read(None, None, &[("USHER_TOKEN_FILE", "/nowhere")]);
        assert!(missing.is_err_and(|why| why.starts_with("USHER_TOKEN_FILE: /nowhere cannot be read")));
    }
}
