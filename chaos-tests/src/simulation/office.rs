//! The customer's office: assigns seats by name and takes them away, says for how long history is kept, and writes down
//! what it was answered.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::http::{http, now};
use super::setup::Made;
use super::world::{Trace, World};
use crate::checks::{Change, Said};
use crate::client;
use crate::history::Told;

/// What one request of the office may take.
const ASKED_WITHIN: Duration = Duration::from_secs(6);

/// Twice as many people as there are seats for.
const PEOPLE: u64 = 6;

/// An office at work.
pub(super) struct Office {
    /// The universe.
    pub(super) world: Arc<World>,
    /// The machines' names.
    pub(super) nodes: Vec<String>,
    /// What there is.
    pub(super) made: Rc<Made>,
    /// What it asked for and was answered.
    pub(super) changes: Rc<RefCell<Vec<Change>>>,
}

impl Office {
    /// Works for as long as it may go on.
    pub(super) async fn work(self, goes_on: impl Fn() -> bool) {
        self.set_retention().await;
        while goes_on() {
            sleep(Duration::from_millis(20 + self.world.below(600))).await;
            // Seldom: each change puts it off for a day that anything is dropped.
            match self.world.below(64) {
                0 => self.set_retention().await,
                draw => self.change(draw % 2 == 0, self.world.below(PEOPLE)).await,
            }
        }
    }

    /// Asks for a change until it is answered.
    async fn change(&self, assigns: bool, person: u64) {
        let address = format!("person-{person}@sim.example");
        let verb = if assigns { "assign" } else { "unassign" };
        let path = format!("/api/v1/licenses/{}/{verb}", self.made.named);
        loop {
            // It is written down before it is sent: the run may end before there is an answer.
            self.changes.borrow_mut().push(Change {
                begun: now(),
                answered: None,
                address: address.clone(),
                assigns,
                said: Said::Unknown,
            });
            let answer = self.ask(Method::POST, &path, &json!({ "email": address })).await;
            let said = answer.map_or(Said::Unknown, |(success, value)| read(success, &value));
            if let Some(change) = self.changes.borrow_mut().last_mut() {
                change.answered = (said != Said::Unknown).then(now);
                change.said = said.clone();
                self.world.note(Trace::Events, format!("{change:?}").as_bytes());
            }
            match said {
                Said::Done => return self.world.count("seats assigned or taken away by name"),
                Said::AllAssigned | Said::HasNone | Said::Odd(_) => return self.world.count("assignments refused"),
                Said::Unknown | Said::NotDone => sleep(Duration::from_millis(20 + self.world.below(200))).await,
            }
        }
    }

    /// Says for how long history is kept: for as short as it can be, mostly. What came of it does not matter.
    async fn set_retention(&self) {
        let days = *self.world.one_of(&[Some(7), Some(7), Some(8), None]);
        let setting = json!({ "session_days": days, "usage_days": days.map_or(31, |days| days + 30) });
        if let Some((true, _)) = self.ask(Method::PUT, "/api/v1/retention", &setting).await {
            self.world.count("retentions set");
        }
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Option<(bool, Value)> {
        let node: &String = self.world.one_of(&self.nodes);
        let asking = http(node, method, path, Some(&self.made.admin_token), body);
        timeout(ASKED_WITHIN, asking).await.ok()?.ok()
    }
}

fn read(success: bool, answer: &Value) -> Said {
    if success {
        return Said::Done;
    }
    match client::read(success, answer) {
        Told::NotDone => Said::NotDone,
        Told::Refused { code } if code == "SEATS_ALL_ASSIGNED" => Said::AllAssigned,
        Told::Refused { code } if code == "NOT_FOUND" => Said::HasNone,
        // It was done, and undone by a request that nobody had answered.
        Told::Refused { code } if code == "CONFLICT" => Said::Unknown,
        Told::Refused { code } => Said::Odd(code),
        Told::Unknown | Told::Held { .. } | Told::Released { .. } => Said::Unknown,
    }
}
