//! What a license's use comes to: how full it is, who was refused, what more seats would have changed, and until when
//! they last.

use clap::Args;
use raft::seams::{Clock, SystemClock};
use serde_json::{Value, json};

use super::Which;
use crate::cli::Answered;
use crate::cli::failure::Failure;
use crate::cli::output::{Cell, Output};
use crate::cli::resource::{cell, minute, text};
use crate::client::{Call, CallError, Client};

const DAY_MS: u64 = 86_400_000;

/// What a forecast looks back on by itself, in days. Less says less of weeks.
const FORECAST_DAYS: u64 = 91;

#[derive(Debug, Args)]
pub(super) struct Usage {
    #[command(flatten)]
    which: Which,

    /// Of how many days up to now
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=365))]
    days: u64,

    /// What up to so many more seats would have changed
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=50))]
    seats: u64,
}

impl Usage {
    pub(super) async fn run(self, client: &Client, output: Output) -> Answered {
        let from = |days: u64| {
            let ms = SystemClock.unix_ms().saturating_sub(days * DAY_MS);
            let at = i64::try_from(ms)
                .ok()
                .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
            at.unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        };
        let figure = async |name: &str, days: u64, seats: Option<u64>| {
            let path = self.which.path(&format!("analytics/{name}"));
            let call = Call::get(&path).with("from", Some(from(days))).with("seats", seats);
            client.call(call).await
        };
        let answer = json!({
            "idle": figure("idle", self.days, None).await.map_err(fewer_days)?,
            "peaks": figure("peaks", self.days, None).await.map_err(fewer_days)?,
            "what_if": or_problem(figure("what-if", self.days, Some(self.seats)).await)?,
            "forecast": or_problem(figure("forecast", self.days.max(FORECAST_DAYS), None).await)?,
        });
        let lines = lines(&answer);
        Ok(output.answer(&answer, |page| {
            let lines: Vec<(&str, Cell)> = lines
                .iter()
                .map(|(name, text)| (name.as_str(), Cell::new(text)))
                .collect();
            page.details(&lines)
        })?)
    }
}

/// What is said of a figure that would take too long to reckon.
const TOO_MUCH: &str = "INVALID_REQUEST";

/// The problem speaks of a `from`, which is not what was given here.
fn fewer_days(error: CallError) -> Failure {
    match error.code() {
        Some(TOO_MUCH) => {
            Failure::Usage("more is on record of these days than one answer goes through; give fewer --days".to_owned())
        }
        _ => error.into(),
    }
}

/// A figure, or why there is none, so that the others are told nevertheless.
fn or_problem(figure: Result<Value, CallError>) -> Result<Value, CallError> {
    match figure {
        Err(CallError::Answered(problem)) if problem.code == TOO_MUCH => Ok(json!({ "problem": problem.as_sent })),
        figure => figure,
    }
}

/// The lines for people.
fn lines(answer: &Value) -> Vec<(String, String)> {
    let time = |pointer: &str| minute(answer, pointer).as_text().to_owned();
    let line = |name: &str, text: String| (name.to_owned(), text);
    let mut lines = vec![
        line("license", text(answer, "/idle/license")),
        line("from", time("/idle/from")),
        line("to", time("/idle/to")),
        line("on record", on_record(answer)),
        line("seats", text(answer, "/idle/capacity")),
        line("in use", in_use(&answer["idle"])),
        line("refusals", refusals(answer)),
    ];
    if answer["what_if"]["problem"].is_object() {
        let told = "too much is on record to say; give fewer --seats or --days";
        lines.push(line("with more seats", told.to_owned()));
    }
    let refused = answer["what_if"]["refusals"].as_u64().unwrap_or(0);
    for row in answer["what_if"]["items"].as_array().into_iter().flatten() {
        let [seats, avoided, left] = ["seats", "avoided", "left"].map(|member| row[member].as_u64().unwrap_or(0));
        if refused > 0 {
            let name = if seats == 1 {
                "with 1 more seat".to_owned()
            } else {
                format!("with {seats} more seats")
            };
            lines.push((name, format!("{avoided} fewer, {left} left")));
        }
        // More change nothing any more.
        if left == 0 {
            break;
        }
    }
    lines.push(line("forecast", forecast(&answer["forecast"])));
    lines
}

/// Said where it is less than was asked for.
fn on_record(answer: &Value) -> String {
    if answer["idle"]["complete"] != false {
        return String::new();
    }
    match answer["idle"]["kept_from"].as_str() {
        Some(_) => format!("since {}", minute(answer, "/idle/from").as_text()),
        None => "not all on this node; another one may have more".to_owned(),
    }
}

fn in_use(idle: &Value) -> String {
    let (Some(mean), Some(full)) = (idle["mean"].as_f64(), idle["full_share"].as_f64()) else {
        return "nothing is on record of this period".to_owned();
    };
    format!(
        "at most {}, 95 % of the time at most {}, {mean:.1} on average; every seat {:.1} % of the time",
        text(idle, "/max"),
        text(idle, "/p95"),
        full * 100.0
    )
}

