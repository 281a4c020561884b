//! HTTP on the simulated network.

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use turmoil::net::TcpStream;

use super::host::API_PORT;
use crate::history::Us;

/// The run's time.
pub(super) fn now() -> Us {
    turmoil::sim_elapsed().map_or(0, |elapsed| u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX))
}

/// One HTTP call on a connection of its own: whether it succeeded and its JSON, if it has any.
pub(super) async fn http(
    node: &str,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Result<(bool, Value)> {
    let stream = TcpStream::connect((node, API_PORT)).await?;
    http_on(stream, node, method, path, token, body).await
}

/// The same on a connection that is there.
pub(super) async fn http_on(
    stream: TcpStream,
    node: &str,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: &Value,
) -> Result<(bool, Value)> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, node)
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let answer = sender
        .send_request(request.body(Full::new(Bytes::from(body.to_string())))?)
        .await?;
    let (success, is_empty) = (answer.status().is_success(), answer.status() == StatusCode::NO_CONTENT);
    let bytes = answer.into_body().collect().await?.to_bytes();
    driver.abort();
    if is_empty {
        return Ok((success, Value::Null));
    }
    let answer = serde_json::from_slice(&bytes).context("an answer that is not JSON")?;
    Ok((success, answer))
}
