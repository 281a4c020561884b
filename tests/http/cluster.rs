//! Several nodes: every one serves every call, and none is removed that the others cannot do without.

use std::sync::Arc;
use std::time::Duration;

use licensing::id::NodeId;
use serde_json::json;

use crate::gate::Gate;
use crate::support::{Answer, Options, TestServer, free_address, text, until};

/// Nodes of one cluster, all of them voters; the founder comes first.
async fn cluster_of(count: usize) -> Vec<TestServer> {
    let options = Options {
        peer_address: free_address(),
        ..Options::default()
    };
    let mut nodes = vec![TestServer::with(options).await];
    for _ in 1..count {
        let node = nodes[0].join().await;
        nodes.push(node);
    }
    until("a vote for each node", async || {
        (voters(&nodes[0]).len() == count).then_some(())
    })
    .await;
    nodes
}

fn me(node: &TestServer) -> NodeId {
    node.server.node().cluster().me()
}

fn voters(node: &TestServer) -> Vec<NodeId> {
    let members = node.server.node().cluster().status().member_list.members;
    members
        .iter()
        .filter(|member| member.voter)
        .map(|member| member.node)
        .collect()
}

async fn remove(asked: &TestServer, node: NodeId) -> Answer {
    Answer::of(asked.request("DELETE", &format!("/cluster/nodes/{node}"))).await
}

async fn readiness(node: &TestServer) -> u16 {
    let answer = node.client.get(node.ops_url("/readyz")).send().await.unwrap();
    answer.status().as_u16()
}

#[tokio::test]
async fn the_only_voter_is_not_removed() {
    let server = TestServer::start().await;
    let sold = server.sell(json!({})).await;
    let problem = remove(&server, me(&server)).await.problem(409, "CONFLICT");
    assert!(text(&problem["detail"]).contains("only node that votes"), "{problem}");
    server.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    until("readiness", async || (readiness(&server).await == 200).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_removed_only_if_a_majority_of_the_rest_answers() {
    let mut nodes = cluster_of(3).await;
    let sold = nodes[0].sell(json!({"seats": 10})).await;
    let last = nodes.pop().unwrap();
    let dead = me(&last);
    last.server.shutdown().await;
    let (first, second) = (&nodes[0], &nodes[1]);
    for (asked, node) in [(first, me(second)), (second, me(second)), (second, me(first))] {
        let problem = remove(asked, node).await.problem(409, "CONFLICT");
        let detail = text(&problem["detail"]);
        assert!(
            detail.contains(&format!("node {dead}")) && detail.contains("1 of 2"),
            "{detail}"
        );
    }
    assert_eq!(voters(first).len(), 3);

    remove(second, dead).await.expect(200);
    until("the dead node's end", async || (voters(first).len() == 2).then_some(())).await;
    remove(first, dead).await.expect(200);
    first.acquire(&sold.key, "laptop-fingerprint").await.expect(200);

    remove(first, me(second)).await.expect(200);
    until("a cluster of one", async || (voters(first).len() == 1).then_some(())).await;
    first.acquire(&sold.key, "laptop-fingerprint").await.expect(200);
    remove(first, me(first)).await.problem(409, "CONFLICT");
    until("the removed node's word", async || {
        (readiness(second).await == 503).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_that_restarts_at_once_replaces_its_session_through_a_node_that_is_behind() {
    let gate = Gate::open();
    let mut nodes = cluster_of(2).await;
    let behind = nodes[0].join_over(Arc::<Gate>::clone(&gate)).await;
    nodes.push(behind);
    until("three votes", async || (voters(&nodes[0]).len() == 3).then_some(())).await;
    let (ahead, behind) = (&nodes[0], &nodes[2]);
    let sold = ahead.sell(json!({"sessions_per_holder_max": 1})).await;
    behind.get(&format!("/licenses/{}", sold.license)).await.expect(200);
    let first = ahead.acquire(&sold.key, "laptop-fingerprint").await.expect(200);

    gate.set_open(false);
    let body = json!({"license_key": sold.key, "hardware_id": "laptop-fingerprint", "replaces": first["session_id"]});
    let second = ahead.public("POST", "/licenses/acquire", &body).await.expect(200);
    let body = json!({"license_key": sold.key, "hardware_id": "laptop-fingerprint", "replaces": second["session_id"]});
    let opened = async {
        // Longer than a proposal takes, shorter than a follower's patience.
        tokio::time::sleep(Duration::from_millis(150)).await;
        gate.set_open(true);
    };
    let (third, ()) = tokio::join!(behind.public("POST", "/licenses/acquire", &body), opened);
    let third = third.expect(200);
    assert_eq!(third["seats"]["in_use"], 1);
    behind.heartbeat(&text(&third["session_id"])).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_from_somebody_opens_nothing_on_a_node_that_is_behind() {
    let gate = Gate::open();
    let mut nodes = cluster_of(2).await;
    let behind = nodes[0].join_over(Arc::<Gate>::clone(&gate)).await;
    nodes.push(behind);
    until("three votes", async || (voters(&nodes[0]).len() == 3).then_some(())).await;
    let (ahead, behind) = (&nodes[0], &nodes[2]);
    let ann = ahead.person("ann@vendor.example", "Ann", "auditor", None).await;
    let made = json!({"name": "ci", "scope": "auditor"});
    let token = ahead.post("/tokens", made).await.expect(201);
    let by_token = || {
        behind
            .client
            .get(behind.url("/products"))
            .bearer_auth(text(&token["token"]))
    };
    let by_login = || behind.with_cookie("GET", "/products", &ann.cookie);
    Answer::of(by_token()).await.expect(200);
    Answer::of(by_login()).await.expect(200);

    gate.set_open(false);
    let path = format!("/tokens/{}/revoke", text(&token["id"]));
    ahead.post(&path, json!({})).await.expect(200);
    let out = ahead.call_as(&ann, "DELETE", "/logins", json!({})).await;
    out.expect(204);
    let opened = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        gate.set_open(true);
    };
    let (by_token, by_login, ()) = tokio::join!(Answer::of(by_token()), Answer::of(by_login()), opened);
    by_token.problem(401, "UNAUTHENTICATED");
    by_login.problem(401, "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_node_tells_of_every_other_and_hands_the_lead_over() {
    let nodes = cluster_of(3).await;
    let follower = &nodes[2];
    for node in &nodes {
        let facts = follower.get(&format!("/cluster/nodes/{}", me(node))).await.expect(200);
        assert_eq!(
            (&facts["answers"], &facts["version"]),
            (&json!(true), &json!(env!("CARGO_PKG_VERSION")))
        );
        assert!(
            facts["disk_free_bytes"].is_u64() && facts["certified_until"].is_string(),
            "{facts}"
        );
    }
    let to = me(&nodes[1]).get();
    follower.post("/cluster/transfer", json!({"to": to})).await.expect(200);
    until("another leader", async || {
        (nodes[1].server.node().cluster().status().leader == Some(me(&nodes[1]))).then_some(())
    })
    .await;
    follower
        .post("/cluster/transfer", json!({"to": 99}))
        .await
        .problem(409, "CONFLICT");
    let mut nodes = nodes;
    let gone = nodes.remove(0);
    let path = format!("/cluster/nodes/{}", me(&gone));
    gone.server.shutdown().await;
    let facts = nodes[0].get(&path).await.expect(200);
    assert_eq!(
        (&facts["answers"], &facts["version"]),
        (&json!(false), &serde_json::Value::Null)
    );
}
