//! The engine that checks signatures for itself has the findings of the one that believes its resolver.

use std::sync::Arc;

use mtaspec::builtin::ValidatingBuiltIn;
use mtaspec_judge::report::{Colour, detail};
use mtaspec_judge::verdict::Verdict;

use super::play::Loaded;

#[test]
fn own_validation_sees_what_the_resolver_sees() {
    let suite = Loaded::suite();
    let mut cases = suite.family("dane/dnssec-state/");
    cases.extend(suite.family("dane/lookup/"));
    assert!(cases.len() > 60, "{}", cases.len());
    let mut told = String::new();
    for (result, evidence) in suite.play(Arc::new(ValidatingBuiltIn), &cases, 2) {
        if !matches!(result.verdict, Verdict::Pass | Verdict::Warn) {
            told += &detail(&result, &evidence.recording, &suite.catalogue, Colour::No);
        }
    }
    assert!(told.is_empty(), "{told}");
}
