//! How fast the ledger is and how much memory it takes: `cargo run --release -p licensing --example speed [SESSIONS]`.
//!
//! One thread, no disk and no network: what is measured is `apply` alone.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a program that measures time, prints it and may stop at the first surprise"
)]

use std::sync::Arc;
use std::time::Instant;

use licensing::catalogue::{Entitlement, HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{
    Acquire, Actor, Command, CreateCustomer, CreateLicense, CreatePlan, CreateProduct, Entry, Proposal,
};
use licensing::id::{
    CustomerId, FingerprintHash, HolderKey, LicenseId, PlanId, ProductId, SecretHash, SessionHash, SessionNo,
};
use licensing::ledger::Ledger;
use licensing::outcome::Outcome;
use licensing::session::ClientInfo;
use licensing::time::{At, Span};

const SEATS: u64 = 100;
const START: u64 = 1_760_000_000_000;

fn main() {
    let sessions: u64 = std::env::args().nth(1).map_or(1_000_000, |text| text.parse().unwrap());
    println!("{sessions} sessions, {SEATS} of each license");
    let mut world = World::new(sessions.div_ceil(SEATS));

    let before = resident_bytes();
    world.measure("acquire, one per entry", sessions, |world, n| world.acquire(n, 1));
    world.ledger.take_changes();
    let taken = resident_bytes().saturating_sub(before);
    println!("{:>34} {:>9} bytes", "memory per session", taken / sessions);

    let calls = sessions.min(300_000);
    world.measure("heartbeat, one per entry", calls, |world, _| world.heartbeat(1));
    world.measure("heartbeat, 1,000 per entry", calls * 4 / 1_000 * 1_000, |world, n| {
        if n.is_multiple_of(1_000) {
            world.heartbeat(1_000);
        }
    });
    world.measure("heartbeat of the same 10,000", 1_000_000, |world, n| {
        if n.is_multiple_of(1_000) {
            world.heartbeat_of(1_000, 10_000);
        }
    });
    let noted = world.ledger.changed_rows() as u64;
    let clock = Instant::now();
    let rows = world.ledger.take_changes().rows.len() as u64;
    report("take changes, per row", rows.max(noted), clock);
    world.measure("acquire refused: all seats held", 100_000, World::refused);
    world.measure("release and acquire, each", sessions.min(100_000), World::replace);
    world.ledger.take_changes();

    let clock = Instant::now();
    let stored: Vec<_> = world.ledger.rows().collect();
    report("rows, each", stored.len() as u64, clock);
    let clock = Instant::now();
    let count = stored.len() as u64;
    let loaded = Ledger::from_rows(stored).unwrap();
    report("from rows, each", count, clock);
    assert_eq!(loaded.digest(), world.ledger.digest());
}

struct World {
    ledger: Ledger,
    at: u64,
    random: u64,
    live: Vec<SessionNo>,
    client: Arc<ClientInfo>,
}

impl World {
    fn new(licenses: u64) -> Self {
        let client = ClientInfo {
            instance: None,
            hostname: Some("build-7.example.com".into()),
            app: Some("coditect".into()),
            version: Some("1.2.3".into()),
            os: Some("Linux 6.1".into()),
            sdk: Some("usher-python 0.1.0".into()),
        };
        let mut world = Self {
            ledger: Ledger::new(),
            at: START,
            random: 1,
            live: Vec::new(),
            client: Arc::new(client),
        };
        let (product, plan) = (ProductId::from_bytes([1; 16]), PlanId::from_bytes([2; 16]));
        let customer = CustomerId::from_bytes([3; 16]);
        world.apply(Command::CreateProduct(CreateProduct {
            id: product,
            code: "coditect".into(),
            name: "Coditect".into(),
            key_prefix: "CODITECT".into(),
            renewal_url: None,
        }));
        let terms = PlanTerms {
            seats: u32::try_from(SEATS).unwrap(),
            overage_max: 0,
            ttl: Span::from_secs(360),
            heartbeat: Span::from_secs(300),
            offline: OfflineMode::Lenient,
            grace: Span::from_secs(86_400),
            ghosts_max: None,
            sessions_per_holder_max: 4,
            holder: HolderPolicy::Fingerprint,
            entitlements: [
                ("gpu".into(), Entitlement::Granted),
                ("projects".into(), Entitlement::Number(20)),
            ]
            .into(),
        };
        world.apply(Command::CreatePlan(CreatePlan {
            id: plan,
            product,
            code: "pro".into(),
            name: "Pro".into(),
            terms,
        }));
        world.apply(Command::CreateCustomer(CreateCustomer {
            id: customer,
            name: "ACME".into(),
            email: None,
            reference: None,
        }));
        for n in 0..licenses {
            world.apply(Command::CreateLicense(CreateLicense {
                id: LicenseId::from_bytes(scattered(n)),
                plan,
                customer,
                key: SecretHash::from_bytes(wide(n)),
                key_hint: "7K3M9".into(),
                seats: None,
                starts_at: None,
                expires_at: None,
                entitlements: [].into(),
            }));
        }
        world.ledger.take_changes();
        world
    }

    fn apply(&mut self, command: Command) -> Outcome {
        let proposal = Proposal {
            actor: Actor::Client,
            request: None,
            not_after: None,
            command,
        };
        let entry = Entry::at(At::from_ms(self.at), vec![proposal]);
        self.ledger.apply(&entry).pop().unwrap().outcome
    }

    fn acquire(&mut self, n: u64, round: u64) {
        let license = LicenseId::from_bytes(scattered(n / SEATS));
        let ask = self.ask(n, round, license);
        match self.apply(Command::Acquire(ask)) {
            Outcome::Granted(grant) => self.live.push(grant.session),
            other => panic!("{other:?}"),
        }
        self.take_sometimes(n);
    }

    fn ask(&self, n: u64, round: u64, license: LicenseId) -> Acquire {
        Acquire {
            license,
            session: SessionHash::from_bytes(wide(n ^ (round << 40))),
            by_fingerprint: HolderKey::from_bytes(scattered(n ^ (1 << 50))),
            by_instance: None,
            fingerprint: FingerprintHash::from_bytes(wide(n ^ (1 << 51))),
            replaces: None,
            // Each client brings texts of its own, as it does when the command comes out of a log.
            client: Some(Arc::new(ClientInfo {
                hostname: Some(format!("build-{n}.example.com").into()),
                ..(*self.client).clone()
            })),
        }
    }

    fn heartbeat(&mut self, count: usize) {
        self.heartbeat_of(count, self.live.len() as u64);
    }

    fn heartbeat_of(&mut self, count: usize, among: u64) {
        let sessions = (0..count).map(|_| self.pick(among)).collect();
        self.at += 1;
        let outcome = self.apply(Command::Heartbeat { sessions });
        assert!(matches!(outcome, Outcome::Beats(beats) if beats.iter().all(Result::is_ok)));
        self.take_sometimes(self.random);
    }

    fn pick(&mut self, among: u64) -> SessionNo {
        self.random = mix(self.random);
        self.live[usize::try_from(self.random % among).unwrap()]
    }

    fn refused(&mut self, n: u64) {
        let ask = self.ask(
            n + (1 << 32),
            1,
            LicenseId::from_bytes(scattered(n % (self.live.len() as u64 / SEATS))),
        );
        assert!(matches!(self.apply(Command::Acquire(ask)), Outcome::Rejected(_)));
        self.take_sometimes(n);
    }

    fn replace(&mut self, n: u64) {
        let session = self.live[usize::try_from(n).unwrap()];
        self.apply(Command::Release { session });
        let ask = self.ask(n, 2, LicenseId::from_bytes(scattered(n / SEATS)));
        assert!(matches!(self.apply(Command::Acquire(ask)), Outcome::Granted(_)));
        self.take_sometimes(n);
    }

    /// Takes the changes now and then, as checkpoints do.
    fn take_sometimes(&mut self, n: u64) {
        if n.is_multiple_of(50_000) {
            self.ledger.take_changes();
        }
    }

    fn measure(&mut self, what: &str, count: u64, mut call: impl FnMut(&mut Self, u64)) {
        let clock = Instant::now();
        for n in 0..count {
            call(self, n);
        }
        report(what, count, clock);
    }
}

fn report(what: &str, count: u64, clock: Instant) {
    let nanos = u64::try_from(clock.elapsed().as_nanos()).unwrap().max(1);
    println!(
        "{what:>34} {:>9} /s {:>8} ns each",
        count.saturating_mul(1_000_000_000) / nanos,
        nanos / count.max(1)
    );
}

/// Numbers that look drawn at random, so that neighbours in time are no neighbours in the maps.
fn mix(n: u64) -> u64 {
    let mut n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn scattered(n: u64) -> [u8; 16] {
    (u128::from(mix(n)) << 64 | u128::from(n)).to_be_bytes()
}

fn wide(n: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&scattered(n));
    bytes
}

/// Memory that the process holds, from the kernel's own count of pages.
fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    pages
        .and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok())
        .unwrap_or(0)
        * 4_096
}
