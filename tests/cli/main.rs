//! The command line as its users see it: the real executable against a real server.
//!
//! `transcripts` holds what is typed and what is answered, word for word; the other files are claims.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
#![allow(
    clippy::disallowed_methods,
    reason = "these tests wait for real processes, in real time"
)]

mod arguments;
mod bench;
mod certificates;
mod cluster;
mod configuration;
mod descriptors;
mod dev;
mod failures;
mod founding;
mod login;
mod node;
mod proxy;
mod repeats;
mod run;
mod transcripts;
mod usher;
mod verify;
