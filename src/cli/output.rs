//! How answers are written: tables for people, JSON for programs. Answers go to standard output, everything else to
//! standard error.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::Value;

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Aligned text for people; it may change between releases
    Table,
    /// JSON for programs
    Json,
}

/// Where answers go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    pub(super) format: Format,
    colour: bool,
}

/// What a text is to catch the eye with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Strong,
    Good,
    Warning,
    Bad,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "1;31",
        }
    }

    /// The text in this style, if colours are wanted.
    pub(crate) fn paint(self, text: &str, colour: bool) -> String {
        if colour && self != Self::Plain {
            format!("\x1b[{}m{text}\x1b[0m", self.code())
        } else {
            text.to_owned()
        }
    }
}

/// Whether a stream is for people who see colours.
pub(crate) fn wants_colour(terminal: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    terminal.is_terminal() && !refused && !dumb
}

impl Output {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            colour: wants_colour(&io::stdout()),
        }
    }

    /// Writes the answer: `value` for programs, or what `table` makes of it for people.
    pub(super) fn answer(self, value: &Value, table: impl FnOnce(&Page) -> String) -> io::Result<()> {
        match self.format {
            Format::Json => {
                let mut text = serde_json::to_string_pretty(value).expect("JSON values can always be written");
                text.push('\n');
                write_out(&text)
            }
            Format::Table => write_out(&table(&Page { colour: self.colour })),
        }
    }
}

/// Writes to standard output. A reader that has gone away, such as `head`, is no error.
pub(crate) fn write_out(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes the file that `--out` names, which must be a new one: what lies there may be the only one of its kind.
pub(super) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("--out: {} exists already; name a new file", path.display())
        }
        written => written.with_context(|| format!("--out: {} cannot be written", path.display())),
    }
}

/// Writes a line that is not part of the answer to standard error, where nobody can be told if that fails.
pub(super) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// What text is laid out for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page {
    colour: bool,
}

/// A text in a table.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    text: String,
    style: Style,
    number: bool,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            style: Style::Plain,
            number: false,
        }
    }

    pub(super) fn as_text(&self) -> &str {
        &self.text
    }

    /// A text that is aligned on its right.
    pub(super) fn number(text: impl std::fmt::Display) -> Self {
        Self {
            text: format!("{text}"),
            style: Style::Plain,
            number: true,
        }
    }

    pub(super) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }

    fn padded(&self, width: usize, colour: bool) -> String {
        let space = " ".repeat(width.saturating_sub(self.width()));
        let text = self.style.paint(&self.text, colour);
        if self.number { space + &text } else { text + &space }
    }
}

impl Page {
    /// A page without colours.
    pub(super) const fn plain() -> Self {
        Self { colour: false }
    }

    /// Text in a style.
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        style.paint(text, self.colour)
    }

    /// Rows under headings, each column as wide as it has to be.
    pub(super) fn table(self, headings: &[&str], rows: &[Vec<Cell>]) -> String {
        let number = |column: usize| {
            rows.first()
                .and_then(|row| row.get(column))
                .is_some_and(|cell| cell.number)
        };
        let heading = |(column, text): (usize, &&str)| {
            let cell = if number(column) {
                Cell::number(text)
            } else {
                Cell::new(*text)
            };
            cell.styled(Style::Strong)
        };
        let head: Vec<Cell> = headings.iter().enumerate().map(heading).collect();
        let lines: Vec<&Vec<Cell>> = std::iter::once(&head).chain(rows).collect();
        let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(Cell::width).max();
        let widths: Vec<usize> = (0..headings.len()).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for line in lines {
            let cells = line
                .iter()
                .zip(&widths)
                .map(|(cell, width)| cell.padded(*width, self.colour));
            let cells: Vec<String> = cells.collect();
            push_line(&mut text, cells.join("  ").trim_end());
        }
        text
    }

    /// Names and values below one another. Values without text are left out.
    pub(super) fn details(self, lines: &[(&str, Cell)]) -> String {
        let lines: Vec<_> = lines.iter().filter(|(_, cell)| !cell.text.is_empty()).collect();
        let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, cell) in lines {
            let name = Cell::new(*name).styled(Style::Strong).padded(width, self.colour);
            push_line(
                &mut text,
                &format!("{name}  {}", cell.style.paint(&cell.text, self.colour)),
            );
        }
        text
    }
}

fn push_line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Page = Page { colour: false };

    #[test]
    fn columns_are_aligned_and_lines_end_without_spaces() {
        let rows = [
            vec![Cell::new("lic_1"), Cell::number(7), Cell::new("active")],
            vec![Cell::new("lic_long"), Cell::number(1_000), Cell::new("")],
        ];
        let text = PLAIN.table(&["LICENSE", "SEATS", "STATUS"], &rows);
        assert_eq!(
            text,
            "LICENSE   SEATS  STATUS\nlic_1         7  active\nlic_long   1000\n"
        );
    }

    #[test]
    fn a_table_without_rows_is_its_headings() {
        assert_eq!(PLAIN.table(&["ID", "NAME"], &[]), "ID  NAME\n");
    }

    #[test]
    fn colour_does_not_change_the_alignment() {
        let rows = [vec![Cell::new("up").styled(Style::Good), Cell::new("x")]];
        let text = Page { colour: true }.table(&["STATE", "NODE"], &rows);
        assert!(text.ends_with("\x1b[32mup\x1b[0m     x\n"), "{text:?}");
    }

    #[test]
    fn details_without_a_value_are_left_out() {
        let text = PLAIN.details(&[
            ("id", Cell::new("lic_1")),
            ("ends", Cell::new("")),
            ("seats", Cell::number(3)),
        ]);
        assert_eq!(text, "id     lic_1\nseats  3\n");
    }
}
