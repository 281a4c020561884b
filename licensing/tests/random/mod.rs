//! Random runs: what clients, operators and time may do to a small catalogue.

// Each test that uses this module is a crate of its own and uses another part of it.
#![allow(dead_code, reason = "shared by several tests")]

use std::sync::Arc;

use licensing::catalogue::{Entitlements, HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{
    Acquire, AcquireByAddress, AcquireByUser, Actor, Command, CreateCustomer, CreateLicense, CreatePlan, CreateProduct,
    Proposal, Request, UpdateLicense, UpdatePlan,
};
use licensing::id::{
    CustomerId, FingerprintHash, HolderKey, LicenseId, PlanId, ProductId, RequestId, SecretHash, SessionHash, SessionNo,
};
use licensing::identity::User;
use licensing::outcome::{Applied, Outcome};
use licensing::time::{At, Span};
use proptest::prelude::*;
use proptest::test_runner::Config;

pub(crate) const START: At = At::from_ms(1_795_341_600_000);
pub(crate) const PLANS: u8 = 2;
pub(crate) const LICENSES: u8 = 3;

/// Fewer than there are holders, so that some have one together.
const ADDRESSES: u8 = 4;

pub(crate) const PRODUCT: &str = "p";

/// What becomes of a license's own number of seats.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Stays,
    IsCleared,
    Becomes(u32),
}

/// What a token says of a holder.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Vouched {
    Nothing,
    User,
    Address,
}

/// One thing that happens. Sessions are named by how long ago they were granted, so that most names mean something.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Acquire {
        license: u8,
        holder: u8,
        instance: Option<u8>,
        request: Option<u8>,
        replaces: Option<usize>,
        in_time: bool,
        vouched: Vouched,
    },
    Heartbeat(Vec<usize>),
    Release {
        session: usize,
        request: Option<u8>,
    },
    Revoke {
        session: usize,
    },
    Ticks {
        count: u8,
        ms: u64,
    },
    TimePasses {
        ms: u64,
    },
    ChangePlan {
        plan: u8,
        terms: Box<PlanTerms>,
    },
    ChangeLicense {
        license: u8,
        seats: Change,
        plan: Option<u8>,
    },
    Assign {
        license: u8,
        address: u8,
    },
    Unassign {
        license: u8,
        address: u8,
    },
    Suspend(u8),
    Reinstate(u8),
    RevokeLicense(u8),
    Extend {
        license: u8,
        seconds: Option<u64>,
    },
    Again {
        with_other_content: bool,
    },
}

pub(crate) fn terms() -> impl Strategy<Value = PlanTerms> {
    let seats = (1_u32..4, 0_u32..2, prop::option::weighted(0.5, 0_u32..2), 1_u32..4);
    let mode = prop::sample::select(vec![
        OfflineMode::Strict,
        OfflineMode::Lenient,
        OfflineMode::Lenient,
        OfflineMode::Reserved,
    ]);
    let holder = prop_oneof![
        2 => Just(HolderPolicy::Fingerprint),
        2 => Just(HolderPolicy::FingerprintAndInstance),
        1 => Just(HolderPolicy::NamedUser),
    ];
    (seats, 2_u64..30, 0_u64..120, mode, holder).prop_map(|(seats, ttl, grace, offline, holder)| PlanTerms {
        seats: seats.0,
        overage_max: seats.1,
        ttl: Span::from_secs(ttl),
        heartbeat: Span::from_ms(700),
        offline,
        grace: Span::from_secs(grace),
        ghosts_max: seats.2,
        sessions_per_holder_max: seats.3,
        holder,
        entitlements: Entitlements::new(),
    })
}

