//! `usher status`: is the cluster well? For people, and by its exit code for scripts and probes.

use clap::Args;
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::failure::Failure;
use super::output::{Cell, Output, Page, Style};
use super::resource::{cell, number, text};
use crate::client::{Call, Client};

/// Is the cluster well?
///
/// Asks the leader if it can be reached, for only it knows who keeps up, and makes sure that the cluster answers.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0   healthy: every call is answered, and one more node may be lost
  2   degraded: every call is answered, but the next node that is lost stops it
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
    Healthy { tolerance: u64 },
    Degraded,
    NoQuorum,
}

impl State {
    /// What the answering node tells. A leader that lost its majority may not know yet, so `answers` is what it comes
    /// to when the cluster is asked for something that it must agree on.
    fn of(cluster: &Value, answers: bool) -> Self {
        match cluster["tolerance"].as_u64() {
            _ if !answers || cluster["leader"].is_null() => Self::NoQuorum,
            Some(tolerance @ 1..) => Self::Healthy { tolerance },
            _ => Self::Degraded,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Healthy { .. } => "healthy",
            Self::Degraded => "degraded",
            Self::NoQuorum => "no_quorum",
        }
    }

    const fn exit_code(self) -> u8 {
        match self {
            Self::Healthy { .. } => 0,
            Self::Degraded => 2,
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
                Cell::new("degraded: it is the only voter; `usher join` adds nodes").styled(Style::Warning)
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
    let asked = client.call(Call::get("/cluster").once()).await?;
    let cluster = as_the_leader_sees_it(client, asked).await;
    let answers = match client.call(Call::get("/products").with("limit", Some(1)).once()).await {
        Ok(_) => true,
        Err(error) if error.may_pass() => false,
        Err(error) => return Err(error.into()),
    };
    let state = State::of(&cluster, answers);
    let answer = json!({"state": state.word(), "exit_code": state.exit_code(), "cluster": cluster});
    output.answer(&answer, |page| table(*page, &cluster, state))?;
    match state.exit_code() {
        0 => Ok(()),
        code => Err(Failure::Code(code)),
    }
}

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
