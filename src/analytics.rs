//! What the history says about a license: figures for people who decide how many seats to have.
//!
//! Everything here is a pure function of a [`History`], which is made of the audit and leaves nothing out, so a peak is a
//! fact and not a sample. Reading the history and showing the figures is `api`'s. docs/analytics.md defines each figure.
//!
//! Reading order: [`history`], `steps` (seats held over time), then one file per figure.

#![allow(clippy::cast_precision_loss, reason = "figures for people show a few digits")]

pub(crate) mod duration;
pub(crate) mod fold;
pub(crate) mod forecast;
pub(crate) mod heat;
pub(crate) mod history;
pub(crate) mod peaks;
pub(crate) mod steps;
pub(crate) mod what_if;

#[cfg(test)]
mod recount;

/// Milliseconds of an hour.
pub(crate) const HOUR_MS: u64 = 3_600_000;

/// Milliseconds of a day.
pub(crate) const DAY_MS: u64 = 24 * HOUR_MS;
