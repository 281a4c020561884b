//! A large cluster's history, made through its API as its days went by: customers and licenses, what applications took,
//! gave back and were refused, and the sessions that are live now.

use std::collections::VecDeque;
use std::time::Duration;

use anyhow::Result;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{ToSpan, civil, tz::TimeZone};
use raft::seams::SystemClock;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::nodes::told;
use super::past::{Past, told_by};
use crate::chance::Chance;
use crate::client::{Call, Client};

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Licenses, a quarter as many customers, and some products and plans.
    pub licenses: u32,
    /// Sessions that are live in the end.
    pub sessions: u32,
    /// Days that went by.
    pub days: u32,
}

impl Scale {
    pub(super) fn span(self) -> Duration {
        Duration::from_secs(u64::from(self.days) * 86_400)
    }
}

/// Calls at a time.
const AT_ONCE: usize = 48;

/// How often is said how far it is.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// Licenses with a history; the first of them has the most.
const BUSY: usize = 120;

const SEATS: u16 = 25;
/// Longer than applications are gone between two hours of a working day.
const TTL_SECONDS: u32 = 12 * 3600;

/// The hours at which something is done, on working days and on others.
const WORKING: &[i8] = &[7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19];
const FREE: &[i8] = &[9, 15, 20];

const PRODUCTS: [(&str, &str); 3] = [("atlas", "Atlas"), ("boreas", "Boreas"), ("corona", "Corona")];
const PLANS: [(&str, &str, &str); 2] = [("team", "Team", "lenient"), ("company", "Company", "reserved")];
/// Days from now to the end of a license.
const ENDS: [Option<i64>; 6] = [None, Some(20), Some(45), Some(80), Some(200), Some(400)];

const FIRST: [&str; 12] = [
    "Aster", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Heath", "Iris", "Juniper", "Kelp", "Larch",
];
const SECOND: [&str; 11] = [
    "Works", "Optics", "Foundry", "Design", "Labs", "Systems", "Studio", "Aero", "Marine", "Bridge", "Print",
];
const THIRD: [&str; 8] = ["Ltd", "GmbH", "SA", "Inc", "AB", "BV", "KK", "Oy"];

/// Makes products, plans, customers and licenses: the keys of these, the one with the longest history first.
pub(super) async fn catalogue(client: &Client, scale: Scale, tell: &impl Fn(&str)) -> Result<Vec<String>> {
    for (code, name) in PRODUCTS {
        let product = json!({"code": code, "name": name, "key_prefix": code.to_uppercase()});
        post(client, "/products", &product).await?;
        for (plan, name, offline) in PLANS {
            let plan = json!({
                "product": code, "code": plan, "name": name, "seats": SEATS, "offline": offline,
                "ttl_seconds": TTL_SECONDS, "heartbeat_seconds": 3600,
            });
            post(client, "/plans", &plan).await?;
        }
    }
    let customers = scale.licenses.div_ceil(4);
    let ids = each((0..customers).map(customer), "customers", tell, async |body| {
        post(client, "/customers", &body).await.map(|made| text(&made, "id"))
    })
    .await?;
    let mut chance = Chance(1);
    let now = told_by(&SystemClock);
    let mut licenses = (0..scale.licenses as usize).map(|place| {
        let (product, _) = PRODUCTS[place / PLANS.len() % PRODUCTS.len()];
        let (plan, ..) = PLANS[place % PLANS.len()];
        let ends = ENDS[chance.below(ENDS.len())].filter(|_| place >= BUSY);
        let expires_at = ends.map(|days| (now + (days * 24).hours()).to_string());
        json!({"plan": format!("{product}:{plan}"), "customer": ids[place % ids.len()], "expires_at": expires_at})
    });
    let make = async |body: Value| {
        post(client, "/licenses", &body)
            .await
            .map(|made| text(&made, "license_key"))
    };
    // Alone, so that the one with the longest history is also the oldest.
    let mut keys = each(licenses.by_ref().take(1), "licenses", tell, &make).await?;
    keys.extend(each(licenses, "licenses", tell, &make).await?);
    Ok(keys)
}

/// Lets the days go by until now. Applications come and go more on working days and around noon, and more each week.
pub(super) async fn days(past: &Past, keys: &[String], scale: Scale, tell: &impl Fn(&str)) -> Result<()> {
    let client = past.client();
    let Some(quiet) = keys.last() else { return Ok(()) };
    let watch = acquire(client, quiet, "watch", "2.1.4").await?.unwrap_or_default();
    let mut held: Vec<VecDeque<String>> = vec![VecDeque::new(); BUSY.min(keys.len() - 1)];
    let (mut chance, mut calls, mut told_at) = (Chance(2), 0, Instant::now());
    let begin = past.now().to_zoned(TimeZone::UTC).date();
    for day in 0..=scale.days {
        let date = begin + i64::from(day).days();
        let weekday = date.weekday().to_monday_zero_offset();
        for hour in if weekday < 5 { WORKING } else { FREE } {
            let at = date.at(*hour, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
            if at < past.now() + 2.minutes() || at > told_by(&SystemClock) - 1.hour() {
                continue;
            }
            past.reach(at, &watch).await?;
            let growth = 0.7 + 0.5 * f64::from(day) / f64::from(scale.days.max(1));
            let wanted = |noise: f64| busy(weekday, *hour) * growth + noise * 0.15;
            let work = movements(&mut held, keys, date, &mut chance, wanted);
            calls += work.len();
            let done: Vec<_> = stream::iter(work.into_iter().map(|work| work.done(client)))
                .buffer_unordered(AT_ONCE)
                .try_collect()
                .await?;
            for (place, session) in done.into_iter().flatten() {
                held[place].push_back(session);
            }
        }
        if told_at.elapsed() > TELL_EVERY {
            told_at = Instant::now();
            tell(&format!("                 day {day} of {}, {calls} calls", scale.days));
        }
    }
    each(held.into_iter().flatten(), "sessions to end", tell, async |session| {
        post(client, "/licenses/release", &json!({"session_id": session})).await
    })
    .await?;
    past.reach(told_by(&SystemClock), &watch).await?;
    post(client, "/licenses/release", &json!({"session_id": watch})).await?;
    Ok(())
}

/// Acquires the sessions that are live now.
pub(super) async fn sessions(client: &Client, keys: &[String], scale: Scale, tell: &impl Fn(&str)) -> Result<()> {
    let places = 0..scale.sessions as usize;
    each(places, "sessions", tell, async |place| {
        let host = format!("host-{place:06}.{}", FIRST[place % FIRST.len()].to_lowercase());
        let version = format!("2.{}.{}", place % 7, place % 3);
        acquire(client, &keys[place % keys.len()], &host, &version).await
    })
    .await
    .map(drop)
}

/// What an application does: takes a seat of the license at a place, or gives one back.
enum Movement<'a> {
    Take {
        place: usize,
        key: &'a str,
        host: String,
        version: String,
    },
    GiveBack(String),
}

