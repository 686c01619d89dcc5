//! What goes into a relay that already runs: `config.j2` beside the profile's own templates, which it may include.
//!
//! So a relay that somebody else looks after is told the same, in the same words, as one that the suite starts.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::data::Data;
use super::template::{RenderError, Template, environment, values};

/// The file that says how the parts are put together.
const MAIN: &str = "config.j2";
/// No template is longer.
const LIMIT: u64 = 64 * 1024;

/// A template, and those that it may include by their file names.
#[derive(Debug, Clone)]
pub struct Configuration {
    main: Template,
    parts: Vec<(String, Template)>,
}

/// Why a folder has no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        reason: std::io::Error,
    },
    /// A file is no template.
    #[error("{0} is no UTF-8 text of at most 64 KiB")]
    NoText(PathBuf),
}

impl Configuration {
    /// Reads the templates of a folder.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub fn load(folder: &Path) -> Result<Self, ConfigurationError> {
        let main = Template::new(MAIN, text(&folder.join(MAIN))?);
        let entries = folder
            .read_dir()
            .map_err(|reason| unreadable(folder, reason))?;
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let is_file = entry.file_type().ok()?.is_file();
                entry.file_name().into_string().ok().filter(|_| is_file)
            })
            .filter(|name| name != MAIN && !name.ends_with(".toml") && !name.ends_with(".md"))
            .collect();
        names.sort();
        let part = |name: String| {
            let text = text(&folder.join(&name))?;
            Ok((name.clone(), Template::new(name, text)))
        };
        Ok(Self {
            main,
            parts: names.into_iter().map(part).collect::<Result<_, _>>()?,
        })
    }

    /// Fills in the data.
    ///
    /// # Errors
    /// When a template asks for what the data do not have, or is none.
    pub fn render(&self, data: &Data) -> Result<String, RenderError> {
        let data = values(data);
        let rendered = environment().and_then(|mut environment| {
            for (name, part) in &self.parts {
                environment.add_template(name, part.source())?;
            }
            let template = environment.template_from_named_str(MAIN, self.main.source())?;
            template.render(&data)
        });
        rendered.map_err(|error| {
            let error = innermost(&error);
            let mut parts = self.parts.iter();
            let broken = parts.find(|(name, _)| error.name() == Some(name));
            let template = broken.map_or(&self.main, |(_, part)| part);
            template.error(error, &data)
        })
    }
}

/// What went wrong in the part that is included, not that something did.
fn innermost(mut error: &minijinja::Error) -> &minijinja::Error {
    while let Some(cause) = std::error::Error::source(error)
        && let Some(cause) = cause.downcast_ref()
    {
        error = cause;
    }
    error
}

fn unreadable(path: &Path, reason: std::io::Error) -> ConfigurationError {
    ConfigurationError::Unreadable {
        path: path.to_owned(),
        reason,
    }
}

fn text(path: &Path) -> Result<String, ConfigurationError> {
    let mut bytes = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes));
    opened.map_err(|reason| unreadable(path, reason))?;
    let is_short = bytes.len() as u64 <= LIMIT;
    let text = String::from_utf8(bytes).ok().filter(|_| is_short);
    text.ok_or_else(|| ConfigurationError::NoText(path.to_owned()))
}
