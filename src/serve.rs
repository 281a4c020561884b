//! The accept loop: from a listener to the router, with a bound on everything a stranger could use up.
//!
//! It works on the seams' [`Listener`], so the same loop serves in the simulation.

mod activity;
pub mod descriptors;
mod places;

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use raft::seams::{BoxStream, Listener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tower::ServiceExt;

use crate::ops::Metrics;
use crate::tls::ApiTls;
use activity::{Activity, Watched};
use places::{Place, Places};

pub(crate) use places::source_of;

/// How long to wait after the system could not give a connection, such as for want of file handles.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// How long a connection that is told to end may take.
const END_WITHIN: Duration = Duration::from_secs(5);

/// How long until a connection that answers a request is looked at again.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Where a request comes from; every request carries it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// How a listener speaks.
#[derive(Debug, Clone)]
pub enum Transport {
    /// HTTPS.
    Tls(Arc<ApiTls>),
    /// HTTP, only if the listener is bound to a loopback address: license keys must not cross a network in the clear.
    PlainOnLoopback,
    /// HTTP anywhere: for probes and metrics, which carry no secrets.
    Plain,
}

/// What connections may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServeLimits {
    /// How long a TLS handshake may take.
    pub handshake_within: Duration,
    /// How long a request's head may take from its first byte.
    pub head_within: Duration,
    /// How long a connection may be quiet.
    pub idle_max: Duration,
    /// How long requests may go on once the server shuts down.
    pub drain_within: Duration,
    /// The most connections at once.
    pub connections_max: usize,
    /// The most connections at once from one address.
    pub connections_per_source_max: usize,
    /// The most requests at once on one HTTP/2 connection.
    pub streams_max: u32,
    /// The largest head of a request in bytes.
    pub head_bytes_max: u32,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            handshake_within: Duration::from_secs(10),
            head_within: Duration::from_secs(10),
            idle_max: Duration::from_secs(75),
            drain_within: Duration::from_secs(10),
            connections_max: 16_384,
            connections_per_source_max: 4_096,
            streams_max: 256,
            head_bytes_max: 64 * 1024,
        }
    }
}

/// Why a listener cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is open to a network, but there is no TLS.
    #[error(
        "{0} can be reached from other machines, but the API speaks no TLS: set api.tls to on, or listen on 127.0.0.1"
    )]
    PlainBeyondLoopback(SocketAddr),
    /// The listener does not say where it is.
    #[error("the listener's address is not known: {0}")]
    Address(#[source] std::io::Error),
}

struct Shared {
    transport: Transport,
    router: Router,
    limits: ServeLimits,
    builder: auto::Builder<TokioExecutor>,
    metrics: Arc<Metrics>,
}

/// Serves `router` until `shutdown` comes, then lets requests that have begun end within their time.
pub async fn serve(
    listener: Box<dyn Listener>,
    transport: Transport,
    router: Router,
    limits: ServeLimits,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Address)?;
    if matches!(transport, Transport::PlainOnLoopback) && !address.ip().to_canonical().is_loopback() {
        return Err(ServeError::PlainBeyondLoopback(address));
    }
    let shared = Arc::new(Shared {
        transport,
        router,
        limits,
        builder: builder(&limits),
        metrics,
    });
    let places = Places::new(limits.connections_max, limits.connections_per_source_max);
    let (drain, draining) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, from) = accept(&*listener) => match places.take(from.ip()) {
                Ok(place) => {
                    connections.spawn(Arc::clone(&shared).connection(stream, from, place, draining.clone()));
                }
                Err(reason) => shared.metrics.connection_refused(reason.name()),
            },
        }
    }
    drop(listener);
    drain.send_replace(true);
    let drained = timeout(limits.drain_within, async {
        while connections.join_next().await.is_some() {}
    })
    .await;
    if drained.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests went on too long and were cut off"
        );
    }
    connections.shutdown().await;
    Ok(())
}

