//! Prints how many session tokens one core signs and verifies in a second: `cargo run -rp trust --example speed`.

#![allow(clippy::print_stdout, reason = "printing is what it is for")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

#[path = "../tests/contract/samples.rs"]
#[allow(clippy::unwrap_used, reason = "the samples are fixed")]
mod samples;

use std::hint::black_box;
use std::time::{Duration, Instant};

use samples::{ISSUED, at, certificate, chain, cluster, issuer, root, roots, session, signer};
use trust::{Expectations, Seq, issue_certificate, sign_session, verify_chain, verify_session};

const RUN: Duration = Duration::from_secs(2);

/// Calls `work` with 1, 2, 3, … until the time is up, and prints how often that was.
fn measure(what: &str, mut work: impl FnMut(u64)) {
    let begun = Instant::now();
    let mut calls = 0_u64;
    while begun.elapsed() < RUN {
        for _ in 0..64 {
            calls += 1;
            work(calls);
        }
    }
    let nanoseconds = begun.elapsed().as_nanos() / u128::from(calls);
    println!("{what:<44} {:>8} /s  {nanoseconds:>8} ns", 1_000_000_000 / nanoseconds);
}

fn main() {
    let mut claims = session();
    let signer = signer();
    measure("sign a token", |seq| {
        claims.seq = Seq::new(seq);
        black_box(signer.sign(&claims)).expect("the claims are within the certificate");
    });
    let key = cluster();
    measure("sign a token, its header made anew", |seq| {
        claims.seq = Seq::new(seq);
        black_box(sign_session(&key, &claims)).expect("the claims fit a token");
    });

    let token = signer.sign(&session()).expect("the sample is within its certificate");
    let parent = certificate(&root(), &issuer(), 1);
    let chain_of_two = [
        issue_certificate(&root(), None, &parent).expect("a root has no limits"),
        issue_certificate(&issuer(), Some(&parent), &certificate(&issuer(), &cluster(), 0)).expect("it is within"),
    ];
    let (roots, chain, now) = (roots(), chain(), at(ISSUED));
    let expectations = Expectations::at(now);
    measure("verify a chain of one", |_| {
        black_box(verify_chain(&chain, &roots, now)).expect("the sample verifies");
    });
    measure("verify a token with its chain of one", |_| {
        black_box(verify_session(&token, &chain, &roots, &expectations)).expect("the sample verifies");
    });
    measure("verify a token with its chain of two", |_| {
        black_box(verify_session(&token, &chain_of_two, &roots, &expectations)).expect("the sample verifies");
    });
    println!("a token has {} bytes, its chain of one {}", token.len(), chain[0].len());
}
