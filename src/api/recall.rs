//! Reading a license's history from the audit: for figures, and to tell who held the seats at some moment.
//!
//! The audit tells what changed, so who held seats at a moment is found backward: those who hold them now, and those whose
//! sessions ended meanwhile, but for those who came later.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use licensing::audit::{AuditEvent, AuditLeaf, AuditRecord, LeafV1, Topic};
use licensing::command::Command;
use licensing::id::{LicenseId, PlanId, Seq, SessionNo};
use licensing::ledger::Ledger;
use licensing::outcome::Kind;
use licensing::time::{At, Hour, Span};
use storage::checkpoint::{Order, StateFile};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::Api;
use super::problem::ApiError;
use super::refusal::not_found;
use crate::analytics::history::{Event, Held, History, Limits, Period, What, granted_before, open_before};

/// The longest period of one call.
pub(super) const PERIOD_MAX: Span = Span::from_secs(366 * 86_400);

/// The period of a call that names none.
const PERIOD_DEFAULT: Span = Span::from_secs(30 * 86_400);

/// The most records that one call reads.
pub(super) const RECORDS_MAX: usize = 500_000;

/// Records that are read at once, so that nobody waits long for the disk meanwhile.
const RECORDS_AT_ONCE: usize = 5_000;

/// How long a call waits for its turn. Past it the node says that it has more work than it can do.
const TURN_WITHIN: Duration = Duration::from_secs(10);

/// Histories that are kept, so that the figures of one page are made of one reading.
const KEPT_MAX: usize = 8;

/// What the figures are made of: a few readings at a time, and the latest of them.
#[derive(Debug)]
pub(super) struct Recall {
    turns: Semaphore,
    kept: Mutex<Vec<(Key, Arc<History>)>>,
}

/// A reading. It is made again once anything of the license has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    license: LicenseId,
    asked: (Option<At>, Option<At>),
    /// Counts what was put on record of the license, with the hour that it was counted in.
    news: (u32, u64),
    /// The hour of the reading, for periods that end with it.
    hour: u32,
    versions: (u32, u32),
    /// Since when history is kept.
    kept_from: At,
}

/// What of the ledger belongs to a reading, from one look.
struct Glimpse {
    key: Key,
    at: At,
    audit_size: u64,
    created_at: At,
    limit: u32,
    live: Vec<Held>,
}

impl Default for Recall {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(1),
            kept: Mutex::default(),
        }
    }
}

impl Recall {
    /// Waits until there is room for more work.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        match timeout(TURN_WITHIN, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(closed)) => Err(ApiError::internal(closed)),
            Err(_) => Err(raft::ProposeError::Overloaded.into()),
        }
    }

    fn find(&self, key: &Key) -> Option<Arc<History>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter()
            .find(|(other, _)| other == key)
            .map(|(_, history)| Arc::clone(history))
    }

    fn keep(&self, key: Key, history: &Arc<History>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(other, _)| (other.license, other.asked) != (key.license, key.asked));
        kept.push((key, Arc::clone(history)));
        // The newest are the likeliest to be asked for again, and together they are no more than one reading may be.
        let mut events = 0;
        let fits = kept.iter().rev().take_while(|(_, history)| {
            events += history.events.len();
            events <= RECORDS_MAX
        });
        let over = kept.len() - fits.count().clamp(1, KEPT_MAX);
        kept.drain(..over);
    }
}

/// Makes figures of a license's history, off the threads that answer requests.
pub(super) async fn figures<T: Send + 'static>(
    api: &Api,
    license: LicenseId,
    from: Option<At>,
    to: Option<At>,
    make: impl FnOnce(&History) -> T + Send + 'static,
) -> Result<(Arc<History>, T), ApiError> {
    let _turn = api.0.recall.turn().await?;
    let history = history(api, license, (from, to)).await?;
    let shared = Arc::clone(&history);
    let reckoned = tokio::task::spawn_blocking(move || make(&shared)).await;
    Ok((history, reckoned.map_err(ApiError::internal)?))
}

async fn history(api: &Api, license: LicenseId, asked: (Option<At>, Option<At>)) -> Result<Arc<History>, ApiError> {
    loop {
        let glimpse = glimpse(api, license, asked)?;
        if let Some(history) = api.0.recall.find(&glimpse.key) {
            // It ends where the clock was when it was read; unless an end was asked for, time has passed since.
            let mut history = history;
            if asked.1.is_none() {
                Arc::make_mut(&mut history).period.to = now_behind(glimpse.at);
            }
            return Ok(history);
        }
        let history = Arc::new(read(api, &glimpse, asked).await?);
        // At midnight a part of it may have been dropped while it was read.
        if api.cluster().ledger(|ledger| ledger.kept_from().sessions) == glimpse.key.kept_from {
            api.0.recall.keep(glimpse.key, &history);
            return Ok(history);
        }
    }
}

/// The moment behind the last that can have happened.
fn now_behind(at: At) -> At {
    at.after(Span::from_ms(1))
}

