//! What can be wrong with a configuration. Every error names the key, where its value came from, and what is allowed.

use std::fmt;
use std::path::PathBuf;

use super::sources::Origin;

/// One thing that is wrong.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// Where, counted from 1.
        column: usize,
        /// What was found there.
        message: String,
    },
    /// Nothing of this name can be set.
    UnknownKey {
        /// The name as it was given.
        key: String,
        /// Where.
        origin: Origin,
        /// The name that was probably meant, in the same spelling.
        nearest: Option<String>,
    },
    /// A value that is not allowed.
    BadValue {
        /// The setting.
        key: String,
        /// The value as it was given.
        value: String,
        /// Where.
        origin: Origin,
        /// What is allowed.
        allowed: String,
    },
    /// Settings that do not go together.
    Conflict {
        /// The settings and where they come from.
        keys: Vec<(String, Origin)>,
        /// Why.
        why: String,
    },
}

impl ConfigError {
    /// Nothing is called `key`; `known` is everything that could have been meant.
    pub(super) fn unknown(key: &str, origin: Origin, known: impl Iterator<Item = String>) -> Self {
        let distances = known.map(|name| (strsim::damerau_levenshtein(key, &name), name));
        // A third of the letters may be wrong; beyond that the hint would be a guess.
        let nearest = distances
            .min()
            .filter(|(distance, _)| *distance <= key.len().div_ceil(3));
        Self::UnknownKey {
            key: key.to_owned(),
            origin,
            nearest: nearest.map(|(_, name)| name),
        }
    }

    pub(super) fn bad_value(key: String, value: &str, origin: Origin, allowed: String) -> Self {
        Self::BadValue {
            key,
            value: value.to_owned(),
            origin,
            allowed,
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, source } => write!(
                f,
                "{} cannot be read: {source}; `usher config init` writes a file to start from",
                path.display()
            ),
            Self::Syntax {
                path,
                line,
                column,
                message,
            } => {
                write!(f, "{}, line {line}, column {column}: {message}", path.display())
            }
            Self::UnknownKey { key, origin, nearest } => {
                write!(f, "{origin}: there is no setting `{key}`; ")?;
                match nearest {
                    Some(nearest) => write!(f, "did you mean `{nearest}`?"),
                    None => f.write_str("`usher config init` lists them all"),
                }
            }
            Self::BadValue {
                key,
                value,
                origin,
                allowed,
            } => {
                write!(f, "{origin}: {key} is {value:?}; expected {allowed}")
            }
            Self::Conflict { keys, why } => {
                for (at, (key, origin)) in keys.iter().enumerate() {
                    write!(f, "{}{key} ({origin})", if at == 0 { "" } else { " and " })?;
                }
                write!(f, ": {why}")
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Everything that is wrong, so that it can be put right in one go. Never empty.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
