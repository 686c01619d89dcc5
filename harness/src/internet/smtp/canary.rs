//! Finds the canaries of messages in a stream of bytes, wherever its segments are cut.
//!
//! The bytes come in order; what a canary needs of the segments before is kept. Nothing here knows SMTP.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Octets by which candidates are found; a canary has more.
const START: usize = 4;

/// The canaries of a case, ready to be looked for.
#[derive(Debug)]
pub(super) struct CanarySet {
    canaries: Vec<Vec<u8>>,
    starts: HashMap<[u8; START], Vec<usize>>,
    /// One bit for each hash of a start, so that most positions cost one look.
    sieve: Vec<u64>,
    longest: usize,
}

/// Looks for the canaries of a set in one stream.
#[derive(Debug, Clone)]
pub(super) struct CanaryScanner {
    set: Arc<CanarySet>,
    /// The end of what came before: less than the longest canary.
    kept: Vec<u8>,
    found: HashSet<usize>,
}

impl CanarySet {
    /// These canaries, known by their index. Those shorter than four octets are never found.
    pub(super) fn new(canaries: Vec<Vec<u8>>) -> Self {
        let mut starts: HashMap<_, Vec<_>> = HashMap::new();
        let mut sieve = vec![0; SIEVE_BITS / 64];
        for (index, canary) in canaries.iter().enumerate() {
            if let Some(start) = canary.first_chunk::<START>() {
                let bit = sieve_bit(start);
                sieve[bit / 64] |= 1 << (bit % 64);
                starts.entry(*start).or_default().push(index);
            }
        }
        let longest = canaries.iter().map(Vec::len).max().unwrap_or(0);
        Self {
            canaries,
            starts,
            sieve,
            longest,
        }
    }

    /// Could a canary begin with these octets?
    fn may_begin(&self, start: &[u8; START]) -> bool {
        let bit = sieve_bit(start);
        self.sieve[bit / 64] & (1 << (bit % 64)) != 0
    }

    /// The canaries at the beginning of `bytes`, which begin with `start`.
    fn at(&self, start: &[u8; START], bytes: &[u8]) -> impl Iterator<Item = usize> {
        let candidates = self.starts.get(start);
        candidates
            .into_iter()
            .flatten()
            .copied()
            .filter(move |index| bytes.starts_with(&self.canaries[*index]))
    }
}

const SIEVE_BITS: usize = 1 << 14;

fn sieve_bit(start: &[u8; START]) -> usize {
    let hash = u32::from_le_bytes(*start).wrapping_mul(0x9E37_79B1) >> 18;
    hash as usize % SIEVE_BITS
}

impl CanaryScanner {
    /// At the beginning of a stream.
    pub(super) fn new(set: Arc<CanarySet>) -> Self {
        Self {
            set,
            kept: Vec::new(),
            found: HashSet::new(),
        }
    }

    /// Takes the next bytes and gives the canaries that are complete with them and were not found before.
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Vec<usize> {
        if self.set.longest == 0 {
            return Vec::new();
        }
        let mut seen = std::mem::take(&mut self.kept);
        seen.extend_from_slice(bytes);
        let mut new = Vec::new();
        let mut rest = seen.as_slice();
        while let Some(start) = rest.first_chunk() {
            if self.set.may_begin(start) {
                let found = self.set.at(start, rest);
                new.extend(found.filter(|index| self.found.insert(*index)));
            }
            rest = &rest[1..];
        }
        let kept = seen.len().min(self.set.longest - 1);
        seen.drain(..seen.len() - kept);
        self.kept = seen;
        new
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set() -> Arc<CanarySet> {
        let canaries = [
            "canary-envelope",
            "canary-header",
            "canary-body-1",
            "canary-body",
        ];
        Arc::new(CanarySet::new(
            canaries.map(|text| text.as_bytes().to_vec()).to_vec(),
        ))
    }

    fn plain_search(bytes: &[u8]) -> Vec<usize> {
        let set = set();
        let is_in = |canary: &[u8]| bytes.windows(canary.len()).any(|window| window == canary);
        (0..set.canaries.len())
            .filter(|index| is_in(&set.canaries[*index]))
            .collect()
    }

    #[test]
    fn each_canary_is_told_once() {
        let mut scanner = CanaryScanner::new(set());
        // (bytes, what is told)
        let cases = [
            ("xcanary-hea", vec![]),
            ("der", vec![1]),
            (" canary-header", vec![]),
            ("canary-body-1", vec![2, 3]),
        ];
        for (bytes, want) in cases {
            assert_eq!(scanner.scan(bytes.as_bytes()), want, "{bytes}");
        }
    }

    proptest! {
        #[test]
        fn any_segmentation_finds_what_a_search_of_the_whole_finds(
            words in prop::collection::vec(prop_oneof![
                Just("canary-envelope".to_owned()), Just("canary-header".to_owned()), Just("canary-body-1".to_owned()),
                Just("canary-".to_owned()), Just("canary-bod".to_owned()), "[a-z\r\n]{0,30}",
            ], 0..12),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let text = words.concat().into_bytes();
            let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            at.extend([0, text.len()]);
            at.sort_unstable();
            let mut scanner = CanaryScanner::new(set());
            let mut got: Vec<_> = at.windows(2).flat_map(|pair| scanner.scan(&text[pair[0]..pair[1]])).collect();
            got.sort_unstable();
            prop_assert_eq!(got, plain_search(&text));
        }

        #[test]
        fn other_bytes_hold_no_canary(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(CanaryScanner::new(set()).scan(&bytes), plain_search(&bytes));
        }
    }
}
