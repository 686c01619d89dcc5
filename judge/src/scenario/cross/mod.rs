//! What only shows after merging: keys that contradict each other, names that nothing leads to, expectations that
//! cannot fail or cannot be met, twins (SCENARIOS §12).

mod expectation;
mod fault;
mod file;
mod limits;
mod twin;
mod world;

use super::resolve::{Existing, StepTree};
use super::{Case, Catalogue};
use crate::document::{Complaint, Notes, Span, Table};

pub(crate) use file::{same_cases, unspoken_rows, whole_file};
pub(crate) use twin::named_twin;

/// One copy of a case with all that is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copy<'a> {
    /// The name in `case.NAME`.
    pub(crate) name: Option<&'a str>,
    /// Those of `vary`.
    pub(crate) labels: &'a [String],
    /// Where the case begins.
    pub(crate) span: Span,
    pub(crate) tree: &'a Table,
    pub(crate) steps: &'a [StepTree<'a>],
    pub(crate) case: &'a Case,
    pub(crate) existing: &'a Existing,
}

/// What the copies of a file are checked with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checks<'a> {
    pub(crate) notes: &'a Notes<'a>,
    pub(crate) catalogue: &'a Catalogue,
    /// `requirements` may be left out.
    pub(crate) own_folder: bool,
}

impl Copy<'_> {
    /// How many labels two copies share: of a varied twin, the copies that share most stand for a case.
    pub(crate) fn shared_labels(&self, other: &Self) -> usize {
        other
            .labels
            .iter()
            .filter(|label| self.labels.contains(label))
            .count()
    }
}

impl Checks<'_> {
    /// Notes all that is wrong with one copy; `all` are the copies of the file.
    pub(crate) fn copy(self, copy: Copy<'_>, all: &[Copy<'_>]) {
        self.world(copy);
        self.faults(copy);
        self.expectations(copy);
        self.limits(copy);
        self.twin(copy, all);
    }

    fn note(self, span: Span, complaint: Complaint) {
        self.notes.note(span, complaint);
    }
}
