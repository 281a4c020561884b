//! A license business at work: random commands on a real ledger, and what of it must be on disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::audit::AuditRecord;
use licensing::catalogue::{HolderPolicy, OfflineMode, PlanTerms};
use licensing::cluster::Scope;
use licensing::command::{
    AcceptInvitation, Acquire, AcquireByAddress, AcquireByUser, Actor, Command, CreateCustomer, CreateIdentityProvider,
    CreateLicense, CreatePerson, CreatePlan, CreateProduct, Entry, NewInvitation, NewNode, Proposal, Request,
    SetBranding, SetRetention, SignIn, SignInByProvider,
};
use licensing::digest::Digest;
use licensing::id::{
    ApiTokenId, ClusterId, CustomerId, FingerprintHash, HolderKey, JoinTokenId, LicenseId, LoginId, PersonId, PlanId,
    ProductId, ProviderId, RequestId, SecretHash, SessionHash, SessionNo, SubjectHash,
};
use licensing::identity::{ProviderKind, ProviderTerms, User};
use licensing::ledger::Ledger;
use licensing::person::Role;
use licensing::row::Row;
use licensing::time::{At, Hour, Span};
use licensing::usage::UsageHour;
use storage::checkpoint::{Checkpoint, Loaded, StateFile};

use crate::chance::Chance;

const LICENSES: u8 = 4;

/// The ledger, its history, and the number of the last entry.
pub(crate) struct Business {
    pub(crate) ledger: Ledger,
    pub(crate) applied_index: u64,
    pub(crate) history: History,
    /// Every entry applied here, in order, with the digest that the ledger had afterwards.
    pub(crate) journal: Vec<(Entry, Digest)>,
    chance: Chance,
    at: At,
}

/// What the ledger does not keep.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct History {
    pub(crate) audit: Vec<AuditRecord>,
    pub(crate) usage: BTreeMap<(LicenseId, Hour), UsageHour>,
}

impl Business {
    /// A founded cluster with a few licenses.
    pub(crate) fn found(chance: &Chance) -> Self {
        Self::found_as(ClusterId::from_bytes([7; 16]), chance)
    }

    pub(crate) fn found_as(cluster: ClusterId, chance: &Chance) -> Self {
        let at = At::from_ms(1_800_000_000_000);
        let mut business = Self {
            ledger: Ledger::new(),
            applied_index: 0,
            history: History::default(),
            journal: Vec::new(),
            chance: chance.clone(),
            at,
        };
        let (product, plan, customer) = (
            ProductId::from_bytes([1; 16]),
            PlanId::from_bytes([2; 16]),
            CustomerId::from_bytes([3; 16]),
        );
        let mut commands = vec![
            Command::FoundCluster { cluster, node: node(1) },
            Command::CreateProduct(CreateProduct {
                id: product,
                code: "coditect".into(),
                name: "Coditect".into(),
                key_prefix: "CODITECT".into(),
                renewal_url: Some("https://vendor.example/renew".into()),
            }),
            Command::CreatePlan(CreatePlan {
                id: plan,
                product,
                code: "pro".into(),
                name: "Pro".into(),
                terms: terms(),
            }),
            Command::CreateCustomer(CreateCustomer {
                id: customer,
                name: "Acme".into(),
                email: Some("it@acme.example".into()),
                reference: Some("crm-1".into()),
            }),
        ];
        commands.extend((0..LICENSES).map(|nth| {
            Command::CreateLicense(CreateLicense {
                id: license(nth),
                plan,
                customer,
                key: SecretHash::from_bytes([nth; 32]),
                key_hint: "AB12".into(),
                seats: None,
                starts_at: None,
                expires_at: None,
                entitlements: BTreeMap::new(),
            })
        }));
        business.apply(commands.into_iter().map(|command| (None, command)).collect());
        business
    }

