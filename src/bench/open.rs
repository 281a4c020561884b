//! An open loop: calls are due by a schedule that does not wait for answers, as they are when many applications start
//! and beat that know nothing of each other.
//!
//! A call takes from when it was due, not from when it was sent. In a closed loop a server that stalls for a second
//! delays one call of each client and is asked nothing meanwhile; here every call that was due in that second shows
//! what it had to wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use raft::seams::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::client::VirtualClient;
use super::measure::{LATENCY_MAX_US, Measure};
use super::report::{Report, ms};
use super::schedule::{Arrivals, Rate, Schedule};
use super::used::Used;
use super::wire::Nodes;
use super::{Mix, run_name};

/// A call that is sent later than this after it was due is told as late: more than a timer is ever off.
const SENT_LATE_AFTER: Duration = Duration::from_millis(10);

/// How long clients may take to get their places in the mix.
const PREPARED_WITHIN: Duration = Duration::from_secs(5);

/// Calls at a rate, whatever becomes of them.
#[derive(Debug, Clone)]
pub struct OpenLoop {
    /// Whom to ask.
    pub nodes: Arc<Nodes>,
    /// The license whose seats are taken; it needs one seat for each client.
    pub license_key: String,
    /// How many calls may be open at once: each client has one.
    pub clients: usize,
    /// What calls.
    pub mix: Mix,
    /// How many in a second.
    pub rate: Rate,
    /// How they follow each other.
    pub arrivals: Arrivals,
    /// What chance follows from.
    pub seed: u64,
    /// How long they come before it counts.
    pub warm_up: Duration,
    /// How long it counts.
    pub duration: Duration,
    /// Where the nodes tell what they use, if that is to be known.
    pub used: Option<Used>,
}

/// What was to be sent, and what of it was not.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// How many in a second.
    pub rate: Rate,
    /// How they followed each other.
    pub arrivals: Arrivals,
    /// What chance followed from.
    pub seed: u64,
    /// Calls that were due.
    pub calls: u64,
    /// Those of them that were never sent, because every client waited for an answer until the end.
    pub unsent: u64,
    /// Those that were sent more than 10 ms after they were due, for the same reason.
    pub sent_late: u64,
    /// 99 of 100 were sent no later than this after they were due.
    pub waited_p99: Duration,
    /// None was sent later.
    pub waited_max: Duration,
}

impl Offered {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "rate": self.rate.per_second(),
            "arrivals": self.arrivals.name(),
            "seed": self.seed,
            "calls": self.calls,
            "unsent": self.unsent,
            "sent_late": self.sent_late,
            "waited_p99_ms": ms(self.waited_p99),
            "waited_max_ms": ms(self.waited_max),
        })
    }
}

impl OpenLoop {
    /// Runs the measurement and tells what came of it.
    pub async fn run(self) -> Report {
        let (preparing, mut idle) = self.prepare().await;
        if idle.is_empty() {
            return preparing;
        }
        let start = Instant::now();
        let begin = start + self.warm_up;
        let measure = Arc::new(Measure::of_due(begin, self.duration, self.nodes.len()));
        let schedule = Schedule::new(self.rate, self.arrivals, self.seed);
        let tickets = Arc::new(Tickets::new(schedule, start));
        tickets.count(begin, begin + self.duration);
        let mut clients = JoinSet::new();
        for mut client in idle.drain(..) {
            client.measured_by(&measure);
            clients.spawn(take_turns(client, self.mix, Arc::clone(&tickets)));
        }
        sleep_until(begin).await;
        let begun_unix_ms = SystemClock.unix_ms();
        let before = Used::begin(self.used.as_ref()).await;
        sleep_until(begin + self.duration).await;
        let used = before.end().await;
        while clients.join_next().await.is_some() {}
        Report {
            offered: Some(tickets.offered(self.rate, self.arrivals, self.seed)),
            used,
            ..measure.report(&self.nodes, self.clients, begun_unix_ms)
        }
    }

