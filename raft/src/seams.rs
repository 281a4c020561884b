//! What a node takes from outside: clock, entropy, network, disk. Production gives the system's own; the simulation
//! gives its own, and then a whole node runs from one seed. This is the only file that may read a clock.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use storage::disk::Disk;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

/// A future without a name, for traits that must be usable as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The two clocks of the machine. Waiting is done with `tokio::time`, which the simulation pauses.
pub trait Clock: Send + Sync + 'static {
    /// Wall clock, milliseconds since 1970, UTC. May jump either way.
    fn unix_ms(&self) -> u64;

    /// Milliseconds since some fixed point, counting suspend (`CLOCK_BOOTTIME`). Never jumps.
    fn boot_ms(&self) -> u64;
}

/// Where random numbers come from.
pub trait Entropy: Send + Sync + 'static {
    /// Fills `bytes` with random numbers fit for secrets.
    fn fill(&self, bytes: &mut [u8]);

    /// One random number.
    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }
}

/// Both directions of a connection.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + 'static> Stream for T {}

/// A connection of any kind of network.
pub type BoxStream = Box<dyn Stream>;

/// Where connections come from.
pub trait Net: Send + Sync + 'static {
    /// Connects to `address`, `host:port`.
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<BoxStream>>;

    /// Listens on `address`, `host:port`; port 0 takes a free one.
    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>>;
}

/// A listening socket.
pub trait Listener: Send + Sync + 'static {
    /// The next connection and where it comes from.
    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxStream, SocketAddr)>>;

    /// The address that was bound.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

/// All of a node's surroundings.
#[derive(Clone)]
pub struct Seams {
    /// Its clocks.
    pub clock: Arc<dyn Clock>,
    /// Its random numbers.
    pub entropy: Arc<dyn Entropy>,
    /// Its network.
    pub net: Arc<dyn Net>,
    /// Its disk.
    pub disk: Arc<dyn Disk>,
}

impl std::fmt::Debug for Seams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seams")
    }
}

impl Seams {
    /// The system's clock, entropy and TCP over the given disk.
    pub fn system(disk: Arc<dyn Disk>) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            net: Arc::new(Tcp),
            disk,
        }
    }
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that may read the wall clock"
    )]
    fn unix_ms(&self) -> u64 {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |elapsed| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
    }

    fn boot_ms(&self) -> u64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        u64::try_from(now.tv_sec).unwrap_or(0) * 1_000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
    }
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one place that may ask the system for randomness"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random numbers once it has booted");
    }
}

/// TCP through tokio.
#[derive(Debug, Clone, Copy)]
pub struct Tcp;

struct TcpSocket(TcpListener);

impl Net for Tcp {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<BoxStream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as BoxStream)
        })
    }

    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move { Ok(Box::new(TcpSocket(TcpListener::bind(address).await?)) as Box<dyn Listener>) })
    }
}

impl Listener for TcpSocket {
    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxStream, SocketAddr)>> {
        Box::pin(async move {
            let (stream, from) = self.0.accept().await?;
            stream.set_nodelay(true)?;
            Ok((Box::new(stream) as BoxStream, from))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
