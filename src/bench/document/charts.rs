//! The charts of a page.

use std::time::Duration;

use super::super::failover::FailoverReport;
use super::super::plot::{Axis, Band, Chart, Line, Scale, Stroke, Tone, count};
use super::super::report::Report;
use super::super::series::{History, Moment};

/// Silences that are marked; shorter ones are within what any disk does.
const MARKED_FROM: Duration = Duration::from_millis(100);

/// The shares that are written beside a percentile curve: each nine is as far from the last one.
const SHARES: [(f64, &str); 8] = [
    (0.0, "0"),
    (0.5, "50 %"),
    (0.9, "90 %"),
    (0.99, "99 %"),
    (0.999, "99.9 %"),
    (0.999_9, "99.99 %"),
    (0.999_99, "99.999 %"),
    (0.999_999, "99.9999 %"),
];

/// Each moment of a history and the seconds in which it lies: begin, middle, length.
fn moments(history: &History, measured: Duration) -> impl Iterator<Item = (f64, f64, f64, &Moment)> + Clone {
    let (slot, end) = (history.slot.as_secs_f64(), measured.as_secs_f64());
    history.moments.iter().zip(0_u32..).filter_map(move |(moment, at)| {
        let from = f64::from(at) * slot;
        let length = (end - from).min(slot);
        // A last sliver of a slot would make a rate out of one call or none.
        (length > slot / 4.0).then_some((from, from + length / 2.0, length, moment))
    })
}

#[allow(clippy::cast_precision_loss, reason = "a chart shows three digits")]
fn per_second(calls: u64, seconds: f64) -> f64 {
    calls as f64 / seconds
}

fn milliseconds(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}

fn line(name: &str, tone: Tone, stroke: Stroke, points: Vec<Option<(f64, f64)>>) -> Line {
    Line {
        name: name.to_owned(),
        tone,
        stroke,
        points,
    }
}

fn values(lines: &[Line]) -> impl Iterator<Item = f64> + Clone {
    lines
        .iter()
        .flat_map(|line| line.points.iter().flatten().map(|(_, y)| *y))
}

/// When nothing was answered.
fn silences(report: &Report) -> Vec<Band> {
    let long = report.gaps.iter().filter(|gap| gap.length() >= MARKED_FROM);
    let seconds = |unix_ms: u64| Duration::from_millis(unix_ms.saturating_sub(report.begun_unix_ms)).as_secs_f64();
    long.map(|gap| Band {
        from: seconds(gap.from_unix_ms),
        to: seconds(gap.to_unix_ms),
        name: format!("silent for {} ms", gap.length().as_millis()),
    })
    .collect()
}

fn over_time(title: &str, report: &Report, y: Axis, lines: Vec<Line>) -> String {
    Chart {
        title: title.to_owned(),
        x: Axis::up_to("seconds", report.measured.as_secs_f64()),
        y,
        lines,
        bands: silences(report),
        bands_name: "silent over 100 ms",
    }
    .to_html()
}

/// Answers and errors in each second.
pub(super) fn throughput(report: &Report) -> String {
    let moments = moments(&report.history, report.measured);
    let answered = moments
        .clone()
        .map(|(_, at, length, moment)| Some((at, per_second(moment.answers, length))));
    let mut lines = vec![line("answered", Tone::First, Stroke::Filled, answered.collect())];
    if let Some(offered) = &report.offered {
        let (rate, end) = (offered.rate.per_second(), report.measured.as_secs_f64());
        let planned = vec![Some((0.0, rate)), Some((end, rate))];
        lines.push(line("offered", Tone::Fifth, Stroke::Dashed, planned));
    }
    if report.failed() > 0 {
        let failed = moments.map(|(_, at, length, moment)| Some((at, per_second(moment.failures, length))));
        lines.push(line("errors", Tone::Bad, Stroke::Solid, failed.collect()));
    }
    let y = Axis::from_zero("calls per second", values(&lines));
    over_time("Throughput", report, y, lines)
}

/// How long answers took, over time.
pub(super) fn latency(report: &Report) -> String {
    let of = |figure: fn(&Moment) -> Duration| {
        let moments = moments(&report.history, report.measured);
        let point = |at, moment: &Moment| (moment.answers > 0).then(|| (at, milliseconds(figure(moment))));
        moments.map(|(_, at, _, moment)| point(at, moment)).collect()
    };
    let lines = vec![
        line("p99", Tone::Second, Stroke::Solid, of(|moment| moment.p99)),
        line("p50", Tone::First, Stroke::Solid, of(|moment| moment.p50)),
    ];
    let y = Axis::fitting("ms", values(&lines));
    over_time("Latency", report, y, lines)
}

/// How far a share is on its axis: the number of its nines.
fn nines(share: f64) -> f64 {
    -(1.0 - share).log10()
}

/// Which share of the calls took no longer than what, by their kind.
pub(super) fn percentiles(report: &Report) -> String {
    #[allow(clippy::cast_precision_loss, reason = "it is a matter of how many digits there are")]
    let finest = |count: u64| (count.max(2) as f64).log10();
    let curves = report.calls.iter().zip(Tone::ALL);
    let lines: Vec<Line> = curves
        .map(|(call, tone)| {
            let end = finest(call.count);
            let points = call.curve.iter();
            let points = points.map(|(share, took)| Some((nines(*share).min(end), milliseconds(*took))));
            line(call.kind.name(), tone, Stroke::Solid, points.collect())
        })
        .collect();
    let end = report.calls.iter().map(|call| finest(call.count)).fold(0.5, f64::max);
    let ticks = SHARES.iter().map(|(share, text)| (nines(*share), (*text).to_owned()));
    Chart {
        title: "Latency by percentile".to_owned(),
        x: Axis {
            label: "share of calls that took no longer".to_owned(),
            scale: Scale::Linear(end),
            ticks: ticks.filter(|(at, _)| *at <= end).collect(),
        },
        y: Axis::fitting("ms", values(&lines)),
        lines,
        bands: Vec::new(),
        bands_name: "",
    }
    .to_html()
}

