//! The peer port: accepts connections, learns who is there, answers requests one by one.
//!
//! Before a peer has shown a certificate of the cluster nothing it sends is parsed but TLS itself, and the one bounded
//! frame of a joiner. A node that the ledger says is removed, or whose key is not the admitted one, is refused.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use licensing::id::NodeId;
use licensing::ledger::Ledger;
use openraft::ReadPolicy;
use openraft::rt::WatchReceiver;
use storage::snapshot::Incoming;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::facts::Facts;
use crate::frame;
use crate::greeting::Greeters;
use crate::hand_over::hand_over;
use crate::join::Admissions;
use crate::leader::Leadership;
use crate::machine::Machine;
use crate::peers::Peers;
use crate::seams::{BoxFuture, BoxStream, Listener, Seams};
use crate::status::MemberList;
use crate::tls::{Accepted, Certificate, PeerTls};
use crate::types::{Raft, Vote};
use crate::wire::{Answer, Hello, JOIN_BYTES_MAX, JoinReply, JoinRequest, PROTOCOL, Reply, Request};

/// How long somebody may take to say who they are.
const GREETING_WITHIN: Duration = Duration::from_secs(5);

/// A silent connection is closed after this; peers beat far more often.
const IDLE_MAX: Duration = Duration::from_secs(120);

/// Who waits for a snapshot to be installed hears at least this often that somebody is at it.
const INSTALL_TELLS_EVERY: Duration = Duration::from_secs(1);

/// Joiners that are being admitted at once. The others are told to ask again.
const ADMISSIONS_MAX: usize = 4;

/// A first frame is small.
pub(crate) const HELLO_BYTES_MAX: usize = 1 << 10;

/// What the peer port needs of its node.
pub(crate) struct PeerPort {
    pub(crate) seams: Seams,
    pub(crate) tls: Option<PeerTls>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) raft: Raft,
    pub(crate) machine: Machine,
    pub(crate) leadership: Arc<Leadership>,
    pub(crate) admissions: Admissions,
    pub(crate) facts: Facts,
}

