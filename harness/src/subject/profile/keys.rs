//! The tables of `profile.toml` and their keys, once: for the reader, for its hints, and for the test that the README has
//! them all.

/// A table and the keys that may stand in it.
#[derive(Debug)]
pub(super) struct Keys {
    /// As messages call it.
    pub(super) name: &'static str,
    pub(super) keys: &'static [&'static str],
}

pub(super) const FILE: Keys = Keys {
    name: "the profile",
    keys: &[
        "name",
        "about",
        "install",
        "capabilities",
        "missing",
        "version",
        "needs",
        "folder",
        "file",
        "namespace",
        "start",
        "stop",
        "reload",
        "retry",
        "inject",
        "inbound",
        "queue",
        "remove",
        "time",
        "dangerous",
        "skip",
    ],
};

pub(super) const VERSION: Keys = Keys {
    name: "[version]",
    keys: &["command", "pattern"],
};

pub(super) const NEEDS: Keys = Keys {
    name: "[needs]",
    keys: &["programs", "root"],
};

pub(super) const FOLDER: Keys = Keys {
    name: "[[folder]]",
    keys: &["path", "mode", "owner"],
};

pub(super) const PLACED: Keys = Keys {
    name: "[[file]]",
    keys: &["path", "template", "text", "mode", "owner"],
};

pub(super) const NAMESPACE: Keys = Keys {
    name: "[namespace]",
    keys: &["private", "trust_file", "resolver"],
};

pub(super) const START: Keys = Keys {
    name: "[start]",
    keys: &["command", "foreground", "ready"],
};

pub(super) const STOP: Keys = Keys {
    name: "[stop]",
    keys: &["command"],
};

pub(super) const RELOAD: Keys = Keys {
    name: "[reload]",
    keys: &["command", "signal", "said"],
};

pub(super) const RETRY: Keys = Keys {
    name: "[retry]",
    keys: &["command", "signal", "said"],
};

pub(super) const INJECT: Keys = Keys {
    name: "[inject]",
    keys: &["port", "command", "connections", "messages_per_connection"],
};

pub(super) const INBOUND: Keys = Keys {
    name: "[inbound]",
    keys: &["port"],
};

pub(super) const QUEUE: Keys = Keys {
    name: "[queue]",
    keys: &["command", "message", "recipient"],
};

pub(super) const REMOVE: Keys = Keys {
    name: "[remove]",
    keys: &["command"],
};

pub(super) const TIME: Keys = Keys {
    name: "[time]",
    keys: &["quiet", "longest", "lifetime"],
};

pub(super) const DANGEROUS: Keys = Keys {
    name: "[[dangerous]]",
    keys: &["cases", "why"],
};

pub(super) const SKIP: Keys = Keys {
    name: "[[skip]]",
    keys: &["cases", "why"],
};

/// All of them.
#[cfg(test)]
pub(super) const ALL: [Keys; 17] = [
    FILE, VERSION, NEEDS, FOLDER, PLACED, NAMESPACE, START, STOP, RELOAD, RETRY, INJECT, INBOUND,
    QUEUE, REMOVE, TIME, DANGEROUS, SKIP,
];
