//! People, their logins and their links against the rules told once more, plainly: lists that are searched from end to
//! end.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod random;

use std::sync::Arc;

use licensing::audit::{AuditEvent, AuditLeaf, LeafV1};
use licensing::cluster::Scope;
use licensing::command::{
    AcceptInvitation, Actor, Command, CreateCustomer, CreatePerson, Entry, NewInvitation, SignIn, UpdatePerson,
};
use licensing::id::{ApiTokenId, CustomerId, LoginId, PersonId, SecretHash};
use licensing::invariant::{Before, Step, check_ledger, check_step};
use licensing::ledger::Ledger;
use licensing::outcome::{Kind, Outcome, Rejection};
use licensing::person::Role;
use licensing::time::{At, Span};
use proptest::prelude::*;
use random::{START, config, proposal};

const PEOPLE: u8 = 4;

fn person_id(number: u8) -> PersonId {
    PersonId::from_bytes([number; 16])
}

fn login_id(number: u8) -> LoginId {
    LoginId::from_bytes([number; 10])
}

fn customer() -> CustomerId {
    CustomerId::from_bytes([1; 16])
}

fn email(number: u8) -> Arc<str> {
    format!("p{number}@acme.example").into()
}

fn secret(number: u8) -> SecretHash {
    SecretHash::from_bytes([number; 32])
}

fn password(number: u8) -> Arc<str> {
    format!("$argon2id${number}").into()
}

/// A ledger with every law checked after each command.
struct Checked {
    ledger: Ledger,
    now: At,
}

impl Checked {
    fn new() -> Self {
        let mut checked = Self {
            ledger: Ledger::new(),
            now: START,
        };
        checked.ledger.apply(&Entry::at(START, Vec::new()));
        let create = CreateCustomer {
            id: customer(),
            name: "ACME".into(),
            email: None,
            reference: None,
        };
        checked.run(Command::CreateCustomer(create));
        checked
    }

    fn run(&mut self, command: Command) -> Outcome {
        let before = Before::of(&self.ledger);
        let entry = Entry::at(self.now, vec![proposal(Actor::Person(person_id(0)), command)]);
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

    fn link(&self, number: u8) -> NewInvitation {
        NewInvitation {
            secret: secret(number),
            expires_at: self.now.after(Span::from_secs(100)),
        }
    }

    /// A person of this number who has chosen a password.
    fn settle(&mut self, number: u8, role: Role) {
        let invitation = self.link(100 + number);
        let create = CreatePerson {
            id: person_id(number),
            email: email(number),
            name: "Ann".into(),
            role,
            invitation,
        };
        assert_eq!(self.run(Command::CreatePerson(create)), changed(1));
        assert_eq!(self.run(accept(100 + number, number)), changed(2));
    }

    fn sign_in(&mut self, person: u8, login: u8, totp_step: Option<u64>) -> Outcome {
        let version = self.ledger.person(person_id(person)).map_or(1, |person| person.version);
        let sign_in = sign_in(person, login, version, totp_step, self.now);
        self.run(sign_in)
    }

    fn logins(&self, person: u8) -> usize {
        self.ledger.logins_of(person_id(person)).count()
    }
}

fn changed(version: u32) -> Outcome {
    Outcome::Changed { version }
}

fn accept(link: u8, person: u8) -> Command {
    Command::AcceptInvitation(AcceptInvitation {
        secret: secret(link),
        person: person_id(person),
        email: None,
        name: None,
        password: password(link),
    })
}

fn sign_in(person: u8, login: u8, version: u32, totp_step: Option<u64>, now: At) -> Command {
    Command::SignIn(SignIn {
        login: login_id(login),
        secret: secret(200_u8.wrapping_add(login)),
        person: person_id(person),
        version,
        totp_step,
        expires_at: now.after(Span::from_secs(1_000)),
        agent: Some("Firefox".into()),
        address: None,
    })
}

fn update(number: u8) -> UpdatePerson {
    UpdatePerson {
        id: person_id(number),
        if_version: None,
        email: None,
        name: None,
        role: None,
        disabled: None,
        forget_totp: false,
    }
}

fn not_allowed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(Rejection::NotAllowed { .. }))
}

