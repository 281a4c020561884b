//! The business at a glance, in one call: seats by product, their peaks, what was refused, what ends soon.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json as Answer;
use axum::extract::State;
use licensing::catalogue::License as Row;
use licensing::id::{LicenseId, ProductId};
use licensing::ledger::Ledger;
use licensing::time::{At, Hour, Span};
use licensing::usage::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use super::caller::Caller;
use super::extract::NoQuery;
use super::id::{self, Id};
use super::license_view::{License, Status};
use super::page::ROWS_PER_LOCK;
use super::past_hours::{HOURS_KEPT, Sum, Sums};
use super::problem::ApiError;
use super::sorted::SortKey;
use super::time::Timestamp;

/// How long a call waits for hours that are being read. It says so if they are not there yet.
const PATIENCE: Duration = Duration::from_millis(100);

const DAY: Span = Span::from_secs(86_400);

/// Licenses that are named among those that end next.
const ENDING_NAMED: usize = 8;

/// The business at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// The cluster's clock.
    at: Timestamp,
    /// All products together.
    all: Figures,
    /// Each product that has a license.
    products: Vec<ProductFigures>,
    ending: Ending,
    refusals: Refusals,
    /// Since when peaks and refusals of hours that have passed are counted in; `null` until they are read.
    counted_from: Option<Timestamp>,
}

/// Seats as they stand, and as they stood.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Figures {
    /// Licenses, whatever their status.
    licenses: u64,
    /// Licenses that can be used now.
    usable: u64,
    /// Usable licenses of which every seat is held.
    full: u64,
    /// Seats that may be held of usable licenses.
    limit: u64,
    /// Seats held.
    in_use: u64,
    /// Live sessions.
    sessions: u64,
    /// Holders whose session expired while their token's grace still runs.
    ghosts: u64,
    /// The most seats held in an hour since midnight, UTC. The peaks of licenses are added up, which need not have been
    /// at the same moment, so it was no more than this.
    peak_today: u64,
    /// The same of the last thirty days.
    peak_30_days: u64,
}

/// A product's figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProductFigures {
    id: id::ProductId,
    code: String,
    name: String,
    #[serde(flatten)]
    figures: Figures,
}

/// Usable licenses that end soon.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ending {
    /// Within thirty days.
    days_30: u64,
    /// Within sixty.
    days_60: u64,
    /// Within ninety.
    days_90: u64,
    /// The first of them.
    next: Vec<License>,
}

/// Acquires refused within the last 24 hours, to the hour.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Refusals {
    total: u64,
    /// How many for each reason.
    by_reason: BTreeMap<&'static str, u64>,
}

/// What is gathered from the ledger, some rows under each lock.
#[derive(Default)]
struct Gathered {
    products: BTreeMap<ProductId, Figures>,
    /// The hour that is running, and any that has passed and is not closed yet.
    open: Sums,
    /// Usable licenses with their ends, the first to end first.
    ending: Vec<(At, LicenseId)>,
}

impl Gathered {
    fn add(&mut self, ledger: &Ledger, license: &Row) {
        let Some(plan) = ledger.plan(license.plan) else { return };
        let Some(seats) = ledger.seats(license.id) else { return };
        let figures = self.products.entry(plan.product).or_default();
        figures.licenses += 1;
        figures.in_use += u64::from(seats.in_use);
        figures.sessions += u64::from(seats.sessions);
        figures.ghosts += u64::from(seats.ghosts);
        if Status::of(ledger, license) == Status::Active {
            figures.usable += 1;
            figures.limit += u64::from(seats.limit);
            figures.full += u64::from(seats.in_use >= seats.limit);
            self.ending.extend(license.expires_at.map(|end| (end, license.id)));
        }
        if let Some(hour) = ledger.usage_open(license.id) {
            self.open.entry((hour.hour, plan.product)).or_default().add(hour);
        }
    }
}

