//! Feeds one target: first the corpus as it is, then what is made of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::corpus::Corpus;
use crate::mutator::Mutator;
use crate::target::Target;

/// How much is fed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Inputs that are made, beside the corpus.
    pub rounds: u64,
    /// Decides which.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    /// Inputs that were read.
    pub inputs: u64,
    /// The first at which the target broke its word.
    pub found: Option<Found>,
}

/// An input at which a target broke its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// All of it.
    pub input: Vec<u8>,
    /// What the panic said.
    pub told: String,
}

/// Feeds a target until it breaks its word or has had all. `beginning` hears each input before it is read, so that one which
/// never ends is known.
pub fn feed(
    target: Target,
    corpus: &Corpus,
    order: Order,
    mut beginning: impl FnMut(&[u8]),
) -> Fed {
    let mut mutator = Mutator::new(corpus.inputs(), order.seed);
    let made = (0..order.rounds).map(|_| mutator.next_input());
    let mut inputs = 0;
    for input in corpus.inputs().iter().cloned().chain(made) {
        beginning(&input);
        inputs += 1;
        let read = catch_unwind(AssertUnwindSafe(|| (target.read)(&input)));
        if let Err(panic) = read {
            let told = (panic.downcast_ref::<String>().cloned())
                .or_else(|| panic.downcast_ref::<&str>().map(|told| (*told).to_owned()))
                .unwrap_or_default();
            let found = Some(Found { input, told });
            return Fed { inputs, found };
        }
    }
    Fed {
        inputs,
        found: None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::target::targets;

    /// Enough that every kind of change came several times.
    const BRIEFLY: Order = Order {
        rounds: 400,
        seed: 1,
    };

    #[test]
    fn every_target_keeps_its_word_for_its_corpus_and_what_is_made_of_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for target in targets() {
            let corpus = Corpus::load(&target.corpus(root)).unwrap();
            let fed = feed(target, &corpus, BRIEFLY, |_| {});
            assert_eq!(fed.found, None, "{}", target.name);
            assert!(fed.inputs > BRIEFLY.rounds, "{}", target.name);
        }
    }

    #[test]
    fn the_input_at_which_a_target_breaks_its_word_is_given_back() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "good").unwrap();
        let corpus = Corpus::load(folder.path()).unwrap();
        let target = Target {
            name: "weak",
            read: |bytes| assert!(bytes.starts_with(b"good"), "not good"),
        };
        let fed = feed(target, &corpus, BRIEFLY, |_| {});
        let found = fed.found.unwrap();
        assert_eq!(found.told, "not good");
        assert!(!found.input.starts_with(b"good") && fed.inputs > 1);
    }
}