#[test]
fn the_set_up_link_makes_the_first_owner_once() {
    let mut checked = Checked::new();
    let invite = |link| Command::CreateInvitation {
        person: None,
        if_version: None,
        invitation: link,
    };
    checked.run(invite(checked.link(1)));
    checked.run(invite(checked.link(2)));
    let owner = |link: u8, person: u8| {
        Command::AcceptInvitation(AcceptInvitation {
            secret: secret(link),
            person: person_id(person),
            email: Some(email(person)),
            name: Some("Ann".into()),
            password: password(0),
        })
    };
    let incomplete = checked.run(accept(1, 0));
    assert!(
        matches!(&incomplete, Outcome::Rejected(Rejection::InvalidField { field, .. }) if &**field == "email"),
        "{incomplete:?}"
    );
    assert_eq!(checked.run(owner(1, 0)), changed(1));
    assert_eq!(checked.ledger.person(person_id(0)).unwrap().role, Role::Owner);
    for link in [1, 2] {
        assert_eq!(
            checked.run(owner(link, 1)),
            Outcome::Rejected(Rejection::InvitationInvalid),
            "a used link, and another one now that there is an owner"
        );
    }
}

#[test]
fn the_last_owner_stays() {
    let mut checked = Checked::new();
    checked.settle(0, Role::Owner);
    let demote = |number| UpdatePerson {
        role: Some(Role::Auditor),
        ..update(number)
    };
    let disable = |number| UpdatePerson {
        disabled: Some(true),
        ..update(number)
    };
    let remove = |number| Command::RemovePerson {
        id: person_id(number),
        if_version: None,
    };
    // One who has yet to choose a password cannot take over.
    let invitation = checked.link(9);
    checked.run(Command::CreatePerson(CreatePerson {
        id: person_id(1),
        email: email(1),
        name: "Bob".into(),
        role: Role::Owner,
        invitation,
    }));
    for command in [
        Command::UpdatePerson(demote(0)),
        Command::UpdatePerson(disable(0)),
        remove(0),
    ] {
        assert!(not_allowed(&checked.run(command)));
    }
    assert_eq!(checked.run(accept(9, 1)), changed(2));
    assert_eq!(checked.run(Command::UpdatePerson(disable(0))), changed(3));
    assert!(not_allowed(&checked.run(remove(1))));
    assert_eq!(checked.run(remove(0)), Outcome::Done);
}

#[test]
fn a_changed_password_ends_every_other_login_and_opens_nothing_that_was_on_its_way() {
    let mut checked = Checked::new();
    checked.settle(0, Role::Owner);
    assert_eq!(checked.sign_in(0, 1, None), Outcome::Done);
    assert_eq!(checked.sign_in(0, 2, None), Outcome::Done);
    let late = sign_in(0, 3, 2, None, checked.now);
    let set = Command::SetPassword {
        person: person_id(0),
        if_version: 2,
        password: password(7),
        keep: Some(login_id(2)),
    };
    assert_eq!(checked.run(set), changed(3));
    assert_eq!(checked.logins(0), 1);
    assert!(checked.ledger.login(login_id(2)).is_some());
    assert_eq!(checked.run(late), Outcome::Rejected(Rejection::SignInRefused));
}

#[test]
fn a_code_is_taken_once() {
    let mut checked = Checked::new();
    checked.settle(0, Role::Owner);
    let set = Command::SetTotp {
        person: person_id(0),
        if_version: 2,
        totp: Some((vec![1].into(), 50)),
    };
    assert_eq!(checked.run(set), changed(3));
    let refused = Outcome::Rejected(Rejection::SignInRefused);
    assert_eq!(checked.sign_in(0, 1, None), refused);
    assert_eq!(checked.sign_in(0, 1, Some(50)), refused);
    assert_eq!(checked.sign_in(0, 1, Some(52)), Outcome::Done);
    assert_eq!(checked.sign_in(0, 2, Some(52)), refused);
    assert_eq!(checked.sign_in(0, 2, Some(51)), refused);
}

