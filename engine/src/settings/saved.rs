//! Saved settings: which are in force, which will be, and how others take their place.
//!
//! Applying settings compares them with those in force, writes an audit record for each change, and saves them; the records
//! come first, so that no change is without one. They hold at once or after a delay of at most a day.
//!
//! Choice: settings that are applied while others wait for their time take the place of those that wait, which were made
//! for a state that is no more. An audit record tells it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::outside::{
    Beside as _, MemoryBeside, SystemBeside, Versions, VersionsError, VersionsToChange,
};

use super::audit::{AuditLine, AuditRecord, Change, audit_lines, changes};
use super::file::{Problems, Read, SettingsFile, Written};
use super::instant;

/// The longest delay of a change.
pub const LONGEST_DELAY: Duration = Duration::from_secs(24 * 3_600);

const MAIN: &str = "settings.toml";
const ABOUT: &str = "about.json";

/// Why settings could not be saved or taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// The folder.
    #[error(transparent)]
    Versions(#[from] VersionsError),
    /// The settings of a number cannot be read.
    #[error("saved settings {number} cannot be read: {reason}")]
    Broken {
        /// The number.
        number: u64,
        /// What is wrong.
        reason: String,
    },
    /// Something is wrong with a file of settings.
    #[error("{0}")]
    Problems(#[from] Problems),
    /// They would not be the same when they are read again.
    #[error("these settings cannot be written so that they read back the same")]
    Unwritable,
    /// Nothing holds yet.
    #[error("no settings in {} are in force yet", .0.display())]
    NotYet(PathBuf),
    /// The delay is too long.
    #[error("a change takes effect within 24 hours at most, and not after {} hours", .0.as_secs() / 3_600)]
    Delay(Duration),
}

/// What is known of saved settings beside themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Their number, from 1.
    pub number: u64,
    /// Who applied them.
    pub who: String,
    /// When.
    #[serde(with = "instant")]
    pub saved: SystemTime,
    /// From when on they hold.
    #[serde(with = "instant")]
    pub effective: SystemTime,
    /// What they were saved in spite of.
    pub warnings: Vec<String>,
}

/// Saved settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// What is known of them.
    pub stamp: Stamp,
    /// The settings.
    pub file: SettingsFile,
}

/// What holds in a folder at some time.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// What holds now; none: nothing holds yet.
    pub in_force: Option<Saved>,
    /// What will hold.
    pub pending: Option<Saved>,
}

/// How settings are applied.
#[derive(Debug, Clone)]
pub struct Order {
    /// Who applies them.
    pub who: String,
    /// When.
    pub now: SystemTime,
    /// After which time they hold.
    pub after: Duration,
    /// What they are saved in spite of.
    pub warnings: Vec<String>,
}

/// What applying did.
#[derive(Debug, Clone)]
pub struct Applied {
    /// What was saved; none: there was nothing to change.
    pub saved: Option<Stamp>,
    /// What differs from the settings in force.
    pub changes: Vec<Change>,
    /// The number of the settings that waited and do so no more.
    pub withdrawn: Option<u64>,
}

impl Standing {
    /// What holds in a folder at a time.
    ///
    /// # Errors
    /// `SavedError` when the folder or what is in it cannot be read.
    pub fn of(folder: &Path, now: SystemTime) -> Result<Self, SavedError> {
        Self::in_versions(&Versions::look(folder)?, now)
    }

    fn in_versions(versions: &Versions, now: SystemTime) -> Result<Self, SavedError> {
        let mut standing = Self::default();
        for number in versions.numbers()?.into_iter().rev() {
            let stamp = stamp(versions, number)?;
            let is_in_force = stamp.effective <= now;
            let place = if is_in_force {
                &mut standing.in_force
            } else {
                &mut standing.pending
            };
            if place.is_none() {
                let file = SettingsFile::load(&versions.path(number).join(MAIN))?.file;
                *place = Some(Saved { stamp, file });
            }
            if is_in_force {
                break;
            }
        }
        Ok(standing)
    }
}

fn stamp(versions: &Versions, number: u64) -> Result<Stamp, SavedError> {
    let path = versions.path(number).join(ABOUT);
    let broken = |reason: String| SavedError::Broken { number, reason };
    let bytes = SystemBeside::of(&path).file(ABOUT);
    let bytes = bytes.map_err(|error| broken(format!("{}: {error}", path.display())))?;
    serde_json::from_slice(&bytes).map_err(|error| broken(format!("{}: {error}", path.display())))
}

