//! A ledger with names: what the commands of scripts do to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::audit::AuditLeaf;
use licensing::catalogue::{Entitlement, Entitlements, HolderPolicy, OfflineMode, PlanTerms};
use licensing::cluster::Scope;
use licensing::command::{
    Acquire, AcquireByAddress, AcquireByUser, Actor, Command, CreateCustomer, CreateLicense, CreatePlan, CreateProduct,
    Entry, NewNode, Proposal, Request, UpdateCustomer, UpdateLicense, UpdatePlan, UpdateProduct,
};
use licensing::id::{
    ApiTokenId, ClusterId, CustomerId, FingerprintHash, HolderKey, JoinTokenId, LicenseId, NodeId, PlanId, ProductId,
    RequestId, SecretHash, SessionHash, SessionNo,
};
use licensing::identity::User;
use licensing::invariant::{Before, Step, check_ledger, check_step};
use licensing::ledger::{Ledger, SessionState};
use licensing::outcome::{Applied, Grant, Outcome, Rejection};
use licensing::session::{ClientInfo, EndCause};
use licensing::time::{At, Span};
use licensing::usage::UsageHour;
use sha2::{Digest as _, Sha256};

use super::print;
use super::words::{Words, date, span};

/// Scripts begin on a full hour.
const START: At = At::from_ms(1_795_341_600_000);

/// How far one tick moves time: as much as session time follows.
const TICK: Span = Span::from_secs(2);

pub(crate) struct World {
    ledger: Ledger,
    now: At,
    /// Sessions by the name a script gave them.
    sessions: BTreeMap<String, SessionNo>,
    nodes: BTreeMap<String, NodeId>,
    /// The license that commands mean if they name none: the latest.
    license: String,
    last: Option<Proposal>,
    requests: u32,
    leaves: Vec<AuditLeaf>,
    hours: Vec<UsageHour>,
}

impl World {
    /// A product `coditect` and a customer `acme`.
    pub(crate) fn new() -> Self {
        let mut world = Self {
            ledger: Ledger::new(),
            now: START,
            sessions: BTreeMap::new(),
            nodes: BTreeMap::new(),
            license: String::new(),
            last: None,
            requests: 0,
            leaves: Vec::new(),
            hours: Vec::new(),
        };
        // A script that founds a cluster does so first, so nothing is done for it here.
        world.ledger.apply(&Entry::at(START, Vec::new()));
        world
    }

    /// Runs a command and answers what it prints.
    pub(crate) fn run(&mut self, words: &Words) -> String {
        let before: Vec<_> = self.live();
        let mut printed = match words.command() {
            "acquire" => self.acquire(words),
            "heartbeat" => self.heartbeat(words),
            "tick" => self.tick(span(words.plain(1))),
            "jump" => self.jump(words.plain(1)),
            "show" => self.show(words.plain(1)),
            "seats" => self.seats(words),
            "usage" => self.usage(words),
            "audit" => self.audit(),
            "nodes" => self.list_nodes(),
            "ledger" => self.describe(),
            "again" => self.again(words),
            _ => self.change(words),
        };
        words.check_all_used();
        printed.extend(self.ended_since(&before));
        printed.join("\n")
    }

    fn live(&self) -> Vec<(String, SessionNo)> {
        let live = |no: &SessionNo| self.ledger.session(*no).is_some();
        self.sessions
            .iter()
            .filter(|(_, no)| live(no))
            .map(|(name, no)| (name.clone(), *no))
            .collect()
    }

    /// Sessions that ended without being the command's own subject.
    fn ended_since(&self, before: &[(String, SessionNo)]) -> Vec<String> {
        let ended = before
            .iter()
            .filter_map(|(name, no)| Some((name, self.ledger.ended_session(*no)?)));
        let aside = ended.filter(|(_, ended)| !matches!(ended.cause, EndCause::Released | EndCause::Revoked { .. }));
        aside
            .map(|(name, ended)| {
                let ghost = self
                    .ledger
                    .ghosts_of(ended.license)
                    .find(|ghost| ghost.session == ended.no);
                let ghost = ghost.map_or(String::new(), |ghost| {
                    format!(", a ghost until {}", print::distance(ghost.grace_until, self.now))
                });
                format!("{name} {}{ghost}", print::cause(&ended.cause))
            })
            .collect()
    }