    /// A node that has what a disk gave back, and goes on from there.
    pub(crate) fn restarted(loaded: Loaded, history: History, chance: &Chance) -> Self {
        Self {
            at: loaded.ledger.at(),
            ledger: loaded.ledger,
            applied_index: loaded.applied_index,
            history,
            journal: Vec::new(),
            chance: chance.clone(),
        }
    }

    /// Applies one entry of random commands. Time passes, now and then more than an hour.
    pub(crate) fn work(&mut self) {
        let chance = self.chance.clone();
        let pause = if chance.one_in(15) {
            chance.in_range(0..5_000_000)
        } else {
            chance.in_range(0..3_000)
        };
        self.at = self.at.after(Span::from_ms(pause));
        let commands = (0..chance.in_range(1..12)).map(|_| self.random_command()).collect();
        self.apply(commands);
    }

    /// Creates many customers in one entry.
    pub(crate) fn enrol(&mut self, customers: u64) {
        self.apply((0..customers).map(|_| (None, self.customer())).collect());
    }

    fn apply(&mut self, commands: Vec<(Option<Request>, Command)>) {
        let proposals = commands
            .into_iter()
            .map(|(request, command)| Proposal {
                actor: Actor::Client,
                request,
                not_after: None,
                command,
            })
            .collect();
        let entry = Entry::at(self.at, proposals);
        self.ledger.apply(&entry);
        self.applied_index += 1;
        self.journal.push((entry, self.ledger.digest()));
    }

    fn random_command(&self) -> (Option<Request>, Command) {
        let chance = &self.chance;
        let request = Some(Request {
            id: RequestId::from_bytes(self.id()),
            content: [0; 8],
        });
        match chance.in_range(0..12) {
            0 => (None, Command::Tick),
            1 | 2 => (
                None,
                Command::Heartbeat {
                    sessions: (0..4).map(|_| self.some_session()).collect(),
                },
            ),
            3 => (
                None,
                Command::Release {
                    session: self.some_session(),
                },
            ),
            4 => (
                None,
                Command::RevokeSession {
                    session: self.some_session(),
                    reason: "it was shared".into(),
                },
            ),
            5 if chance.one_in(3) => (request, self.seat_by_name()),
            5 if chance.one_in(2) => (request, self.person()),
            5 => (request, self.token()),
            6 if chance.one_in(2) => (request, self.provider()),
            6 => (request, self.customer()),
            _ => (request, self.acquire()),
        }
    }

    fn customer(&self) -> Command {
        let id = CustomerId::from_bytes(self.id());
        Command::CreateCustomer(CreateCustomer {
            id,
            name: "Bolt".into(),
            email: None,
            reference: None,
        })
    }

    fn acquire(&self) -> Command {
        Command::Acquire(self.ask())
    }

    fn ask(&self) -> Acquire {
        let holder = u8::try_from(self.chance.in_range(0..40)).unwrap();
        Acquire {
            license: license(u8::try_from(self.chance.in_range(0..u64::from(LICENSES))).unwrap()),
            session: SessionHash::from_bytes(self.id()),
            by_fingerprint: HolderKey::from_bytes([holder; 16]),
            by_instance: None,
            fingerprint: FingerprintHash::from_bytes([holder; 32]),
            replaces: None,
            client: None,
        }
    }

    /// Assigns a seat, takes one away, or takes one up, each by one of a few addresses.
    fn seat_by_name(&self) -> Command {
        let ask = self.ask();
        let (license, address) = (ask.license, u8::try_from(self.chance.in_range(0..6)).unwrap());
        let (holder, email) = (
            HolderKey::from_bytes([0x80 + address; 16]),
            format!("p{address}@example.com"),
        );
        let email: Arc<str> = email.into();
        match self.chance.in_range(0..4) {
            0 => Command::UnassignSeat { license, holder, email },
            1 => Command::AcquireByAddress(AcquireByAddress {
                by_user: AcquireByUser {
                    ask,
                    by_user: HolderKey::from_bytes([1; 16]),
                    by_user_and_fingerprint: HolderKey::from_bytes([2; 16]),
                    user: Arc::new(User {
                        issuer: "https://id.example".into(),
                        account: "00u1".into(),
                        email: Some(email),
                        person: None,
                    }),
                },
                by_address: holder,
            }),
            _ => Command::AssignSeat { license, holder, email },
        }
    }

