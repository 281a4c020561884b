//! The cluster: who is in it, who leads, and what an operator can do about it.

use axum::Json as Answer;
use axum::extract::State;
use licensing::cluster::Node;
use licensing::command::Command;
use licensing::id::NodeId;
use licensing::ledger::Ledger;
use licensing::outcome::Kind;
use licensing::time::At;
use raft::{ClusterStatus, Member};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::caller::Caller;
use super::code::Code;
use super::extract::{InPath, MaybeJson, NoQuery};
use super::id::{self, Id};
use super::license_changes::Nothing;
use super::problem::ApiError;
use super::refusal::not_found;
use super::text::digits;
use super::time::Timestamp;
use crate::signer::Signer;

/// The cluster as the answering node sees it. It answers also when no quorum is left.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterView {
    id: id::ClusterId,
    /// The node that answers.
    node: u64,
    /// The version of usher that the answering node runs.
    version: &'static str,
    /// Which commands the whole cluster understands.
    cluster_version: u32,
    /// The leader that the answering node follows.
    leader: Option<u64>,
    term: u64,
    /// Nodes that vote.
    voters: usize,
    /// How many nodes may still be lost before the cluster stops answering, as its leader sees it; `null` if none tells.
    tolerance: Option<usize>,
    /// The newest entry of the answering node's log.
    last_log: u64,
    /// The newest entry that it has applied.
    applied: u64,
    /// Entries that it has yet to apply.
    lag: u64,
    /// The newest entry that its snapshot covers.
    snapshot: u64,
    /// Commands and heartbeats that wait on it.
    waiting: Waiting,
    /// The cluster's clock.
    at: Timestamp,
    /// Until when the certificate lets the answering node sign; from then on no seat can be taken.
    certified_until: Timestamp,
    /// The audit's records, and the root of their hash tree in hexadecimal.
    audit: AuditTree,
    /// Every node that was not removed.
    nodes: Vec<NodeView>,
}

/// What waits on a node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waiting {
    proposals: usize,
    heartbeats: usize,
}

/// The audit as a whole.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditTree {
    size: u64,
    root: String,
}

/// A node of the cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeView {
    id: u64,
    /// Its name for people.
    name: String,
    /// Where its peers reach it.
    peer_address: String,
    /// Where its API is.
    api_url: String,
    role: Role,
    /// Entries it has yet to receive; `null` if no leader tells.
    lag: Option<u64>,
    /// Its wall clock less the leader's, when last heard.
    clock_offset_ms: Option<i64>,
    /// How long ago it last answered the leader.
    heard_ms_ago: Option<u64>,
    admitted_at: Timestamp,
    /// The node it was admitted to take the place of.
    replaces: Option<u64>,
}

/// What a node does in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// It leads.
    Leader,
    /// It votes.
    Voter,
    /// It follows without a vote.
    Learner,
    /// It was admitted and is not in the membership yet.
    Admitted,
}

impl NodeView {
    fn of(node: &Node, status: &ClusterStatus) -> Self {
        let mut members = status.member_list.members.iter();
        let member = members.find(|member| member.node == node.id);
        let leads = status.leader == Some(node.id);
        Self {
            id: node.id.get(),
            name: node.name.to_string(),
            peer_address: node.peer_address.to_string(),
            api_url: node.api_url.to_string(),
            role: role(member, leads),
            lag: member.and_then(|member| member.lag),
            clock_offset_ms: member.and_then(|member| member.clock_offset_ms),
            heard_ms_ago: member.and_then(|member| member.heard_ms_ago),
            admitted_at: Timestamp(node.admitted_at),
            replaces: node.replaces.map(NodeId::get),
        }
    }
}

fn role(member: Option<&Member>, leads: bool) -> Role {
    match member {
        Some(_) if leads => Role::Leader,
        Some(member) if member.voter => Role::Voter,
        Some(_) => Role::Learner,
        None => Role::Admitted,
    }
}

/// Show the cluster.
#[utoipa::path(
    get, path = "/cluster", tag = "cluster", security(("api_token" = [])),
    responses((status = 200, description = "The cluster as the answering node sees it.", body = ClusterView)),
)]
pub(super) async fn get_cluster(State(api): State<Api>, _: Caller, _: NoQuery) -> Answer<ClusterView> {
    Answer(view(&api).await)
}

async fn view(api: &Api) -> ClusterView {
    let status = api.cluster().status_by_leader().await;
    let read = |ledger: &Ledger| {
        let present = ledger.nodes().filter(|node| node.removed_at.is_none());
        let nodes = present.map(|node| NodeView::of(node, &status)).collect();
        let audit = AuditTree {
            size: ledger.audit_size(),
            root: ledger.audit_root().to_string(),
        };
        (nodes, audit, ledger.cluster_version())
    };
    let (nodes, audit, cluster_version) = api.cluster().ledger(read);
    ClusterView {
        id: Id(api.0.config.cluster_id),
        node: status.node.get(),
        version: env!("CARGO_PKG_VERSION"),
        cluster_version,
        leader: status.leader.map(NodeId::get),
        term: status.term,
        voters: status.member_list.voters(),
        tolerance: status.tolerance(),
        last_log: status.last_log,
        applied: status.applied,
        lag: status.last_log.saturating_sub(status.applied),
        snapshot: status.snapshot,
        waiting: Waiting {
            proposals: status.proposals_waiting,
            heartbeats: status.heartbeats_waiting,
        },
        at: Timestamp(status.at),
        certified_until: Timestamp(api.signer().certified_until()),
        audit,
        nodes,
    }
}

