//! The rules of licensing as a pure value: `Ledger::apply(&mut self, &Entry) -> Vec<Applied>`.
//!
//! This crate holds every decision about seats and nothing else. It must never do I/O, read a clock, draw randomness,
//! use floats or depend on hash order: the same entries give the same ledger, byte for byte, on every node and in every
//! replay.
//!
//! Reading order: [`command`] (what can be asked), [`outcome`] (what is answered), [`catalogue`], [`assignment`],
//! [`session`], [`person`], [`identity`], [`retention`] and [`cluster`] (what is kept), [`ledger`] (how it changes),
//! `apply` (the decisions, one file per family of commands, `acquire` first), `state` (the rows with their indexes),
//! [`row`] (how they are stored), [`audit`] and [`merkle`] (what is put on record), [`invariant`] (the laws). The stories
//! in `tests/scripts` show all of it at work.

pub mod answer;
mod apply;
pub mod assignment;
pub mod audit;
pub mod branding;
pub mod catalogue;
pub mod cluster;
pub mod command;
pub mod digest;
pub mod id;
pub mod identity;
pub mod invariant;
pub mod ledger;
pub mod merkle;
pub mod meta;
pub mod outcome;
pub mod person;
pub mod retention;
pub mod row;
pub mod session;
mod state;
pub mod time;
pub mod usage;

use time::Span;

/// How long outcomes and ended sessions are remembered, in session time.
pub const REMEMBERED_FOR: Span = Span::from_secs(600);
