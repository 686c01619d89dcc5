//! The chore itself: it makes the chosen mistakes one by one, or takes what stayed of them, and tells of each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;

use super::judgement::{Judgement, judge};
use super::list::{self, Mistake};
use super::report::Report;
use super::scratch::{self, Scratch};
use super::selection::{Choice, Chosen};
use super::stored::{self, Reports, Unusable};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// Tell the mistakes and make none
    #[arg(long)]
    list: bool,
    /// Make none, and judge what the suite said when they were made last: for a list that has other words now
    #[arg(long, conflicts_with = "list")]
    judge_again: bool,
    /// Where that stands, and where it is looked for next [default: where this chore leaves it]
    #[arg(long, value_name = "FOLDER", requires = "judge_again")]
    reports: Vec<PathBuf>,
}

/// Makes the mistakes. The exit code is 1 when one of them was not seen for what it is.
///
/// # Errors
/// When the list is wrong, the workspace does not build, or the suite fails before any mistake is made.
#[expect(clippy::print_stdout, reason = "a chore speaks to whoever runs it")]
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask stands in no workspace")?;
    let mistakes = match list::load(root) {
        Ok(mistakes) => mistakes,
        Err(problems) => {
            println!("{}", problems.join("\n"));
            return Ok(ExitCode::FAILURE);
        }
    };
    let chosen = arguments.choice.of(&mistakes, root)?;
    let table = Table {
        root,
        width: chosen
            .made
            .iter()
            .map(|made| made.name.len())
            .max()
            .unwrap_or(0),
    };
    let is_well = if arguments.list {
        println!("{}", listed(&chosen.made, table.width));
        true
    } else if arguments.judge_again {
        let folders = match arguments.reports.as_slice() {
            [] => vec![scratch::reports(root)],
            named => named.iter().cloned().map(Reports::in_folder).collect(),
        };
        judge_again(&chosen.made, folders, &table)
    } else {
        make(&chosen, &table)?
    };
    Ok(if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Makes each mistake and plays the suite; then whether all were seen for what they are.
#[expect(clippy::print_stdout, reason = "a chore speaks to whoever runs it")]
fn make(chosen: &Chosen<'_>, table: &Table<'_>) -> anyhow::Result<bool> {
    let begun = Instant::now();
    let scratch = Scratch::prepare(table.root)?;
    let sound = match scratch.play_as_it_is()? {
        Ok(report) => report,
        Err(unplayed) => bail!("the engine without a mistake: {unplayed}"),
    };
    println!(
        "{:width$}  {} cases of the engine as it is  {}",
        "",
        sound.cases.len(),
        seconds(begun.elapsed()),
        width = table.width,
    );
    let failing = failing(&sound);
    for id in &failing {
        println!("{id} fails without any mistake, and is left out of account");
    }
    let mut missed = 0;
    for mistake in &chosen.made {
        let begun = Instant::now();
        let judgement = match scratch.play(mistake)? {
            Ok(broken) => judge(mistake, &sound, &broken),
            Err(unplayed) => Judgement {
                caught_by: 0,
                collateral: 0,
                problems: vec![unplayed.to_string()],
            },
        };
        missed += usize::from(!judgement.problems.is_empty());
        println!("{}", table.row(mistake, &judgement, Some(begun.elapsed())));
    }
    if !chosen.left_out.is_empty() {
        println!(
            "no room for {} more: {}",
            chosen.left_out.len(),
            names(&chosen.left_out)
        );
    }
    let of = chosen.made.len();
    println!(
        "{} of {of} mistakes were seen for what they are, in {}",
        of - missed,
        seconds(begun.elapsed())
    );
    Ok(missed == 0 && failing.is_empty())
}

/// Judges what stayed of each mistake, in the first folder that has it; then whether all were seen for what they are.
#[expect(clippy::print_stdout, reason = "a chore speaks to whoever runs it")]
fn judge_again(made: &[&Mistake], folders: Vec<Reports>, table: &Table<'_>) -> bool {
    let mut runs = Vec::new();
    for folder in folders {
        match folder.sound() {
            Some(sound) => runs.push((folder, sound)),
            None => println!("there is no {}", folder.path(None).display()),
        }
    }
    let (mut seen, mut unjudged) = (0, BTreeMap::<Unusable, Vec<&Mistake>>::new());
    for mistake in made {
        let judgement = match stored::first_usable(&runs, mistake) {
            Ok((sound, broken)) => judge(mistake, sound, &broken),
            Err(why) => {
                unjudged.entry(why).or_default().push(mistake);
                continue;
            }
        };
        seen += usize::from(judgement.problems.is_empty());
        println!("{}", table.row(mistake, &judgement, None));
    }
    for (why, mistakes) in &unjudged {
        println!("{} not judged, {why}: {}", mistakes.len(), names(mistakes));
    }
    println!(
        "{seen} of {} mistakes were seen for what they are",
        made.len()
    );
    seen == made.len()
}

fn names(mistakes: &[&Mistake]) -> String {
    let names: Vec<&str> = mistakes.iter().map(|made| made.name.as_str()).collect();
    names.join(", ")
}

/// The mistakes, each with what it breaks.
fn listed(mistakes: &[&Mistake], width: usize) -> String {
    let one = |mistake: &&Mistake| {
        let breaks = Vec::from_iter(mistake.breaks.clone()).join(", ");
        let (name, why) = (&mistake.name, &mistake.why);
        format!("{name:width$}  {why}\n{:width$}  breaks {breaks}\n", "")
    };
    let all: String = mistakes.iter().map(one).collect();
    format!("{all}{} mistakes", mistakes.len())
}

/// Cases that show nothing of a mistake, since the engine fails them without one.
fn failing(sound: &Report) -> Vec<&str> {
    let failing = sound.cases.iter().filter(|case| case.is_failing());
    failing.map(|case| case.id.as_str()).collect()
}

/// How mistakes are told of.
struct Table<'a> {
    root: &'a Path,
    width: usize,
}

impl Table<'_> {
    /// A line of the table, and below it what is wrong, with the place of the mistake.
    fn row(&self, mistake: &Mistake, judgement: &Judgement, took: Option<Duration>) -> String {
        let word = if judgement.problems.is_empty() {
            "seen"
        } else {
            "NOT SEEN"
        };
        let Judgement {
            caught_by,
            collateral,
            ..
        } = judgement;
        let mut told = format!(
            "{:width$}  {word:8}  {caught_by:3} cases, {collateral:3} beside them",
            mistake.name,
            width = self.width,
        );
        if let Some(took) = took {
            told.push_str(&format!("  {}", seconds(took)));
        }
        if judgement.problems.is_empty() {
            return told;
        }
        let text = std::fs::read_to_string(self.root.join(&mistake.file)).unwrap_or_default();
        let line = list::places(&text, &mistake.find)
            .first()
            .copied()
            .unwrap_or(1);
        told.push_str(&format!("\n  {}:{line}: {}", mistake.file, mistake.name));
        for problem in &judgement.problems {
            told.push_str(&format!("\n    {problem}"));
        }
        told
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
