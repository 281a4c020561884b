//! People: the vendor's own, and the members of customers.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use licensing::command::{Command, CreatePerson, NewInvitation, UpdatePerson};
use licensing::id::{CustomerId, PersonId};
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Outcome};
use licensing::person::{Person as Row, Role};
use licensing::time::{At, Span};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zeroize::Zeroizing;

use super::Api;
use super::caller::Caller;
use super::code::Code;
use super::customers::customer_id;
use super::extract::{InPath, Json, MaybeJson, Query};
use super::id::{self, Id};
use super::license_changes::Nothing;
use super::page::{Limit, Page, contains, list, read_cursor, read_id};
use super::problem::ApiError;
use super::refusal::not_found;
use super::resource::{SeenVersion, Shown, given};
use super::role::RoleName;
use super::sorted::{Order, SortKey, read_place_cursor, sorted};
use super::text::{Email, Handle, Name, Search};
use super::time::Timestamp;
use crate::address;
use crate::lookup::{invitation_text, setup_link};

/// How long an invitation is good.
const INVITATION_LIFE: Span = Span::from_secs(7 * 86_400);

/// A person who may sign in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Person {
    id: id::PersonId,
    /// What they sign in by.
    email: String,
    /// Their name for people.
    name: String,
    role: RoleName,
    /// The customer that a member belongs to.
    customer: Option<id::CustomerId>,
    /// That customer's name.
    customer_name: Option<String>,
    /// Whether they may not sign in any more.
    disabled: bool,
    /// Whether they have chosen a password.
    has_password: bool,
    /// Whether they have a second factor.
    totp: bool,
    /// The identity providers at which an account is known to be theirs.
    identity_providers: Vec<id::ProviderId>,
    /// Until when the link that they were given is good.
    invited_until: Option<Timestamp>,
    created_at: Timestamp,
    /// When they last signed in.
    signed_in_at: Option<Timestamp>,
    /// When one of the logins that they have was last used, to a few minutes.
    seen_at: Option<Timestamp>,
    /// How many logins they have.
    logins: usize,
    /// Counts the edits, from 1; also the `ETag`.
    version: u32,
}

impl Person {
    fn of(ledger: &Ledger, person: &Row) -> Self {
        Self {
            id: Id(person.id),
            email: person.email.to_string(),
            name: person.name.to_string(),
            role: person.role.into(),
            customer: person.role.customer().map(Id),
            customer_name: person
                .role
                .customer()
                .and_then(|id| ledger.customer(id))
                .map(|customer| customer.name.to_string()),
            disabled: person.disabled_at.is_some(),
            has_password: person.password.is_some(),
            totp: person.totp.is_some(),
            identity_providers: ledger.identities_of(person.id).map(|link| Id(link.provider)).collect(),
            invited_until: ledger.invited_until(person.id).map(Timestamp),
            created_at: Timestamp(person.created_at),
            signed_in_at: person.signed_in_at.map(Timestamp),
            seen_at: ledger
                .logins_of(person.id)
                .map(|login| login.used_at)
                .max()
                .map(Timestamp),
            logins: ledger.logins_of(person.id).count(),
            version: person.version,
        }
    }
}

/// A person with a link by which they choose a password, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonWithLink {
    /// The link in full. Whoever has it can sign in as this person: give it to them alone. It is good once, and cannot be
    /// shown again, except to a repetition of this very call.
    link: String,
    #[serde(flatten)]
    person: Person,
}

/// A person to add.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPerson {
    email: Email,
    name: Name,
    role: RoleName,
    /// The id or reference of the customer that a member belongs to.
    customer: Option<Handle>,
}

/// What to change of a person; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonChange {
    /// The version that was seen; another is a conflict. `If-Match` says the same.
    if_version: Option<u32>,
    email: Option<Email>,
    name: Option<Name>,
    role: Option<RoleName>,
    /// The id or reference of the customer that a member belongs to.
    customer: Option<Handle>,
    /// `true` ends every login and link of theirs, and they cannot sign in until it is `false` again.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    disabled: Option<bool>,
    /// `false` puts their second factor away, for somebody who lost it. Only they can set one up.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool, required = false)]
    totp: Option<bool>,
}

