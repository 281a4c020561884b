//! The operator of the simulated cluster: makes it, and during the faults hands over the lead, replaces nodes whose disk
//! is gone, takes nodes out and lets them come back as new ones, and has a node that may have lost the end of its log teach
//! another.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, anyhow};
use hyper::Method;
use licensing::command::{Command, NewNode, Proposal};
use licensing::id::{JoinTokenId, NodeId, SecretHash};
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Outcome, Rejection};
use licensing::time::Span;
use raft::Cluster;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::host::{Machine, Machines, Wish, change, leader, new_node};
use super::http::{http, now};
use super::setup::Made;
use super::world::World;
use crate::history::Us;

/// What one request of the operator may take.
const ASKED_WITHIN: Duration = Duration::from_secs(6);

/// An operator at work.
pub(super) struct Operator {
    /// The universe.
    pub(super) world: Arc<World>,
    /// His machines.
    pub(super) machines: Machines,
    /// Their names.
    pub(super) nodes: Vec<String>,
    /// What he made.
    pub(super) made: Rc<Made>,
}

impl Operator {
    /// Works until the given time of the run, then ends what was begun, and looks after what turns up yet. Says whether
    /// it has nothing to do.
    pub(super) async fn work(&self, until: &Cell<Us>, at_rest: impl Fn(bool)) -> Result<Infallible> {
        let mut due = now();
        loop {
            sleep(Duration::from_millis(500)).await;
            if let Some(name) = self.machine_that(|machine| machine.is_beyond_repair && !machine.up) {
                at_rest(false);
                self.replace(&name).await?;
            }
            if now() >= until.get() {
                // Some machine may yet turn out to need another disk, and a removal that nobody answered may be done yet.
                let out = self.out();
                at_rest(out.is_none() && self.machine_that(|machine| machine.cluster.is_none()).is_none());
                if let Some((name, old)) = out {
                    self.join_anew(&name, old).await?;
                }
            } else if let Some(name) = self.machine_that(|machine| machine.lost_its_tail && machine.cluster.is_some()) {
                self.teach_from(&name).await?;
            } else if now() >= due {
                due = now() + 2_000_000 + self.world.below(8_000_000);
                // No second disk is taken away while one may have lost something.
                let suspect = self.machine_that(|machine| machine.disk_is_suspect);
                let name = suspect.unwrap_or_else(|| self.world.one_of(&self.nodes).clone());
                match self.world.below(6) {
                    0..3 => self.transfer_lead().await,
                    3 | 4 => self.replace(&name).await?,
                    _ => self.take_out(&name).await?,
                }
            }
        }
    }

    /// A machine of which this is true.
    fn machine_that(&self, is: impl Fn(&Machine) -> bool) -> Option<String> {
        let machines = self.machines.borrow();
        let found = machines.iter().find(|(_, machine)| is(machine));
        found.map(|(name, _)| name.clone())
    }

    async fn transfer_lead(&self) {
        let Some(leader) = leader(&self.machines) else { return };
        if self.hand_over(&leader, &json!({})).await {
            self.world.count("leads handed over");
        }
    }

    async fn hand_over(&self, leader: &str, to: &Value) -> bool {
        let answer = self.answer(leader, Method::POST, "/api/v1/cluster/transfer", to);
        answer.await == Some(true)
    }

    /// Gives the lead to a machine whose log may have lost its end, and another machine a new disk, so that its node learns
    /// everything from that leader.
    async fn teach_from(&self, name: &str) -> Result<()> {
        change(&self.machines, name, |machine| machine.lost_its_tail = false);
        let Some(node) = self.node_of(name) else { return Ok(()) };
        let to = json!({ "to": node.get() });
        for _ in 0..10 {
            match leader(&self.machines) {
                Some(leader) if leader == name => break,
                Some(leader) => drop(self.hand_over(&leader, &to).await),
                None => {}
            }
            sleep(Duration::from_millis(200)).await;
        }
        let others_are_sound = self.machine_that(|machine| machine.disk_is_suspect).is_none();
        if others_are_sound && leader(&self.machines).as_deref() == Some(name) {
            let others: Vec<String> = self.nodes.iter().filter(|other| *other != name).cloned().collect();
            let other: &String = self.world.one_of(&others);
            self.replace(other).await?;
            self.world
                .count("nodes taught by one that may have lost the end of its log");
        }
        Ok(())
    }

