//! The way of a proposal on any node: into a bounded queue, with others into a batch, to the leader, back with its
//! outcome.
//!
//! Heartbeats have a queue of their own, many times as long, so that they are shed last: a seat must not be lost
//! because others ask for seats. All heartbeats that wait become one command. While a batch is on its way the next one
//! gathers, so batches grow with the load by themselves and nothing waits when there is none.

use std::sync::Arc;
use std::time::Duration;

use licensing::command::{Actor, Command, Proposal};
use licensing::id::{NodeId, Seq, SessionNo};
use licensing::outcome::{Applied, Grant, Outcome, Rejection};
use licensing::time::At;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::ProposeError;
use crate::leader::Leadership;
use crate::peers::{Connection, Peers};
use crate::status::MemberList;
use crate::wire::{Answer, ProposeRefusal, Request};

/// Proposals that may wait at one node.
const QUEUE_MAX: usize = 16_384;

/// Heartbeat calls that may wait at one node.
const BEATS_QUEUE_MAX: usize = 262_144;

/// Sessions whose heartbeats may wait at one node.
const BEATS_SESSIONS_MAX: usize = 1_000_000;

/// The most commands in one entry, heartbeats counting as one.
const BATCH_COMMANDS_MAX: usize = 1_024;

/// About how many bytes of commands go into one entry, unless one alone has more.
const BATCH_BYTES_MAX: usize = 256 << 10;

/// The most sessions in one heartbeat command, unless one call alone has more.
const BATCH_SESSIONS_MAX: usize = 10_000;

/// Batches on their way at once: one travels while the one before it is written. More make more and smaller entries, and
/// each costs (eight: a twentieth fewer calls a second at 64 clients).
const BATCHES_IN_FLIGHT: usize = 2;

/// How long a proposal may look for an outcome.
const PROPOSE_WITHIN: Duration = Duration::from_secs(5);

/// How long to wait before looking for a leader again.
const RETRY_AFTER: Duration = Duration::from_millis(25);

/// One session's answer to a heartbeat.
pub type Beat = Result<Box<Grant>, Rejection>;

/// The sessions' answers with their place in history.
#[derive(Debug)]
pub struct Beats {
    /// The number of the command that carried them.
    pub seq: Seq,
    /// When it was applied.
    pub at: At,
    /// One answer per session, in order.
    pub answers: Vec<Beat>,
}

/// The entrance for proposals. Clones share the queues.
#[derive(Clone)]
pub(crate) struct Proposer {
    commands: mpsc::Sender<Waiting>,
    beats: mpsc::Sender<WaitingBeat>,
    beating: Arc<Semaphore>,
}

struct Waiting {
    proposal: Proposal,
    answer: oneshot::Sender<Result<Applied, ProposeError>>,
}

struct WaitingBeat {
    sessions: Vec<SessionNo>,
    answer: oneshot::Sender<Result<Beats, ProposeError>>,
    /// Its sessions' places among those that may wait.
    _places: OwnedSemaphorePermit,
}

/// The other end of a [`Proposer`]'s queues.
pub(crate) struct Queues {
    commands: mpsc::Receiver<Waiting>,
    beats: mpsc::Receiver<WaitingBeat>,
    /// What was taken from a queue and did not fit into a batch: the next one begins with it.
    next_command: Option<Waiting>,
    next_beat: Option<WaitingBeat>,
}

impl Proposer {
    pub(crate) fn new() -> (Self, Queues) {
        let (commands, commands_out) = mpsc::channel(QUEUE_MAX);
        let (beats, beats_out) = mpsc::channel(BEATS_QUEUE_MAX);
        (
            Self {
                commands,
                beats,
                beating: Arc::new(Semaphore::new(BEATS_SESSIONS_MAX)),
            },
            Queues {
                commands: commands_out,
                beats: beats_out,
                next_command: None,
                next_beat: None,
            },
        )
    }

    /// Proposes a command and waits for its outcome, a lawful no included.
    pub(crate) async fn propose(&self, proposal: Proposal) -> Result<Applied, ProposeError> {
        let (answer, outcome) = oneshot::channel();
        self.commands
            .try_send(Waiting { proposal, answer })
            .map_err(|error| refused(&error))?;
        outcome.await.unwrap_or(Err(ProposeError::OutcomeUnknown))
    }

    /// Beats for `sessions`.
    pub(crate) async fn heartbeat(&self, sessions: Vec<SessionNo>) -> Result<Beats, ProposeError> {
        let places = u32::try_from(sessions.len()).map_err(|_| ProposeError::Overloaded)?;
        let places = Arc::clone(&self.beating).try_acquire_many_owned(places);
        let (answer, outcome) = oneshot::channel();
        let beat = WaitingBeat {
            sessions,
            answer,
            _places: places.map_err(|_| ProposeError::Overloaded)?,
        };
        self.beats.try_send(beat).map_err(|error| refused(&error))?;
        outcome.await.unwrap_or(Err(ProposeError::OutcomeUnknown))
    }

