//! Drives etcd with the load of `usher bench`: virtual clients that take, keep and give back seats in a closed loop.
//!
//! `client` is what each does, `wire` its connection, `messages` what it says, `measure` what is counted.

mod client;
mod measure;
mod messages;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{bail, ensure};
use clap::Parser;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use client::{SEATS, SESSIONS, VirtualClient};
use measure::{Measure, Span};
use messages::{RangeRequest, RangeResponse};
use wire::{Method, Wire};

/// Measure how fast an etcd cluster takes, keeps and gives back seats
///
/// Prints what `usher bench -o json` prints. The cluster must hold no seats and holds none afterwards.
#[derive(Debug, Parser)]
struct Arguments {
    /// The nodes' client addresses, with commas between
    #[arg(long, value_name = "HOST:PORT,…", value_delimiter = ',', required = true)]
    endpoints: Vec<String>,

    /// How many clients at once
    #[arg(long, value_name = "N", default_value_t = 64)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    clients: u32,

    /// How long to measure
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    duration: Duration,

    /// How long to run before it counts
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "2s")]
    warmup: Duration,

    /// Heartbeats between acquire and release
    #[arg(long, value_name = "N", default_value_t = 10)]
    heartbeats: u32,

    /// How many seats the license has
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    seats: u64,
}

/// A time such as `500ms`, `10s` or `1m`.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err("expected a number and its unit: 500ms, 10s or 1m".to_owned()),
    };
    digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit_ms))
        .filter(|ms| *ms <= 86_400_000)
        .map(Duration::from_millis)
        .ok_or_else(|| "expected a whole number before the unit, and at most a day".to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    ensure!(!arguments.duration.is_zero(), "--duration: expected more than no time");
    let nodes: Arc<[String]> = arguments.endpoints.clone().into();
    let mut asking = Wire::new(&nodes, 0);
    let before = held(&mut asking).await?;
    ensure!(
        before == 0,
        "--endpoints: this etcd holds {before} seats or sessions; take a fresh one"
    );

    let measure = run(&arguments, &nodes).await?;
    let told = measure.to_json(usize::try_from(arguments.clients)?, &nodes);
    println!("{}", json!({"runs": [told]}));

    let after = held(&mut asking).await?;
    ensure!(
        after == 0,
        "{after} seats or sessions were left behind, so the figures are of another load"
    );
    ensure!(
        told["answers"] != 0,
        "no call was answered as it should be; check --endpoints"
    );
    Ok(())
}

/// Lets the clients live, and gathers what they saw.
async fn run(arguments: &Arguments, nodes: &Arc<[String]>) -> anyhow::Result<Measure> {
    let begin = Instant::now() + arguments.warmup;
    let span = Span {
        begin,
        end: begin + arguments.duration,
    };
    let mut clients = JoinSet::new();
    for number in 0..usize::try_from(arguments.clients)? {
        let measure = Measure::new(span, nodes.len());
        let client = VirtualClient::new(nodes, measure, number, arguments.seats);
        clients.spawn(client.live(arguments.heartbeats));
    }
    let mut sum = Measure::new(span, nodes.len());
    while let Some(seen) = clients.join_next().await {
        sum.add(&seen?);
    }
    Ok(sum)
}

/// How many keys of seats and sessions there are, read from a majority.
async fn held(wire: &mut Wire) -> anyhow::Result<i64> {
    let mut held = 0;
    for prefix in [SEATS, SESSIONS] {
        let request = RangeRequest {
            key: prefix.into(),
            // The first key after all that begin so: '0' follows '/'.
            range_end: prefix.replace('/', "0").into(),
            count_only: true,
        };
        match wire.call::<RangeResponse>(Method::Range, &request).await {
            Ok(answer) => held += answer.count,
            Err(failure) => bail!("--endpoints: etcd does not tell its keys: {}", failure.name()),
        }
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("6s"), Ok(Duration::from_secs(6)));
        assert_eq!(duration("1m"), Ok(Duration::from_mins(1)));
        for text in ["", "6", "s", "-1s", "1.5s", "6h", "99999999999999999999s", "2000m"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
