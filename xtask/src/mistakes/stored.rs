//! What stays of the mistakes that were made: what the suite reported on each, and the change that the report is of.
//!
//! By these a list that has other words now is judged in seconds. Whether the engine or the scenarios have changed since,
//! nothing here knows.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::list::Mistake;
use super::report::Report;

/// Under which name the report on the engine as it is stands.
const SOUND: &str = "without-a-mistake";

/// A folder of reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reports {
    folder: PathBuf,
}

/// What was done to the source: another change needs another report.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Change {
    file: String,
    find: String,
    replace: String,
}

/// Why the report on a mistake cannot be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(super) enum Unusable {
    #[error("there is no report on it")]
    Absent,
    #[error("nothing tells which change the report is of")]
    OfUnknownChange,
    #[error("the report is of another `file`, `find` or `replace`")]
    OfAnotherChange,
    #[error("the report lacks cases that the suite has")]
    OfFewerCases,
}

impl Reports {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where the report on a mistake stands; on the engine as it is, without one.
    pub(super) fn path(&self, mistake: Option<&Mistake>) -> PathBuf {
        let name = mistake.map_or(SOUND, |mistake| &mistake.name);
        self.folder.join(name).with_extension("json")
    }

    /// Takes away what an earlier time left of this mistake.
    pub(super) fn forget(&self, mistake: Option<&Mistake>) {
        let paths = [
            Some(self.path(mistake)),
            mistake.map(|mistake| self.path_of_change(mistake)),
        ];
        for path in paths.into_iter().flatten() {
            let _ = fs::remove_file(path);
        }
    }

    /// Says of which change the report on this mistake is.
    ///
    /// # Errors
    /// When that cannot be written.
    pub(super) fn keep_change(&self, mistake: &Mistake) -> io::Result<()> {
        let text = serde_json::to_string(&Change::of(mistake))?;
        fs::write(self.path_of_change(mistake), text)
    }

    /// The report on the engine as it is, if there is one.
    pub(super) fn sound(&self) -> Option<Report> {
        read(&self.path(None))
    }

    /// The report on a mistake as the list has it now.
    ///
    /// # Errors
    /// When there is none, or none of this change.
    pub(super) fn broken(&self, mistake: &Mistake) -> Result<Report, Unusable> {
        let change = fs::read_to_string(self.path_of_change(mistake))
            .ok()
            .and_then(|text| serde_json::from_str::<Change>(&text).ok());
        let report = self.path(Some(mistake));
        match change {
            _ if !report.exists() => Err(Unusable::Absent),
            None => Err(Unusable::OfUnknownChange),
            Some(change) if change != Change::of(mistake) => Err(Unusable::OfAnotherChange),
            Some(_) => read(&report).ok_or(Unusable::Absent),
        }
    }

    fn path_of_change(&self, mistake: &Mistake) -> PathBuf {
        self.folder.join(&mistake.name).with_extension("change")
    }
}

/// The report on a mistake as the list has it now, behind that on the engine as it is, of the first run that has it.
///
/// # Errors
/// When none has it; of several reasons the one that says most.
pub(super) fn first_usable<'r>(
    runs: &'r [(Reports, Report)],
    mistake: &Mistake,
) -> Result<(&'r Report, Report), Unusable> {
    let mut unusable = Unusable::Absent;
    for (reports, sound) in runs {
        match reports.broken(mistake) {
            Ok(broken) if broken.has_cases_of(sound) => return Ok((sound, broken)),
            Ok(_) => unusable = unusable.max(Unusable::OfFewerCases),
            Err(why) => unusable = unusable.max(why),
        }
    }
    Err(unusable)
}

impl Change {
    fn of(mistake: &Mistake) -> Self {
        Self {
            file: mistake.file.clone(),
            find: mistake.find.clone(),
            replace: mistake.replace.clone(),
        }
    }
}

fn read(path: &Path) -> Option<Report> {
    let text = fs::read_to_string(path).ok()?;
    Report::parse(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::list::parse;
    use super::*;

    fn mistake(replace: &str, breaks: &str) -> Mistake {
        let text = format!(
            "[[mistake]]\nname = \"a\"\nfile = \"f\"\nfind = \"x\"\nreplace = \"{replace}\"\nbreaks = [\"{breaks}\"]\nwhy = \"w\"\n"
        );
        parse("some.toml", &text).unwrap().remove(0)
    }

    #[test]
    fn a_report_serves_as_long_as_the_change_is_the_same_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let reports = Reports::in_folder(folder.path().to_owned());
        let made = mistake("y", "B");
        let why = |mistake: &Mistake| reports.broken(mistake).err();
        assert_eq!(why(&made), Some(Unusable::Absent));
        fs::write(reports.path(Some(&made)), "{\"cases\": []}").unwrap();
        assert_eq!(why(&made), Some(Unusable::OfUnknownChange));
        reports.keep_change(&made).unwrap();
        // (what the list has now, why the report does not serve)
        let cases = [
            (made.clone(), None),
            (mistake("y", "C"), None),
            (mistake("z", "B"), Some(Unusable::OfAnotherChange)),
        ];
        for (now, want) in cases {
            assert_eq!(why(&now), want, "{now:?}");
        }
        fs::write(reports.path(Some(&made)), "{\"cases\": [").unwrap();
        assert_eq!(why(&made), Some(Unusable::Absent));
        reports.forget(Some(&made));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn of_several_runs_the_first_that_has_the_change_counts() {
        let run = |id: &str| {
            let folder = tempfile::tempdir().unwrap();
            let reports = Reports::in_folder(folder.path().to_owned());
            let text = format!("{{\"cases\": [{{\"id\": \"{id}\", \"verdict\": \"pass\"}}]}}");
            fs::write(reports.path(None), &text).unwrap();
            let sound = reports.sound().unwrap();
            (folder, text, (reports, sound))
        };
        let made = mistake("y", "B");
        let (_first, _, first) = run("f/a");
        let (_second, text, second) = run("f/b");
        let (_third, _, third) = run("f/c");
        let (_cut_off, _, cut_off) = run("f/z");
        let made_in = [
            (&first.0, "z"),
            (&cut_off.0, "y"),
            (&second.0, "y"),
            (&third.0, "y"),
        ];
        for (reports, replace) in made_in {
            fs::write(reports.path(Some(&made)), &text).unwrap();
            reports.keep_change(&mistake(replace, "B")).unwrap();
        }
        let runs = [first, cut_off, second, third];
        let (sound, _) = first_usable(&runs, &made).unwrap();
        assert_eq!(sound.cases[0].id, "f/b");
        let why = |replace| first_usable(&runs, &mistake(replace, "B")).err();
        assert_eq!(why("x"), Some(Unusable::OfAnotherChange));
    }
}