    fn token(&self) -> Command {
        let expires_at = self.at.after(Span::from_secs(1_000));
        if self.chance.one_in(2) {
            let (id, secret) = (JoinTokenId::from_bytes(self.id()), SecretHash::from_bytes(self.id()));
            return Command::CreateJoinToken { id, secret, expires_at };
        }
        Command::CreateApiToken {
            id: ApiTokenId::from_bytes(self.id()),
            name: "ci".into(),
            secret: SecretHash::from_bytes(self.id()),
            scope: Scope::Heartbeats,
            expires_at: Some(expires_at),
        }
    }

    /// Invites somebody, lets one who was invited choose a password, signs one in, or makes a token of a role.
    fn person(&self) -> Command {
        let expires_at = self.at.after(Span::from_secs(1_000));
        let secret = SecretHash::from_bytes(self.id());
        let invited = |row| {
            if let Row::Invitation(row) = row {
                Some(row)
            } else {
                None
            }
        };
        match self.chance.in_range(0..4) {
            0 => {
                if let Some(link) = self.ledger.rows().find_map(invited) {
                    return Command::AcceptInvitation(AcceptInvitation {
                        secret: link.secret,
                        person: PersonId::from_bytes(self.id()),
                        email: None,
                        name: None,
                        password: "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".into(),
                    });
                }
            }
            1 => {
                if let Some(person) = self.ledger.people(None).find(|person| person.password.is_some()) {
                    return Command::SignIn(SignIn {
                        login: LoginId::from_bytes(self.id()),
                        secret,
                        person: person.id,
                        version: person.version,
                        totp_step: None,
                        expires_at,
                        agent: Some("Firefox on Linux".into()),
                        address: None,
                    });
                }
            }
            2 => {
                return Command::IssueApiToken {
                    id: ApiTokenId::from_bytes(self.id()),
                    name: "portal".into(),
                    secret,
                    scope: Scope::As(Role::Auditor),
                    expires_at: None,
                };
            }
            _ => {}
        }
        Command::CreatePerson(CreatePerson {
            id: PersonId::from_bytes(self.id()),
            email: format!("p{}@example.com", self.ledger.seq().get()).into(),
            name: "Ann".into(),
            role: Role::Support,
            invitation: NewInvitation { secret, expires_at },
        })
    }

    /// Adds an identity provider, signs somebody in by one, takes a seat for its user, or says how the vendor looks or for how
    /// long history is kept.
    fn provider(&self) -> Command {
        let provider = self.ledger.identity_providers(None).next();
        match (self.chance.in_range(0..5), provider) {
            (3, _) => Command::SetRetention(SetRetention {
                if_version: None,
                session_days: Some(90),
                usage_days: None,
            }),
            (0, _) => Command::SetBranding(SetBranding {
                if_version: None,
                name: Some("Example Ltd".into()),
                colour: None,
                support: None,
            }),
            (1, Some(provider)) => Command::SignInByProvider(SignInByProvider {
                login: LoginId::from_bytes(self.id()),
                secret: SecretHash::from_bytes(self.id()),
                provider: provider.id,
                subject: SubjectHash::from_bytes(self.id()),
                account: "00u1".into(),
                email: Some(format!("u{}@example.com", self.ledger.seq().get()).into()),
                name: "Ann".into(),
                newcomer: (PersonId::from_bytes(self.id()), CustomerId::from_bytes(self.id())),
                expires_at: self.at.after(Span::from_secs(1_000)),
                agent: None,
                address: None,
            }),
            (2, Some(provider)) => Command::AcquireByUser(AcquireByUser {
                ask: self.ask(),
                by_user: HolderKey::from_bytes([1; 16]),
                by_user_and_fingerprint: HolderKey::from_bytes([2; 16]),
                user: Arc::new(User {
                    issuer: Arc::clone(&provider.issuer),
                    account: "00u1".into(),
                    email: None,
                    person: None,
                }),
            }),
            _ => Command::CreateIdentityProvider(CreateIdentityProvider {
                id: ProviderId::from_bytes(self.id()),
                name: format!("Acme {}", self.ledger.seq().get()).into(),
                kind: ProviderKind::Oidc,
                issuer: format!("https://id{}.example", self.ledger.seq().get()).into(),
                terms: ProviderTerms {
                    client_id: Some("usher".into()),
                    scopes: vec!["openid".into(), "email".into()],
                    self_registration: true,
                    accept_on_acquire: true,
                    audience: Some("coditect".into()),
                    keys: None,
                },
                client_secret: None,
            }),
        }
    }