    /// A disk is gone: a new node takes the place of the old one.
    async fn replace(&self, name: &str) -> Result<()> {
        let Some(old) = self.node_of(name) else { return Ok(()) };
        self.world.set_disk_away(true);
        self.wipe(name).await;
        admit(&self.machines, &self.world, name, Some(old)).await?;
        self.until_whole(old).await;
        self.world.set_disk_away(false);
        self.world.count("nodes replaced");
        Ok(())
    }

    /// A node is removed first, and its machine joins again as another.
    async fn take_out(&self, name: &str) -> Result<()> {
        let Some(old) = self.node_of(name) else { return Ok(()) };
        let path = format!("/api/v1/cluster/nodes/{old}");
        self.world.set_disk_away(true);
        // Without an answer it may have been done all the same, or be done yet. Until that is known he does nothing else: of
        // two voters that are left by it none can be replaced.
        let answer = loop {
            let asked: &String = self.world.one_of(&self.nodes);
            let answer = self.answer(asked, Method::DELETE, &path, &json!({})).await;
            if let Some(done) = answer.or_else(|| self.is_removed(old).then_some(true)) {
                break done;
            }
            sleep(Duration::from_millis(200)).await;
        };
        if !answer && !self.is_removed(old) {
            self.world.set_disk_away(false);
            return Ok(());
        }
        sleep(Duration::from_millis(self.world.below(3_000))).await;
        self.join_anew(name, old).await
    }

    /// The machine of a node that was removed joins as another.
    async fn join_anew(&self, name: &str, old: NodeId) -> Result<()> {
        self.world.set_disk_away(true);
        self.wipe(name).await;
        admit(&self.machines, &self.world, name, None).await?;
        self.until_whole(old).await;
        self.world.set_disk_away(false);
        self.world.count("nodes removed and joined anew");
        Ok(())
    }

    /// Asks a node for something; `None` if it does not say whether it was done.
    async fn answer(&self, node: &str, method: Method, path: &str, body: &Value) -> Option<bool> {
        let asking = http(node, method, path, Some(&self.made.admin_token), body);
        match timeout(ASKED_WITHIN, asking).await {
            Ok(Ok((true, _))) => Some(true),
            Ok(Ok((false, problem))) => (!is_open(&problem)).then_some(false),
            Ok(Err(_)) | Err(_) => None,
        }
    }

    fn clusters(&self) -> Vec<(String, Cluster)> {
        clusters(&self.machines)
    }

    fn node_of(&self, name: &str) -> Option<NodeId> {
        self.machines.borrow()[name]
            .keys
            .as_ref()
            .map(|keys| keys.identity.node)
    }

    /// A machine whose node was removed.
    fn out(&self) -> Option<(String, NodeId)> {
        let mut running = self
            .nodes
            .iter()
            .filter_map(|name| Some((name.clone(), self.node_of(name)?)));
        running.find(|(_, node)| self.is_removed(*node))
    }

    fn is_removed(&self, node: NodeId) -> bool {
        self.clusters().iter().any(|(_, cluster)| is_removed(cluster, node))
    }

