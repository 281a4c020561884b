//! A line of a script as words: plain ones, `name=value` ones, and texts in quotation marks.

use std::cell::RefCell;
use std::collections::BTreeSet;

use licensing::time::{At, Span};

/// The words of a line. A word that no command asked for is a mistake in the script, and stops it.
pub(crate) struct Words {
    line: String,
    parts: Vec<String>,
    used: RefCell<BTreeSet<usize>>,
}

impl Words {
    pub(crate) fn of(line: &str) -> Self {
        let mut words = vec![String::new()];
        let mut quotes = 0;
        for character in line.chars() {
            match character {
                '"' => quotes += 1,
                ' ' if quotes % 2 == 0 => words.push(String::new()),
                other => words.last_mut().unwrap().push(other),
            }
        }
        assert!(quotes % 2 == 0, "unfinished quotation: {line}");
        Self {
            line: line.to_owned(),
            parts: words,
            used: RefCell::default(),
        }
    }

    pub(crate) fn command(&self) -> &str {
        self.plain(0)
    }

    /// The plain word at a place, counted without the `name=value` ones.
    pub(crate) fn plain(&self, place: usize) -> &str {
        self.maybe_plain(place)
            .unwrap_or_else(|| panic!("{} lacks word {place}", self.line))
    }

    pub(crate) fn maybe_plain(&self, place: usize) -> Option<&str> {
        let (index, word) = self
            .parts
            .iter()
            .enumerate()
            .filter(|(_, word)| !word.contains('='))
            .nth(place)?;
        self.used.borrow_mut().insert(index);
        Some(word)
    }

    /// The word after a plain word, as in `as s1`.
    pub(crate) fn after(&self, name: &str) -> Option<&str> {
        let index = self.parts.iter().position(|word| word == name)?;
        self.used.borrow_mut().extend([index, index + 1]);
        self.parts.get(index + 1).map(String::as_str)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let with_name = |word: &String| word.split_once('=').is_some_and(|(left, _)| left == name);
        let index = self.parts.iter().position(with_name)?;
        self.used.borrow_mut().insert(index);
        self.parts[index].split_once('=').map(|(_, value)| value)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.value(name)
            .map(|value| value.parse().unwrap_or_else(|_| panic!("{name} in {}", self.line)))
    }

    /// All plain words from a place on.
    pub(crate) fn rest(&self, place: usize) -> Vec<&str> {
        (place..).map_while(|place| self.maybe_plain(place)).collect()
    }

    /// Whether a word stands in the line.
    pub(crate) fn has(&self, name: &str) -> bool {
        let index = self.parts.iter().position(|word| word == name);
        self.used.borrow_mut().extend(index);
        index.is_some()
    }

    pub(crate) fn check_all_used(&self) {
        let used = self.used.borrow();
        let unused: Vec<_> = (0..self.parts.len()).filter(|index| !used.contains(index)).collect();
        assert!(
            unused.is_empty(),
            "nobody asked for {:?} in {}",
            unused.iter().map(|i| &self.parts[*i]).collect::<Vec<_>>(),
            self.line
        );
    }
}

/// A length such as `30s`, `1500ms`, `9m58s`, `24h`, `30d`.
pub(crate) fn span(text: &str) -> Span {
    let mut total = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or_else(|| panic!("{text} lacks a unit"));
        let (number, unit) = rest.split_at(digits);
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let factor = match &unit[..end] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            other => panic!("no unit {other} in {text}"),
        };
        total += number.parse::<u64>().unwrap() * factor;
        rest = &unit[end..];
    }
    Span::from_ms(total)
}

/// A date such as `+30d` or `-1h` from `now`, or none for `never`.
pub(crate) fn date(text: &str, now: At) -> Option<At> {
    match text.split_at(1) {
        ("+", rest) => Some(now.after(span(rest))),
        ("-", rest) => Some(At::from_ms(now.ms() - span(rest).ms())),
        _ if text == "never" => None,
        _ => panic!("{text} is no date"),
    }
}
