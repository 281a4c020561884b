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
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::ProposeError;
use crate::leader::Leadership;
use crate::peers::{Connection, Peers};
use crate::wire::{Answer, ProposeRefusal, Request};

/// Proposals that may wait at one node.
const QUEUE_MAX: usize = 16_384;

/// Heartbeat calls that may wait at one node.
const BEATS_QUEUE_MAX: usize = 262_144;

/// The most commands in one entry, heartbeats counting as one.
const BATCH_COMMANDS_MAX: usize = 1_024;

/// The most sessions in one heartbeat command.
const BATCH_SESSIONS_MAX: usize = 10_000;

/// Batches on their way at once.
const BATCHES_IN_FLIGHT: usize = 8;

/// How long a proposal may look for an outcome.
const PROPOSE_WITHIN: Duration = Duration::from_secs(5);

/// How long one try at one leader may take.
const TRY_WITHIN: Duration = Duration::from_secs(2);

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
}

struct Waiting {
    proposal: Proposal,
    answer: oneshot::Sender<Result<Applied, ProposeError>>,
}

struct WaitingBeat {
    sessions: Vec<SessionNo>,
    answer: oneshot::Sender<Result<Beats, ProposeError>>,
}

/// The other end of a [`Proposer`]'s queues.
pub(crate) struct Queues {
    commands: mpsc::Receiver<Waiting>,
    beats: mpsc::Receiver<WaitingBeat>,
}

impl Proposer {
    pub(crate) fn new() -> (Self, Queues) {
        let (commands, commands_out) = mpsc::channel(QUEUE_MAX);
        let (beats, beats_out) = mpsc::channel(BEATS_QUEUE_MAX);
        (
            Self { commands, beats },
            Queues {
                commands: commands_out,
                beats: beats_out,
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

    /// Beats for `sessions`, at most 10,000 of them.
    pub(crate) async fn heartbeat(&self, sessions: Vec<SessionNo>) -> Result<Beats, ProposeError> {
        let (answer, outcome) = oneshot::channel();
        self.beats
            .try_send(WaitingBeat { sessions, answer })
            .map_err(|error| refused(&error))?;
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
    /// Takes what waits, at least one. `None` when the node goes away.
    async fn gather(&mut self) -> Option<Gathered> {
        let mut gathered = Gathered {
            waiting: Vec::new(),
            beats: Vec::new(),
        };
        let mut sessions = 0;
        tokio::select! { biased;
            Some(beat) = self.beats.recv() => {
                sessions = beat.sessions.len();
                gathered.beats.push(beat);
            }
            Some(waiting) = self.commands.recv() => gathered.waiting.push(waiting),
            else => return None,
        }
        while sessions < BATCH_SESSIONS_MAX
            && let Ok(beat) = self.beats.try_recv()
        {
            sessions += beat.sessions.len();
            gathered.beats.push(beat);
        }
        while gathered.waiting.len() < BATCH_COMMANDS_MAX
            && let Ok(waiting) = self.commands.try_recv()
        {
            gathered.waiting.push(waiting);
        }
        Some(gathered)
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

    fn answer(self, outcome: Result<Vec<Applied>, ProposeError>) {
        match outcome {
            Ok(mut applied) => {
                let beats = if self.beats.is_empty() { None } else { applied.pop() };
                for (waiting, applied) in self.waiting.into_iter().zip(applied) {
                    // Who has given up does not hear.
                    let _ = waiting.answer.send(Ok(applied));
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
        loop {
            let permit = Arc::clone(&in_flight)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            let Some(gathered) = queues.gather().await else { return };
            let carrier = Arc::clone(&self);
            tokio::spawn(async move {
                let outcome = carrier.carry(gathered.proposals()).await;
                drop(permit);
                gathered.answer(outcome);
            });
        }
    }

    /// Brings `proposals` to the leader and their outcomes back. A try whose fate is unknown is repeated: each proposal
    /// is idempotent by nature or by its request.
    async fn carry(&self, proposals: Vec<Proposal>) -> Result<Vec<Applied>, ProposeError> {
        let by = Instant::now() + PROPOSE_WITHIN;
        let mut failure = ProposeError::NoLeader;
        loop {
            let refusal = match self.leadership.leader() {
                Some(leader) if leader == self.peers.me => {
                    let tried = timeout_at(by, self.leadership.propose(proposals.clone())).await;
                    tried.unwrap_or(Err(ProposeRefusal::Unknown))
                }
                Some(leader) => self.forward(leader, &proposals, by).await,
                None => Err(ProposeRefusal::NotLeader(None)),
            };
            match refusal {
                Ok(applied) if applied.len() == proposals.len() => return Ok(applied),
                Ok(_) | Err(ProposeRefusal::Unknown) => failure = ProposeError::OutcomeUnknown,
                Err(ProposeRefusal::NotLeader(_)) => {}
            }
            let retry = Instant::now() + RETRY_AFTER;
            if retry >= by {
                return Err(failure);
            }
            sleep_until(retry).await;
        }
    }

    async fn forward(
        &self,
        leader: NodeId,
        proposals: &[Proposal],
        by: Instant,
    ) -> Result<Vec<Applied>, ProposeRefusal> {
        let by = by.min(Instant::now() + TRY_WITHIN);
        match self.call(leader, &Request::Propose(proposals.to_vec()), by).await {
            Ok(Answer::Proposed(result)) => result,
            Ok(_) => Err(ProposeRefusal::NotLeader(None)),
            Err(refusal) => Err(refusal),
        }
    }

    /// Up to which entry a linearizable read on this node must have applied.
    pub(crate) async fn read_index(&self, leader: NodeId, by: Instant) -> Option<u64> {
        match self.call(leader, &Request::ReadIndex, by).await {
            Ok(Answer::ReadIndex(index)) => index,
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
                Ok(Err(_)) | Err(_) => return Err(ProposeRefusal::NotLeader(None)),
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
