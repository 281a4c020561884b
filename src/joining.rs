//! Joining a cluster: a one-time token for an identity and the cluster's secrets.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use licensing::id::NodeId;
use raft::seams::Seams;
use raft::{JoinToken, Joiner};

use crate::keys::{Keys, Secrets};

/// Joins the cluster whose node listens for peers at `address`, and leaves a directory that `usher server` starts from.
pub async fn join_in(
    data_dir: &Path,
    address: &str,
    token: &JoinToken,
    joiner: Joiner,
    seams: &Seams,
) -> Result<NodeId> {
    let path = Keys::path(data_dir);
    if path.exists() {
        bail!(
            "{} exists already: this data directory belongs to a node",
            path.display()
        );
    }
    // Before the token is spent on a disk that cannot be written. The keys come last: where they are, all is.
    raft::prepare(Arc::clone(&seams.disk)).await?;
    let (identity, secrets) = raft::join(&*seams.net, address, token, joiner).await?;
    let node = identity.node;
    Keys {
        identity,
        secrets: Secrets::from_bytes(&secrets)?,
    }
    .save(data_dir)?;
    Ok(node)
}
