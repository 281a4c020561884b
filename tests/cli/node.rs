//! A node by the real way: founded or joined, then served.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Stdio;

use serde_json::Value;

use crate::usher::{Ended, Process, base_port, command, directory, shown};

/// A node with an address of its own on this machine, which others are to know by a name that only it has.
pub(crate) struct Node {
    directory: tempfile::TempDir,
    port: u16,
    pub(crate) process: Option<Process>,
}

impl Node {
    pub(crate) fn new() -> Self {
        Self {
            directory: directory(),
            port: base_port(),
            process: None,
        }
    }

    pub(crate) fn data(&self) -> String {
        shown(&self.directory.path().join("data"))
    }

    pub(crate) fn listening(&self) -> String {
        format!(
            "--data {} --api-listen 127.0.0.1:{} --peer-listen {} --ops-listen 127.0.0.1:{}",
            self.data(),
            self.port,
            self.peer(),
            self.port + 2
        )
    }

    pub(crate) fn peer(&self) -> String {
        format!("127.0.0.1:{}", self.port + 1)
    }

    pub(crate) fn url(&self, name: &str) -> String {
        format!("https://{name}:{}", self.port)
    }

    /// Runs a server with these arguments after the one before has ended.
    pub(crate) fn serve(&mut self, line: &str) {
        self.process = None;
        let mut server = command(&format!("{line} --log-level warn"));
        self.process = Some(Process(server.stdout(Stdio::null()).spawn().unwrap()));
    }

    pub(crate) fn ask(&self, line: &str, token: &str) -> Ended {
        let mut command = command(line);
        command
            .env("USHER_URL", self.url("127.0.0.1"))
            .env("USHER_TOKEN", token);
        command.env("USHER_CACERT", format!("{}/cluster-ca.pem", self.data()));
        command.output().unwrap().into()
    }

    /// Under which URL the cluster knows the node of this number.
    pub(crate) fn known_as(&self, number: u64, token: &str) -> Option<String> {
        let ended = self.ask("status -o json", token);
        let status: Value = serde_json::from_str(&ended.out).ok()?;
        let nodes = status["cluster"]["nodes"].as_array()?;
        let node = nodes.iter().find(|node| node["id"] == number)?;
        node["api_url"].as_str().map(str::to_owned)
    }

    /// Whether its certificate is for this name.
    pub(crate) fn is_certified_as(&self, name: &str) -> bool {
        let client = self
            .client()
            .resolve(name, SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)));
        now(client.build().unwrap().get(self.url(name)).send()).is_ok()
    }

    /// What acquire answers.
    pub(crate) fn acquire(&self, license_key: &str) -> Option<Value> {
        let url = self.url("127.0.0.1") + "/api/v1/licenses/acquire";
        let body = serde_json::json!({"license_key": license_key, "hardware_id": "one-laptop"});
        let client = self.client().build().unwrap();
        now(async move {
            client
                .post(url)
                .json(&body)
                .send()
                .await?
                .error_for_status()?
                .json()
                .await
        })
        .ok()
    }

    fn client(&self) -> reqwest::ClientBuilder {
        let ca = fs::read(format!("{}/cluster-ca.pem", self.data())).unwrap();
        let ca = reqwest::Certificate::from_pem_bundle(&ca).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only(ca)
    }
}

/// The admin token that a founding told.
pub(crate) fn token_of(founded: &Ended) -> String {
    let line = founded
        .out
        .lines()
        .find_map(|line| line.strip_prefix("  export USHER_TOKEN="));
    line.unwrap_or_else(|| panic!("{founded:?}")).to_owned()
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}
