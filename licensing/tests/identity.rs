//! Identity providers, those who sign in by them, and seats that are counted by user.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use licensing::audit::{AuditEvent, AuditLeaf, AuditRecord};
use licensing::catalogue::{Entitlements, HolderPolicy, OfflineMode, PlanTerms};
use licensing::command::{
    Acquire, AcquireByUser, Command, CreateCustomer, CreateIdentityProvider, CreateLicense, CreatePerson, CreatePlan,
    CreateProduct, Entry, NewInvitation, Proposal, SignInByProvider, UpdateIdentityProvider, UpdatePerson,
};
use licensing::id::{
    CustomerId, FingerprintHash, HolderKey, LicenseId, LoginId, PersonId, PlanId, ProductId, ProviderId, SecretHash,
    SessionHash, SubjectHash,
};
use licensing::identity::{PROVIDERS_MAX, ProviderKind, ProviderTerms, User};
use licensing::invariant::{Before, Step, check_ledger, check_step};
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Outcome, Rejection};
use licensing::person::Role;
use licensing::time::{At, Span};

const START: At = At::from_ms(1_795_341_600_000);
const CUSTOMER: CustomerId = CustomerId::from_bytes([1; 16]);
const LICENSE: LicenseId = LicenseId::from_bytes([2; 16]);
const PLAN: PlanId = PlanId::from_bytes([3; 16]);
const PRODUCT: ProductId = ProductId::from_bytes([4; 16]);

/// A ledger whose every step is checked against the laws.
struct Checked {
    ledger: Ledger,
    logins: u8,
    sessions: u8,
}

impl Checked {
    fn new() -> Self {
        let mut checked = Self {
            ledger: Ledger::new(),
            logins: 0,
            sessions: 0,
        };
        checked.ledger.apply(&Entry::at(START, Vec::new()));
        checked
    }

    fn run(&mut self, command: Command) -> Outcome {
        let before = Before::of(&self.ledger);
        let proposal = Proposal::by_system(command);
        let entry = Entry::at(START, vec![proposal]);
        let applied = self.ledger.apply(&entry).pop().unwrap();
        let step = Step {
            before: &before,
            at: entry.at,
            session_time: entry.session_time,
            proposal: &entry.proposals[0],
            applied: &applied,
            after: &self.ledger,
        };
        check_step(step).unwrap();
        check_ledger(&self.ledger).unwrap();
        applied.outcome
    }

    fn provider(&mut self, number: u8, terms: ProviderTerms) -> Outcome {
        self.run(create(number, ProviderKind::Oidc, terms))
    }

    fn person(&mut self, number: u8, email: &str) {
        let create = CreatePerson {
            id: person(number),
            email: email.into(),
            name: "Ann".into(),
            role: Role::Operator,
            invitation: NewInvitation {
                secret: SecretHash::from_bytes([number; 32]),
                expires_at: START.after(Span::from_secs(100)),
            },
        };
        assert_eq!(self.run(Command::CreatePerson(create)), Outcome::Changed { version: 1 });
    }

    /// A sign-in by an account of a provider, each with a login of its own.
    fn sign_in(&mut self, by: u8, account: u8, email: Option<&str>) -> Outcome {
        self.logins += 1;
        let number = self.logins;
        self.run(Command::SignInByProvider(SignInByProvider {
            login: LoginId::from_bytes([number; 10]),
            secret: SecretHash::from_bytes([number; 32]),
            provider: provider(by),
            subject: subject(by, account),
            account: format!("account {account}").into(),
            email: email.map(Into::into),
            name: "Newcomer".into(),
            newcomer: (person(100 + number), CustomerId::from_bytes([100 + number; 16])),
            expires_at: START.after(Span::from_secs(60)),
            agent: None,
            address: None,
        }))
    }

