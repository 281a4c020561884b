//! The cluster clock: what the leader stamps entries with (DESIGN §4).
//!
//! On taking the lead it starts at the larger of the ledger's time and the median of the voters' wall clocks. From then
//! on it moves with the machine's boot clock, slewed by at most a thousandth toward the median, so that one wrong wall
//! clock among three moves nothing and a wall clock that jumps is never followed. A median more than a minute ahead is
//! followed at once when a majority of voters stands behind it; the step is an audited command.

use licensing::time::{At, SESSION_TIME_STEP_MAX, SessionTime, Span};

/// Slew: at most one part in this many.
const SLEW_ONE_IN: u64 = 1_000;

/// A median further ahead than this is stepped to, not slewed.
pub(crate) const STEP_AHEAD: Span = Span::from_secs(60);

/// A leader's clock.
#[derive(Debug, Clone)]
pub(crate) struct ClusterClock {
    now_us: u64,
    boot_ms: u64,
    /// What the ledger's session time will be when it has applied all that was stamped.
    session_time: SessionTime,
    /// Whether something that was stamped may never be applied, so that `session_time` promises too much.
    is_ahead: bool,
}

/// Where the ledger is, on the node that reads its clock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reached {
    /// The ledger's time.
    pub(crate) at: At,
    /// Its session time.
    pub(crate) session_time: SessionTime,
}

/// What the clock says after it moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The time to stamp.
    Time(At),
    /// A majority of voters is far ahead: propose to step.
    Step {
        /// The clock now.
        from: At,
        /// Where a majority stands.
        to: At,
    },
}

/// The voters' wall clocks as a leader knows them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Walls {
    /// Those heard of lately, in milliseconds since 1970; the leader's own among them.
    pub heard: Vec<u64>,
    /// How many voters there are.
    pub voters: usize,
}

impl Walls {
    /// The latest time that a majority of all voters has reached; `None` while fewer than a majority are heard. With
    /// all heard it is the median, the lower one of an even number: no minority pulls the clock forward.
    pub(crate) fn agreed_ms(&self) -> Option<u64> {
        let mut sorted = self.heard.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        sorted.get(self.voters / 2).copied()
    }
}

impl ClusterClock {
    /// The clock of a leader that starts now; `last` is the ledger's time. A time further ahead than [`STEP_AHEAD`] is
    /// left to the first [`read`](Self::read), which asks for an audited step.
    pub(crate) fn start(last: At, walls: &Walls, boot_ms: u64) -> Self {
        let start_ms = match walls.agreed_ms() {
            // A ledger without a time has nothing to step from.
            Some(agreed) if last == At::default() || agreed <= last.after(STEP_AHEAD).ms() => agreed.max(last.ms()),
            _ => last.ms(),
        };
        Self {
            now_us: start_ms.saturating_mul(1_000),
            boot_ms,
            session_time: SessionTime::default(),
            is_ahead: false,
        }
    }

    /// Session time as of the last [`read`](Self::read): where the ledger will be, and no more than the boot clock
    /// measured since the time before. It must not run ahead of the ledger, whose next step of the clock would let it
    /// catch up in one leap and end sessions too early.
    pub(crate) fn session_time(&self) -> SessionTime {
        self.session_time
    }

    /// What was read last may never be applied.
    pub(crate) fn lose(&mut self) {
        self.is_ahead = true;
    }

    /// Moves the clock to `boot_ms` and reads it.
    pub(crate) fn read(&mut self, boot_ms: u64, walls: &Walls, reached: Reached) -> Reading {
        let elapsed = Span::from_ms(boot_ms.saturating_sub(self.boot_ms));
        // A leader that had not applied everything when it began catches up with the ledger here. One that stayed behind
        // a step of its predecessor's would stop both times until it had caught up by itself.
        let reached_us = reached.at.ms().saturating_mul(1_000);
        if self.now_us < reached_us {
            self.now_us = reached_us;
            // What was stamped before that moved no time.
            self.is_ahead = true;
        }
        let before = At::from_ms(self.now_us / 1_000);
        let elapsed_us = elapsed.ms().saturating_mul(1_000);
        self.boot_ms = self.boot_ms.max(boot_ms);
        let free_us = self.now_us.saturating_add(elapsed_us);
        let slew_us = elapsed_us / SLEW_ONE_IN;
        let agreed = walls.agreed_ms();
        let target_us = agreed.map_or(free_us, |ms| ms.saturating_mul(1_000));
        self.now_us = target_us.clamp(free_us - slew_us, free_us.saturating_add(slew_us));
        let now = At::from_ms(self.now_us / 1_000);
        if std::mem::take(&mut self.is_ahead) {
            self.session_time = reached.session_time;
        }
        let counted = now.since(before).min(elapsed).min(SESSION_TIME_STEP_MAX);
        self.session_time = self.session_time.after(counted).max(reached.session_time);
        match agreed {
            Some(to) if to > now.after(STEP_AHEAD).ms() => Reading::Step {
                from: now,
                to: At::from_ms(to),
            },
            _ => Reading::Time(now),
        }
    }