/// Which people to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PersonQuery {
    /// How many items a page has.
    #[serde(default)]
    limit: Limit,
    /// `next_cursor` of the page before.
    #[param(pattern = "^(([0-9a-f]{2}){0,64}\\.)?per_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$")]
    cursor: Option<String>,
    /// What to sort by; left out, by id. In an order the answer has a `total`.
    sort: Option<PersonSort>,
    /// Which way to sort.
    #[serde(default)]
    order: Order,
    /// Only those of this role.
    role: Option<RoleName>,
    /// Only the members of the customer with this id or reference.
    customer: Option<Handle>,
    /// Only those whose name or address contains this.
    search: Option<Search>,
}

/// What people are sorted by.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PersonSort {
    /// Their names.
    Name,
    /// Their e-mail addresses.
    Email,
    /// When they were added.
    Created,
    /// When they last signed in; those who never did come first.
    SignedIn,
}

impl PersonSort {
    fn key(self, person: &Row) -> SortKey {
        match self {
            Self::Name => SortKey::text(&person.name),
            Self::Email => SortKey::text(&person.email),
            Self::Created => SortKey::number(person.created_at.ms()),
            Self::SignedIn => SortKey::number(person.signed_in_at.map_or(0, At::ms)),
        }
    }
}

impl PersonQuery {
    fn matches(&self, ledger: &Ledger, person: &Row) -> bool {
        let search = self.search.as_deref().unwrap_or_default();
        let of_customer = |text: &Handle| {
            person
                .role
                .customer()
                .is_some_and(|id| customer_id(ledger, text) == Some(id))
        };
        self.role.is_none_or(|role| role == person.role.into())
            && self.customer.as_ref().is_none_or(of_customer)
            && (contains(&person.name, search) || contains(&person.email, search))
    }
}

/// Whether a person exists for the caller.
pub(super) fn sees(caller: &Caller, person: &Row) -> bool {
    caller.customer().is_none() || caller.customer() == person.role.customer()
}

/// The person of an id or an address, as of everything that was acknowledged before the call.
async fn named(api: &Api, caller: &Caller, text: &str) -> Result<Row, ApiError> {
    api.cluster().barrier().await?;
    let find = |ledger: &Ledger| {
        let by_id = text.parse().ok().and_then(|id| ledger.person(id));
        let found = by_id.or_else(|| ledger.person_by_email(&address::canonical(text)));
        found.filter(|person| sees(caller, person)).cloned()
    };
    api.cluster().ledger(find).ok_or_else(|| not_found(Kind::Person))
}

fn view(api: &Api, id: PersonId) -> Result<Person, ApiError> {
    let person = |ledger: &Ledger| ledger.person(id).map(|person| Person::of(ledger, person));
    api.cluster().ledger(person).ok_or_else(|| not_found(Kind::Person))
}

fn shown(api: &Api, id: PersonId) -> Result<Shown<Person>, ApiError> {
    let person = view(api, id)?;
    let version = person.version;
    Ok(Shown::at_version(person, version))
}

/// The customer that a request names, if it exists for the caller. A member need not name their own.
fn customer(api: &Api, caller: &Caller, text: Option<&Handle>) -> Result<Option<CustomerId>, ApiError> {
    let Some(text) = text else {
        return Ok(caller.customer());
    };
    let found = api.cluster().ledger(|ledger| customer_id(ledger, text));
    let found = found.filter(|id| caller.sees(*id));
    let unknown = || ApiError::field("customer", "no customer has this id or reference");
    found.map(Some).ok_or_else(unknown)
}

/// The role that a request gives. Members give none but those of their own customer.
fn role(caller: &Caller, name: RoleName, customer: Option<CustomerId>) -> Result<Role, ApiError> {
    let is_member = matches!(name, RoleName::Member | RoleName::MemberAdmin);
    if caller.customer().is_some() && !is_member {
        return Err(ApiError::field("role", "expected member or member-admin"));
    }
    name.at(customer)
}

/// List people, in id order or as it is asked for.
#[utoipa::path(
    get, path = "/people", tag = "people", params(PersonQuery), security(("api_token" = [])),
    responses((status = 200, description = "A page of people.", body = Page<Person>)),
)]
pub(super) async fn list_people(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<PersonQuery>,
) -> Result<Answer<Page<Person>>, ApiError> {
    let matches = |ledger: &Ledger, person: &Row| sees(&caller, person) && query.matches(ledger, person);
    let show = |ledger: &Ledger, person: &Row| matches(ledger, person).then(|| Person::of(ledger, person));
    let cursor = query.cursor.as_deref();
    let Some(sort) = query.sort else {
        return list(&api, query.limit, read_cursor(cursor, read_id)?, show).await;
    };
    let key = |ledger: &Ledger, person: &Row| matches(ledger, person).then(|| sort.key(person));
    sorted(&api, query.limit, query.order, read_place_cursor(cursor)?, key, show).await
}

