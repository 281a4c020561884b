//! A node that hears its peers late: its peer port takes in nothing while a gate is closed.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use raft::seams::{BoxFuture, BoxStream, Listener, Net, Tcp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

/// How many bytes may lie between the gate and the node.
const BUFFER_BYTES: usize = 64 << 10;

/// TCP with a gate before what others send. What the node itself asks others goes freely, and so do their answers.
pub(crate) struct Gate(watch::Sender<bool>);

impl Gate {
    pub(crate) fn open() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(true)))
    }

    pub(crate) fn set_open(&self, open: bool) {
        self.0.send_replace(open);
    }
}

impl Net for Gate {
    fn connect<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<BoxStream>> {
        Tcp.connect(address)
    }

    fn listen<'a>(&'a self, address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async move {
            let listener = Tcp.listen(address).await?;
            Ok(Box::new(Gated(listener, self.0.subscribe())) as Box<dyn Listener>)
        })
    }
}

struct Gated(Box<dyn Listener>, watch::Receiver<bool>);

impl Listener for Gated {
    fn accept(&self) -> BoxFuture<'_, io::Result<(BoxStream, SocketAddr)>> {
        Box::pin(async move {
            let (stream, from) = self.0.accept().await?;
            let (inside, outside) = tokio::io::duplex(BUFFER_BYTES);
            tokio::spawn(carry(stream, outside, self.1.clone()));
            Ok((Box::new(inside) as BoxStream, from))
        })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// Carries bytes both ways until one end is closed.
async fn carry(stream: BoxStream, node: tokio::io::DuplexStream, mut gate: watch::Receiver<bool>) -> io::Result<()> {
    let (mut from_peer, mut to_peer) = tokio::io::split(stream);
    let (mut from_node, mut to_node) = tokio::io::split(node);
    let inward = async {
        let mut bytes = vec![0; BUFFER_BYTES];
        loop {
            let read = from_peer.read(&mut bytes).await?;
            if read == 0 || gate.wait_for(|open| *open).await.is_err() {
                return to_node.shutdown().await;
            }
            to_node.write_all(&bytes[..read]).await?;
        }
    };
    let outward = tokio::io::copy(&mut from_node, &mut to_peer);
    tokio::select! {
        ended = inward => ended,
        ended = outward => ended.map(drop),
    }
}