    /// Follows a committed step.
    pub(crate) fn step_to(&mut self, to: At) {
        self.now_us = self.now_us.max(to.ms().saturating_mul(1_000));
    }
}

#[cfg(test)]
mod tests {
    use licensing::command::{Command, Entry, Proposal};
    use licensing::ledger::Ledger;
    use proptest::prelude::*;

    use super::*;

    const YEAR: u64 = 365 * 86_400_000;
    const T: u64 = 1_800_000_000_000;
    const NONE: Reached = Reached {
        at: At::from_ms(0),
        session_time: SessionTime::from_ms(0),
    };

    fn reached(session_ms: u64) -> Reached {
        Reached {
            session_time: SessionTime::from_ms(session_ms),
            ..NONE
        }
    }

    fn walls(heard: &[u64]) -> Walls {
        Walls {
            heard: heard.to_vec(),
            voters: 3,
        }
    }

    fn time(reading: Reading) -> u64 {
        match reading {
            Reading::Time(at) => at.ms(),
            Reading::Step { .. } => panic!("an unexpected step: {reading:?}"),
        }
    }

    #[test]
    fn a_leader_starts_at_the_median_of_the_voters() {
        let walls = walls(&[T, T + 10, T + YEAR]);
        let mut clock = ClusterClock::start(At::from_ms(T - 50), &walls, 5);
        assert_eq!(time(clock.read(5, &walls, NONE)), T + 10);
    }

    #[test]
    fn a_new_cluster_takes_its_time_from_its_voters_without_a_step() {
        let mut clock = ClusterClock::start(At::default(), &walls(&[T, T, T]), 0);
        assert_eq!(time(clock.read(0, &walls(&[T, T, T]), NONE)), T);
    }

    #[test]
    fn a_leader_never_starts_before_the_ledger() {
        let walls = walls(&[T, T, T]);
        let mut clock = ClusterClock::start(At::from_ms(T + YEAR), &walls, 5);
        assert_eq!(time(clock.read(5, &walls, NONE)), T + YEAR);
    }

    #[test]
    fn a_leader_that_hears_no_majority_goes_on_from_the_ledger() {
        let alone = walls(&[T + YEAR]);
        let mut clock = ClusterClock::start(At::from_ms(T), &alone, 0);
        assert_eq!(time(clock.read(700, &alone, NONE)), T + 700);
    }

    #[test]
    fn the_clock_is_slewed_by_a_thousandth_at_most_in_both_directions() {
        for (offset, expected) in [(30_000, T + 100_100), (-30_000_i64, T + 99_900)] {
            let mut clock = ClusterClock::start(At::from_ms(T), &walls(&[T; 3]), 0);
            let mut last = 0;
            for boot in (1_000..=100_000).step_by(1_000) {
                last = time(clock.read(boot, &walls(&[(T + boot).saturating_add_signed(offset); 3]), NONE));
            }
            assert_eq!(last, expected);
        }
    }

    #[test]
    fn one_wrong_clock_of_three_moves_nothing() {
        for wrong in [0, T + 10 * YEAR] {
            let mut clock = ClusterClock::start(At::from_ms(T), &walls(&[T, T, wrong]), 0);
            assert_eq!(
                time(clock.read(60_000, &walls(&[T + 60_000, T + 60_000, wrong]), NONE)),
                T + 60_000
            );
        }
    }

    #[test]
    fn a_majority_far_ahead_asks_for_a_step_to_where_all_of_it_is() {
        let ahead = walls(&[T, T + 120_000, T + 90_000]);
        let mut clock = ClusterClock::start(At::from_ms(T), &ahead, 0);
        assert_eq!(
            clock.read(0, &ahead, NONE),
            Reading::Step {
                from: At::from_ms(T),
                to: At::from_ms(T + 90_000)
            }
        );
        clock.step_to(At::from_ms(T + 90_000));
        assert_eq!(time(clock.read(0, &ahead, NONE)), T + 90_000);
    }

    #[test]
    fn a_step_never_goes_backward() {
        let mut clock = ClusterClock::start(At::from_ms(T), &walls(&[T; 3]), 0);
        clock.step_to(At::from_ms(T - 1_000));
        assert_eq!(time(clock.read(0, &walls(&[T; 3]), NONE)), T);
    }

