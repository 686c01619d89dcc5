//! How many connections each host of a case has had.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Counts the connections to each host of a case, all its addresses together.
#[derive(Debug, Default)]
pub struct ConnectionCounter {
    counts: Mutex<HashMap<String, u32>>,
}

impl ConnectionCounter {
    /// The next connection to any other host than these is its first (ASCII, labelled).
    pub fn forget_all_but(&self, kept: &[String]) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.retain(|name, _| kept.iter().any(|one| one.eq_ignore_ascii_case(name)));
    }

    /// One connection more to the host of this name (ASCII, labelled): the number of it, from 1.
    pub fn next(&self, name: &str) -> u32 {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(name.to_ascii_lowercase()).or_default();
        *count += 1;
        *count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_counted_for_each_host_whatever_the_letter_case() {
        let counter = ConnectionCounter::default();
        // (host, number)
        let cases = [
            ("mx.test", 1),
            ("MX.test", 2),
            ("b.test", 1),
            ("mx.test", 3),
        ];
        for (name, want) in cases {
            assert_eq!(counter.next(name), want, "{name}");
        }
        counter.forget_all_but(&["B.test".to_owned()]);
        assert_eq!((counter.next("mx.test"), counter.next("b.test")), (1, 2));
    }
}