impl Movement<'_> {
    /// Does it. Where a seat was taken: the license's place, and the session.
    async fn done(self, client: &Client) -> Result<Option<(usize, String)>> {
        match self {
            Self::Take {
                place,
                key,
                host,
                version,
            } => {
                let session = acquire(client, key, &host, &version).await?;
                Ok(session.map(|session| (place, session)))
            }
            Self::GiveBack(session) => {
                let body = json!({"session_id": session});
                post(client, "/licenses/release", &body).await?;
                Ok(None)
            }
        }
    }
}

/// What is done so that as many sessions are held as are wanted, a share of the seats. The first license is as busy as
/// its hour is, the others now and then. Sessions to be given back are taken out of `held`.
fn movements<'a>(
    held: &mut [VecDeque<String>],
    keys: &'a [String],
    date: civil::Date,
    chance: &mut Chance,
    wanted: impl Fn(f64) -> f64,
) -> Vec<Movement<'a>> {
    let mut work = Vec::new();
    for (place, sessions) in held.iter_mut().enumerate() {
        if place > 0 && chance.open_unit() > 0.25 {
            continue;
        }
        let share = if place == 0 { 1.0 } else { 0.4 };
        let seats = wanted(chance.open_unit()) * share * f64::from(SEATS);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a handful of seats"
        )]
        let seats = seats.round() as usize;
        let too_many = sessions.len().saturating_sub(seats);
        for _ in 0..too_many {
            let leaves = chance.below(sessions.len());
            work.extend(sessions.swap_remove_back(leaves).map(Movement::GiveBack));
        }
        let too_few = seats.saturating_sub(sessions.len());
        work.extend((0..too_few).map(|_| Movement::Take {
            place,
            key: &keys[place],
            host: format!("desk-{place:03}-{:02}.{}", chance.below(60), date.month()),
            version: format!("2.{}.{}", date.month() - 1, date.day() % 4),
        }));
    }
    work
}

/// How busy an hour is, of 1.
fn busy(weekday: i8, hour: i8) -> f64 {
    let of_the_day = (1.0 - f64::from((hour - 13).abs()) / 6.5).max(0.0);
    of_the_day * if weekday < 5 { 1.0 } else { 0.2 }
}

fn customer(place: u32) -> Value {
    let names = FIRST.len() * SECOND.len() * THIRD.len();
    let at = place as usize;
    let (first, second, third) = (
        FIRST[at / (SECOND.len() * THIRD.len()) % FIRST.len()],
        SECOND[at / THIRD.len() % SECOND.len()],
        THIRD[at % THIRD.len()],
    );
    json!({
        "name": format!("{first} {second} {third} {}", at / names + 1),
        "reference": format!("CRM-{place:05}"),
        "email": format!("licenses@{place:05}.example"),
    })
}

/// A session of a license; `None` where all seats are taken.
async fn acquire(client: &Client, key: &str, host: &str, version: &str) -> Result<Option<String>> {
    let body = json!({
        "license_key": key,
        "hardware_id": format!("machine-of-{host}"),
        "client": {"hostname": host, "app": "Atlas", "version": version, "os": "linux", "sdk": "python 0.1.0"},
    });
    match client.call(Call::post("/licenses/acquire", &body)).await {
        Ok(made) => Ok(Some(text(&made, "session_id"))),
        Err(error) if error.code() == Some("SEAT_LIMIT_REACHED") => Ok(None),
        Err(error) => Err(told(&error)),
    }
}

async fn post(client: &Client, path: &str, body: &Value) -> Result<Value> {
    client.call(Call::post(path, body)).await.map_err(|error| told(&error))
}

fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap_or_default().to_owned()
}

/// Does it for each of them, some at a time and the results in their order, and says how far it is.
async fn each<T, R>(
    items: impl Iterator<Item = T>,
    what: &str,
    tell: &impl Fn(&str),
    work: impl AsyncFn(T) -> Result<R>,
) -> Result<Vec<R>> {
    let items: Vec<T> = items.collect();
    let (all, mut told_at) = (items.len(), Instant::now());
    let mut done = Vec::with_capacity(all);
    let mut results = stream::iter(items.into_iter().map(|item| work(item))).buffered(AT_ONCE);
    while let Some(result) = results.try_next().await? {
        done.push(result);
        if told_at.elapsed() > TELL_EVERY {
            told_at = Instant::now();
            tell(&format!("                 {} of {all} {what}", done.len()));
        }
    }
    Ok(done)
}
