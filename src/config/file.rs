//! Reading the TOML file, with the line of everything that stands in it.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::settings::{self, Setting};
use super::sources::{Given, Origin};
use super::values::Spelling;

/// Takes every setting of the file's text, and notes what is wrong with where it stands.
pub(super) fn read_toml(path: &Path, text: &str, given: &mut Given, errors: &mut Vec<ConfigError>) {
    let place = |span: Range<usize>| line_and_column(text, span.start);
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let (line, column) = error.span().map_or((1, 1), place);
            let message = error.message().to_owned();
            return errors.push(ConfigError::Syntax {
                path: path.to_owned(),
                line,
                column,
                message,
            });
        }
    };
    let origin = |span: Range<usize>| Origin::File {
        path: path.to_owned(),
        line: place(span).0,
    };
    for (section, content) in table.get_ref() {
        let Some(known) = settings::SECTIONS.iter().find(|known| known.name == section.get_ref()) else {
            let names = settings::SECTIONS.iter().map(|known| known.name.to_owned());
            errors.push(ConfigError::unknown(section.get_ref(), origin(section.span()), names));
            continue;
        };
        let DeValue::Table(keys) = content.get_ref() else {
            let allowed = format!("a section: [{}] on a line of its own, its settings below", known.name);
            let value = bare(content).unwrap_or_else(|| "not a section".to_owned());
            errors.push(ConfigError::bad_value(
                known.name.to_owned(),
                &value,
                origin(content.span()),
                allowed,
            ));
            continue;
        };
        for (name, value) in keys {
            let origin = origin(name.span());
            let Some(setting) = known.settings.iter().find(|setting| setting.name == name.get_ref()) else {
                let key = format!("{}.{}", known.name, name.get_ref());
                errors.push(ConfigError::unknown(&key, origin, settings::all().map(Setting::key)));
                continue;
            };
            if let Some(text) = of_spelling(value.get_ref(), setting.spelling) {
                given.set(setting, text, origin);
            } else {
                let value = bare(value).unwrap_or_else(|| "a list or table".to_owned());
                errors.push(ConfigError::bad_value(setting.key(), &value, origin, in_toml(setting)));
            }
        }
    }
}

fn in_toml(setting: &Setting) -> String {
    let quotes = if setting.spelling == Spelling::Text {
        ", in quotes"
    } else {
        ", without quotes"
    };
    (setting.allowed)() + quotes
}

fn of_spelling(value: &DeValue<'_>, spelling: Spelling) -> Option<String> {
    match (value, spelling) {
        (DeValue::String(text), Spelling::Text) => Some(text.to_string()),
        (DeValue::Integer(number), Spelling::Number) => u64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(|number| number.to_string()),
        _ => None,
    }
}

/// A value as it is best shown in an error.
fn bare(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        DeValue::Datetime(value) => Some(value.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}
