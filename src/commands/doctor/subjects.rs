//! Which relays have a profile here, and whether each can be run: its programs, its rights, its namespace.

use std::path::Path;

use mtaspec_harness::subject::profile::{Profile, missing_programs};
use serde::Serialize;

use crate::relays::profile_folders;

/// A relay with a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) can_be_run: bool,
    /// Why not, and what cures it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// What a relay needs that a machine may not have.
#[derive(Debug, Clone, Default)]
struct Needs<'a> {
    root: bool,
    missing: Vec<&'a str>,
    install: Option<&'a str>,
}

/// All that have a profile beside the suite, or where this program was built.
pub(super) fn found(is_root: bool, has_namespace: bool) -> Vec<Subject> {
    profile_folders()
        .iter()
        .map(|folder| look_at(folder, is_root, has_namespace))
        .collect()
}

fn look_at(folder: &Path, is_root: bool, has_namespace: bool) -> Subject {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let reason = match Profile::load(folder) {
        Err(_) => Some(format!(
            "its profile has problems; `mtaspec check --subject {name}` tells them"
        )),
        Ok(profile) => Needs {
            root: profile.needs.root,
            missing: missing_programs(&profile),
            install: profile.install.as_deref(),
        }
        .unmet(is_root, has_namespace),
    };
    Subject {
        name: name.into_owned(),
        can_be_run: reason.is_none(),
        reason,
    }
}

impl Needs<'_> {
    /// What stands in the way, all of it.
    fn unmet(&self, is_root: bool, has_namespace: bool) -> Option<String> {
        let mut reasons = Vec::new();
        if !self.missing.is_empty() {
            let are = if self.missing.len() == 1 { "is" } else { "are" };
            let install = self
                .install
                .map(|line| format!("; install it with `{line}`"));
            reasons.push(format!(
                "{} {are} missing{}",
                self.missing.join(", "),
                install.unwrap_or_default()
            ));
        }
        if !has_namespace {
            reasons.push("there is no namespace for it".to_owned());
        } else if self.root && !is_root {
            reasons.push("it changes its user, so start mtaspec as root".to_owned());
        }
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_the_way_of_a_relay_is_told() {
        let postfix = Needs {
            root: true,
            missing: Vec::new(),
            install: Some("apt-get install postfix"),
        };
        let not_installed = Needs {
            missing: vec!["postfix", "postconf"],
            ..postfix.clone()
        };
        // (relay, root, namespace, what is told)
        let cases = [
            (&postfix, true, true, None),
            (
                &postfix,
                false,
                true,
                Some("it changes its user, so start mtaspec as root"),
            ),
            (&postfix, true, false, Some("there is no namespace for it")),
            (
                &not_installed,
                false,
                true,
                Some(
                    "postfix, postconf are missing; install it with `apt-get install postfix`; it changes its user, \
                     so start mtaspec as root",
                ),
            ),
            (&Needs::default(), false, true, None),
        ];
        for (needs, is_root, has_namespace, want) in cases {
            let told = needs.unmet(is_root, has_namespace);
            assert_eq!(told.as_deref(), want, "{needs:?} {is_root} {has_namespace}");
        }
    }

    #[test]
    fn every_profile_of_the_suite_is_looked_at() {
        for subject in found(true, true) {
            let told = subject.reason.unwrap_or_default();
            assert!(!told.contains("problems"), "{}: {told}", subject.name);
        }
    }
}
