//! The bytes of a snapshot: frames in envelopes, each sealed with its number, so that none can be missing, doubled or in
//! another's place.
//!
//! ```text
//! 0      header   what the snapshot is of, and how many rows each section has
//! 1…     rows     section u8 | rows u32 | per row: key length u8, key, row length u32, row in its own envelope
//! last   end      how many frames there were before, u64
//! ```
//!
//! Sections come in their order, rows in key order. Audit leaves are not in it: the ledger's meta row carries the audit
//! tree's edge, and the leaves from before can follow in segments named by their hash, from any peer. Such frames will
//! be of a new kind, and a header of a new version will list them.

use licensing::digest::Digest;
use licensing::id::ClusterId;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Mark, SealedRows, Section};
use crate::codec::{self, HEADER, Kind};
use crate::disk::File;
use crate::error::{Context, Error};

/// About how many bytes of rows go into a frame: enough to be quick, little enough to be held many times.
pub(super) const FRAME_BYTES: usize = 256 << 10;

/// A frame longer than this is no frame. One row may be longer than [`FRAME_BYTES`], but not by this much.
const FRAME_BYTES_MAX: usize = 64 << 20;

/// What a snapshot is of. A layout is never edited: a changed one gets the next version of its envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The cluster, once it is founded.
    pub(super) cluster: Option<ClusterId>,
    /// What the rows are as of, with the digest they add up to.
    pub(super) mark: Mark,
    /// Every section's number and count of rows, in their order.
    pub(super) counts: Vec<(u8, u64)>,
}

impl Header {
    pub(super) fn digest(&self) -> Digest {
        Digest::from_bytes(self.mark.digest)
    }
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    Header(Header),
    Rows(SealedRows),
    End {
        /// How many frames there were before this one.
        frames: u64,
    },
}

impl Frame {
    /// The frame's bytes in the place with this number.
    pub(super) fn seal(&self, number: u64) -> Vec<u8> {
        let (kind, payload) = match self {
            Self::Header(header) => {
                let payload = postcard::to_stdvec(header);
                (
                    Kind::SnapshotHeader,
                    payload.expect("the header is plain data, which postcard takes"),
                )
            }
            Self::Rows(rows) => (Kind::SnapshotRows, encode_rows(rows)),
            Self::End { frames } => (Kind::SnapshotEnd, frames.to_le_bytes().to_vec()),
        };
        codec::seal(kind, &number.to_be_bytes(), &payload)
    }

    /// Reads the frame that stands in the place with this number.
    fn open(file: &str, number: u64, sealed: &[u8]) -> Result<Self, Error> {
        let part = format!("frame {number}");
        let malformed = || Error::corrupt(file, format!("{part} is malformed"));
        let open = |kind| codec::open(kind, &number.to_be_bytes(), sealed).map_err(|broken| broken.of(file, &part));
        match sealed.get(1) {
            Some(kind) if *kind == Kind::SnapshotHeader as u8 => {
                let payload = open(Kind::SnapshotHeader)?;
                postcard::from_bytes(payload).map(Self::Header).map_err(|_| malformed())
            }
            Some(kind) if *kind == Kind::SnapshotEnd as u8 => {
                let frames = open(Kind::SnapshotEnd)?.try_into().map_err(|_| malformed())?;
                Ok(Self::End {
                    frames: u64::from_le_bytes(frames),
                })
            }
            _ => decode_rows(open(Kind::SnapshotRows)?)
                .map(Self::Rows)
                .ok_or_else(malformed),
        }
    }
}

pub(super) fn encode_rows(SealedRows { section, rows }: &SealedRows) -> Vec<u8> {
    let count = u32::try_from(rows.len()).expect("a frame has far fewer rows than 4 billion");
    let mut payload = vec![section.number()];
    payload.extend(count.to_le_bytes());
    for (key, row) in rows {
        payload.push(u8::try_from(key.len()).expect("no key is longer than 32 bytes"));
        payload.extend(key);
        payload.extend(u32::try_from(row.len()).expect("no row comes near 4 GiB").to_le_bytes());
        payload.extend(row);
    }
    payload
}

