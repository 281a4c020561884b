//! What is told of a measurement, for people.

use std::time::Duration;

use anyhow::bail;

use crate::bench::{CallReport, Gap, NodeUse, Offered, Report};
use crate::cli::output::{Cell, Page, Style};

/// How many of the longest silences are told.
const GAPS_TOLD: usize = 5;

/// So many clients, in words.
pub(super) fn clients(count: u32) -> String {
    match count {
        1 => "1 client".to_owned(),
        count => format!("{count} clients"),
    }
}

/// A measurement without a single good answer measured nothing.
pub(super) fn check_answered(report: &Report) -> anyhow::Result<()> {
    if report.answered() > 0 {
        return Ok(());
    }
    let errors: Vec<String> = report
        .errors
        .iter()
        .map(|(why, count)| format!("{why} ({count} times)"))
        .collect();
    if errors.is_empty() {
        bail!("no call was answered in the time that it had; give it more of it");
    }
    bail!(
        "no call was answered as it should be: {}; check --url and --license-key",
        errors.join(", ")
    )
}

pub(super) fn ms(span: Duration) -> Cell {
    Cell::number(format!("{:.2}", span.as_secs_f64() * 1_000.0))
}

/// The calls by their kind, and errors.
pub(super) fn calls(page: Page, reports: &[Report]) -> String {
    let row = |report: &Report, call: &CallReport| {
        vec![
            Cell::number(report.clients),
            Cell::new(call.kind.name()),
            Cell::number(call.count),
            Cell::number(format!("{:.0}", call.rate)),
            ms(call.p50),
            ms(call.p95),
            ms(call.p99),
            ms(call.max),
        ]
    };
    let mut rows = Vec::new();
    for report in reports {
        rows.extend(report.calls.iter().map(|call| row(report, call)));
        if report.calls.len() > 1 {
            let total = [report.answered().to_string(), format!("{:.0}", report.rate())].map(Cell::number);
            let mut sum = vec![Cell::number(report.clients), Cell::new("all")];
            sum.extend(total.map(|cell| cell.styled(Style::Strong)));
            rows.push(sum);
        }
    }
    let headings = [
        "CLIENTS",
        "CALL",
        "ANSWERS",
        "PER SECOND",
        "P50 MS",
        "P95 MS",
        "P99 MS",
        "MAX MS",
    ];
    let mut text = page.table(&headings, &rows);
    for report in reports {
        for (why, count) in &report.errors {
            let line = format!("{} clients: {why}: {count} times\n", report.clients);
            text.push_str(&page.paint(Style::Warning, &line));
        }
    }
    text
}

/// Who answered.
pub(super) fn nodes(page: Page, reports: &[Report]) -> String {
    let rows: Vec<Vec<Cell>> = reports
        .iter()
        .filter(|report| report.nodes.len() > 1)
        .flat_map(|report| report.nodes.iter().map(move |node| (report.clients, node)))
        .map(|(clients, node)| vec![Cell::number(clients), Cell::new(&node.url), Cell::number(node.answers)])
        .collect();
    if rows.is_empty() {
        String::new()
    } else {
        format!("\n{}", page.table(&["CLIENTS", "NODE", "ANSWERS"], &rows))
    }
}

/// The longest silences.
pub(super) fn gaps(page: Page, reports: &[Report]) -> String {
    let row = |report: &Report, gap: &Gap| {
        vec![
            Cell::number(report.clients),
            Cell::number(gap.length().as_millis()),
            Cell::new(crate::bench::timestamp(gap.from_unix_ms)),
            Cell::new(crate::bench::timestamp(gap.to_unix_ms)),
        ]
    };
    let rows: Vec<Vec<Cell>> = reports
        .iter()
        .flat_map(|report| report.gaps.iter().take(GAPS_TOLD).map(|gap| row(report, gap)))
        .collect();
    format!(
        "\n{}",
        page.table(&["CLIENTS", "SILENT MS", "LAST ANSWER", "NEXT ANSWER"], &rows)
    )
}

/// A rate, with a digit after the point where it would else be told too coarsely.
fn rate(per_second: f64) -> Cell {
    if per_second < 99.95 {
        Cell::number(format!("{per_second:.1}"))
    } else {
        Cell::number(format!("{per_second:.0}"))
    }
}

/// What was to be sent, and what of it was not.
pub(super) fn offered(page: Page, reports: &[Report]) -> String {
    let row = |(report, offered): (&Report, &Offered)| {
        let style = if offered.unsent > 0 {
            Style::Warning
        } else {
            Style::Plain
        };
        vec![
            rate(offered.rate.per_second()),
            rate(report.rate()),
            Cell::number(offered.calls),
            Cell::number(report.answered()),
            Cell::number(report.failed()),
            Cell::number(offered.unsent).styled(style),
            Cell::number(offered.sent_late),
            ms(offered.waited_max),
        ]
    };
    let open = reports
        .iter()
        .filter_map(|report| Some((report, report.offered.as_ref()?)));
    let rows: Vec<Vec<Cell>> = open.map(row).collect();
    let headings = [
        "OFFERED/S",
        "ANSWERED/S",
        "DUE",
        "ANSWERS",
        "FAILED",
        "NEVER SENT",
        "SENT LATE",
        "SENT AFTER MS, MAX",
    ];
    if rows.is_empty() {
        String::new()
    } else {
        format!("\n{}", page.table(&headings, &rows))
    }
}

/// What the nodes used, if they were asked.
pub(super) fn used(page: Page, reports: &[Report]) -> String {
    let mib =
        |bytes: Option<u64>| Cell::number(bytes.map_or_else(|| "?".to_owned(), |bytes| (bytes >> 20).to_string()));
    let row = |(report, used): (&Report, &NodeUse)| {
        let cpu = used.cpu_us_per_call(report.answered());
        vec![
            Cell::number(report.clients),
            Cell::new(&used.process),
            Cell::number(cpu.map_or_else(|| "?".to_owned(), |us| format!("{us:.1}"))),
            mib(used.resident_before),
            mib(used.resident),
        ]
    };
    // The load alone is told only beside the nodes.
    let asked = reports
        .iter()
        .filter(|report| report.used.iter().any(|used| !used.is_load()));
    let used = asked.flat_map(|report| report.used.iter().map(move |used| (report, used)));
    let rows: Vec<Vec<Cell>> = used.map(row).collect();
    if rows.is_empty() {
        String::new()
    } else {
        let headings = ["CLIENTS", "PROCESS", "CPU µS/CALL", "MIB BEFORE", "MIB AFTER"];
        format!("\n{}", page.table(&headings, &rows))
    }
}
