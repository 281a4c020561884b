//! What all resources have in common: lists in pages, one thing in detail, and JSON members read for tables.

use clap::Args;
use serde_json::{Value, json};

use super::Answered;
use super::output::{Cell, Output, Page, Style, remark};
use crate::client::{Call, CallError, Client};

/// The most rows that the API gives in one page.
const PAGE_ROWS_MAX: usize = 200;

/// How much of a list to show.
#[derive(Debug, Clone, Args)]
pub(super) struct Paging {
    /// Show at most this many
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "all")]
    limit: usize,

    /// Show all there are
    #[arg(long)]
    all: bool,

    /// Go on where an earlier list ended
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// A list as far as it was asked for.
pub(super) struct Listing {
    pub(super) items: Vec<Value>,
    next_cursor: Option<String>,
    /// Since when there is any, in lists of what is over; `null` where nothing was dropped.
    kept_from: Option<Value>,
}

impl Listing {
    /// Fetches pages. `names` are those of the cursor: as it is sent, and in a page.
    pub(super) async fn fetch<'a>(
        client: &Client,
        paging: &Paging,
        names: (&'a str, &str),
        call: impl Fn() -> Call<'a>,
    ) -> Result<Self, CallError> {
        let wanted = if paging.all { usize::MAX } else { paging.limit };
        let (mut items, mut cursor, mut kept_from) = (Vec::new(), paging.cursor.clone(), None);
        loop {
            let rows = PAGE_ROWS_MAX.min(wanted - items.len());
            let mut page = client
                .call(call().with("limit", Some(rows)).with(names.0, cursor.take()))
                .await?;
            items.extend(page["items"].as_array_mut().map(std::mem::take).unwrap_or_default());
            cursor = Some(text(&page[names.1], "")).filter(|cursor| !cursor.is_empty());
            kept_from = page.get("kept_from").cloned().or(kept_from);
            if cursor.is_none() || items.len() >= wanted {
                break;
            }
        }
        Ok(Self {
            items,
            next_cursor: cursor,
            kept_from,
        })
    }
}

/// A column of a table: its heading and how to read it.
pub(super) type Column = (&'static str, fn(&Value) -> Cell);

/// A kind of resource, as it is shown.
pub(super) struct Kind {
    /// Its columns in lists.
    pub(super) columns: &'static [Column],
    /// Its lines in detail.
    pub(super) lines: &'static [Column],
    /// What a whole list is sorted by for people; the API's order is that of random ids.
    pub(super) order: fn(&Value) -> String,
    /// What to do when there are none.
    pub(super) none: &'static str,
}

impl Kind {
    /// Fetches and writes a list. `call` makes the call for one page.
    pub(super) async fn list<'a>(
        &self,
        client: &Client,
        output: Output,
        paging: &Paging,
        call: impl Fn() -> Call<'a>,
    ) -> Answered {
        let list = Listing::fetch(client, paging, ("cursor", "next_cursor"), call).await?;
        self.write(output, &list)
    }

    /// Writes a list that was fetched.
    pub(super) fn write(&self, output: Output, list: &Listing) -> Answered {
        let Listing {
            items,
            next_cursor,
            kept_from,
        } = list;
        let mut answer = json!({"items": items, "next_cursor": next_cursor});
        set(&mut answer, "kept_from", kept_from.clone());
        output.answer(&answer, |page| self.table(*page, items, next_cursor.is_none()))?;
        if items.is_empty() {
            remark(self.none);
        } else if let Some(cursor) = next_cursor {
            remark(&format!("There are more: --all shows them, or --cursor {cursor}"));
        }
        if kept_from.as_ref().is_some_and(Value::is_string) {
            let from = minute(&answer, "/kept_from");
            remark(&format!("What was before {} is dropped.", from.as_text()));
        }
        Ok(())
    }

    fn table(&self, page: Page, items: &[Value], whole: bool) -> String {
        let headings: Vec<&str> = self.columns.iter().map(|(heading, _)| *heading).collect();
        let mut items: Vec<&Value> = items.iter().collect();
        if whole {
            items.sort_by_cached_key(|item| (self.order)(item));
        }
        let row = |item| self.columns.iter().map(|(_, read)| read(item)).collect();
        page.table(&headings, &items.into_iter().map(row).collect::<Vec<_>>())
    }

    /// Writes one thing in detail.
    pub(super) fn show(&self, output: Output, item: &Value) -> Answered {
        let lines = || {
            self.lines
                .iter()
                .map(|(name, read)| (*name, read(item)))
                .collect::<Vec<_>>()
        };
        output.answer(item, |page| page.details(&lines())).map_err(Into::into)
    }
}

/// A member as text; empty if it is absent or null.
pub(super) fn text(item: &Value, pointer: &str) -> String {
    match item.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

/// A member as a cell of text.
pub(super) fn cell(item: &Value, pointer: &str) -> Cell {
    Cell::new(text(item, pointer))
}

/// A member as a cell that is aligned on its right.
pub(super) fn number(item: &Value, pointer: &str) -> Cell {
    Cell::number(text(item, pointer))
}

/// A length in seconds as people say it.
pub(super) fn span(item: &Value, pointer: &str) -> Cell {
    Cell::new(
        item.pointer(pointer)
            .and_then(Value::as_u64)
            .map(super::words::span)
            .unwrap_or_default(),
    )
}

/// A time to the minute, in UTC: `2026-11-22 10:05Z`.
pub(super) fn minute(item: &Value, pointer: &str) -> Cell {
    let text = text(item, pointer);
    Cell::new(
        text.get(..16)
            .map_or_else(|| text.clone(), |minute| minute.replacen('T', " ", 1) + "Z"),
    )
}

/// The end of something: a date, or `never`.
pub(super) fn end(item: &Value, pointer: &str) -> Cell {
    match item.pointer(pointer) {
        Some(Value::Null) => Cell::new("never"),
        _ => minute(item, pointer),
    }
}

/// Entitlements as the command line writes them.
pub(super) fn entitlements(item: &Value, pointer: &str) -> Cell {
    let written = |(name, value): (&String, &Value)| match value {
        Value::Bool(true) => name.clone(),
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}={other}"),
    };
    let members = item.pointer(pointer).and_then(Value::as_object);
    Cell::new(
        members
            .map(|members| members.iter().map(written).collect::<Vec<_>>().join(", "))
            .unwrap_or_default(),
    )
}

/// A state in its colour.
pub(super) fn state(item: &Value, pointer: &str) -> Cell {
    let text = text(item, pointer);
    let style = match text.as_str() {
        "active" | "live" => Style::Good,
        "suspended" | "not_started" | "expired" => Style::Warning,
        "revoked" | "license_ended" => Style::Bad,
        _ => Style::Plain,
    };
    Cell::new(text).styled(style)
}

/// Sets a member of a request's body if the flag was given.
pub(super) fn set(body: &mut Value, member: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body[member] = value.into();
    }
}