    fn propose(&mut self, actor: Actor, words: &Words, command: Command) -> Outcome {
        let request = words
            .value("request")
            .map(|name| request(name, words.value("content").unwrap_or("same")));
        let not_after = words.value("before").and_then(|text| date(text, self.now));
        let proposal = Proposal {
            actor,
            request,
            not_after,
            command,
        };
        self.last = Some(proposal.clone());
        self.apply(proposal).outcome
    }

    /// Applies a proposal and checks every law.
    fn apply(&mut self, proposal: Proposal) -> Applied {
        let before = Before::of(&self.ledger);
        let entry = Entry::at(self.now, vec![proposal]);
        let applied = self.ledger.apply(&entry).pop().unwrap();
        let proposal = &entry.proposals[0];
        let step = Step {
            before: &before,
            at: entry.at,
            session_time: entry.session_time,
            proposal,
            applied: &applied,
            after: &self.ledger,
        };
        check_step(step).unwrap();
        check_ledger(&self.ledger).unwrap();
        self.collect();
        applied
    }

    fn collect(&mut self) {
        let changes = self.ledger.take_changes();
        self.leaves.extend(
            changes
                .audit
                .iter()
                .map(|record| AuditLeaf::decode(&record.leaf).unwrap()),
        );
        self.hours.extend(changes.usage);
    }

    fn again(&mut self, words: &Words) -> Vec<String> {
        let mut proposal = self.last.clone().unwrap();
        if let Some(content) = words.value("content") {
            proposal.request = proposal.request.map(|request| Request {
                content: bytes(content),
                ..request
            });
        }
        let outcome = self.apply(proposal).outcome;
        self.outcome(&outcome)
    }

    fn outcome(&self, outcome: &Outcome) -> Vec<String> {
        vec![match outcome {
            Outcome::Done => "done".into(),
            Outcome::Granted(grant) => self.granted(grant),
            Outcome::Beats(beats) => return beats.iter().map(|beat| self.beat(beat)).collect(),
            Outcome::Released { by_this: true } => "released".into(),
            Outcome::Released { by_this: false } => "had ended before".into(),
            Outcome::Changed { version } => format!("version {version}"),
            Outcome::Admitted { node } => format!("node {node}"),
            Outcome::Rejected(rejection) => print::rejection(rejection),
        }]
    }

    fn beat(&self, beat: &Result<Box<Grant>, Rejection>) -> String {
        match beat {
            Ok(grant) => self.granted(grant),
            Err(rejection) => print::rejection(rejection),
        }
    }

    fn granted(&self, grant: &Grant) -> String {
        let name = self.sessions.iter().find(|(_, no)| **no == grant.session);
        let name = name.map_or_else(|| grant.session.to_string(), |(name, _)| name.clone());
        let verb = if grant.session.get() == self.ledger.seq().get() {
            "granted"
        } else {
            "renewed"
        };
        format!("{verb} {name} {}/{}", grant.in_use, grant.seats)
    }

    fn acquire(&mut self, words: &Words) -> Vec<String> {
        let holder = words.plain(1).to_owned();
        let license = words.after("of").map_or_else(|| self.license.clone(), str::to_owned);
        self.requests += 1;
        let request_name = words
            .value("request")
            .map_or_else(|| format!("call {}", self.requests), str::to_owned);
        let instance = words.value("instance");
        let place = format!("{license} {holder} {} {request_name}", instance.unwrap_or(""));
        let client = words.value("host").map(|host| {
            Arc::new(ClientInfo {
                hostname: Some(host.into()),
                app: Some("coditect".into()),
                ..ClientInfo::default()
            })
        });
        let ask = Acquire {
            license: LicenseId::from_bytes(bytes(&license)),
            session: SessionHash::from_bytes(hash(words.value("session").unwrap_or(&place))),
            by_fingerprint: HolderKey::from_bytes(bytes(&holder)),
            by_instance: instance.map(|instance| HolderKey::from_bytes(bytes(&format!("{holder}/{instance}")))),
            fingerprint: FingerprintHash::from_bytes(hash(&holder)),
            replaces: words.value("replaces").map(|name| self.sessions[name]),
            client,
        };
        let outcome = self.propose(Actor::Client, words, by(ask, words));
        if let (Some(name), Outcome::Granted(grant)) = (words.after("as"), &outcome) {
            self.sessions.insert(name.to_owned(), grant.session);
        }
        let mut printed = self.outcome(&outcome);
        if let (true, Outcome::Granted(grant)) = (words.has("details"), &outcome) {
            printed.push(print::grant_details(grant, self.now));
        }
        printed
    }