    /// How many proposals and heartbeats wait.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let used = |max: usize, free: usize| max - free;
        (
            used(QUEUE_MAX, self.commands.capacity()),
            used(BEATS_QUEUE_MAX, self.beats.capacity()),
        )
    }
}

fn refused<T>(error: &mpsc::error::TrySendError<T>) -> ProposeError {
    match error {
        mpsc::error::TrySendError::Full(_) => ProposeError::Overloaded,
        mpsc::error::TrySendError::Closed(_) => ProposeError::ShuttingDown,
    }
}

/// Commands that travel together, and who waits for them. The heartbeats' command, if there is one, is the last.
struct Gathered {
    waiting: Vec<Waiting>,
    beats: Vec<WaitingBeat>,
}

impl Queues {
    /// Takes what waits, at least one and no more than fits. `None` when the node goes away.
    async fn gather(&mut self) -> Option<Gathered> {
        if self.next_beat.is_none() && self.next_command.is_none() {
            tokio::select! { biased;
                Some(beat) = self.beats.recv() => self.next_beat = Some(beat),
                Some(waiting) = self.commands.recv() => self.next_command = Some(waiting),
                else => return None,
            }
        }
        Some(Gathered {
            beats: self.gather_beats(),
            waiting: self.gather_commands(),
        })
    }

    fn gather_beats(&mut self) -> Vec<WaitingBeat> {
        let (mut beats, mut sessions) = (Vec::new(), 0);
        while let Some(beat) = self.next_beat.take().or_else(|| self.beats.try_recv().ok()) {
            sessions += beat.sessions.len();
            if sessions > BATCH_SESSIONS_MAX && !beats.is_empty() {
                self.next_beat = Some(beat);
                break;
            }
            beats.push(beat);
        }
        beats
    }

    fn gather_commands(&mut self) -> Vec<Waiting> {
        let (mut commands, mut bytes) = (Vec::new(), 0);
        while let Some(command) = self.next_command.take().or_else(|| self.commands.try_recv().ok()) {
            bytes += weight(&command.proposal.command);
            if (bytes > BATCH_BYTES_MAX || commands.len() == BATCH_COMMANDS_MAX) && !commands.is_empty() {
                self.next_command = Some(command);
                break;
            }
            commands.push(command);
        }
        commands
    }
}

/// About how many bytes a command takes in an entry.
fn weight(command: &Command) -> usize {
    match command {
        // Of nearly one size, and too many to be measured.
        Command::Acquire(_) | Command::Release { .. } | Command::Tick => 256,
        other => postcard::experimental::serialized_size(other).unwrap_or(BATCH_BYTES_MAX),
    }
}

impl Gathered {
    fn proposals(&self) -> Vec<Proposal> {
        let mut proposals: Vec<Proposal> = self.waiting.iter().map(|waiting| waiting.proposal.clone()).collect();
        if !self.beats.is_empty() {
            let sessions = self
                .beats
                .iter()
                .flat_map(|beat| beat.sessions.iter().copied())
                .collect();
            let command = Command::Heartbeat { sessions };
            proposals.push(Proposal {
                actor: Actor::Client,
                request: None,
                not_after: None,
                command,
            });
        }
        proposals
    }

    fn answer(self, outcome: Result<Carried, ProposeError>) {
        match outcome {
            Ok(mut carried) => {
                let beats = if self.beats.is_empty() {
                    None
                } else {
                    carried.applied.pop()
                };
                for (waiting, applied) in self.waiting.into_iter().zip(carried.applied) {
                    // Who has given up does not hear.
                    let _ = waiting.answer.send(said(applied, carried.repeated));
                }
                if let Some(Applied {
                    seq,
                    at,
                    outcome: Outcome::Beats(answers),
                }) = beats
                {
                    let mut answers = answers.into_iter();
                    for beat in self.beats {
                        let answers = answers.by_ref().take(beat.sessions.len()).collect();
                        let _ = beat.answer.send(Ok(Beats { seq, at, answers }));
                    }
                }
            }
            Err(error) => {
                for waiting in self.waiting {
                    let _ = waiting.answer.send(Err(error));
                }
                for beat in self.beats {
                    let _ = beat.answer.send(Err(error));
                }
            }
        }
    }
}

/// What the leader answered to a batch.
struct Carried {
    applied: Vec<Applied>,
    /// Whether an earlier try may have been applied as well.
    repeated: bool,
}

/// What a proposer is told. That a proposal came too late is said of its last copy alone: an earlier one may have been in
/// time, where the clock was stepped between the two.
fn said(applied: Applied, repeated: bool) -> Result<Applied, ProposeError> {
    match applied.outcome {
        Outcome::Rejected(Rejection::RequestTooLate) if repeated => Err(ProposeError::OutcomeUnknown),
        _ => Ok(applied),
    }
}

/// Carries batches to the leader, wherever it is.
pub(crate) struct Carrier {
    leadership: Arc<Leadership>,
    peers: Arc<Peers>,
    idle: std::sync::Mutex<Vec<(NodeId, Connection)>>,
}

