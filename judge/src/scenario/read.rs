//! One file of cases: text in, cases and problems out.

use super::check::check;
use super::cross;
use super::merge::{merge, settle_steps, settled};
use super::resolve::{self, Context, Existing, StepTree};
use super::unify::unify;
use super::vary;
use super::{Case, Catalogue, Twin};
use crate::document::{Complaint, Entry, Node, Notes, Problems, Source, Span, Table, parse};

/// The most cases of a file after `vary`.
const MOST_CASES: u64 = 200;

/// Reads the text of one file. In a folder of one's own `requirements` may be left out.
#[must_use]
pub fn read_text(
    file_name: &str,
    id: &str,
    text: &str,
    catalogue: &Catalogue,
    own_folder: bool,
) -> (Vec<Case>, Problems) {
    let source = Source::new(file_name, text);
    let notes = Notes::new(&source);
    let cases = match parse(text, &notes) {
        Some(mut document) => {
            check(&document, &notes, catalogue);
            unify(&mut document, &notes);
            let file = File {
                id,
                document,
                own_folder,
            };
            file.read(Context {
                notes: &notes,
                catalogue,
            })
        }
        None => Vec::new(),
    };
    let mut problems = Problems::default();
    problems.extend(notes.into_problems());
    let cases = if problems.is_empty() {
        cases
    } else {
        Vec::new()
    };
    (cases, problems)
}

struct File<'a> {
    id: &'a str,
    document: Table,
    own_folder: bool,
}

/// A case after merging, before `vary`.
struct Merged {
    name: Option<Entry>,
    tree: Table,
}

impl File<'_> {
    fn read(&self, context: Context<'_>) -> Vec<Case> {
        let merged = self.merged();
        let copies = merged
            .iter()
            .map(|case| vary::copies(&case.tree))
            .fold(0, u64::saturating_add);
        if copies > MOST_CASES {
            let complaint = Complaint::new(format!("the file makes {copies} cases"));
            let complaint = complaint.help(format!(
                "at most {MOST_CASES}: leave a `vary` out, or part the file"
            ));
            context.notes.note(Span::default(), complaint);
            return Vec::new();
        }
        let mut copies = Vec::new();
        for case in &merged {
            for (labels, tree) in vary::expand(&case.tree) {
                let mut tree = settled(&tree);
                settle_steps(&mut tree, &resolve::WORLD);
                copies.push(Expanded { case, labels, tree });
            }
        }
        let stories: Vec<Vec<StepTree<'_>>> = copies
            .iter()
            .map(|copy| resolve::story(&copy.tree))
            .collect();
        let mut resolved: Vec<(Case, Existing)> = Vec::new();
        for (copy, steps) in copies.iter().zip(&stories) {
            let id = full_id(self.id, copy.name(), &copy.labels);
            resolved.push(resolve::resolve(
                context,
                id,
                copy.span(),
                &copy.tree,
                steps,
            ));
        }
        let all: Vec<cross::Copy<'_>> = (copies.iter().zip(&stories).zip(&resolved))
            .map(|((copy, steps), (case, existing))| cross::Copy {
                name: copy.name(),
                labels: &copy.labels,
                span: copy.span(),
                tree: &copy.tree,
                steps,
                case,
                existing,
            })
            .collect();
        let checks = cross::Checks {
            notes: context.notes,
            catalogue: context.catalogue,
            own_folder: self.own_folder,
        };
        cross::whole_file(&self.document, context.notes);
        all.iter().for_each(|copy| checks.copy(*copy, &all));
        cross::unspoken_rows(&self.document, &all, context.notes);
        cross::same_cases(&all, context.notes);
        let twins: Vec<Option<String>> = all
            .iter()
            .map(|copy| cross::named_twin(*copy, &all))
            .collect();
        let cases = resolved
            .into_iter()
            .zip(twins)
            .map(|((mut case, _), twin)| {
                if let (Some(id), Twin::Healthy) = (twin, &case.twin) {
                    case.twin = Twin::Case(id);
                }
                case
            });
        cases.collect()
    }

    /// The cases over the file; without cases the file itself.
    fn merged(&self) -> Vec<Merged> {
        let mut base = self.document.clone();
        base.remove("case");
        let base = settled(&base);
        let cases = self.document.get("case").and_then(Node::table);
        match cases.filter(|cases| !cases.entries.is_empty()) {
            None => vec![Merged {
                name: None,
                tree: base,
            }],
            Some(cases) => cases
                .entries
                .iter()
                .filter_map(|entry| {
                    let tree = merge(&base, entry.node.table()?);
                    Some(Merged {
                        name: Some(entry.clone()),
                        tree,
                    })
                })
                .collect(),
        }
    }
}

/// One copy of a case after `vary`.
struct Expanded<'a> {
    case: &'a Merged,
    labels: Vec<String>,
    tree: Table,
}

impl Expanded<'_> {
    fn name(&self) -> Option<&str> {
        self.case.name.as_ref().map(|entry| entry.key.as_str())
    }

    fn span(&self) -> Span {
        self.case
            .name
            .as_ref()
            .map_or(Span::default(), |entry| entry.key_span)
    }
}

/// `path`, `path#case`, `path#case/label`, `path#/label`.
fn full_id(file: &str, case: Option<&str>, labels: &[String]) -> String {
    let mut id = file.to_string();
    if case.is_some() || !labels.is_empty() {
        id.push('#');
        id.push_str(case.unwrap_or_default());
    }
    for label in labels {
        id.push('/');
        id.push_str(label);
    }
    id
}
