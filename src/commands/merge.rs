//! `mtaspec merge`: reports beside each other, or the page about what they found.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use mtaspec_judge::report::{By, FiledReport, Matrix, PageSubject, View, Which, results_page};
use mtaspec_judge::scenario::IdPattern;

use super::recorded::{Recorded, folder_name};
use super::reports::read;
use crate::output::say;
use crate::progress::colour;
use crate::selection::SuiteFolder;
use crate::trouble::Trouble;

/// Put reports beside each other: subjects by cases
#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// What `run --report json=FILE` has written
    #[arg(value_name = "REPORT", required = true)]
    reports: Vec<PathBuf>,
    /// Only these cases: ids, or globs such as `tls-versions/**`; may be given again
    #[arg(long, value_name = "PATTERN")]
    cases: Vec<String>,
    /// Only cases of which not the same is said of all that played them, or that anybody failed
    #[arg(long, value_enum)]
    only: Option<WhichWord>,
    /// What a line is about
    #[arg(long, value_enum, default_value = "case")]
    by: ByWord,
    /// How wide to write [default: as the terminal; as wide as need be elsewhere]
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print the page about each must that was missed, as harness/subjects/RESULTS.md
    #[arg(long, conflicts_with_all = ["json", "cases", "only", "by", "width"])]
    markdown: bool,
    /// What `run --record DIR` has written: once for each report, in their order; each failure is judged again from it
    #[arg(long, value_name = "DIR", requires = "markdown")]
    recordings: Vec<PathBuf>,
    #[command(flatten)]
    suite: SuiteFolder,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum WhichWord {
    /// Those of which different things are said by those who played them
    Differing,
    /// Those in which anything is held against anybody
    Failing,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ByWord {
    /// One case
    Case,
    /// The cases of one file
    File,
    /// The files of one folder
    Family,
}

impl Merge {
    pub(crate) fn run(self) -> Result<ExitCode, Trouble> {
        let reports: Vec<FiledReport> = (self.reports.iter())
            .map(|path| read(path))
            .collect::<Result<_, _>>()?;
        if self.markdown {
            say(&self.page(reports)?);
            return Ok(ExitCode::SUCCESS);
        }
        let patterns: Vec<IdPattern> = (self.cases.iter())
            .map(|text| IdPattern::parse(text).map_err(Trouble::usage))
            .collect::<Result<_, _>>()?;
        let mut matrix = Matrix::of(&reports, |id| {
            patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(id))
        });
        if matrix.cases.is_empty() {
            return Err(Trouble::usage(if patterns.is_empty() {
                "there is no case in these reports"
            } else {
                "no case of these reports is called so; widen the pattern of --cases"
            }));
        }
        let view = self.view();
        if self.json {
            matrix.cases.retain(|row| view.which.has(row));
            say(&matrix.to_json());
        } else {
            say(&matrix.table(&view));
        }
        Ok(ExitCode::SUCCESS)
    }

    fn view(&self) -> View {
        View {
            by: match self.by {
                ByWord::Case => By::Case,
                ByWord::File => By::File,
                ByWord::Family => By::Family,
            },
            which: match self.only {
                None => Which::All,
                Some(WhichWord::Differing) => Which::Differing,
                Some(WhichWord::Failing) => Which::Failing,
            },
            width: self.width.or_else(terminal_width).unwrap_or(usize::MAX),
            colour: colour(),
        }
    }

    fn page(&self, reports: Vec<FiledReport>) -> Result<String, Trouble> {
        if !self.recordings.is_empty() && self.recordings.len() != reports.len() {
            return Err(Trouble::usage(format!(
                "there are {} reports and {} folders of recordings; give --recordings once for each report, in their order",
                reports.len(),
                self.recordings.len()
            )));
        }
        let catalogue = self.suite.catalogue()?;
        let mut subjects = Vec::new();
        for (index, filed) in reports.into_iter().enumerate() {
            let recordings = match self.recordings.get(index) {
                None => None,
                Some(folder) => {
                    Recorded::read(folder, &filed.report)?.show(&filed)?;
                    Some(folder_name(folder))
                }
            };
            subjects.push(PageSubject { filed, recordings });
        }
        Ok(results_page(&subjects, &catalogue))
    }
}

fn terminal_width() -> Option<usize> {
    let out = std::io::stdout();
    let (width, _) = out
        .is_terminal()
        .then(|| terminal_size::terminal_size_of(&out))??;
    Some(width.0.into())
}
