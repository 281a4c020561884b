//! `usher refusal`: who got no seat, and why.

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Answered;
use super::connection::Connection;
use super::failure::Failure;
use super::output::{Cell, Output, Style};
use super::resource::{Kind, Paging, cell, minute, number, text};
use super::words;
use crate::client::{Call, segment};

/// Refusals: who asked for a seat and got none, and why
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  usher refusal list --license lic_…
  usher refusal list --customer CRM-1042 --reason seat_limit_reached --from 7d
  usher refusal show ref_…
  usher refusal show 'https://license.example:4600/refused#why_…'

What one holder repeats for one reason, each time within ten minutes of the time before, is one refusal.")]
pub(super) struct Noun {
    #[command(subcommand)]
    verb: Verb,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List the refusals, the latest first
    List(List),
    /// Explain one refusal
    Show {
        /// Its name (ref_…), or the link that whoever was refused was shown: for that no token is needed. Whichever servers a
        /// link names, those of --url are asked
        #[arg(value_name = "REFUSAL|LINK")]
        refusal: String,
    },
}

#[derive(Debug, Args)]
struct List {
    /// Only those of this license
    #[arg(long)]
    license: Option<String>,

    /// Only those of this customer's licenses, by its id or reference
    #[arg(long)]
    customer: Option<String>,

    /// Only those for this reason
    #[arg(long, value_enum)]
    reason: Option<Reason>,

    /// Only those from this time on: a date, a time, or how long ago, such as 7d
    #[arg(long, value_name = "TIME", value_parser = words::past)]
    from: Option<Timestamp>,

    /// Only those before this time
    #[arg(long, value_name = "TIME", value_parser = words::past)]
    to: Option<Timestamp>,

    #[command(flatten)]
    paging: Paging,
}

/// Why an acquire was refused.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Reason {
    /// Every seat was held
    #[value(alias = "seat-limit-reached")]
    SeatLimitReached,
    /// Too many clients may still have been running on their offline grace
    #[value(alias = "ghost-limit-reached")]
    GhostLimitReached,
    /// The holder had as many sessions as it may have
    #[value(alias = "holder-limit-reached")]
    HolderLimitReached,
    /// The license had ended
    #[value(alias = "license-expired")]
    LicenseExpired,
    /// The license had not started
    #[value(alias = "license-not-started")]
    LicenseNotStarted,
    /// The license was on hold
    #[value(alias = "license-suspended")]
    LicenseSuspended,
    /// The license was ended for good
    #[value(alias = "license-revoked")]
    LicenseRevoked,
    /// The license's seats are assigned by name, and none was to who asked
    #[value(alias = "seat-not-assigned")]
    SeatNotAssigned,
    /// Anything else
    Other,
}

/// How refusals are shown in lists.
const KIND: Kind = Kind {
    columns: &[
        ("REFUSAL", |item| cell(item, "/id")),
        ("AT", |item| minute(item, "/at")),
        ("CUSTOMER", |item| cell(item, "/customer_name")),
        ("PLAN", |item| Cell::new(plan(item))),
        ("REASON", |item| cell(item, "/reason")),
        ("WHO", |item| Cell::new(who(item))),
        ("TRIES", |item| number(item, "/tries")),
    ],
    lines: &[],
    // The latest first, as they come.
    order: |_| String::new(),
    none: "There are no such refusals.",
};

fn plan(item: &Value) -> String {
    format!("{} {}", text(item, "/product"), text(item, "/plan"))
}

