//! The machines together: how the cluster is founded, grows and heals, as `docs/operations.md` tells an operator.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use super::machine::Machine;
use super::network::{self, Place};
use super::programs::run;
use crate::admin::Admin;

/// How many machines there are.
pub(super) const MACHINES: usize = 3;

/// How long a node may take to take part, on a machine that is busy with others.
const TAKES_PART_WITHIN: Duration = Duration::from_secs(60);

/// How often to look whether it does.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a connection may take to come about; a node that is cut off takes for ever.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// The three machines.
pub(super) struct Site {
    pub(super) places: Vec<Place>,
    pub(super) machines: Vec<Mutex<Machine>>,
    /// Held while a machine is out: a second one would leave no majority for longer than an application can wait.
    pub(super) out: Mutex<()>,
    /// Held while a machine's packets are mistreated, while its link is narrow, and while a wall clock is wrong.
    pub(super) queues: [Mutex<()>; MACHINES],
    pub(super) links: [Mutex<()>; MACHINES],
    pub(super) clock_is_wrong: Mutex<()>,
    /// How often what a fault is for was seen to happen.
    effects: std::sync::Mutex<BTreeMap<&'static str, u64>>,
    /// The operator, with a client that trusts the cluster's own authority.
    pub(super) admin: Admin,
    pub(super) ca_file: PathBuf,
    pub(super) root_file: PathBuf,
}

impl Site {
    /// Founds a cluster on new machines and lets the others join.
    pub(super) async fn found(usher: &Path, folder: &Path) -> Result<Self> {
        network::lay_bridge()?;
        let mut places = Vec::new();
        let mut machines = Vec::new();
        for number in 0..MACHINES {
            let place = Place::plug_in(number)?;
            let home = folder.join(format!("machine-{}", number + 1));
            machines.push(Machine::build(number, usher, &home, &place)?);
            places.push(place);
        }
        let (ca_file, root_file) = (folder.join("cluster-ca.pem"), folder.join("vendor-root.json"));
        let founded = machines[0]
            .usher(&["init", "--root-out", &folder.to_string_lossy()], None)
            .await?;
        machines[0].node = 1;
        machines[0].start()?;
        // Disks are replaced; who calls the cluster has its own copy.
        std::fs::copy(machines[0].data().join("cluster-ca.pem"), &ca_file)?;
        let token = founded["admin_token"].as_str().context("`usher init` told no token")?;
        let admin = Admin {
            http: trusting(&ca_file)?.timeout(Duration::from_secs(8)).build()?,
            urls: (0..MACHINES).map(api_url).collect(),
            token: token.to_owned(),
        };
        let site = Self {
            places,
            machines: machines.into_iter().map(Mutex::new).collect(),
            out: Mutex::new(()),
            queues: Default::default(),
            links: Default::default(),
            clock_is_wrong: Mutex::new(()),
            effects: std::sync::Mutex::default(),
            admin,
            ca_file,
            root_file,
        };
        site.until_voters(1).await?;
        for number in 1..MACHINES {
            let mut machine = site.machines[number].lock().await;
            site.join(&mut machine, None).await?;
            site.until_voters(number + 1).await?;
        }
        Ok(site)
    }

