//! The server's configuration: a TOML file, then `USHER_SECTION__KEY` in the environment, then flags, each winning over
//! the one before.
//!
//! `settings` is the one table of everything that can be set; the typed [`Config`], the commented template and the check
//! for unknown keys all come from it. `values` holds the kinds of values, `sources` and `file` gather what was given and
//! where, `error` says what is wrong with it.

mod error;
mod file;
mod settings;
mod sources;
mod template;
mod values;

pub use error::{ConfigError, ConfigErrors};
pub use settings::{Api, Config, Limits, Log, Node, Ops, Peer, Raft};
pub use sources::{DEFAULT_FILE, FileSource, Flag, Origin, Resolved, Shown, Sources};
pub use template::template;
pub use values::{Address, ApiUrl, Count, LogFormat, LogLevel, Maybe, Millis, NodeName, Path, TlsMode};
