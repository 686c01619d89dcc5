//! How far a run is: a line that moves on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};
use mtaspec_judge::report::{Colour, line};
use mtaspec_judge::verdict::{CaseResult, Verdict};

use crate::output::say_line;

/// Tells of each case as its verdict is there.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    colour: Colour,
}

impl Progress {
    pub(crate) fn new(cases: usize) -> Self {
        let is_terminal = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        let bar = is_terminal.then(|| {
            let style = ProgressStyle::with_template("{pos}/{len} {wide_bar} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(cases as u64).with_style(style)
        });
        Self {
            bar,
            colour: colour(),
        }
    }

    /// On a terminal only what is not as wanted leaves a line.
    pub(crate) fn done(&self, result: &CaseResult) {
        let text = line(result, self.colour);
        match &self.bar {
            None => say_line(&text),
            Some(bar) => {
                if !matches!(result.verdict, Verdict::Pass | Verdict::Skip) {
                    bar.suspend(|| say_line(&text));
                }
                bar.set_message(result.id.clone());
                bar.inc(1);
            }
        }
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Colours on a terminal, unless `NO_COLOR` is set.
pub(crate) fn colour() -> Colour {
    let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if wanted && std::io::stdout().is_terminal() {
        Colour::Yes
    } else {
        Colour::No
    }
}
