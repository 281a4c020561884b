//! Many live sessions that each beat at their interval, which is what production looks like: an open loop, because no
//! application waits with its heartbeat for another's.
//!
//! The beats are spread evenly over the interval: session number `i` of `n` is due at `i / n` of it, in each round. So a
//! session needs no memory here but its id, and a million of them some 30 MB.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use hyper::Method;
use raft::seams::{Clock, SystemClock};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::batch::{batch_body, kept};
use super::client::{Failed, VirtualClient, code_of};
use super::measure::{Kind, Measure};
use super::open::{Sent, Ticket, Tickets};
use super::report::Report;
use super::run_name;
use super::schedule::{Arrivals, Rate, Schedule};
use super::sessions::{Acquired, Sessions};
use super::used::Used;
use super::wire::{Nodes, Wire};

/// Gaps are looked for within this time while sessions are acquired.
const WATCHED: Duration = Duration::from_secs(3_600);

/// How often a heartbeat is tried that no node answers, as a client does that has minutes until its session ends.
const TRIES: u32 = 5;

/// The pause between tries.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Sessions that beat at their interval.
#[derive(Debug, Clone)]
pub struct Live {
    /// Whom to ask.
    pub nodes: Arc<Nodes>,
    /// The license whose seats are taken; it needs one seat for each session.
    pub license_key: String,
    /// How many sessions.
    pub sessions: u64,
    /// How long each waits from one heartbeat to the next.
    pub interval: Duration,
    /// How long to watch them, once all are there.
    pub duration: Duration,
    /// How many calls may be open at once.
    pub clients: usize,
    /// A heartbeat that is answered later than this after it was due is late.
    pub late_after: Duration,
    /// How a gateway beats for them, if one does: the sessions of one call, and its API token.
    pub gateway: Option<(usize, String)>,
    /// Where the nodes tell what they use, if that is to be known.
    pub used: Option<Used>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct LiveReport {
    /// How the sessions were acquired, and the beats meanwhile.
    pub acquiring: Report,
    /// How they were kept, from when all were there.
    pub beating: Report,
    /// Sessions that were acquired.
    pub sessions: u64,
    /// Heartbeats that were answered and kept their session; a batch has many.
    pub kept: u64,
    /// Those of them that were answered late.
    pub late: u64,
    /// Heartbeats that nobody answered, however often they were tried.
    pub unanswered: u64,
    /// Sessions that had ended when they beat.
    pub lost: u64,
}

impl Live {
    /// How many calls are due in a second; `None` if that is more or less than can be.
    #[allow(clippy::cast_precision_loss, reason = "sessions are no more than seats")]
    pub fn rate(&self) -> Option<Rate> {
        let per_call = self.gateway.as_ref().map_or(1, |(per_call, _)| *per_call);
        let calls = self.sessions.div_ceil(per_call as u64);
        Rate::new(calls as f64 / self.interval.as_secs_f64())
    }

