//! The ops listener: probes and metrics. It carries no secrets and changes nothing, so it asks for no token; it belongs
//! on an address that only the operator's own machines reach.

mod metrics;
mod probes;
pub(crate) mod process;
mod scrape;

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use raft::Cluster;
use raft::seams::Seams;

use crate::signer::Signer;
use probes::{Check, LIVE, Probes, READY};

pub use metrics::Metrics;
pub use probes::Draining;

/// What the ops listener looks at.
pub struct Ops {
    /// The cluster.
    pub cluster: Cluster,
    /// The node's surroundings: its disk is asked whether it still answers.
    pub seams: Seams,
    /// What signs session tokens.
    pub signer: Arc<Signer>,
    /// The node's counters.
    pub metrics: Arc<Metrics>,
    /// Whether the node goes away.
    pub draining: Draining,
}

#[derive(Clone)]
struct Looks {
    probes: Probes,
    metrics: Arc<Metrics>,
}

/// The routes of the ops listener.
pub fn router(ops: Ops) -> Router {
    let Ops {
        cluster,
        seams,
        signer,
        metrics,
        draining,
    } = ops;
    let looks = Looks {
        probes: Probes {
            cluster,
            seams,
            signer,
            draining,
        },
        metrics,
    };
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(scrape))
        .with_state(looks)
}

async fn livez(State(looks): State<Looks>, query: RawQuery) -> Response {
    probe(&looks.probes, &LIVE, query).await
}

async fn readyz(State(looks): State<Looks>, query: RawQuery) -> Response {
    probe(&looks.probes, &READY, query).await
}

async fn scrape(State(looks): State<Looks>) -> Response {
    match scrape::text(&looks.metrics, &looks.probes.cluster).await {
        Ok(text) => ([(CONTENT_TYPE, scrape::OPENMETRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// What a probe was asked: `?verbose` lists every check, `?exclude=name` leaves one out and may come again.
struct Asked {
    verbose: bool,
    excluded: Vec<String>,
}

impl Asked {
    fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, String> {
        let mut asked = Self {
            verbose: false,
            excluded: Vec::new(),
        };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                "verbose" => asked.verbose = true,
                "exclude" if known.contains(&&*value) => asked.excluded.push(value.into_owned()),
                "exclude" => {
                    return Err(format!(
                        "there is no check of this name; there are {}\n",
                        known.join(", ")
                    ));
                }
                _ => return Err("only ?verbose and ?exclude=CHECK are known\n".to_owned()),
            }
        }
        Ok(asked)
    }
}

async fn probe(probes: &Probes, names: &[&str], RawQuery(query): RawQuery) -> Response {
    let asked = match Asked::parse(query.as_deref(), names) {
        Ok(asked) => asked,
        Err(problem) => return (StatusCode::BAD_REQUEST, problem).into_response(),
    };
    let mut checks = Vec::with_capacity(names.len());
    for name in names
        .iter()
        .filter(|name| !asked.excluded.iter().any(|excluded| excluded == *name))
    {
        checks.extend(probes.check(name).await);
    }
    let well = checks.iter().all(|check| check.problem.is_none());
    let status = if well {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, report(&checks, asked.verbose)).into_response()
}

/// A line for each problem, or for each check if asked; a bare `ok` if there is nothing to say.
fn report(checks: &[Check], verbose: bool) -> String {
    let mut text = String::new();
    for check in checks {
        match &check.problem {
            Some(problem) => writeln!(text, "{}: {problem}", check.name),
            None if verbose => writeln!(text, "{}: ok", check.name),
            None => Ok(()),
        }
        .expect("a String takes all text");
    }
    if text.is_empty() { "ok\n".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, problem: Option<&str>) -> Check {
        Check {
            name,
            problem: problem.map(str::to_owned),
        }
    }

    #[test]
    fn a_report_names_what_is_wrong_and_nothing_else_unless_asked() {
        let checks = [check("storage", None), check("leader", Some("no leader is known"))];
        assert_eq!(report(&checks[..1], false), "ok\n");
        assert_eq!(report(&checks, false), "leader: no leader is known\n");
        assert_eq!(report(&checks, true), "storage: ok\nleader: no leader is known\n");
    }

    #[test]
    fn an_unknown_check_cannot_be_excluded() {
        assert!(Asked::parse(Some("verbose&exclude=leader"), &READY).is_ok_and(|asked| asked.verbose));
        assert!(Asked::parse(Some("exclude=quorum"), &READY).is_err());
        assert!(Asked::parse(Some("foo"), &READY).is_err());
    }
}
