//! The faults. Each is brought down on its target, lasts, and is healed by the same function, so that what heals it is
//! read beside what it does. One file per kind.

mod clocks;
mod disks;
mod links;
mod members;
mod processes;

use anyhow::Result;
use tokio::time::sleep;

use super::clocks::LIBRARY;
use super::schedule::{Planned, Target};
use super::site::Site;
use crate::client::Recorder;

macro_rules! faults {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $shortest:literal..=$longest:literal ms, needs $needs:expr;)+) => {
        /// What can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Fault {
            /// All of them.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// Its name in reports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// How long it lasts, at least and at most, in milliseconds.
            pub(super) fn span_ms(self) -> (u64, u64) {
                match self { $(Self::$variant => ($shortest, $longest),)+ }
            }

            /// The programs it is made with.
            pub(super) fn needs(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &$needs,)+ }
            }
        }
    };
}

faults! {
    /// A node is killed.
    Kill = "kill", 500..=4_000 ms, needs [];
    /// A node is stopped where it stands, for a while.
    Pause = "pause", 500..=6_000 ms, needs [];
    /// The same, for longer than a session lives.
    LongPause = "pause longer than the ttl", 11_000..=15_000 ms, needs [];
    /// A node is stopped in order.
    Stop = "stop in order", 500..=4_000 ms, needs [];
    /// All nodes are restarted in order, one after the other.
    RollingRestart = "rolling restart", 0..=0 ms, needs [];
    /// All nodes are killed at once.
    KillAll = "kill of all", 0..=1_000 ms, needs [];
    /// A machine loses power, and its disk what was not synced.
    PowerCut = "power cut", 500..=4_000 ms, needs [];
    /// All machines do.
    PowerCutAll = "power cut of all", 0..=1_000 ms, needs [];
    /// A node and the other nodes do not hear each other; clients reach all.
    CutOff = "partition: a node from its peers", 2_000..=9_000 ms, needs ["iptables-legacy"];
    /// Nobody reaches a node.
    CutOffFromAll = "partition: a node from all", 2_000..=9_000 ms, needs ["iptables-legacy"];
    /// A node does not hear the others, which hear it.
    Deaf = "one-way: a node hears no peer", 2_000..=9_000 ms, needs ["iptables-legacy"];
    /// The others do not hear a node, which hears them.
    Mute = "one-way: no peer hears a node", 2_000..=9_000 ms, needs ["iptables-legacy"];
    /// Two nodes do not hear each other, and the third hears both.
    NonTransitive = "non-transitive partition", 2_000..=9_000 ms, needs ["iptables-legacy"];
    /// Clients do not reach a node, which its peers do.
    ClientsCutOff = "partition: a node from clients", 2_000..=9_000 ms, needs ["iptables-legacy"];
    /// Packets are lost.
    Loss = "packet loss", 4_000..=10_000 ms, needs ["iptables-legacy"];
    /// Packets are late and overtake each other.
    Delay = "delay and reordering", 4_000..=10_000 ms, needs ["iptables-legacy"];
    /// Packets arrive with other bytes.
    Corruption = "corrupted packets", 4_000..=10_000 ms, needs ["iptables-legacy"];
    /// Connections between nodes are reset.
    Resets = "connections reset", 1_000..=4_000 ms, needs ["iptables-legacy"];
    /// Little can be sent.
    Narrow = "narrow link", 4_000..=10_000 ms, needs ["tc"];
    /// Every sync takes long.
    SlowDisk = "slow disk", 4_000..=10_000 ms, needs ["strace"];
    /// Nothing is written, and nobody is told.
    HungDisk = "hung disk", 2_000..=9_000 ms, needs ["fsfreeze"];
    /// There is no room.
    FullDisk = "full disk", 4_000..=9_000 ms, needs ["fallocate"];
    /// A sync fails; the node is replaced.
    FailingSync = "failing sync", 0..=0 ms, needs ["strace"];
    /// A write fails.
    FailingWrite = "failing write", 0..=0 ms, needs ["strace"];
    /// From one moment on every write fails; the node is replaced.
    DeadDisk = "dead disk", 0..=0 ms, needs [];
    /// A wall clock is off by moments.
    ClockMoment = "clock step of moments", 3_000..=10_000 ms, needs [LIBRARY];
    /// By hours.
    ClockHours = "clock step of hours", 3_000..=10_000 ms, needs [LIBRARY];
    /// By years.
    ClockYears = "clock step of years", 3_000..=10_000 ms, needs [LIBRARY];
    /// A machine comes back with an empty disk, as a new node in the place of the old.
    WipedNode = "wiped node", 0..=0 ms, needs [];
    /// A node is removed, and its machine joins anew.
    RemovedNode = "node removed and joined anew", 0..=0 ms, needs [];
    /// The lead is handed over.
    Transfer = "lead handed over", 0..=0 ms, needs [];
}