    /// A license of two seats under a plan that counts so.
    fn sell(&mut self, holder: HolderPolicy) {
        self.run(Command::CreateCustomer(CreateCustomer {
            id: CUSTOMER,
            name: "Acme".into(),
            email: None,
            reference: None,
        }));
        self.run(Command::CreateProduct(CreateProduct {
            id: PRODUCT,
            code: "coditect".into(),
            name: "Coditect".into(),
            key_prefix: "CODITECT".into(),
            renewal_url: None,
        }));
        self.run(Command::CreatePlan(CreatePlan {
            id: PLAN,
            product: PRODUCT,
            code: "pro".into(),
            name: "Pro".into(),
            terms: PlanTerms {
                seats: 2,
                overage_max: 0,
                ttl: Span::from_secs(360),
                heartbeat: Span::from_secs(300),
                offline: OfflineMode::Strict,
                grace: Span::from_secs(0),
                ghosts_max: None,
                sessions_per_holder_max: 4,
                holder,
                entitlements: Entitlements::new(),
            },
        }));
        let created = self.run(Command::CreateLicense(CreateLicense {
            id: LICENSE,
            plan: PLAN,
            customer: CUSTOMER,
            key: SecretHash::from_bytes([9; 32]),
            key_hint: "AAAAA".into(),
            seats: None,
            starts_at: None,
            expires_at: None,
            entitlements: Entitlements::new(),
        }));
        assert_eq!(created, Outcome::Changed { version: 1 });
    }

    /// How many seats are held after a user's acquire on a device, or why there was none.
    fn acquire(&mut self, user: Option<u8>, device: u8) -> Result<u32, Rejection> {
        self.sessions += 1;
        let ask = Acquire {
            license: LICENSE,
            session: SessionHash::from_bytes([self.sessions; 32]),
            by_fingerprint: HolderKey::from_bytes([device; 16]),
            by_instance: None,
            fingerprint: FingerprintHash::from_bytes([device; 32]),
            replaces: None,
            client: None,
        };
        let command = match user {
            None => Command::Acquire(ask),
            Some(user) => Command::AcquireByUser(AcquireByUser {
                ask,
                by_user: HolderKey::from_bytes([0x80 | user; 16]),
                by_user_and_fingerprint: HolderKey::from_bytes(std::array::from_fn(|at| {
                    if at == 0 { 0x80 | user } else { device }
                })),
                user: Arc::new(User {
                    issuer: "https://id.example".into(),
                    account: format!("account {user}").into(),
                    email: None,
                    person: None,
                }),
            }),
        };
        match self.run(command) {
            Outcome::Granted(grant) => Ok(grant.in_use),
            Outcome::Rejected(rejection) => Err(rejection),
            other => panic!("{other:?}"),
        }
    }
}

fn person(number: u8) -> PersonId {
    PersonId::from_bytes([number; 16])
}

fn provider(number: u8) -> ProviderId {
    ProviderId::from_bytes([number; 16])
}

fn subject(by: u8, account: u8) -> SubjectHash {
    let mut bytes = [account; 32];
    bytes[0] = by;
    SubjectHash::from_bytes(bytes)
}

fn terms() -> ProviderTerms {
    ProviderTerms {
        client_id: Some("usher".into()),
        scopes: vec!["openid".into(), "email".into()],
        self_registration: false,
        accept_on_acquire: false,
        audience: None,
        keys: None,
    }
}

fn create(number: u8, kind: ProviderKind, terms: ProviderTerms) -> Command {
    Command::CreateIdentityProvider(CreateIdentityProvider {
        id: provider(number),
        name: format!("Provider {number}").into(),
        kind,
        issuer: "https://id.example".into(),
        terms,
        client_secret: None,
    })
}

fn refused(rejection: Rejection) -> Outcome {
    Outcome::Rejected(rejection)
}

#[test]
fn an_account_is_found_by_its_verified_address_once_and_by_itself_from_then_on() {
    let mut checked = Checked::new();
    checked.provider(1, terms());
    checked.person(1, "ann@example.com");
    assert_eq!(checked.sign_in(1, 7, None), refused(Rejection::EmailNotVerified));
    assert_eq!(checked.sign_in(1, 7, Some("ann@example.com")), Outcome::Done);
    let link = checked.ledger.identity(subject(1, 7)).unwrap();
    assert_eq!((link.person, &*link.email), (person(1), "ann@example.com"));
    // Its address may change at the provider, or the person's here: the account is still hers.
    assert_eq!(checked.sign_in(1, 7, Some("ann@elsewhere.example")), Outcome::Done);
    assert_eq!(checked.sign_in(1, 7, None), Outcome::Done);
    assert_eq!(checked.ledger.logins_of(person(1)).count(), 3);
}

