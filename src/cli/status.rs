//! `usher status`: is the cluster well? For people, and by its exit code for scripts and probes.

mod certificate;

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use self::certificate::Certificate;
use super::Answered;
use super::connection::Connection;
use super::failure::Failure;
use super::output::{Cell, Output, Page, Style};
use super::resource::{cell, number, text};
use crate::client::{Call, CallError, Client};

/// Is the cluster well?
///
/// Asks the leader if it can be reached, for only it knows who keeps up, and makes sure that the cluster answers. A node
/// that knows no leader may itself be cut off, so the others are asked too.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   healthy: every call is answered, and one more node may be lost
  2   degraded: the next node that is lost stops it, or the certificate is over and no seat can be taken
  3   no quorum: nothing is granted until a majority of the nodes is back
  1   could not ask
  64  called wrongly

Examples:
  usher status --url http://a:4600,http://b:4600,http://c:4600
  usher status -o json || notify-operator")]
pub(super) struct Status {
    #[command(flatten)]
    connection: Connection,
}

/// How the cluster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Healthy {
        tolerance: u64,
    },
    Degraded,
    /// The nodes are well, but what they sign is worth nothing any more.
    Uncertified,
    NoQuorum,
}

impl State {
    /// What the answering node tells. A leader that lost its majority may not know yet, so `answers` is what it comes
    /// to when the cluster is asked for something that it must agree on.
    fn of(cluster: &Value, answers: bool) -> Self {
        match cluster["tolerance"].as_u64() {
            _ if !answers || cluster["leader"].is_null() => Self::NoQuorum,
            _ if Certificate::of(cluster).is_some_and(Certificate::is_over) => Self::Uncertified,
            Some(tolerance @ 1..) => Self::Healthy { tolerance },
            _ => Self::Degraded,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Healthy { .. } => "healthy",
            Self::Degraded | Self::Uncertified => "degraded",
            Self::NoQuorum => "no_quorum",
        }
    }

    const fn exit_code(self) -> u8 {
        match self {
            Self::Healthy { .. } => 0,
            Self::Degraded | Self::Uncertified => 2,
            Self::NoQuorum => 3,
        }
    }

    fn in_words(self, cluster: &Value) -> Cell {
        let single = cluster["voters"] == 1;
        match self {
            Self::Healthy { tolerance: 1 } => Cell::new("healthy: one node may be lost").styled(Style::Good),
            Self::Healthy { tolerance } => {
                Cell::new(format!("healthy: {tolerance} nodes may be lost")).styled(Style::Good)
            }
            Self::Degraded if single => {
                Cell::new("degraded, as is normal for one node: it cannot be lost; `usher join` adds nodes")
                    .styled(Style::Warning)
            }
            Self::Uncertified => {
                Cell::new("degraded: the certificate is over, so no seat can be taken or kept").styled(Style::Bad)
            }
            Self::Degraded => Cell::new("degraded: no further node may be lost").styled(Style::Warning),
            Self::NoQuorum => Cell::new("no quorum: start the missing nodes again").styled(Style::Bad),
        }
    }
}

impl Status {
    pub(super) async fn run(self, output: Output) -> Answered {
        tell(&self.connection.client()?, output).await
    }
}

/// Asks the cluster, writes how it is, and gives the exit code as a failure unless all is well.
pub(super) async fn tell(client: &Client, output: Output) -> Answered {
    let cluster = look(client).await?;
    let answers = match client.call(Call::get("/products").with("limit", Some(1)).once()).await {
        Ok(_) => true,
        Err(error) if error.may_pass() => false,
        Err(error) => return Err(error.into()),
    };
    let state = State::of(&cluster, answers);
    let answer = json!({
        "state": state.word(),
        "reason": state.in_words(&cluster).as_text(),
        "exit_code": state.exit_code(),
        "cluster": cluster,
    });
    output.answer(&answer, |page| table(*page, &cluster, state))?;
    match state.exit_code() {
        0 => Ok(()),
        code => Err(Failure::Code(code)),
    }
}

/// The cluster as its leader sees it, if one of the nodes knows it and it can be asked; else as a node sees it.
pub(super) async fn look(client: &Client) -> Result<Value, CallError> {
    let asked = client.call(Call::get("/cluster").once()).await?;
    if !asked["leader"].is_null() {
        return Ok(as_the_leader_sees_it(client, asked).await);
    }
    for node in client.each() {
        let seen = node.call(Call::get("/cluster").once().within(ONE_NODE_WITHIN)).await;
        if let Some(seen) = seen.ok().filter(|seen| !seen["leader"].is_null()) {
            return Ok(as_the_leader_sees_it(client, seen).await);
        }
    }
    Ok(asked)
}

/// How long each node is given to say whether it knows a leader.
const ONE_NODE_WITHIN: Duration = Duration::from_secs(3);

/// The leader's own view if it can be had, else the one at hand.
async fn as_the_leader_sees_it(client: &Client, cluster: Value) -> Value {
    match leader_url(&cluster) {
        Some(url) if cluster["leader"] != cluster["node"] => client
            .at(url)
            .call(Call::get("/cluster").once())
            .await
            .unwrap_or(cluster),
        _ => cluster,
    }
}

/// Where the leader's API is.
pub(super) fn leader_url(cluster: &Value) -> Option<&str> {
    let leader = cluster["leader"].as_u64()?;
    cluster["nodes"].as_array()?.iter().find(|node| node["id"] == leader)?["api_url"].as_str()
}

