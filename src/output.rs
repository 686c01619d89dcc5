//! Standard output and standard error. A reader that has gone away is no error: `mtaspec list | head` ends well.

use std::io::{self, Write as _};
use std::sync::OnceLock;

/// Why standard output did not take what was said.
static LOST: OnceLock<String> = OnceLock::new();

/// Writes text to standard output.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Why something that was said is lost, if it is: the disk behind standard output is full, say.
pub(crate) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

/// Writes a line to standard output.
pub(crate) fn say_line(text: &str) {
    say(&format!("{}\n", text.trim_end_matches('\n')));
}

/// Writes a line to standard error.
pub(crate) fn complain(text: &str) {
    let mut out = io::stderr().lock();
    // Nobody is left to hear of it.
    let _ = writeln!(out, "{}", text.trim_end_matches('\n'));
}
