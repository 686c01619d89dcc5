//! Templates in the language of minijinja, strict: what is not known is an error with its place.
//!
//! Nothing is escaped. A line with nothing but `{% .. %}` leaves no line behind.

use std::ops::Range;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use mtaspec_judge::document::nearest;
use serde::Serialize;

/// The steps that the rendering of one template may take: thousands of domains need less, a loop without end more.
const FUEL: u64 = 5_000_000;

/// A text with places for data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// What it is called in messages.
    name: String,
    source: String,
}

/// Why a template could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{template}, line {line}: {message}{}", .help.as_ref().map(|help| format!(" ({help})")).unwrap_or_default())]
pub struct RenderError {
    /// What the template is called.
    pub template: String,
    /// From 1.
    pub line: usize,
    /// Bytes of the template, where they are known.
    pub range: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Template {
    /// A text and what it is called in messages.
    pub(super) fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            source: source.into(),
        }
    }

    /// The text, with its places for data.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Fills in the data; an error when the text is no template, or asks for what the data do not have.
    pub(super) fn render(&self, data: &Value) -> Result<String, RenderError> {
        environment()
            .and_then(|environment| {
                let template = environment.template_from_named_str(&self.name, &self.source)?;
                template.render(data)
            })
            .map_err(|error| self.error(&error, data))
    }

    pub(super) fn error(&self, error: &Error, data: &Value) -> RenderError {
        let range = error
            .range()
            .filter(|range| range.start < range.end && self.source.get(range.clone()).is_some());
        let help = (range.clone())
            .filter(|_| error.kind() == minijinja::ErrorKind::UndefinedError)
            .and_then(|range| meant(&self.source[range], data));
        let what = error.kind().to_string();
        let message = match error.detail() {
            Some(detail) if detail.starts_with(&what) => detail.to_owned(),
            Some(detail) => format!("{what}: {detail}"),
            None => what,
        };
        RenderError {
            template: self.name.clone(),
            line: error.line().unwrap_or(1),
            range,
            message: message.replace('\n', " "),
            help,
        }
    }
}

/// Data as templates see them.
pub(super) fn values(data: impl Serialize) -> Value {
    Value::from(Serde(data))
}

pub(super) fn environment<'a>() -> Result<Environment<'a>, Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_debug(true);
    environment.set_fuel(Some(FUEL));
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    Ok(environment)
}

/// What was meant by a name that there is not.
fn meant(expression: &str, data: &Value) -> Option<String> {
    let keys = |value: &Value| -> Vec<String> {
        let keys = value.try_iter().into_iter().flatten();
        keys.filter_map(|key| key.as_str().map(str::to_owned))
            .collect()
    };
    let last = expression.rsplit('.').next()?.trim();
    let own = keys(data);
    if !own.iter().any(|key| key == "domains") {
        // A command sees less than a file.
        let elsewhere = match last {
            "domains" | "aliases" | "homes" | "senders" => "the tables are for files",
            "recipient" | "recipients" => "the recipients are added behind the last word",
            _ => "",
        };
        if !elsewhere.is_empty() {
            return Some(elsewhere.to_owned());
        }
    }
    let is_inner = expression.contains('.');
    let inner = data.get_attr("domains").ok()?.get_item_by_index(0).ok();
    let route = inner
        .as_ref()
        .and_then(|domain| domain.get_attr("route").ok());
    let words: Vec<String> = if is_inner {
        let below = inner.iter().chain(&route).flat_map(keys);
        below.collect()
    } else {
        own
    };
    let word = nearest(last, words.iter().map(String::as_str))?;
    (word != last).then(|| format!("did you mean `{word}`?"))
}