    fn heartbeat(&mut self, words: &Words) -> Vec<String> {
        let details = words.has("details");
        let names = words.rest(1).into_iter().filter(|name| *name != "details");
        let sessions = names.map(|name| self.session(name)).collect();
        let outcome = self.propose(Actor::Client, words, Command::Heartbeat { sessions });
        let mut printed = self.outcome(&outcome);
        if let (true, Outcome::Beats(beats)) = (details, &outcome) {
            printed.extend(
                beats
                    .iter()
                    .flatten()
                    .map(|grant| print::grant_details(grant, self.now)),
            );
        }
        printed
    }

    fn session(&self, name: &str) -> SessionNo {
        if name == "unknown" {
            SessionNo::new(999_999)
        } else {
            self.sessions[name]
        }
    }

    /// Ticks until so much time has passed. Only the last tick is checked where there are very many.
    fn tick(&mut self, length: Span) -> Vec<String> {
        let end = self.now.after(length);
        let is_long = length.ms() > 1_000 * TICK.ms();
        loop {
            self.now = self.now.after(TICK).min(end);
            let proposal = Proposal::by_system(Command::Tick);
            if is_long && self.now < end {
                self.ledger.apply(&Entry::at(self.now, vec![proposal]));
            } else {
                self.apply(proposal);
            }
            if self.now == end {
                return Vec::new();
            }
        }
    }

    /// Lets the clock jump, as it does when the cluster had no leader for so long, or stand behind, as a new leader's
    /// may.
    fn jump(&mut self, text: &str) -> Vec<String> {
        self.now = date(text, self.now).unwrap();
        Vec::new()
    }

    fn show(&self, name: &str) -> Vec<String> {
        let no = self.session(name);
        let session = self.ledger.session(no).map(SessionState::Live);
        vec![
            match session.or_else(|| self.ledger.ended_session(no).map(SessionState::Ended)) {
                Some(SessionState::Live(session)) => format!(
                    "live, ends in {}, grace {}",
                    print::length(session.deadline.since(self.ledger.session_time())),
                    print::distance(session.grace_until, self.now)
                ),
                Some(SessionState::Ended(ended)) => {
                    let forgotten = print::length(ended.forget_at.since(self.ledger.session_time()));
                    format!("{}, forgotten in {forgotten}", print::cause(&ended.cause))
                }
                None => "unknown".into(),
            },
        ]
    }

    fn seats(&self, words: &Words) -> Vec<String> {
        let license = words.maybe_plain(1).unwrap_or(&self.license);
        let seats = self.ledger.seats(LicenseId::from_bytes(bytes(license))).unwrap();
        let licensing::ledger::Seats {
            limit,
            overage,
            in_use,
            sessions,
            ghosts,
        } = seats;
        vec![format!(
            "{in_use} of {limit} held ({overage} overage), {sessions} sessions, {ghosts} ghosts"
        )]
    }

    fn usage(&mut self, words: &Words) -> Vec<String> {
        let license = LicenseId::from_bytes(bytes(words.maybe_plain(1).unwrap_or(&self.license)));
        self.collect();
        let first = u32::try_from(START.ms() / 3_600_000).unwrap();
        let closed = self.hours.iter().filter(|hour| hour.license == license);
        let open = self
            .ledger
            .usage_open(license)
            .map(|hour| format!("open {}", print::usage(hour, first)));
        closed.map(|hour| print::usage(hour, first)).chain(open).collect()
    }

    fn audit(&mut self) -> Vec<String> {
        self.collect();
        self.leaves.drain(..).map(|leaf| print::leaf(&leaf, START)).collect()
    }

    fn list_nodes(&self) -> Vec<String> {
        let nodes = self.ledger.nodes().map(|node| {
            let removed = if node.removed_at.is_some() { ", removed" } else { "" };
            let replaces = node.replaces.map_or(String::new(), |id| format!(", replaces {id}"));
            format!(
                "{} {} at {} and {}{replaces}{removed}",
                node.id, node.name, node.peer_address, node.api_url
            )
        });
        nodes.collect()
    }

    fn describe(&self) -> Vec<String> {
        let seq = self.ledger.seq();
        let count = seq.in_epoch(0);
        vec![format!(
            "command {count} of epoch {}, cluster version {}, session time {} behind the clock's",
            seq.epoch(),
            self.ledger.cluster_version(),
            print::length(Span::from_ms(
                self.now.since(START).ms() - self.ledger.session_time().ms().saturating_sub(2_000)
            )),
        )]
    }

