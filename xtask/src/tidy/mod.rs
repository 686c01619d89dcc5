//! The house rules that a program can check: arrows between the parts, file length and names, citations, scenario ids.

mod arrows;
mod citations;
mod files;
mod scenarios;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

/// A place where a rule does not hold, told as `path:line: sentence`.
type Breach = String;

/// A file of the project with its text.
struct Source {
    /// Relative to the root, with `/` between folders.
    path: String,
    text: String,
}

impl Source {
    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }
}

/// Checks every rule and prints what breaks one.
///
/// # Errors
/// When a file cannot be read. Breaches are no error: they are printed, and the exit code is 1.
#[expect(clippy::print_stdout, reason = "a chore speaks to whoever runs it")]
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask stands in no workspace")?;
    let sources = sources(root)?;
    let mut breaches = Vec::new();
    breaches.extend(arrows::breaches(&sources));
    breaches.extend(files::breaches(&sources));
    breaches.extend(citations::breaches(&sources));
    breaches.extend(scenarios::breaches(&sources));
    for breach in &breaches {
        println!("{breach}");
    }
    if breaches.is_empty() {
        println!("{} files keep the house rules", sources.len());
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} breaches of the house rules", breaches.len());
    Ok(ExitCode::FAILURE)
}

/// All text files of the project but what is generated or built.
fn sources(root: &Path) -> anyhow::Result<Vec<Source>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if path.is_dir() {
                if !matches!(name, ".git" | "target" | "snapshots" | "pki") {
                    folders.push(path);
                }
            } else if matches!(
                path.extension().and_then(|kind| kind.to_str()),
                Some("rs" | "toml" | "md")
            ) {
                found.push(Source {
                    path: relative(root, &path),
                    text: read(&path)?,
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::Source;

    pub(super) fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.into(),
            text: text.into(),
        }
    }
}
