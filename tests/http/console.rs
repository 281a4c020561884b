//! The console's files: who may keep them, in which form they come, and what a page is kept from.

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::support::{Answer, TestServer};

/// What a browser says when somebody goes to a page.
const PAGE: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

async fn get(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> Answer {
    let url = format!("http://{}{path}", server.server.api_address());
    let request = headers.iter().fold(server.client.get(url), |request, (name, value)| {
        request.header(*name, *value)
    });
    Answer::of(request).await
}

/// The status, the headers and the bytes as they came.
async fn raw(server: &TestServer, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
    let url = format!("http://{}{path}", server.server.api_address());
    let request = headers.iter().fold(server.client.get(url), |request, (name, value)| {
        request.header(*name, *value)
    });
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

/// The path of a file with a hashed name, as the index names it.
async fn asset(server: &TestServer) -> String {
    let html = get(server, "/", &[]).await.expect(200);
    let html = html.as_str().unwrap();
    let from = html.find("/assets/").expect("the index names an asset");
    html[from..].split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_page_runs_only_what_this_server_sends_and_is_kept_nowhere() {
    let server = TestServer::start().await;
    let page = get(&server, "/", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(page.header("cross-origin-resource-policy"), "same-origin");
    assert!(page.header("permissions-policy").contains("camera=()"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'nonce-"));
    assert!(policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"));
}

#[tokio::test]
async fn each_page_has_a_nonce_of_its_own() {
    let server = TestServer::start().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let page = get(&server, "/", &[]).await;
        let policy = page.header("content-security-policy").to_owned();
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap()
            .to_owned();
        assert!(nonce.len() >= 22, "{nonce}");
        let html = page.expect(200);
        let html = html.as_str().unwrap();
        assert!(html.contains(&format!("nonce=\"{nonce}\"")));
        assert!(!html.contains("__USHER_NONCE__"));
        assert!(seen.insert(nonce));
    }
}

#[tokio::test]
async fn a_file_with_a_hashed_name_is_kept_for_ever_and_comes_packed() {
    let server = TestServer::start().await;
    let path = asset(&server).await;
    let (status, headers, plain) = raw(&server, &path, &[]).await;
    assert_eq!(status, 200);
    assert_eq!(headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(headers["vary"], "accept-encoding");
    assert!(!headers.contains_key("content-encoding"));
    let mut tags = vec![headers["etag"].clone()];
    for encoding in ["br", "gzip"] {
        let (status, headers, packed) = raw(&server, &path, &[("accept-encoding", encoding)]).await;
        assert_eq!(status, 200);
        // What says how to build the console is not worth packing.
        if let Some(said) = headers.get("content-encoding") {
            assert_eq!(said, encoding);
            assert!(packed.len() < plain.len());
            assert!(!tags.contains(&headers["etag"]), "another form has another tag");
            tags.push(headers["etag"].clone());
        } else {
            assert!(!web_ui::BUILT || web_ui::asset(&path[1..]).unwrap().brotli.is_none());
        }
    }
}

#[tokio::test]
async fn a_file_that_a_cache_has_is_not_sent_again() {
    let server = TestServer::start().await;
    let path = asset(&server).await;
    let (_, headers, _) = raw(&server, &path, &[]).await;
    let etag = headers["etag"].to_str().unwrap().to_owned();
    for known in [
        etag.clone(),
        format!("W/{etag}"),
        format!("\"other\", {etag}"),
        "*".to_owned(),
    ] {
        let (status, headers, body) = raw(&server, &path, &[("if-none-match", &known)]).await;
        assert_eq!((status.as_u16(), body.len()), (304, 0), "{known}");
        assert_eq!(headers["etag"], etag.as_str());
    }
    let (status, _, body) = raw(&server, &path, &[("if-none-match", "\"other\"")]).await;
    assert_eq!(status, 200);
    assert!(!body.is_empty());
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_found_even_by_a_browser() {
    let server = TestServer::start().await;
    for path in [
        "/assets/nothing.js",
        "/assets/nothing",
        "/favicon.ico",
        "/index.html",
        "/assets/../x.js",
    ] {
        get(&server, path, &[("accept", PAGE)])
            .await
            .problem(404, "INVALID_REQUEST");
    }
}

#[tokio::test]
async fn every_page_of_the_console_can_be_gone_to_directly() {
    let server = TestServer::start().await;
    for path in ["/licenses", "/customers/cus_1", "/sign-in", "/setup"] {
        let page = get(&server, path, &[("accept", PAGE)]).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        page.expect(200);
    }
}

#[tokio::test]
async fn what_looks_like_the_api_is_never_answered_with_a_page() {
    let server = TestServer::start().await;
    for path in ["/api", "/api/", "/api/v1/nothing", "/api/v2/licenses"] {
        get(&server, path, &[("accept", PAGE)])
            .await
            .problem(404, "INVALID_REQUEST");
    }
    // A program that forgot the base is told, and not sent a page that it cannot read.
    get(&server, "/v1/licenses", &[("accept", "*/*")])
        .await
        .problem(404, "INVALID_REQUEST");
}

#[tokio::test]
async fn files_are_only_read() {
    let server = TestServer::start().await;
    let file = asset(&server).await;
    for path in ["/", &file] {
        let url = format!("http://{}{path}", server.server.api_address());
        let answer = Answer::of(server.client.post(&url).body("x")).await;
        assert_eq!(answer.header("allow"), "GET, HEAD");
        answer.problem(405, "INVALID_REQUEST");
        let head = server.client.head(&url).send().await.unwrap();
        assert_eq!(head.status(), 200);
        assert_eq!(head.text().await.unwrap(), "");
    }
}