/// A little time. Terms are in whole seconds, so these often hit a deadline exactly, or miss it by a millisecond.
fn moment() -> impl Strategy<Value = u64> {
    let round = prop::sample::select(vec![0, 1, 499, 500, 999, 1_000, 1_001, 1_999, 2_000, 2_001]);
    prop_oneof![3 => round, 1 => 0_u64..3_000]
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let license = 0..LICENSES;
    let session = 0_usize..5;
    let request = || prop::option::weighted(0.3, 0_u8..8);
    let any_license = prop_oneof![40 => 0..LICENSES, 1 => Just(LICENSES)];
    let acquire = (any_license, 0_u8..5, prop::option::weighted(0.4, 0_u8..2), request());
    let vouched = prop_oneof![3 => Just(Vouched::Address), 1 => Just(Vouched::User), 2 => Just(Vouched::Nothing)];
    let acquire = (
        acquire,
        prop::option::weighted(0.2, session.clone()),
        prop::bool::weighted(0.97),
        vouched,
    );
    let assignment = || (0..LICENSES, 0..ADDRESSES);
    let seconds = prop_oneof![4 => Just(None), 3 => (100_u64..1_000).prop_map(Some), 1 => (0_u64..60).prop_map(Some)];
    let seats = prop_oneof![
        2 => Just(Change::Stays),
        1 => Just(Change::IsCleared),
        1 => (0_u32..4).prop_map(Change::Becomes),
    ];
    prop_oneof![
        60 => acquire.prop_map(|((license, holder, instance, request), replaces, in_time, vouched)| {
            Event::Acquire { license, holder, instance, request, replaces, in_time, vouched }
        }),
        40 => prop::collection::vec(session.clone(), 0..4).prop_map(Event::Heartbeat),
        12 => (session.clone(), request()).prop_map(|(session, request)| Event::Release { session, request }),
        3 => session.prop_map(|session| Event::Revoke { session }),
        30 => (1_u8..5, moment()).prop_map(|(count, ms)| Event::Ticks { count, ms }),
        2 => Just(Event::Ticks { count: 30, ms: 2_000 }),
        1 => Just(Event::Ticks { count: 250, ms: 2_500 }),
        12 => prop_oneof![
            20 => moment(),
            3 => 0_u64..100_000,
            1 => 0_u64..200_000_000,
        ].prop_map(|ms| Event::TimePasses { ms }),
        6 => (0..PLANS, terms()).prop_map(|(plan, terms)| Event::ChangePlan { plan, terms: Box::new(terms) }),
        4 => (license.clone(), seats, prop::option::of(0..PLANS))
            .prop_map(|(license, seats, plan)| Event::ChangeLicense { license, seats, plan }),
        12 => assignment().prop_map(|(license, address)| Event::Assign { license, address }),
        4 => assignment().prop_map(|(license, address)| Event::Unassign { license, address }),
        2 => license.clone().prop_map(Event::Suspend),
        8 => license.clone().prop_map(Event::Reinstate),
        1 => Just(Event::RevokeLicense(LICENSES - 1)),
        6 => (license, seconds).prop_map(|(license, seconds)| Event::Extend { license, seconds }),
        10 => prop::bool::weighted(0.2).prop_map(|with_other_content| Event::Again { with_other_content }),
    ]
}

/// The commands that make the catalogue: each license begins a second after the one before.
pub(crate) fn catalogue(terms: [PlanTerms; PLANS as usize]) -> Vec<Command> {
    let (product, customer) = (ProductId::from_bytes([1; 16]), customer_id());
    let name: Arc<str> = PRODUCT.into();
    let mut commands = vec![
        Command::CreateProduct(CreateProduct {
            id: product,
            code: name.clone(),
            name: name.clone(),
            key_prefix: "KEY".into(),
            renewal_url: None,
        }),
        Command::CreateCustomer(CreateCustomer {
            id: customer,
            name,
            email: None,
            reference: None,
        }),
    ];
    for (number, terms) in (0..).zip(terms) {
        let (id, code) = (plan_id(number), plan_code(number));
        commands.push(Command::CreatePlan(CreatePlan {
            id,
            product,
            code: code.clone(),
            name: code,
            terms,
        }));
    }
    for number in 0..LICENSES {
        commands.push(Command::CreateLicense(CreateLicense {
            id: license_id(number),
            plan: plan_id(number % PLANS),
            customer,
            key: SecretHash::from_bytes([number; 32]),
            key_hint: "HINT".into(),
            seats: None,
            starts_at: Some(license_start(number)),
            expires_at: None,
            entitlements: Entitlements::new(),
        }));
    }
    commands
}

