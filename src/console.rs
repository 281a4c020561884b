//! The console: the web UI's files, served by every node beside the API.
//!
//! The page is a plain client of the API with no private powers. It may load scripts and styles from this server alone;
//! the style elements that its components write carry a nonce that is drawn for each response.

mod encoding;

use axum::extract::Request;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use licensing::id::encode_base32;
use raft::seams::Entropy;
use web_ui::{Asset, INDEX, NONCE};

use encoding::Encoding;

/// What a browser is to keep the page from.
const HEADERS: [(HeaderName, HeaderValue); 2] = [
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()",
        ),
    ),
];

/// Why there is no file for a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// Nothing is at this path.
    Path,
    /// Something is, but not for this method.
    Method,
}

/// Answers a request for a file of the console or for one of its pages, which are all the same file.
pub(crate) fn answer(entropy: &dyn Entropy, request: &Request) -> Result<Response, Miss> {
    let asset = wanted(request.uri(), request.headers()).ok_or(Miss::Path)?;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Miss::Method);
    }
    let mut response = if asset.path == INDEX {
        page(asset, entropy)
    } else {
        file(asset, request.headers())
    };
    response.headers_mut().extend(HEADERS);
    Ok(response)
}

/// What the answer to a wrong method says beside its problem.
pub(crate) const ALLOWED: (HeaderName, HeaderValue) = (ALLOW, HeaderValue::from_static("GET, HEAD"));

/// The file at a path; the index where a person's browser asks for a page, so that a page's address can be kept and sent.
fn wanted(uri: &Uri, headers: &HeaderMap) -> Option<&'static Asset> {
    let path = uri.path().trim_start_matches('/');
    if path.is_empty() {
        return web_ui::asset(INDEX);
    }
    if let Some(asset) = web_ui::asset(path).filter(|asset| asset.path != INDEX) {
        return Some(asset);
    }
    let first = path.split('/').next().unwrap_or_default();
    let looks_like_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let is_page = !matches!(first, "api" | "assets") && !looks_like_file && asks_for_page(headers);
    web_ui::asset(INDEX).filter(|_| is_page)
}

/// Browsers name HTML when somebody goes to a page; programs that mistyped a path of the API do not.
fn asks_for_page(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

fn page(index: &Asset, entropy: &dyn Entropy) -> Response {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    let nonce = encode_base32(&bytes);
    let html = String::from_utf8_lossy(index.plain).replace(NONCE, &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).expect("a nonce is ASCII");
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(index.content_type)),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, html).into_response()
}

fn file(asset: &'static Asset, headers: &HeaderMap) -> Response {
    let packed = [(Encoding::Brotli, asset.brotli), (Encoding::Gzip, asset.gzip)];
    let accepted = |encoding: Encoding| encoding.accepted(headers.get_all(ACCEPT_ENCODING).iter());
    let chosen = packed
        .into_iter()
        .find(|(encoding, bytes)| bytes.is_some() && accepted(*encoding));
    let (encoding, bytes) = match chosen {
        Some((encoding, Some(bytes))) => (Some(encoding), bytes),
        _ => (None, asset.plain),
    };
    // Each form of a file is bytes of its own, and a strong tag stands for bytes.
    let etag = match encoding {
        Some(encoding) => format!("\"{}-{}\"", asset.sha256, encoding.name()),
        None => format!("\"{}\"", asset.sha256),
    };
    let known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || tag.trim().trim_start_matches("W/") == etag);
    let keep = if asset.hashed_name {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let always = [
        (ETAG, HeaderValue::from_str(&etag).expect("a hash is ASCII")),
        (CACHE_CONTROL, HeaderValue::from_static(keep)),
        (VARY, HeaderValue::from_static("accept-encoding")),
    ];
    if known {
        return (StatusCode::NOT_MODIFIED, always).into_response();
    }
    let encoded = encoding.map(|encoding| (CONTENT_ENCODING, HeaderValue::from_static(encoding.name())));
    let mut response = (always, bytes).into_response();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    response.headers_mut().extend(encoded);
    response
}
