//! The doors of snapshots: a stream read as its receiver reads it, and one whose checksums are made to fit.

use std::sync::Arc;

use licensing::digest::Digest;
use licensing::ledger::Ledger;

use super::check;
use super::format::{Header, Position, decode_rows, encode_rows};
use crate::checkpoint::{SealedRows, Section};
use crate::codec::{self, HEADER};
use crate::disk::File;
use crate::error::Error;
use crate::fuzzing::{Bytes, again};

const NAME: &str = "snap";

/// A snapshot that passed every check that a receiver makes.
#[derive(Debug)]
pub struct Received {
    /// What a sender of the same frames would send.
    pub again: Vec<u8>,
    /// The digest that it promises.
    pub promised: Digest,
    /// The ledger in it, if its rows make one.
    pub ledger: Result<Ledger, Error>,
}

/// Reads a snapshot as its receiver does.
pub fn receive(stream: &[u8]) -> Result<Received, Error> {
    let file: Arc<dyn File> = Arc::new(Bytes(stream.to_vec()));
    let header = check::check(Arc::clone(&file), NAME)?;
    let (mut again, mut position) = (Vec::new(), Position::default());
    while position.offset < stream.len() as u64 {
        let number = position.number;
        let (frame, _) = position.read(&*file, NAME)?;
        again.extend(frame.seal(number));
    }
    Ok(Received {
        again,
        promised: header.digest(),
        ledger: check::ledger(file, NAME),
    })
}

/// Makes the checksums, the counts and the digest fit, and nothing else, in what might be a snapshot. A change of a
/// single byte would come no further than the checksum otherwise.
pub fn mend(stream: &[u8]) -> Vec<u8> {
    let frames = frames(stream);
    let mut counts: Vec<(u8, u64)> = Section::all().map(|section| (section.number(), 0)).collect();
    let mut ledger = Vec::new();
    for rows in frames.iter().filter_map(|(_, payload)| decode_rows(payload)) {
        let found = counts
            .iter_mut()
            .find(|(number, _)| *number == rows.section.number())
            .expect("every section is counted");
        found.1 += rows.rows.len() as u64;
        ledger.extend(rows.rows.iter().filter_map(|(key, sealed)| {
            let row = rows.section.read(NAME, key, sealed).ok()?;
            matches!(rows.section, Section::Ledger(_)).then_some(row)
        }));
    }
    let digest = Ledger::from_rows(ledger).ok().map(|ledger| *ledger.digest().as_bytes());
    let mut mended = Vec::new();
    for (number, (head, payload)) in frames.into_iter().enumerate() {
        let fitting = match postcard::from_bytes::<Header>(&payload) {
            Ok(mut header) if number == 0 => {
                header.counts.clone_from(&counts);
                header.mark.digest = digest.unwrap_or(header.mark.digest);
                postcard::to_stdvec(&header).expect("the header is plain data, which postcard takes")
            }
            _ => payload,
        };
        mended.extend(codec::seal_as(head, &(number as u64).to_be_bytes(), &fitting));
    }
    mended
}

/// The frames of a stream, as far as their lengths lead: version and kind, and the payload with every row in it sealed.
fn frames(stream: &[u8]) -> Vec<([u8; 2], Vec<u8>)> {
    let (mut frames, mut rest) = (Vec::new(), stream);
    while let Some((header, behind)) = rest.split_at_checked(HEADER) {
        let length = codec::payload_len(header).unwrap_or_default();
        let Some((payload, next)) = behind.split_at_checked(length) else {
            break;
        };
        let sealed = decode_rows(payload).map(|rows| encode_rows(&seal_rows(rows)));
        frames.push(([header[0], header[1]], sealed.unwrap_or_else(|| payload.to_vec())));
        rest = next;
    }
    frames
}

fn seal_rows(SealedRows { section, rows }: SealedRows) -> SealedRows {
    let seal = |(key, sealed): (Vec<u8>, Vec<u8>)| match sealed.get(HEADER..) {
        Some(row) if key.len() <= 32 => {
            let row = section.seal(&key, row);
            (key, row)
        }
        _ => (key, sealed),
    };
    let rows = rows.into_iter().map(seal).collect();
    SealedRows { section, rows }
}

/// Reads a snapshot's header, and gives the one that says the same.
pub(crate) fn header_again(payload: &[u8]) -> Option<Vec<u8>> {
    again::<Header>(payload)
}

/// Reads the rows of a frame, and gives those that say the same.
pub(crate) fn rows_again(payload: &[u8]) -> Option<Vec<u8>> {
    decode_rows(payload).map(|rows| encode_rows(&rows))
}
