//! A proxy that breaks connections between a client and a server, to see what either makes of it.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is handed on, and its answer too.
    Pass,
    /// It is handed on, and its answer gets lost.
    LoseAnswer,
    /// It gets lost itself, after it was sent.
    Lose,
    /// The proxy answers it by itself.
    Answer(u16),
}

/// A running proxy.
pub(crate) struct Proxy {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Stands before `url`. `judge` is told each request's first words, such as `POST /api/v1/customers`, and how many of
    /// these there were before.
    pub(crate) fn start(url: &str, judge: impl Fn(&str, usize) -> Fate + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let server = url.strip_prefix("http://").unwrap().to_owned();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client that has gone away is none of the proxy's business.
                let _ = serve(client, &server, &record, &judge);
            }
        });
        Self { url: own, seen }
    }

    /// How many requests began with these words.
    pub(crate) fn count(&self, words: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| *seen == words).count()
    }
}

/// One request of one connection.
fn serve(
    mut client: TcpStream,
    server: &str,
    seen: &Mutex<Vec<String>>,
    judge: &impl Fn(&str, usize) -> Fate,
) -> std::io::Result<()> {
    let Some((words, request)) = read_request(&mut client)? else {
        return Ok(());
    };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(words.clone());
        seen.iter().filter(|known| **known == words).count() - 1
    };
    let fate = judge(&words, before);
    let answer = match fate {
        Fate::Lose => return client.shutdown(Shutdown::Both),
        Fate::Answer(status) => {
            let body = format!(r#"{{"title": "A problem of the moment", "code": "INTERNAL", "status": {status}}}"#);
            let head = format!(
                "HTTP/1.1 {status} Problem\r\nContent-Length: {}\r\nConnection: close",
                body.len()
            );
            format!("{head}\r\n\r\n{body}").into_bytes()
        }
        Fate::Pass | Fate::LoseAnswer => {
            let mut upstream = TcpStream::connect(server)?;
            upstream.write_all(&request)?;
            let mut answer = Vec::new();
            upstream.read_to_end(&mut answer)?;
            answer
        }
    };
    if fate == Fate::LoseAnswer {
        return client.shutdown(Shutdown::Both);
    }
    client.write_all(&answer)
}

/// A whole request that asks for its connection to be closed after it, and its method and path.
fn read_request(client: &mut TcpStream) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                let first = head.lines().next().unwrap();
                let words: Vec<&str> = first.split([' ', '?']).take(2).collect();
                let request = format!("{head}\r\nConnection: close\r\n\r\n{body}").into_bytes();
                return Ok(Some((words.join(" "), request)));
            }
        }
        let read = client.read(&mut part)?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&part[..read]);
    }
}
