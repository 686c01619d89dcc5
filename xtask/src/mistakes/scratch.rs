//! A copy of the workspace in which mistakes are made, built and played.
//!
//! The copy and what is built of it stay in the target folder, so that the next time only what differs is built. Its
//! dependencies are those of the workspace: they are copied as they were built, which spares a first run their build.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::list::Mistake;
use super::report::Report;
use super::stored::Reports;

/// What the target folder calls all that is of this chore.
const FOLDER: &str = "mistakes";
/// What that folder calls the reports.
const REPORTS: &str = "reports";
/// How long a run of the suite may take: a broken engine may never come to an end.
const RUN_LIMIT: Duration = Duration::from_secs(600);
/// How often it is asked whether the run has ended.
const GLANCE: Duration = Duration::from_millis(20);
/// What the names of all that is built of the workspace's own crates have in them.
const OWN: &str = "mtaspec";
/// Of how many lines a failed command is told.
const TOLD: usize = 6;

/// The copy.
pub(super) struct Scratch {
    source: PathBuf,
    target: PathBuf,
    reports: Reports,
    cargo: PathBuf,
    /// Held as long as the copy is used: two at once would build each other's mistakes.
    _lock: File,
}

/// Why there is no report on a mistake.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unplayed {
    #[error("it does not compile: {0}")]
    NotBuilt(String),
    #[error("the suite came to no end: {0}")]
    NoReport(String),
}

impl Scratch {
    /// Makes the copy, or brings it up to date.
    ///
    /// # Errors
    /// When files cannot be read or written.
    pub(super) fn prepare(root: &Path) -> anyhow::Result<Self> {
        let main = target(root);
        let folder = main.join(FOLDER);
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        let lock = File::create(folder.join("lock"))?;
        lock.lock()
            .context("cannot wait for another run of this chore")?;
        let scratch = Self {
            source: folder.join("workspace"),
            target: folder.join("target"),
            reports: reports(root),
            cargo: std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from),
            _lock: lock,
        };
        let skipped: BTreeSet<PathBuf> = [
            Some(root.join(".git")),
            Some(root.join("target")),
            main.canonicalize().ok(),
        ]
        .into_iter()
        .flatten()
        .collect();
        mirror(root, &scratch.source, &skipped).context("cannot copy the workspace")?;
        fs::create_dir_all(folder.join(REPORTS))?;
        if !scratch.target.exists() {
            seed(&main, &scratch.target)
                .context("cannot copy the dependencies as they were built")?;
        }
        Ok(scratch)
    }

    /// Builds the copy with a mistake in it, plays the suite, and mends the copy.
    ///
    /// # Errors
    /// `Unplayed` when there is no report; another error when a file cannot be written or no command be started.
    pub(super) fn play(&self, mistake: &Mistake) -> anyhow::Result<Result<Report, Unplayed>> {
        let path = self.source.join(&mistake.file);
        let sound =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&path, sound.replacen(&mistake.find, &mistake.replace, 1))?;
        let played = self.build_and_run(Some(mistake));
        fs::write(&path, sound)?;
        played
    }

    /// Builds the copy as it is and plays the suite.
    ///
    /// # Errors
    /// As [`Self::play`].
    pub(super) fn play_as_it_is(&self) -> anyhow::Result<Result<Report, Unplayed>> {
        self.build_and_run(None)
    }

    /// The report stays: it tells more than this chore does, and can be judged again.
    fn build_and_run(&self, mistake: Option<&Mistake>) -> anyhow::Result<Result<Report, Unplayed>> {
        self.reports.forget(mistake);
        let report = self.reports.path(mistake);
        let mut build = Command::new(&self.cargo);
        build
            .args([
                "build",
                "--quiet",
                "--locked",
                "--package",
                "mtaspec",
                "--bin",
                "mtaspec",
            ])
            .current_dir(&self.source)
            .env("CARGO_TARGET_DIR", &self.target);
        let output = build.output().context("cannot start cargo")?;
        if !output.status.success() {
            return Ok(Err(Unplayed::NotBuilt(first_error(
                &String::from_utf8_lossy(&output.stderr),
            ))));
        }
        if let Some(mistake) = mistake {
            self.reports.keep_change(mistake)?;
        }
        let mut run = Command::new(self.target.join("debug/mtaspec"));
        run.arg("run")
            .arg("--scenarios")
            .arg(self.source.join("scenarios"));
        run.arg("--at").arg(time_of_cases()?);
        run.arg("--report")
            .arg(format!("json={}", report.display()));
        let child = run
            .current_dir(&self.source)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the suite")?;
        let said = end(child)?;
        let report = fs::read_to_string(&report)
            .ok()
            .and_then(|text| Report::parse(&text).ok());
        Ok(report.ok_or(Unplayed::NoReport(said)))
    }
}

/// Noon of the last day before today with an odd number since 1970: what a mistake does to days must not depend on the day or
/// the hour at which it is made.
fn time_of_cases() -> anyhow::Result<String> {
    const DAY: i64 = 86_400;
    let yesterday = OffsetDateTime::now_utc().unix_timestamp() / DAY - 1;
    let odd = yesterday - (yesterday + 1) % 2;
    let noon = OffsetDateTime::from_unix_timestamp(odd * DAY + DAY / 2)?;
    Ok(noon.format(&Rfc3339)?)
}

/// The reports of an earlier time in this target folder.
pub(super) fn reports(root: &Path) -> Reports {
    Reports::in_folder(target(root).join(FOLDER).join(REPORTS))
}

/// Where cargo builds this workspace.
fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