#[test]
fn an_address_that_moves_to_another_account_is_refused_until_the_first_is_forgotten() {
    let mut checked = Checked::new();
    checked.provider(1, terms());
    checked.provider(2, terms());
    checked.person(1, "ann@example.com");
    assert_eq!(checked.sign_in(1, 7, Some("ann@example.com")), Outcome::Done);
    let moved = refused(Rejection::AccountMoved);
    assert_eq!(checked.sign_in(1, 8, Some("ann@example.com")), moved);
    assert_eq!(
        checked.sign_in(2, 8, Some("ann@example.com")),
        Outcome::Done,
        "another provider"
    );
    checked.run(Command::UnlinkIdentities {
        person: person(1),
        if_version: Some(1),
    });
    assert_eq!(checked.ledger.logins_of(person(1)).count(), 0, "she is signed out");
    assert_eq!(checked.sign_in(1, 8, Some("ann@example.com")), Outcome::Done);
}

#[test]
fn nobody_new_comes_in_unless_the_provider_may_bring_them() {
    let mut checked = Checked::new();
    checked.provider(1, terms());
    assert_eq!(
        checked.sign_in(1, 7, Some("new@example.com")),
        refused(Rejection::AccountUnknown)
    );
    let open = ProviderTerms {
        self_registration: true,
        ..terms()
    };
    checked.provider(2, open);
    assert_eq!(checked.sign_in(2, 7, None), refused(Rejection::EmailNotVerified));
    assert_eq!(checked.sign_in(2, 7, Some("new@example.com")), Outcome::Done);
    let person = checked.ledger.person_by_email("new@example.com").unwrap().clone();
    let Role::MemberAdmin(customer) = person.role else {
        panic!("{person:?}")
    };
    assert_eq!(&*checked.ledger.customer(customer).unwrap().name, "Newcomer");
    assert_eq!(checked.sign_in(2, 7, Some("new@example.com")), Outcome::Done);
    assert_eq!(
        checked.ledger.customers(None).count(),
        1,
        "one customer for one account"
    );
}

#[test]
fn who_is_disabled_stays_out_and_who_is_removed_is_forgotten() {
    let mut checked = Checked::new();
    checked.provider(1, terms());
    checked.person(1, "ann@example.com");
    assert_eq!(checked.sign_in(1, 7, Some("ann@example.com")), Outcome::Done);
    let disable = UpdatePerson {
        id: person(1),
        if_version: None,
        email: None,
        name: None,
        role: None,
        disabled: Some(true),
        forget_totp: false,
    };
    checked.run(Command::UpdatePerson(disable));
    assert_eq!(
        checked.sign_in(1, 7, Some("ann@example.com")),
        refused(Rejection::SignInRefused)
    );
    assert_eq!(
        checked.sign_in(1, 8, Some("ann@example.com")),
        refused(Rejection::SignInRefused)
    );
    checked.run(Command::RemovePerson {
        id: person(1),
        if_version: None,
    });
    assert_eq!(checked.ledger.identity(subject(1, 7)), None);
    assert_eq!(
        checked.sign_in(1, 7, Some("ann@example.com")),
        refused(Rejection::AccountUnknown)
    );
}

#[test]
fn a_provider_that_is_removed_signs_out_whom_it_vouched_for() {
    let mut checked = Checked::new();
    checked.provider(1, terms());
    checked.person(1, "ann@example.com");
    assert_eq!(checked.sign_in(1, 7, Some("ann@example.com")), Outcome::Done);
    let removed = checked.run(Command::RemoveIdentityProvider {
        id: provider(1),
        if_version: Some(1),
    });
    assert_eq!(removed, Outcome::Done);
    assert_eq!(checked.ledger.logins_of(person(1)).count(), 0);
    let gone = Rejection::NotFound {
        kind: Kind::IdentityProvider,
    };
    assert_eq!(checked.sign_in(1, 7, Some("ann@example.com")), refused(gone));
}

#[test]
fn terms_that_do_not_go_together_are_refused_by_field() {
    let mut checked = Checked::new();
    let field = |outcome: Outcome| match outcome {
        Outcome::Rejected(Rejection::InvalidField { field, .. }) => field.to_string(),
        other => panic!("{other:?}"),
    };
    let cases: [(&str, ProviderKind, ProviderTerms); 6] = [
        (
            "client_id",
            ProviderKind::Oidc,
            ProviderTerms {
                client_id: None,
                ..terms()
            },
        ),
        (
            "audience",
            ProviderKind::Oidc,
            ProviderTerms {
                accept_on_acquire: true,
                ..terms()
            },
        ),
        (
            "accept_on_acquire",
            ProviderKind::GitHub,
            ProviderTerms {
                accept_on_acquire: true,
                ..terms()
            },
        ),
        ("client_secret", ProviderKind::GitHub, terms()),
        (
            "scopes",
            ProviderKind::Oidc,
            ProviderTerms {
                scopes: vec!["two words".into()],
                ..terms()
            },
        ),
        (
            "keys",
            ProviderKind::Oidc,
            ProviderTerms {
                keys: Some("x".repeat(40_000).into()),
                ..terms()
            },
        ),
    ];
    for (expected, kind, terms) in cases {
        assert_eq!(field(checked.run(create(1, kind, terms))), expected);
    }
    assert_eq!(checked.provider(1, terms()), Outcome::Changed { version: 1 });
    let broken = UpdateIdentityProvider {
        id: provider(1),
        if_version: Some(1),
        name: None,
        terms: Some(ProviderTerms {
            client_id: None,
            ..terms()
        }),
        client_secret: None,
    };
    assert_eq!(field(checked.run(Command::UpdateIdentityProvider(broken))), "client_id");
}

