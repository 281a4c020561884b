//! The envelope around everything that is stored: which kind, which version of it, how long, and a checksum that also
//! covers the key it is stored under. So a flipped bit shows, and so does a sound value in the wrong place.
//!
//! ```text
//! version u8 | kind u8 | payload length u32 | crc32 u32 | payload        integers little-endian
//! crc32 = CRC-32/ISO-HDLC of version, kind, length, key, payload
//! ```
//!
//! The header's layout never changes. A payload's layout changes only together with its kind's version, and the old
//! version is still read: the frozen bytes below and the directories in `tests/fixtures/` hold us to it.

use crate::error::Error;

/// Bytes before the payload.
pub(crate) const HEADER: usize = 10;

/// The newest version of every kind. A kind that moves on gets a version of its own here.
const VERSION: u8 = 1;

/// What an envelope holds. A number is never used again for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// One entry of the raft log, stored under its index.
    LogEntry = 1,
    /// The raft vote.
    Vote = 2,
    /// How far the log is known to be committed.
    Committed = 3,
    /// How far the log was purged.
    Purged = 4,
    /// One row of the ledger, stored under its table and key.
    Row = 5,
    /// One leaf of the audit, stored under its index.
    AuditLeaf = 6,
    /// One license's closed hour of usage, stored under license and hour.
    UsageHour = 7,
    /// What a checkpoint is a checkpoint of.
    Checkpoint = 8,
    /// The first frame of a snapshot.
    SnapshotHeader = 9,
    /// Some rows of one table in a snapshot.
    SnapshotRows = 10,
    /// The last frame of a snapshot.
    SnapshotEnd = 11,
    /// Which audit leaves there are.
    AuditExtent = 12,
    /// Which closed hours of usage there are, stored under license and chunk of hours.
    UsageIndex = 13,
    /// That an audit leaf is about a topic, stored under topic and index.
    TopicEntry = 14,
    /// How many audit leaves are about a topic, stored under the topic.
    TopicEnd = 15,
    /// The hash of audit leaves that were dropped, stored under the index of the first.
    AuditGone = 16,
    /// How far the dropping of history has come.
    Dropping = 17,
}

/// Why an envelope was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    /// There are fewer bytes than an envelope has.
    #[error("it is cut short")]
    Short,
    /// The checksum does not fit version, kind, key and payload.
    #[error("its checksum does not fit")]
    Checksum,
    /// It is sound, but holds something else.
    #[error("it holds something else (kind {0})")]
    Kind(u8),
    /// It is sound, and newer than this code.
    #[error("it has version {0}")]
    Version(u8),
}

impl Broken {
    /// Names the file and the part of it.
    pub(crate) fn of(&self, file: &str, part: &str) -> Error {
        match self {
            Self::Version(found) => Error::NewerFormat {
                file: file.to_owned(),
                what: format!("version {found} of {part}"),
            },
            other => Error::corrupt(file, format!("{part}: {other}")),
        }
    }
}

/// The size of an envelope around `payload`.
pub(crate) const fn sealed_len(payload: &[u8]) -> usize {
    HEADER + payload.len()
}

/// Puts `payload` into an envelope.
pub(crate) fn seal(kind: Kind, key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; sealed_len(payload)];
    seal_into(kind, key, payload, &mut bytes);
    bytes
}

/// Writes an envelope to `out`, which is [`sealed_len`] long.
pub(crate) fn seal_into(kind: Kind, key: &[u8], payload: &[u8], out: &mut [u8]) {
    let length = u32::try_from(payload.len()).expect("no stored value comes near 4 GiB");
    out[0] = VERSION;
    out[1] = kind as u8;
    out[2..6].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(&out[..6], key, payload);
    out[6..HEADER].copy_from_slice(&sum.to_le_bytes());
    out[HEADER..].copy_from_slice(payload);
}

/// Takes the payload out of an envelope that holds `kind` and was stored under `key`.
pub(crate) fn open<'a>(kind: Kind, key: &[u8], bytes: &'a [u8]) -> Result<&'a [u8], Broken> {
    let (header, payload) = bytes.split_at_checked(HEADER).ok_or(Broken::Short)?;
    if payload_len(header) != Some(payload.len()) {
        return Err(Broken::Short);
    }
    if header[6..] != checksum(&header[..6], key, payload).to_le_bytes() {
        return Err(Broken::Checksum);
    }
    match (header[0], header[1]) {
        (VERSION, found) if found == kind as u8 => Ok(payload),
        (VERSION, found) => Err(Broken::Kind(found)),
        (version, _) => Err(Broken::Version(version)),
    }
}

