//! Live sessions, listed: in the order of their grants, of their holders, or as it is asked for.

use std::collections::HashMap;

use axum::Json as Answer;
use axum::extract::State;
use licensing::id::{CustomerId, HolderKey, LicenseId, SessionName, SessionNo};
use licensing::ledger::{Ledger, SessionState};
use licensing::session::{ClientInfo, Session as Row};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Api;
use super::caller::Caller;
use super::customers::customer_id;
use super::extract::Query;
use super::id::{self, Id};
use super::licenses::Wanted;
use super::page::{Limit, Page, contains, fill, read_cursor};
use super::problem::ApiError;
use super::products::product_id;
use super::sessions::Session;
use super::sorted::{Order, SortKey, read_place, sorted};
use super::text::{Handle, Search, digits};

/// More sessions than these are sorted in no order but that of their grants.
const SORTED_MAX: usize = 200_000;

/// Which live sessions to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^(hld_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]\\.|([0-9a-f]{2}){0,64}\\.)?[0-9]{1,19}$")]
    cursor: Option<String>,
    /// Only those of this license.
    #[param(value_type = Option<id::LicenseId>)]
    license: Option<id::LicenseId>,
    /// Only those of the customer with this id or reference.
    customer: Option<Handle>,
    /// Only those of the product with this id or code.
    product: Option<Handle>,
    /// Only those whose host, instance, application or public name, the last characters of whose key, or whose
    /// customer's or product's name contain this.
    search: Option<Search>,
    /// What to sort by; left out, by their grants, and those of one license by their holders.
    sort: Option<SessionSort>,
    /// Which way to sort; without `sort` it is by their grants.
    order: Option<Order>,
}

/// What sessions are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SessionSort {
    /// When they were granted.
    Granted,
    /// When they last beat.
    Beat,
    /// The names of their hosts.
    Host,
    /// The names of their customers.
    Customer,
}

impl SessionSort {
    /// What a session is sorted by. Most licenses have many sessions, so their customers' names are kept in `known`.
    fn key(self, ledger: &Ledger, session: &Row, known: &mut HashMap<LicenseId, SortKey>) -> SortKey {
        let host = || session.client.as_ref().and_then(|client| client.hostname.as_deref());
        let customer = || {
            let license = ledger.license(session.license)?;
            ledger.customer(license.customer)
        };
        let name = || SortKey::text(customer().map_or("", |customer| &customer.name));
        match self {
            Self::Granted => SortKey::number(session.granted_at.ms()),
            Self::Beat => SortKey::number(session.beat_at.ms()),
            Self::Host => SortKey::text(host().unwrap_or_default()),
            Self::Customer => *known.entry(session.license).or_insert_with(name),
        }
    }
}

/// Which sessions somebody asks for, among those that exist for them.
pub(super) struct SessionFilter<'a> {
    own: Option<CustomerId>,
    license: Option<LicenseId>,
    customer: Option<&'a str>,
    product: Option<&'a str>,
    search: &'a str,
    /// Whether it lets everything through.
    is_open: bool,
    /// What is known of licenses so far: most have many sessions.
    known: HashMap<LicenseId, Verdict>,
}

/// What a license says of its sessions.
#[derive(Clone, Copy)]
enum Verdict {
    /// None is asked for.
    None,
    /// All are.
    All,
    /// Those whose own texts are found.
    Some,
}

impl<'a> SessionFilter<'a> {
    /// A filter with nothing known yet.
    pub(super) fn new(
        caller: &Caller,
        license: Option<id::LicenseId>,
        customer: Option<&'a Handle>,
        product: Option<&'a Handle>,
        search: Option<&'a Search>,
    ) -> Self {
        let own = caller.customer();
        let search = search.map(|text| &**text).unwrap_or_default();
        let is_named = license.is_some() || customer.is_some() || product.is_some();
        Self {
            own,
            license: license.map(|Id(license)| license),
            customer: customer.map(|text| &**text),
            product: product.map(|text| &**text),
            search,
            is_open: own.is_none() && !is_named && search.is_empty(),
            known: HashMap::new(),
        }
    }

    /// Whether a session of this license is asked for, whatever it says of itself.
    pub(super) fn matches_license(&mut self, ledger: &Ledger, license: LicenseId) -> bool {
        !matches!(self.verdict(ledger, license), Verdict::None)
    }

    /// Whether a session is asked for.
    pub(super) fn matches(&mut self, ledger: &Ledger, session: &Row) -> bool {
        if self.is_open {
            return true;
        }
        match self.verdict(ledger, session.license) {
            Verdict::None => false,
            Verdict::All => true,
            Verdict::Some => {
                let said = session
                    .client
                    .as_deref()
                    .is_some_and(|client| said(client, self.search));
                // Names are made for each session anew, so they are compared only with what may be one.
                said || (self.search.starts_with(SessionName::PREFIX)
                    && contains(&session.hash.public().to_string(), self.search))
            }
        }
    }

    fn verdict(&mut self, ledger: &Ledger, license: LicenseId) -> Verdict {
        if self.license.is_some_and(|wanted| wanted != license) {
            return Verdict::None;
        }
        if let Some(known) = self.known.get(&license) {
            return *known;
        }
        let verdict = self.look_up(ledger, license).unwrap_or(Verdict::None);
        self.known.insert(license, verdict);
        verdict
    }

