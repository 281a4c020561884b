//! The machines' network: a bridge, on which the clients are, and a network namespace for each machine.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::packets::Mistreatment;
use super::programs::{finished, mortal, run};

/// Where the clients are.
const HUB: &str = "10.77.0.254";

/// The kernel's queue for mistreated packets; each namespace has its own of this number.
const QUEUE: u16 = 7;

/// One machine's place in the network. Its namespace lasts for as long as the process that holds it.
#[derive(Debug)]
pub(super) struct Place {
    number: usize,
    holder: Child,
}

/// Rules of a firewall, to be lifted.
#[derive(Debug)]
pub(super) struct Rules {
    added: Vec<Vec<String>>,
}

/// Lays the bridge in the run's own namespace.
pub(super) fn lay_bridge() -> Result<()> {
    // What libfaketime shares between its processes goes with the run, too.
    run(&["mount", "-t", "tmpfs", "tmpfs", "/dev/shm"])?;
    run(&["ip", "link", "set", "lo", "up"])?;
    run(&["ip", "link", "add", "hub", "type", "bridge"])?;
    run(&["ip", "addr", "add", &format!("{HUB}/24"), "dev", "hub"])?;
    run(&["ip", "link", "set", "hub", "up"])?;
    Ok(())
}

/// The address of a machine.
pub(super) fn address(number: usize) -> String {
    format!("10.77.0.{}", number + 1)
}

impl Place {
    /// Makes a namespace for a machine and plugs it into the bridge.
    pub(super) fn plug_in(number: usize) -> Result<Self> {
        let holder = mortal("unshare")
            .args(["--net", "--", "sleep", "infinity"])
            .stdin(Stdio::null())
            .spawn()?;
        let place = Self { number, holder };
        place.wait_for_namespace()?;
        let link = format!("node{number}");
        let holder = place.holder.id().to_string();
        let wire = ["ip", "link", "add", &link, "type", "veth", "peer", "name", "eth0"];
        run(&[&wire[..], &["netns", &holder]].concat())?;
        run(&["ip", "link", "set", &link, "master", "hub", "up"])?;
        place.inside(&["ip", "addr", "add", &format!("{}/24", address(number)), "dev", "eth0"])?;
        place.inside(&["ip", "link", "set", "eth0", "up"])?;
        place.inside(&["ip", "link", "set", "lo", "up"])?;
        Ok(place)
    }

    fn wait_for_namespace(&self) -> Result<()> {
        let of = |process: &str| std::fs::read_link(Path::new("/proc").join(process).join("ns/net"));
        let ours = of("self")?;
        for _ in 0..500 {
            if of(&self.holder.id().to_string()).is_ok_and(|theirs| theirs != ours) {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        anyhow::bail!("no network namespace was made")
    }

    /// The words before a command that make it run on this machine.
    pub(super) fn entry(&self) -> String {
        format!("--net=/proc/{}/ns/net", self.holder.id())
    }

    /// Runs a command there.
    fn inside(&self, words: &[&str]) -> Result<String> {
        let ended = Command::new("nsenter")
            .args([&*self.entry(), "--"])
            .args(words)
            .output();
        finished(words, &ended)
    }

    fn rule(&self, change: &str, rule: &[String]) -> Result<()> {
        let rule: Vec<&str> = rule.iter().map(String::as_str).collect();
        let (chain, matches) = rule.split_first().context("a rule has a chain")?;
        self.inside(&[&["iptables-legacy", "-w", change, chain], matches].concat())?;
        Ok(())
    }

    /// Adds rules to its firewall, each a chain and what follows it.
    pub(super) fn forbid(&self, rules: &[String]) -> Result<Rules> {
        let added: Vec<Vec<String>> = rules
            .iter()
            .map(|rule| rule.split(' ').map(str::to_owned).collect())
            .collect();
        for rule in &added {
            self.rule("-A", rule)?;
        }
        Ok(Rules { added })
    }

    /// Takes rules away again.
    pub(super) fn lift(&self, rules: &Rules) -> Result<()> {
        rules.added.iter().try_for_each(|rule| self.rule("-D", rule))
    }

    /// Hears nothing from these machines.
    pub(super) fn deaf_to(others: &[usize]) -> Vec<String> {
        let rule = |other: &usize| format!("INPUT -s {} -j DROP", address(*other));
        others.iter().map(rule).collect()
    }

    /// Tells these machines nothing.
    pub(super) fn mute_to(others: &[usize]) -> Vec<String> {
        let rule = |other: &usize| format!("OUTPUT -d {} -j DROP", address(*other));
        others.iter().map(rule).collect()
    }

    /// Hears nothing from clients.
    pub(super) fn deaf_to_clients() -> String {
        format!("INPUT -s {HUB} -j DROP")
    }

    /// Loses so many of a hundred packets, each way.
    pub(super) fn lossy(percent: u32) -> Vec<String> {
        let lose = |chain| format!("{chain} -p tcp -m statistic --mode random --probability 0.{percent:02} -j DROP");
        ["INPUT", "OUTPUT"].map(lose).to_vec()
    }

    /// Resets every connection with these machines.
    pub(super) fn resetting(others: &[usize]) -> Vec<String> {
        let reset = |other: &usize| format!("INPUT -p tcp -s {} -j REJECT --reject-with tcp-reset", address(*other));
        others.iter().map(reset).collect()
    }

    /// Lets so many kilobits a second out.
    pub(super) fn narrow(&self, kilobits: u32) -> Result<()> {
        let rate = format!("{kilobits}kbit");
        let shape = ["rate", &rate, "burst", "16k", "latency", "400ms"];
        self.inside(&[&["tc", "qdisc", "add", "dev", "eth0", "root", "tbf"], &shape[..]].concat())?;
        Ok(())
    }

    /// Lets everything out again.
    pub(super) fn widen(&self) -> Result<()> {
        self.inside(&["tc", "qdisc", "del", "dev", "eth0", "root"])?;
        Ok(())
    }

    /// Begins to mistreat what it sends; the process that does it, and the rules to lift when it is over.
    pub(super) fn mistreat(&self, how: Mistreatment) -> Result<(Child, Rules)> {
        let program = std::env::current_exe()?;
        let child = mortal("nsenter")
            .args([&*self.entry(), "--"])
            .arg(program)
            .args(["packets", "--queue", &QUEUE.to_string()])
            .args(["--late-ms", &how.late_ms.to_string()])
            .args(["--later-ms-max", &how.later_ms_max.to_string()])
            .args(["--corrupted-of-thousand", &how.corrupted_of_thousand.to_string()])
            .stdin(Stdio::null())
            .spawn()?;
        // Where nobody takes them, packets go their way.
        let rules = self.forbid(&[format!("OUTPUT -p tcp -j NFQUEUE --queue-num {QUEUE} --queue-bypass")])?;
        Ok((child, rules))
    }

    /// Ends that.
    pub(super) fn spare(&self, child: &mut Child, rules: &Rules) -> Result<()> {
        let ended = child.try_wait()?;
        self.lift(rules)?;
        child.kill()?;
        child.wait()?;
        ensure!(
            ended.is_none(),
            "the process that mistreats packets of machine {} ended by itself: {ended:?}",
            self.number
        );
        Ok(())
    }
}
