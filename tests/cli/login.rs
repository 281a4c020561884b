//! `usher login`: what a person does in the browser is done here without one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use reqwest::{Client, Url};
use serde_json::{Value, json};

use crate::usher::{DEADLINE, Dev, Ended, Process};

const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in to the console.
struct Person<'a> {
    dev: &'a Dev,
    http: Client,
    cookie: String,
}

impl<'a> Person<'a> {
    async fn new(dev: &'a Dev) -> Self {
        let made = dev.usher("person create ann@example.com Ann --role owner -o json");
        let link = made.expect_code(0).json()["link"].as_str().unwrap().to_owned();
        let http = Client::builder().no_proxy().timeout(DEADLINE).build().unwrap();
        let post = |path: &str, body: Value| http.post(format!("{}/api/v1{path}", dev.fact("url"))).json(&body);
        let secret = link.split_once('#').unwrap().1;
        let set_up = post("/setup", json!({"secret": secret, "password": PASSWORD}));
        assert_eq!(set_up.send().await.unwrap().status(), 200);
        let login = post("/logins", json!({"email": "ann@example.com", "password": PASSWORD}));
        let login = login.send().await.unwrap();
        let cookie = login.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap();
        Self {
            dev,
            cookie: cookie.to_owned(),
            http,
        }
    }

    /// Presses the button on the page: the code for its challenge.
    async fn allow(&self, page: &Page) -> String {
        let call = self
            .http
            .post(format!("{}/api/v1/me/login-codes", self.dev.fact("url")));
        let call = call
            .header("Cookie", &self.cookie)
            .header("Sec-Fetch-Site", "same-origin");
        let answer = call
            .json(&json!({"challenge": page.said("challenge")}))
            .send()
            .await
            .unwrap();
        let made: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        made["code"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    /// Goes where the page sends the browser.
    async fn go(&self, page: &Page, said: &[(&str, &str)]) -> u16 {
        let back = format!("http://127.0.0.1:{}/", page.said("port"));
        let back = Url::parse_with_params(&back, said).unwrap();
        self.http.get(back).send().await.unwrap().status().as_u16()
    }
}

/// The address that the command prints.
struct Page(Url);

impl Page {
    fn said(&self, name: &str) -> String {
        let mut pairs = self.0.query_pairs();
        pairs.find(|(known, _)| known == name).unwrap().1.into_owned()
    }
}

/// Begins to sign in.
fn begin(dev: &Dev) -> (Process, Page) {
    let mut command = dev.command("login --no-browser");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| Url::parse(line.trim()).ok().filter(|url| url.path() == "/allow"));
    let page = Page(address.expect("the address is printed"));
    assert!(page.0.as_str().starts_with(dev.fact("url")), "{}", page.0);
    (Process(child), page)
}

fn end(Process(child): &mut Process) -> Ended {
    let ended = child.wait().unwrap();
    let text = |stream: Option<&mut dyn std::io::Read>| {
        let mut text = String::new();
        stream.unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let Child { stdout, stderr, .. } = child;
    Ended {
        code: ended.code().unwrap(),
        out: text(stdout.as_mut().map(|out| out as _)),
        err: text(stderr.as_mut().map(|err| err as _)),
    }
}

#[tokio::test]
async fn a_token_comes_of_what_is_allowed_and_takes_a_seat_for_its_person() {
    let dev = Dev::start();
    let ann = Person::new(&dev).await;
    let (mut login, page) = begin(&dev);
    let (state, code) = (page.said("state"), ann.allow(&page).await);
    // Others who find the port have not the state, and are no reason to stop.
    assert_eq!(ann.go(&page, &[("code", &code), ("state", "another")]).await, 404);
    assert_eq!(ann.go(&page, &[("code", &code)]).await, 404);
    assert_eq!(ann.go(&page, &[("code", &code), ("state", &state)]).await, 200);
    let token = end(&mut login).expect_code(0).out;

    dev.usher("plan create coditect by-user --seats 1 --holder user")
        .expect_code(0);
    let license = dev.usher("license create --plan coditect:by-user --customer EXAMPLE-1 -o json");
    let key = license.expect_code(0).json()["license_key"]
        .as_str()
        .unwrap()
        .to_owned();
    let run = format!("run --license-key {key}");
    let refused = dev.usher(&format!("{run} -- true")).expect_code(1);
    assert!(refused.err.contains("usher login"), "{refused:?}");
    let inside = format!("-- {} session list -o json", env!("CARGO_BIN_EXE_usher"));
    let mut command = dev.command(&format!("{run} {inside}"));
    let ran = Ended::from(command.env("USHER_JWT_TOKEN", token.trim()).output().unwrap());
    let sessions = ran.expect_code(0).json();
    assert_eq!(sessions["items"][0]["user"]["email"], "ann@example.com");
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_waited_for() {
    let dev = Dev::start();
    let ann = Person::new(&dev).await;
    let (mut login, page) = begin(&dev);
    let code = ann.allow(&page).await;
    // Others on this address have guessed at codes.
    let guess = json!({"code": "guess", "verifier": "v".repeat(43)});
    let url = format!("{}/api/v1/user-tokens", dev.fact("url"));
    while ann.http.post(&url).json(&guess).send().await.unwrap().status() != 429 {}
    assert_eq!(
        ann.go(&page, &[("code", &code), ("state", &page.said("state"))]).await,
        200
    );
    let ended = end(&mut login).expect_code(0);
    assert!(
        ended.err.contains("asks to wait") && ended.err.contains("good until 2"),
        "{ended:?}"
    );
    assert!(ended.out.starts_with("eyJ"), "{ended:?}");
}

#[tokio::test]
async fn what_is_not_allowed_gives_no_token() {
    let dev = Dev::start();
    let ann = Person::new(&dev).await;
    let (mut login, page) = begin(&dev);
    let said = [("error", "access_denied"), ("state", &*page.said("state"))];
    assert_eq!(ann.go(&page, &said).await, 200);
    let ended = end(&mut login).expect_code(1);
    assert!(ended.out.is_empty() && ended.err.contains("not allowed"), "{ended:?}");

    // A code that was given for another command's secret is worth nothing to this one.
    let (mut one, page_of_one) = begin(&dev);
    let (_other, page_of_another) = begin(&dev);
    let code = ann.allow(&page_of_another).await;
    let said = [("code", &*code), ("state", &*page_of_one.said("state"))];
    assert_eq!(ann.go(&page_of_one, &said).await, 200);
    let ended = end(&mut one).expect_code(1);
    assert!(
        ended.out.is_empty() && ended.err.contains("Run `usher login` again"),
        "{ended:?}"
    );
}
