//! `usher login`: a user token for the applications of this machine, by way of the console.
//!
//! The command listens on loopback and has the person open a page of the console, where they are signed in or sign in, and
//! allow it. What the page sends back is a code, worth nothing without the secret that never leaves this process (RFC
//! 8252, RFC 7636). A browser is opened at an address of the listener, good once, which sends it to the page: other users of
//! the machine see what programs are started with, and are not to see the page's address.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use licensing::id::encode_base32;
use raft::seams::{Entropy, SystemEntropy};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

use super::Answered;
use super::output::{Output, remark};
use super::resource::text;
use super::words;
use crate::client::{Call, CallError, Client, Target};
use crate::config::ApiUrl;

/// How long somebody may take in the browser.
const WITHIN: Duration = Duration::from_secs(300);

/// How long a browser may take to say what it wants, and how much it may say.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);
const REQUEST_BYTES_MAX: usize = 8 * 1_024;

/// How long a code is good: no longer is a server waited for that asks to wait.
const CODE_WITHIN: Duration = Duration::from_secs(120);

/// Browsers open connections that they may need later, so one may be waited for while another one brings the code.
const CONNECTIONS_MAX: usize = 16;

/// Sign in by the browser, and print a user token for the applications of this machine
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher login --url https://license.example
  export USHER_JWT_TOKEN=$(usher login --url https://license.example)

The token says who asks for a seat, where a plan counts its seats by user. Until when it is good is said with it.")]
pub(super) struct Login {
    /// The nodes' API URLs, with commas between; the browser is sent to the first
    #[arg(long, env = "USHER_URL", value_name = "URL,…", value_delimiter = ',')]
    #[arg(value_parser = words::api_url, default_value = "http://127.0.0.1:4600")]
    url: Vec<String>,

    /// The certificate authority to trust, PEM; without it the system's are
    #[arg(long, env = "USHER_CACERT", value_name = "FILE")]
    cacert: Option<PathBuf>,

    /// Only print the page's address, and open no browser
    #[arg(long)]
    no_browser: bool,
}

/// What belongs to one sign-in.
struct Secrets {
    /// Who has it can redeem the code; it is shown to the server alone, and with the code.
    verifier: Zeroizing<String>,
    /// That it comes back says that a request belongs to this sign-in.
    state: String,
    /// The path at which the browser that was started is sent to the page.
    start: String,
}

impl Secrets {
    fn draw() -> Self {
        let (mut verifier, mut state, mut start) = (Zeroizing::new([0; 32]), [0; 20], [0; 20]);
        SystemEntropy.fill(&mut verifier[..]);
        SystemEntropy.fill(&mut state);
        SystemEntropy.fill(&mut start);
        Self {
            verifier: Zeroizing::new(URL_SAFE_NO_PAD.encode(&verifier[..])),
            state: encode_base32(&state),
            start: format!("/{}", encode_base32(&start)),
        }
    }

    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}

/// What the page shows too, so that a person can see that it is about this very command.
fn short_code(challenge: &str) -> String {
    let code = encode_base32(&Sha256::digest(challenge)[..5]).to_uppercase();
    format!("{}-{}", &code[..4], &code[4..])
}

/// Whether what goes there can be read on the way.
fn is_in_clear(url: &str) -> bool {
    ApiUrl::parse(url).is_ok_and(|url| url.as_str().starts_with("http:") && !url.is_loopback())
}

/// What the page sends back.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Allowed(String),
    Refused,
}