#[test]
fn logins_and_links_end_with_their_time() {
    let mut checked = Checked::new();
    checked.settle(0, Role::Owner);
    checked.sign_in(0, 1, None);
    let link = checked.link(1);
    checked.run(Command::CreateInvitation {
        person: Some(person_id(0)),
        if_version: Some(2),
        invitation: link,
    });
    checked.now = checked.now.after(Span::from_secs(100));
    assert_eq!(
        checked.run(accept(1, 0)),
        Outcome::Rejected(Rejection::InvitationInvalid)
    );
    checked.now = checked.now.after(Span::from_secs(900));
    assert!(checked.ledger.login(login_id(1)).is_some());
    checked.run(Command::Tick);
    assert!(checked.ledger.login(login_id(1)).is_none());
    let rows = checked.ledger.rows().count();
    checked.run(Command::Tick);
    assert_eq!(
        checked.ledger.rows().count(),
        rows,
        "what is over was taken out at once"
    );
}

#[test]
fn the_oldest_login_makes_room() {
    let mut checked = Checked::new();
    checked.settle(0, Role::Owner);
    for login in 1..=25 {
        checked.now = checked.now.after(Span::from_secs(1));
        assert_eq!(checked.sign_in(0, login, None), Outcome::Done);
    }
    let left: Vec<_> = checked.ledger.logins_of(person_id(0)).map(|login| login.id).collect();
    assert_eq!(left, (6..=25).map(login_id).collect::<Vec<_>>());
}

#[test]
fn the_audit_names_the_person_and_keeps_no_hash_of_a_password() {
    let mut checked = Checked::new();
    checked.settle(0, Role::Owner);
    let set = Command::SetTotp {
        person: person_id(0),
        if_version: 2,
        totp: Some((b"sealed secret".to_vec().into(), 50)),
    };
    checked.run(set);
    let audit = checked.ledger.take_changes().audit;
    for record in &audit {
        let AuditLeaf::V1(LeafV1 { actor, .. }) = AuditLeaf::decode(&record.leaf).unwrap();
        assert_eq!(actor, Actor::Person(person_id(0)));
        for hidden in [&b"$argon2id$"[..], b"sealed secret"] {
            assert!(!record.leaf.windows(hidden.len()).any(|part| part == hidden));
        }
    }
    let AuditLeaf::V1(LeafV1 { event, .. }) = AuditLeaf::decode(&audit.last().unwrap().leaf).unwrap();
    assert!(matches!(
        event,
        AuditEvent::Changed {
            command: Command::SetTotp { totp: Some(_), .. }
        }
    ));
}

#[test]
fn uses_are_noted_rarely_and_leave_no_leaf() {
    let mut checked = Checked::new();
    checked.settle(0, Role::Owner);
    checked.sign_in(0, 1, None);
    let token = ApiTokenId::from_bytes([5; 10]);
    let issue = Command::IssueApiToken {
        id: token,
        name: "portal".into(),
        secret: secret(5),
        scope: Scope::As(Role::Member(customer())),
        expires_at: None,
    };
    assert_eq!(checked.run(issue), changed(1));
    let note = || Command::NoteUse {
        logins: vec![login_id(1), login_id(9)],
        tokens: vec![token, ApiTokenId::from_bytes([6; 10])],
    };
    let used = |checked: &Checked| {
        let token = checked.ledger.token_use(token).unwrap();
        assert_eq!(token.created_by, Some(Actor::Person(person_id(0))));
        (checked.ledger.login(login_id(1)).unwrap().used_at, token.used_at)
    };
    let first = checked.now;
    let leaves = checked.ledger.audit_size();
    checked.run(note());
    assert_eq!(used(&checked), (first, Some(first)));
    checked.now = first.after(Span::from_secs(59));
    checked.run(note());
    assert_eq!(used(&checked), (first, Some(first)));
    checked.now = first.after(Span::from_secs(60));
    checked.run(note());
    assert_eq!(used(&checked), (checked.now, Some(checked.now)));
    assert_eq!(checked.ledger.audit_size(), leaves);
}

#[test]
fn a_token_of_a_customer_names_one_that_is_there() {
    let mut checked = Checked::new();
    let issue = |role| Command::IssueApiToken {
        id: ApiTokenId::from_bytes([5; 10]),
        name: "portal".into(),
        secret: secret(5),
        scope: Scope::As(role),
        expires_at: None,
    };
    let unknown = CustomerId::from_bytes([9; 16]);
    let missing = Rejection::NotFound { kind: Kind::Customer };
    assert_eq!(checked.run(issue(Role::Member(unknown))), Outcome::Rejected(missing));
    assert!(not_allowed(&checked.run(issue(Role::Owner))));
    assert_eq!(checked.run(issue(Role::Support)), changed(1));
}