/// Turns events into proposals, with what clients remember of earlier answers.
pub(crate) struct Caller {
    pub(crate) now: At,
    granted: Vec<SessionNo>,
    last: Option<Proposal>,
    calls: u64,
}

impl Caller {
    pub(crate) fn new() -> Self {
        Self {
            now: START,
            granted: Vec::new(),
            last: None,
            calls: 0,
        }
    }

    /// What an event proposes, and when.
    pub(crate) fn proposals(&mut self, event: Event) -> Vec<(At, Proposal)> {
        match event {
            Event::TimePasses { ms } => {
                self.now = self.now.after(Span::from_ms(ms));
                Vec::new()
            }
            Event::Ticks { count, ms } => {
                let tick = |_| {
                    self.now = self.now.after(Span::from_ms(ms));
                    (self.now, proposal(Actor::System, Command::Tick))
                };
                (0..count).map(tick).collect()
            }
            Event::Again { with_other_content } => {
                let mut last = self.last.clone();
                if let Some(last) = &mut last {
                    let content = [u8::from(with_other_content); 8];
                    last.request = last.request.map(|request| Request { content, ..request });
                }
                last.map(|last| (self.now, last)).into_iter().collect()
            }
            event => {
                let proposal = self.proposal(event);
                self.last = Some(proposal.clone());
                vec![(self.now, proposal)]
            }
        }
    }

    /// Remembers an answer.
    pub(crate) fn hear(&mut self, applied: &Applied) {
        if let Outcome::Granted(grant) = &applied.outcome
            && !self.granted.contains(&grant.session)
        {
            self.granted.push(grant.session);
        }
    }

    fn proposal(&mut self, event: Event) -> Proposal {
        let operator = |command| proposal(Actor::System, command);
        match event {
            Event::Acquire {
                license,
                holder,
                instance,
                request,
                replaces,
                in_time,
                vouched,
            } => {
                self.calls += 1;
                let call = request.map_or(self.calls << 8, u64::from);
                let mut session = [0; 32];
                session[..11].copy_from_slice(&[
                    license,
                    holder,
                    instance.map_or(0xff, |instance| instance),
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                ]);
                session[3..11].copy_from_slice(&call.to_be_bytes());
                let mut name = [0; 16];
                name.copy_from_slice(&session[..16]);
                let not_after = if in_time {
                    Some(self.now.after(Span::from_secs(8)))
                } else {
                    Some(START)
                };
                let ask = Acquire {
                    license: license_id(license),
                    session: SessionHash::from_bytes(session),
                    by_fingerprint: HolderKey::from_bytes([holder; 16]),
                    by_instance: instance.map(|instance| HolderKey::from_bytes([0x10 + 2 * holder + instance; 16])),
                    fingerprint: FingerprintHash::from_bytes([holder; 32]),
                    replaces: replaces.map(|back| self.session(back)),
                    client: None,
                };
                let command = by(ask, holder, vouched);
                let request = Some(Request {
                    id: RequestId::from_bytes(name),
                    content: [0; 8],
                });
                Proposal {
                    actor: Actor::Client,
                    request,
                    not_after,
                    command,
                }
            }
            Event::Heartbeat(sessions) => {
                let sessions = sessions.into_iter().map(|back| self.session(back)).collect();
                proposal(Actor::Client, Command::Heartbeat { sessions })
            }
            Event::Release { session, request } => {
                let session = self.session(session);
                let id = |request| RequestId::from_bytes([0x80 + request; 16]);
                let request = request.map(|request| Request {
                    id: id(request),
                    content: [0; 8],
                });
                Proposal {
                    request,
                    ..proposal(Actor::Client, Command::Release { session })
                }
            }
            Event::Revoke { session } => operator(Command::RevokeSession {
                session: self.session(session),
                reason: "stolen".into(),
            }),
            Event::ChangePlan { plan, terms } => operator(Command::UpdatePlan(UpdatePlan {
                id: plan_id(plan),
                if_version: None,
                name: None,
                terms: Some(*terms),
            })),
            Event::ChangeLicense { license, seats, plan } => operator(Command::UpdateLicense(UpdateLicense {
                id: license_id(license),
                if_version: None,
                plan: plan.map(plan_id),
                seats: match seats {
                    Change::Stays => None,
                    Change::IsCleared => Some(None),
                    Change::Becomes(seats) => Some(Some(seats)),
                },
                entitlements: None,
                key: None,
            })),
            Event::Assign { license, address } => operator(Command::AssignSeat {
                license: license_id(license),
                holder: address_key(address),
                email: email(address),
            }),
            Event::Unassign { license, address } => operator(Command::UnassignSeat {
                license: license_id(license),
                holder: address_key(address),
                email: email(address),
            }),
            Event::Suspend(license) => operator(Command::SuspendLicense {
                license: license_id(license),
                reason: "unpaid".into(),
            }),
            Event::Reinstate(license) => operator(Command::ReinstateLicense {
                license: license_id(license),
            }),
            Event::RevokeLicense(license) => operator(Command::RevokeLicense {
                license: license_id(license),
                reason: "sold".into(),
            }),
            Event::Extend { license, seconds } => operator(Command::ExtendLicense {
                license: license_id(license),
                expires_at: seconds.map(|seconds| At::from_ms(self.now.ms() - 10_000).after(Span::from_secs(seconds))),
            }),
            Event::TimePasses { .. } | Event::Ticks { .. } | Event::Again { .. } => unreachable!("run sees to these"),
        }
    }

