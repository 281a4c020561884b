//! The server's configuration: a TOML file, then `USHER_SECTION__KEY` in the environment, then flags, each winning over
//! the one before.
//!
//! `settings` is the one table of everything that can be set; the typed [`Config`], the commented template and the check
//! for unknown keys all come from it. `address` and `values` hold the kinds of values, `sources` and `file` gather what
//! was given and where, `checks` knows what holds between settings, `error` says what is wrong.

mod address;
mod checks;
mod error;
mod file;
mod settings;
mod sources;
mod template;
mod values;

pub use address::{Address, ApiUrl};
pub use error::{ConfigError, ConfigErrors};
pub use settings::{Api, Config, Limits, Log, Node, Ops, Peer, Raft};
pub use sources::{DEFAULT_FILE, FileSource, Flag, Origin, Resolved, Shown, Sources};
pub use template::template;
pub use values::{Count, LogFormat, LogLevel, Maybe, Millis, NodeName, Path, TlsMode};