    fn look_up(&self, ledger: &Ledger, license: LicenseId) -> Option<Verdict> {
        let license = ledger.license(license)?;
        let customer = ledger.customer(license.customer)?;
        let product = ledger.product(ledger.plan(license.plan)?.product)?;
        let wanted_customer = Wanted::new(self.customer, |text| customer_id(ledger, text));
        let wanted_product = Wanted::new(self.product, |text| product_id(ledger, text));
        if self.own.is_some_and(|own| own != customer.id)
            || !wanted_customer.is(&customer.id)
            || !wanted_product.is(&product.id)
        {
            return None;
        }
        let texts = [&license.key_hint, &customer.name, &product.name, &product.code];
        let reference = customer.reference.as_deref();
        let found = texts.into_iter().any(|text| contains(text, self.search))
            || reference.is_some_and(|text| contains(text, self.search));
        Some(if found { Verdict::All } else { Verdict::Some })
    }
}

fn said(client: &ClientInfo, search: &str) -> bool {
    let texts = [&client.hostname, &client.instance, &client.app, &client.version];
    texts.into_iter().flatten().any(|text| contains(text, search))
}

/// A place among the sessions of a license: they are in holder order, then in the order of their grants.
type OfHolder = (HolderKey, SessionNo);

fn of_holder(cursor: &str) -> Option<OfHolder> {
    let (holder, no) = cursor.split_once('.')?;
    Some((holder.parse().ok()?, number(no)?))
}

fn number(text: &str) -> Option<SessionNo> {
    digits(text).map(SessionNo::new)
}

fn shown(ledger: &Ledger, session: &Row) -> Option<Session> {
    Session::of(ledger, SessionState::Live(session))
}

/// List live sessions, in the order of their grants; those of one license, in the order of their holders.
#[utoipa::path(
    get, path = "/sessions", tag = "sessions", params(SessionQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of live sessions.", body = Page<Session>)),
)]
pub(super) async fn list_sessions(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<SessionQuery>,
) -> Result<Answer<Page<Session>>, ApiError> {
    let filter = SessionFilter::new(
        &caller,
        query.license,
        query.customer.as_ref(),
        query.product.as_ref(),
        query.search.as_ref(),
    );
    match (query.sort, query.license) {
        (None, Some(Id(license))) if query.order.is_none() => of_license(&api, &query, filter, license).await,
        (None | Some(SessionSort::Granted), None) => by_grant(&api, &query, filter).await,
        (sort, _) => in_order(&api, &query, filter, sort.unwrap_or(SessionSort::Granted)).await,
    }
}

async fn by_grant(
    api: &Api,
    query: &SessionQuery,
    mut filter: SessionFilter<'_>,
) -> Result<Answer<Page<Session>>, ApiError> {
    let after = read_cursor(query.cursor.as_deref(), number)?;
    let open = filter.is_open;
    let newest_first = query.order == Some(Order::Desc);
    let page = fill(
        api,
        query.limit,
        after,
        |no| no.to_string(),
        |ledger, after, filling| {
            let mut look = |session: &Row| {
                let item = filter.matches(ledger, session).then(|| shown(ledger, session));
                filling.look_at(session.no, item.flatten())
            };
            let _ = if newest_first {
                ledger.sessions_newest_first(after).try_for_each(&mut look)
            } else {
                ledger.sessions(after).try_for_each(&mut look)
            };
        },
    );
    let mut page = page.await?;
    page.total = open.then(|| api.cluster().ledger(Ledger::session_count) as u64);
    Ok(Answer(page))
}

async fn of_license(
    api: &Api,
    query: &SessionQuery,
    mut filter: SessionFilter<'_>,
    license: LicenseId,
) -> Result<Answer<Page<Session>>, ApiError> {
    let after: Option<OfHolder> = read_cursor(query.cursor.as_deref(), of_holder)?;
    let cursor = |(holder, no): OfHolder| format!("{holder}.{no}");
    let page = fill(api, query.limit, after, cursor, |ledger, after, filling| {
        if !filter.matches_license(ledger, license) {
            return;
        }
        let _ = ledger.sessions_of(license, after).try_for_each(|session| {
            let item = filter.matches(ledger, session).then(|| shown(ledger, session));
            filling.look_at((session.holder, session.no), item.flatten())
        });
    });
    page.await.map(Answer)
}

async fn in_order(
    api: &Api,
    query: &SessionQuery,
    mut filter: SessionFilter<'_>,
    sort: SessionSort,
) -> Result<Answer<Page<Session>>, ApiError> {
    if api.cluster().ledger(Ledger::session_count) > SORTED_MAX {
        let problem = format!("{SORTED_MAX} sessions and more are listed in the order of their grants only");
        return Err(ApiError::field("sort", problem));
    }
    let after = read_cursor(query.cursor.as_deref(), |text| read_place(text, number))?;
    let mut known = HashMap::new();
    let key = |ledger: &Ledger, session: &Row| {
        let matches = filter.matches(ledger, session);
        matches.then(|| sort.key(ledger, session, &mut known))
    };
    sorted(api, query.limit, query.order.unwrap_or_default(), after, key, shown).await
}
