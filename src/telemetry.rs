//! What the process writes to standard error about its own work. Standard output belongs to answers.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::config::{LogFormat, LogLevel};

/// The variable that holds a finer filter than a level, such as `info,usher::api=debug`.
pub const FILTER_VARIABLE: &str = "USHER_LOG";

/// Starts the log. Does nothing if one was started before, as in tests that start many servers.
///
/// # Errors
///
/// `USHER_LOG` is set and is not a filter.
pub fn start(level: LogLevel, format: LogFormat) -> Result<(), ParseError> {
    let filter = match std::env::var(FILTER_VARIABLE) {
        Ok(filter) if !filter.is_empty() => EnvFilter::try_new(filter)?,
        // What raft has to say to operators is said in its own crate's words; the engine's are for those who debug it.
        _ if matches!(level, LogLevel::Error | LogLevel::Warn | LogLevel::Info) => {
            EnvFilter::try_new(format!("{level},openraft=error"))?
        }
        _ => EnvFilter::try_new(level.as_str())?,
    };
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => log.with_ansi(colour).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("the log was started before");
    }
    Ok(())
}