/// Show the business at a glance.
#[utoipa::path(
    get, path = "/summary", tag = "licenses", security(("api_token" = [])),
    responses((status = 200, description = "Seats, peaks, refusals and ends.", body = Summary)),
)]
pub(super) async fn get_summary(State(api): State<Api>, _: Caller, _: NoQuery) -> Result<Answer<Summary>, ApiError> {
    let (past, read_to) = api.past_hours(PATIENCE).await;
    let gathered = gather(&api).await;
    let at = api.cluster().ledger(Ledger::at);
    let sums = merged(&past, gathered.open);
    let mut products = gathered.products;
    let mut all = Figures::default();
    for (id, figures) in &mut products {
        let of_product = |(hour, product): &(Hour, ProductId)| (product == id).then_some(*hour);
        let hours = sums.iter().filter_map(|(key, sum)| Some((of_product(key)?, sum.peak)));
        set_peaks(figures, at, &hours.collect::<Vec<_>>());
        all.add(figures);
    }
    let mut by_hour: BTreeMap<Hour, u64> = BTreeMap::new();
    for ((hour, _), sum) in &sums {
        *by_hour.entry(*hour).or_default() += sum.peak;
    }
    set_peaks(&mut all, at, &by_hour.into_iter().collect::<Vec<_>>());
    let mut products: Vec<_> = api.cluster().ledger(|ledger| {
        let named = products.into_iter().filter_map(|(id, figures)| {
            let product = ledger.product(id)?;
            Some(ProductFigures {
                id: Id(id),
                code: product.code.to_string(),
                name: product.name.to_string(),
                figures,
            })
        });
        named.collect()
    });
    products.sort_by_cached_key(|product: &ProductFigures| SortKey::text(&product.name));
    let counted_from = (read_to > Hour::default()).then(|| begin(read_to.get().saturating_sub(HOURS_KEPT)));
    Ok(Answer(Summary {
        at: Timestamp(at),
        all,
        products,
        ending: ending(&api, at, &gathered.ending),
        refusals: refusals(&sums, at),
        counted_from: counted_from.map(Timestamp),
    }))
}

async fn gather(api: &Api) -> Gathered {
    let mut gathered = Gathered::default();
    let mut after = None;
    loop {
        let more = api.cluster().ledger(|ledger| {
            let mut looked_at = 0;
            for license in ledger.licenses(after).take(ROWS_PER_LOCK) {
                looked_at += 1;
                after = Some(license.id);
                gathered.add(ledger, license);
            }
            looked_at == ROWS_PER_LOCK
        });
        if !more {
            break;
        }
        tokio::task::yield_now().await;
    }
    gathered.ending.sort_unstable();
    gathered
}

/// What has passed, with what is open. Nothing is counted twice: what has passed was read once every license had closed it.
/// At the turn of an hour what is closed already is left out until all of it is, which takes seconds.
fn merged(past: &Sums, open: Sums) -> Sums {
    let mut sums = past.clone();
    for (key, sum) in open {
        let known = sums.entry(key).or_default();
        known.peak += sum.peak;
        for (reason, count) in sum.refusals {
            *known.refusals.entry(reason).or_default() += count;
        }
    }
    sums
}

fn begin(hour: u32) -> At {
    At::from_ms(u64::from(hour) * 3_600_000)
}

fn set_peaks(figures: &mut Figures, at: At, hours: &[(Hour, u64)]) {
    let now = Hour::of(at).get();
    let since = |first: u32| {
        let peaks = hours.iter().filter(|(hour, _)| hour.get() >= first);
        peaks.map(|(_, peak)| *peak).max().unwrap_or_default()
    };
    figures.peak_today = since(now - now % 24);
    figures.peak_30_days = since(now.saturating_sub(HOURS_KEPT));
}

fn refusals(sums: &Sums, at: At) -> Refusals {
    let first = Hour::of(at).get().saturating_sub(23);
    let mut refusals = Refusals::default();
    for (_, Sum { refusals: of_hour, .. }) in sums.iter().filter(|((hour, _), _)| hour.get() >= first) {
        for (reason, count) in of_hour {
            refusals.total += count;
            *refusals.by_reason.entry(Refusal::name(*reason)).or_default() += count;
        }
    }
    refusals
}

fn ending(api: &Api, at: At, ending: &[(At, LicenseId)]) -> Ending {
    let within = |days: u64| {
        let end = at.after(Span::from_ms(days * DAY.ms()));
        ending.iter().filter(|(ends, _)| *ends <= end).count() as u64
    };
    let named = ending
        .iter()
        .take(usize::try_from(within(90)).unwrap_or(ENDING_NAMED).min(ENDING_NAMED));
    Ending {
        days_30: within(30),
        days_60: within(60),
        days_90: within(90),
        next: api.cluster().ledger(|ledger| {
            let views = named.filter_map(|(_, id)| License::of(ledger, ledger.license(*id)?));
            views.collect()
        }),
    }
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.licenses += other.licenses;
        self.usable += other.usable;
        self.full += other.full;
        self.limit += other.limit;
        self.in_use += other.in_use;
        self.sessions += other.sessions;
        self.ghosts += other.ghosts;
    }
}
