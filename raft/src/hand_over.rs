//! The leader hands the lead to another voter.

use std::time::Duration;

use licensing::id::NodeId;
use openraft::rt::WatchReceiver;
use tokio::time::timeout;

use crate::types::Raft;

/// How long the other node may take to lead.
const TAKEN_WITHIN: Duration = Duration::from_secs(2);

/// Hands the lead from `me` to `to`, or to the voter that is furthest. Without a `to` there is nothing to do where
/// another node leads, or where there is no other voter.
pub(crate) async fn hand_over(raft: &Raft, me: NodeId, to: Option<NodeId>) -> Result<(), String> {
    let mut watched = raft.metrics();
    let metrics = watched.borrow_watched().clone();
    if metrics.current_leader != Some(me.get()) {
        return match to {
            Some(_) => Err("this node does not lead".to_owned()),
            None => Ok(()),
        };
    }
    let voters = metrics.membership_config.membership().voter_ids();
    let others: Vec<u64> = voters.filter(|voter| *voter != me.get()).collect();
    let matched = |id: &u64| {
        let replication = metrics.replication.as_ref()?;
        replication.get(id)?.as_ref().map(openraft::LogId::index)
    };
    let heir = match to {
        Some(to) if others.contains(&to.get()) => to.get(),
        Some(_) => return Err("that node is not another voter".to_owned()),
        None => match others.iter().copied().max_by_key(matched) {
            Some(furthest) => furthest,
            None => return Ok(()),
        },
    };
    let begun = raft.trigger().transfer_leader(heir).await;
    begun.map_err(|error| error.to_string())?;
    let led_by_another = |leader: Option<u64>| leader.is_some_and(|leader| leader != me.get());
    let moved =
        async { while !led_by_another(watched.borrow_watched().current_leader) && watched.changed().await.is_ok() {} };
    let moved = timeout(TAKEN_WITHIN, moved).await;
    moved.map_err(|_| "the other node did not take the lead".to_owned())
}
