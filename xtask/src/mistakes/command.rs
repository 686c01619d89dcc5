//! The chore itself: it makes the chosen mistakes one by one, and tells of each.

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;

use super::judgement::{Judgement, judge};
use super::list::{self, Mistake};
use super::report::Report;
use super::scratch::Scratch;
use super::selection::Choice;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    choice: Choice,
    /// Tell the mistakes and make none
    #[arg(long)]
    list: bool,
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
    let width = chosen
        .made
        .iter()
        .map(|mistake| mistake.name.len())
        .max()
        .unwrap_or(0);
    if arguments.list {
        println!("{}", listed(&chosen.made, width));
        return Ok(ExitCode::SUCCESS);
    }
    let begun = Instant::now();
    let scratch = Scratch::prepare(root)?;
    let sound = match scratch.play_as_it_is()? {
        Ok(report) => report,
        Err(unplayed) => bail!("the engine without a mistake: {unplayed}"),
    };
    println!(
        "{:width$}  {} cases of the engine as it is  {}",
        "",
        sound.cases.len(),
        seconds(begun.elapsed())
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
        println!(
            "{}",
            told(mistake, &judgement, root, width, begun.elapsed())
        );
    }
    if !chosen.left_out.is_empty() {
        let names: Vec<&str> = chosen
            .left_out
            .iter()
            .map(|mistake| mistake.name.as_str())
            .collect();
        println!("no room for {} more: {}", names.len(), names.join(", "));
    }
    let of = chosen.made.len();
    println!(
        "{} of {of} mistakes were seen for what they are, in {}",
        of - missed,
        seconds(begun.elapsed())
    );
    Ok(if missed == 0 && failing.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
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

/// A line of the table, and below it what is wrong, with the place of the mistake.
fn told(
    mistake: &Mistake,
    judgement: &Judgement,
    root: &Path,
    width: usize,
    took: Duration,
) -> String {
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
        "{:width$}  {word:8}  {caught_by:3} cases, {collateral:3} beside them  {}",
        mistake.name,
        seconds(took)
    );
    if judgement.problems.is_empty() {
        return told;
    }
    let text = std::fs::read_to_string(root.join(&mistake.file)).unwrap_or_default();
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

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