    /// Joins a machine with an empty disk, perhaps in the place of a lost node, and starts its node.
    pub(super) async fn join(&self, machine: &mut Machine, replaces: Option<u64>) -> Result<()> {
        let token = self
            .admin
            .call(Method::POST, "/cluster/join-tokens", &json!({}))
            .await?;
        let token = token["token"].as_str().context("no join token was made")?.to_owned();
        let replaces = replaces.map(|node| node.to_string());
        let by = Instant::now() + TAKES_PART_WITHIN;
        loop {
            // Any member will do, but for the moment one may be out.
            let member = (machine.number + rand::random_range(1..MACHINES)) % MACHINES;
            let address = format!("{}:4601", network::address(member));
            let mut words = vec!["join", &address];
            if let Some(replaces) = &replaces {
                words.extend(["--replace", replaces]);
            }
            match machine.usher(&words, Some(&token)).await {
                Ok(joined) => {
                    machine.node = joined["node"].as_u64().context("`usher join` told no node")?;
                    return machine.start();
                }
                Err(error) if Instant::now() >= by => return Err(error),
                Err(_) => sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Replaces a machine's node after its disk is lost: an empty disk, and a new node in the place of the old.
    pub(super) async fn replace(&self, machine: &mut Machine) -> Result<()> {
        machine.kill().await?;
        machine.new_disk()?;
        let lost = machine.node;
        self.join(machine, Some(lost)).await?;
        self.until_member(machine.node, Some(lost)).await
    }

    /// Waits until every machine knows that a node votes and the one it came for is gone. What the leader alone knows of
    /// that may die with it, and then two of three are not enough.
    pub(super) async fn until_member(&self, node: u64, gone: Option<u64>) -> Result<()> {
        let by = Instant::now() + TAKES_PART_WITHIN;
        loop {
            let mut views = Vec::new();
            for machine in 0..MACHINES {
                views.push(self.view(machine).await.unwrap_or_default());
            }
            if views.iter().all(|cluster| takes_part(cluster, node, gone)) {
                return Ok(());
            }
            if Instant::now() >= by {
                bail!(
                    "not all know after {TAKES_PART_WITHIN:?} that node {node} votes and the one before it does not: \
                     {views:?}"
                );
            }
            sleep(LOOK_EVERY).await;
        }
    }

    async fn until_voters(&self, voters: usize) -> Result<()> {
        let by = Instant::now() + TAKES_PART_WITHIN;
        loop {
            let cluster = self.admin.call(Method::GET, "/cluster", &Value::Null).await?;
            if cluster["voters"] == voters && cluster["tolerance"] == (voters - 1) / 2 {
                return Ok(());
            }
            if Instant::now() >= by {
                bail!("the cluster did not come to {voters} voters: {cluster}");
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Notes that a fault has had an effect: a fault that nobody noticed would prove nothing.
    pub(super) fn had_effect(&self, effect: &'static str) {
        let mut effects = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        *effects.entry(effect).or_default() += 1;
    }

    /// How often what was noted.
    pub(super) fn effects(&self) -> BTreeMap<&'static str, u64> {
        self.effects.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// By how many milliseconds a machine's wall clock differs from another's, as whoever leads has last heard.
    pub(super) async fn clock_offset_ms(&self, machine: usize) -> Option<u64> {
        let leader = self.leader().await?;
        let cluster = self.view(leader).await?;
        let nodes = cluster["nodes"].as_array()?;
        // A leader whose own clock is wrong finds it in the others.
        let offset = |node: &&Value| leader == machine || node["api_url"] == api_url(machine);
        let offsets = nodes
            .iter()
            .filter(offset)
            .filter_map(|node| node["clock_offset_ms"].as_i64());
        offsets.map(i64::unsigned_abs).max()
    }

    /// The number of the machine whose node leads, as any node that answers says.
    pub(super) async fn leader(&self) -> Option<usize> {
        for machine in 0..MACHINES {
            if let Some(cluster) = self.view(machine).await
                && let Some(leader) = cluster["leader"].as_u64()
            {
                return machine_of(&cluster, leader);
            }
        }
        None
    }

    /// The cluster as one machine's node sees it.
    pub(super) async fn view(&self, machine: usize) -> Option<Value> {
        let call = self
            .admin
            .http
            .get(format!("{}/api/v1/cluster", api_url(machine)))
            .timeout(CONNECT_WITHIN);
        let answer = call.bearer_auth(&self.admin.token).send().await.ok()?;
        let succeeded = answer.status().is_success();
        answer.json().await.ok().filter(|_| succeeded)
    }

    /// What keeps the cluster from being whole; empty if nothing does.
    pub(super) async fn ailments(&self) -> Vec<String> {
        let mut ailments = Vec::new();
        for machine in 0..MACHINES {
            let name = format!("machine {}", machine + 1);
            let ops = format!("http://{}:4602/readyz", network::address(machine));
            let ready = self.admin.http.get(ops).timeout(CONNECT_WITHIN).send().await;
            match ready {
                Ok(answer) if answer.status().is_success() => {}
                Ok(answer) => ailments.push(format!("{name}: {}", answer.text().await.unwrap_or_default().trim())),
                Err(error) => ailments.push(format!("{name} cannot be asked: {error:#}")),
            }
            let Some(cluster) = self.view(machine).await else {
                ailments.push(format!("{name} does not serve"));
                continue;
            };
            if cluster["voters"] != MACHINES || cluster["tolerance"] != 1 {
                ailments.push(format!(
                    "{name} sees {} voters, of which {} may be lost",
                    cluster["voters"], cluster["tolerance"]
                ));
            }
        }
        ailments
    }

    /// Adds what each node says of its audit now.
    pub(super) async fn look_at_audits(&self, audits: &mut Audits) {
        let views = join_all((0..MACHINES).map(|machine| self.view(machine))).await;
        for (machine, view) in views.into_iter().enumerate() {
            let audit = view.as_ref().map(|view| &view["audit"]);
            if let Some((Some(size), Some(root))) = audit.map(|audit| (audit["size"].as_u64(), audit["root"].as_str()))
            {
                let roots = audits.0.entry(size).or_default();
                roots.entry(root.to_owned()).or_default().insert(machine);
            }
        }
    }

    /// Says of every machine what it says of itself.
    pub(super) async fn print_state(&self) {
        for machine in 0..MACHINES {
            let view = self
                .view(machine)
                .await
                .map_or("no answer".to_owned(), |view| view.to_string());
            println!("machine {}: {view}", machine + 1);
            if let Ok(machine) = self.machines[machine].try_lock() {
                println!("  its log ends so:\n  {}", machine.log_end());
            }
        }
    }
}

/// The roots of the audit's hash tree that machines told, by its size: every grant, refusal, release and end is a leaf of
/// it, so nodes that have the same tree have done the same.
#[derive(Debug, Default)]
pub(super) struct Audits(BTreeMap<u64, BTreeMap<String, BTreeSet<usize>>>);

impl Audits {
    /// Whether all machines had the same tree at some time.
    pub(super) fn were_alike(&self) -> bool {
        let mut seen = self.0.values().flat_map(BTreeMap::values);
        seen.any(|machines| machines.len() == MACHINES)
    }

    /// ReplicasAgree: trees of one size have one root.
    pub(super) fn replicas_agree(&self) -> Option<String> {
        let differing = self.0.iter().find(|(_, roots)| roots.len() > 1);
        differing.map(|(size, roots)| format!("ReplicasAgree: at {size} records of the audit, roots are {roots:?}"))
    }
}

/// The machine on which a node lives.
pub(super) fn machine_of(cluster: &Value, node: u64) -> Option<usize> {
    let nodes = cluster["nodes"].as_array()?;
    let found = nodes.iter().find(|found| found["id"] == node)?;
    let url = found["api_url"].as_str()?.trim_end_matches('/');
    (0..MACHINES).find(|machine| api_url(*machine) == url)
}

/// Where a machine's API is.
pub(super) fn api_url(machine: usize) -> String {
    format!("https://{}:4600", network::address(machine))
}

/// Connections that trust the cluster's own authority and nobody else.
pub(super) fn trusting(ca_file: &Path) -> Result<reqwest::ClientBuilder> {
    let authority = reqwest::Certificate::from_pem(&std::fs::read(ca_file)?)?;
    Ok(reqwest::Client::builder()
        .tls_certs_only([authority])
        .no_proxy()
        .connect_timeout(CONNECT_WITHIN)
        .pool_max_idle_per_host(100))
}

impl Drop for Site {
    fn drop(&mut self) {
        // Before the disks are unmounted. What else there is goes with the namespaces.
        for machine in &mut self.machines {
            let machine = machine.get_mut();
            if let Ok(pid) = machine.pid() {
                let _ = run(&["kill", "-KILL", &pid.to_string()]);
            }
        }
    }
}

/// Whether a machine's view of the cluster has `node` vote and `gone` not.
fn takes_part(cluster: &Value, node: u64, gone: Option<u64>) -> bool {
    let role = |id: u64| {
        let mut nodes = cluster["nodes"].as_array().into_iter().flatten();
        nodes
            .find(|node| node["id"] == id)
            .and_then(|node| node["role"].as_str())
    };
    matches!(role(node), Some("voter" | "leader")) && gone.is_none_or(|gone| role(gone).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_of_one_size_with_two_roots_are_noticed() {
        let mut audits = Audits::default();
        let mut tell = |machine, size: u64, root: &str| {
            let roots = audits.0.entry(size).or_default();
            roots.entry(root.to_owned()).or_default().insert(machine);
            (audits.were_alike(), audits.replicas_agree().is_none())
        };
        assert_eq!(tell(0, 7, "a"), (false, true));
        assert_eq!(tell(1, 8, "b"), (false, true));
        assert_eq!(tell(1, 7, "a"), (false, true));
        assert_eq!(tell(2, 7, "a"), (true, true));
        assert_eq!(tell(2, 8, "c"), (true, false));
    }
}