/// Applies settings to a folder.
///
/// # Errors
/// `SavedError` when they cannot be saved; what was in force then stays so.
pub fn apply(folder: &Path, file: &SettingsFile, order: Order) -> Result<Applied, SavedError> {
    let Order {
        who,
        now,
        after,
        warnings,
    } = order;
    if after > LONGEST_DELAY {
        return Err(SavedError::Delay(after));
    }
    let folder = VersionsToChange::open(folder)?;
    let standing = Standing::in_versions(folder.versions(), now)?;
    let in_force = standing.in_force.as_ref().map(|saved| &saved.file);
    let changes = changes(in_force, file);
    let withdrawn = standing.pending.map(|pending| pending.stamp.number);
    reads_back(file)?;
    if changes.is_empty() && withdrawn.is_none() {
        return Ok(Applied {
            saved: None,
            changes,
            withdrawn,
        });
    }
    // A number is not used twice, not even that of settings which were withdrawn.
    let logged = audit_lines(&folder.versions().log()?);
    let logged = logged.iter().filter_map(|line| match line {
        AuditLine::Record(record) => Some(record.settings),
        AuditLine::Broken(_) => None,
    });
    let used = logged.chain(folder.versions().numbers()?).max();
    let stamp = Stamp {
        number: used.unwrap_or(0) + 1,
        who,
        saved: now,
        effective: now + after,
        warnings,
    };
    let taken_back = withdrawn.map(|number| Change {
        what: format!("settings {number}"),
        before: Some("saved, not yet in force".to_owned()),
        after: None,
    });
    let records = taken_back.iter().chain(&changes).map(|change| AuditRecord {
        when: now,
        who: stamp.who.clone(),
        settings: stamp.number,
        effective: stamp.effective,
        change: change.clone(),
    });
    let mut lines = String::new();
    for record in records {
        // Texts and numbers can always be written as JSON.
        lines += &serde_json::to_string(&record).unwrap_or_default();
        lines.push('\n');
    }
    folder.append(&lines)?;
    let saved = (!changes.is_empty()).then_some(stamp);
    if let Some(stamp) = &saved {
        folder.save(stamp.number, &files(file, stamp))?;
    }
    if let Some(number) = withdrawn {
        folder.remove(number)?;
    }
    Ok(Applied {
        saved,
        changes,
        withdrawn,
    })
}

/// Nothing is saved that could not be taken up.
fn reads_back(file: &SettingsFile) -> Result<(), SavedError> {
    let Written {
        text,
        beside: files,
    } = file.write();
    let beside = MemoryBeside {
        files,
        ..MemoryBeside::default()
    };
    let read = SettingsFile::read(MAIN, &text, &beside)?;
    if read.file == *file {
        Ok(())
    } else {
        Err(SavedError::Unwritable)
    }
}

fn files(file: &SettingsFile, stamp: &Stamp) -> BTreeMap<String, Vec<u8>> {
    let Written { text, mut beside } = file.write();
    let stamp = serde_json::to_vec_pretty(stamp).unwrap_or_default();
    beside.insert(MAIN.to_owned(), text.into_bytes());
    beside.insert(ABOUT.to_owned(), stamp);
    beside
}

/// Settings as whoever runs them takes them up: those of a file, or those in force in a folder of saved settings.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The settings.
    pub file: SettingsFile,
    /// What most likely does not mean what it says; of saved settings it was told before.
    pub warnings: Problems,
    /// The number of saved settings; none: they are those of a file.
    pub number: Option<u64>,
}

/// Takes settings up.
///
/// # Errors
/// `SavedError` when there are none, or something is wrong with them.
pub fn take(path: &Path, now: SystemTime) -> Result<Taken, SavedError> {
    let versions = match Versions::look(path) {
        Ok(versions) => versions,
        // A file, or something of which a file's reader says best what is wrong.
        Err(VersionsError::Absent(_) | VersionsError::Disk { .. }) if !path.is_dir() => {
            let Read { file, warnings } = SettingsFile::load(path)?;
            return Ok(Taken {
                file,
                warnings,
                number: None,
            });
        }
        Err(error) => return Err(error.into()),
    };
    match Standing::in_versions(&versions, now)?.in_force {
        Some(Saved { stamp, file }) => Ok(Taken {
            file,
            warnings: Problems::default(),
            number: Some(stamp.number),
        }),
        None => Err(SavedError::NotYet(path.to_owned())),
    }
}

/// The number of the settings in force in a folder; none: nothing holds yet. Quicker than to take them up.
///
/// # Errors
/// `SavedError` when the folder cannot be read.
pub fn number_in_force(folder: &Path, now: SystemTime) -> Result<Option<u64>, SavedError> {
    let versions = Versions::look(folder)?;
    for number in versions.numbers()?.into_iter().rev() {
        if stamp(&versions, number)?.effective <= now {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// The audit log of a folder, the oldest first.
///
/// # Errors
/// `SavedError` when it cannot be read.
pub fn history(folder: &Path) -> Result<Vec<AuditLine>, SavedError> {
    Ok(audit_lines(&Versions::look(folder)?.log()?))
}