impl PeerPort {
    /// Serves `listener` for as long as the node runs.
    pub(crate) async fn serve(self: Arc<Self>, listener: Box<dyn Listener>) {
        let greeters = Greeters::default();
        let admitting = Arc::new(Semaphore::new(ADMISSIONS_MAX));
        // Ends with the node: what a connection still does must not outlive its disk.
        let mut connections = JoinSet::new();
        loop {
            while connections.try_join_next().is_some() {}
            match listener.accept().await {
                Ok((stream, from)) => {
                    let greeting = greeters.enter(from.ip());
                    let number = greeting.number();
                    let (port, admitting) = (Arc::clone(&self), Arc::clone(&admitting));
                    let task = connections.spawn(async move {
                        let greeted = timeout(GREETING_WITHIN, port.greet(stream)).await;
                        drop(greeting);
                        let ended = match greeted {
                            Ok(Ok(Greeted::Peer(peer, stream))) => port.answer(peer, stream).await,
                            Ok(Ok(Greeted::Joiner(request, stream))) => port.admit(&admitting, *request, stream).await,
                            Ok(Err(error)) => Err(error),
                            Err(_) => Err(io::ErrorKind::TimedOut.into()),
                        };
                        if let Err(error) = ended {
                            tracing::debug!(%from, %error, "a peer connection ended");
                        }
                    });
                    greeters.is_done_by(number, task);
                }
                Err(error) => {
                    // Out of file descriptors, most likely: wait for some to come back.
                    tracing::warn!(%error, "the peer port cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// Learns who is there.
    async fn greet(&self, stream: BoxStream) -> io::Result<Greeted> {
        let (mut stream, certificate) = match &self.tls {
            None => (stream, None),
            Some(tls) => match tls.accept(stream).await? {
                Accepted::Peer(stream, certificate) => (stream, Some(certificate)),
                Accepted::Joiner(mut stream, certificate) => {
                    let request: JoinRequest = frame::read(&mut stream, JOIN_BYTES_MAX).await?;
                    if !request.is_of(&certificate) {
                        let why = "the joiner's key is not the one of its certificate";
                        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
                    }
                    return Ok(Greeted::Joiner(Box::new(request), stream));
                }
            },
        };
        let hello: Hello = frame::read(&mut stream, HELLO_BYTES_MAX).await?;
        self.check(&hello, certificate.as_ref())
            .map_err(|why| io::Error::new(io::ErrorKind::PermissionDenied, why))?;
        Ok(Greeted::Peer(hello.from, stream))
    }

    async fn admit(&self, admitting: &Semaphore, request: JoinRequest, mut stream: BoxStream) -> io::Result<()> {
        let reply = match admitting.try_acquire() {
            Ok(_permit) => self.admissions.admit(request).await,
            Err(_) => JoinReply::NotNow("others are being admitted".to_owned()),
        };
        timeout(GREETING_WITHIN, frame::write(&mut stream, &reply)).await?
    }

    fn check(&self, hello: &Hello, certificate: Option<&Certificate>) -> Result<(), String> {
        if hello.protocol != PROTOCOL {
            return Err(format!(
                "the peer speaks protocol {}, this node {PROTOCOL}",
                hello.protocol
            ));
        }
        if hello.cluster != self.peers.cluster || hello.to != self.peers.me {
            return Err(format!("the peer looks for node {} of {}", hello.to, hello.cluster));
        }
        let Some(certificate) = certificate else { return Ok(()) };
        if !certificate.is_node(hello.from) {
            return Err(format!("the peer's certificate is not that of node {}", hello.from));
        }
        self.machine.ledger(|ledger| match ledger.node(hello.from) {
            Some(_) if self.is_out(ledger, hello.from) => Err(format!("node {} was removed", hello.from)),
            Some(node) if certificate.spki() != Some(node.spki) => {
                Err(format!("node {} was admitted with another key", hello.from))
            }
            // A node that has just joined knows nobody yet, and one that was away does not know who came meanwhile, the
            // leader perhaps among them; the CA vouches for its peers until the ledger arrives.
            Some(_) | None => Ok(()),
        })
    }

    /// Whether a node was removed and votes no more. Until then it is listened to: it may be the leader that has to make
    /// the change by which it leaves.
    fn is_out(&self, ledger: &Ledger, node: NodeId) -> bool {
        let removed = ledger.node(node).is_some_and(|node| node.removed_at.is_some());
        removed && !self.raft.voter_ids().any(|voter| voter == node.get())
    }

    async fn answer(&self, peer: NodeId, mut stream: BoxStream) -> io::Result<()> {
        let mut receiving = None;
        loop {
            let read = timeout(IDLE_MAX, frame::read(&mut stream, frame::FRAME_BYTES_MAX)).await?;
            let request: Request = read.inspect_err(|error| {
                if error.kind() == io::ErrorKind::InvalidData && !is_of_tls(error) {
                    // Said loudly: a leader repeats it for ever, and this node falls behind.
                    tracing::error!(%peer, %error, "a peer sent what this version of usher cannot read; is it newer?");
                }
            })?;
            // Without waiting for the ledger: a vote or a beat must not. What is missed now is seen at the next request.
            if self.machine.try_ledger(|ledger| self.is_out(ledger, peer)) == Some(true) {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!("node {peer} was removed"),
                ));
            }
            let answer = self.handle(request, &mut receiving).await?;
            let reply = Reply {
                wall_ms: self.seams.clock.unix_ms(),
                answer,
            };
            frame::write(&mut stream, &reply).await?;
        }
    }

    async fn handle(&self, request: Request, receiving: &mut Option<Receiving>) -> io::Result<Answer> {
        let raft = &self.raft;
        Ok(match request {
            Request::Append(request) => raft
                .append_entries(request)
                .await
                .map_or(Answer::Stopped, Answer::Append),
            Request::Vote(request) => raft.vote(request).await.map_or(Answer::Stopped, Answer::Vote),
            Request::PreVote(request) => raft.pre_vote(request).await.map_or(Answer::Stopped, Answer::Vote),
            Request::Transfer(request) => raft
                .handle_transfer_leader(request)
                .await
                .map_or(Answer::Stopped, Answer::Transfer),
            Request::SnapshotBegin { vote } => {
                let incoming = self.machine.receive_snapshot().await.map_err(io::Error::other)?;
                *receiving = Some(Receiving::Chunks { vote, incoming });
                Answer::GoOn
            }
            Request::SnapshotChunk(chunk) => {
                let Some(Receiving::Chunks { incoming, .. }) = receiving else {
                    return Err(no_snapshot());
                };
                incoming.write(chunk).await.map_err(io::Error::other)?;
                Answer::GoOn
            }
            Request::SnapshotEnd => {
                let mut installing = match receiving.take().ok_or_else(no_snapshot)? {
                    Receiving::Chunks { vote, incoming } => Box::pin(install(raft.clone(), vote, incoming)),
                    Receiving::Installing(installing) => installing,
                };
                if let Ok(installed) = timeout(INSTALL_TELLS_EVERY, &mut installing).await {
                    installed?
                } else {
                    *receiving = Some(Receiving::Installing(installing));
                    Answer::GoOn
                }
            }
            Request::Propose(proposals) => Answer::Proposed(self.leadership.propose(proposals).await),
            Request::ReadIndex => {
                let read = raft.get_read_linearizer(ReadPolicy::ReadIndex).await;
                Answer::ReadIndex(read.ok().map(|linearizer| linearizer.read_log_id().index()))
            }
            Request::Digests => Answer::Digests(self.machine.digests()),
            Request::MemberList => {
                let metrics = raft.metrics();
                let metrics = metrics.borrow_watched();
                let leads = metrics.current_leader == Some(self.peers.me.get());
                Answer::MemberList(leads.then(|| MemberList::of(self.peers.me, &metrics, &self.peers)))
            }
            Request::Facts => Answer::Facts(self.facts.read(self.seams.clock.unix_ms())),
            Request::HandOver(to) => Answer::HandedOver(hand_over(raft, self.peers.me, to).await),
        })
    }
}

/// Who was at the other end of a new connection.
enum Greeted {
    /// A node of the cluster.
    Peer(NodeId, BoxStream),
    /// Somebody who wants to become one, and has the key it names.
    Joiner(Box<JoinRequest>, BoxStream),
}

fn no_snapshot() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a part of a snapshot that was not begun")
}

/// A snapshot on its way in.
enum Receiving {
    /// More of it may come.
    Chunks { vote: Vote, incoming: Incoming },
    /// It came whole.
    Installing(BoxFuture<'static, io::Result<Answer>>),
}

async fn install(raft: Raft, vote: Vote, incoming: Incoming) -> io::Result<Answer> {
    let snapshot = incoming.finish().await.map_err(io::Error::other)?;
    let installed = raft.install_full_snapshot(vote, Machine::describe(snapshot)?).await;
    Ok(installed.map_or(Answer::Stopped, Answer::Snapshot))
}

/// Whether bytes were changed on their way: TLS notices, and that says nothing of who sent them.
fn is_of_tls(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_were_changed_on_their_way_are_not_taken_for_a_newer_versions() {
        let changed = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
        assert!(is_of_tls(&changed));
        assert!(!is_of_tls(&io::Error::new(
            io::ErrorKind::InvalidData,
            "an unknown request"
        )));
    }
}