impl Fault {
    /// Whether what clients send may wait somewhere while it lasts, and arrive when it is over.
    fn holds_up_calls(self) -> bool {
        matches!(
            self,
            Self::Pause
                | Self::LongPause
                | Self::CutOffFromAll
                | Self::ClientsCutOff
                | Self::Loss
                | Self::Delay
                | Self::Corruption
                | Self::Narrow
        )
    }
}

/// Brings a planned fault down when its time comes, and heals it.
pub(super) async fn strike(planned: &Planned, site: &Site, recorder: &Recorder) -> Result<()> {
    sleep(planned.after).await;
    let begun = recorder.now();
    let struck = bring(planned, site).await;
    if planned.fault.holds_up_calls() {
        // What was not delivered is sent again after as long as it could not be, at the most.
        let now = recorder.now();
        recorder.held_up(begun, now + (now - begun));
    }
    struck
}

async fn bring(planned: &Planned, site: &Site) -> Result<()> {
    let machine = match planned.target {
        Target::Machine(machine) => machine,
        Target::Leader => site.leader().await.unwrap_or_default(),
    };
    let Planned { span, chance, .. } = *planned;
    match planned.fault {
        Fault::Kill => processes::kill(site, machine, span).await,
        Fault::Pause | Fault::LongPause => processes::pause(site, machine, span).await,
        Fault::Stop => processes::stop(site, machine, span).await,
        Fault::RollingRestart => processes::rolling_restart(site).await,
        Fault::KillAll => processes::kill_all(site, span).await,
        Fault::PowerCut => processes::power_cut(site, machine, span).await,
        Fault::PowerCutAll => processes::power_cut_all(site, span).await,
        Fault::CutOff => links::cut_off(site, machine, span).await,
        Fault::CutOffFromAll => links::cut_off_from_all(site, machine, span).await,
        Fault::Deaf => links::deaf(site, machine, span).await,
        Fault::Mute => links::mute(site, machine, span).await,
        Fault::NonTransitive => links::non_transitive(site, machine, span).await,
        Fault::ClientsCutOff => links::clients_cut_off(site, machine, span).await,
        Fault::Loss => links::loss(site, machine, span, chance).await,
        Fault::Delay => links::delay(site, machine, span, chance).await,
        Fault::Corruption => links::corruption(site, machine, span).await,
        Fault::Resets => links::resets(site, machine, span).await,
        Fault::Narrow => links::narrow(site, machine, span).await,
        Fault::SlowDisk => disks::slow(site, machine, span, chance).await,
        Fault::HungDisk => disks::hung(site, machine, span).await,
        Fault::FullDisk => disks::full(site, machine, span).await,
        Fault::FailingSync => disks::failing_sync(site, machine).await,
        Fault::FailingWrite => disks::failing_write(site, machine).await,
        Fault::DeadDisk => disks::dead(site, machine).await,
        Fault::ClockMoment => clocks::step(site, machine, span, chance, clocks::MOMENT_MS).await,
        Fault::ClockHours => clocks::step(site, machine, span, chance, clocks::HOURS_MS).await,
        Fault::ClockYears => clocks::step(site, machine, span, chance, clocks::YEARS_MS).await,
        Fault::WipedNode => members::wiped(site, machine).await,
        Fault::RemovedNode => members::removed(site, machine).await,
        Fault::Transfer => members::transfer(site).await,
    }
}
