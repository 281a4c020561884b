//! What a connection is doing, and for how long it may: so that nobody holds a place by doing nothing.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::{Request, Version};
use raft::seams::BoxStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// A connection's state, shared by its bytes and its requests.
#[derive(Debug)]
pub(super) struct Activity {
    head_within: Duration,
    idle_max: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Requests being answered.
    requests: usize,
    /// When it last had nothing to do.
    idle_since: Instant,
    /// When the bytes of a request began to come that is not complete yet.
    head_since: Option<Instant>,
    /// Whether it is HTTP/2, whose bytes between requests are no beginning of one.
    multiplexed: bool,
}

impl Activity {
    pub(super) fn new(head_within: Duration, idle_max: Duration) -> Arc<Self> {
        let state = State {
            requests: 0,
            idle_since: Instant::now(),
            head_since: None,
            multiplexed: false,
        };
        Arc::new(Self {
            head_within,
            idle_max,
            state: Mutex::new(state),
        })
    }

    /// When the connection has done nothing for too long; `None` while it answers a request.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        match (state.requests, state.head_since) {
            (0, Some(head_since)) => Some(head_since + self.head_within),
            (0, None) => Some(state.idle_since + self.idle_max),
            _ => None,
        }
    }

    /// Notes a request for as long as the answer is held.
    pub(super) fn request<B>(self: &Arc<Self>, request: &Request<B>) -> Answering {
        let mut state = self.state();
        state.requests += 1;
        state.head_since = None;
        state.multiplexed = request.version() == Version::HTTP_2;
        Answering(Arc::clone(self))
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if state.requests == 0 && !state.multiplexed && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held while a request is being answered.
#[derive(Debug)]
pub(super) struct Answering(Arc<Activity>);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.requests -= 1;
        state.idle_since = Instant::now();
    }
}

/// A stream whose bytes are noticed.
pub(super) struct Watched {
    pub(super) stream: BoxStream,
    pub(super) activity: Arc<Activity>,
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, out: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = out.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, out);
        if out.filled().len() > before {
            self.activity.bytes_came();
        }
        read
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD_WITHIN: Duration = Duration::from_secs(10);
    const IDLE_MAX: Duration = Duration::from_secs(75);

    #[tokio::test(start_paused = true)]
    async fn a_begun_request_has_less_time_than_a_quiet_connection() {
        let activity = Activity::new(HEAD_WITHIN, IDLE_MAX);
        let start = Instant::now();
        assert_eq!(activity.deadline(), Some(start + IDLE_MAX));
        tokio::time::advance(Duration::from_secs(5)).await;
        activity.bytes_came();
        tokio::time::advance(Duration::from_secs(5)).await;
        activity.bytes_came();
        assert_eq!(activity.deadline(), Some(start + Duration::from_secs(5) + HEAD_WITHIN));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_takes_the_time_it_takes() {
        let activity = Activity::new(HEAD_WITHIN, IDLE_MAX);
        activity.bytes_came();
        let answering = activity.request(&Request::new(()));
        assert_eq!(activity.deadline(), None);
        tokio::time::advance(Duration::from_secs(100)).await;
        drop(answering);
        assert_eq!(activity.deadline(), Some(Instant::now() + IDLE_MAX));
    }

    #[tokio::test(start_paused = true)]
    async fn a_ping_on_http2_begins_no_request() {
        let activity = Activity::new(HEAD_WITHIN, IDLE_MAX);
        let mut request = Request::new(());
        *request.version_mut() = Version::HTTP_2;
        drop(activity.request(&request));
        let idle = activity.deadline();
        tokio::time::advance(Duration::from_secs(1)).await;
        activity.bytes_came();
        assert_eq!(activity.deadline(), idle);
    }
}
