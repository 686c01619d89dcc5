//! Commands, read from a line, as far as the receiver knows them: `verb` knows the first word, `parameters` what stands behind
//! MAIL and RCPT, `path` the addresses in them.

mod parameters;
mod path;
#[cfg(test)]
mod tests;
mod verb;

pub(crate) use parameters::{MailParameters, RcptParameters};
pub(crate) use path::Path;
pub(crate) use verb::{Command, Secret};
