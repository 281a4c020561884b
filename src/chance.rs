//! Numbers that look random and follow from a seed, for loads and samples; secrets come from the seams' entropy.

/// Numbers that look random and follow from a seed: SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number above 0 and at most 1.
    pub(crate) fn open_unit(&mut self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "53 bits are all that a float holds")]
        let unit = ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        unit
    }

    /// A number below `end`, which is small.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or(0)
    }
}
