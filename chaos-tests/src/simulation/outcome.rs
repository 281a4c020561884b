//! What came of a run.

use std::collections::BTreeMap;

use crate::seeds::Told;

/// A hash of each trace with its name: events, network, then each disk.
pub(super) type Traces = Vec<(String, u64)>;

/// A run's end.
#[derive(Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Broken laws and failures; none in a good run.
    pub broken: Vec<String>,
    /// A hash of each trace with its length: events, network, then each disk.
    pub traces: Vec<(String, u64)>,
    /// How often each fault and answer happened.
    pub counts: BTreeMap<&'static str, u64>,
}

impl Outcome {
    /// Whether the run was hard enough to count: the lead changed, a power cut lost writes, and clients got answers.
    pub fn is_hard(&self) -> bool {
        let at_least = |what, least| self.counts.get(what).is_some_and(|count| *count >= least);
        at_least("leaders", 2) && at_least("power cuts that lost something", 1) && at_least("acknowledged calls", 100)
    }

    /// For another process, in one line.
    pub fn to_json(&self) -> String {
        let counts = self.counts.iter().map(|(what, count)| ((*what).to_owned(), *count));
        let told = Told {
            seed: self.seed,
            broken: self.broken.clone(),
            hard: self.is_hard(),
            counts: counts.collect(),
        };
        serde_json::to_string(&told).expect("numbers and text are JSON")
    }
}