impl Carrier {
    pub(crate) fn new(leadership: Arc<Leadership>, peers: Arc<Peers>) -> Arc<Self> {
        Arc::new(Self {
            leadership,
            peers,
            idle: std::sync::Mutex::default(),
        })
    }

    /// Serves the queues for as long as anybody can propose.
    pub(crate) async fn run(self: Arc<Self>, mut queues: Queues) {
        let in_flight = Arc::new(Semaphore::new(BATCHES_IN_FLIGHT));
        // Ends with the node: nothing proposes after its disk is given back.
        let mut batches = JoinSet::new();
        loop {
            while batches.try_join_next().is_some() {}
            let permit = Arc::clone(&in_flight)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            let Some(gathered) = queues.gather().await else { return };
            let carrier = Arc::clone(&self);
            batches.spawn(async move {
                let outcome = carrier.carry(gathered.proposals()).await;
                drop(permit);
                gathered.answer(outcome);
            });
        }
    }

    /// Brings `proposals` to the leader and their outcomes back. A try whose fate is unknown is repeated: each proposal
    /// is idempotent by nature or by its request.
    async fn carry(&self, proposals: Vec<Proposal>) -> Result<Carried, ProposeError> {
        let by = Instant::now() + PROPOSE_WITHIN;
        let mut failure = ProposeError::NoLeader;
        loop {
            let refusal = match self.leadership.leader() {
                // Not asked again while it leads, however slow it is: copies would make it slower still.
                Some(leader) => tokio::select! { biased;
                    tried = self.try_at(leader, &proposals, by) => tried,
                    () = self.leadership.leads_no_more(leader) => Err(ProposeRefusal::Unknown),
                },
                None => Err(ProposeRefusal::NotLeader),
            };
            match refusal {
                Ok(applied) if applied.len() == proposals.len() => {
                    let repeated = matches!(failure, ProposeError::OutcomeUnknown);
                    return Ok(Carried { applied, repeated });
                }
                Ok(_) | Err(ProposeRefusal::Unknown) => failure = ProposeError::OutcomeUnknown,
                Err(ProposeRefusal::NotLeader) => {}
            }
            let retry = Instant::now() + RETRY_AFTER;
            if retry >= by {
                return Err(failure);
            }
            sleep_until(retry).await;
        }
    }

    async fn try_at(
        &self,
        leader: NodeId,
        proposals: &[Proposal],
        by: Instant,
    ) -> Result<Vec<Applied>, ProposeRefusal> {
        if leader == self.peers.me {
            let tried = timeout_at(by, self.leadership.propose(proposals.to_vec())).await;
            return tried.unwrap_or(Err(ProposeRefusal::Unknown));
        }
        match self.call(leader, &Request::Propose(proposals.to_vec()), by).await? {
            Answer::Proposed(result) => result,
            _ => Err(ProposeRefusal::NotLeader),
        }
    }

    /// Up to which entry a linearizable read on this node must have applied.
    pub(crate) async fn read_index(&self, leader: NodeId, by: Instant) -> Option<u64> {
        match self.call(leader, &Request::ReadIndex, by).await {
            Ok(Answer::ReadIndex(index)) => index,
            Ok(_) | Err(_) => None,
        }
    }

    /// The members as their leader sees them.
    pub(crate) async fn member_list(&self, leader: NodeId, by: Instant) -> Option<MemberList> {
        match self.call(leader, &Request::MemberList, by).await {
            Ok(Answer::MemberList(list)) => list,
            Ok(_) | Err(_) => None,
        }
    }

    /// One call to the leader on an idle connection or a new one.
    async fn call(&self, leader: NodeId, request: &Request, by: Instant) -> Result<Answer, ProposeRefusal> {
        let mut connection = match self.take_idle(leader) {
            Some(connection) => connection,
            None => match timeout_at(by, self.peers.connect(leader)).await {
                Ok(Ok(connection)) => connection,
                // Nothing was sent.
                Ok(Err(_)) | Err(_) => return Err(ProposeRefusal::NotLeader),
            },
        };
        let answer = connection
            .call(request, by)
            .await
            .map_err(|_| ProposeRefusal::Unknown)?;
        let mut idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if idle.len() < BATCHES_IN_FLIGHT {
            idle.push((leader, connection));
        }
        Ok(answer)
    }

    fn take_idle(&self, leader: NodeId) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        idle.retain(|(to, _)| *to == leader);
        idle.pop().map(|(_, connection)| connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_late_is_no_answer_where_an_earlier_copy_may_have_been_in_time() {
        let applied = |outcome| Applied {
            seq: Seq::new(7),
            at: At::from_ms(7),
            outcome,
        };
        let too_late = || applied(Outcome::Rejected(Rejection::RequestTooLate));
        assert!(matches!(said(too_late(), true), Err(ProposeError::OutcomeUnknown)));
        assert!(said(too_late(), false).is_ok());
        assert!(said(applied(Outcome::Done), true).is_ok());
    }
}
