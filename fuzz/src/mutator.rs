//! Makes inputs of inputs: a few changes each, of the kinds that readers stumble over.

use crate::draw::Draw;

/// The most octets of an input, unless it is one of the few long ones.
const USUAL_LENGTH: usize = 4_096;
/// The most octets of a long one: more than any reader takes.
const LONG_LENGTH: usize = 96 * 1_024;
/// One input in so many is long.
const LONG_ONE_IN: usize = 512;
/// The most changes to one input.
const CHANGES: usize = 6;

/// Bytes that end, escape, sign or overflow something.
const BYTES: [u8; 16] = [
    0, 1, 0x7f, 0x80, 0xff, b'\r', b'\n', b'\t', b' ', b'"', b'\\', b';', b':', b'=', b'.', b'-',
];
/// Words that mean something to many readers.
const WORDS: [&[u8]; 12] = [
    b"\r\n",
    b"\r\n.\r\n",
    b"\n\n",
    b"=?utf-8?q?",
    b"18446744073709551616",
    b"-1",
    b"00",
    b"\xc3\xbc",
    b"\xff\xfe",
    b"*.",
    b"[[",
    b"\x30\x82\xff\xff",
];

/// Makes inputs out of a corpus, always the same ones for the same corpus and seed.
#[derive(Debug, Clone)]
pub struct Mutator<'c> {
    corpus: &'c [Vec<u8>],
    draw: Draw,
}

impl<'c> Mutator<'c> {
    /// One that begins with a seed.
    #[must_use]
    pub fn new(corpus: &'c [Vec<u8>], seed: u64) -> Self {
        Self {
            corpus,
            draw: Draw::from_seed(seed),
        }
    }

    /// The next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.draw.one_of(self.corpus).cloned().unwrap_or_default();
        for _ in 0..=self.draw.below(CHANGES) {
            self.change(&mut input);
        }
        input.truncate(USUAL_LENGTH);
        if self.draw.below(LONG_ONE_IN) == 0 {
            self.lengthen(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.draw.below(input.len() + 1);
        let some = 1 + self.draw.below(16);
        let end = at.saturating_add(some).min(input.len());
        match self.draw.below(10) {
            0 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << self.draw.below(8);
                }
            }
            1 => {
                let byte = u8::try_from(self.draw.below(256)).unwrap_or_default();
                input.insert(at, byte);
            }
            2 => {
                let byte = *self.draw.one_of(&BYTES).unwrap_or(&0);
                match input.get_mut(at) {
                    Some(there) => *there = byte,
                    None => input.push(byte),
                }
            }
            3 => {
                let word = *self.draw.one_of(&WORDS).unwrap_or(&b"".as_slice());
                input.splice(at..at, word.iter().copied());
            }
            4 => drop(input.drain(at..end)),
            5 => input.truncate(at),
            6 => {
                let piece = input[at..end].to_vec();
                let to = self.draw.below(input.len() + 1);
                input.splice(to..to, piece);
            }
            7 => self.repeat_line(input, at),
            8 => self.cross(input, at),
            _ => input[at..end].make_ascii_uppercase(),
        }
    }

    /// Says the line around a place again.
    fn repeat_line(&mut self, input: &mut Vec<u8>, at: usize) {
        let is_end = |byte: &u8| *byte == b'\n';
        let start = input[..at]
            .iter()
            .rposition(is_end)
            .map_or(0, |end| end + 1);
        let end = input[at..]
            .iter()
            .position(is_end)
            .map_or(input.len(), |end| at + end + 1);
        let line = input[start..end].repeat(1 + self.draw.below(4));
        input.splice(end..end, line);
    }

    /// Goes on as another input does.
    fn cross(&mut self, input: &mut Vec<u8>, at: usize) {
        if let Some(other) = self.draw.one_of(self.corpus) {
            let from = self.draw.below(other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
    }

    /// Says a piece of it again and again.
    fn lengthen(&mut self, input: &mut Vec<u8>) {
        let at = self.draw.below(input.len() + 1);
        let end = (at + 1 + self.draw.below(64)).min(input.len());
        let piece = input[at..end].to_vec();
        if !piece.is_empty() {
            let times = LONG_LENGTH / piece.len();
            input.splice(at..at, piece.repeat(times));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_inputs() {
        let corpus = vec![
            b"version: STSv1\nmode: enforce\n".to_vec(),
            b"mx: *.test\n".to_vec(),
        ];
        let inputs = |seed| -> Vec<Vec<u8>> {
            let mut mutator = Mutator::new(&corpus, seed);
            (0..2_000).map(|_| mutator.next_input()).collect()
        };
        let made = inputs(1);
        assert_eq!(made, inputs(1));
        assert_ne!(made, inputs(2));
        assert!(
            made.iter()
                .all(|input| input.len() <= LONG_LENGTH + USUAL_LENGTH)
        );
        assert!(made.iter().any(|input| input.len() > USUAL_LENGTH));
        let mut different = made.clone();
        different.sort();
        different.dedup();
        assert!(different.len() > 1_500, "{}", different.len());
    }

    #[test]
    fn without_a_corpus_inputs_come_all_the_same() {
        let mut mutator = Mutator::new(&[], 1);
        assert!((0..100).any(|_| !mutator.next_input().is_empty()));
    }
}
