//! A virtual client's connection: gRPC over HTTP/2, one call at a time, to one node at a time.
//!
//! It does as little as possible, as `usher bench` does, because what it costs is not available to the node beside it.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HeaderMap, TE};
use hyper::{Request, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a node may take to accept a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// How long a call may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A frame begins with a byte that says whether it is compressed, and its length in four.
const FRAME_HEAD: usize = 5;

/// Calls of etcd's key-value service.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Method {
    Put,
    Range,
    Txn,
}

impl Method {
    const fn path(self) -> &'static str {
        match self {
            Self::Put => "/etcdserverpb.KV/Put",
            Self::Range => "/etcdserverpb.KV/Range",
            Self::Txn => "/etcdserverpb.KV/Txn",
        }
    }
}

/// Why a call has no answer, in the words of `usher bench`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    NoConnection,
    Broken,
    Late,
    /// What etcd answered instead.
    Refused(String),
}

impl Failure {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::NoConnection => "no connection".to_owned(),
            Self::Broken => "connection broken".to_owned(),
            Self::Late => "no answer".to_owned(),
            Self::Refused(status) => format!("gRPC {status}"),
        }
    }
}

/// A connection that is opened when it is needed.
pub(crate) struct Wire {
    nodes: Arc<[String]>,
    at: usize,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Wire {
    /// The clients are spread over the nodes by their number.
    pub(crate) fn new(nodes: &Arc<[String]>, number: usize) -> Self {
        Self {
            nodes: Arc::clone(nodes),
            at: number % nodes.len(),
            open: None,
        }
    }

    /// Which node is asked.
    pub(crate) fn node(&self) -> usize {
        self.at
    }

    /// Goes on to the next node.
    pub(crate) fn turn(&mut self) {
        self.open = None;
        self.at = (self.at + 1) % self.nodes.len();
    }

    /// Sends a message and waits for the answer.
    pub(crate) async fn call<A: Message + Default>(
        &mut self,
        method: Method,
        message: &impl Message,
    ) -> Result<A, Failure> {
        let answer = timeout(ANSWER_WITHIN, self.exchange(method, frame(message)))
            .await
            .unwrap_or(Err(Failure::Late));
        if answer.is_err() {
            self.open = None;
        }
        A::decode(unframed(&answer?)?).map_err(|_| Failure::Broken)
    }

    async fn exchange(&mut self, method: Method, body: Bytes) -> Result<Bytes, Failure> {
        let authority = &self.nodes[self.at];
        let mut sender = match self.open.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => timeout(CONNECT_WITHIN, connect(authority))
                .await
                .unwrap_or(Err(Failure::NoConnection))?,
        };
        sender.ready().await.map_err(|_| Failure::Broken)?;
        let uri = Uri::builder()
            .scheme("http")
            .authority(authority.as_str())
            .path_and_query(method.path());
        let request = Request::post(uri.build().map_err(|_| Failure::NoConnection)?)
            .header(CONTENT_TYPE, "application/grpc")
            .header(TE, "trailers")
            .body(Full::new(body))
            .map_err(|_| Failure::Broken)?;
        let answer = sender.send_request(request).await.map_err(|_| Failure::Broken)?;
        // An answer that is only a refusal carries its status at its head.
        check_status(answer.headers())?;
        let body = answer.into_body().collect().await.map_err(|_| Failure::Broken)?;
        check_status(body.trailers().ok_or(Failure::Broken)?)?;
        self.open = Some(sender);
        Ok(body.to_bytes())
    }
}

/// Fails if there is a status and it is not the one of success.
fn check_status(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get("grpc-status").map(|status| status.to_str()) {
        None | Some(Ok("0")) => Ok(()),
        Some(status) => {
            let message = headers.get("grpc-message").and_then(|message| message.to_str().ok());
            let told = format!("{} {}", status.unwrap_or("?"), message.unwrap_or_default());
            Err(Failure::Refused(told.trim_end().to_owned()))
        }
    }
}

fn frame(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(FRAME_HEAD + length);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).expect("a message of this driver is short"));
    message.encode(&mut frame).expect("the buffer grows");
    frame.freeze()
}

/// The message in the one frame of an answer.
fn unframed(frame: &[u8]) -> Result<&[u8], Failure> {
    match frame {
        [0, a, b, c, d, message @ ..] if u32::from_be_bytes([*a, *b, *c, *d]) as usize == message.len() => Ok(message),
        _ => Err(Failure::Broken),
    }
}

async fn connect(authority: &str) -> Result<SendRequest<Full<Bytes>>, Failure> {
    let stream = TcpStream::connect(authority).await.map_err(|_| Failure::NoConnection)?;
    stream.set_nodelay(true).map_err(|_| Failure::NoConnection)?;
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .map_err(|_| Failure::NoConnection)?;
    tokio::spawn(connection);
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::RangeResponse;

    #[test]
    fn a_message_comes_out_of_its_frame_again() {
        let framed = frame(&RangeResponse { count: 300 });
        assert_eq!(framed[..FRAME_HEAD], [0, 0, 0, 0, 3]);
        assert_eq!(
            RangeResponse::decode(unframed(&framed).expect("it is whole")),
            Ok(RangeResponse { count: 300 })
        );
    }

    #[test]
    fn half_a_frame_and_a_compressed_one_are_no_answer() {
        for bytes in [&[][..], &[0, 0, 0, 0], &[0, 0, 0, 0, 2, 9], &[1, 0, 0, 0, 0]] {
            assert_eq!(unframed(bytes), Err(Failure::Broken), "{bytes:?}");
        }
    }
}
