//! The tables and texts of a page.

use super::super::plot::{count, escaped, milliseconds, number};
use super::super::report::{Report, timestamp};

/// What a reader has to know to read the figures rightly.
pub(super) const NOTES: &str = "<h2>How to read it</h2>\n<p class=\"note\">A call in a closed loop takes from when it \
was sent: each client sends its next call when the last one is answered, so a slow server is asked less. A call in an \
open loop takes from when it was <em>due</em>: calls come by a schedule that waits for nobody, and what a server that \
stalls makes others wait is counted. Percentiles of all calls are exact to a thousandth; those over time are exact to a \
sixteenth. A silence is the time between two answers with none between them, from any node to any client.</p>\n\
<p class=\"note\">Where load and nodes share a machine they share its processors, and the figures compare with others \
from the same machine, taken in the same way, and with nothing else.</p>\n";

/// How many of the longest silences are told.
const SILENCES_TOLD: usize = 5;

/// A figure that is shown large.
#[derive(Debug, Clone)]
pub(super) struct Tile {
    value: String,
    unit: &'static str,
    name: String,
    bad: bool,
}

impl Tile {
    pub(super) fn new(value: String, unit: &'static str, name: &str) -> Self {
        Self {
            value,
            unit,
            name: name.to_owned(),
            bad: false,
        }
    }

    /// The same, as something that ought not to be.
    pub(super) fn bad_if(self, bad: bool) -> Self {
        Self { bad, ..self }
    }

    pub(super) fn to_html(&self) -> String {
        let class = if self.bad { "tile bad" } else { "tile" };
        let (value, name) = (escaped(&self.value), escaped(&self.name));
        format!(
            "<div class=\"{class}\"><b>{value}<small>{}</small></b><span>{name}</span></div>\n",
            self.unit
        )
    }
}

/// Names and values.
pub(super) fn details<'a>(facts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fact = |(name, value): (&str, String)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(&value));
    format!("<dl>\n{}</dl>\n", facts.into_iter().map(fact).collect::<String>())
}

/// What was asked for, and the machine it was asked on.
pub(super) fn fact_table(settings: &str, machine: &str) -> String {
    format!(
        "<div class=\"grid\">\n<div class=\"card\"><h3>Settings</h3>\n{settings}</div>\n\
         <div class=\"card\"><h3>Machine of the load</h3>\n{machine}</div>\n</div>\n"
    )
}

/// Rows under headings.
pub(super) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let cells = |tag: &str, texts: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<String> = texts.map(|text| format!("<{tag}>{}</{tag}>", escaped(text))).collect();
        format!("<tr>{}</tr>", cells.concat())
    };
    let head = cells("th", &mut headings.iter().copied());
    let rows: Vec<String> = rows
        .into_iter()
        .map(|row| cells("td", &mut row.iter().map(String::as_str)) + "\n")
        .collect();
    format!(
        "<table>\n<thead>{head}</thead>\n<tbody>\n{}</tbody>\n</table>\n",
        rows.concat()
    )
}

/// The calls of a run by their kind.
pub(super) fn calls(report: &Report) -> String {
    let rows = report.calls.iter().map(|call| {
        vec![
            call.kind.name().to_owned(),
            count(call.count),
            number(call.rate),
            milliseconds(call.p50),
            milliseconds(call.p95),
            milliseconds(call.p99),
            milliseconds(call.max),
        ]
    });
    let sum = (report.calls.len() > 1).then(|| {
        let mut sum = vec!["all".to_owned(), count(report.answered()), number(report.rate())];
        sum.resize(7, String::new());
        sum
    });
    let headings = ["call", "answers", "per second", "p50 ms", "p95 ms", "p99 ms", "max ms"];
    format!(
        "<div class=\"card scroll\">{}</div>\n",
        table(&headings, rows.chain(sum))
    )
}

/// What stands beside the charts of a run: what was offered, and errors.
pub(super) fn beside(report: &Report) -> String {
    let mut out = String::from("<div class=\"card scroll\">\n");
    if let Some(offered) = &report.offered {
        out += "<h3>Offered</h3>\n";
        out += &details([
            (
                "calls due",
                format!("{}, {} arrivals", count(offered.calls), offered.arrivals.name()),
            ),
            ("sent over 10 ms late", count(offered.sent_late)),
            ("never sent", count(offered.unsent)),
            (
                "waited to be sent, p99",
                format!("{} ms", milliseconds(offered.waited_p99)),
            ),
            ("waited at most", format!("{} ms", milliseconds(offered.waited_max))),
        ]);
        out += "<br>\n";
    }
    if report.errors.is_empty() {
        out += "<h3>No errors</h3>\n";
    } else {
        let rows = report
            .errors
            .iter()
            .map(|(why, times)| vec![why.clone(), count(*times)]);
        out += "<div class=\"errors\"><h3>Errors</h3>\n";
        out += &table(&["why", "times"], rows);
        out += "</div>\n";
    }
    out + "</div>\n"
}

/// Who answered, and what that cost.
pub(super) fn nodes(report: &Report) -> String {
    let rows = report
        .nodes
        .iter()
        .map(|node| vec![node.url.clone(), count(node.answers)]);
    let answers = table(&["node", "answers"], rows);
    let rows = report.used.iter().map(|used| {
        let memory =
            |bytes: Option<u64>| bytes.map_or_else(|| "?".to_owned(), |bytes| number(gibibytes(bytes) * 1_024.0));
        let cpu = used.cpu_us_per_call(report.answered());
        vec![
            used.process.clone(),
            cpu.map_or_else(|| "?".to_owned(), number),
            memory(used.resident_before),
            memory(used.resident),
        ]
    });
    let used = table(&["process", "CPU µs/call", "MiB before", "MiB after"], rows);
    let used = if report.used.is_empty() { String::new() } else { used };
    format!("<div class=\"card scroll\"><h3>Who answered, at what cost</h3>\n{answers}<br>\n{used}</div>\n")
}

/// The longest times in which nothing was answered.
pub(super) fn silences(report: &Report) -> String {
    if report.gaps.is_empty() {
        return String::new();
    }
    let rows = report.gaps.iter().take(SILENCES_TOLD).map(|gap| {
        let length = u64::try_from(gap.length().as_millis()).unwrap_or(u64::MAX);
        let [from, to] = [gap.from_unix_ms, gap.to_unix_ms].map(|at| time_of_day(&timestamp(at)));
        vec![format!("{} ms", count(length)), from, to]
    });
    let rows = table(&["nothing for", "last answer", "next answer"], rows);
    format!("<div class=\"card scroll\"><h3>Longest silences</h3>\n{rows}</div>\n")
}

/// Of a time as the API writes it, what differs within a day.
fn time_of_day(timestamp: &str) -> String {
    let time = timestamp.split_once('T').map_or(timestamp, |(_, time)| time);
    time.trim_end_matches('Z').to_owned()
}

/// Bytes as gibibytes.
#[allow(clippy::cast_precision_loss, reason = "it is told with three digits")]
pub(super) fn gibibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}