/// One thing that happens to people.
#[derive(Debug, Clone)]
enum Event {
    Create {
        person: u8,
        email: u8,
        role: Role,
        link: u8,
    },
    Update {
        person: u8,
        email: Option<u8>,
        role: Option<Role>,
        disabled: Option<bool>,
        stale: bool,
    },
    Remove {
        person: u8,
    },
    Invite {
        person: Option<u8>,
        link: u8,
    },
    Accept {
        link: u8,
        person: u8,
        email: Option<u8>,
    },
    SetPassword {
        person: u8,
        stale: bool,
        keep: Option<u8>,
    },
    SignIn {
        person: u8,
        login: u8,
        stale: bool,
    },
    SignOut {
        login: u8,
    },
    SignOutEverywhere {
        person: u8,
    },
    TimePasses {
        seconds: u64,
    },
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        3 => Just(Role::Owner),
        2 => Just(Role::Auditor),
        1 => Just(Role::Member(customer())),
        1 => Just(Role::MemberAdmin(CustomerId::from_bytes([9; 16]))),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let person = || 0..PEOPLE;
    let stale = || prop::bool::weighted(0.1);
    prop_oneof![
        6 => (person(), person(), role(), 0_u8..8)
            .prop_map(|(person, email, role, link)| Event::Create { person, email, role, link }),
        5 => (person(), prop::option::weighted(0.3, person()), prop::option::of(role()),
              prop::option::of(any::<bool>()), stale())
            .prop_map(|(person, email, role, disabled, stale)| Event::Update { person, email, role, disabled, stale }),
        2 => person().prop_map(|person| Event::Remove { person }),
        4 => (prop::option::weighted(0.8, person()), 0_u8..8).prop_map(|(person, link)| Event::Invite { person, link }),
        8 => (0_u8..8, person(), prop::option::weighted(0.4, person()))
            .prop_map(|(link, person, email)| Event::Accept { link, person, email }),
        3 => (person(), stale(), prop::option::of(0_u8..6))
            .prop_map(|(person, stale, keep)| Event::SetPassword { person, stale, keep }),
        8 => (person(), 0_u8..6, stale()).prop_map(|(person, login, stale)| Event::SignIn { person, login, stale }),
        2 => (0_u8..6).prop_map(|login| Event::SignOut { login }),
        1 => person().prop_map(|person| Event::SignOutEverywhere { person }),
        3 => prop_oneof![Just(1_u64), Just(100), Just(1_000), 0_u64..2_000]
            .prop_map(|seconds| Event::TimePasses { seconds }),
    ]
}

#[derive(Debug, Clone, PartialEq)]
struct PlainPerson {
    number: u8,
    email: u8,
    role: Role,
    has_password: bool,
    disabled: bool,
    version: u32,
}

impl PlainPerson {
    fn owns(&self) -> bool {
        self.role == Role::Owner && self.has_password && !self.disabled
    }
}

/// The rules once more.
#[derive(Default)]
struct Plain {
    people: Vec<PlainPerson>,
    /// Number, person, end.
    logins: Vec<(u8, u8, At)>,
    /// Number, person, end.
    links: Vec<(u8, Option<u8>, At)>,
}

type Said = Result<Option<u32>, &'static str>;

