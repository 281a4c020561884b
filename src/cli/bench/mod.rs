//! `usher bench`: how fast a cluster is, measured on it. `seats` is the measurement without a name, the others are one
//! file each; `target` is what they ask and `tables` what they tell.

mod batch;
mod failover;
mod live;
mod seats;
mod sessions;
mod tables;
mod target;

use clap::{Args, Subcommand};

use super::Answered;
use super::output::Output;

/// Measure how fast a cluster is
///
/// Virtual clients take, keep and give back seats, each over a connection of its own, spread over the nodes. Each sends
/// its next call when the last one is answered; with --rate calls come at that rate instead, whatever the answers, and
/// take from when they were due. The license needs a seat for each client. Nothing is left behind.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Examples:
  usher bench --license-key CODITECT-… --url http://127.0.0.1:4600
  usher bench --license-key CODITECT-… --url http://a:4600,http://b:4600 --clients 1,64,1000
  usher bench --license-key CODITECT-… --rate 500,1000,2000 --clients 256 --report bench.html
  usher bench --license-key CODITECT-… --mix refused --clients 200        of a license of 100 seats
  usher bench --license-key CODITECT-… --duration 60s --failover-gap      then kill the leader
  usher bench live --license-key CODITECT-… --sessions 100000 --interval 300s
  usher bench failover --demo demo.json --kills 20
  usher bench sessions --license-key CODITECT-… --count 100000            acquire and leave them live
  usher bench batch --license-key CODITECT-… --token usher_… --sessions 100000")]
pub(super) struct Bench {
    #[command(subcommand)]
    shape: Option<Shape>,

    #[command(flatten)]
    seats: seats::Seats,
}

#[derive(Debug, Subcommand)]
enum Shape {
    Live(live::Live),
    Failover(failover::Failover),
    Sessions(sessions::Sessions),
    Batch(batch::Batch),
}

impl Bench {
    pub(super) async fn run(self, output: Output) -> Answered {
        match self.shape {
            None => self.seats.run(output).await,
            Some(Shape::Live(shape)) => shape.run(output).await,
            Some(Shape::Failover(shape)) => shape.run(output).await,
            Some(Shape::Sessions(shape)) => shape.run(output).await,
            Some(Shape::Batch(shape)) => shape.run(output).await,
        }
    }
}
