//! openraft's network: a client of a peer for each purpose, on a link of its own. Replication, heartbeats, snapshots and
//! each vote have theirs, so that none waits behind another.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use licensing::id::NodeId;
use openraft::OptionalSend;
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::impls::BasicNode;
use openraft::network::v2::RaftNetworkV2;
use openraft::network::{RPCOption, RaftNetworkFactory};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, TransferLeaderRequest, TransferLeaderResponse,
    VoteRequest, VoteResponse,
};
use storage::snapshot::Snapshot as SnapshotFile;

use crate::link::{CallError, Link};
use crate::peers::Peers;
use crate::types::{TypeConfig, Vote};
use crate::wire::{Answer, Request};

/// How long entries may be on their way and into a peer's log. A slow disk is not a dead peer: to give up means to send
/// all of it again.
const APPEND_WITHIN: Duration = Duration::from_secs(2);

/// How long a peer may say nothing while it takes a snapshot, for each chunk and while it installs.
const SNAPSHOT_SILENCE_MAX: Duration = Duration::from_secs(10);

/// openraft's way to make clients.
pub(crate) struct Network(pub Arc<Peers>);

impl RaftNetworkFactory<TypeConfig> for Network {
    type Network = Client;

    async fn new_client(&mut self, target: u64, _: &BasicNode) -> Client {
        Client {
            peers: Arc::clone(&self.0),
            to: NodeId::new(target),
            link: None,
        }
    }
}

/// A client of one peer for one purpose.
pub(crate) struct Client {
    peers: Arc<Peers>,
    to: NodeId,
    link: Option<Link>,
}

/// openraft waits longer before it tries again a peer that cannot be reached.
impl From<CallError> for RPCError<TypeConfig> {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unreachable(error) => Self::Unreachable(Unreachable::new(&error)),
            CallError::Lost(error) => Self::Network(NetworkError::new(&error)),
        }
    }
}

fn unexpected(answer: &Answer) -> CallError {
    CallError::Unreachable(io::Error::new(
        io::ErrorKind::InvalidData,
        format!("an answer to another question: {answer:?}"),
    ))
}

impl Client {
    async fn call(&mut self, request: Request, within: Duration) -> Result<Answer, CallError> {
        let link = self
            .link
            .get_or_insert_with(|| Link::to(self.to, Arc::clone(&self.peers)));
        link.call(request, within).await
    }

    async fn send_snapshot(&mut self, vote: Vote, snapshot: &Snapshot) -> io::Result<SnapshotResponse<TypeConfig>> {
        self.go_on(Request::SnapshotBegin { vote }).await?;
        let mut reader = snapshot.snapshot.reader();
        while let Some(chunk) = reader.next().await.map_err(io::Error::other)? {
            self.go_on(Request::SnapshotChunk(chunk)).await?;
        }
        // To check and install a million rows takes seconds, on a slow disk more. A peer that is at it says so.
        loop {
            match self.call(Request::SnapshotEnd, SNAPSHOT_SILENCE_MAX).await? {
                Answer::Snapshot(response) => return Ok(response),
                Answer::GoOn => {}
                other => return Err(unexpected(&other).into()),
            }
        }
    }

    async fn go_on(&mut self, request: Request) -> io::Result<()> {
        match self.call(request, SNAPSHOT_SILENCE_MAX).await? {
            Answer::GoOn => Ok(()),
            other => Err(unexpected(&other).into()),
        }
    }
}

type Snapshot = openraft::alias::SnapshotOf<TypeConfig, SnapshotFile>;

impl RaftNetworkV2<TypeConfig> for Client {
    type SnapshotData = SnapshotFile;

    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<AppendEntriesResponse<TypeConfig>, RPCError<TypeConfig>> {
        let within = if request.entries.is_empty() {
            option.soft_ttl()
        } else {
            APPEND_WITHIN
        };
        match self.call(Request::Append(request), within).await? {
            Answer::Append(response) => Ok(response),
            other => Err(unexpected(&other).into()),
        }
    }

    async fn vote(
        &mut self,
        request: VoteRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(Request::Vote(request), option.soft_ttl()).await? {
            Answer::Vote(response) => Ok(response),
            other => Err(unexpected(&other).into()),
        }
    }

    async fn pre_vote(
        &mut self,
        request: VoteRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<VoteResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(Request::PreVote(request), option.soft_ttl()).await? {
            Answer::Vote(response) => Ok(response),
            other => Err(unexpected(&other).into()),
        }
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: Snapshot,
        cancel: impl Future<Output = ReplicationClosed> + OptionalSend + 'static,
        _: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        tokio::select! { biased;
            closed = cancel => Err(StreamingError::Closed(closed)),
            sent = self.send_snapshot(vote, &snapshot) => {
                sent.map_err(|error| StreamingError::Unreachable(Unreachable::new(&error)))
            }
        }
    }

    async fn transfer_leader(
        &mut self,
        request: TransferLeaderRequest<TypeConfig>,
        option: RPCOption,
    ) -> Result<TransferLeaderResponse<TypeConfig>, RPCError<TypeConfig>> {
        match self.call(Request::Transfer(request), option.soft_ttl()).await? {
            Answer::Transfer(response) => Ok(response),
            other => Err(unexpected(&other).into()),
        }
    }
}
