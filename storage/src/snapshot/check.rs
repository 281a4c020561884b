//! Reading a snapshot and holding it to what it says about itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use licensing::ledger::Ledger;
use licensing::row::Row;

use super::format::{Frame, Header, Position};
use crate::checkpoint::{self, SealedRows, Section};
use crate::disk::File;
use crate::error::Error;

/// The frames of a snapshot behind its header, until the end frame has been reached and everything fits.
pub(super) struct CheckedRows {
    file: Arc<dyn File>,
    name: String,
    header: Header,
    position: Position,
    counts: BTreeMap<u8, u64>,
    /// The section and key before, which the next ones must follow.
    last: Option<(Section, Vec<u8>)>,
    finished: bool,
}

impl CheckedRows {
    /// Reads the header.
    pub(super) fn open(file: Arc<dyn File>, name: &str) -> Result<Self, Error> {
        let mut position = Position::default();
        let (Frame::Header(header), _) = position.read(&*file, name)? else {
            return Err(Error::corrupt(name, "it does not begin with a header"));
        };
        if let Some((number, _)) = header
            .counts
            .iter()
            .find(|(number, _)| Section::from_number(*number).is_none())
        {
            return Err(Error::NewerFormat {
                file: name.to_owned(),
                what: format!("the section {number}"),
            });
        }
        Ok(Self {
            file,
            name: name.to_owned(),
            header,
            position,
            counts: no_rows(),
            last: None,
            finished: false,
        })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    fn next_rows(&mut self) -> Result<Option<SealedRows>, Error> {
        match self.position.read(&*self.file, &self.name)? {
            (Frame::Rows(rows), _) => {
                self.count(&rows)?;
                Ok(Some(rows))
            }
            (Frame::End { frames }, _) => self.check_end(frames).map(|()| None),
            (Frame::Header(_), _) => Err(self.corrupt("it has a second header")),
        }
    }

    fn count(&mut self, SealedRows { section, rows }: &SealedRows) -> Result<(), Error> {
        for (key, sealed) in rows {
            section.open(&self.name, key, sealed)?;
            let place = (*section, key.clone());
            if self.last.as_ref().is_some_and(|last| *last >= place) {
                return Err(self.corrupt("its rows are not in order"));
            }
            self.last = Some(place);
        }
        *self.counts.entry(section.number()).or_default() += rows.len() as u64;
        Ok(())
    }

    fn check_end(&self, frames: u64) -> Result<(), Error> {
        // A section that an older version did not have yet is as good as an empty one.
        let mut promised = no_rows();
        promised.extend(self.header.counts.iter().copied());
        if promised != self.counts {
            return Err(self.corrupt("it does not have as many rows as its header says"));
        }
        if frames.checked_add(1) != Some(self.position.number) {
            return Err(self.corrupt("it does not have as many frames as its end says"));
        }
        let len = self
            .file
            .len()
            .map_err(|source| Error::io(&self.name, "read", source))?;
        if len != self.position.offset {
            return Err(self.corrupt("it goes on behind its end"));
        }
        Ok(())
    }

    fn corrupt(&self, what: &str) -> Error {
        Error::corrupt(&self.name, what)
    }
}

impl Iterator for CheckedRows {
    type Item = Result<SealedRows, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let next = self.next_rows().transpose();
        self.finished = !matches!(next, Some(Ok(_)));
        next
    }
}

fn no_rows() -> BTreeMap<u8, u64> {
    Section::all().map(|section| (section.number(), 0)).collect()
}

/// Checks every frame and every count.
pub(super) fn check(file: Arc<dyn File>, name: &str) -> Result<Header, Error> {
    let mut rows = CheckedRows::open(file, name)?;
    rows.try_for_each(|part| part.map(drop))?;
    Ok(rows.header)
}

/// Checks every frame and every count, builds the ledger and compares its digest.
pub(super) fn ledger(file: Arc<dyn File>, name: &str) -> Result<Ledger, Error> {
    let parts = CheckedRows::open(file, name)?;
    let mark = parts.header().mark.clone();
    let rows = parts.flat_map(|part| match part {
        Ok(part) => decoded(name, part),
        Err(error) => vec![Err(error)],
    });
    checkpoint::ledger(name, &mark, rows)
}

fn decoded(name: &str, SealedRows { section, rows }: SealedRows) -> Vec<Result<Row, Error>> {
    rows.iter()
        .map(|(key, sealed)| section.read(name, key, sealed))
        .filter(|row| row.is_err() || matches!(section, Section::Ledger(_)))
        .collect()
}
