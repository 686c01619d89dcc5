//! Numbers that look like chance and are the same for the same seed (SplitMix64).

/// A sequence of numbers.
#[derive(Debug, Clone)]
pub(crate) struct Draw(u64);

impl Draw {
    /// The sequence of a seed.
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 where there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// One of them; none if there is none.
    pub(crate) fn one_of<'o, T>(&mut self, all: &'o [T]) -> Option<&'o T> {
        all.get(self.below(all.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_its_sequence_and_another_seed_another() {
        let first = |seed| -> Vec<u64> {
            let mut draw = Draw::from_seed(seed);
            (0..4).map(|_| draw.next()).collect()
        };
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
        // The published beginning of SplitMix64 from 0.
        assert_eq!(first(0)[0], 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn a_number_is_below_its_bound() {
        let mut draw = Draw::from_seed(7);
        for end in 1..200 {
            assert!(draw.below(end) < end);
        }
        assert_eq!(draw.below(0), 0);
        assert_eq!(draw.one_of::<u8>(&[]), None);
    }
}
