//! What the storage promises. Each test's name is a claim; most are made on a disk that loses power.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(clippy::large_futures, reason = "a test has a stack of its own")]

mod business;
mod chance;
mod checkpoint;
mod directory;
mod disks;
mod fixture;
mod flips;
mod images;
mod log;
mod log_crashes;
mod retention;
mod rot;
mod snapshots;
