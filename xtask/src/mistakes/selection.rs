//! Which mistakes are made: those that are named, a part of all, those that turn is on, those that a change is about.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::Args;

use super::list::{self, Mistake};

/// The choice, as it is asked for. Without any, all are made.
#[derive(Debug, Default, Args)]
pub(super) struct Choice {
    /// Mistakes by name [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Make one of several equal parts, as 1/4
    #[arg(long, value_name = "PART")]
    shard: Option<Shard>,
    /// Make so many, others at each commit
    #[arg(long, value_name = "N")]
    rotate: Option<usize>,
    /// Make those whose file, or whose place in the list, is not what it was at this commit
    #[arg(long, value_name = "COMMIT")]
    changed_since: Option<String>,
    /// Make no more than so many, and say which are left out
    #[arg(long, value_name = "N")]
    at_most: Option<usize>,
}

/// One of several parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    part: usize,
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err(format!("{text:?} is no part; 1/4 is the first of four")),
        }
    }
}

/// What is made, and what would be if there were room.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chosen<'m> {
    pub(super) made: Vec<&'m Mistake>,
    pub(super) left_out: Vec<&'m Mistake>,
}

impl Choice {
    /// Chooses; the repository in `root` is asked what has changed, and how many commits there are.
    ///
    /// # Errors
    /// When a name is unknown, or git does not answer.
    pub(super) fn of<'m>(
        &self,
        mistakes: &'m [Mistake],
        root: &Path,
    ) -> anyhow::Result<Chosen<'m>> {
        let unknown: Vec<&str> = (self.names.iter())
            .map(String::as_str)
            .filter(|name| !mistakes.iter().any(|mistake| mistake.name == *name))
            .collect();
        if !unknown.is_empty() {
            bail!(
                "no mistake is called {}; `cargo xtask mistakes --list` has their names",
                unknown.join(", ")
            );
        }
        let turn = match self.rotate {
            None => 0,
            Some(_) => git(root, &["rev-list", "--count", "HEAD"])?
                .trim()
                .parse::<usize>()
                .context("git counts no commits")?,
        };
        let changed = match &self.changed_since {
            None => Vec::new(),
            Some(commit) => changed(mistakes, &before(root, commit)?),
        };
        Ok(self.choose(mistakes, turn, &changed))
    }

    fn choose<'m>(
        &self,
        mistakes: &'m [Mistake],
        turn: usize,
        changed: &[&'m Mistake],
    ) -> Chosen<'m> {
        let is_whole =
            self.names.is_empty() && self.rotate.is_none() && self.changed_since.is_none();
        let in_turn = rotated(mistakes.len(), self.rotate.unwrap_or(0), turn);
        let mut places: Vec<usize> = in_turn;
        let named = (0..mistakes.len())
            .filter(|place| is_whole || self.names.contains(&mistakes[*place].name));
        places.extend(named);
        // With more changed than there is room for, another commit begins at another place.
        let mut of_change: Vec<usize> = (0..mistakes.len())
            .filter(|place| changed.contains(&&mistakes[*place]))
            .collect();
        if !of_change.is_empty() {
            let middle = turn.wrapping_mul(self.at_most.unwrap_or(1)) % of_change.len();
            of_change.rotate_left(middle);
        }
        places.extend(of_change);
        if let Some(Shard { part, of }) = self.shard {
            places.retain(|place| place % of == part - 1);
        }
        let mut seen = BTreeSet::new();
        places.retain(|place| seen.insert(*place));
        let left_out = places.split_off(places.len().min(self.at_most.unwrap_or(usize::MAX)));
        let named = |places: Vec<usize>| places.into_iter().map(|place| &mistakes[place]).collect();
        Chosen {
            made: named(places),
            left_out: named(left_out),
        }
    }
}

/// So many places of a list, following on those of the turn before.
fn rotated(length: usize, count: usize, turn: usize) -> Vec<usize> {
    let first = turn.wrapping_mul(count);
    (0..count.min(length))
        .map(|place| first.wrapping_add(place) % length)
        .collect()
}

/// What a commit had: the files of the engine that are others now, and the mistakes.
struct Before {
    files: Vec<String>,
    list: Vec<Mistake>,
}