    /// Clients at places of the mix's cycle next to each other. Without an answer there are none.
    async fn prepare(&self) -> (Report, Vec<VirtualClient>) {
        let (begin, begun_unix_ms) = (Instant::now(), SystemClock.unix_ms());
        let measure = Arc::new(Measure::without_end(begin, PREPARED_WITHIN, self.nodes.len()));
        let (run, mut clients) = (run_name(), JoinSet::new());
        for number in 0..self.clients {
            let client = VirtualClient::new(&self.nodes, &measure, &self.license_key, &run, number);
            let (mut client, mix) = (client.for_mix(self.mix), self.mix);
            clients.spawn(async move {
                // One that has no seat yet asks for it when its first call is due.
                let _ = timeout(PREPARED_WITHIN, client.prepare(mix, number)).await;
                client
            });
        }
        let mut prepared: Vec<VirtualClient> = Vec::new();
        while let Some(client) = clients.join_next().await {
            prepared.extend(client.ok());
        }
        let report = measure.report(&self.nodes, self.clients, begun_unix_ms);
        if report.answered() == 0 && report.failed() > 0 {
            prepared.clear();
        }
        // In order, so that calls of each kind follow each other as the mix says.
        prepared.sort_by_key(VirtualClient::number);
        (report, prepared)
    }
}

/// Makes the calls that fall to a client. At the end it gives back what it holds, which does not count.
async fn take_turns(mut client: VirtualClient, mix: Mix, tickets: Arc<Tickets>) {
    // Who has a seat is not refused one; it keeps it from the others until the end.
    let asks = |client: &VirtualClient| mix != Mix::Refused || !client.holds();
    while asks(&client) {
        let Some(ticket) = tickets.take() else { break };
        sleep_until(ticket.due).await;
        if tickets.sent(ticket).is_some() {
            client.step(mix, ticket.due).await;
        }
    }
    if let Some(end) = tickets.end() {
        sleep_until(end).await;
    }
    client.give_back().await;
}

/// A call that is due at some time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    /// Its number in the plan.
    pub(super) number: u64,
    /// When.
    pub(super) due: Instant,
}

/// Whether a call that is sent belongs to what is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It does.
    Counted,
    /// It was due before.
    Uncounted,
}

/// Hands the calls of a plan to whoever is free next. Those that nobody was free for until the end are counted.
#[derive(Debug)]
pub(super) struct Tickets {
    plan: Mutex<(u64, Schedule)>,
    start: Instant,
    counted: OnceLock<(Instant, Instant)>,
    calls: AtomicU64,
    unsent: AtomicU64,
    sent_late: AtomicU64,
    waited: Mutex<Histogram<u64>>,
}

impl Tickets {
    pub(super) fn new(schedule: Schedule, start: Instant) -> Self {
        Self {
            plan: Mutex::new((0, schedule)),
            start,
            counted: OnceLock::new(),
            calls: AtomicU64::new(0),
            unsent: AtomicU64::new(0),
            sent_late: AtomicU64::new(0),
            waited: Mutex::new(Histogram::new_with_bounds(1, LATENCY_MAX_US, 3).expect("the bounds are in order")),
        }
    }

    /// Counts what is due between these times, and ends the plan with them. Only the first call says so.
    pub(super) fn count(&self, begin: Instant, end: Instant) {
        self.counted.get_or_init(|| (begin, end));
    }

    /// When the plan ends, if that is known.
    pub(super) fn end(&self) -> Option<Instant> {
        self.counted.get().map(|(_, end)| *end)
    }