    fn change(&mut self, words: &Words) -> Vec<String> {
        self.ensure_catalogue(words.command());
        let actor = Actor::Token(ApiTokenId::from_bytes([7; 10]));
        let (actor, command) = match words.command() {
            "release" => (
                Actor::Client,
                Command::Release {
                    session: self.session(words.plain(1)),
                },
            ),
            "admit" => (Actor::System, self.admit(words)),
            "found" => (Actor::System, found(words)),
            "step-clock" => (
                Actor::System,
                Command::StepClock {
                    from: self.ledger.at(),
                    to: self.now,
                },
            ),
            _ => (actor, self.admin_command(words)),
        };
        let is_creation = matches!(
            command,
            Command::CreatePlan(_) | Command::CreateLicense(_) | Command::CreateCustomer(_) | Command::CreateProduct(_)
        );
        let outcome = self.propose(actor, words, command);
        if let (Some(name), Outcome::Admitted { node }) = (words.maybe_plain(1), &outcome) {
            self.nodes.insert(name.to_owned(), *node);
        }
        // What every script begins with says nothing if it succeeds.
        if is_creation && outcome == (Outcome::Changed { version: 1 }) {
            Vec::new()
        } else {
            self.outcome(&outcome)
        }
    }

    /// A script's first plan or license finds a product and a customer.
    fn ensure_catalogue(&mut self, command: &str) {
        if matches!(command, "plan" | "license") && self.ledger.products(None).next().is_none() {
            self.run(&Words::of(
                "product coditect name=Coditect prefix=CODITECT url=https://coditect.example/renew",
            ));
            self.run(&Words::of("customer acme name=ACME"));
            self.leaves.clear();
        }
    }

    fn admin_command(&mut self, words: &Words) -> Command {
        match words.command() {
            "product" => Command::CreateProduct(CreateProduct {
                id: ProductId::from_bytes(bytes(words.plain(1))),
                code: words.value("code").unwrap_or(words.plain(1)).into(),
                name: words.value("name").unwrap_or(words.plain(1)).into(),
                key_prefix: words.value("prefix").unwrap_or("KEY").into(),
                renewal_url: optional(words.value("url")).flatten(),
            }),
            "update-product" => Command::UpdateProduct(UpdateProduct {
                id: ProductId::from_bytes(bytes(words.plain(1))),
                if_version: words.number("if"),
                name: words.value("name").map(Arc::from),
                renewal_url: optional(words.value("url")),
            }),
            "customer" => Command::CreateCustomer(CreateCustomer {
                id: CustomerId::from_bytes(bytes(words.plain(1))),
                name: words.value("name").unwrap_or(words.plain(1)).into(),
                email: words.value("email").map(Arc::from),
                reference: words.value("reference").map(Arc::from),
            }),
            "update-customer" => Command::UpdateCustomer(UpdateCustomer {
                id: CustomerId::from_bytes(bytes(words.plain(1))),
                if_version: words.number("if"),
                name: words.value("name").map(Arc::from),
                email: optional(words.value("email")),
                reference: optional(words.value("reference")),
            }),
            "plan" => self.plan(words),
            "license" => self.create_license(words),
            "update-license" => update_license(words),
            "suspend" => Command::SuspendLicense {
                license: license(words),
                reason: words.plain(2).into(),
            },
            "reinstate" => Command::ReinstateLicense {
                license: license(words),
            },
            "revoke-license" => Command::RevokeLicense {
                license: license(words),
                reason: words.plain(2).into(),
            },
            "extend" => Command::ExtendLicense {
                license: license(words),
                expires_at: date(words.plain(2), self.now),
            },
            "assign" => Command::AssignSeat {
                license: license(words),
                holder: words.value("holder").map_or_else(|| named(words.plain(2)), named),
                email: words.plain(2).into(),
            },
            "unassign" => Command::UnassignSeat {
                license: license(words),
                holder: named(words.plain(2)),
                email: words.plain(2).into(),
            },
            "revoke" => Command::RevokeSession {
                session: self.session(words.plain(1)),
                reason: words.plain(2).into(),
            },
            _ => self.cluster_command(words),
        }
    }

