//! The link in a refusal: it leads whoever was refused to a page that explains that very refusal, without an account.
//!
//! It says itself what the refusal was, under a MAC of a key that is derived from the cluster's lookup key. So any node
//! can read it at once, nothing is stored for it, and nobody can make one up. What it says lies behind the `#` of the
//! address, which browsers send to no server: it is in no log on the way.

use licensing::id::{HolderKey, LicenseId, Seq, decode_base32, encode_base32};
use licensing::outcome::{Applied, Rejection};
use licensing::time::{At, Span};
use licensing::usage::Refusal as Reason;

use crate::api::Api;
use crate::lookup::LookupKey;

/// What a link's secret begins with.
pub(super) const PREFIX: &str = "why_";

/// The layout of what a link says.
const VERSION: u8 = 1;

/// Bytes of what it says, and of the MAC behind it.
const SAID: usize = 1 + 16 + 8 + 8 + 8 + 1 + 4 + 4 + 4;
const MAC: usize = 16;

/// What a link says of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Told {
    /// The license that a seat was asked of.
    pub(super) license: LicenseId,
    /// The beginning of who asked.
    pub(super) holder: [u8; 8],
    /// The command that was refused, or that was answered like one before.
    pub(super) seq: Seq,
    /// When.
    pub(super) at: At,
    /// Why.
    pub(super) reason: Reason,
    /// The limit that was reached; where no seat was assigned, how many there are.
    pub(super) limit: u32,
    /// How much of it was in use; where no seat was assigned, how many were to others.
    pub(super) in_use: u32,
    /// After how long the next seat can be free without anybody giving one back.
    pub(super) retry_after: Span,
}

/// The beginning of a holder.
pub(super) fn beginning(holder: HolderKey) -> [u8; 8] {
    holder.as_bytes()[..8].try_into().expect("8 is less than 16")
}

/// Where whoever was refused reads why; `None` for refusals that the license's seats were not the reason of.
pub(in crate::api) fn explanation_url(
    api: &Api,
    license: LicenseId,
    holder: HolderKey,
    applied: &Applied,
    rejection: &Rejection,
) -> Option<String> {
    let (limit, in_use, retry_after) = match *rejection {
        Rejection::SeatLimitReached {
            limit,
            in_use,
            retry_after,
        }
        | Rejection::HolderLimitReached {
            limit,
            in_use,
            retry_after,
        } => (limit, in_use, retry_after),
        Rejection::GhostLimitReached {
            limit,
            in_use,
            ghosts,
            retry_after,
        } => (limit, in_use + ghosts, retry_after),
        // No time brings a seat that nobody assigns.
        Rejection::SeatNotAssigned { seats, assigned, .. } => (seats, assigned, Span::default()),
        _ => return None,
    };
    let told = Told {
        license,
        holder: beginning(holder),
        seq: applied.seq,
        at: applied.at,
        reason: Reason::of(rejection),
        limit,
        in_use,
        retry_after,
    };
    let url = api.own_url();
    let secret = told.write(api.lookup());
    (!url.is_empty()).then(|| format!("{}/refused#{secret}", url.trim_end_matches('/')))
}

impl Told {
    /// The link's secret.
    pub(super) fn write(&self, key: &LookupKey) -> String {
        let said = self.to_bytes();
        let mac = key.refusal_link(&said);
        format!("{PREFIX}{}", encode_base32(&[&said[..], &mac[..]].concat()))
    }

    /// Reads a secret; `None` if this cluster did not write it.
    pub(super) fn read(text: &str, key: &LookupKey) -> Option<Self> {
        let bytes: [u8; SAID + MAC] = text.strip_prefix(PREFIX).and_then(decode_base32)?;
        let (said, mac) = bytes.split_at(SAID);
        key.is_refusal_link(said, mac).then(|| Self::from_bytes(said))?
    }

    fn to_bytes(self) -> [u8; SAID] {
        let seconds = u32::try_from(self.retry_after.secs_ceil()).unwrap_or(u32::MAX);
        let parts: [&[u8]; 9] = [
            &[VERSION],
            self.license.as_bytes(),
            &self.holder,
            &self.seq.get().to_be_bytes(),
            &self.at.ms().to_be_bytes(),
            &[number(self.reason)],
            &self.limit.to_be_bytes(),
            &self.in_use.to_be_bytes(),
            &seconds.to_be_bytes(),
        ];
        parts.concat().try_into().expect("the parts are as long as they are")
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (license, rest) = rest.split_first_chunk()?;
        let (holder, rest) = rest.split_first_chunk()?;
        let (seq, rest) = rest.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (reason, rest) = rest.split_first()?;
        let (limit, rest) = rest.split_first_chunk()?;
        let (in_use, rest) = rest.split_first_chunk()?;
        let seconds = rest.first_chunk()?;
        (*version == VERSION).then_some(Self {
            license: LicenseId::from_bytes(*license),
            holder: *holder,
            seq: Seq::new(u64::from_be_bytes(*seq)),
            at: At::from_ms(u64::from_be_bytes(*at)),
            reason: reason_of(*reason)?,
            limit: u32::from_be_bytes(*limit),
            in_use: u32::from_be_bytes(*in_use),
            retry_after: Span::from_secs(u64::from(u32::from_be_bytes(*seconds))),
        })
    }
}

/// The reasons that a link is written for.
const REASONS: [Reason; 4] = [
    Reason::SeatLimit,
    Reason::GhostLimit,
    Reason::HolderLimit,
    Reason::NotAssigned,
];

fn number(reason: Reason) -> u8 {
    let place = REASONS.iter().position(|known| *known == reason);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

fn reason_of(number: u8) -> Option<Reason> {
    REASONS.get(usize::from(number)).copied()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

    use super::*;

    fn told() -> Told {
        Told {
            license: LicenseId::from_bytes([7; 16]),
            holder: [3; 8],
            seq: Seq::new(123_456),
            at: At::from_ms(1_795_341_600_007),
            reason: Reason::GhostLimit,
            limit: 3,
            in_use: 5,
            retry_after: Span::from_secs(212),
        }
    }

    #[test]
    fn a_link_says_what_it_was_written_for_and_not_where_the_key_is_another() {
        let (key, other) = (LookupKey::from_bytes([1; 32]), LookupKey::from_bytes([2; 32]));
        let text = told().write(&key);
        assert_eq!(Told::read(&text, &key), Some(told()));
        assert_eq!(Told::read(&text, &other), None);
        assert!(
            text.len() < 120,
            "{} characters fit into a terminal's lines",
            text.len()
        );
    }

    #[test]
    fn a_link_that_was_changed_anywhere_is_none() {
        let key = LookupKey::from_bytes([1; 32]);
        let text = told().write(&key);
        for place in PREFIX.len()..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'0' { b'1' } else { b'0' };
            assert_eq!(
                Told::read(&String::from_utf8(changed).unwrap(), &key),
                None,
                "at {place}"
            );
        }
        for wrong in [
            "",
            "why_",
            "why_0",
            &text[..text.len() - 1],
            &format!("{text}0"),
            &text[4..],
        ] {
            assert_eq!(Told::read(wrong, &key), None);
        }
    }
}