/// The cluster in words, as the demo shows it.
pub(crate) fn overview(cluster: &Value) -> String {
    table(Page::plain(), cluster, State::of(cluster, true))
}

fn table(page: Page, cluster: &Value, state: State) -> String {
    let nodes = cluster["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |id: &Value| {
        nodes
            .iter()
            .find(|node| node["id"] == *id)
            .map(|node| text(node, "/name"))
    };
    let leader = match &cluster["leader"] {
        // A node may still follow a leader that nobody hears.
        _ if state == State::NoQuorum => "none".to_owned(),
        Value::Null => "none".to_owned(),
        id => format!("{id} ({})", name(id).unwrap_or_default()),
    };
    let facts = page.details(&[
        ("cluster", cell(cluster, "/id")),
        ("state", state.in_words(cluster)),
        ("leader", Cell::new(leader)),
        ("term", cell(cluster, "/term")),
        ("applied", cell(cluster, "/applied")),
        ("audit records", cell(cluster, "/audit/size")),
        (
            "certified until",
            Certificate::of(cluster).map_or(Cell::new(""), Certificate::in_words),
        ),
        ("version", cell(cluster, "/version")),
    ]);
    let row = |node: &Value| {
        vec![
            number(node, "/id"),
            cell(node, "/name"),
            role(node, cluster, state),
            number(node, "/lag"),
            Cell::number(heard(node, cluster)),
            cell(node, "/api_url"),
        ]
    };
    let rows: Vec<Vec<Cell>> = nodes.iter().map(row).collect();
    format!(
        "{facts}\n{}",
        page.table(&["NODE", "NAME", "ROLE", "LAG", "HEARD", "API"], &rows)
    )
}

/// A node that was not heard for this long does not keep up, whatever its role is.
const SILENT_MS: u64 = 3_000;

fn role(node: &Value, cluster: &Value, state: State) -> Cell {
    let leads = cluster["leader"] == cluster["node"] && !cluster["leader"].is_null();
    let silent = node["id"] != cluster["node"] && node["heard_ms_ago"].as_u64().is_none_or(|ms| ms > SILENT_MS);
    match text(node, "/role").as_str() {
        // Only a leader hears from all.
        role if leads && silent => Cell::new(format!("{role}, silent")).styled(Style::Bad),
        "leader" if state == State::NoQuorum => Cell::new("voter"),
        "leader" => Cell::new("leader").styled(Style::Good),
        role => Cell::new(role),
    }
}

fn heard(node: &Value, cluster: &Value) -> String {
    if node["id"] == cluster["node"] {
        return "answers".to_owned();
    }
    match node["heard_ms_ago"].as_u64() {
        Some(ms @ ..2_000) => format!("{ms} ms ago"),
        Some(ms) => format!("{} ago", super::words::span(ms / 1_000)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_tells_how_the_cluster_is() {
        let code = |cluster: Value, answers| State::of(&cluster, answers).exit_code();
        assert_eq!(code(json!({"leader": 1, "tolerance": 1}), true), 0);
        assert_eq!(code(json!({"leader": 1, "tolerance": 0}), true), 2);
        assert_eq!(code(json!({"leader": null, "tolerance": null}), true), 3);
        assert_eq!(
            code(json!({"leader": 1, "tolerance": 1}), false),
            3,
            "a leader that lost its majority"
        );
    }

    #[test]
    fn a_certificate_that_is_over_stops_a_cluster_that_is_well() {
        let cluster = |at: &str| json!({"leader": 1, "tolerance": 1, "voters": 3, "at": at, "certified_until": "2026-12-22T10:00:00.000Z"});
        let told = |at| {
            let cluster = cluster(at);
            let state = State::of(&cluster, true);
            (state.exit_code(), table(Page::plain(), &cluster, state))
        };
        let (code, text) = told("2026-11-01T10:00:00.000Z");
        assert_eq!(code, 0);
        assert!(text.contains("certified until  2026-12-22 10:00Z\n"), "{text}");
        let (code, text) = told("2026-12-02T10:00:00.000Z");
        assert_eq!(code, 0, "it is still good");
        assert!(
            text.contains("2026-12-22 10:00Z, in 20 days: ") && text.contains("usher key certify"),
            "{text}"
        );
        let (code, text) = told("2026-12-22T10:00:00.000Z");
        assert_eq!(code, 2);
        assert!(text.contains("degraded: the certificate is over"), "{text}");
        assert!(text.contains("usher key install"), "{text}");
        assert_eq!(State::of(&cluster("2026-12-22T10:00:00.000Z"), false).exit_code(), 3);
    }

    #[test]
    fn a_node_that_is_not_heard_is_shown_as_silent() {
        let cluster = json!({"id": "clu_1", "leader": 1, "node": 1, "tolerance": 0, "voters": 3, "nodes": [
            {"id": 1, "name": "a", "role": "leader", "lag": 0, "api_url": "http://a"},
            {"id": 7, "name": "b", "role": "voter", "lag": 0, "api_url": "http://b", "heard_ms_ago": 40},
            {"id": 9, "name": "c", "role": "voter", "lag": 3, "api_url": "http://c", "heard_ms_ago": 65_000},
        ]});
        let text = overview(&cluster);
        assert!(text.contains("degraded: no further node may be lost"), "{text}");
        assert!(text.contains("voter, silent    3   65 s ago"), "{text}");
        assert!(text.contains("   7  b     voter            0  40 ms ago"), "{text}");
    }
}
