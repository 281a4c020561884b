//! What the storage promises. Each test's name is a claim; most are made on a disk that loses power.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

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
mod rot;
mod snapshots;
