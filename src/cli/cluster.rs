//! `usher cluster`: its nodes, and what an operator can do about them.

use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::Answered;
use super::connection::Connection;
use super::output::{Output, Page, Style};
use super::resource::{Kind, Paging, cell, minute, set, text};
use super::{status, words};
use crate::client::{Call, Client};

/// The cluster: its nodes, its lead, and tokens for nodes that join
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher cluster status
  usher cluster join-token --expires 15m             then `usher join` on the new machine
  usher cluster transfer                             before the leader's machine is serviced
  usher cluster remove 3                             a node that is gone for good")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the nodes, as `usher status` does, with its exit codes
    Status,
    /// Make a one-time token that admits a node, and show it
    #[command(args_conflicts_with_subcommands = true)]
    JoinToken {
        #[command(subcommand)]
        verb: Option<JoinTokenVerb>,

        /// How long it may be used: 1h if not said, at most 7d
        #[arg(long, value_name = "TIME", value_parser = words::seconds)]
        expires: Option<u64>,
    },
    /// Hand the lead to another node
    Transfer {
        /// The node to lead; without it, the one that is furthest
        #[arg(value_name = "NODE")]
        to: Option<u64>,
    },
    /// Remove a node for good; to come back it joins anew, under a new number
    #[command(after_help = "\
Example:
  usher cluster remove 3             its number is in `usher status`")]
    Remove {
        /// The node's number
        #[arg(value_name = "NODE")]
        node: u64,
    },
}

#[derive(Debug, Subcommand)]
enum JoinTokenVerb {
    /// List the join tokens, the used ones too
    List {
        #[command(flatten)]
        paging: Paging,
    },
}

/// How join tokens are shown.
const JOIN_TOKEN: Kind = Kind {
    columns: &[
        ("JOIN TOKEN", |item| cell(item, "/id")),
        ("CREATED", |item| minute(item, "/created_at")),
        ("EXPIRES", |item| minute(item, "/expires_at")),
        ("USED BY NODE", |item| cell(item, "/used_by")),
    ],
    lines: &[
        ("join token", |item| cell(item, "/token").styled(Style::Strong)),
        ("id", |item| cell(item, "/id")),
        ("expires", |item| minute(item, "/expires_at")),
    ],
    order: |item| text(item, "/created_at"),
    none: "There are no join tokens; `usher cluster join-token` makes one.",
};

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        match self.verb {
            Verb::Status => status::tell(&client, output).await,
            Verb::JoinToken {
                verb: Some(JoinTokenVerb::List { paging }),
                ..
            } => {
                JOIN_TOKEN
                    .list(&client, output, &paging, || Call::get("/cluster/join-tokens"))
                    .await
            }
            Verb::JoinToken { verb: None, expires } => {
                let mut body = json!({});
                set(&mut body, "expires_seconds", expires);
                let token = client.call(Call::post("/cluster/join-tokens", &body)).await?;
                created(&client, output, &token).await
            }
            Verb::Transfer { to } => transfer(&client, output, to).await,
            Verb::Remove { node } => {
                let cluster = client.call(Call::delete(&format!("/cluster/nodes/{node}"))).await?;
                removed(&client, output, node, cluster).await
            }
        }
    }
}

fn shown(output: Output, cluster: &Value) -> Answered {
    Ok(output.answer(cluster, |_| status::overview(cluster))?)
}

/// Shows the token, and the command that uses it.
async fn created(client: &Client, output: Output, token: &Value) -> Answered {
    let cluster = client.call(Call::get("/cluster")).await?;
    let peer = cluster["nodes"][0]["peer_address"]
        .as_str()
        .unwrap_or("HOST:4601")
        .to_owned();
    let secret = token["token"].as_str().unwrap_or_default();
    let lines = |page: &Page| {
        let lines: Vec<_> = JOIN_TOKEN
            .lines
            .iter()
            .map(|(name, read)| (*name, read(token)))
            .collect();
        format!(
            "{}\nWhoever has it can take all of the cluster's secrets, once. On the new machine:\n\n  \
             usher join {peer} --token {secret}\n",
            page.details(&lines)
        )
    };
    Ok(output.answer(token, lines)?)
}

/// How long the membership may take to follow a removal.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(5);

/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Shows the cluster once its membership has followed: until then the node that left still counts as a voter, and may
/// even lead.
async fn removed(client: &Client, output: Output, node: u64, mut cluster: Value) -> Answered {
    let by = Instant::now() + FOLLOWS_WITHIN;
    while !has_left(&cluster, node) && Instant::now() < by {
        sleep(LOOK_EVERY).await;
        if let Ok(seen) = status::look(client).await {
            cluster = seen;
        }
    }
    if has_left(&cluster, node) {
        return shown(output, &cluster);
    }
    let text = format!("Node {node} is removed. The others still have to agree on that; `usher status` shows when.\n");
    Ok(output.answer(&cluster, |_| text)?)
}

/// Whether the votes and the lead are with those who stayed.
fn has_left(cluster: &Value, node: u64) -> bool {
    let stayed = cluster["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has_vote = |node: &&Value| node["role"] == "leader" || node["role"] == "voter";
    let with_vote = u64::try_from(stayed.iter().filter(has_vote).count()).ok();
    let gone = stayed.iter().all(|other| other["id"] != node);
    gone && cluster["leader"] != node && !cluster["leader"].is_null() && cluster["voters"].as_u64() == with_vote
}

/// Only the leader can hand its lead over, so it is asked itself.
async fn transfer(client: &Client, output: Output, to: Option<u64>) -> Answered {
    let cluster = client.call(Call::get("/cluster")).await?;
    let url =
        status::leader_url(&cluster).context("there is no leader at the moment; `usher status` shows the nodes")?;
    let mut body = json!({});
    set(&mut body, "to", to);
    let cluster = client.at(url).call(Call::post("/cluster/transfer", &body)).await?;
    shown(output, &cluster)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_has_left_when_neither_votes_nor_the_lead_are_its_own() {
        let cluster = |leader: Value, voters: u64, ids: &[u64]| {
            let role = |id: u64| if leader == id { "leader" } else { "voter" };
            let nodes: Vec<Value> = ids.iter().map(|id| json!({"id": id, "role": role(*id)})).collect();
            json!({"leader": leader, "voters": voters, "nodes": nodes})
        };
        assert!(has_left(&cluster(7.into(), 2, &[7, 9]), 1));
        for (told, why) in [
            (cluster(7.into(), 3, &[1, 7, 9]), "it is still there"),
            (cluster(7.into(), 3, &[7, 9]), "it still has a vote"),
            (cluster(1.into(), 3, &[7, 9]), "it still leads"),
            (cluster(Value::Null, 2, &[7, 9]), "nobody leads"),
        ] {
            assert!(!has_left(&told, 1), "{why}");
        }
    }
}