/// Whoever can be said to have asked: by an address, a machine, or as the plan counts them.
fn who(item: &Value) -> String {
    let known = ["/email", "/host", "/holder"].map(|pointer| text(item, pointer));
    known.into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

impl Noun {
    pub(super) async fn run(self, output: Output) -> Answered {
        let client = self.connection.client()?;
        match self.verb {
            Verb::List(list) => {
                let reason = list.reason.and_then(|reason| reason.to_possible_value());
                let reason = reason.map(|reason| reason.get_name().to_owned());
                let call = || {
                    Call::get("/refusals")
                        .with("license", list.license.as_ref())
                        .with("customer", list.customer.as_ref())
                        .with("reason", reason.as_ref())
                        .with("from", list.from)
                        .with("to", list.to)
                };
                KIND.list(&client, output, &list.paging, call).await
            }
            Verb::Show { refusal } => {
                let refusal = refusal.trim();
                let item = if refusal.starts_with("ref_") {
                    client
                        .call(Call::get(&format!("/refusals/{}", segment(refusal))))
                        .await?
                } else if refusal.contains("why_") {
                    let body = json!({"link": refusal});
                    client.call(Call::post("/refusals/explain", &body)).await?
                } else {
                    return Err(Failure::Usage(
                        "expected a refusal's name (ref_…) or its link (https://…/refused#why_…); a shell wants the link in \
                         quotes"
                            .to_owned(),
                    ));
                };
                let lines = explained(&item);
                Ok(output.answer(&item, |page| page.details(&lines))?)
            }
        }
    }
}

/// The most holders that are told.
const HOLDERS_SHOWN: usize = 10;

/// What there is to say of one. By its link there is less: it names nobody.
fn explained(item: &Value) -> Vec<(&'static str, Cell)> {
    let of = |pointers: [&str; 2]| {
        let texts = pointers.map(|pointer| text(item, pointer));
        Cell::new(texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default())
    };
    let share = |in_use: &str, limit: &str| match text(item, limit).as_str() {
        "" => Cell::new(""),
        limit => Cell::new(format!("{} of {limit}", text(item, in_use))),
    };
    let first = minute(item, "/first_at");
    let is_only = first.as_text() == minute(item, "/at").as_text();
    let mut lines = vec![
        ("refusal", of(["/id", "/refusal"])),
        ("reason", cell(item, "/reason").styled(Style::Warning)),
        ("refused", minute(item, "/at")),
        ("for the first time", if is_only { Cell::new("") } else { first }),
        ("tries", cell(item, "/tries")),
        ("license", cell(item, "/license")),
        ("customer", cell(item, "/customer_name")),
        ("plan", Cell::new(plan(item))),
        ("holder", cell(item, "/holder")),
        ("email", cell(item, "/email")),
        ("host", cell(item, "/host")),
        ("in use then", share("/in_use", "/limit")),
        ("held since", minute(item, "/oldest_since")),
        ("next seat free by", minute(item, "/free_by")),
    ];
    let holders = item["holders"].as_array().map_or(&[][..], Vec::as_slice);
    let held = holders.iter().take(HOLDERS_SHOWN).map(|holder| Cell::new(held(holder)));
    lines.extend(named_once("held by", held));
    if holders.len() > HOLDERS_SHOWN {
        lines.push(("", Cell::new(format!("and {} more", holders.len() - HOLDERS_SHOWN))));
    }
    lines.push(("in use now", share("/now/in_use", "/now/limit")));
    lines.push(("renew at", cell(item, "/renewal_url")));
    let next = item["next"].as_array().map_or(&[][..], Vec::as_slice);
    lines.extend(named_once("what to do", next.iter().map(|step| cell(step, ""))));
    lines
}

/// Lines of one name, which stands before the first.
fn named_once(name: &'static str, cells: impl Iterator<Item = Cell>) -> impl Iterator<Item = (&'static str, Cell)> {
    cells
        .enumerate()
        .map(move |(at, cell)| (if at == 0 { name } else { "" }, cell))
}

fn held(holder: &Value) -> String {
    let time = |pointer: &str| minute(holder, pointer).as_text().to_owned();
    let mut said = who(holder);
    for (before, time) in [(" since ", time("/since")), (" until ", time("/ended_at"))] {
        if !time.is_empty() {
            said = said + before + &time;
        }
    }
    said
}