fn glimpse(api: &Api, license: LicenseId, asked: (Option<At>, Option<At>)) -> Result<Glimpse, ApiError> {
    let look = |ledger: &Ledger| {
        let row = ledger.license(license)?;
        let plan = ledger.plan(row.plan)?;
        let news = ledger.usage_open(license).map_or((0, 0), |hour| {
            let counts = hour.grants + hour.releases + hour.expiries + hour.revocations;
            (hour.hour.get(), counts + hour.refusals.values().sum::<u64>())
        });
        Some(Glimpse {
            key: Key {
                license,
                asked,
                news,
                hour: Hour::of(ledger.at()).get(),
                versions: (row.version, plan.version),
                kept_from: ledger.kept_from().sessions,
            },
            at: ledger.at(),
            audit_size: ledger.audit_size(),
            created_at: row.created_at,
            limit: ledger.seats(license)?.limit,
            live: live(ledger, license),
        })
    };
    api.cluster().ledger(look).ok_or_else(|| not_found(Kind::License))
}

fn live(ledger: &Ledger, license: LicenseId) -> Vec<Held> {
    let held = |session: &licensing::session::Session| Held {
        no: session.no,
        holder: session.holder,
        since: Some(session.granted_at),
    };
    ledger.sessions_of(license, None).map(held).collect()
}

async fn read(api: &Api, glimpse: &Glimpse, (from, to): (Option<At>, Option<At>)) -> Result<History, ApiError> {
    let license = glimpse.key.license;
    let file = api.cluster().latest_history().await.map_err(ApiError::internal)?;
    let end = now_behind(glimpse.at);
    let to = to.unwrap_or(end).min(end);
    let from = from.unwrap_or_else(|| At::from_ms(to.ms().saturating_sub(PERIOD_DEFAULT.ms())));
    if from >= to {
        return Err(ApiError::field("from", "expected a time before `to`, and in the past"));
    }
    if to.since(from) > PERIOD_MAX {
        return Err(ApiError::field("from", "expected at most 366 days before `to`"));
    }
    // A license has no seats before it is there, and that is not the same as seats which nobody holds.
    let wanted = from.max(glimpse.created_at.min(to));
    let kept_from = glimpse.key.kept_from;
    let kept = Period {
        from: wanted.max(kept_from.min(to)),
        to,
    };
    let (period, has_rest) = whole(file, kept).await?;
    let complete = has_rest && kept.from == wanted;
    let start = file.audit_index_at(period.from).await.map_err(ApiError::internal)?;
    let range = start..glimpse.audit_size;
    let topics = vec![Topic::Seats(license), Topic::RefusalsOf(license)];
    let leaves = leaves(file, topics, range).await?;
    let seats: Vec<LeafV1> = leaves
        .iter()
        .filter(|(_, leaf)| is_of_seats(leaf))
        .map(|(_, leaf)| leaf.clone())
        .collect();
    let opening = opening(file, &seats, glimpse.live.iter().copied()).await?;
    let (limit, limits) = limits(file, license, period, glimpse).await?;
    let recorded = leaves
        .iter()
        .filter_map(|(index, leaf)| Some((*index, History::event(leaf)?)));
    let mut events: Vec<(u64, Event)> = recorded
        .filter(|(_, event)| event.at < period.to)
        .chain(limits)
        .collect();
    events.sort_unstable_by_key(|(index, _)| *index);
    Ok(History {
        period,
        limit,
        opening,
        events: events.into_iter().map(|(_, event)| event).collect(),
        complete,
        kept_from: Some(kept_from).filter(|from| *from > At::default()),
    })
}

fn is_of_seats(leaf: &LeafV1) -> bool {
    matches!(leaf.event, AuditEvent::Granted { .. } | AuditEvent::Ended { .. })
}

/// The part of a period of which this node's history is whole, and whether that is all of it.
async fn whole(file: &StateFile, period: Period) -> Result<(Period, bool), ApiError> {
    let kept = file.audit_kept().await.map_err(ApiError::internal)?;
    if kept.whole_from == 0 {
        return Ok((period, true));
    }
    let first = file
        .audit(kept.whole_from..kept.end, 1)
        .await
        .map_err(ApiError::internal)?;
    let since = match first.first() {
        Some(record) => decode(record)?.at,
        None => period.to,
    };
    let from = period.from.max(since.min(period.to));
    Ok((Period { from, ..period }, from == period.from))
}

/// Every leaf about these topics in a range of indexes, with its index.
async fn leaves(file: &StateFile, topics: Vec<Topic>, range: Range<u64>) -> Result<Vec<(u64, LeafV1)>, ApiError> {
    let problem = || {
        let problem = format!("more than {RECORDS_MAX} records of this license since then; choose a later time");
        ApiError::field("from", problem)
    };
    leaves_up_to(file, topics, range, RECORDS_MAX)
        .await?
        .ok_or_else(problem)
}