pub(super) fn decode_rows(mut payload: &[u8]) -> Option<SealedRows> {
    let section = Section::from_number(take_byte(&mut payload)?)?;
    let count = take_length(&mut payload)?;
    let mut rows = Vec::new();
    for _ in 0..count {
        let key = usize::from(take_byte(&mut payload)?);
        let key = take(&mut payload, key)?.to_vec();
        let row = take_length(&mut payload)?;
        rows.push((key, take(&mut payload, row)?.to_vec()));
    }
    payload.is_empty().then_some(SealedRows { section, rows })
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    take(bytes, 1).map(|taken| taken[0])
}

fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    let taken = take(bytes, 4)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(taken)).ok()
}

/// Where the next frame goes, or comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Position {
    pub(super) offset: u64,
    pub(super) number: u64,
}

impl Position {
    /// Writes a frame and moves behind it.
    pub(super) fn write(&mut self, file: &dyn File, name: &str, frame: &Frame) -> Result<(), Error> {
        let sealed = frame.seal(self.number);
        self.offset = append(file, name, self.offset, &sealed)?;
        self.number += 1;
        Ok(())
    }

    /// Reads a frame with its bytes and moves behind it.
    pub(super) fn read(&mut self, file: &dyn File, name: &str) -> Result<(Frame, Vec<u8>), Error> {
        let cut_short = || Error::corrupt(name, format!("it ends before frame {} does", self.number));
        let left = file.len().context(name, "read")?.saturating_sub(self.offset);
        let mut header = [0; HEADER];
        if left < HEADER as u64 {
            return Err(cut_short());
        }
        file.read_at(self.offset, &mut header).context(name, "read")?;
        let length = codec::payload_len(&header).map_or(usize::MAX, |payload| HEADER.saturating_add(payload));
        if length > FRAME_BYTES_MAX || length as u64 > left {
            return Err(cut_short());
        }
        let mut sealed = vec![0; length];
        file.read_at(self.offset, &mut sealed).context(name, "read")?;
        let frame = Frame::open(name, self.number, &sealed)?;
        self.offset += length as u64;
        self.number += 1;
        Ok((frame, sealed))
    }
}

/// Writes behind what there is; gives the new end.
pub(super) fn append(file: &dyn File, name: &str, end: u64, bytes: &[u8]) -> Result<u64, Error> {
    let new_end = end + bytes.len() as u64;
    file.set_len(new_end).context(name, "extend")?;
    file.write_at(end, bytes).context(name, "write")?;
    Ok(new_end)
}

#[cfg(test)]
mod tests {
    use licensing::row::Table;

    use super::*;

    fn frames() -> [Frame; 3] {
        let mark = Mark {
            applied_index: 7,
            applied: vec![1, 2],
            membership: vec![3],
            digest: [4; 32],
        };
        let cluster = Some(ClusterId::from_bytes([5; 16]));
        let rows = vec![(vec![6; 2], vec![7; 3]), (vec![8], vec![])];
        [
            Frame::Header(Header {
                cluster,
                mark,
                counts: vec![(0, 1), (128, 300)],
            }),
            Frame::Rows(SealedRows {
                section: Section::Ledger(Table::Nodes),
                rows,
            }),
            Frame::End { frames: 2 },
        ]
    }

    #[test]
    fn the_bytes_of_every_frame_are_frozen() {
        let frozen = [
            "01093d000000505dc71c01050505050505050505050505050505050702010201030404040404040404040404040404040404\
             04040404040404040404040404040402000180ac02",
            "010a150000007bb35fe80a0200000002060603000000070707010800000000",
            "010b08000000399b68290200000000000000",
        ];
        let written = frames().map(|frame| {
            frame
                .seal(1)
                .iter()
                .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
        });
        assert_eq!(written, frozen);
    }

    #[test]
    fn a_frame_reads_back_in_its_place_only() {
        for frame in frames() {
            let sealed = frame.seal(3);
            assert_eq!(Frame::open("snap", 3, &sealed).expect("it is sound"), frame);
            assert!(matches!(Frame::open("snap", 4, &sealed), Err(Error::Corrupt { .. })));
        }
    }

    #[test]
    fn rows_that_claim_more_than_there_is_are_malformed() {
        let payload = encode_rows(&SealedRows {
            section: Section::ClosedUsage,
            rows: vec![(vec![1], vec![2])],
        });
        for length in 0..payload.len() {
            assert_eq!(decode_rows(&payload[..length]), None, "{length}");
        }
        let more = [&payload[..], &[0]].concat();
        assert_eq!(decode_rows(&more), None);
    }
}
