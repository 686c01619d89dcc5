//! An error told with all that it came from.

use std::error::Error;

/// An error and what it came from, on one line.
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no port is free")]
    struct Cause;

    #[derive(Debug, thiserror::Error)]
    #[error("the world cannot be brought up")]
    struct Failure(#[source] Cause);

    #[test]
    fn the_cause_stands_behind_the_error() {
        assert_eq!(with_causes(&Cause), "no port is free");
        let told = "the world cannot be brought up: no port is free";
        assert_eq!(with_causes(&Failure(Cause)), told);
    }
}
