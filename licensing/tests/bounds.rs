//! No entry is long because many things end at once, and nothing is kept for ever.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod random;

use licensing::audit::{AuditEvent, AuditLeaf, LeafV1};
use licensing::catalogue::{Entitlements, HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{Acquire, Actor, Command, CreateLicense, Entry, Request};
use licensing::id::{FingerprintHash, HolderKey, LicenseId, RequestId, SecretHash, SessionHash, SessionNo};
use licensing::invariant::check_ledger;
use licensing::ledger::Ledger;
use licensing::outcome::{Outcome, Rejection};
use licensing::row::Table;
use licensing::time::{At, Span};
use random::{START, catalogue, license_id, proposal};

struct World {
    ledger: Ledger,
    at: At,
}

impl World {
    fn new(offline: OfflineMode) -> Self {
        let terms = PlanTerms {
            seats: 5_000,
            overage_max: 0,
            ttl: Span::from_secs(360),
            heartbeat: Span::from_secs(300),
            offline,
            grace: Span::from_secs(3_600),
            ghosts_max: None,
            sessions_per_holder_max: 1,
            holder: HolderPolicy::Fingerprint,
            entitlements: Entitlements::new(),
        };
        let mut world = Self {
            ledger: Ledger::new(),
            at: START,
        };
        for command in catalogue([terms.clone(), terms]) {
            world.apply(command);
        }
        world.at = world.at.after(Span::from_secs(10));
        world
    }

    fn apply(&mut self, command: Command) -> Outcome {
        let proposals = vec![proposal(Actor::Client, command)];
        self.ledger.apply(&Entry::at(self.at, proposals)).pop().unwrap().outcome
    }

    fn acquire(&mut self, license: LicenseId, number: u32) -> Outcome {
        self.apply(acquire(license, number))
    }

    fn tick(&mut self, ms: u64) {
        self.at = self.at.after(Span::from_ms(ms));
        self.apply(Command::Tick);
    }

    /// Moves session time without a tick.
    fn wait(&mut self, span: Span) {
        let end = self.at.after(span);
        while self.at < end {
            self.at = self.at.after(Span::from_secs(2)).min(end);
            self.ledger.apply(&Entry::at(self.at, Vec::new()));
        }
    }

    fn sessions(&self, license: LicenseId) -> u32 {
        self.ledger.seats(license).unwrap().sessions
    }

    fn rows_in(&self, table: Table) -> usize {
        self.ledger.rows().filter(|row| row.key().table() == table).count()
    }
}

fn acquire(license: LicenseId, number: u32) -> Command {
    let mut hash = [0; 32];
    hash[..4].copy_from_slice(&number.to_be_bytes());
    let mut holder = [0; 16];
    holder[..4].copy_from_slice(&number.to_be_bytes());
    Command::Acquire(Acquire {
        license,
        session: SessionHash::from_bytes(hash),
        by_fingerprint: HolderKey::from_bytes(holder),
        by_instance: None,
        fingerprint: FingerprintHash::from_bytes(hash),
        replaces: None,
        client: None,
    })
}

#[test]
fn a_tick_ends_two_hundred_sessions_the_longest_overdue_first() {
    let mut world = World::new(OfflineMode::Strict);
    let (one, other) = (license_id(0), license_id(1));
    for number in 0..500 {
        world.at = world.at.after(Span::from_ms(1));
        world.acquire(if number % 2 == 0 { one } else { other }, number);
    }
    world.wait(Span::from_secs(400));
    world.ledger.take_changes();
    for left in [300, 100, 0] {
        world.tick(1);
        assert_eq!(world.sessions(one) + world.sessions(other), left);
        assert_eq!(world.ledger.is_behind(), left > 0);
    }
    let ended: Vec<SessionNo> = world
        .ledger
        .take_changes()
        .audit
        .iter()
        .map(|record| ended(&record.leaf))
        .collect();
    assert_eq!(ended.len(), 500);
    assert!(ended.is_sorted(), "in the order of their deadlines, across licenses");
    check_ledger(&world.ledger).unwrap();
}

fn ended(leaf: &[u8]) -> SessionNo {
    let AuditLeaf::V1(LeafV1 { event, .. }) = AuditLeaf::decode(leaf).unwrap();
    let AuditEvent::Ended { no, .. } = event else {
        panic!("{event:?}")
    };
    no
}

#[test]
fn a_command_settles_its_own_license_completely() {
    let mut world = World::new(OfflineMode::Strict);
    let (one, other) = (license_id(0), license_id(1));
    for number in 0..1_500 {
        world.acquire(one, number);
        world.acquire(other, 10_000 + number);
    }
    world.wait(Span::from_secs(400));
    let Outcome::Granted(grant) = world.acquire(one, 5_000) else {
        panic!("there is room")
    };
    assert_eq!(grant.in_use, 1);
    assert_eq!((world.sessions(one), world.sessions(other)), (1, 1_500));
}

#[test]
fn ghosts_end_two_hundred_at_a_time_and_count_exactly_meanwhile() {
    let mut world = World::new(OfflineMode::Lenient);
    let license = license_id(0);
    for number in 0..500 {
        world.acquire(license, number);
    }
    world.wait(Span::from_secs(400));
    for _ in 0..3 {
        world.tick(1);
    }
    assert_eq!(world.ledger.seats(license).unwrap().ghosts, 500);
    world.at = world.at.after(Span::from_secs(3_600));
    for left in [300, 100] {
        world.tick(1);
        assert_eq!(world.ledger.seats(license).unwrap().ghosts, left);
        assert!(world.ledger.is_behind());
    }
    world.acquire(license, 9_999);
    assert_eq!(
        world.ledger.seats(license).unwrap().ghosts,
        0,
        "a command that counts them ends them all"
    );
}

#[test]
fn hours_close_two_hundred_at_a_time_and_go_on_with_what_is_held() {
    let mut world = World::new(OfflineMode::Reserved);
    let template = world.ledger.license(license_id(0)).unwrap().clone();
    for number in 0..300_u32 {
        let mut id = [0x40; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let mut key = [0x40; 32];
        key[..4].copy_from_slice(&number.to_be_bytes());
        let id = LicenseId::from_bytes(id);
        world.apply(Command::CreateLicense(CreateLicense {
            id,
            plan: template.plan,
            customer: template.customer,
            key: SecretHash::from_bytes(key),
            key_hint: "HINT".into(),
            seats: None,
            starts_at: None,
            expires_at: None,
            entitlements: Entitlements::new(),
        }));
        world.acquire(id, number);
    }
    world.ledger.take_changes();
    world.at = world.at.after(Span::from_secs(3_600));
    for closed in [200, 100, 0] {
        world.tick(1);
        assert_eq!(world.ledger.take_changes().usage.len(), closed);
        assert_eq!(world.ledger.is_behind(), closed == 200);
    }
    assert!(
        world
            .ledger
            .rows()
            .filter(|row| row.key().table() == Table::UsageHours)
            .count()
            == 300
    );
    check_ledger(&world.ledger).unwrap();
}

#[test]
fn what_is_remembered_is_forgotten_under_any_load() {
    let mut world = World::new(OfflineMode::Strict);
    let (license, unknown) = (license_id(0), license_id(77));
    let mut most = 0;
    for number in 0..6_000 {
        world.at = world.at.after(Span::from_ms(500));
        let Outcome::Granted(grant) = world.acquire(license, number) else {
            panic!("there is room")
        };
        world.apply(Command::Release { session: grant.session });
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let request = Some(Request {
            id: RequestId::from_bytes(id),
            content: [0; 8],
        });
        let refused = licensing::command::Proposal {
            request,
            ..proposal(Actor::Client, acquire(unknown, number))
        };
        let applied = world.ledger.apply(&Entry::at(world.at, vec![refused]));
        assert!(matches!(
            applied[0].outcome,
            Outcome::Rejected(Rejection::NotFound { .. })
        ));
        if number % 500 == 0 {
            most = most
                .max(world.rows_in(Table::EndedSessions))
                .max(world.rows_in(Table::Answers));
        }
    }
    assert!(
        (1_100..=1_300).contains(&most),
        "ten minutes at two a second, not {most}"
    );
    world.wait(Span::from_secs(602));
    world.tick(1);
    assert_eq!(
        (world.rows_in(Table::EndedSessions), world.rows_in(Table::Answers)),
        (0, 0)
    );
}
