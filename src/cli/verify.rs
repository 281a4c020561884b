//! `usher verify`: check a session token without a network, as every client does.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use jiff::Timestamp;
use raft::seams::{Clock, SystemClock};
use serde_json::{Value, json};
use trust::{EntitlementValue, Expectations, FingerprintHash, ProductCode, RootSet, SessionClaims, UnixSeconds};
use trust::{OfflineMode, VerifiedSession, verify_session};

use super::Answered;
use super::failure::Failure;
use super::output::{Cell, Output, Style};
use super::words::{self, at};

/// The largest input that can hold a token and its chain, with room to spare.
const INPUT_BYTES_MAX: u64 = 256 * 1024;

/// Check a session token without a network
///
/// Is it from a server that the vendor certified, and is it still good? Takes what acquire or a heartbeat answered,
/// which holds the token and its chain of certificates, and needs the vendor's root file beside it. A bare token needs
/// --chain too. Exit code 0: the token is genuine and good at this time, perhaps in its offline grace. 1: it is not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher verify answer.json --root vendor-root.json      the JSON that acquire answered
  curl … | usher verify - --root vendor-root.json
  usher verify eyJhbGci… --chain chain.json --root vendor-root.json --product coditect")]
pub(super) struct Verify {
    /// The JSON that acquire or a heartbeat answered: FILE, @FILE, or - for standard input; or a bare TOKEN with --chain
    #[arg(value_name = "FILE|-|TOKEN")]
    token: String,

    /// The vendor's root file, from the vendor and never from the server
    #[arg(long, env = "USHER_ROOT", value_name = "FILE")]
    root: PathBuf,

    /// The certificates, unless they stand beside the token: JSON, or one certificate per line
    #[arg(long, value_name = "FILE")]
    chain: Option<PathBuf>,

    /// The product the token must be for
    #[arg(long, value_name = "CODE")]
    product: Option<ProductCode>,

    /// The hardware id that the seat must have been acquired with
    #[arg(long, value_name = "ID")]
    hardware_id: Option<String>,

    /// The time to check for, instead of now
    #[arg(long, value_name = "TIME", value_parser = words::time)]
    at: Option<Timestamp>,
}

/// A token with what stood beside it.
struct Found {
    token: String,
    chain: Option<Vec<String>>,
}

/// What a genuine token is worth at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Early,
    Good,
    InGrace,
    Ended,
}

impl Verify {
    pub(super) fn run(self, output: Output) -> Answered {
        let now = match self.at {
            Some(at) => u64::try_from(at.as_second()).context("--at: a time before 1970")?,
            None => SystemClock.unix_ms() / 1_000,
        };
        let roots = read_text(&self.root).context("--root")?;
        let roots = RootSet::parse(&roots).with_context(|| format!("--root: {}", self.root.display()))?;
        let found = find(&self.token)?;
        let chain = match &self.chain {
            Some(path) => read_chain(&read_text(path).context("--chain")?).context("--chain")?,
            None => found.chain.context(
                "there is no chain beside the token: give the whole JSON answer of acquire or heartbeat, or the \
                     certificates with --chain FILE",
            )?,
        };
        let expectations = Expectations {
            now: UnixSeconds::new(now),
            product: self.product.clone(),
            fingerprint: self.hardware_id.as_deref().map(FingerprintHash::of),
            seq_min: None,
        };
        let verified = verify_session(&found.token, &chain, &roots, &expectations);
        let verified = verified.context("the token is not good")?;
        let standing = Standing::of(&verified.claims, now);
        output.answer(&for_programs(&verified, standing), |page| {
            let (style, words) = standing.in_words(&verified.claims);
            let mut lines = vec![("token", Cell::new(words).styled(style))];
            lines.extend(for_people(&verified));
            page.details(&lines)
        })?;
        match standing {
            Standing::Good | Standing::InGrace => Ok(()),
            Standing::Early | Standing::Ended => Err(Failure::Code(1)),
        }
    }
}

impl Standing {
    fn of(claims: &SessionClaims, now: u64) -> Self {
        match now {
            _ if now + trust::CLOCK_TOLERANCE.get() < claims.issued_at.get() => Self::Early,
            _ if now < claims.expires_at.get() => Self::Good,
            _ if now < claims.grace_ends_at.get() => Self::InGrace,
            _ => Self::Ended,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Good => "good",
            Self::InGrace => "grace",
            Self::Ended => "ended",
        }
    }

    fn in_words(self, claims: &SessionClaims) -> (Style, String) {
        let (expires, grace) = (at(claims.expires_at), at(claims.grace_ends_at));
        match self {
            Self::Early => (
                Style::Bad,
                format!("genuine, but it was issued later, at {}", at(claims.issued_at)),
            ),
            Self::Good => (Style::Good, format!("genuine, good until {expires}")),
            Self::InGrace => (
                Style::Warning,
                format!("genuine, in offline grace since {expires} until {grace}"),
            ),
            Self::Ended => (Style::Bad, format!("genuine, but it ended at {grace}")),
        }
    }
}

const fn mode(mode: OfflineMode) -> &'static str {
    match mode {
        OfflineMode::Strict => "strict",
        OfflineMode::Lenient => "lenient",
        OfflineMode::Reserved => "reserved",
    }
}

