//! The engine's settings as commands are given them: by a path, with warnings on standard error.

use std::path::Path;
use std::time::SystemTime;

use mtaspec_engine::settings::file::{Problems, SettingsFile};
use mtaspec_engine::settings::{Taken, take};

use crate::output::complain;
use crate::trouble::Trouble;

/// The settings of a file, or those in force in a folder of saved ones.
pub(crate) fn taken(path: &Path) -> Result<SettingsFile, Trouble> {
    let Taken { file, warnings, .. } =
        take(path, SystemTime::now()).map_err(Trouble::saved_settings)?;
    warn(&warnings);
    Ok(file)
}

/// Tells every warning.
pub(crate) fn warn(warnings: &Problems) {
    for warning in warnings.iter() {
        complain(&warning.to_string());
    }
}
