//! One example of everything that is stored or sent. Their bytes are frozen, so an example is never changed either.

use std::sync::Arc;

use licensing::answer::Answer;
use licensing::assignment::Assignment;
use licensing::audit::{AuditEvent, AuditLeaf, LeafV1};
use licensing::branding::Branding;
use licensing::catalogue::{
    Customer, Entitlement, Entitlements, HolderPolicy, License, LicenseStatus, OfflineMode, Plan, PlanTerms, Product,
};
use licensing::cluster::{ApiToken, JoinToken, Node, Scope};
use licensing::command::{
    AcceptInvitation, Acquire, AcquireByAddress, AcquireByUser, Actor, AllowUserToken, Command, CreateCustomer,
    CreateIdentityProvider, CreateLicense, CreatePerson, CreatePlan, CreateProduct, Entry, NewInvitation, NewNode,
    Proposal, Request, SetBranding, SetRetention, SignIn, SignInByProvider, UpdateCustomer, UpdateIdentityProvider,
    UpdateLicense, UpdatePerson, UpdatePlan, UpdateProduct, UserTokenStep,
};
use licensing::id::{
    ApiTokenId, ClusterId, CustomerId, FingerprintHash, HolderKey, JoinTokenId, LicenseId, LoginId, NodeId, PersonId,
    PlanId, ProductId, ProviderId, RequestId, SecretHash, Seq, SessionHash, SessionNo, SubjectHash,
};
use licensing::identity::{Identity, IdentityProvider, ProviderKind, ProviderTerms, SessionUser, User};
use licensing::merkle::Frontier;
use licensing::meta::Meta;
use licensing::outcome::{Applied, Grant, Kind, Outcome, Rejection};
use licensing::person::{Invitation, Login, Person, Role, TokenUse, Totp};
use licensing::retention::{History, KeptFrom, Retention};
use licensing::row::Row;
use licensing::session::{ClientInfo, EndCause, EndedSession, Ghost, Session};
use licensing::time::{At, Hour, SessionTime, Span};
use licensing::usage::{Refusal, UsageHour};

const AT: At = At::from_ms(1_795_341_600_000);
const LATER: At = At::from_ms(1_795_428_000_000);
const NOW: SessionTime = SessionTime::from_ms(360_000);
const PRODUCT: ProductId = ProductId::from_bytes([0x11; 16]);
const PLAN: PlanId = PlanId::from_bytes([0x12; 16]);
const CUSTOMER: CustomerId = CustomerId::from_bytes([0x13; 16]);
const LICENSE: LicenseId = LicenseId::from_bytes([0x14; 16]);
const HOLDER: HolderKey = HolderKey::from_bytes([0x15; 16]);
const INSTANCE: HolderKey = HolderKey::from_bytes([0x16; 16]);
const ADDRESS: HolderKey = HolderKey::from_bytes([0x26; 16]);
const FINGERPRINT: FingerprintHash = FingerprintHash::from_bytes([0x17; 32]);
const HASH: SessionHash = SessionHash::from_bytes([0x18; 32]);
const KEY: SecretHash = SecretHash::from_bytes([0x19; 32]);
const API_TOKEN: ApiTokenId = ApiTokenId::from_bytes([0x1a; 10]);
const JOIN_TOKEN: JoinTokenId = JoinTokenId::from_bytes([0x1b; 10]);
const CLUSTER: ClusterId = ClusterId::from_bytes([0x1c; 16]);
const REQUEST: Request = Request {
    id: RequestId::from_bytes([0x1d; 16]),
    content: [0x1e; 8],
};
const SESSION: SessionNo = SessionNo::new(300);
const NODE: NodeId = NodeId::new(1);
const PERSON: PersonId = PersonId::from_bytes([0x1f; 16]);
const LOGIN: LoginId = LoginId::from_bytes([0x20; 10]);
const LINK: SecretHash = SecretHash::from_bytes([0x21; 32]);
const PROVIDER: ProviderId = ProviderId::from_bytes([0x22; 16]);
const SUBJECT: SubjectHash = SubjectHash::from_bytes([0x23; 32]);

fn text(text: &str) -> Arc<str> {
    text.into()
}

fn entitlements() -> Entitlements {
    entitlement_values()
        .into_iter()
        .zip(["gpu", "projects", "tier"])
        .map(|(value, name)| (text(name), value))
        .collect()
}

