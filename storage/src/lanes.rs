//! A thread per lane, for disks whose calls block.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use crate::disk::{Lane, Work};

/// What a lane keeps alive until its last work is done.
pub(crate) type Kept = Box<dyn Any + Send>;

/// The lanes' queues and threads, in the order of [`Lane::ALL`]. Dropping this waits until what was queued is done.
#[derive(Debug)]
pub(crate) struct Lanes {
    queues: Vec<Sender<Work>>,
    threads: Vec<JoinHandle<()>>,
}

impl Lanes {
    /// Starts a thread for every lane; each holds what `keep` makes until it ends.
    pub(crate) fn start(keep: impl Fn() -> Kept) -> io::Result<Self> {
        let mut lanes = Self {
            queues: Vec::new(),
            threads: Vec::new(),
        };
        for lane in Lane::ALL {
            let (queue, work) = channel();
            let kept = keep();
            let thread = thread::Builder::new()
                .name(format!("usher-{}", lane.name()))
                .spawn(move || {
                    work_off(lane, &work);
                    drop(kept);
                })?;
            lanes.queues.push(queue);
            lanes.threads.push(thread);
        }
        Ok(lanes)
    }

    /// Queues work on a lane's thread.
    pub(crate) fn perform(&self, lane: Lane, work: Work) {
        // A lane's thread ends after its queue is gone, and the queue is here: the work always arrives.
        let _ = self.queues[lane as usize].send(work);
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.queues.clear();
        for thread in self.threads.drain(..) {
            // The last owner may be a piece of work, and a thread cannot wait for itself.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

fn work_off(lane: Lane, queued: &Receiver<Work>) {
    for work in queued {
        // The work guards itself; this guards the lane against an answer that panics, for those queued behind it.
        if catch_unwind(AssertUnwindSafe(|| work()())).is_err() {
            tracing::error!(lane = lane.name(), "an answer to disk work panicked");
        }
    }
}