/// Waits for a program to end, and no longer than it may take; then what it said last of what went wrong.
fn end(mut child: Child) -> io::Result<String> {
    let begun = Instant::now();
    let stderr = child.stderr.take();
    let said = std::thread::spawn(move || {
        stderr
            .map(io::read_to_string)
            .transpose()
            .unwrap_or_default()
            .unwrap_or_default()
    });
    while child.try_wait()?.is_none() {
        if begun.elapsed() > RUN_LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(format!("it was ended after {} s", RUN_LIMIT.as_secs()));
        }
        std::thread::sleep(GLANCE);
    }
    let said = said.join().unwrap_or_default();
    let lines: Vec<&str> = said.lines().collect();
    Ok(lines[lines.len().saturating_sub(TOLD)..].join(" "))
}

/// The first error that a compiler told, in one line.
fn first_error(stderr: &str) -> String {
    let from_error = stderr.lines().skip_while(|line| !line.starts_with("error"));
    from_error
        .take(TOLD)
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Makes one folder equal to another, without what is skipped. Files that are equal stay untouched, and so count as built.
fn mirror(from: &Path, to: &Path, skipped: &BTreeSet<PathBuf>) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if skipped.contains(&source) || kind.is_symlink() {
            continue;
        }
        names.insert(entry.file_name());
        if kind.is_dir() {
            mirror(&source, &copy, skipped)?;
        } else {
            let text = fs::read(&source)?;
            if !fs::read(&copy).is_ok_and(|copied| copied == text) {
                fs::write(&copy, text)?;
            }
        }
    }
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if names.contains(&entry.file_name()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Copies what cargo built of foreign crates. Times are kept, since cargo compares them.
fn seed(main: &Path, target: &Path) -> anyhow::Result<()> {
    for folder in ["debug/.fingerprint", "debug/build", "debug/deps"] {
        let (from, to) = (main.join(folder), target.join(folder));
        if !from.is_dir() {
            continue;
        }
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name();
            // A program without an extension is a test of the workspace.
            let is_foreign = !name.to_string_lossy().contains(OWN)
                && (entry.path().is_dir() || entry.path().extension().is_some());
            if is_foreign {
                copy_with_times(&entry.path(), &to.join(name))?;
            }
        }
    }
    Ok(())
}

fn copy_with_times(from: &Path, to: &Path) -> anyhow::Result<()> {
    let metadata = fs::metadata(from)?;
    if metadata.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy_with_times(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::copy(from, to)?;
    let copy = File::options().write(true).open(to);
    match copy.and_then(|copy| copy.set_modified(metadata.modified()?)) {
        Ok(()) => Ok(()),
        Err(error) => bail!("{}: {error}", to.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_has_what_is_there_and_nothing_else_and_touches_no_equal_file() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (from, to) = (from.path(), to.path());
        fs::create_dir_all(from.join("a/b")).unwrap();
        fs::create_dir_all(from.join("target")).unwrap();
        fs::write(from.join("a/b/same"), "same").unwrap();
        fs::write(from.join("a/changed"), "new").unwrap();
        fs::write(from.join("target/built"), "built").unwrap();
        fs::create_dir_all(to.join("a/b")).unwrap();
        fs::create_dir_all(to.join("gone")).unwrap();
        fs::write(to.join("a/b/same"), "same").unwrap();
        fs::write(to.join("a/changed"), "old").unwrap();
        fs::write(to.join("gone/file"), "old").unwrap();
        let before = fs::metadata(to.join("a/b/same"))
            .unwrap()
            .modified()
            .unwrap();
        mirror(from, to, &BTreeSet::from([from.join("target")])).unwrap();
        assert_eq!(fs::read_to_string(to.join("a/changed")).unwrap(), "new");
        assert!(!to.join("gone").exists() && !to.join("target").exists());
        assert_eq!(
            fs::metadata(to.join("a/b/same"))
                .unwrap()
                .modified()
                .unwrap(),
            before
        );
    }

    #[test]
    fn only_foreign_crates_are_copied_as_they_were_built_and_keep_their_times() {
        let (main, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let built = [
            ".fingerprint/tokio-1/lib-tokio",
            ".fingerprint/mtaspec-engine-1/lib-mtaspec_engine",
            "deps/libtokio-1.rlib",
            "deps/libmtaspec_engine-1.rlib",
            "deps/suite-1",
            "build/ring-1/output",
        ];
        for file in built {
            let path = main.path().join("debug").join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, file).unwrap();
            let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000);
            File::options()
                .write(true)
                .open(&path)
                .unwrap()
                .set_modified(long_ago)
                .unwrap();
        }
        seed(main.path(), target.path()).unwrap();
        let is_there: Vec<&str> = built
            .into_iter()
            .filter(|file| target.path().join("debug").join(file).exists())
            .collect();
        assert_eq!(
            is_there,
            [
                ".fingerprint/tokio-1/lib-tokio",
                "deps/libtokio-1.rlib",
                "build/ring-1/output"
            ]
        );
        for file in is_there {
            let modified = |folder: &Path| {
                fs::metadata(folder.join("debug").join(file))
                    .unwrap()
                    .modified()
                    .unwrap()
            };
            assert_eq!(modified(main.path()), modified(target.path()));
        }
    }

    #[test]
    fn of_what_a_compiler_says_the_first_error_is_told() {
        let said = "warning: unused\n --> a.rs:1\nerror[E0308]: mismatched types\n --> engine/src/a.rs:7:9\n";
        assert_eq!(
            first_error(said),
            "error[E0308]: mismatched types --> engine/src/a.rs:7:9"
        );
    }
}