/// Whom to hand the lead to.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    /// The node's number; left out, the voter that is furthest.
    to: Option<u64>,
}

/// Hand the lead to another node. Whichever node is asked, the one that leads does it.
#[utoipa::path(
    post, path = "/cluster/transfer", tag = "cluster", request_body = Transfer, security(("api_token" = [])),
    responses((status = 200, description = "The cluster after the transfer.", body = ClusterView)),
)]
pub(super) async fn transfer_lead(
    State(api): State<Api>,
    _: Caller,
    request: MaybeJson<Transfer>,
) -> Result<Answer<ClusterView>, ApiError> {
    let leader = api
        .cluster()
        .known_leader()
        .leader
        .ok_or(raft::ProposeError::NoLeader)?;
    let to = request.value.to.map(NodeId::new);
    let conflict = |why: String| ApiError::new(Code::Conflict, format!("The lead was not handed over: {why}."));
    let asked = api.cluster().ask_to_transfer_lead(leader, to).await;
    asked.map_err(conflict)?;
    Ok(Answer(view(&api).await))
}

/// A node, by its own word.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NodeFacts {
    id: u64,
    /// Whether it answered. If not, nothing else is known of it.
    answers: bool,
    /// The version of usher that it runs.
    version: Option<String>,
    /// The newest entry of its log.
    last_log: Option<u64>,
    /// Entries that it has yet to apply.
    lag: Option<u64>,
    /// How long its log is on disk.
    log_bytes: Option<u64>,
    /// What is free where its data is.
    disk_free_bytes: Option<u64>,
    /// Its wall clock less the answering node's; the way of the question is in it.
    clock_offset_ms: Option<i64>,
    /// Until when its certificate lets it sign.
    certified_until: Option<Timestamp>,
}

/// What the appliance adds to what a node says of itself.
#[derive(Serialize, Deserialize)]
struct About {
    version: String,
    certified_until_ms: u64,
}

/// What this node says of itself beyond what agreement knows.
pub(super) fn about(signer: &Signer) -> Vec<u8> {
    let about = About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        certified_until_ms: signer.certified_until().ms(),
    };
    postcard::to_stdvec(&about).expect("plain data of known lengths, which postcard takes")
}

/// Ask a node of itself: its version, its disk, its clock and its certificate. It answers also when no quorum is left.
#[utoipa::path(
    get, path = "/cluster/nodes/{id}", tag = "cluster", security(("api_token" = [])),
    params(("id" = u64, Path, description = "The node's number.")),
    responses((status = 200, description = "What the node says, or that it does not answer.", body = NodeFacts)),
)]
pub(super) async fn get_node(
    State(api): State<Api>,
    _: Caller,
    InPath(text): InPath,
) -> Result<Answer<NodeFacts>, ApiError> {
    let node = NodeId::new(digits(&text).ok_or_else(|| not_found(Kind::Node))?);
    let is_there = |ledger: &Ledger| ledger.node(node).is_some_and(|node| node.removed_at.is_none());
    if !api.cluster().ledger(is_there) {
        return Err(not_found(Kind::Node));
    }
    let facts = api.cluster().facts_of(node).await;
    let about = facts
        .as_ref()
        .and_then(|facts| postcard::from_bytes::<About>(&facts.about).ok());
    let now = i128::from(api.unix_ms());
    let offset = |wall_ms: u64| i64::try_from(i128::from(wall_ms) - now).ok();
    let facts = facts.as_ref();
    Ok(Answer(NodeFacts {
        id: node.get(),
        answers: facts.is_some(),
        certified_until: about
            .as_ref()
            .map(|about| Timestamp(At::from_ms(about.certified_until_ms))),
        version: about.map(|about| about.version),
        last_log: facts.map(|facts| facts.last_log),
        lag: facts.map(|facts| facts.last_log.saturating_sub(facts.applied)),
        log_bytes: facts.map(|facts| facts.log_bytes),
        disk_free_bytes: facts.and_then(|facts| facts.disk_free_bytes),
        clock_offset_ms: facts.and_then(|facts| offset(facts.wall_ms)),
    }))
}

/// Remove a node for good. Its number is never used again; to come back it joins anew. Refused if the cluster would stop
/// answering without it.
#[utoipa::path(
    delete, path = "/cluster/nodes/{id}", tag = "cluster", security(("api_token" = [])),
    params(("id" = u64, Path, description = "The node's number.")),
    responses((status = 200, description = "The cluster as the answering node sees it.", body = ClusterView)),
)]
pub(super) async fn remove_node(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<Answer<ClusterView>, ApiError> {
    let node = NodeId::new(digits(&text).ok_or_else(|| not_found(Kind::Node))?);
    // The membership of this node may be behind.
    api.cluster().barrier().await?;
    let conflict = |why| ApiError::new(Code::Conflict, format!("The node was not removed: {why}."));
    api.cluster().check_removal(node).await.map_err(conflict)?;
    caller
        .change(&api, &request.bytes, Command::RemoveNode { node })
        .await?;
    Ok(Answer(view(&api).await))
}
