//! One name, one key: tables named in two spellings become tables of the one that came first.
//!
//! Else `host."bücher.test"` in a file and `host."xn--bcher-kva.test"` in a case would not merge.

use std::collections::BTreeMap;

use super::name::ascii_form;
use crate::document::{Complaint, Notes, Table, Value};

/// The tables that are named after fakes and domains.
const NAMED: [&str; 4] = ["domain", "host", "https", "attacker"];

/// Renames the keys of a whole file.
pub(crate) fn unify(document: &mut Table, notes: &Notes<'_>) {
    Unifier {
        spelled: BTreeMap::new(),
        notes,
    }
    .table(document);
}

struct Unifier<'a> {
    spelled: BTreeMap<String, String>,
    notes: &'a Notes<'a>,
}

impl Unifier<'_> {
    fn table(&mut self, table: &mut Table) {
        for entry in &mut table.entries {
            match (entry.key.as_str(), &mut entry.node.value) {
                (key, Value::Table(names)) if NAMED.contains(&key) => self.names(names),
                ("case", Value::Table(cases)) => {
                    for case in &mut cases.entries {
                        if let Value::Table(case) = &mut case.node.value {
                            self.table(case);
                        }
                    }
                }
                ("step", Value::List(steps)) => {
                    for step in steps {
                        if let Value::Table(step) = &mut step.value {
                            self.table(step);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn names(&mut self, names: &mut Table) {
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        for entry in &mut names.entries {
            let ascii = ascii_form(&entry.key);
            if let Some(other) = first.insert(ascii.clone(), entry.key.clone()) {
                let complaint =
                    Complaint::new(format!("{:?} is {other:?} in another spelling", entry.key));
                self.notes
                    .note(entry.key_span, complaint.help("one table for one name"));
            }
            entry.key = self
                .spelled
                .entry(ascii)
                .or_insert_with(|| entry.key.clone())
                .clone();
        }
    }
}