impl Login {
    pub(super) async fn run(self, output: Output) -> Answered {
        if let Some(url) = self.url.iter().find(|url| is_in_clear(url)) {
            return Err(anyhow!("{url} would be asked in clear, with a password on the page: use https").into());
        }
        let client = Client::new(Target::public(self.url.clone(), self.cacert.clone()))?;
        // Before anybody is sent to a page that is not there.
        client.call(Call::get("/branding")).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("this machine lets nothing be listened on")?;
        let port = listener.local_addr().context("the listener has no address")?.port();
        let secrets = Secrets::draw();
        let challenge = secrets.challenge();
        let node = self.url.first().context("--url is empty")?.trim_end_matches('/');
        let page = format!("{node}/allow?port={port}&state={}&challenge={challenge}", secrets.state);
        remark(&format!(
            "Open this page, and allow what it asks if it shows {}:\n\n  {page}\n",
            short_code(&challenge)
        ));
        let door = Arc::new(Door::new(&secrets, &page));
        if !self.no_browser {
            open(&format!("http://127.0.0.1:{port}{}", secrets.start));
        }
        let said = timeout(WITHIN, said(&listener, &door)).await;
        let said = said.map_err(|_| anyhow!("nobody allowed it within 5 minutes; run the command again"))??;
        let Said::Allowed(code) = said else {
            return Err(anyhow!("it was not allowed on the page, so there is no token").into());
        };
        let body = json!({"code": code, "verifier": *secrets.verifier});
        let made = redeemed(&client, &body).await?;
        let (email, end) = (text(&made, "/email"), text(&made, "/expires_at"));
        remark(&format!("Signed in as {email}. The token is good until {end}."));
        Ok(output.answer(&made, |_| text(&made, "/token") + "\n")?)
    }
}

/// Gets the token for a code, and waits for it if the server asks to.
async fn redeemed(client: &Client, body: &Value) -> Result<Value, CallError> {
    let give_up = Instant::now() + CODE_WITHIN;
    loop {
        let error = match client.call(Call::post("/user-tokens", body)).await {
            Err(error) if error.code() == Some("RATE_LIMITED") => error,
            answered => return answered,
        };
        let wait = error.retry_after().unwrap_or(Duration::from_secs(1));
        if Instant::now() + wait > give_up {
            return Err(error);
        }
        remark(&format!("The server asks to wait {} s.", wait.as_secs()));
        sleep(wait).await;
    }
}

/// What the listener tells whom.
struct Door {
    state: String,
    start: String,
    page: String,
    /// Whether the browser was sent to the page.
    is_used: AtomicBool,
}

impl Door {
    fn new(secrets: &Secrets, page: &str) -> Self {
        Self {
            state: secrets.state.clone(),
            start: secrets.start.clone(),
            page: page.to_owned(),
            is_used: AtomicBool::new(false),
        }
    }

    /// The page, for who asks for the start. It is told once: who comes second learns that somebody was there before.
    fn page_for(&self, target: &str) -> Option<Result<&str, ()>> {
        let is_first = || !self.is_used.swap(true, Ordering::Relaxed);
        (target == self.start).then(|| if is_first() { Ok(&*self.page) } else { Err(()) })
    }
}

/// Has the desktop open an address, if there is one.
fn open(page: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = tokio::process::Command::new(opener);
    command.arg(page).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    // Where there is no desktop the address that was printed has to do.
    drop(command.spawn());
}

/// Waits for the browser to say something with this state. Whatever else knocks is told that nothing is here.
async fn said(listener: &TcpListener, door: &Arc<Door>) -> anyhow::Result<Said> {
    let mut asking = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if asking.len() < CONNECTIONS_MAX => {
                // One that has gone before it was heard is nobody's end.
                match accepted {
                    Ok((stream, _)) => drop(asking.spawn(heard(stream, Arc::clone(door)))),
                    Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
                    Err(error) => return Err(error).context("the browser cannot be heard"),
                }
            }
            Some(heard) = asking.join_next() => if let Ok(Some(said)) = heard {
                return Ok(said);
            }
        }
    }
}