    /// Runs it. `tell` hears how far it is.
    pub async fn run(self, rate: Rate, tell: impl Fn(&str)) -> LiveReport {
        let (begin, begun_unix_ms) = (Instant::now(), SystemClock.unix_ms());
        let acquiring = Arc::new(Measure::without_end(begin, WATCHED, self.nodes.len()));
        let before = Used::begin(self.used.as_ref()).await;
        let acquired = Arc::new(Acquired::default());
        let keepers = Arc::new(Keepers {
            acquired: Arc::clone(&acquired),
            sessions: usize::try_from(self.sessions).unwrap_or(usize::MAX),
            per_call: self.gateway.as_ref().map_or(1, |(per_call, _)| *per_call),
            tickets: Tickets::new(Schedule::new(rate, Arrivals::Fixed, 0), begin),
            acquiring: Arc::clone(&acquiring),
            beating: OnceLock::new(),
            late_after: self.late_after,
            kept: AtomicU64::new(0),
            late: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            lost: Mutex::new(Marks::new(self.sessions)),
        });
        let mut clients = JoinSet::new();
        let run = run_name();
        for number in 0..self.clients {
            let keepers = Arc::clone(&keepers);
            if let Some((_, token)) = &self.gateway {
                let wire = Wire::new(&self.nodes, number).with_token(token);
                clients.spawn(async move { keepers.keep_batches(wire, number).await });
            } else {
                let client = VirtualClient::new(&self.nodes, &acquiring, &self.license_key, &run, number);
                clients.spawn(async move { keepers.keep(client).await });
            }
        }
        let sessions = Sessions {
            nodes: Arc::clone(&self.nodes),
            license_key: self.license_key.clone(),
            count: self.sessions,
            clients: self.clients,
        };
        sessions.acquire(&acquiring, &acquired).await;
        let taken = acquired.len();
        let acquiring = Report {
            used: before.end().await,
            ..acquiring.report(&self.nodes, self.clients, begun_unix_ms)
        };
        tell(&format!(
            "{taken} sessions are live; watching them beat for {:?} …",
            self.duration
        ));
        let before = Used::begin(self.used.as_ref()).await;
        let (begin, begun_unix_ms) = (Instant::now(), SystemClock.unix_ms());
        let beating = Arc::new(Measure::of_due(begin, self.duration, self.nodes.len()));
        // The measurement first: who beats looks for the end, and then for where it counts.
        let _ = keepers.beating.set(Arc::clone(&beating));
        // Without a session there is nothing to watch.
        let watched = if taken == 0 { Duration::ZERO } else { self.duration };
        keepers.tickets.count(begin, begin + watched);
        sleep_until(begin + watched).await;
        let used = before.end().await;
        while clients.join_next().await.is_some() {}
        let told = |count: &AtomicU64| count.load(Ordering::Relaxed);
        LiveReport {
            acquiring,
            beating: Report {
                offered: Some(keepers.tickets.offered(rate, Arrivals::Fixed, 0)),
                used,
                ..beating.report(&self.nodes, self.clients, begun_unix_ms)
            },
            sessions: u64::try_from(taken).unwrap_or(u64::MAX),
            kept: told(&keepers.kept),
            late: told(&keepers.late),
            unanswered: told(&keepers.unanswered),
            lost: keepers.lost().count(),
        }
    }
}

/// What those who beat share.
struct Keepers {
    acquired: Arc<Acquired>,
    sessions: usize,
    per_call: usize,
    tickets: Tickets,
    acquiring: Arc<Measure>,
    beating: OnceLock<Arc<Measure>>,
    late_after: Duration,
    kept: AtomicU64,
    late: AtomicU64,
    unanswered: AtomicU64,
    lost: Mutex<Marks>,
}

impl Keepers {
    fn lost(&self) -> std::sync::MutexGuard<'_, Marks> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first session of a call.
    fn first(&self, ticket: Ticket) -> usize {
        let calls = self.sessions.div_ceil(self.per_call).max(1) as u64;
        usize::try_from(ticket.number % calls).unwrap_or(0) * self.per_call
    }

    /// Where a call counts. One that is counted was sent when all sessions were there, so what counts it was as well.
    fn measure(&self, sent: Sent) -> &Arc<Measure> {
        match sent {
            Sent::Counted => self.beating.get().unwrap_or(&self.acquiring),
            Sent::Uncounted => &self.acquiring,
        }
    }

    /// Counts beats that kept their sessions.
    fn count_kept(&self, sent: Sent, due: Instant, beats: u64) {
        if sent == Sent::Counted {
            self.kept.fetch_add(beats, Ordering::Relaxed);
            if due.elapsed() > self.late_after {
                self.late.fetch_add(beats, Ordering::Relaxed);
            }
        }
    }

    /// Counts beats that nobody answered.
    fn count_unanswered(&self, sent: Sent, beats: u64) {
        if sent == Sent::Counted {
            self.unanswered.fetch_add(beats, Ordering::Relaxed);
        }
    }

