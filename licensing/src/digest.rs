//! A digest of the whole ledger that costs one hash per change.
//!
//! It is the sum, modulo 2^256, of a SHA-256 for each row. A sum forgets the order in which rows came about, and a row
//! is taken out of it by subtraction. Nodes compare digests at the same applied index, and a restart compares what it
//! read with what was written: it finds mistakes and decay, it does not stop a forger who can write the rows.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The digest of a ledger: equal exactly when the rows are equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps bytes that were stored or that another node sent.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes to store or to send.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A number modulo 2^256, the least significant limb first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum([u64; 4]);

impl Sum {
    /// What a text of bytes adds to the sum. The parts are hashed one after the other: callers see to it that no two
    /// different rows give the same bytes.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        let hash: [u8; 32] = hasher.finalize().into();
        let mut limbs = [0; 4];
        for (limb, bytes) in limbs.iter_mut().zip(hash.as_chunks().0) {
            *limb = u64::from_le_bytes(*bytes);
        }
        Self(limbs)
    }

    /// A number of up to four limbs, the least significant first.
    pub(crate) const fn of_limbs(limbs: [u64; 4]) -> Self {
        Self(limbs)
    }

    /// The product of two numbers. A count that changes often is kept in the sum as its value times the hash of its
    /// name: a change then costs one short hash, whatever else the row holds.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a limb is what the cast keeps; the carry has the rest"
    )]
    pub(crate) fn times(self, other: Self) -> Self {
        let mut product = [0_u64; 4];
        for (shift, factor) in other.0.into_iter().enumerate() {
            let mut carry = 0_u128;
            for (limb, place) in self.0.into_iter().zip(&mut product[shift..]) {
                carry += u128::from(limb) * u128::from(factor) + u128::from(*place);
                *place = carry as u64;
                carry >>= 64;
            }
        }
        Self(product)
    }

    pub(crate) fn digest(self) -> Digest {
        let mut bytes = [0; 32];
        for (bytes, limb) in bytes.as_chunks_mut().0.iter_mut().zip(self.0) {
            *bytes = limb.to_le_bytes();
        }
        Digest(bytes)
    }
}

impl std::ops::AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        let mut carry = false;
        for (limb, more) in self.0.iter_mut().zip(other.0) {
            let (sum, over) = limb.overflowing_add(more);
            let (sum, over_by_carry) = sum.overflowing_add(u64::from(carry));
            *limb = sum;
            carry = over || over_by_carry;
        }
    }
}

impl std::ops::SubAssign for Sum {
    fn sub_assign(&mut self, other: Self) {
        let mut borrow = false;
        for (limb, less) in self.0.iter_mut().zip(other.0) {
            let (rest, under) = limb.overflowing_sub(less);
            let (rest, under_by_borrow) = rest.overflowing_sub(u64::from(borrow));
            *limb = rest;
            borrow = under || under_by_borrow;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_added_can_be_taken_away_across_every_carry() {
        let one = Sum([1, 0, 0, 0]);
        let mut sum = Sum([u64::MAX; 4]);
        sum += one;
        assert_eq!(sum, Sum::default(), "it counts modulo 2^256");
        sum -= one;
        assert_eq!(sum, Sum([u64::MAX; 4]));
    }

    #[test]
    fn times_is_repeated_addition() {
        let part = Sum::of(&[b"a ", b"row"]);
        assert_eq!(part, Sum::of(&[b"a row"]));
        let mut sum = Sum::default();
        for n in 0..1_000 {
            assert_eq!(part.times(Sum([n, 0, 0, 0])), sum);
            sum += part;
        }
        let mut most = part.times(Sum([u64::MAX, 0, 0, 0]));
        most += part;
        assert_eq!(most, part.times(Sum([0, 1, 0, 0])), "2^64 times shifts by a limb");
        assert_eq!(most, Sum([0, part.0[0], part.0[1], part.0[2]]));
        let mut minus_one = Sum::default();
        minus_one -= Sum([1, 0, 0, 0]);
        let mut zero = part.times(minus_one);
        zero += part;
        assert_eq!(zero, Sum::default(), "a difference may be below zero");
    }

    #[test]
    fn a_digest_is_the_sum_in_little_endian_bytes() {
        let digest = Sum([0x0102, 0, 0, 0xff << 56]).digest();
        assert_eq!(digest.as_bytes()[..2], [2, 1]);
        assert_eq!(digest.to_string(), format!("0201{}ff", "00".repeat(29)));
    }
}