fn terms() -> PlanTerms {
    PlanTerms {
        seats: 10,
        overage_max: 2,
        ttl: Span::from_secs(360),
        heartbeat: Span::from_secs(300),
        offline: OfflineMode::Lenient,
        grace: Span::from_secs(86_400),
        ghosts_max: Some(3),
        sessions_per_holder_max: 4,
        holder: HolderPolicy::FingerprintAndInstance,
        entitlements: entitlements(),
    }
}

fn client() -> Arc<ClientInfo> {
    Arc::new(ClientInfo {
        instance: Some(text("blue")),
        hostname: Some(text("build-7")),
        app: Some(text("coditect")),
        version: Some(text("1.2.3")),
        os: Some(text("Linux")),
        sdk: None,
    })
}

fn new_node() -> NewNode {
    NewNode {
        name: text("one"),
        peer_address: text("10.0.0.1:7443"),
        api_url: text("https://one.example"),
        spki: KEY,
    }
}

fn acquire() -> Acquire {
    Acquire {
        license: LICENSE,
        session: HASH,
        by_fingerprint: HOLDER,
        by_instance: Some(INSTANCE),
        fingerprint: FINGERPRINT,
        replaces: Some(SESSION),
        client: Some(client()),
    }
}

pub(crate) fn commands() -> Vec<(&'static str, Command)> {
    let seats = [
        Command::Tick,
        Command::Acquire(acquire()),
        Command::Heartbeat {
            sessions: vec![SESSION, SessionNo::new(5)],
        },
    ];
    let ends = [
        Command::Release { session: SESSION },
        Command::RevokeSession {
            session: SESSION,
            reason: text("stolen"),
        },
    ];
    let commands = seats
        .into_iter()
        .chain(ends)
        .chain(catalogue_commands())
        .chain(license_commands());
    commands
        .chain(cluster_commands())
        .chain(people_commands())
        .chain(identity_commands())
        .map(|command| (command.name(), command))
        .collect()
}

fn catalogue_commands() -> Vec<Command> {
    vec![
        Command::CreateProduct(CreateProduct {
            id: PRODUCT,
            code: text("coditect"),
            name: text("Coditect"),
            key_prefix: text("CODITECT"),
            renewal_url: Some(text("https://coditect.example")),
        }),
        Command::UpdateProduct(UpdateProduct {
            id: PRODUCT,
            if_version: Some(1),
            name: Some(text("New")),
            renewal_url: Some(None),
        }),
        Command::CreatePlan(CreatePlan {
            id: PLAN,
            product: PRODUCT,
            code: text("pro"),
            name: text("Pro"),
            terms: terms(),
        }),
        Command::UpdatePlan(UpdatePlan {
            id: PLAN,
            if_version: None,
            name: None,
            terms: Some(terms()),
        }),
        Command::CreateCustomer(CreateCustomer {
            id: CUSTOMER,
            name: text("ACME"),
            email: Some(text("ann@acme.example")),
            reference: Some(text("CRM-1")),
        }),
        Command::UpdateCustomer(UpdateCustomer {
            id: CUSTOMER,
            if_version: Some(2),
            name: None,
            email: Some(None),
            reference: Some(Some(text("CRM-2"))),
        }),
    ]
}

fn license_commands() -> Vec<Command> {
    vec![
        Command::CreateLicense(CreateLicense {
            id: LICENSE,
            plan: PLAN,
            customer: CUSTOMER,
            key: KEY,
            key_hint: text("7K3M9"),
            seats: Some(10),
            starts_at: Some(AT),
            expires_at: Some(LATER),
            entitlements: entitlements(),
        }),
        Command::UpdateLicense(UpdateLicense {
            id: LICENSE,
            if_version: Some(3),
            plan: Some(PLAN),
            seats: Some(None),
            entitlements: Some(Entitlements::new()),
            key: Some((KEY, text("NEW99"))),
        }),
        Command::SuspendLicense {
            license: LICENSE,
            reason: text("unpaid"),
        },
        Command::ReinstateLicense { license: LICENSE },
        Command::RevokeLicense {
            license: LICENSE,
            reason: text("sold"),
        },
        Command::ExtendLicense {
            license: LICENSE,
            expires_at: Some(LATER),
        },
    ]
}

