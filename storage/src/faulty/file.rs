//! The faulty disk as the rest of the crate sees it.

use std::io;

use super::image::{Image, SECTOR};
use super::{Call, FaultyDisk};
use crate::disk::{Disk, File, Lane, Work};

impl Disk for FaultyDisk {
    fn open(&self, name: &str) -> io::Result<Box<dyn File>> {
        let known = self.state().names.get(name).copied();
        let file = if let Some(file) = known {
            file
        } else {
            self.change_names(|state| {
                let file = state.images.len();
                state.images.push(Image::default());
                state.names.insert(name.to_owned(), file);
                Ok(())
            })?;
            self.sync_names()?;
            self.state().names[name]
        };
        Ok(Box::new(FaultyFile {
            disk: self.clone(),
            file,
        }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.allow(Call::Read)?;
        Ok(state.names.keys().cloned().collect())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.change_names(|state| {
            let file = state.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
            state.names.insert(to.to_owned(), file);
            state.remember(Call::Names, file, 0, to.as_bytes());
            Ok(())
        })?;
        self.sync_names()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.change_names(|state| {
            let file = state.names.remove(name).ok_or(io::ErrorKind::NotFound)?;
            state.remember(Call::Names, file, 1, name.as_bytes());
            Ok(())
        })
    }

    fn boot_id(&self) -> io::Result<String> {
        Ok(self.state().boot.to_string())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let state = self.state();
        Ok(state.capacity.unwrap_or(u64::MAX).saturating_sub(state.used()))
    }

    fn perform(&self, lane: Lane, work: Work) {
        let mut state = self.state();
        let queue = state.lanes.entry(lane).or_default();
        queue.queued.push_back(work);
        if !std::mem::replace(&mut queue.busy, true) {
            tokio::spawn(self.clone().work_off(lane));
        }
    }
}

/// An open file of the disk; it stays this file when its name goes to another.
#[derive(Debug)]
struct FaultyFile {
    disk: FaultyDisk,
    file: usize,
}

impl File for FaultyFile {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.disk.state();
        state.allow(Call::Read)?;
        Ok(state.images[self.file].len() as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        state.allow(Call::Read)?;
        state.images[self.file].read(position(offset), out)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        let before = state.dead;
        if let Err(error) = state.allow(Call::Write) {
            if state.dead && !before {
                // The power went away in the middle of it: some of its sectors are in the cache, and may survive.
                let torn_at = whole_sectors(position(offset), self.disk.below(data.len() + 1));
                state.images[self.file].write(position(offset), &data[..torn_at])?;
            }
            return Err(error);
        }
        state.images[self.file].write(position(offset), data)?;
        state.remember(Call::Write, self.file, offset, data);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.allow(Call::SetLen)?;
        let grown = len.saturating_sub(state.images[self.file].len() as u64);
        if state
            .capacity
            .is_some_and(|capacity| state.used().saturating_add(grown) > capacity)
        {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.images[self.file].set_len(position(len));
        state.remember(Call::SetLen, self.file, len, &[]);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        if let Err(error) = state.allow(Call::Sync) {
            if !state.dead {
                state.images[self.file].fail_sync();
            }
            return Err(error);
        }
        state.images[self.file].sync();
        state.counts.syncs += 1;
        state.remember(Call::Sync, self.file, 0, &[]);
        Ok(())
    }
}

/// The most of `len` bytes from `offset` on that ends where a sector ends.
fn whole_sectors(offset: usize, len: usize) -> usize {
    ((offset + len) / SECTOR * SECTOR).saturating_sub(offset)
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