    /// The next call that somebody is to make; none if the plan is at its end.
    pub(super) fn take(&self) -> Option<Ticket> {
        loop {
            let ticket = {
                let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
                let number = plan.0;
                plan.0 += 1;
                let due = self.start + plan.1.next_due();
                Ticket { number, due }
            };
            let Some((begin, end)) = self.counted.get() else {
                return Some(ticket);
            };
            if ticket.due >= *end {
                return None;
            }
            let now = Instant::now();
            // A backlog of the warm-up would be sent instead of what is measured.
            if ticket.due < *begin && now >= *begin {
                continue;
            }
            if now < *end {
                return Some(ticket);
            }
            if ticket.due >= *begin {
                self.calls.fetch_add(1, Ordering::Relaxed);
                self.unsent.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Notes that a call is sent now. It is not to be if that gives `None`, because it is due after the end.
    pub(super) fn sent(&self, ticket: Ticket) -> Option<Sent> {
        let Some((begin, end)) = self.counted.get() else {
            return Some(Sent::Uncounted);
        };
        if ticket.due >= *end {
            return None;
        }
        Some(if ticket.due >= *begin {
            self.calls.fetch_add(1, Ordering::Relaxed);
            let waited = Instant::now().saturating_duration_since(ticket.due);
            if waited > SENT_LATE_AFTER {
                self.sent_late.fetch_add(1, Ordering::Relaxed);
            }
            let waited_us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX).max(1);
            let mut all = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
            all.saturating_record(waited_us);
            Sent::Counted
        } else {
            Sent::Uncounted
        })
    }

    /// What was to be sent.
    pub(super) fn offered(&self, rate: Rate, arrivals: Arrivals, seed: u64) -> Offered {
        let waited = self.waited.lock().unwrap_or_else(PoisonError::into_inner);
        Offered {
            rate,
            arrivals,
            seed,
            calls: self.calls.load(Ordering::Relaxed),
            unsent: self.unsent.load(Ordering::Relaxed),
            sent_late: self.sent_late.load(Ordering::Relaxed),
            waited_p99: Duration::from_micros(waited.value_at_quantile(0.99)),
            waited_max: Duration::from_micros(waited.max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{advance, sleep};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn tickets(per_second: f64) -> Tickets {
        let rate = Rate::new(per_second).expect("calls can come at it");
        let start = Instant::now();
        let tickets = Tickets::new(Schedule::new(rate, Arrivals::Fixed, 1), start);
        tickets.count(start + SECOND, start + 3 * SECOND);
        tickets
    }

    fn offered(tickets: &Tickets) -> Offered {
        tickets.offered(Rate::new(1.0).expect("calls can come at it"), Arrivals::Fixed, 1)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_free_in_time_sends_everything_in_time() {
        let tickets = tickets(100.0);
        while let Some(ticket) = tickets.take() {
            sleep_until(ticket.due).await;
            assert!(tickets.sent(ticket).is_some());
        }
        let offered = offered(&tickets);
        assert_eq!((offered.calls, offered.unsent, offered.sent_late), (200, 0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_was_free_for_is_counted_and_not_dropped() {
        let tickets = tickets(100.0);
        let mut sent_in_time = 0;
        while let Some(ticket) = tickets.take() {
            sleep_until(ticket.due).await;
            assert!(tickets.sent(ticket).is_some());
            sent_in_time += u64::from(ticket.number >= 100);
            // A single client whose answers take two beats of the plan.
            sleep(Duration::from_millis(20)).await;
        }
        let offered = offered(&tickets);
        assert_eq!(offered.calls, 200, "{offered:?}");
        assert_eq!(offered.unsent + sent_in_time, 200, "{offered:?}");
        assert!(
            (95..=105).contains(&offered.unsent) && offered.sent_late > 0,
            "{offered:?}"
        );
        assert!(offered.waited_max > SECOND * 9 / 10, "{offered:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_makes_every_call_late_that_was_due_in_it() {
        let tickets = tickets(100.0);
        let mut stalled = false;
        while let Some(ticket) = tickets.take() {
            sleep_until(ticket.due).await;
            assert!(tickets.sent(ticket).is_some());
            if ticket.number == 150 && !stalled {
                stalled = true;
                advance(SECOND / 2).await;
            }
        }
        let offered = offered(&tickets);
        assert_eq!((offered.calls, offered.unsent), (200, 0));
        assert!((45..=50).contains(&offered.sent_late), "{offered:?}");
    }
}