/// The next connection. An error is the connection's or the system's, never the listener's end.
async fn accept(listener: &dyn Listener) -> (BoxStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
}

fn builder(limits: &ServeLimits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        // The API dates its answers itself, by the node's clock.
        .auto_date_header(false)
        .timer(TokioTimer::new())
        // `Activity` tells a slow head from a quiet connection; this is the second line.
        .header_read_timeout(limits.idle_max)
        .max_buf_size(limits.head_bytes_max as usize);
    builder
        .http2()
        .auto_date_header(false)
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams_max)
        .max_header_list_size(limits.head_bytes_max)
        .keep_alive_interval(limits.idle_max / 3)
        .keep_alive_timeout(limits.head_within);
    builder
}

impl Shared {
    async fn connection(
        self: Arc<Self>,
        stream: BoxStream,
        from: SocketAddr,
        place: Place,
        mut draining: watch::Receiver<bool>,
    ) {
        let _open = self.metrics.connection_opened();
        let Some(stream) = self.secured(stream, from).await else {
            return;
        };
        let activity = Activity::new(self.limits.head_within, self.limits.idle_max);
        let io = TokioIo::new(Watched {
            stream,
            activity: Arc::clone(&activity),
        });
        let watched = Arc::clone(&activity);
        let service = service_fn(|request: Request<Incoming>| {
            let answering = watched.request(&request);
            let answer = self.router.clone().oneshot(with_peer(request, from));
            async move {
                let response = answer.await;
                drop(answering);
                response
            }
        });
        let mut connection = pin!(self.builder.serve_connection(io, service));
        let mut timer = pin!(sleep(self.limits.head_within));
        let ended = tokio::select! {
            biased;
            result = connection.as_mut() => Some(result),
            () = quiet_for_too_long(&activity, timer.as_mut()) => None,
            _ = draining.wait_for(|draining| *draining) => None,
        };
        let ended = if let Some(result) = ended {
            result
        } else {
            connection.as_mut().graceful_shutdown();
            let end_within = if *draining.borrow() {
                self.limits.drain_within
            } else {
                END_WITHIN
            };
            timeout(end_within, connection).await.unwrap_or(Ok(()))
        };
        if let Err(error) = ended {
            tracing::debug!(%from, error, "a connection ended with an error");
        }
        drop(place);
    }

    /// The stream to speak HTTP on; `None` if the other side does not speak TLS in time.
    async fn secured(&self, stream: BoxStream, from: SocketAddr) -> Option<BoxStream> {
        let Transport::Tls(tls) = &self.transport else {
            return Some(stream);
        };
        match timeout(self.limits.handshake_within, tls.accept(stream)).await {
            Ok(Ok(stream)) => Some(Box::new(stream)),
            Ok(Err(error)) => {
                tracing::debug!(%from, %error, "a TLS handshake failed");
                self.metrics.connection_refused("handshake_failed");
                None
            }
            Err(_) => {
                self.metrics.connection_refused("handshake_slow");
                None
            }
        }
    }
}

fn with_peer(mut request: Request<Incoming>, from: SocketAddr) -> Request<Body> {
    request.extensions_mut().insert(Peer(from));
    request.map(Body::new)
}

/// Waits until the connection's deadline has passed. The timer is moved only when it would ring too late or rang too
/// early, so a busy connection costs no timer at all.
async fn quiet_for_too_long(activity: &Activity, mut timer: Pin<&mut Sleep>) {
    poll_fn(|cx| {
        loop {
            let deadline = activity.deadline();
            if let Some(deadline) = deadline.filter(|deadline| *deadline < timer.deadline()) {
                timer.as_mut().reset(deadline);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            match deadline {
                Some(deadline) if deadline <= Instant::now() => return Poll::Ready(()),
                Some(deadline) => timer.as_mut().reset(deadline),
                None => timer.as_mut().reset(Instant::now() + LOOK_AGAIN_AFTER),
            }
        }
    })
    .await;
}