/// Add a person. The link by which they choose a password is in this answer and nowhere else.
#[utoipa::path(
    post, path = "/people", tag = "people", request_body = NewPerson, security(("api_token" = [])),
    responses((status = 201, description = "The person, with their link.", body = PersonWithLink)),
)]
pub(super) async fn create_person(
    State(api): State<Api>,
    caller: Caller,
    request: Json<NewPerson>,
) -> Result<Shown<PersonWithLink>, ApiError> {
    api.cluster().barrier().await?;
    let new = request.value;
    let customer = customer(&api, &caller, new.customer.as_ref())?;
    let id = PersonId::from_bytes(caller.derive(&api, "id"));
    let link = Link::new(&api, &caller, id, 1);
    let command = Command::CreatePerson(CreatePerson {
        id,
        email: new.email.into(),
        name: new.name.into(),
        role: role(&caller, new.role, customer)?,
        invitation: link.invitation(&api),
    });
    caller.change(&api, &request.bytes, command).await?;
    Ok(link.answer(&api, id)?.created(&format!("/people/{id}")))
}

/// Read a person.
#[utoipa::path(
    get, path = "/people/{id}", tag = "people", security(("api_token" = [])),
    params(("id" = String, Path, description = "The person's id or e-mail address.")),
    responses((status = 200, description = "The person.", body = Person)),
)]
pub(super) async fn get_person(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
) -> Result<Shown<Person>, ApiError> {
    let person = named(&api, &caller, &text).await?;
    shown(&api, person.id)
}

/// Change a person. The last owner who can sign in stays an owner.
#[utoipa::path(
    patch, path = "/people/{id}", tag = "people", request_body = PersonChange, security(("api_token" = [])),
    params(("id" = String, Path, description = "The person's id or e-mail address.")),
    responses((status = 200, description = "The person as they are now.", body = Person)),
)]
pub(super) async fn change_person(
    State(api): State<Api>,
    caller: Caller,
    seen: SeenVersion,
    InPath(text): InPath,
    request: Json<PersonChange>,
) -> Result<Shown<Person>, ApiError> {
    let person = named(&api, &caller, &text).await?;
    let change = request.value;
    if change.totp == Some(true) {
        return Err(ApiError::field(
            "totp",
            "only the person themselves can set up a second factor",
        ));
    }
    let given = seen.or(change.if_version);
    let command = Command::UpdatePerson(UpdatePerson {
        id: person.id,
        if_version: given.or_else(|| as_seen(&caller, &person)),
        email: change.email.map(Into::into),
        name: change.name.map(Into::into),
        role: new_role(&api, &caller, &person, change.role, change.customer.as_ref())?,
        disabled: change.disabled,
        forget_totp: change.totp == Some(false),
    });
    caller.change(&api, &request.bytes, command).await?;
    shown(&api, person.id)
}

/// What was found out about the person must still be true when a member's change of them is carried out: they must not
/// have become somebody else's meanwhile.
fn as_seen(caller: &Caller, person: &Row) -> Option<u32> {
    caller.customer().map(|_| person.version)
}

fn new_role(
    api: &Api,
    caller: &Caller,
    person: &Row,
    name: Option<RoleName>,
    text: Option<&Handle>,
) -> Result<Option<Role>, ApiError> {
    if name.is_none() && text.is_none() {
        return Ok(None);
    }
    let name = name.unwrap_or_else(|| person.role.into());
    let is_member = matches!(name, RoleName::Member | RoleName::MemberAdmin);
    let named = text
        .map(|text| customer(api, caller, Some(text)))
        .transpose()?
        .flatten();
    // A member stays at their customer unless another one is named.
    let customer = named.or(person.role.customer().filter(|_| is_member));
    role(caller, name, customer).map(Some)
}