    fn session(&self, back: usize) -> SessionNo {
        let place = self.granted.len().checked_sub(back + 1);
        place.map_or(SessionNo::new(u64::MAX), |place| self.granted[place])
    }
}

/// The acquire as whoever a token vouches for.
fn by(ask: Acquire, holder: u8, vouched: Vouched) -> Command {
    let address = holder % ADDRESSES;
    let by_user = AcquireByUser {
        ask,
        by_user: HolderKey::from_bytes([0x40 + holder; 16]),
        by_user_and_fingerprint: HolderKey::from_bytes([0x50 + holder; 16]),
        user: Arc::new(User {
            issuer: "https://id.example".into(),
            account: "account".into(),
            email: Some(email(address)),
            person: None,
        }),
    };
    match vouched {
        Vouched::Nothing => Command::Acquire(by_user.ask),
        Vouched::User => Command::AcquireByUser(by_user),
        Vouched::Address => Command::AcquireByAddress(AcquireByAddress {
            by_user,
            by_address: address_key(address),
        }),
    }
}

fn address_key(address: u8) -> HolderKey {
    HolderKey::from_bytes([0x60 + address; 16])
}

fn email(address: u8) -> Arc<str> {
    format!("user{address}@example.com").into()
}

pub(crate) fn proposal(actor: Actor, command: Command) -> Proposal {
    Proposal {
        actor,
        request: None,
        not_after: None,
        command,
    }
}

pub(crate) fn license_id(number: u8) -> LicenseId {
    LicenseId::from_bytes([number; 16])
}

pub(crate) fn plan_id(number: u8) -> PlanId {
    PlanId::from_bytes([number; 16])
}

pub(crate) fn customer_id() -> CustomerId {
    CustomerId::from_bytes([1; 16])
}

pub(crate) fn plan_code(number: u8) -> Arc<str> {
    format!("plan{number}").into()
}

pub(crate) fn license_start(number: u8) -> At {
    START.after(Span::from_secs(u64::from(number)))
}

/// Enough runs to find what breaks often; `PROPTEST_CASES` asks for more.
pub(crate) fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    Config {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        ..Config::default()
    }
}