#[test]
fn there_are_no_more_providers_than_the_most() {
    let mut checked = Checked::new();
    for number in 0..u8::try_from(PROVIDERS_MAX).unwrap() {
        assert_eq!(checked.provider(number, terms()), Outcome::Changed { version: 1 });
    }
    let outcome = checked.provider(200, terms());
    assert!(
        matches!(outcome, Outcome::Rejected(Rejection::NotAllowed { .. })),
        "{outcome:?}"
    );
}

#[test]
fn a_user_shares_one_seat_on_every_device() {
    let mut checked = Checked::new();
    checked.sell(HolderPolicy::User);
    assert_eq!(checked.acquire(None, 1), Err(Rejection::UserRequired));
    assert_eq!(checked.acquire(Some(1), 1), Ok(1));
    assert_eq!(checked.acquire(Some(1), 2), Ok(1));
    assert_eq!(checked.acquire(Some(2), 1), Ok(2), "two users of one device are two");
    let full = checked.acquire(Some(3), 3).unwrap_err();
    assert!(
        matches!(full, Rejection::SeatLimitReached { in_use: 2, .. }),
        "{full:?}"
    );
}

#[test]
fn a_user_takes_a_seat_on_each_device_where_the_plan_counts_both() {
    let mut checked = Checked::new();
    checked.sell(HolderPolicy::UserAndFingerprint);
    assert_eq!(checked.acquire(None, 1), Err(Rejection::UserRequired));
    assert_eq!(checked.acquire(Some(1), 1), Ok(1));
    assert_eq!(checked.acquire(Some(1), 1), Ok(1));
    assert_eq!(checked.acquire(Some(1), 2), Ok(2));
    assert!(checked.acquire(Some(2), 1).is_err());
}

#[test]
fn a_session_knows_its_user_for_as_long_as_it_lives() {
    let mut checked = Checked::new();
    checked.sell(HolderPolicy::Fingerprint);
    assert_eq!(checked.acquire(Some(1), 1), Ok(1));
    assert_eq!(checked.acquire(None, 2), Ok(2));
    let sessions: Vec<_> = checked.ledger.sessions(None).map(|session| session.no).collect();
    assert_eq!(&*checked.ledger.user_of(sessions[0]).unwrap().account, "account 1");
    assert_eq!(checked.ledger.user_of(sessions[1]), None);
    checked.run(Command::Release { session: sessions[0] });
    assert_eq!(checked.ledger.user_of(sessions[0]), None);
}

#[test]
fn a_refusal_is_on_record_for_whom_the_plan_counts() {
    let mut checked = Checked::new();
    checked.sell(HolderPolicy::User);
    assert_eq!(checked.acquire(Some(1), 1), Ok(1));
    assert_eq!(checked.acquire(Some(2), 1), Ok(2));
    drop(checked.ledger.take_changes());
    // Two users of one machine, and somebody whom no token names.
    for user in [Some(3), Some(4), None] {
        assert!(checked.acquire(user, 1).is_err());
    }
    let holders: Vec<_> = checked.ledger.take_changes().audit.iter().map(refused_holder).collect();
    let by = |byte| Some(HolderKey::from_bytes([byte; 16]));
    assert_eq!(holders, [by(0x83), by(0x84), by(1)]);
}

fn refused_holder(record: &AuditRecord) -> Option<HolderKey> {
    let leaf = AuditLeaf::decode(&record.leaf).unwrap();
    let AuditEvent::Refused { holder, .. } = leaf.content().event.clone() else {
        panic!("{leaf:?}");
    };
    holder
}