/// The same, and `None` if there are more than so many.
async fn leaves_up_to(
    file: &StateFile,
    topics: Vec<Topic>,
    range: Range<u64>,
    records_max: usize,
) -> Result<Option<Vec<(u64, LeafV1)>>, ApiError> {
    let mut found: Vec<(u64, LeafV1)> = Vec::new();
    let mut rest = range;
    loop {
        let part = file
            .audit_about(topics.clone(), rest.clone(), Order::OldestFirst, RECORDS_AT_ONCE)
            .await
            .map_err(ApiError::internal)?;
        for record in &part {
            found.push((record.index, decode(record)?));
        }
        if found.len() > records_max {
            return Ok(None);
        }
        match part.last() {
            Some(last) if part.len() == RECORDS_AT_ONCE => rest.start = last.index + 1,
            _ => return Ok(Some(found)),
        }
        tokio::task::yield_now().await;
    }
}

pub(super) fn decode(record: &AuditRecord) -> Result<LeafV1, ApiError> {
    let leaf = AuditLeaf::decode(&record.leaf).map_err(ApiError::internal)?;
    Ok(leaf.content().clone())
}

/// The sessions that held seats before `since`, which are all leaves of the license's seats up to now.
async fn opening(
    file: &StateFile,
    since: &[LeafV1],
    live: impl IntoIterator<Item = Held>,
) -> Result<Vec<Held>, ApiError> {
    let mut grants: BTreeMap<SessionNo, Held> = BTreeMap::new();
    for numbers in granted_before(since).chunks(1_000) {
        // A session has the number of the command that granted it.
        let commands = numbers.iter().map(|no| Seq::new(no.get())).collect();
        for record in file.audit_of_commands(commands).await.map_err(ApiError::internal)? {
            let leaf = decode(&record)?;
            if let AuditEvent::Granted { no, holder, .. } = leaf.event {
                let since = Some(leaf.at);
                grants.insert(no, Held { no, holder, since });
            }
        }
    }
    Ok(open_before(since, live, |no| grants.get(&no).copied()))
}

/// The limit at the beginning of a period, and its changes within it.
async fn limits(
    file: &StateFile,
    license: LicenseId,
    period: Period,
    glimpse: &Glimpse,
) -> Result<(u32, Vec<(u64, Event)>), ApiError> {
    let range = 0..glimpse.audit_size;
    let own = leaves(file, vec![Topic::License(license)], range.clone()).await?;
    let plans: BTreeSet<PlanId> = own.iter().filter_map(|(_, leaf)| plan(leaf)).collect();
    let topics = plans
        .into_iter()
        .map(Topic::Plan)
        .chain([Topic::License(license)])
        .collect();
    let (mut limits, mut before, mut events) = (Limits::default(), None, Vec::new());
    for (index, leaf) in leaves(file, topics, range).await? {
        let AuditEvent::Changed { command } = &leaf.event else {
            continue;
        };
        let Some(limit) = limits.take(license, command) else {
            continue;
        };
        if leaf.at < period.from {
            before = Some(limit);
        } else if leaf.at < period.to {
            let (at, what) = (leaf.at, What::Limit(limit));
            events.push((index, Event { at, what }));
        }
    }
    // The first change within the period may be the license's own beginning; where its history begins later, what is true
    // now is the best that is known.
    let first = events.first().and_then(|(_, event)| match event.what {
        What::Limit(limit) => Some(limit),
        _ => None,
    });
    Ok((before.or(first).unwrap_or(glimpse.limit), events))
}

fn plan(leaf: &LeafV1) -> Option<PlanId> {
    match &leaf.event {
        AuditEvent::Changed {
            command: Command::CreateLicense(create),
        } => Some(create.plan),
        AuditEvent::Changed {
            command: Command::UpdateLicense(update),
        } => update.plan,
        _ => None,
    }
}

/// Who held a license's seats when a leaf was written, and when each session ended, if it has. `None` if too much has
/// happened since to find out.
pub(super) async fn held_at(
    api: &Api,
    license: LicenseId,
    index: u64,
    records_max: usize,
) -> Result<Option<Vec<(Held, Option<At>)>>, ApiError> {
    let _turn = api.0.recall.turn().await?;
    let look = |ledger: &Ledger| (ledger.audit_size(), live(ledger, license));
    let (audit_size, live) = api.cluster().ledger(look);
    let file = api.cluster().latest_history().await.map_err(ApiError::internal)?;
    let Some(since) = leaves_up_to(file, vec![Topic::Seats(license)], index..audit_size, records_max).await? else {
        return Ok(None);
    };
    let since: Vec<LeafV1> = since.into_iter().map(|(_, leaf)| leaf).collect();
    let ended: BTreeMap<SessionNo, At> = since
        .iter()
        .filter_map(|leaf| match leaf.event {
            AuditEvent::Ended { no, .. } => Some((no, leaf.at)),
            _ => None,
        })
        .collect();
    let held = opening(file, &since, live).await?;
    Ok(Some(
        held.into_iter()
            .map(|held| (held, ended.get(&held.no).copied()))
            .collect(),
    ))
}