    #[test]
    fn an_even_number_of_voters_takes_the_lower_median() {
        let walls = Walls {
            heard: vec![T, T + 1_000, T + 2_000, T + 3_000],
            voters: 4,
        };
        assert_eq!(walls.agreed_ms(), Some(T + 1_000));
    }

    #[test]
    fn session_time_is_what_the_machine_measured_whatever_the_walls_say() {
        let far = walls(&[T + YEAR; 3]);
        let mut clock = ClusterClock::start(At::from_ms(T), &far, 1_000);
        clock.read(1_000, &far, reached(50));
        clock.step_to(At::from_ms(T + YEAR));
        clock.read(1_500, &walls(&[T + YEAR + 500; 3]), reached(50));
        assert_eq!(clock.session_time(), SessionTime::from_ms(550));
    }

    #[test]
    fn a_leader_that_had_not_applied_its_predecessors_step_goes_on_from_there() {
        let walls = walls(&[T; 3]);
        let mut clock = ClusterClock::start(At::from_ms(T), &walls, 0);
        let stepped = Reached {
            at: At::from_ms(T + YEAR),
            ..NONE
        };
        let now = time(clock.read(1_000, &walls, stepped));
        assert!((T + YEAR + 990..=T + YEAR + 1_000).contains(&now), "{now}");
    }

    #[test]
    fn session_time_goes_on_from_where_the_ledger_is_once_that_is_further() {
        let walls = walls(&[T; 3]);
        let mut clock = ClusterClock::start(At::from_ms(T), &walls, 0);
        clock.read(10, &walls, reached(900));
        clock.read(20, &walls, reached(905));
        assert_eq!(clock.session_time(), SessionTime::from_ms(910));
    }

    /// What may happen between two entries.
    #[derive(Debug, Clone)]
    enum Event {
        /// Time passes.
        Pass(u64),
        /// All wall clocks are set.
        Set(u64),
        /// An entry is stamped and on its way.
        Stamp,
        /// What is on its way is applied.
        Apply,
        /// It never will be.
        Lose,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            4 => (0..3_000_u64).prop_map(Event::Pass),
            1 => (0..YEAR).prop_map(Event::Set),
            6 => Just(Event::Stamp),
            4 => Just(Event::Apply),
            1 => Just(Event::Lose),
        ]
    }

    proptest! {
        /// Whatever becomes of entries and wall clocks, a session never loses more time than passed on the leader.
        #[test]
        fn session_time_passes_no_faster_than_time(events in prop::collection::vec(event(), 1..200)) {
            let mut ledger = Ledger::new();
            let (mut boot_ms, mut offset_ms) = (0, 0);
            let at = |boot_ms, offset_ms| walls(&[T + boot_ms + offset_ms; 3]);
            let mut clock = ClusterClock::start(At::from_ms(T), &at(0, 0), 0);
            let mut underway = Vec::new();
            let mut last = (0, SessionTime::default());
            for event in events {
                match event {
                    Event::Pass(ms) => boot_ms += ms,
                    Event::Set(ms) => offset_ms = ms,
                    Event::Stamp => {
                        let reached = Reached { at: ledger.at(), session_time: ledger.session_time() };
                        let reading = clock.read(boot_ms, &at(boot_ms, offset_ms), reached);
                        let at = match reading {
                            Reading::Time(at) => at,
                            Reading::Step { to, .. } => {
                                clock.step_to(to);
                                to
                            }
                        };
                        let tick = Proposal::by_system(Command::Tick);
                        let entry = Entry { at, proposals: vec![tick], session_time: clock.session_time() };
                        underway.push((boot_ms, entry));
                    }
                    Event::Apply => {
                        for (stamped, entry) in underway.drain(..) {
                            ledger.apply(&entry);
                            let passed = ledger.session_time().since(last.1);
                            prop_assert!(passed <= Span::from_ms(stamped - last.0), "{passed} in {} ms", stamped - last.0);
                            last = (stamped, ledger.session_time());
                        }
                    }
                    Event::Lose => {
                        underway.clear();
                        clock.lose();
                    }
                }
            }
        }
    }

    #[test]
    fn what_could_not_be_written_is_not_counted_later() {
        let near = walls(&[T; 3]);
        let mut clock = ClusterClock::start(At::from_ms(T), &near, 0);
        for boot_ms in [500, 1_000, 1_500, 2_000] {
            clock.read(boot_ms, &near, reached(100));
            clock.lose();
        }
        clock.read(2_500, &near, reached(100));
        assert!(
            clock.session_time() <= SessionTime::from_ms(600),
            "{:?}",
            clock.session_time()
        );
    }
}
