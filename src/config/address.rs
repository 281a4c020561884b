//! Where a server is: a host and a port, and the URL of an API.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::values::{TlsMode, Value};

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    port: u16,
}

impl Address {
    /// Reads `host:port`; an IPv6 address stands in brackets.
    ///
    /// # Errors
    ///
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        <Self as Value>::read(text).ok_or_else(|| format!("expected {}", <Self as Value>::allowed()))
    }

    /// The host: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 0 takes a free one when listening.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// Whether it stands for all addresses of this machine, which nobody can connect to.
    pub fn is_unspecified(&self) -> bool {
        is_unspecified(&self.host)
    }
}

/// A host as certificates and the system name it: an IPv6 address without the brackets that it has beside a port.
pub(super) fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

fn is_unspecified(host: &str) -> bool {
    bare(host)
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_unspecified())
}

fn is_loopback(host: &str) -> bool {
    let host = bare(host);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Value for Address {
    const EXAMPLE: &'static str = "usher-1.example:4601";

    fn allowed() -> String {
        "host:port, such as 127.0.0.1:4600, usher-1.example:4600 or [::1]:4600".to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok()?;
        is_host(host).then(|| Self {
            host: host.to_owned(),
            port,
        })
    }
}

/// Whether it is a name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_name = || (1..=253).contains(&text.len()) && text.bytes().all(plain);
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bracketed.map_or_else(is_name, |address| address.parse::<Ipv6Addr>().is_ok())
}

/// The longest URL that the ledger keeps for a node.
const URL_CHARS_MAX: usize = 200;

/// The URL of an API: a scheme, a host and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl(String);

impl ApiUrl {
    /// Reads `https://host`, perhaps with a port or a slash at its end.
    ///
    /// # Errors
    ///
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        <Self as Value>::read(text).ok_or_else(|| format!("expected {}", <Self as Value>::allowed()))
    }

    /// The URL of an API that listens at `address`.
    pub fn of(address: &Address, tls: TlsMode) -> Self {
        let scheme = if tls == TlsMode::On { "https" } else { "http" };
        Self(format!("{scheme}://{address}"))
    }

    /// The URL, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host: a name or an address, as a certificate names it.
    pub fn host(&self) -> &str {
        let (_, rest) = self.0.split_once("://").expect("a URL is only made with a scheme");
        let host = rest.rsplit_once(':').map_or(rest, |(host, _)| host);
        bare(if is_host(rest) { rest } else { host })
    }

    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.host())
    }

    /// Whether its host stands for all addresses of a machine, which nobody can connect to.
    pub fn is_unspecified(&self) -> bool {
        is_unspecified(self.host())
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for ApiUrl {
    const EXAMPLE: &'static str = "https://usher-1.example:4600";

    fn allowed() -> String {
        format!("http:// or https://, a host and perhaps a port, without a path, of at most {URL_CHARS_MAX} characters")
    }

    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.strip_suffix('/').unwrap_or(text).split_once("://")?;
        let reachable = is_host(rest) || Address::read(rest).is_some_and(|address| address.port != 0);
        let url = Self(format!("{scheme}://{rest}"));
        (matches!(scheme, "http" | "https") && reachable && url.0.len() <= URL_CHARS_MAX).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_a_host_and_a_port() {
        for text in ["127.0.0.1:4600", "[::1]:0", "usher-1.example:1", "localhost:65535"] {
            assert_eq!(
                Address::read(text).map(|address| address.to_string()).as_deref(),
                Some(text)
            );
        }
        for text in [
            "",
            "4600",
            ":4600",
            "host:",
            "host:65536",
            "::1:4600",
            "http://host:1",
            "a b:1",
            "[::g]:1",
        ] {
            assert_eq!(Address::read(text), None, "{text}");
        }
    }

    #[test]
    fn loopback_and_unspecified_addresses_are_told_apart() {
        let address = |text| Address::read(text).expect("an address");
        assert!(address("[::1]:1").is_loopback() && address("localhost:1").is_loopback());
        assert!(address("0.0.0.0:1").is_unspecified() && address("[::]:1").is_unspecified());
        assert!(!address("10.0.0.1:1").is_loopback() && !address("usher:1").is_unspecified());
    }

    #[test]
    fn an_api_url_has_no_path() {
        for (text, host) in [
            ("https://usher.example", "usher.example"),
            ("http://127.0.0.1:4600", "127.0.0.1"),
            ("https://[::1]:4600", "::1"),
            ("https://[::1]", "::1"),
        ] {
            let url = ApiUrl::read(&format!("{text}/")).expect("a URL");
            assert_eq!((url.as_str(), url.host()), (text, host));
        }
        for text in [
            "",
            "usher.example",
            "usher:4600",
            "ftp://usher",
            "https://usher/api",
            "https://usher?a",
            "https://u@usher",
            "https://usher:0",
            "https://",
        ] {
            assert_eq!(ApiUrl::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_url_that_the_ledger_does_not_keep_is_refused_at_once() {
        let of = |chars: usize| format!("https://{}", "a".repeat(chars - "https://".len()));
        assert!(ApiUrl::read(&of(200)).is_some());
        assert!(ApiUrl::parse(&of(201)).is_err_and(|expected| expected.contains("at most 200 characters")));
    }
}