    fn cluster_command(&self, words: &Words) -> Command {
        let node = || self.nodes.get(words.plain(1)).copied().unwrap_or(NodeId::new(999));
        match words.command() {
            "join-token" => Command::CreateJoinToken {
                id: JoinTokenId::from_bytes(bytes(words.plain(1))),
                secret: SecretHash::from_bytes(hash(words.plain(1))),
                expires_at: date(words.value("until").unwrap_or("+1h"), self.now).unwrap(),
            },
            "update-node" => Command::UpdateNode {
                node: node(),
                peer_address: words.value("peer").unwrap().into(),
                api_url: words.value("api").unwrap().into(),
            },
            "remove-node" => Command::RemoveNode { node: node() },
            "api-token" => Command::CreateApiToken {
                id: ApiTokenId::from_bytes(bytes(words.plain(1))),
                name: words.value("name").unwrap_or(words.plain(1)).into(),
                secret: SecretHash::from_bytes(hash(words.value("secret").unwrap_or(words.plain(1)))),
                scope: match words.value("scope") {
                    Some("heartbeats") => Scope::Heartbeats,
                    _ => Scope::Admin,
                },
                expires_at: words.value("until").and_then(|text| date(text, self.now)),
            },
            "revoke-token" => Command::RevokeApiToken {
                id: ApiTokenId::from_bytes(bytes(words.plain(1))),
            },
            "raise-version" => Command::RaiseClusterVersion {
                version: words.plain(1).parse().unwrap(),
            },
            "epoch" => Command::BeginEpoch {
                epoch: words.plain(1).parse().unwrap(),
            },
            other => panic!("no command {other}"),
        }
    }

    fn admit(&self, words: &Words) -> Command {
        let token = words.after("by").unwrap();
        Command::AdmitNode {
            token: JoinTokenId::from_bytes(bytes(token)),
            secret: SecretHash::from_bytes(hash(words.value("secret").unwrap_or(token))),
            node: new_node(words),
            replaces: words
                .value("replaces")
                .map(|name| self.nodes.get(name).copied().unwrap_or(NodeId::new(999))),
        }
    }

    fn plan(&self, words: &Words) -> Command {
        let name = words.plain(1);
        let id = PlanId::from_bytes(bytes(name));
        let before = self.ledger.plan(id).filter(|_| !words.has("anew"));
        let mut terms = before.map_or_else(default_terms, |plan| plan.terms.clone());
        change_terms(&mut terms, words);
        if before.is_some() {
            let name = words.value("name").map(Arc::from);
            return Command::UpdatePlan(UpdatePlan {
                id,
                if_version: words.number("if"),
                name,
                terms: Some(terms),
            });
        }
        Command::CreatePlan(CreatePlan {
            id,
            product: ProductId::from_bytes(bytes(words.value("product").unwrap_or("coditect"))),
            code: words.value("code").unwrap_or(name).into(),
            name: words.value("name").unwrap_or(name).into(),
            terms,
        })
    }

    fn create_license(&mut self, words: &Words) -> Command {
        let name = words.plain(1);
        name.clone_into(&mut self.license);
        let first_plan = self
            .ledger
            .plans(None)
            .next()
            .map_or(PlanId::from_bytes([0; 16]), |plan| plan.id);
        Command::CreateLicense(CreateLicense {
            id: LicenseId::from_bytes(bytes(name)),
            plan: words
                .value("plan")
                .map_or(first_plan, |plan| PlanId::from_bytes(bytes(plan))),
            customer: CustomerId::from_bytes(bytes(words.value("customer").unwrap_or("acme"))),
            key: SecretHash::from_bytes(hash(words.value("key").unwrap_or(name))),
            key_hint: words.value("hint").unwrap_or("7K3M9").into(),
            seats: words.number("seats"),
            starts_at: words.value("from").and_then(|text| date(text, self.now)),
            expires_at: words.value("until").and_then(|text| date(text, self.now)),
            entitlements: words.value("ent").map_or(Entitlements::new(), entitlements),
        })
    }
}

/// The acquire as whoever a token vouches for: `user=` names them, and `email=` their address if it vouches for that.
fn by(ask: Acquire, words: &Words) -> Command {
    let Some(user) = words.value("user") else {
        return Command::Acquire(ask);
    };
    let email = words.value("email");
    let by_user = AcquireByUser {
        ask,
        by_user: named(user),
        by_user_and_fingerprint: named(&format!("{user}/{}", words.plain(1))),
        user: Arc::new(User {
            issuer: "https://id.example".into(),
            account: user.into(),
            email: email.map(Arc::from),
            person: None,
        }),
    };
    match email {
        Some(email) => Command::AcquireByAddress(AcquireByAddress {
            by_user,
            by_address: named(email),
        }),
        None => Command::AcquireByUser(by_user),
    }
}

/// The holder that a name stands for, of any length.
fn named(name: &str) -> HolderKey {
    HolderKey::from_bytes(hash(name)[..16].try_into().unwrap())
}