fn cluster_commands() -> Vec<Command> {
    vec![
        Command::FoundCluster {
            cluster: CLUSTER,
            node: new_node(),
        },
        Command::CreateJoinToken {
            id: JOIN_TOKEN,
            secret: KEY,
            expires_at: LATER,
        },
        Command::AdmitNode {
            token: JOIN_TOKEN,
            secret: KEY,
            node: new_node(),
            replaces: Some(NODE),
        },
        Command::UpdateNode {
            node: NODE,
            peer_address: text("10.0.0.2:7443"),
            api_url: text("https://two.example"),
        },
        Command::RemoveNode { node: NODE },
        Command::CreateApiToken {
            id: API_TOKEN,
            name: text("ci"),
            secret: KEY,
            scope: Scope::Heartbeats,
            expires_at: Some(LATER),
        },
        Command::RevokeApiToken { id: API_TOKEN },
        Command::StepClock { from: AT, to: LATER },
        Command::RaiseClusterVersion { version: 2 },
        Command::BeginEpoch { epoch: 1 },
    ]
}

fn password() -> Arc<str> {
    text("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA")
}

fn people_commands() -> Vec<Command> {
    let invitation = NewInvitation {
        secret: LINK,
        expires_at: LATER,
    };
    let mut commands = vec![
        Command::CreatePerson(CreatePerson {
            id: PERSON,
            email: text("ann@acme.example"),
            name: text("Ann"),
            role: Role::Member(CUSTOMER),
            invitation,
        }),
        Command::UpdatePerson(UpdatePerson {
            id: PERSON,
            if_version: Some(1),
            email: Some(text("ann@new.example")),
            name: None,
            role: Some(Role::Operator),
            disabled: Some(true),
            forget_totp: true,
        }),
        Command::RemovePerson {
            id: PERSON,
            if_version: Some(2),
        },
        Command::CreateInvitation {
            person: Some(PERSON),
            if_version: None,
            invitation,
        },
        Command::AcceptInvitation(AcceptInvitation {
            secret: LINK,
            person: PERSON,
            email: Some(text("ann@acme.example")),
            name: Some(text("Ann")),
            password: password(),
        }),
    ];
    commands.extend(login_commands());
    commands
}

fn login_commands() -> Vec<Command> {
    vec![
        Command::SetPassword {
            person: PERSON,
            if_version: 3,
            password: password(),
            keep: Some(LOGIN),
        },
        Command::SetTotp {
            person: PERSON,
            if_version: 4,
            totp: Some((vec![1, 2, 3].into(), 59_844_720)),
        },
        Command::SignIn(SignIn {
            login: LOGIN,
            secret: KEY,
            person: PERSON,
            version: 5,
            totp_step: Some(59_844_721),
            expires_at: LATER,
            agent: Some(text("Firefox on Linux")),
            address: Some(text("192.0.2.7")),
        }),
        Command::SignOut { login: LOGIN },
        Command::SignOutEverywhere { person: PERSON },
        Command::NoteUse {
            logins: vec![LOGIN],
            tokens: vec![API_TOKEN],
        },
        Command::IssueApiToken {
            id: API_TOKEN,
            name: text("portal"),
            secret: KEY,
            scope: Scope::As(Role::MemberAdmin(CUSTOMER)),
            expires_at: Some(LATER),
        },
        Command::SetBranding(SetBranding {
            if_version: Some(0),
            name: Some(text("Example Ltd")),
            colour: Some(text("#0b7a5e")),
            support: Some(text("help@example.com")),
        }),
    ]
}

