//! Disks that lose power: ext4 on loop devices, and the ioctl that shuts a file system down without writing what it
//! still holds in memory. Needs root.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// A mounted loop device. Dropping it unmounts it.
#[derive(Debug)]
pub struct LoopDisk {
    image: PathBuf,
    mount: PathBuf,
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{program} cannot be run"))?;
    if !output.status.success() {
        bail!(
            "{program} {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

impl LoopDisk {
    /// Makes a file system of `megabytes` in the file `image`, moves what is in `directory` to it, and mounts it there.
    pub fn under(image: &Path, directory: &Path, megabytes: u64) -> Result<Self> {
        std::fs::File::create(image)?.set_len(megabytes << 20)?;
        run("mkfs.ext4", &["-q", "-F", path(image)?])?;
        let staging = image.with_extension("staging");
        std::fs::create_dir_all(&staging)?;
        let staged = Self {
            image: image.to_owned(),
            mount: staging,
        };
        staged.mount()?;
        run("cp", &["-a", &format!("{}/.", path(directory)?), path(&staged.mount)?])?;
        staged.unmount()?;
        let before = device(directory)?;
        let disk = Self {
            image: image.to_owned(),
            mount: directory.to_owned(),
        };
        disk.mount()?;
        ensure!(
            device(directory)? != before,
            "{} is not on a disk of its own",
            directory.display()
        );
        Ok(disk)
    }

    /// Mounts it (again): the journal is replayed, and what was not synced is gone.
    pub fn mount(&self) -> Result<()> {
        run("mount", &["-o", "loop", path(&self.image)?, path(&self.mount)?])
    }

    /// Unmounts it; whoever had files open there must be gone.
    pub fn unmount(&self) -> Result<()> {
        run("umount", &[path(&self.mount)?])
    }

    /// Takes the power: from now on nothing reaches the disk, and every write and sync fails.
    ///
    /// Whoever writes there must be frozen before. A sync that is under way may return success for data that is gone
    /// (on Linux 6.18, in 3 of 60 cuts of a program that only appends and syncs): the journal gives its transaction up,
    /// and a transaction that is no longer there counts as committed. Without power nobody would hear of that success.
    pub fn cut_power(&self) -> Result<()> {
        // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH. There is no safe wrapper for it; Python's standard
        // library has ioctl, and this is a test.
        let program = "import fcntl, os, struct, sys\n\
                       fd = os.open(sys.argv[1], os.O_RDONLY)\n\
                       fcntl.ioctl(fd, 0x8004587d, struct.pack('I', 2))";
        run("python3", &["-c", program, path(&self.mount)?])
    }

    /// Makes sure that the power is really gone.
    pub fn check_dead(&self) -> Result<()> {
        let written = std::fs::write(self.mount.join("after-the-cut"), b"x");
        ensure!(written.is_err(), "{} can still be written", self.mount.display());
        Ok(())
    }
}

/// Which file system a path is on.
fn device(path: &Path) -> Result<u64> {
    Ok(std::fs::metadata(path)?.dev())
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is not text")
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        // The last resort of a run that failed halfway.
        let _ = Command::new("umount").arg("-l").arg(&self.mount).output();
    }
}

/// Why power cannot be cut here, if it cannot.
pub fn unavailable() -> Option<&'static str> {
    if !rustix::process::geteuid().is_root() {
        return Some("mounting file systems needs root");
    }
    if !Path::new("/dev/loop-control").exists() {
        return Some("this kernel has no loop devices");
    }
    None
}