impl Plain {
    fn find(&mut self, number: u8) -> Result<&mut PlainPerson, &'static str> {
        self.people
            .iter_mut()
            .find(|person| person.number == number)
            .ok_or("NOT_FOUND")
    }

    fn version(&self, number: u8) -> u32 {
        self.people
            .iter()
            .find(|person| person.number == number)
            .map_or(1, |person| person.version)
    }

    fn has_email(&self, email: u8, but: u8) -> bool {
        self.people
            .iter()
            .any(|person| person.email == email && person.number != but)
    }

    fn forget(&mut self, person: u8) {
        self.logins.retain(|login| login.1 != person);
        self.links.retain(|link| link.1 != Some(person));
    }

    fn guard(&self, number: u8, stays: bool) -> Result<(), &'static str> {
        let owns = |person: &&PlainPerson| person.owns();
        let it = self.people.iter().find(|person| person.number == number).unwrap();
        let another = self.people.iter().filter(owns).any(|person| person.number != number);
        if it.owns() && !stays && !another {
            Err("CONFLICT")
        } else {
            Ok(())
        }
    }

    fn event(&mut self, event: &Event, now: At) -> Said {
        let soon = now.after(Span::from_secs(100));
        match *event {
            Event::TimePasses { .. } => {
                self.logins.retain(|login| login.2 > now);
                self.links.retain(|link| link.2 > now);
                Ok(None)
            }
            Event::Create {
                person,
                email,
                role,
                link,
            } => {
                if self.has_email(email, person) {
                    return Err("ALREADY_EXISTS");
                }
                if role.customer().is_some_and(|id| id != customer()) {
                    return Err("NOT_FOUND");
                }
                if self.links.iter().any(|known| known.0 == link) || self.find(person).is_ok() {
                    return Err("ALREADY_EXISTS");
                }
                self.people.push(PlainPerson {
                    number: person,
                    email,
                    role,
                    has_password: false,
                    disabled: false,
                    version: 1,
                });
                self.links.push((link, Some(person), soon));
                Ok(Some(1))
            }
            Event::Update {
                person,
                email,
                role,
                disabled,
                stale,
            } => {
                if email.is_some_and(|email| self.has_email(email, person)) {
                    return Err("ALREADY_EXISTS");
                }
                if role.and_then(Role::customer).is_some_and(|id| id != customer()) {
                    return Err("NOT_FOUND");
                }
                let mut after = self.find(person)?.clone();
                if stale {
                    return Err("CONFLICT");
                }
                after.email = email.unwrap_or(after.email);
                after.role = role.unwrap_or(after.role);
                after.disabled = disabled.unwrap_or(after.disabled);
                after.version += 1;
                self.guard(person, after.owns())?;
                if after.disabled {
                    self.forget(person);
                }
                let version = after.version;
                *self.find(person)? = after;
                Ok(Some(version))
            }
            Event::Remove { person } => {
                self.find(person)?;
                self.guard(person, false)?;
                self.forget(person);
                self.people.retain(|known| known.number != person);
                Ok(None)
            }
            Event::Invite { person, link } => {
                if self.links.iter().any(|known| known.0 == link) {
                    return Err("ALREADY_EXISTS");
                }
                let mut version = 1;
                if let Some(person) = person {
                    let found = self.find(person)?;
                    if found.disabled {
                        return Err("CONFLICT");
                    }
                    found.version += 1;
                    version = found.version;
                    self.links.retain(|link| link.1 != Some(person));
                }
                self.links.push((link, person, soon));
                Ok(Some(version))
            }
            Event::Accept { link, person, email } => {
                let is_owned = self.people.iter().any(PlainPerson::owns);
                let known = self
                    .links
                    .iter()
                    .find(|known| known.0 == link && known.2 > now)
                    .copied();
                let Some((_, whose, _)) = known.filter(|link| link.1.is_some() || !is_owned) else {
                    return Err("INVITATION_INVALID");
                };
                let number = if let Some(number) = whose {
                    if email
                        .is_some_and(|email| email != self.people.iter().find(|p| p.number == number).unwrap().email)
                    {
                        return Err("INVALID_REQUEST");
                    }
                    number
                } else {
                    let Some(email) = email else {
                        return Err("INVALID_REQUEST");
                    };
                    if self.has_email(email, person) || self.find(person).is_ok() {
                        return Err("ALREADY_EXISTS");
                    }
                    self.people.push(PlainPerson {
                        number: person,
                        email,
                        role: Role::Owner,
                        has_password: false,
                        disabled: false,
                        version: 0,
                    });
                    person
                };
                self.links.retain(|known| known.0 != link);
                self.logins.retain(|login| login.1 != number);
                let person = self.find(number)?;
                person.has_password = true;
                person.version += 1;
                Ok(Some(person.version))
            }
            Event::SetPassword { person, stale, keep } => {
                let found = self.find(person)?;
                if stale {
                    return Err("CONFLICT");
                }
                found.has_password = true;
                found.version += 1;
                let version = found.version;
                self.logins.retain(|login| login.1 != person || Some(login.0) == keep);
                self.links.retain(|link| link.1 != Some(person));
                Ok(Some(version))
            }
            Event::SignIn { person, login, stale } => {
                if self.logins.iter().any(|known| known.0 == login) {
                    return Err("ALREADY_EXISTS");
                }
                let may = self
                    .find(person)
                    .is_ok_and(|person| person.has_password && !person.disabled);
                if stale || !may {
                    return Err("SIGN_IN_REFUSED");
                }
                self.logins.push((login, person, now.after(Span::from_secs(1_000))));
                Ok(None)
            }
            Event::SignOut { login } => {
                if !self.logins.iter().any(|known| known.0 == login) {
                    return Err("NOT_FOUND");
                }
                self.logins.retain(|known| known.0 != login);
                Ok(None)
            }
            Event::SignOutEverywhere { person } => {
                self.find(person)?;
                self.logins.retain(|login| login.1 != person);
                Ok(None)
            }
        }
    }
}

