//! A simulated node's surroundings: turmoil's network, clocks that may be wrong, randomness from the seed.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use raft::seams::{BoxFuture, BoxStream, Clock, Entropy, Listener, Net};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use turmoil::net::{TcpListener, TcpStream};

use super::world::{Trace, World};

/// Where simulated time begins, milliseconds since 1970.
pub(super) const EPOCH_MS: u64 = 1_800_000_000_000;

fn elapsed_ms() -> u64 {
    turmoil::sim_elapsed().map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

/// A node's clocks: both run at a settable speed, and the wall clock is off by a settable amount.
#[derive(Debug, Default)]
pub(super) struct SimulatedClock {
    /// How far the wall clock is off, in milliseconds.
    pub(super) off_by_ms: AtomicI64,
    speed: Mutex<Speed>,
}

/// How fast a clock runs since its speed last changed.
#[derive(Debug, Default)]
struct Speed {
    /// By how many millionths it is fast.
    drift_ppm: i64,
    /// When that began, by true time.
    since_ms: u64,
    /// What the clock showed then.
    showed_ms: u64,
}

impl Speed {
    fn shows_ms(&self) -> u64 {
        let passed = elapsed_ms().saturating_sub(self.since_ms);
        let gained = i64::try_from(passed).unwrap_or(i64::MAX).saturating_mul(self.drift_ppm) / 1_000_000;
        (self.showed_ms + passed).saturating_add_signed(gained)
    }
}

impl SimulatedClock {
    /// Lets both clocks be so many millionths fast from now on.
    pub(super) fn drift(&self, drift_ppm: i64) {
        let mut speed = self.speed();
        *speed = Speed {
            drift_ppm,
            since_ms: elapsed_ms(),
            showed_ms: speed.shows_ms(),
        };
    }

    fn speed(&self) -> MutexGuard<'_, Speed> {
        self.speed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimulatedClock {
    fn unix_ms(&self) -> u64 {
        (EPOCH_MS + self.boot_ms()).saturating_add_signed(self.off_by_ms.load(Ordering::Relaxed))
    }

    fn boot_ms(&self) -> u64 {
        self.speed().shows_ms()
    }
}

/// Random numbers of the world's seed.
#[derive(Debug)]
pub(super) struct SimulatedEntropy(pub(super) Arc<World>);

impl Entropy for SimulatedEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let word = self.0.draw().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }
}

/// turmoil's network.
#[derive(Debug)]
pub(super) struct SimulatedNet(pub(super) Arc<World>);

struct SimulatedListener(TcpListener, Arc<World>);

impl Net for SimulatedNet {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<BoxStream>> {
        Box::pin(async move {
            let (host, port) = address.rsplit_once(':').ok_or(io::ErrorKind::InvalidInput)?;
            let port: u16 = port.parse().map_err(|_| io::ErrorKind::InvalidInput)?;
            match TcpStream::connect((host, port)).await {
                Ok(stream) => Ok(Box::new(Traced {
                    stream,
                    world: Arc::clone(&self.0),
                }) as BoxStream),
                Err(error) => {
                    // turmoil refuses at once what a real network would lose; and a failed connect leaks a port.
                    tokio::time::sleep(Duration::from_millis(10 + self.0.below(150))).await;
                    Err(error)
                }
            }
        })
    }

    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = TcpListener::bind(address).await?;
            Ok(Box::new(SimulatedListener(listener, Arc::clone(&self.0))) as Box<dyn Listener>)
        })
    }
}

impl Listener for SimulatedListener {
    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxStream, SocketAddr)>> {
        Box::pin(async move {
            let (stream, from) = self.0.accept().await?;
            Ok((
                Box::new(Traced {
                    stream,
                    world: Arc::clone(&self.1),
                }) as BoxStream,
                from,
            ))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A connection whose sent bytes are part of the trace.
struct Traced {
    stream: TcpStream,
    world: Arc<World>,
}

impl AsyncRead for Traced {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Traced {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.world.note(Trace::Network, &bytes[..*count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