/// Reads a request and answers it.
async fn heard(mut stream: TcpStream, door: Arc<Door>) -> Option<Said> {
    let target = timeout(REQUEST_WITHIN, target(&mut stream)).await.ok()??;
    let (said, page) = (said_in(&target, &door.state), door.page_for(&target));
    let (status, words) = match (&said, page) {
        (Some(Said::Allowed(_)), _) => ("200 OK", "You can close this page and go back to the terminal."),
        (Some(Said::Refused), _) => ("200 OK", "Nothing was allowed. You can close this page."),
        (None, Some(Ok(_))) => ("303 See Other", "Go on."),
        (None, Some(Err(()))) => (
            "410 Gone",
            "This address was opened before, and not by you if you see this first. Stop the command and run it again.",
        ),
        (None, None) => (
            "404 Not Found",
            "No sign-in that is under way here is meant by this address.",
        ),
    };
    let location = match page {
        Some(Ok(page)) => format!("Location: {page}\r\n"),
        _ => String::new(),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\n{location}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\r\n{words}",
        words.len()
    );
    // A browser that has gone does not read it, and the code is good all the same.
    let written = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    drop(timeout(REQUEST_WITHIN, written).await);
    said
}

/// What a request asks for: the second word of its first line.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    while !read.windows(4).any(|end| end == b"\r\n\r\n") {
        if read.len() > REQUEST_BYTES_MAX || stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
    let text = String::from_utf8(read).ok()?;
    let mut words = text.lines().next()?.split(' ');
    let is_get = words.next() == Some("GET");
    words.next().filter(|_| is_get).map(str::to_owned)
}

/// What a request with this state says.
fn said_in(target: &str, state: &str) -> Option<Said> {
    let (path, query) = target.split_once('?')?;
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    };
    if path != "/" || value("state")? != state {
        return None;
    }
    match (value("code"), value("error")) {
        (Some(code), None) => Some(Said::Allowed(code)),
        (None, Some(_)) => Some(Said::Refused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_request_says_something_with_its_state_alone() {
        assert_eq!(
            said_in("/?code=a-b&state=s", "s"),
            Some(Said::Allowed("a-b".to_owned()))
        );
        assert_eq!(said_in("/?error=access_denied&state=s", "s"), Some(Said::Refused));
        for target in [
            "/",
            "/?code=a",
            "/?code=a&state=t",
            "/?state=s",
            "/?code=a&error=b&state=s",
            "/other?code=a&state=s",
        ] {
            assert_eq!(said_in(target, "s"), None, "{target}");
        }
    }

    #[test]
    fn nothing_is_asked_in_clear_but_on_this_machine() {
        assert!(is_in_clear("http://license.example"));
        for url in [
            "https://license.example",
            "http://127.0.0.1:4600",
            "http://localhost:4600",
        ] {
            assert!(!is_in_clear(url), "{url}");
        }
    }

    /// The same as in web-ui/src/words/shortCode.test.ts.
    #[test]
    fn terminal_and_page_make_the_same_short_code() {
        let code = short_code("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(code, "1MMS-P7NN");
    }

    fn door() -> Arc<Door> {
        Arc::new(Door {
            state: "s".to_owned(),
            start: "/start".to_owned(),
            page: "https://license.example/allow?state=s".to_owned(),
            is_used: AtomicBool::new(false),
        })
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_holds_nobody_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let _silent = TcpStream::connect(address).await.unwrap();
        let knock = async |target: &str| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let browser = async {
            assert!(knock("/?code=c&state=other").await.starts_with("HTTP/1.1 404"));
            let sent = knock("/start").await;
            assert!(
                sent.contains("\r\nLocation: https://license.example/allow?state=s\r\n"),
                "{sent}"
            );
            // Whoever comes second learns that somebody was there, and not where the page is.
            let second = knock("/start").await;
            assert!(
                second.starts_with("HTTP/1.1 410") && !second.contains("allow?"),
                "{second}"
            );
            knock("/?code=c&state=s").await
        };
        let door = door();
        let (said, answer) = tokio::join!(timeout(REQUEST_WITHIN, said(&listener, &door)), browser);
        assert_eq!(said.unwrap().unwrap(), Said::Allowed("c".to_owned()));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
