//! Crash images: one life is cut at every change, what is left is opened, cut again while it opens, and opened again.
//! Nothing that was acknowledged is lost, nothing else appears, and every file opens.
//!
//! `CRASH_IMAGES=20000 cargo nextest run -p storage --run-ignored only crash_images_for_long --no-capture` does it for
//! longer, with a new life as often as it takes, and prints how much it did.

pub(crate) mod check;
pub(crate) mod life;
mod lost_sync;
pub(crate) mod script;

use storage::faulty::{FaultyDisk, PowerLoss};
use storage::log::LogState;

use crate::chance::{Chance, simulate};
use check::{Found, check, go_on, reopen};
use life::{End, Life, Node, Progress};
use script::Script;

/// What is found after a crash.
#[derive(Debug, Clone, Copy)]
enum Crash {
    Power(PowerLoss),
    /// The machine goes on, only the process is gone.
    Process,
}

impl Crash {
    /// Reordered and torn writes come in many ways, the others in one.
    const ALL: [Self; 6] = [
        Self::Power(PowerLoss::Nothing),
        Self::Power(PowerLoss::Random),
        Self::Power(PowerLoss::Random),
        Self::Power(PowerLoss::Random),
        Self::Power(PowerLoss::Everything),
        Self::Process,
    ];

    fn image(self, disk: &FaultyDisk) -> FaultyDisk {
        match self {
            Self::Power(mode) => disk.power_loss(mode),
            Self::Process => disk.process_end(),
        }
    }
}

/// Says where a check failed, so that it can be looked at again.
struct Place(String);

#[allow(clippy::print_stderr, reason = "it is read where the failed test is")]
impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this was {}", self.0);
        }
    }
}

/// How much was proved.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    lives: u64,
    cuts: u64,
    images: u64,
    second_cuts: u64,
    sectors_lost: u64,
}

/// One life, and its crashes.
struct Enumerator {
    script: Script,
    seed: u64,
    chance: Chance,
    /// How many changes of every recovery are cut.
    second_cuts: u64,
    counts: Counts,
}

impl Enumerator {
    async fn new(seed: u64, turns: u64, second_cuts: u64) -> Self {
        Self {
            script: Script::write(seed, turns).await,
            seed,
            chance: Chance::new(seed ^ 0x5eed),
            second_cuts,
            counts: Counts::default(),
        }
    }

    /// The life on a new disk, cut at a change. The same one every time, up to there.
    async fn cut(&self, changes: u64) -> (FaultyDisk, Progress, bool) {
        let disk = Chance::new(self.seed).disk();
        disk.cut_power_after(changes);
        let progress = Life::live(&self.script, &disk, End::Killed).await;
        assert!(
            progress.failed.is_none(),
            "with power it succeeds: {:?}",
            progress.failed
        );
        let over = disk.counts().changes <= changes;
        (disk, progress, over)
    }

    /// Every change of the life, with the crashes that `of` names for it.
    async fn every_cut<const N: usize>(&mut self, of: impl Fn(u64) -> [Crash; N]) {
        for changes in 0.. {
            let (disk, progress, over) = self.cut(changes).await;
            let _place = Place(format!("seed {}, cut at change {changes}", self.seed));
            for crash in of(changes) {
                Box::pin(self.image(&disk, crash, &progress)).await;
            }
            self.counts.cuts += 1;
            if over {
                return;
            }
        }
    }

    async fn image(&mut self, disk: &FaultyDisk, crash: Crash, progress: &Progress) {
        let _place = Place(format!("{crash:?}"));
        let image = crash.image(disk);
        let lost = image.counts().sectors_lost - disk.counts().sectors_lost;
        self.counts.sectors_lost += lost;
        self.counts.images += 1;
        let first = image.process_end();
        let before = first.counts().changes;
        let node = reopen(&first).await;
        let recovery = first.counts().changes - before;
        check(&node, &self.script, progress).await;
        let node = if self.chance.one_in(2) {
            Box::pin(again(node)).await
        } else {
            node
        };
        Box::pin(go_on(node, &self.script)).await;
        for _ in 0..self.second_cuts {
            let changes = self.chance.in_range(0..recovery.max(1));
            self.second_cut(&image, changes, progress).await;
        }
    }

    async fn second_cut(&mut self, image: &FaultyDisk, changes: u64, progress: &Progress) {
        let _place = Place(format!("a second cut at change {changes} of the recovery"));
        let second = image.process_end();
        second.cut_power_after(changes);
        drop(Node::open(&second).await);
        let crash = Crash::ALL[self.chance.index(Crash::ALL.len())];
        let node = reopen(&crash.image(&second)).await;
        check(&node, &self.script, progress).await;
        self.counts.second_cuts += 1;
    }
}

/// What a start reports is acknowledged by that, for the leader counts on it: it must survive a power cut right after.
async fn again(node: Node) -> Node {
    let found = Found::by(&node).await;
    let again = reopen(&node.disk.power_loss(PowerLoss::Nothing)).await;
    assert_eq!(Found::by(&again).await, found, "a start reports what is durable");
    again
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.lives += 1;
        self.cuts += other.cuts;
        self.images += other.images;
        self.second_cuts += other.second_cuts;
        self.sectors_lost += other.sectors_lost;
    }
}

#[test]
fn every_crash_image_of_a_life_opens_with_all_that_was_acknowledged() {
    let counts = simulate(async {
        let mut life = Enumerator::new(1, 8, 1).await;
        // The long run below takes all of them; here every change has two.
        let crash = |nth: u64| Crash::ALL[usize::try_from(nth).unwrap() % Crash::ALL.len()];
        life.every_cut(|changes| [crash(changes), crash(changes / 6 + 3)]).await;
        life.counts
    });
    assert!(counts.images > 400 && counts.second_cuts == counts.images, "{counts:?}");
    assert!(counts.sectors_lost > 1_000, "{counts:?}");
}

#[test]
fn a_power_cut_while_the_files_are_made_leaves_files_that_open() {
    simulate(async {
        for changes in 0.. {
            let disk = Chance::new(changes).disk();
            disk.cut_power_after(changes);
            let finished = Node::open(&disk).await.is_some();
            for crash in Crash::ALL {
                let _place = Place(format!("cut at change {changes}, {crash:?}"));
                let node = reopen(&crash.image(&disk)).await;
                assert!(node.loaded.is_none() && node.log_state == LogState::default());
            }
            if finished {
                assert!(changes > 20, "{changes}");
                return;
            }
        }
    });
}

#[test]
#[ignore = "it takes as long as CRASH_IMAGES says"]
#[allow(clippy::print_stdout, reason = "it tells how much it did")]
fn crash_images_for_long() {
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse::<u64>().unwrap());
    let (wanted, from) = (number("CRASH_IMAGES", 1_000), number("CRASH_SEED", 1));
    let mut total = Counts::default();
    for seed in from.. {
        let counts = simulate(async {
            let mut life = Enumerator::new(seed, 8 + seed % 25, 2).await;
            life.every_cut(|_| Crash::ALL).await;
            life.counts
        });
        total.add(counts);
        println!("seed {seed}: {counts:?}");
        if total.images >= wanted {
            break;
        }
    }
    println!("{total:?}");
}