    fn some_session(&self) -> SessionNo {
        let after = SessionNo::new(self.chance.in_range(0..self.ledger.seq().get() + 1));
        self.ledger
            .sessions(Some(after))
            .next()
            .map_or(after, |session| session.no)
    }

    fn id<const N: usize>(&self) -> [u8; N] {
        std::array::from_fn(|_| self.chance.draw().to_le_bytes()[0])
    }

    /// What changed, ready to be written; it is part of the history from now on.
    pub(crate) fn checkpoint(&mut self) -> Checkpoint {
        let changes = self.ledger.take_changes();
        self.history.audit.extend(changes.audit.iter().cloned());
        self.history.usage.extend(
            changes
                .usage
                .iter()
                .map(|hour| ((hour.license, hour.hour), hour.clone())),
        );
        Checkpoint {
            changes,
            applied_index: self.applied_index,
            applied: log_id(self.applied_index),
            membership: members(self.applied_index),
            digest: self.ledger.digest(),
        }
    }

    /// Works a while and writes a checkpoint of it.
    pub(crate) async fn work_and_save(&mut self, entries: u64, state: &StateFile) {
        (0..entries).for_each(|_| self.work());
        state.write(self.checkpoint()).await.unwrap();
    }
}

/// What a checkpoint at this index is as of.
pub(crate) fn log_id(applied_index: u64) -> Vec<u8> {
    format!("log id {applied_index}").into_bytes()
}

/// The membership at this index.
pub(crate) fn members(applied_index: u64) -> Vec<u8> {
    format!("members at {applied_index}").into_bytes()
}

/// Reads the history of a disk.
pub(crate) async fn history_of(state: &StateFile) -> History {
    let mut usage = BTreeMap::new();
    for nth in 0..LICENSES {
        let all = Hour::new(0)..Hour::new(u32::MAX);
        for hour in state.usage(license(nth), all, usize::MAX).await.unwrap() {
            usage.insert((hour.license, hour.hour), hour);
        }
    }
    History {
        audit: state.audit(0..u64::MAX, usize::MAX).await.unwrap(),
        usage,
    }
}

pub(crate) fn license(nth: u8) -> LicenseId {
    LicenseId::from_bytes([nth; 16])
}

fn node(nth: u8) -> NewNode {
    NewNode {
        name: format!("node-{nth}").into(),
        peer_address: format!("10.0.0.{nth}:7443").into(),
        api_url: format!("https://10.0.0.{nth}:8443").into(),
        spki: SecretHash::from_bytes([nth; 32]),
    }
}

fn terms() -> PlanTerms {
    PlanTerms {
        seats: 8,
        overage_max: 1,
        ttl: Span::from_secs(20),
        heartbeat: Span::from_secs(2),
        offline: OfflineMode::Lenient,
        grace: Span::from_secs(600),
        ghosts_max: None,
        sessions_per_holder_max: 3,
        holder: HolderPolicy::Fingerprint,
        entitlements: BTreeMap::new(),
    }
}