/// What more load did, run by run.
pub(super) fn sweep(reports: &[Report]) -> String {
    let open = reports.iter().all(|report| report.offered.is_some());
    #[allow(clippy::cast_precision_loss, reason = "there are not so many clients")]
    let load = |report: &Report| match &report.offered {
        Some(offered) => offered.rate.per_second(),
        None => report.clients as f64,
    };
    let label = if open { "calls per second offered" } else { "clients" };
    let axis = || Axis::fitting(label, reports.iter().map(load).collect::<Vec<_>>().into_iter());
    let answered = reports.iter().map(|report| Some((load(report), report.rate())));
    let mut rates = vec![line("answered", Tone::First, Stroke::Dotted, answered.collect())];
    if open {
        let offered = reports.iter().map(|report| Some((load(report), load(report))));
        rates.push(line("offered", Tone::Fifth, Stroke::Dashed, offered.collect()));
    }
    let mut kinds: Vec<_> = reports
        .iter()
        .flat_map(|report| &report.calls)
        .map(|call| call.kind)
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let latencies: Vec<Line> = kinds
        .into_iter()
        .zip(Tone::ALL)
        .map(|(kind, tone)| {
            let of = |report: &Report| {
                let call = report.calls.iter().find(|call| call.kind == kind)?;
                Some((load(report), milliseconds(call.p99)))
            };
            line(kind.name(), tone, Stroke::Dotted, reports.iter().map(of).collect())
        })
        .collect();
    let chart = |title: &str, y: Axis, lines: Vec<Line>| Chart {
        title: title.to_owned(),
        x: axis(),
        y,
        lines,
        bands: Vec::new(),
        bands_name: "",
    };
    let rates = chart(
        "Throughput by load",
        Axis::from_zero("calls per second", values(&rates)),
        rates,
    );
    let latencies = chart("p99 by load", Axis::fitting("ms", values(&latencies)), latencies);
    format!(
        "<div class=\"grid\">\n{}{}</div>\n",
        rates.to_html(),
        latencies.to_html()
    )
}

fn by_kill(title: &str, failover: &FailoverReport, y_label: &str, mut lines: Vec<Line>) -> String {
    lines.retain(|line| !line.points.is_empty());
    let kills = u32::try_from(failover.kills.len()).unwrap_or(u32::MAX);
    let every = kills.div_ceil(10).max(1);
    let ticks = (1..=kills).filter(|kill| (kill - 1) % every == 0);
    Chart {
        title: title.to_owned(),
        x: Axis {
            label: "kill".to_owned(),
            scale: Scale::Linear(f64::from(kills) + 1.0),
            ticks: ticks.map(|kill| (f64::from(kill), count(kill.into()))).collect(),
        },
        y: Axis::from_zero(y_label, values(&lines)),
        lines,
        bands: Vec::new(),
        bands_name: "",
    }
    .to_html()
}

/// The silence of each kill.
pub(super) fn kills(failover: &FailoverReport) -> String {
    let of = |(kill, at): (&super::super::Kill, u32)| Some((f64::from(at), milliseconds(kill.silent)));
    let silent = failover.kills.iter().zip(1..).map(of).collect();
    let end = f64::from(u32::try_from(failover.kills.len()).unwrap_or(u32::MAX)) + 1.0;
    let p50 = milliseconds(failover.silent(0.5));
    let lines = vec![
        line("last answer to next answer", Tone::First, Stroke::Bars, silent),
        line(
            "median",
            Tone::Second,
            Stroke::Dashed,
            vec![Some((0.0, p50)), Some((end, p50))],
        ),
    ];
    by_kill("Silence", failover, "ms", lines)
}

/// How long it took until all was as before.
pub(super) fn recoveries(failover: &FailoverReport) -> String {
    let of = |figure: fn(&super::super::Kill) -> Duration| {
        let kills = failover.kills.iter().zip(1_u32..);
        kills
            .map(|(kill, at)| Some((f64::from(at), figure(kill).as_secs_f64())))
            .collect()
    };
    let lines = vec![
        line("kill to whole", Tone::Third, Stroke::Dots, of(|kill| kill.whole)),
        line("start to ready", Tone::Fourth, Stroke::Dots, of(|kill| kill.ready)),
    ];
    by_kill("Recovery", failover, "seconds", lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_nine_is_as_far_from_the_last_one() {
        assert!(nines(0.0).abs() < 1e-9);
        assert!((nines(0.9) - 1.0).abs() < 1e-9 && (nines(0.999) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_last_sliver_of_a_slot_is_no_rate() {
        let moment = Moment {
            answers: 5,
            failures: 0,
            p50: Duration::ZERO,
            p99: Duration::ZERO,
        };
        let history = History {
            slot: Duration::from_secs(1),
            moments: vec![moment; 3],
        };
        let of = |ms| {
            moments(&history, Duration::from_millis(ms))
                .map(|(_, at, _, _)| at)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(2_100), [0.5, 1.5]);
        assert_eq!(of(2_500), [0.5, 1.5, 2.25]);
    }
}