fn provider_terms() -> ProviderTerms {
    ProviderTerms {
        client_id: Some(text("usher")),
        scopes: vec![text("openid"), text("email")],
        self_registration: true,
        accept_on_acquire: true,
        audience: Some(text("coditect")),
        keys: Some(text(r#"{"keys":[]}"#)),
    }
}

fn user() -> Arc<User> {
    Arc::new(User {
        issuer: text("https://id.acme.example"),
        account: text("00u1"),
        email: Some(text("ann@acme.example")),
        person: Some(PERSON),
    })
}

fn identity_commands() -> Vec<Command> {
    vec![
        Command::CreateIdentityProvider(CreateIdentityProvider {
            id: PROVIDER,
            name: text("Acme"),
            kind: ProviderKind::Oidc,
            issuer: text("https://id.acme.example"),
            terms: provider_terms(),
            client_secret: Some(vec![4, 5, 6].into()),
        }),
        Command::UpdateIdentityProvider(UpdateIdentityProvider {
            id: PROVIDER,
            if_version: Some(1),
            name: Some(text("Acme staff")),
            terms: Some(provider_terms()),
            client_secret: Some(None),
        }),
        Command::RemoveIdentityProvider {
            id: PROVIDER,
            if_version: Some(2),
        },
        Command::SignInByProvider(SignInByProvider {
            login: LOGIN,
            secret: KEY,
            provider: PROVIDER,
            subject: SUBJECT,
            account: text("00u1"),
            email: Some(text("ann@acme.example")),
            name: text("Ann"),
            newcomer: (PERSON, CUSTOMER),
            expires_at: LATER,
            agent: Some(text("Firefox on Linux")),
            address: Some(text("192.0.2.7")),
        }),
        Command::UnlinkIdentities {
            person: PERSON,
            if_version: Some(3),
        },
        Command::AcquireByUser(by_user()),
        Command::AcquireByAddress(AcquireByAddress {
            by_user: by_user(),
            by_address: ADDRESS,
        }),
        Command::AssignSeat {
            license: LICENSE,
            holder: ADDRESS,
            email: text("ann@acme.example"),
        },
        Command::UnassignSeat {
            license: LICENSE,
            holder: ADDRESS,
            email: text("ann@acme.example"),
        },
        Command::SetRetention(SetRetention {
            if_version: Some(0),
            session_days: Some(90),
            usage_days: None,
        }),
        Command::AllowUserToken(AllowUserToken {
            person: PERSON,
            step: UserTokenStep::CodeRedeemed,
            expires_at: LATER,
            agent: Some(text("usher/0.1.0")),
            address: Some(text("10.0.0.7")),
        }),
    ]
}

fn by_user() -> AcquireByUser {
    AcquireByUser {
        ask: acquire(),
        by_user: HolderKey::from_bytes([0x24; 16]),
        by_user_and_fingerprint: HolderKey::from_bytes([0x25; 16]),
        user: user(),
    }
}

pub(crate) fn user_token_steps() -> Vec<UserTokenStep> {
    vec![
        UserTokenStep::Made,
        UserTokenStep::CodeGiven,
        UserTokenStep::CodeRedeemed,
    ]
}

pub(crate) fn histories() -> Vec<History> {
    History::ALL.to_vec()
}

pub(crate) fn provider_kinds() -> Vec<ProviderKind> {
    vec![ProviderKind::Oidc, ProviderKind::Google, ProviderKind::GitHub]
}

pub(crate) fn roles() -> Vec<Role> {
    vec![
        Role::Owner,
        Role::Operator,
        Role::Support,
        Role::Auditor,
        Role::MemberAdmin(CUSTOMER),
        Role::Member(CUSTOMER),
    ]
}

pub(crate) fn entries() -> Vec<(&'static str, Entry)> {
    let proposal = Proposal {
        actor: Actor::Token(API_TOKEN),
        request: Some(REQUEST),
        not_after: Some(LATER),
        command: Command::Tick,
    };
    let plain = Proposal::by_system(Command::Tick);
    vec![("entry", Entry::at(AT, vec![proposal, plain]))]
}

pub(crate) fn actors() -> Vec<(&'static str, Actor)> {
    vec![
        ("system", Actor::System),
        ("client", Actor::Client),
        ("token", Actor::Token(API_TOKEN)),
        ("person", Actor::Person(PERSON)),
    ]
}

fn grant() -> Box<Grant> {
    Box::new(Grant {
        session: SESSION,
        hash: HASH,
        license: LICENSE,
        customer: CUSTOMER,
        product: text("coditect"),
        plan: text("pro"),
        plan_name: text("Pro"),
        fingerprint: FINGERPRINT,
        token_until: AT,
        grace_until: LATER,
        grace: Span::from_secs(86_400),
        offline: OfflineMode::Reserved,
        heartbeat: Span::from_secs(300),
        license_until: Some(LATER),
        seats: 10,
        in_use: 3,
        entitlements: Arc::new(entitlements()),
    })
}

pub(crate) fn outcomes() -> Vec<(&'static str, Outcome)> {
    vec![
        ("done", Outcome::Done),
        ("granted", Outcome::Granted(grant())),
        (
            "beats",
            Outcome::Beats(vec![Ok(grant()), Err(Rejection::SessionNotFound)]),
        ),
        ("released", Outcome::Released { by_this: true }),
        ("changed", Outcome::Changed { version: 3 }),
        ("admitted", Outcome::Admitted { node: NODE }),
        ("rejected", Outcome::Rejected(Rejection::SessionReleased)),
    ]
}

pub(crate) fn applied() -> Vec<(&'static str, Applied)> {
    let seq = Seq::new(300).in_epoch(1);
    vec![(
        "applied",
        Applied {
            seq,
            at: AT,
            outcome: Outcome::Done,
        },
    )]
}

pub(crate) fn rejections() -> Vec<(String, Rejection)> {
    let renewal_url = Some(text("https://coditect.example"));
    let retry_after = Span::from_secs(212);
    let rejections = vec![
        Rejection::SeatLimitReached {
            limit: 10,
            in_use: 11,
            retry_after,
        },
        Rejection::GhostLimitReached {
            limit: 12,
            in_use: 9,
            ghosts: 3,
            retry_after,
        },
        Rejection::HolderLimitReached {
            limit: 4,
            in_use: 4,
            retry_after,
        },
        Rejection::LicenseExpired {
            expired_at: AT,
            renewal_url: renewal_url.clone(),
        },
        Rejection::LicenseNotStarted {
            starts_at: LATER,
            renewal_url: renewal_url.clone(),
        },
        Rejection::LicenseSuspended {
            reason: text("unpaid"),
            renewal_url: renewal_url.clone(),
        },
        Rejection::LicenseRevoked {
            reason: text("sold"),
            renewal_url,
        },
        Rejection::SessionNotFound,
        Rejection::SessionExpired,
        Rejection::SessionRevoked { reason: text("stolen") },
        Rejection::SessionReleased,
        Rejection::RequestTooLate,
        Rejection::RequestIdReused,
        Rejection::NotFound { kind: Kind::Plan },
        Rejection::AlreadyExists {
            kind: Kind::Customer,
            field: text("reference"),
        },
        Rejection::VersionConflict {
            kind: Kind::License,
            version: 3,
        },
        Rejection::NotAllowed { problem: text("no") },
        Rejection::InvalidField {
            field: text("seats"),
            problem: text("too many"),
        },
        Rejection::JoinTokenInvalid,
        Rejection::InvitationInvalid,
        Rejection::SignInRefused,
        Rejection::EmailNotVerified,
        Rejection::AccountUnknown,
        Rejection::AccountMoved,
        Rejection::UserRequired,
        Rejection::SeatNotAssigned {
            email: Some(text("ann@acme.example")),
            seats: 10,
            assigned: 3,
        },
        Rejection::SeatsAllAssigned { seats: 3, assigned: 4 },
    ];
    rejections
        .into_iter()
        .map(|rejection| (super::variant_name(&rejection), rejection))
        .collect()
}

pub(crate) fn kinds() -> Vec<Kind> {
    use Kind::{
        ApiToken, Assignment, Branding, Customer, IdentityProvider, JoinToken, License, Login, Node, Person, Plan,
        Product, Retention, Session,
    };
    vec![
        Product,
        Plan,
        Customer,
        License,
        Session,
        Node,
        JoinToken,
        ApiToken,
        Person,
        Login,
        Branding,
        IdentityProvider,
        Assignment,
        Retention,
    ]
}

pub(crate) fn offline_modes() -> Vec<OfflineMode> {
    vec![OfflineMode::Strict, OfflineMode::Lenient, OfflineMode::Reserved]
}

pub(crate) fn holder_policies() -> Vec<HolderPolicy> {
    use HolderPolicy::{Fingerprint, FingerprintAndInstance, NamedUser, User, UserAndFingerprint};
    vec![Fingerprint, FingerprintAndInstance, User, UserAndFingerprint, NamedUser]
}

pub(crate) fn entitlement_values() -> Vec<Entitlement> {
    vec![
        Entitlement::Granted,
        Entitlement::Number(-20),
        Entitlement::Text(text("gold")),
    ]
}

pub(crate) fn license_statuses() -> Vec<LicenseStatus> {
    let suspended = LicenseStatus::Suspended { reason: text("unpaid") };
    vec![
        LicenseStatus::Active,
        suspended,
        LicenseStatus::Revoked { reason: text("sold") },
    ]
}

pub(crate) fn end_causes() -> Vec<EndCause> {
    let revoked = EndCause::Revoked { reason: text("stolen") };
    vec![
        EndCause::Released,
        EndCause::Replaced,
        EndCause::Expired,
        revoked,
        EndCause::LicenseEnded,
    ]
}

pub(crate) fn scopes() -> Vec<Scope> {
    vec![Scope::Admin, Scope::Heartbeats, Scope::As(Role::Auditor)]
}

pub(crate) fn refusals() -> Vec<Refusal> {
    use Refusal::{
        GhostLimit, HolderLimit, LicenseExpired, LicenseNotStarted, LicenseRevoked, LicenseSuspended, NotAssigned,
        Other, SeatLimit,
    };
    vec![
        SeatLimit,
        GhostLimit,
        HolderLimit,
        LicenseExpired,
        LicenseNotStarted,
        LicenseSuspended,
        LicenseRevoked,
        Other,
        NotAssigned,
    ]
}

pub(crate) fn audit_events() -> Vec<(&'static str, AuditEvent)> {
    let session = HASH.public();
    vec![
        (
            "granted",
            AuditEvent::Granted {
                license: LICENSE,
                session,
                no: SESSION,
                holder: HOLDER,
                in_use: 3,
            },
        ),
        (
            "ended",
            AuditEvent::Ended {
                license: LICENSE,
                session,
                no: SESSION,
                cause: EndCause::Expired,
            },
        ),
        (
            "changed",
            AuditEvent::Changed {
                command: Command::RemoveNode { node: NODE },
            },
        ),
        (
            "refused",
            AuditEvent::Refused {
                command: text("acquire"),
                license: Some(LICENSE),
                holder: Some(HOLDER),
                rejection: Rejection::RequestTooLate,
            },
        ),
        (
            "identified",
            AuditEvent::Identified {
                license: LICENSE,
                session,
                no: SESSION,
                user: user(),
            },
        ),
        (
            "dropped",
            AuditEvent::Dropped {
                history: History::Usage,
                before: AT,
            },
        ),
        (
            "linked",
            AuditEvent::Linked {
                provider: PROVIDER,
                person: PERSON,
                customer: Some(CUSTOMER),
            },
        ),
    ]
}

pub(crate) fn audit_leaves() -> Vec<(&'static str, AuditLeaf)> {
    let event = AuditEvent::Changed {
        command: Command::RemoveNode { node: NODE },
    };
    let leaf = LeafV1 {
        index: 7,
        seq: Seq::new(300),
        at: AT,
        actor: Actor::Token(API_TOKEN),
        event,
    };
    vec![("v1", AuditLeaf::V1(leaf))]
}

pub(crate) fn rows() -> Vec<Row> {
    let mut audit = Frontier::default();
    (0..5_u8).for_each(|leaf| audit.append(&[leaf]));
    let meta = Meta {
        cluster: Some(CLUSTER),
        cluster_version: 1,
        seq: Seq::new(300),
        at: AT,
        session_time: NOW,
        audit,
    };
    let mut rows = vec![Row::Meta(meta)];
    rows.extend(catalogue_rows());
    rows.extend(session_rows());
    rows.extend(cluster_rows());
    rows.extend(people_rows());
    rows.push(Row::Branding(Branding {
        name: Some(text("Example Ltd")),
        colour: Some(text("#0b7a5e")),
        support: Some(text("help@example.com")),
        version: 1,
    }));
    rows.extend(identity_rows());
    rows.push(Row::Retention(Retention {
        session_days: Some(90),
        usage_days: None,
        kept_from: KeptFrom {
            sessions: AT,
            usage: At::from_ms(0),
        },
        drops_from: LATER,
        version: 1,
    }));
    rows
}

fn catalogue_rows() -> [Row; 4] {
    [
        Row::Product(Product {
            id: PRODUCT,
            code: text("coditect"),
            name: text("Coditect"),
            key_prefix: text("CODITECT"),
            renewal_url: None,
            created_at: AT,
            version: 1,
        }),
        Row::Plan(Plan {
            id: PLAN,
            product: PRODUCT,
            code: text("pro"),
            name: text("Pro"),
            terms: terms(),
            created_at: AT,
            version: 2,
        }),
        Row::Customer(Customer {
            id: CUSTOMER,
            name: text("ACME"),
            email: None,
            reference: Some(text("CRM-1")),
            created_at: AT,
            version: 1,
        }),
        Row::License(License {
            id: LICENSE,
            plan: PLAN,
            customer: CUSTOMER,
            key: KEY,
            key_hint: text("7K3M9"),
            seats: Some(10),
            starts_at: AT,
            expires_at: Some(LATER),
            status: LicenseStatus::Active,
            entitlements: entitlements(),
            created_at: AT,
            version: 1,
        }),
    ]
}

fn session_rows() -> [Row; 5] {
    [
        Row::Session(Session {
            no: SESSION,
            hash: HASH,
            license: LICENSE,
            holder: HOLDER,
            fingerprint: FINGERPRINT,
            client: Some(client()),
            granted_at: AT,
            beat_at: AT,
            deadline: NOW,
            grace_until: LATER,
        }),
        Row::EndedSession(EndedSession {
            no: SESSION,
            hash: HASH,
            license: LICENSE,
            holder: HOLDER,
            cause: EndCause::Expired,
            ended_at: AT,
            forget_at: NOW,
        }),
        Row::Ghost(Ghost {
            license: LICENSE,
            holder: HOLDER,
            session: SESSION,
            grace_until: LATER,
        }),
        Row::Answer(Answer {
            request: REQUEST,
            outcome: Outcome::Changed { version: 2 },
            forget_at: NOW,
        }),
        Row::UsageHour(UsageHour {
            license: LICENSE,
            hour: Hour::of(AT),
            peak: 3,
            grants: 4,
            renewals: 500,
            releases: 2,
            expiries: 1,
            revocations: 1,
            refusals: [(Refusal::SeatLimit, 7), (Refusal::Other, 1)].into(),
        }),
    ]
}

fn cluster_rows() -> [Row; 3] {
    [
        Row::Node(Node {
            id: NODE,
            name: text("one"),
            peer_address: text("10.0.0.1:7443"),
            api_url: text("https://one.example"),
            spki: KEY,
            admitted_at: AT,
            replaces: None,
            removed_at: Some(LATER),
        }),
        Row::JoinToken(JoinToken {
            id: JOIN_TOKEN,
            secret: KEY,
            created_at: AT,
            expires_at: LATER,
            used_by: Some(NODE),
        }),
        Row::ApiToken(ApiToken {
            id: API_TOKEN,
            name: text("ci"),
            secret: KEY,
            scope: Scope::Admin,
            created_at: AT,
            expires_at: None,
            revoked_at: Some(LATER),
        }),
    ]
}

fn identity_rows() -> [Row; 4] {
    [
        Row::IdentityProvider(IdentityProvider {
            id: PROVIDER,
            name: text("Acme"),
            kind: ProviderKind::Oidc,
            issuer: text("https://id.acme.example"),
            terms: provider_terms(),
            client_secret: Some(vec![4, 5, 6].into()),
            created_at: AT,
            version: 2,
        }),
        Row::Identity(Identity {
            subject: SUBJECT,
            provider: PROVIDER,
            person: PERSON,
            account: text("00u1"),
            email: text("ann@acme.example"),
            linked_at: AT,
        }),
        Row::SessionUser(SessionUser {
            session: SESSION,
            user: user(),
        }),
        Row::Assignment(Assignment {
            license: LICENSE,
            holder: ADDRESS,
            email: text("ann@acme.example"),
            assigned_at: AT,
            assigned_by: Actor::Person(PERSON),
        }),
    ]
}

fn people_rows() -> [Row; 4] {
    [
        Row::Person(Person {
            id: PERSON,
            email: text("ann@acme.example"),
            name: text("Ann"),
            role: Role::Member(CUSTOMER),
            password: Some(password()),
            totp: Some(Totp {
                sealed: vec![1, 2, 3].into(),
                last_step: 59_844_721,
            }),
            disabled_at: None,
            created_at: AT,
            signed_in_at: Some(LATER),
            version: 5,
        }),
        Row::Login(Login {
            id: LOGIN,
            secret: KEY,
            person: PERSON,
            created_at: AT,
            expires_at: LATER,
            used_at: AT,
            agent: Some(text("Firefox on Linux")),
            address: Some(text("192.0.2.7")),
        }),
        Row::Invitation(Invitation {
            secret: LINK,
            person: Some(PERSON),
            created_at: AT,
            expires_at: LATER,
        }),
        Row::TokenUse(TokenUse {
            token: API_TOKEN,
            created_by: Some(Actor::Person(PERSON)),
            used_at: Some(LATER),
        }),
    ]
}