/// The event as a command, with versions as the plain rules know them.
fn command(event: &Event, plain: &Plain, checked: &Checked) -> Command {
    let version = |person, stale| plain.version(person) + u32::from(stale);
    match *event {
        Event::TimePasses { .. } => Command::Tick,
        Event::Create {
            person,
            email: address,
            role,
            link,
        } => Command::CreatePerson(CreatePerson {
            id: person_id(person),
            email: email(address),
            name: "Ann".into(),
            role,
            invitation: checked.link(link),
        }),
        Event::Update {
            person,
            email: address,
            role,
            disabled,
            stale,
        } => Command::UpdatePerson(UpdatePerson {
            if_version: Some(version(person, stale)),
            email: address.map(email),
            role,
            disabled,
            ..update(person)
        }),
        Event::Remove { person } => Command::RemovePerson {
            id: person_id(person),
            if_version: None,
        },
        Event::Invite { person, link } => Command::CreateInvitation {
            person: person.map(person_id),
            if_version: None,
            invitation: checked.link(link),
        },
        Event::Accept {
            link,
            person,
            email: address,
        } => Command::AcceptInvitation(AcceptInvitation {
            secret: secret(link),
            person: person_id(person),
            email: address.map(email),
            name: Some("Ann".into()),
            password: password(link),
        }),
        Event::SetPassword { person, stale, keep } => Command::SetPassword {
            person: person_id(person),
            if_version: version(person, stale),
            password: password(person),
            keep: keep.map(login_id),
        },
        Event::SignIn { person, login, stale } => sign_in(person, login, version(person, stale), None, checked.now),
        Event::SignOut { login } => Command::SignOut { login: login_id(login) },
        Event::SignOutEverywhere { person } => Command::SignOutEverywhere {
            person: person_id(person),
        },
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn people_are_what_the_plain_rules_say(events in prop::collection::vec(event(), 1..60)) {
        let (mut checked, mut plain) = (Checked::new(), Plain::default());
        for event in events {
            if let Event::TimePasses { seconds } = event {
                checked.now = checked.now.after(Span::from_secs(seconds));
            }
            let command = command(&event, &plain, &checked);
            let said = plain.event(&event, checked.now);
            let answered = match checked.run(command) {
                Outcome::Done => Ok(None),
                Outcome::Changed { version } => Ok(Some(version)),
                Outcome::Rejected(rejection) => Err(rejection.code()),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(answered, said, "{:?}", event);
            for number in 0..PEOPLE {
                let person = checked.ledger.person(person_id(number)).map(|person| PlainPerson {
                    number,
                    email: (0..PEOPLE).find(|known| email(*known) == person.email).unwrap(),
                    role: person.role,
                    has_password: person.password.is_some(),
                    disabled: person.disabled_at.is_some(),
                    version: person.version,
                });
                prop_assert_eq!(&person, &plain.find(number).ok().cloned());
                let logins: Vec<_> = checked.ledger.logins_of(person_id(number)).map(|login| login.id).collect();
                let mut expected: Vec<_> =
                    plain.logins.iter().filter(|login| login.1 == number).map(|login| login_id(login.0)).collect();
                expected.sort_unstable();
                prop_assert_eq!(logins, expected);
            }
        }
    }
}
