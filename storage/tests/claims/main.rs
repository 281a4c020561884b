//! What the storage promises. Each test's name is a claim; most are made on a disk that loses power.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod chance;
mod directory;
mod log;
mod log_crashes;
