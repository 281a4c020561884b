//! This node's disk or bytes are wrong. Whoever meets an [`Error`] while applying stops the node and answers nothing:
//! another node may know better, this one cannot.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// What went wrong, with the file and what to do next. Cheap to clone, because one failure ends many waiting calls.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {operation} {file}: {source}; check the disk and the system's log, then start the node again")]
    Io {
        /// The file's name or path.
        file: String,
        /// What was being done, as a verb.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// There is no room.
    #[error("cannot {operation} {file}: {source}; free some space, then start the node again")]
    Full {
        /// The file's name.
        file: String,
        /// What was being done, as a verb.
        operation: &'static str,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// Bytes are not what was written.
    #[error("{file} is damaged: {what}; do not start this node on it again, replace the node or restore a backup")]
    Corrupt {
        /// The file's name.
        file: String,
        /// Which part, and how it shows.
        what: String,
    },
    /// A sync failed since the machine started, so what the system shows may not be what the disk has.
    #[error(
        "a sync has failed ({failed}), and the machine was not restarted since: what it shows of that file may never have \
         reached the disk. Check the disk and the system's log, restart the machine and start the node again; or let it \
         come back as a new node, with `usher join --replace`"
    )]
    LostSync {
        /// The file's name, and what the system said.
        failed: String,
    },
    /// The storage engine gave up in the middle of its work, most likely on damaged bytes.
    #[error(
        "the storage engine gave up on {file} ({message}); it is probably damaged: replace the node or restore a backup"
    )]
    Panicked {
        /// The file's name.
        file: String,
        /// The engine's last words.
        message: String,
    },
    /// The storage engine refused in a way that is neither the disk's nor the bytes' fault.
    #[error("cannot {operation} {file}: {source}; this is a bug, please report it")]
    Engine {
        /// The file's name.
        file: String,
        /// What was being done, as a verb.
        operation: &'static str,
        /// The engine's words.
        #[source]
        source: Arc<redb::Error>,
    },
    /// A newer version wrote this.
    #[error("{file} has {what}, which this version does not know: start the newer version again")]
    NewerFormat {
        /// The file's name.
        file: String,
        /// What is not known here.
        what: String,
    },
    /// Another process uses the directory.
    #[error("{directory} is in use{}: stop that one first, or give this one another directory", owner(*.pid))]
    Locked {
        /// The directory.
        directory: PathBuf,
        /// The process, where it could be read.
        pid: Option<u32>,
    },
    /// The directory holds other people's files, or only a part of ours.
    #[error("this is not an usher data directory: {what}")]
    NotADataDirectory {
        /// What is wrong with it and what to do.
        what: String,
    },
    /// The operating system does not let this user in.
    #[error("{path} is not readable and writable for this user: {source}; change its owner, or run as its owner")]
    Denied {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// An earlier failure has ended all work on this file; nothing is acknowledged any more.
    #[error("stopped after an earlier failure: {cause}")]
    Stopped {
        /// The failure.
        #[source]
        cause: Arc<Error>,
    },
    /// The caller asked for something that would break an invariant of what is stored.
    #[error("{file} refuses: {what}; this is a bug, please report it")]
    Refused {
        /// The file's name.
        file: String,
        /// Which invariant.
        what: String,
    },
}

fn owner(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" by the process {pid}")).unwrap_or_default()
}

impl Error {
    /// Names a failed system call.
    pub(crate) fn io(file: &str, operation: &'static str, source: io::Error) -> Self {
        let file = file.to_owned();
        let full = matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let source = Arc::new(source);
        if full {
            Self::Full {
                file,
                operation,
                source,
            }
        } else {
            Self::Io {
                file,
                operation,
                source,
            }
        }
    }

    /// Names a failure of redb.
    pub(crate) fn engine(file: &str, operation: &'static str, source: impl Into<redb::Error>) -> Self {
        match source.into() {
            // Not a database at all, or one with pages beyond its end.
            redb::Error::Io(source)
                if matches!(source.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
            {
                Self::corrupt(file, source.to_string())
            }
            redb::Error::Io(source) => Self::io(file, operation, source),
            redb::Error::Corrupted(what) => Self::corrupt(file, what),
            redb::Error::UpgradeRequired(found) => Self::corrupt(file, format!("it says it has redb format {found}")),
            // These name a table that this code made itself.
            table @ (redb::Error::TableDoesNotExist(_)
            | redb::Error::TableTypeMismatch { .. }
            | redb::Error::TableIsMultimap(_)
            | redb::Error::TypeDefinitionChanged { .. }) => Self::corrupt(file, table.to_string()),
            source => Self::Engine {
                file: file.to_owned(),
                operation,
                source: Arc::new(source),
            },
        }
    }

    /// Names damage.
    pub(crate) fn corrupt(file: &str, what: impl Into<String>) -> Self {
        Self::Corrupt {
            file: file.to_owned(),
            what: what.into(),
        }
    }

    /// What every later call gets after this failure.
    pub(crate) fn stopped(&self) -> Self {
        match self {
            Self::Stopped { .. } => self.clone(),
            cause => Self::Stopped {
                cause: Arc::new(cause.clone()),
            },
        }
    }
}

/// Adds the file and the operation to a result of redb or of the system.
pub(crate) trait Context<T> {
    /// Names what was being done to which file.
    fn context(self, file: &str, operation: &'static str) -> Result<T, Error>;
}

impl<T, E: Into<redb::Error>> Context<T> for Result<T, E> {
    fn context(self, file: &str, operation: &'static str) -> Result<T, Error> {
        self.map_err(|source| Error::engine(file, operation, source))
    }
}
