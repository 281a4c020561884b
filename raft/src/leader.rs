//! What a node does while it leads: stamps time on batches and writes them to the log, and ticks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use licensing::command::{Command, Entry, Proposal};
use licensing::id::NodeId;
use licensing::ledger::Ledger;
use licensing::outcome::Applied;
use licensing::time::{At, SessionTime};
use openraft::ServerState;
use openraft::rt::WatchReceiver;
use tokio::time::{Instant, sleep};

use crate::clock::{ClusterClock, Reached, Reading};
use crate::machine::Machine;
use crate::peers::Peers;
use crate::seams::Seams;
use crate::types::{Batch, Raft};
use crate::wire::ProposeRefusal;

/// How often the leader lets time pass in the log. Session time advances by at most two seconds an entry, so this
/// keeps it moving with the clock.
const TICK_EVERY: Duration = Duration::from_millis(500);

/// The shortest pause between two ticks while more has ended than one may settle.
const TICK_PAUSE_MIN: Duration = Duration::from_millis(1);

/// A pause is so many times as long as the tick before it took, and never so long that time stands still. Who is over can
/// wait, since a license that is counted is settled first; whoever calls meanwhile would wait for every node to apply ends
/// and to write them.
const TICK_PAUSE_TIMES: u32 = 24;

/// The leader's side of proposing. It exists on every node and refuses where that node does not lead.
pub(crate) struct Leadership {
    raft: Raft,
    machine: Machine,
    peers: Arc<Peers>,
    seams: Seams,
    clock: Mutex<Option<(u64, ClusterClock)>>,
    /// Held while a step of the clock is written.
    stepping: tokio::sync::Mutex<()>,
}

impl Leadership {
    pub(crate) fn new(raft: Raft, machine: Machine, peers: Arc<Peers>, seams: Seams) -> Arc<Self> {
        Arc::new(Self {
            raft,
            machine,
            peers,
            seams,
            clock: Mutex::new(None),
            stepping: tokio::sync::Mutex::default(),
        })
    }

    /// Writes `proposals` as one entry, if this node leads, and answers with one outcome each.
    pub(crate) async fn propose(&self, proposals: Vec<Proposal>) -> Result<Vec<Applied>, ProposeRefusal> {
        let Some(term) = self.term_led() else {
            return Err(ProposeRefusal::NotLeader);
        };
        let stamp = Stamp::of(self);
        let (at, session_time) = match self.read_clock(term) {
            (Reading::Time(at), session_time) => (at, session_time),
            (Reading::Step { .. }, _) => self.step(term).await?,
        };
        let entry = Entry {
            at,
            proposals,
            session_time,
        };
        self.write(entry, stamp).await
    }

    /// This node.
    pub(crate) fn me(&self) -> NodeId {
        self.peers.me
    }

    /// The leader as this node knows it.
    pub(crate) fn leader(&self) -> Option<NodeId> {
        self.raft.metrics().borrow_watched().current_leader.map(NodeId::new)
    }

    /// Waits until this node no longer takes `leader` for the leader.
    pub(crate) async fn leads_no_more(&self, leader: NodeId) {
        let mut metrics = self.raft.metrics();
        let leads = |now: Option<u64>| now == Some(leader.get());
        while leads(metrics.borrow_watched().current_leader) && metrics.changed().await.is_ok() {}
    }

    /// Lets time pass for as long as the node runs.
    pub(crate) async fn tick(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(TICK_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // What ends at once is ended in pieces, and between two of them others have their turn.
            while let Some(pause) = self.tick_once().await {
                sleep(pause).await;
            }
        }
    }

    /// Adds a tick, if this node leads. How long to pause before the next one, if there is more to end at once.
    async fn tick_once(&self) -> Option<Duration> {
        let is_founded = self.machine.ledger(|ledger| ledger.cluster_id().is_some());
        self.term_led().filter(|_| is_founded)?;
        let begun = Instant::now();
        // A tick that fails is made good by the next.
        self.propose(vec![Proposal::by_system(Command::Tick)]).await.ok()?;
        let pause = (begun.elapsed() * TICK_PAUSE_TIMES).clamp(TICK_PAUSE_MIN, TICK_EVERY);
        self.machine.ledger(Ledger::is_behind).then_some(pause)
    }

    fn term_led(&self) -> Option<u64> {
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        (metrics.state == ServerState::Leader).then_some(metrics.current_term)
    }

    fn read_clock(&self, term: u64) -> (Reading, SessionTime) {
        let boot_ms = self.seams.clock.boot_ms();
        let walls = self.peers.walls(self.raft.voter_ids().map(NodeId::new));
        let reached = self.machine.ledger(|ledger| Reached {
            at: ledger.at(),
            session_time: ledger.session_time(),
        });
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, clock) = match &mut *clock {
            Some(led) if led.0 == term => led,
            slot => slot.insert((term, ClusterClock::start(reached.at, &walls, boot_ms))),
        };
        (clock.read(boot_ms, &walls, reached), clock.session_time())
    }

    /// Steps to where a majority of clocks is, once for all who wait for it, and says what both times are then.
    async fn step(&self, term: u64) -> Result<(At, SessionTime), ProposeRefusal> {
        let _stepping = self.stepping.lock().await;
        let stamp = Stamp::of(self);
        let (from, to, session_time) = match self.read_clock(term) {
            (Reading::Time(at), session_time) => {
                stamp.keep();
                return Ok((at, session_time));
            }
            (Reading::Step { from, to }, session_time) => (from, to, session_time),
        };
        tracing::warn!(
            from = from.ms(),
            to = to.ms(),
            "a majority of clocks is ahead: the cluster's clock steps"
        );
        let command = Command::StepClock { from, to };
        let proposal = Proposal::by_system(command);
        let entry = Entry {
            at: to,
            proposals: vec![proposal],
            session_time,
        };
        self.write(entry, stamp).await?;
        let mut clock = self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((led, clock)) = &mut *clock
            && *led == term
        {
            clock.step_to(to);
        }
        Ok((to, session_time))
    }

    async fn write(&self, entry: Entry, stamp: Stamp<'_>) -> Result<Vec<Applied>, ProposeRefusal> {
        match self.raft.client_write(Batch(Arc::new(entry))).await {
            Ok(response) => {
                stamp.keep();
                Ok(response.data.0)
            }
            // openraft also refuses when the lead was lost after the entry was appended, so no refusal says anything of
            // the entry's fate; every proposal is safe to repeat.
            Err(error) => {
                tracing::debug!(%error, "a write has no known outcome");
                Err(ProposeRefusal::Unknown)
            }
        }
    }
}

/// What was read off the clock for an entry. Whoever does not know that it was applied lets go of it, and the clock is
/// told.
struct Stamp<'a>(Option<&'a Leadership>);

impl<'a> Stamp<'a> {
    fn of(leadership: &'a Leadership) -> Self {
        Self(Some(leadership))
    }

    /// It was applied, or another stands for it.
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Stamp<'_> {
    fn drop(&mut self) {
        if let Some(leadership) = self.0 {
            let mut clock = leadership.clock.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, clock)) = &mut *clock {
                clock.lose();
            }
        }
    }
}
