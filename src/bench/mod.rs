//! `usher bench`: virtual clients that take, keep and give back seats, and what a cluster answers them.
//!
//! In a closed loop (`closed`) each client sends its next call when the last one is answered. In an open loop (`open`,
//! and `live` for many sessions that beat at an interval) calls are due by a `schedule` that waits for nobody, and each
//! takes from when it was due. `wire` is a connection, `client` what a client does, `measure` what is counted,
//! `timeline` when the cluster was silent, `series` what happened when, `used` what the nodes used meanwhile, `report`
//! what is told of it, `plot` and `document` how that is drawn. `sessions`, `batch`, `load` and `failover` are runs of
//! other shapes.

mod batch;
mod client;
mod closed;
mod document;
mod failover;
mod live;
mod load;
mod machine;
mod measure;
mod open;
mod plot;
mod report;
mod schedule;
mod series;
mod session_ids;
mod sessions;
mod timeline;
mod used;
mod wire;

use licensing::id::encode_base32;
use raft::seams::{Entropy, SystemEntropy};

pub use batch::Batch;
pub use closed::Seats;
pub use document::Document;
pub use failover::{Failover, FailoverReport, Kill};
pub use live::{Live, LiveReport};
pub use load::Load;
pub use machine::Machine;
pub use measure::Kind;
pub use open::{Offered, OpenLoop};
pub use report::{CallReport, Gap, NodeReport, Report, timestamp};
pub use schedule::{Arrivals, Rate};
pub use series::{History, Moment};
pub use session_ids::SessionIds;
pub use sessions::Sessions;
pub use used::{NodeUse, Used};
pub use wire::{Nodes, NodesError};

/// The most heartbeats between an acquire and its release.
const HEARTBEATS_MAX: u32 = 1_000_000;

/// What each client does, over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Acquire a seat, beat so many times, release it.
    Cycle {
        /// Heartbeats between acquire and release.
        heartbeats: u32,
    },
    /// Acquire one seat before the measurement and beat for it until the end.
    Heartbeats,
    /// Ask for a seat of a license that is full, and be refused.
    Refused,
}

/// A text that is no mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected heartbeats:acquires:releases such as 10:1:1 (the last two are 1), `acquire`, `heartbeat` or `refused`"
)]
pub struct ParseMixError;

impl std::fmt::Display for Mix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cycle { heartbeats: 0 } => f.write_str("acquire"),
            Self::Cycle { heartbeats } => write!(f, "{heartbeats}:1:1"),
            Self::Heartbeats => f.write_str("heartbeat"),
            Self::Refused => f.write_str("refused"),
        }
    }
}

impl std::str::FromStr for Mix {
    type Err = ParseMixError;

    fn from_str(text: &str) -> Result<Self, ParseMixError> {
        match text {
            "acquire" => return Ok(Self::Cycle { heartbeats: 0 }),
            "heartbeat" => return Ok(Self::Heartbeats),
            "refused" => return Ok(Self::Refused),
            _ => {}
        }
        let heartbeats = text
            .strip_suffix(":1:1")
            .and_then(|number| number.parse().ok())
            .filter(|heartbeats| *heartbeats <= HEARTBEATS_MAX)
            .ok_or(ParseMixError)?;
        Ok(Self::Cycle { heartbeats })
    }
}

/// A name that no other run has, for fingerprints that are not those of an earlier one.
fn run_name() -> String {
    let mut bytes = [0; 5];
    SystemEntropy.fill(&mut bytes);
    encode_base32(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_is_counted_per_acquire() {
        assert_eq!("10:1:1".parse(), Ok(Mix::Cycle { heartbeats: 10 }));
        assert_eq!("acquire".parse(), Ok(Mix::Cycle { heartbeats: 0 }));
        assert_eq!("heartbeat".parse(), Ok(Mix::Heartbeats));
        assert_eq!("refused".parse(), Ok(Mix::Refused));
        for text in ["10:1:1", "acquire", "heartbeat", "refused"] {
            assert_eq!(text.parse::<Mix>().map(|mix| mix.to_string()).as_deref(), Ok(text));
        }
        for text in ["4294967295:1:1", "", "10", "10:1", "10:2:1", "-1:1:1", "release"] {
            assert_eq!(text.parse::<Mix>(), Err(ParseMixError), "{text}");
        }
    }
}
