//! Rows that no scenario shows: the tests that show them, or the reason why nothing does.
//!
//! Whether a named test is there is for a test of the workspace to say; this reads a list and knows no files.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The list, by the id of the row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elsewhere(BTreeMap<String, Shown>);

/// What shows a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// These tests.
    By(Vec<Test>),
    /// Nothing, for this reason.
    Not(String),
}

/// A test of the workspace, as `path/to/file.rs::name_of_the_test`; in Python where foreign programs are asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Test {
    file: String,
    name: String,
}

/// Why a list could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ElsewhereError {
    /// It is no such TOML.
    #[error("the list of rows that are shown elsewhere is malformed")]
    Malformed(#[source] toml::de::Error),
    /// A row has both tests and a reason, or neither.
    #[error("row {0:?} has to have either `shown_by` or `reason`")]
    NotOneOfTwo(String),
    /// A row stands there again.
    #[error("row {0:?} stands there twice")]
    Twice(String),
}

impl Elsewhere {
    /// Reads the text of a list.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, ElsewhereError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            id: String,
            #[serde(default)]
            shown_by: Vec<Test>,
            reason: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            row: Vec<Written>,
        }
        let file: File = toml::from_str(text).map_err(ElsewhereError::Malformed)?;
        let mut rows = BTreeMap::new();
        for row in file.row {
            let shown = match (row.shown_by.is_empty(), row.reason) {
                (false, None) => Shown::By(row.shown_by),
                (true, Some(reason)) if !reason.trim().is_empty() => Shown::Not(reason),
                _ => return Err(ElsewhereError::NotOneOfTwo(row.id)),
            };
            if rows.insert(row.id.clone(), shown).is_some() {
                return Err(ElsewhereError::Twice(row.id));
            }
        }
        Ok(Self(rows))
    }

    /// What shows the row of this id.
    #[must_use]
    pub fn of(&self, id: &str) -> Option<&Shown> {
        self.0.get(id)
    }

    /// The ids of all rows that are listed.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All tests that are named, each with the row that it shows.
    pub fn tests(&self) -> impl Iterator<Item = (&str, &Test)> {
        self.0.iter().flat_map(|(id, shown)| {
            let tests = match shown {
                Shown::By(tests) => tests.as_slice(),
                Shown::Not(_) => &[],
            };
            tests.iter().map(move |test| (id.as_str(), test))
        })
    }
}

impl Test {
    /// The file, from the root of the workspace.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The name of the function.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl TryFrom<String> for Test {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once("::") {
            Some((file, name)) if is_source(file) && !name.is_empty() => Ok(Self {
                file: file.to_owned(),
                name: name.to_owned(),
            }),
            _ => Err(format!(
                "{text:?} is no test; they are written as path/to/file.rs::name_of_the_test"
            )),
        }
    }
}

fn is_source(file: &str) -> bool {
    [".rs", ".py"].iter().any(|ending| file.ends_with(ending))
}

impl From<Test> for String {
    fn from(test: Test) -> Self {
        test.to_string()
    }
}

impl fmt::Display for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}::{}", self.file, self.name)
    }
}
