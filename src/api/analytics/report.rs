//! A figure on its way out: as JSON, or as a table that spreadsheets read (RFC 4180).

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::AboutFigure;

/// In which form a figure is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// An object.
    #[default]
    Json,
    /// A table with a row of names.
    Csv,
}

/// A body that is also a table.
pub(crate) trait Table {
    /// The names of its columns.
    const COLUMNS: &'static [&'static str];

    /// Its rows, each with a text for each column.
    fn rows(&self) -> Vec<Vec<String>>;

    /// The period that each row is of as a whole, where rows do not say so themselves. It has columns at the end.
    fn period(&self) -> Option<&AboutFigure> {
        None
    }
}

/// A figure in the form that was asked for.
#[derive(Debug)]
pub(crate) struct Report<T> {
    format: Format,
    name: &'static str,
    body: T,
}

impl<T> Report<T> {
    /// A figure; `name` is what its file is called.
    pub(super) const fn of(format: Format, name: &'static str, body: T) -> Self {
        Self { format, name, body }
    }
}

impl<T: Serialize + Table> IntoResponse for Report<T> {
    fn into_response(self) -> Response {
        if self.format == Format::Json {
            return Json(self.body).into_response();
        }
        let (mut columns, mut rows) = (T::COLUMNS.to_vec(), self.body.rows());
        if let Some(about) = self.body.period() {
            columns.extend(AboutFigure::COLUMNS);
            for row in &mut rows {
                row.extend(about.cells());
            }
        }
        let mut response = csv(&columns, &rows).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        let file = format!("attachment; filename=\"{}.csv\"", self.name);
        if let Ok(file) = HeaderValue::try_from(file) {
            headers.insert(CONTENT_DISPOSITION, file);
        }
        response
    }
}

fn csv(columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = columns.join(",");
    text.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell as spreadsheets read it. What clients say of themselves may look like a formula, which it must not become.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err();
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_row_of_names_and_cells_that_are_read_as_they_were_meant() {
        let rows = [
            vec!["plain".to_owned(), "a, b".to_owned()],
            vec!["say \"x\"".to_owned(), "two\nlines".to_owned()],
            vec!["=1+1".to_owned(), "-1.5".to_owned()],
        ];
        let expected = "one,two\r\nplain,\"a, b\"\r\n\"say \"\"x\"\"\",\"two\nlines\"\r\n'=1+1,-1.5\r\n";
        assert_eq!(csv(&["one", "two"], &rows), expected);
    }
}
