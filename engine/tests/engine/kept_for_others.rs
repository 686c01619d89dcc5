//! Notices kept as they came, for a reader that this project did not write (`.ci/notice.py`).
//!
//! With `MTASPEC_NOTICES` set to a folder, every message with a null reverse-path that a host takes goes there: a line with
//! the MAIL command, one with each RCPT command, an empty one, and the content, octet by octet.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::peer::Message;

static KEPT: AtomicU32 = AtomicU32::new(0);

/// Keeps a message, if it is a notice and somebody wants it.
pub(crate) fn keep(message: &Message) {
    let Some(folder) = std::env::var_os("MTASPEC_NOTICES") else {
        return;
    };
    if !message.mail.starts_with("MAIL FROM:<>") {
        return;
    }
    let number = KEPT.fetch_add(1, Ordering::Relaxed);
    let envelope = [std::slice::from_ref(&message.mail), &message.recipients].concat();
    let text = format!("{}\r\n\r\n{}", envelope.join("\r\n"), message.content);
    let path = PathBuf::from(folder).join(format!("{number:03}.eml"));
    std::fs::write(path, text).expect("the folder takes files");
}