fn refusals(answer: &Value) -> String {
    if answer["idle"]["mean"].is_null() {
        return String::new();
    }
    let hours = answer["peaks"]["items"].as_array().into_iter().flatten();
    let all: u64 = hours.filter_map(|hour| hour["refusals"].as_u64()).sum();
    match (all, answer["what_if"]["refusals"].as_u64()) {
        (0, _) => "none".to_owned(),
        (all, None) => all.to_string(),
        (all, Some(want)) if all == want => format!("{all}, for want of a seat"),
        (all, Some(want)) => format!("{all}, {want} of them for want of a seat"),
    }
}

fn forecast(forecast: &Value) -> String {
    let day = |member: &str| cell(forecast, member).as_text().to_owned();
    let or_later = |member: &str| match day(member).as_str() {
        "" => "more than a year ahead".to_owned(),
        day => day.to_owned(),
    };
    if forecast["problem"].is_object() {
        return format!("too much is on record of the last {FORECAST_DAYS} days to say");
    }
    match forecast["verdict"].as_str().unwrap_or_default() {
        "too_little_data" => format!(
            "needs {} whole days on record; there are {}",
            day("/days_needed"),
            day("/days")
        ),
        "reached" => "on the busiest weekdays every seat is in use already".to_owned(),
        "expected" => format!(
            "every seat in use by {} (between {} and {})",
            day("/likely"),
            or_later("/earliest"),
            or_later("/latest")
        ),
        "not_within_a_year" => match day("/earliest").as_str() {
            "" => "the seats are enough for a year".to_owned(),
            earliest => format!("the seats are likely enough for a year; at the earliest not by {earliest}"),
        },
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answer: &Value) -> String {
        let lines = lines(answer);
        let lines: Vec<String> = lines
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("{name}: {text}"))
            .collect();
        lines.join("\n")
    }

    #[test]
    fn figures_are_told_in_a_few_lines() {
        let about = json!({"license": "lic_1", "from": "2026-10-28T10:00:00Z", "to": "2026-11-27T10:00:00Z",
            "complete": true, "kept_from": null, "capacity": 10, "max": 10, "p95": 8, "mean": 4.25, "full_share": 0.0123});
        let answer = json!({
            "idle": about,
            "peaks": {"items": [{"refusals": 3}, {"refusals": 2}]},
            "what_if": {"refusals": 4, "items": [
                {"seats": 1, "avoided": 3, "left": 1}, {"seats": 2, "avoided": 4, "left": 0},
                {"seats": 3, "avoided": 4, "left": 0},
            ]},
            "forecast": {"verdict": "expected", "likely": "2027-03-01", "earliest": "2027-01-04", "latest": null},
        });
        assert_eq!(
            told(&answer),
            "license: lic_1\nfrom: 2026-10-28 10:00Z\nto: 2026-11-27 10:00Z\nseats: 10\n\
             in use: at most 10, 95 % of the time at most 8, 4.2 on average; every seat 1.2 % of the time\n\
             refusals: 5, 4 of them for want of a seat\nwith 1 more seat: 3 fewer, 1 left\n\
             with 2 more seats: 4 fewer, 0 left\n\
             forecast: every seat in use by 2027-03-01 (between 2027-01-04 and more than a year ahead)"
        );
    }

    #[test]
    fn what_is_too_much_to_reckon_does_not_hide_the_rest() {
        let problem = json!({"problem": {"code": "INVALID_REQUEST"}});
        let answer = json!({
            "idle": {"complete": true, "capacity": 10, "max": 10, "p95": 8, "mean": 4.0, "full_share": 0.5},
            "peaks": {"items": [{"refusals": 3}]}, "what_if": problem, "forecast": problem,
        });
        let told = told(&answer);
        assert!(
            told.contains("in use: at most 10") && told.contains("refusals: 3") && !told.contains("of them"),
            "{told}"
        );
        assert!(told.contains("with more seats: too much is on record to say"), "{told}");
        assert!(
            told.contains("forecast: too much is on record of the last 91 days"),
            "{told}"
        );
    }

    #[test]
    fn what_is_not_on_record_is_not_told_as_nothing() {
        let answer = json!({
            "idle": {"complete": false, "from": "2026-11-27T00:00:00Z", "kept_from": "2026-11-27T00:00:00Z", "capacity": 10, "mean": null, "full_share": null},
            "peaks": {"items": []}, "what_if": {"refusals": 0, "items": [{"seats": 1, "avoided": 0, "left": 0}]},
            "forecast": {"verdict": "too_little_data", "days": 0, "days_needed": 28},
        });
        let told = told(&answer);
        assert!(told.contains("on record: since 2026-11-27 00:00Z"), "{told}");
        assert!(
            told.contains("in use: nothing is on record") && !told.contains("refusals"),
            "{told}"
        );
        assert!(!told.contains("more seat"), "{told}");
    }
}
