//! Station 1: scenario files become checked, resolved cases.
//!
//! A file goes this way, and `read` leads it: its text is bounded (`nesting`) and parsed to a `tree` with the
//! place of every value; the tree is checked against the key table (`keys`, `check`); cases are merged
//! (`merge`), varied (`vary`) and told as steps; each becomes a [`Case`] (`resolve`) in which everything that
//! is mentioned exists; what only shows then is checked at last (`cross`). Every problem is noted with its place
//! (`problem`) and reading goes on. `schema` and `reference` are the key table in other forms.

#[cfg(test)]
mod agreement;
mod capabilities;
mod case;
mod catalogue;
mod check;
mod cross;
#[cfg(test)]
mod diagnostics;
mod difference;
#[cfg(test)]
mod difference_tests;
mod difference_value;
mod expect;
mod fault;
mod host;
mod keys;
mod legacy;
mod lookup;
mod merge;
mod message;
#[cfg(test)]
mod mutation;
mod name;
mod nesting;
mod pattern;
mod problem;
mod read;
mod reader;
mod reference;
mod resolve;
#[cfg(test)]
mod resolved;
mod schema;
mod settings;
mod spelling;
mod suite;
mod tree;
mod twin;
mod unify;
mod values;
mod vary;
mod world;

pub(crate) use case::MOST_MESSAGES;
pub use case::{Case, Direction, Place, Step, Twin};
pub use catalogue::{Catalogue, CatalogueError, Row};
pub use difference::{Difference, differences, differences_of_client};
pub use expect::{
    Count, Disclosure, Expect, Expectation, FieldPattern, Fields, Level, OutcomeWord, Pattern,
    TlsCondition, Wanted,
};
pub use fault::{Deed, DnsDeed, Fault, FaultPlace, Moment};
pub use host::{
    Answering, Attacker, ClientCertificate, Family, Host, HostAddress, HttpsHost, Shown, StartTls,
    Tampering, TlsVersion, Tlsa, TlsaData,
};
pub use message::{Ask, Client, Message, ReportBody};
pub use name::{ascii_form, domain_of, is_same_name, without_brackets};
pub use pattern::{IdPattern, PatternError};
pub(crate) use problem::{Complaint, Notes, Source, Span};
pub use problem::{Problem, Problems};
pub use read::read_text;
pub use reference::reference;
pub use schema::schema;
pub use settings::{ListEntry, Route, Rule, Settings, Switches};
pub(crate) use spelling::nearest;
pub use suite::Suite;
pub use world::{Denial, Dnssec, Domain, ExtraRecord, MxRecord, Sts, TlsRpt, World};