/// How long the payload after `header` says it is. `None` if that is no header.
pub(crate) fn payload_len(header: &[u8]) -> Option<usize> {
    let length = header.get(2..6)?.try_into().ok()?;
    usize::try_from(u32::from_le_bytes(length)).ok()
}

/// Puts `payload` into an envelope of any version and kind.
#[cfg(feature = "fuzzing")]
pub(crate) fn seal_as(version_and_kind: [u8; 2], key: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut sealed = seal(Kind::Row, key, payload);
    sealed[..2].copy_from_slice(&version_and_kind);
    let sum = checksum(&sealed[..6], key, payload);
    sealed[6..HEADER].copy_from_slice(&sum.to_le_bytes());
    sealed
}

fn checksum(head: &[u8], key: &[u8], payload: &[u8]) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    sum.update(head);
    sum.update(key);
    sum.update(payload);
    sum.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_flipped_bit_shows() {
        let sealed = seal(Kind::Row, b"key", b"a payload of some length");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(Kind::Row, b"key", &flipped).is_err(), "bit {bit}");
        }
        assert_eq!(open(Kind::Row, b"key", &sealed), Ok(&b"a payload of some length"[..]));
    }

    #[test]
    fn a_sound_value_under_another_key_is_refused() {
        let sealed = seal(Kind::LogEntry, &7_u64.to_be_bytes(), b"entry");
        assert_eq!(
            open(Kind::LogEntry, &8_u64.to_be_bytes(), &sealed),
            Err(Broken::Checksum)
        );
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        let sealed = seal(Kind::Vote, b"", b"vote");
        assert_eq!(open(Kind::Committed, b"", &sealed), Err(Broken::Kind(Kind::Vote as u8)));
    }

    #[test]
    fn a_newer_version_is_named_and_not_called_damage() {
        let mut newer = seal(Kind::Vote, b"", b"vote");
        newer[0] = 9;
        let sum = checksum(&newer[..6], b"", b"vote");
        newer[6..HEADER].copy_from_slice(&sum.to_le_bytes());
        let error = open(Kind::Vote, b"", &newer)
            .map(<[u8]>::len)
            .map_err(|broken| broken.of("raft-log.redb", "vote"));
        assert!(matches!(error, Err(Error::NewerFormat { what, .. }) if what == "version 9 of vote"));
    }

    #[test]
    fn every_cut_of_an_envelope_is_refused() {
        let sealed = seal(Kind::AuditLeaf, b"", b"leaf");
        for length in 0..sealed.len() {
            assert_eq!(
                open(Kind::AuditLeaf, b"", &sealed[..length]),
                Err(Broken::Short),
                "{length}"
            );
        }
    }

    #[test]
    fn the_bytes_of_every_kind_are_frozen() {
        let frozen = [
            (Kind::LogEntry, "010103000000a19e7a25616263"),
            (Kind::Vote, "010203000000a0f898bc616263"),
            (Kind::Committed, "0103030000006027167d616263"),
            (Kind::Purged, "010403000000e3322d54616263"),
            (Kind::Row, "01050300000023eda395616263"),
            (Kind::AuditLeaf, "010603000000228b410c616263"),
            (Kind::UsageHour, "010703000000e254cfcd616263"),
            (Kind::Checkpoint, "01080300000024a0375e616263"),
            (Kind::SnapshotHeader, "010903000000e47fb99f616263"),
            (Kind::SnapshotRows, "010a03000000e5195b06616263"),
            (Kind::SnapshotEnd, "010b0300000025c6d5c7616263"),
            (Kind::AuditExtent, "010c03000000a6d3eeee616263"),
            (Kind::UsageIndex, "010d03000000660c602f616263"),
            (Kind::TopicEntry, "010e03000000676a82b6616263"),
            (Kind::TopicEnd, "010f03000000a7b50c77616263"),
            (Kind::AuditGone, "011003000000aa85024a616263"),
            (Kind::Dropping, "0111030000006a5a8c8b616263"),
        ];
        let written = frozen.map(|(kind, _)| (kind, hex(&seal(kind, b"key", b"abc"))));
        assert_eq!(written, frozen.map(|(kind, bytes)| (kind, bytes.to_owned())));
    }

    fn hex(bytes: &[u8]) -> String {
        bytes
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}
