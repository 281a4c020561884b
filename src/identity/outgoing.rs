//! Calls to identity providers: over TLS but on this machine, to addresses that an operator named, no further than that,
//! and bounded in time and size.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use serde::de::DeserializeOwned;

/// How long a connection may take to be made, and a call in all.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
const WITHIN: Duration = Duration::from_secs(8);

/// The most bytes of an answer. Discovery documents and key sets have some thousand.
pub(crate) const ANSWER_BYTES_MAX: usize = 256 * 1_024;

const AGENT: &str = concat!("usher/", env!("CARGO_PKG_VERSION"));

/// Why a provider could not be asked, or what was wrong with its answer. For operators: it holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallFailed {
    #[error("{0} is not an https:// address, nor an http:// address of this machine")]
    Address(String),
    #[error("{url} does not answer: {why}")]
    NoAnswer { url: String, why: String },
    #[error("{url} answers {status}")]
    Status { url: String, status: u16 },
    #[error("{url} answers more than {ANSWER_BYTES_MAX} bytes")]
    TooLong { url: String },
    #[error("{url} answers something that cannot be read: {why}")]
    Unreadable { url: String, why: String },
}

/// An address that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address(Url);

impl Address {
    /// Reads an address that an operator or a provider gave.
    pub(crate) fn parse(text: &str) -> Result<Self, CallFailed> {
        let refused = || CallFailed::Address(text.chars().take(200).collect());
        let url = Url::parse(text).map_err(|_| refused())?;
        let address = Self(url);
        let is_plain = address.0.username().is_empty() && address.0.password().is_none();
        match address.0.scheme() {
            "https" if is_plain && address.0.host().is_some() => Ok(address),
            "http" if is_plain && address.is_here() => Ok(address),
            _ => Err(refused()),
        }
    }

    /// The same for one that a provider names in its discovery document: it must not point a server elsewhere at what
    /// listens on this machine alone.
    pub(crate) fn named_by(self, provider: &Self) -> Result<Self, CallFailed> {
        if self.is_here() && !provider.is_here() {
            return Err(CallFailed::Address(self.0.into()));
        }
        Ok(self)
    }

    /// Whether it is on this machine.
    fn is_here(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost"
            || bare
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address with these parameters behind it.
    pub(crate) fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut url = self.0.clone();
        url.query_pairs_mut().extend_pairs(parameters);
        url.into()
    }
}

/// Makes calls. The clients are set up when the first is made: most servers have no provider.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    far: OnceLock<Client>,
    /// A proxy is for reaching others; this machine is not reached through one.
    here: OnceLock<Client>,
}

/// How a call shows who makes it.
pub(crate) enum Shown<'a> {
    Nothing,
    Bearer(&'a str),
    Basic { id: &'a str, secret: &'a str },
}

impl Outgoing {
    /// Reads what is at an address.
    pub(crate) async fn get(&self, address: &Address, shown: Shown<'_>) -> Result<Vec<u8>, CallFailed> {
        let request = self.client(address)?.get(address.0.clone());
        send(address, show(request, &shown)).await
    }

    /// The same, as JSON.
    pub(crate) async fn get_json<T: DeserializeOwned>(
        &self,
        address: &Address,
        shown: Shown<'_>,
    ) -> Result<T, CallFailed> {
        read(address, &self.get(address, shown).await?)
    }

    /// Sends a form and reads the answer as JSON.
    pub(crate) async fn post_form<T: DeserializeOwned>(
        &self,
        address: &Address,
        shown: Shown<'_>,
        form: &[(&str, &str)],
    ) -> Result<T, CallFailed> {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let request = self.client(address)?.post(address.0.clone());
        let request = request
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        read(address, &send(address, show(request, &shown)).await?)
    }

    fn client(&self, address: &Address) -> Result<&Client, CallFailed> {
        let (kept, is_here) = if address.is_here() {
            (&self.here, true)
        } else {
            (&self.far, false)
        };
        if let Some(client) = kept.get() {
            return Ok(client);
        }
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .timeout(WITHIN);
        if is_here {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| no_answer(address, &error))?;
        Ok(kept.get_or_init(|| client))
    }
}

fn show(request: RequestBuilder, shown: &Shown<'_>) -> RequestBuilder {
    match shown {
        Shown::Nothing => request,
        Shown::Bearer(token) => request.bearer_auth(token),
        // RFC 6749, section 2.3.1: both are encoded as in a form.
        Shown::Basic { id, secret } => {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            request.basic_auth(encoded(id), Some(encoded(secret)))
        }
    }
}

async fn send(address: &Address, request: RequestBuilder) -> Result<Vec<u8>, CallFailed> {
    let request = request.header(ACCEPT, "application/json").header(USER_AGENT, AGENT);
    let mut answer = request.send().await.map_err(|error| no_answer(address, &error))?;
    if !answer.status().is_success() {
        let status = answer.status().as_u16();
        return Err(CallFailed::Status {
            url: url(address),
            status,
        });
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| no_answer(address, &error))? {
        if bytes.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(CallFailed::TooLong { url: url(address) });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn read<T: DeserializeOwned>(address: &Address, bytes: &[u8]) -> Result<T, CallFailed> {
    serde_json::from_slice(bytes).map_err(|error| CallFailed::Unreadable {
        url: url(address),
        why: error.to_string(),
    })
}

/// The address for a log: what follows the path may be a secret.
fn url(address: &Address) -> String {
    let mut url = address.0.clone();
    url.set_query(None);
    url.into()
}

fn no_answer(address: &Address, error: &reqwest::Error) -> CallFailed {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let why = if error.is_timeout() {
        "not within 8 s".to_owned()
    } else {
        cause.to_string()
    };
    CallFailed::NoAnswer { url: url(address), why }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn addresses_are_https_but_on_this_machine() {
        for good in [
            "https://id.example/realms/acme",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080",
            "http://localhost/x",
        ] {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example",
            "http://10.0.0.1/",
            "http://localhost.example/",
            "https://user:password@id.example",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "id.example",
            "",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_provider_elsewhere_names_no_address_of_this_machine() {
        let named = |text, by| Address::parse(text).unwrap().named_by(&Address::parse(by).unwrap());
        assert!(named("https://127.0.0.1/keys", "https://id.example").is_err());
        assert!(named("https://keys.example/", "https://id.example").is_ok());
        assert!(named("http://127.0.0.1:1/keys", "http://localhost:2").is_ok());
    }
}
