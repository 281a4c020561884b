//! Packets that are late, overtake each other, or arrive with other bytes: a process beside the node takes them from
//! the kernel's queue and gives them back. Kernels have netem for this; few builds of those for virtual machines do.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;
use nfq::{Message, Queue, Verdict};

/// How long to sleep when nothing is there and nothing is due.
const IDLE: Duration = Duration::from_millis(1);

/// An IP header without options, and where its fields are.
const ADDRESSES: std::ops::Range<usize> = 12..20;
const PROTOCOL: usize = 9;
const TCP: u8 = 6;
/// Where the checksum is in a TCP header.
const CHECKSUM: std::ops::Range<usize> = 16..18;

/// What happens to packets.
#[derive(Debug, Clone, Copy, Args)]
pub struct Mistreatment {
    /// Each is late by so much.
    #[arg(long, default_value_t = 0)]
    pub late_ms: u64,
    /// And by up to so much more, so that some overtake others.
    #[arg(long, default_value_t = 0)]
    pub later_ms_max: u64,
    /// Of so many thousand, one arrives with a byte changed, and a checksum that says it is right.
    #[arg(long, default_value_t = 0)]
    pub corrupted_of_thousand: u32,
}

/// Mistreats what the kernel puts into a queue of this namespace, until it is killed.
pub fn mistreat(queue_number: u16, how: Mistreatment) -> Result<()> {
    let mut queue = Queue::open()?;
    queue.bind(queue_number)?;
    queue.set_nonblocking(true);
    let mut waiting: BTreeMap<(Instant, u64), Message> = BTreeMap::new();
    let mut taken = 0;
    loop {
        let mut idle = true;
        while let Ok(mut message) = queue.recv() {
            idle = false;
            taken += 1;
            if how.corrupted_of_thousand > 0 && rand::random_range(0..1_000) < how.corrupted_of_thousand {
                corrupt(message.get_payload_mut());
            }
            let late = how.late_ms + rand::random_range(0..=how.later_ms_max);
            waiting.insert((now() + Duration::from_millis(late), taken), message);
        }
        while let Some(first) = waiting.first_entry()
            && Reverse(first.key().0) >= Reverse(now())
        {
            let mut message = first.remove();
            message.set_verdict(Verdict::Accept);
            queue.verdict(message)?;
            idle = false;
        }
        if idle {
            std::thread::sleep(IDLE);
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "a packet is late by this process's own clock")]
fn now() -> Instant {
    Instant::now()
}

/// Changes a byte of what a TCP segment carries and makes its checksum fit, so that only the layers above can notice.
fn corrupt(packet: &mut [u8]) {
    let Some(header) = packet.first().map(|first| usize::from(first & 0x0f) * 4) else {
        return;
    };
    if packet.len() < header + 20 || packet[PROTOCOL] != TCP {
        return;
    }
    let data = header + usize::from(packet[header + 12] >> 4) * 4;
    if data >= packet.len() {
        return;
    }
    let at = rand::random_range(data..packet.len());
    packet[at] ^= 1 << rand::random_range(0..8);
    packet[header + CHECKSUM.start..header + CHECKSUM.end].fill(0);
    let length = u32::try_from(packet.len() - header).unwrap_or(u32::MAX);
    let sum = words(&packet[ADDRESSES]) + u32::from(TCP) + length + words(&packet[header..]);
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    let checksum = !u16::try_from(folded).unwrap_or(u16::MAX);
    packet[header + CHECKSUM.start..header + CHECKSUM.end].copy_from_slice(&checksum.to_be_bytes());
}

/// The sum of the big-endian words.
fn words(bytes: &[u8]) -> u32 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | pair.get(1).copied().map_or(0, u32::from);
    bytes.chunks(2).map(word).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment from 10.77.0.1 to 10.77.0.2 that carries five bytes.
    fn segment() -> Vec<u8> {
        let mut packet = vec![0; 45];
        packet[0] = 0x45;
        packet[PROTOCOL] = TCP;
        packet[ADDRESSES].copy_from_slice(&[10, 77, 0, 1, 10, 77, 0, 2]);
        packet[32] = 5 << 4;
        packet[40..].copy_from_slice(b"hello");
        packet
    }

    #[test]
    fn a_corrupted_segment_has_other_bytes_and_a_checksum_that_fits() {
        let mut packet = segment();
        corrupt(&mut packet);
        assert_ne!(&packet[40..], b"hello");
        let sum = words(&packet[ADDRESSES]) + u32::from(TCP) + 25 + words(&packet[20..]);
        assert_eq!((sum & 0xffff) + (sum >> 16), 0xffff);
    }

    #[test]
    fn what_is_no_tcp_segment_with_data_is_left_alone() {
        let mut short = segment()[..40].to_vec();
        let before = short.clone();
        corrupt(&mut short);
        assert_eq!(short, before);
        corrupt(&mut []);
    }
}
