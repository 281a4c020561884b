//! One file as the page cache sees it, and what of it the platter has.

use std::collections::BTreeMap;
use std::io;

/// The unit that a disk writes whole or not at all.
pub(super) const SECTOR: usize = 512;

/// What of the unsynced bytes is found after the power is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerLoss {
    /// Nothing that was not synced.
    Nothing,
    /// Some sectors, in any order, each in any version that it had since the last sync: torn and reordered writes.
    Random,
    /// Everything, as after the end of a process whose machine goes on.
    Everything,
}

/// A file.
#[derive(Debug, Clone, Default)]
pub(super) struct Image {
    /// What reads see.
    now: Vec<u8>,
    /// What the last sync made sure of.
    durable: Vec<u8>,
    /// Every version of a sector since the last sync, oldest first.
    unsynced: BTreeMap<usize, Vec<[u8; SECTOR]>>,
    /// Every length since the last sync.
    lengths: Vec<usize>,
}

impl Image {
    pub(super) fn len(&self) -> usize {
        self.now.len()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.now
    }

    pub(super) fn read(&self, offset: usize, out: &mut [u8]) -> io::Result<()> {
        let bytes = self
            .now
            .get(offset..offset.saturating_add(out.len()))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn write(&mut self, offset: usize, data: &[u8]) -> io::Result<()> {
        let end = offset.saturating_add(data.len());
        self.now
            .get_mut(offset..end)
            .ok_or(io::ErrorKind::UnexpectedEof)?
            .copy_from_slice(data);
        self.note(offset, end);
        Ok(())
    }

    pub(super) fn set_len(&mut self, len: usize) {
        let old = self.now.len();
        if len < old {
            // What a later growth would uncover is zeros again, and the platter must learn that too.
            self.now[len..].fill(0);
            self.note(len, old);
        }
        self.now.resize(len, 0);
        self.lengths.push(len);
    }

    /// What was written since the last sync reaches the platter.
    pub(super) fn sync(&mut self) {
        self.durable.resize(self.now.len(), 0);
        for sector in self.unsynced.keys() {
            let from = sector * SECTOR;
            let to = (from + SECTOR).min(self.now.len());
            if from < to {
                self.durable[from..to].copy_from_slice(&self.now[from..to]);
            }
        }
        self.forget();
    }

    /// A failed sync as Linux does it: the pages count as clean, the platter never got them.
    pub(super) fn fail_sync(&mut self) {
        self.forget();
    }

    /// Changes a bit behind everybody's back, on the platter too.
    pub(super) fn flip(&mut self, bit: usize) {
        for bytes in [&mut self.now, &mut self.durable] {
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
        }
    }

    /// What is found after the power is back, and how many sectors were lost.
    pub(super) fn survivor(&self, mode: PowerLoss, draw: &mut dyn FnMut(usize) -> usize) -> (Self, u64) {
        let len = match mode {
            PowerLoss::Nothing => self.durable.len(),
            PowerLoss::Everything => self.now.len(),
            PowerLoss::Random => match draw(self.lengths.len() + 1) {
                0 => self.durable.len(),
                nth => self.lengths[nth - 1],
            },
        };
        let mut bytes = self.durable.clone();
        bytes.resize(len, 0);
        let mut lost = 0;
        for (sector, versions) in &self.unsynced {
            let kept = match mode {
                PowerLoss::Nothing => 0,
                PowerLoss::Everything => versions.len(),
                // As likely lost as kept, however often it was written.
                PowerLoss::Random => draw(2) * (1 + draw(versions.len())),
            };
            if kept < versions.len() {
                lost += 1;
            }
            if kept > 0 {
                place(&mut bytes, *sector, &versions[kept - 1]);
            }
        }
        let image = Self {
            durable: bytes.clone(),
            now: bytes,
            ..Self::default()
        };
        (image, lost)
    }

    fn note(&mut self, start: usize, end: usize) {
        for sector in start / SECTOR..end.div_ceil(SECTOR) {
            let mut bytes = [0; SECTOR];
            let from = sector * SECTOR;
            let to = (from + SECTOR).min(self.now.len());
            bytes[..to - from].copy_from_slice(&self.now[from..to]);
            self.unsynced.entry(sector).or_default().push(bytes);
        }
    }

    fn forget(&mut self) {
        self.unsynced.clear();
        self.lengths.clear();
    }
}

fn place(bytes: &mut [u8], sector: usize, version: &[u8; SECTOR]) {
    let from = sector * SECTOR;
    let to = (from + SECTOR).min(bytes.len());
    if from < to {
        bytes[from..to].copy_from_slice(&version[..to - from]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(parts: &[(usize, &[u8])]) -> Image {
        let mut image = Image::default();
        image.set_len(2048);
        image.sync();
        for (offset, data) in parts {
            image.write(*offset, data).expect("the file is long enough");
        }
        image
    }

    #[test]
    fn unsynced_sectors_are_lost_one_by_one() {
        let image = written(&[(0, &[1; 1024])]);
        let mut answers = [0, 1, 0].into_iter();
        let (after, lost) = image.survivor(PowerLoss::Random, &mut |below| {
            answers.next().unwrap_or(0).min(below - 1)
        });
        assert_eq!(lost, 1);
        assert_eq!((after.bytes()[0], after.bytes()[512]), (1, 0));
    }

    #[test]
    fn synced_bytes_survive_every_mode() {
        let mut image = written(&[(100, b"kept")]);
        image.sync();
        for mode in [PowerLoss::Nothing, PowerLoss::Random, PowerLoss::Everything] {
            let (after, lost) = image.survivor(mode, &mut |_| 0);
            assert_eq!((&after.bytes()[100..104], lost), (&b"kept"[..], 0), "{mode:?}");
        }
    }

    #[test]
    fn an_older_version_of_a_sector_may_be_the_one_that_survives() {
        let image = written(&[(0, b"old"), (0, b"new")]);
        let mut answers = [0, 1, 0].into_iter();
        let (after, _) = image.survivor(PowerLoss::Random, &mut |_| answers.next().unwrap_or(0));
        assert_eq!(&after.bytes()[..3], b"old");
    }

    #[test]
    fn a_failed_sync_leaves_the_bytes_readable_and_never_durable() {
        let mut image = written(&[(0, b"gone")]);
        image.fail_sync();
        image.set_len(2048);
        assert_eq!(&image.bytes()[..4], b"gone");
        assert_eq!(
            &image.survivor(PowerLoss::Everything, &mut |_| 0).0.bytes()[..4],
            &[0; 4]
        );
    }

    #[test]
    fn what_a_failed_sync_lost_is_not_made_durable_by_the_next() {
        let mut image = written(&[(0, b"gone")]);
        image.fail_sync();
        image.write(1024, b"kept").expect("the file is long enough");
        image.sync();
        let after = image.survivor(PowerLoss::Everything, &mut |_| 0).0;
        assert_eq!(
            (&after.bytes()[..4], &after.bytes()[1024..1028]),
            (&[0; 4][..], &b"kept"[..])
        );
    }

    #[test]
    fn a_cut_and_regrown_file_reads_zeros_also_after_a_sync() {
        let mut image = written(&[(1024, &[7; 512])]);
        image.sync();
        image.set_len(512);
        image.set_len(2048);
        image.sync();
        assert_eq!(image.survivor(PowerLoss::Nothing, &mut |_| 0).0.bytes(), &[0; 2048]);
    }
}
