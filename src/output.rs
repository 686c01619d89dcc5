//! Standard output and standard error. A reader that has gone away is no error: `mtaspec list | head` ends well.

use std::io::{self, Write as _};

/// Writes text to standard output.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    // Nobody is left to hear of it.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
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