fn entitlement((name, value): (&String, &EntitlementValue)) -> String {
    match value {
        EntitlementValue::Granted => name.clone(),
        EntitlementValue::Integer(number) => format!("{name}={number}"),
        EntitlementValue::Text(text) => format!("{name}={text}"),
    }
}

fn for_people(VerifiedSession { claims, chain }: &VerifiedSession) -> Vec<(&'static str, Cell)> {
    let certificate = chain.leaf();
    vec![
        ("product", Cell::new(claims.product.to_string())),
        ("plan", Cell::new(claims.plan.to_string())),
        ("license", Cell::new(claims.license.to_string())),
        ("customer", Cell::new(claims.customer.to_string())),
        ("session", Cell::new(claims.session.to_string())),
        ("seq", Cell::new(claims.seq.to_string())),
        ("issued", Cell::new(at(claims.issued_at))),
        ("expires", Cell::new(at(claims.expires_at))),
        ("grace ends", Cell::new(at(claims.grace_ends_at))),
        ("offline", Cell::new(mode(claims.offline))),
        ("heartbeat", Cell::new(words::span(claims.heartbeat.get()))),
        (
            "entitlements",
            Cell::new(
                claims
                    .entitlements
                    .iter()
                    .map(entitlement)
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        ),
        ("cluster", Cell::new(certificate.cluster.to_string())),
        (
            "certified by",
            Cell::new(chain.certificates().next().unwrap_or(certificate).issuer.to_string()),
        ),
        ("certified until", Cell::new(at(certificate.limits.expires_at))),
    ]
}

fn for_programs(VerifiedSession { claims, chain }: &VerifiedSession, standing: Standing) -> Value {
    let chain: Vec<_> = chain.certificates().collect();
    json!({"verified": true, "standing": standing.word(), "claims": claims, "certificates": chain})
}

fn find(given: &str) -> anyhow::Result<Found> {
    if given == "-" {
        let mut text = String::new();
        std::io::stdin()
            .take(INPUT_BYTES_MAX)
            .read_to_string(&mut text)
            .context("standard input")?;
        return read_found(&text).context("standard input");
    }
    let path = given.strip_prefix('@');
    if path.is_none() && given.split('.').count() == 3 && !Path::new(given).exists() {
        return Ok(Found {
            token: given.to_owned(),
            chain: None,
        });
    }
    let path = Path::new(path.unwrap_or(given));
    read_found(&read_text(path)?).with_context(|| path.display().to_string())
}

/// The token in a text: by itself, or in acquire's JSON answer.
fn read_found(text: &str) -> anyhow::Result<Found> {
    let text = text.trim();
    if !text.starts_with('{') {
        return Ok(Found {
            token: text.to_owned(),
            chain: None,
        });
    }
    let answer: Value = serde_json::from_str(text).context("this is not JSON")?;
    let token = answer["signed_token"].as_str();
    let token = token.ok_or_else(|| anyhow!("there is no `signed_token`; give the answer of acquire or heartbeat"))?;
    let chain = answer.get("chain").map(texts).transpose().context("chain")?;
    Ok(Found {
        token: token.to_owned(),
        chain,
    })
}

/// Certificates as JSON (a list, or an object with a `chain`), or one per line.
pub(super) fn read_chain(text: &str) -> anyhow::Result<Vec<String>> {
    let text = text.trim();
    match text.chars().next() {
        Some('[') => texts(&serde_json::from_str(text)?),
        Some('{') => texts(&serde_json::from_str::<Value>(text)?["chain"]),
        _ => Ok(text
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect()),
    }
}

fn texts(value: &Value) -> anyhow::Result<Vec<String>> {
    let list = value.as_array().context("expected a list of certificates")?;
    let text = |item: &Value| item.as_str().map(str::to_owned).context("a certificate is a text");
    list.iter().map(text).collect()
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let cannot = || format!("{} cannot be read", path.display());
    let size = std::fs::metadata(path).with_context(cannot)?.len();
    if size > INPUT_BYTES_MAX {
        bail!(
            "{} has {size} bytes, far more than a token and its chain",
            path.display()
        );
    }
    std::fs::read_to_string(path).with_context(cannot)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    #[test]
    fn a_token_is_found_by_itself_and_in_an_answer() {
        assert_eq!(read_found(" a.b.c\n").unwrap().token, "a.b.c");
        let found = read_found(r#"{"signed_token": "a.b.c", "chain": ["d.e.f"], "more": 1}"#).unwrap();
        assert_eq!(
            (found.token.as_str(), found.chain.unwrap()),
            ("a.b.c", vec!["d.e.f".to_owned()])
        );
        assert!(read_found(r#"{"chain": []}"#).is_err());
        assert!(read_found(r#"{"signed_token": "a.b.c", "chain": [1]}"#).is_err());
    }

    #[test]
    fn a_chain_is_json_or_lines() {
        for text in ["[\"a.b.c\"]", "{\"chain\": [\"a.b.c\"]}", "a.b.c\n\n"] {
            assert_eq!(read_chain(text).unwrap(), ["a.b.c"], "{text}");
        }
        assert!(read_chain("{}").is_err());
    }
}