fn before(root: &Path, commit: &str) -> anyhow::Result<Before> {
    let files = git(root, &["diff", "--name-only", commit, "--", "engine/src"])?;
    // At a commit without lists every mistake is new.
    let folder = format!("{}/", list::FOLDER);
    let lists = git(root, &["ls-tree", "--name-only", commit, &folder]).unwrap_or_default();
    let mut list = Vec::new();
    for path in lists.lines().filter(|path| list::is_list(path)) {
        let text = git(root, &["show", &format!("{commit}:{path}")])?;
        list.extend(list::parse(path, &text).unwrap_or_default());
    }
    Ok(Before {
        files: files.lines().map(str::to_owned).collect(),
        list,
    })
}

fn changed<'m>(mistakes: &'m [Mistake], before: &Before) -> Vec<&'m Mistake> {
    let was_listed = |mistake: &Mistake| {
        before.list.iter().any(|old| {
            Mistake {
                list: mistake.list.clone(),
                line: mistake.line,
                ..old.clone()
            } == *mistake
        })
    };
    (mistakes.iter())
        .filter(|mistake| before.files.contains(&mistake.file) || !was_listed(mistake))
        .collect()
}

fn git(root: &Path, arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .context("cannot start git")?;
    if !output.status.success() {
        bail!(
            "git {}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(count: usize) -> Vec<Mistake> {
        let text: String = (0..count).map(|n| format!("[[mistake]]\nname = \"m{n}\"\nfile = \"f{n}\"\nfind = \"x\"\nreplace = \"y\"\nbreaks = [\"B\"]\nwhy = \"w\"\n")).collect();
        list::parse("some.toml", &text).unwrap()
    }

    fn names(mistakes: &[&Mistake]) -> String {
        mistakes
            .iter()
            .map(|mistake| mistake.name.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_choice_takes_what_is_asked_for_once_and_each_turn_goes_on() {
        let all = mistakes(7);
        let some = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let in_turn = |rotate, is_changed: bool, at_most| Choice {
            rotate: Some(rotate),
            changed_since: is_changed.then(|| "c".to_owned()),
            at_most,
            ..Choice::default()
        };
        let named = Choice {
            names: some(&["m3", "m1"]),
            ..Choice::default()
        };
        let second = Choice {
            shard: Some(Shard { part: 2, of: 3 }),
            ..Choice::default()
        };
        // (choice, turn, what is made, what is left out)
        let cases = [
            (Choice::default(), 0, "m0 m1 m2 m3 m4 m5 m6", ""),
            (named, 0, "m1 m3", ""),
            (second, 0, "m1 m4", ""),
            (in_turn(3, false, None), 1, "m3 m4 m5", ""),
            (in_turn(3, false, None), 2, "m6 m0 m1", ""),
            (in_turn(9, false, None), 1, "m2 m3 m4 m5 m6 m0 m1", ""),
            (in_turn(2, true, None), 0, "m0 m1 m5 m6", ""),
            (in_turn(2, true, Some(3)), 1, "m2 m3 m1", "m5 m6"),
        ];
        for (choice, turn, made, left_out) in cases {
            let changed: Vec<&Mistake> = if choice.changed_since.is_some() {
                vec![&all[1], &all[5], &all[6]]
            } else {
                Vec::new()
            };
            let got = choice.choose(&all, turn, &changed);
            assert_eq!(
                (names(&got.made), names(&got.left_out)),
                (made.to_owned(), left_out.to_owned()),
                "{choice:?}"
            );
        }
    }

    #[test]
    fn a_mistake_has_changed_when_its_file_or_its_own_words_have() {
        let now = mistakes(4);
        let mut list = now.clone();
        list[1].why = "another".to_owned();
        list[2].line += 5;
        list.remove(3);
        let before = Before {
            files: vec!["f0".to_owned()],
            list,
        };
        assert_eq!(names(&changed(&now, &before)), "m0 m1 m3");
    }

    #[test]
    fn a_part_is_two_numbers_of_which_the_first_is_not_the_larger() {
        for (text, want) in [
            ("1/4", Some((1, 4))),
            ("4/4", Some((4, 4))),
            ("0/4", None),
            ("5/4", None),
            ("1", None),
            ("a/b", None),
        ] {
            assert_eq!(
                text.parse::<Shard>().ok(),
                want.map(|(part, of)| Shard { part, of }),
                "{text}"
            );
        }
    }
}
