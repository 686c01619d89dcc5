//! The requirement catalogue: every statement that a scenario may cite.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Level;
use crate::document::nearest;

/// All rows, by id.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    rows: BTreeMap<String, Row>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Stable name, cited everywhere.
    pub id: String,
    /// The document, as `rfc8461`.
    pub source: String,
    /// Section number, or the heading on a product page.
    pub section: String,
    /// `must`, `must-not`, `should`, `should-not`, `may`, `documented`.
    pub level: String,
    /// Who has to do it.
    pub role: String,
    /// The statement in our own words.
    pub text: String,
    /// `black-box`, `clock`, `white-box`, `no`.
    pub testable: String,
    /// Situations that would check it.
    #[serde(default)]
    pub situations: Vec<String>,
}

impl Row {
    /// Its strength.
    #[must_use]
    pub fn level(&self) -> Level {
        match self.level.as_str() {
            "should" | "should-not" => Level::Should,
            "may" => Level::May,
            "documented" => Level::Documented,
            _ => Level::Must,
        }
    }
}

/// Why a catalogue could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// The file could not be read.
    #[error("the catalogue {0} cannot be read")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It is no such TOML.
    #[error("the catalogue is malformed")]
    Malformed(#[source] toml::de::Error),
    /// A row has a level that there is not.
    #[error("row {0:?} has the unknown level {1:?}")]
    UnknownLevel(String, String),
    /// Two rows have one id.
    #[error("row {0:?} stands there twice")]
    Twice(String),
}

impl Catalogue {
    /// Reads `requirements.toml`.
    ///
    /// # Errors
    /// When the file cannot be read or is no catalogue.
    pub fn load(path: &Path) -> Result<Self, CatalogueError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| CatalogueError::Unreadable(path.into(), error))?;
        Self::parse(&text)
    }

    /// Reads its text.
    ///
    /// # Errors
    /// When it is no catalogue.
    pub fn parse(text: &str) -> Result<Self, CatalogueError> {
        #[derive(Deserialize)]
        struct File {
            #[serde(default)]
            requirement: Vec<Row>,
        }
        let file: File = toml::from_str(text).map_err(CatalogueError::Malformed)?;
        let mut rows = BTreeMap::new();
        for row in file.requirement {
            let levels = [
                "must",
                "must-not",
                "should",
                "should-not",
                "may",
                "documented",
            ];
            if !levels.contains(&row.level.as_str()) {
                return Err(CatalogueError::UnknownLevel(row.id, row.level));
            }
            if let Some(row) = rows.insert(row.id.clone(), row) {
                return Err(CatalogueError::Twice(row.id));
            }
        }
        Ok(Self { rows })
    }

    /// There are no rows: ids are taken as they are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of that id.
    #[must_use]
    pub fn row(&self, id: &str) -> Option<&Row> {
        self.rows.get(id)
    }

    /// All rows in the order of their ids.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// The strength of a row.
    #[must_use]
    pub fn level(&self, id: &str) -> Option<Level> {
        self.row(id).map(Row::level)
    }

    /// The id that a wrong one was most likely meant to be.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        nearest(id, self.rows.keys().map(String::as_str))
    }
}