/// Remove a person: they cannot sign in any more, and what they did stays on record under their id.
#[utoipa::path(
    delete, path = "/people/{id}", tag = "people", security(("api_token" = [])),
    params(("id" = String, Path, description = "The person's id or e-mail address.")),
    responses((status = 204, description = "They are removed.")),
)]
pub(super) async fn remove_person(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<StatusCode, ApiError> {
    let person = named(&api, &caller, &text).await?;
    let command = Command::RemovePerson {
        id: person.id,
        if_version: as_seen(&caller, &person),
    };
    caller.change(&api, &request.bytes, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Give a person a new link by which they choose a password: the first one has expired, or they forgot what they chose.
/// Former links end; the password stays until the link is used.
#[utoipa::path(
    post, path = "/people/{id}/invitation", tag = "people", security(("api_token" = [])),
    params(("id" = String, Path, description = "The person's id or e-mail address.")),
    responses((status = 200, description = "The person, with their link.", body = PersonWithLink)),
)]
pub(super) async fn invite_person(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<Shown<PersonWithLink>, ApiError> {
    let person = named(&api, &caller, &text).await?;
    let next = person.version.saturating_add(1);
    let command = Command::CreateInvitation {
        person: Some(person.id),
        if_version: Some(person.version),
        invitation: Link::new(&api, &caller, person.id, next).invitation(&api),
    };
    match caller.change(&api, &request.bytes, command).await? {
        // A repetition is told what the first call came to, whatever became of the person meanwhile.
        Outcome::Changed { version } => Link::new(&api, &caller, person.id, version).answer(&api, person.id),
        other => Err(ApiError::internal(format!("an invitation was answered {other:?}"))),
    }
}

/// End every login of a person: they have to sign in again.
#[utoipa::path(
    delete, path = "/people/{id}/logins", tag = "people", security(("api_token" = [])),
    params(("id" = String, Path, description = "The person's id or e-mail address.")),
    responses((status = 204, description = "They are signed in nowhere.")),
)]
pub(super) async fn end_logins(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<StatusCode, ApiError> {
    let person = named(&api, &caller, &text).await?;
    let command = Command::SignOutEverywhere { person: person.id };
    caller.change(&api, &request.bytes, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forget which accounts of identity providers a person is, for somebody whose account there is another one now. They are
/// signed out; the next sign-in finds them by their address again.
#[utoipa::path(
    delete, path = "/people/{id}/identities", tag = "people", security(("api_token" = [])),
    params(("id" = String, Path, description = "The person's id or e-mail address.")),
    responses((status = 204, description = "They are forgotten.")),
)]
pub(super) async fn unlink_identities(
    State(api): State<Api>,
    caller: Caller,
    InPath(text): InPath,
    request: MaybeJson<Nothing>,
) -> Result<StatusCode, ApiError> {
    let person = named(&api, &caller, &text).await?;
    let command = Command::UnlinkIdentities {
        person: person.id,
        if_version: as_seen(&caller, &person),
    };
    caller.change(&api, &request.bytes, command).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A link that a call makes: the same for each repetition of the call.
struct Link {
    secret: Zeroizing<String>,
}

impl Link {
    /// The link that makes the person's version `version`. Versions only go up, so nobody gets one twice.
    fn new(api: &Api, caller: &Caller, person: PersonId, version: u32) -> Self {
        let of = [&person.as_bytes()[..], &version.to_be_bytes()].concat();
        Self {
            secret: invitation_text(&caller.derive_of(api, "invitation", &of)),
        }
    }

    fn invitation(&self, api: &Api) -> NewInvitation {
        NewInvitation {
            secret: api.lookup().invitation(&self.secret),
            expires_at: api.cluster().ledger(Ledger::at).after(INVITATION_LIFE),
        }
    }

    fn answer(&self, api: &Api, person: PersonId) -> Result<Shown<PersonWithLink>, ApiError> {
        let hash = api.lookup().invitation(&self.secret);
        if api.cluster().ledger(|ledger| ledger.invitation(&hash).is_none()) {
            let detail = "The link that this call made was used or replaced and opens nothing any more. Take a new \
                          Idempotency-Key to make another.";
            return Err(ApiError::new(Code::Conflict, detail));
        }
        let person = view(api, person)?;
        let version = person.version;
        let link = setup_link(&api.own_url(), &self.secret).to_string();
        Ok(Shown::at_version(PersonWithLink { link, person }, version))
    }
}