    async fn wipe(&self, name: &str) {
        while self.node_of(name).is_some() {
            // Again each time: a machine without power is wiped when it is back.
            change(&self.machines, name, |machine| machine.wish = Some(Wish::Wipe));
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until the cluster has three voters again, none of them the old one. Two disks are never lost at one time.
    async fn until_whole(&self, old: NodeId) {
        let is_whole = |cluster: &Cluster| {
            let status = cluster.status();
            let leads = status.leader == Some(status.node);
            let voters: Vec<NodeId> = status
                .member_list
                .members
                .iter()
                .filter(|member| member.voter)
                .map(|member| member.node)
                .collect();
            leads
                && status.member_list.quorums.len() == 1
                && voters.len() == 3
                && !voters.contains(&old)
                && status.tolerance() == Some(1)
        };
        // With a removal that was done late there are two, until that machine joins anew.
        while self.out().is_none() && !self.clusters().iter().any(|(_, cluster)| is_whole(cluster)) {
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Whether a problem leaves open what became of the request, or of one like it before.
fn is_open(problem: &Value) -> bool {
    !matches!(
        problem["code"].as_str(),
        Some("CONFLICT" | "NOT_FOUND" | "INVALID_REQUEST")
    )
}

fn clusters(machines: &Machines) -> Vec<(String, Cluster)> {
    let machines = machines.borrow();
    let running = machines.iter().filter(|(_, machine)| machine.up);
    running
        .filter_map(|(name, machine)| Some((name.clone(), machine.cluster.clone()?)))
        .collect()
}

fn is_removed(cluster: &Cluster, node: NodeId) -> bool {
    cluster.ledger(|ledger| ledger.node(node).is_some_and(|node| node.removed_at.is_some()))
}

/// Admits a machine as a new node and gives it its keys. Asks whoever answers, until somebody does.
pub(super) async fn admit(
    machines: &Machines,
    world: &Arc<World>,
    name: &str,
    mut replaces: Option<NodeId>,
) -> Result<()> {
    let node = new_node(name, world.draw());
    let id = loop {
        match ask_to_admit(machines, world, &node, replaces).await {
            Outcome::Admitted { node } => break node,
            // The cluster's clock was stepped past the token's end.
            Outcome::Rejected(Rejection::JoinTokenInvalid) => {}
            // It had been admitted before, which nobody was told.
            Outcome::Rejected(Rejection::AlreadyExists { kind: Kind::Node, .. }) => {
                let known = |ledger: &Ledger| {
                    ledger
                        .nodes()
                        .find(|known| known.spki == node.spki)
                        .map(|known| known.id)
                };
                if let Some(id) = clusters(machines).iter().find_map(|(_, cluster)| cluster.ledger(known)) {
                    break id;
                }
            }
            // The old one is removed by a request of before, to which there was no answer.
            Outcome::Rejected(Rejection::NotFound { kind: Kind::Node }) if replaces.is_some() => replaces = None,
            other => return Err(anyhow!("{name} was not admitted: {other:?}")),
        }
    };
    let some_keys = machines.borrow().values().find_map(|machine| machine.keys.clone());
    let mut keys = some_keys.ok_or_else(|| anyhow!("no machine has keys"))?;
    keys.identity.node = id;
    change(machines, name, |machine| machine.keys = Some(keys));
    Ok(())
}

/// Asks for a node's admission with a token of its own.
async fn ask_to_admit(machines: &Machines, world: &Arc<World>, node: &NewNode, replaces: Option<NodeId>) -> Outcome {
    let mut id = [0; 10];
    id[..8].copy_from_slice(&world.draw().to_le_bytes());
    let (token, secret) = (JoinTokenId::from_bytes(id), SecretHash::from_bytes([7; 32]));
    let create = |cluster: &Cluster| Command::CreateJoinToken {
        id: token,
        secret,
        expires_at: cluster.ledger(Ledger::at).after(Span::from_secs(3_600)),
    };
    let admission = |_: &Cluster| Command::AdmitNode {
        token,
        secret,
        node: node.clone(),
        replaces,
    };
    propose(machines, world, create).await;
    propose(machines, world, admission).await
}

/// Proposes a command on some node until one says what came of it. The command must be one that may be repeated.
async fn propose(machines: &Machines, world: &World, command: impl Fn(&Cluster) -> Command) -> Outcome {
    loop {
        let running = clusters(machines);
        if !running.is_empty() {
            let (_, cluster) = world.one_of(&running);
            let proposal = Proposal::by_system(command(cluster));
            if let Ok(Ok(applied)) = timeout(ASKED_WITHIN, cluster.propose(proposal)).await {
                return applied.outcome;
            }
        }
        sleep(Duration::from_millis(100)).await;
    }
}