    /// Beats for one session at a time.
    async fn keep(&self, mut client: VirtualClient) {
        while let Some(ticket) = self.tickets.take() {
            sleep_until(ticket.due).await;
            let at = self.first(ticket);
            // One that is not there yet has its turn in the next round, and one that is lost has none.
            let id = self.acquired.read(at, 1, |ids| ids.next().map(str::to_owned));
            let Some(id) = id.filter(|_| !self.lost().has(at)) else {
                continue;
            };
            let Some(sent) = self.tickets.sent(ticket) else { return };
            client.measured_by(self.measure(sent));
            let mut tries = 0;
            loop {
                match client.heartbeat_once(&id, ticket.due).await {
                    Ok(()) => self.count_kept(sent, ticket.due, 1),
                    Err(Failed::ForGood) => self.lost().set(at),
                    Err(Failed::ForNow) if tries + 1 < TRIES => {
                        tries += 1;
                        sleep(TRY_AGAIN_AFTER).await;
                        continue;
                    }
                    Err(Failed::ForNow) => self.count_unanswered(sent, 1),
                }
                break;
            }
        }
    }

    /// Beats for many with one call.
    async fn keep_batches(&self, mut wire: Wire, number: usize) {
        while let Some(ticket) = self.tickets.take() {
            sleep_until(ticket.due).await;
            let from = self.first(ticket);
            let count = self.per_call.min(self.sessions - from);
            let (body, beats) = self.acquired.read(from, count, |ids| {
                let ids: Vec<&str> = ids.collect();
                (batch_body(&ids), ids.len())
            });
            if beats == 0 {
                continue;
            }
            let Some(sent) = self.tickets.sent(ticket) else { return };
            let call = BatchCall {
                due: ticket.due,
                sent,
                from,
                body,
            };
            for tries in 1..=TRIES {
                if self.send_batch(&mut wire, number, &call).await {
                    break;
                }
                if tries == TRIES {
                    self.count_unanswered(sent, u64::try_from(beats).unwrap_or(0));
                } else {
                    sleep(TRY_AGAIN_AFTER).await;
                }
            }
        }
    }

    /// Whether a batch was answered.
    async fn send_batch(&self, wire: &mut Wire, number: usize, call: &BatchCall) -> bool {
        let measure = self.measure(call.sent);
        let why = match wire
            .send(Method::PUT, "/api/v1/licenses/heartbeats", call.body.clone())
            .await
        {
            Ok(answer) if answer.status == 200 => {
                measure.answered(number, Kind::Batch, answer.node, call.due);
                let mut went_on = 0;
                for (at, kept) in kept(&answer.body).enumerate() {
                    if kept {
                        went_on += 1;
                    } else {
                        measure.failed(number, call.due, "session not kept");
                        self.lost().set(call.from + at);
                    }
                }
                self.count_kept(call.sent, call.due, went_on);
                return true;
            }
            Ok(answer) => code_of(answer.status, &answer.body),
            Err(silence) => silence.name().to_owned(),
        };
        measure.failed(number, call.due, &why);
        wire.turn();
        false
    }
}

/// A batch, ready to be sent.
struct BatchCall {
    due: Instant,
    sent: Sent,
    /// The number of its first session.
    from: usize,
    body: String,
}

/// One bit for each session.
struct Marks(Vec<u64>);

impl Marks {
    fn new(count: u64) -> Self {
        Self(vec![0; usize::try_from(count.div_ceil(64)).unwrap_or(0)])
    }

    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    fn set(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_lost_once() {
        let mut marks = Marks::new(65);
        for at in [3, 64, 64] {
            marks.set(at);
        }
        assert!(marks.has(3) && marks.has(64) && !marks.has(4) && !marks.has(1_000));
        assert_eq!(marks.count(), 2);
    }
}