fn license(words: &Words) -> LicenseId {
    LicenseId::from_bytes(bytes(words.plain(1)))
}

fn update_license(words: &Words) -> Command {
    Command::UpdateLicense(UpdateLicense {
        id: license(words),
        if_version: words.number("if"),
        plan: words.value("plan").map(|plan| PlanId::from_bytes(bytes(plan))),
        seats: words.value("seats").map(|seats| seats.parse().ok()),
        entitlements: words.value("ent").map(entitlements),
        key: words
            .value("key")
            .map(|key| (SecretHash::from_bytes(hash(key)), "NEW99".into())),
    })
}

fn found(words: &Words) -> Command {
    Command::FoundCluster {
        cluster: ClusterId::from_bytes(bytes("cluster")),
        node: new_node(words),
    }
}

fn new_node(words: &Words) -> NewNode {
    let name = words.plain(1);
    NewNode {
        name: name.into(),
        peer_address: words
            .value("peer")
            .map_or_else(|| format!("{name}.example:7443").into(), Arc::from),
        api_url: words
            .value("api")
            .map_or_else(|| format!("https://{name}.example").into(), Arc::from),
        spki: SecretHash::from_bytes(hash(words.value("key").unwrap_or(name))),
    }
}

fn default_terms() -> PlanTerms {
    PlanTerms {
        seats: 1,
        overage_max: 0,
        ttl: Span::from_secs(360),
        heartbeat: Span::from_secs(300),
        offline: OfflineMode::Lenient,
        grace: Span::from_secs(86_400),
        ghosts_max: None,
        sessions_per_holder_max: 4,
        holder: HolderPolicy::Fingerprint,
        entitlements: Entitlements::new(),
    }
}

fn change_terms(terms: &mut PlanTerms, words: &Words) {
    terms.seats = words.number("seats").unwrap_or(terms.seats);
    terms.overage_max = words.number("overage").unwrap_or(terms.overage_max);
    terms.ttl = words.value("ttl").map_or(terms.ttl, span);
    terms.heartbeat = words.value("heartbeat").map_or(terms.heartbeat, span);
    terms.grace = words.value("grace").map_or(terms.grace, span);
    terms.ghosts_max = words.value("ghosts").map_or(terms.ghosts_max, |text| text.parse().ok());
    terms.sessions_per_holder_max = words.number("sessions").unwrap_or(terms.sessions_per_holder_max);
    terms.entitlements = words
        .value("ent")
        .map_or_else(|| terms.entitlements.clone(), entitlements);
    terms.offline = match words.value("offline") {
        Some("strict") => OfflineMode::Strict,
        Some("lenient") => OfflineMode::Lenient,
        Some("reserved") => OfflineMode::Reserved,
        Some(other) => panic!("no offline mode {other}"),
        None => terms.offline,
    };
    terms.holder = match words.value("holder") {
        Some("fingerprint") => HolderPolicy::Fingerprint,
        Some("instance") => HolderPolicy::FingerprintAndInstance,
        Some("user") => HolderPolicy::User,
        Some("named") => HolderPolicy::NamedUser,
        Some(other) => panic!("no holder policy {other}"),
        None => terms.holder,
    };
}

/// Entitlements such as `gpu projects:20 tier:gold`.
fn entitlements(text: &str) -> Entitlements {
    let pairs = text
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| match word.split_once(':') {
            None => (Arc::from(word), Entitlement::Granted),
            Some((name, value)) => {
                let number = value.parse().map(Entitlement::Number);
                (
                    Arc::from(name),
                    number.unwrap_or_else(|_| Entitlement::Text(value.into())),
                )
            }
        });
    pairs.collect()
}

/// A value that `none` clears.
#[allow(clippy::option_option, reason = "commands say by it: stays, is cleared, becomes")]
fn optional(value: Option<&str>) -> Option<Option<Arc<str>>> {
    value.map(|value| (value != "none").then(|| value.into()))
}

fn request(name: &str, content: &str) -> Request {
    Request {
        id: RequestId::from_bytes(bytes(name)),
        content: bytes(content),
    }
}

/// A name as an id: its own letters, so that ids order as names do.
fn bytes<const N: usize>(name: &str) -> [u8; N] {
    let mut bytes = [0; N];
    assert!(name.len() <= N, "{name} is longer than {N} bytes");
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    bytes
}

fn hash(name: &str) -> [u8; 32] {
    Sha256::digest(name).into()
}
