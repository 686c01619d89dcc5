//! Station 1: scenario files become checked, resolved cases.
//!
//! A file goes this way, and `read` leads it: its text is parsed to a tree with the
//! place of every value ([`crate::document`]); the tree is checked against the key table (`keys`, `check`); cases are merged
//! (`merge`), varied (`vary`) and told as steps; each becomes a [`Case`] (`resolve`) in which everything that
//! is mentioned exists; what only shows then is checked at last (`cross`). Every problem is noted with its place
//! and reading goes on. `schema` and `reference` are the key table in other forms.

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
mod pattern;
mod read;
mod reader;
mod reference;
mod resolve;
#[cfg(test)]
mod resolved;
mod schema;
mod settings;
mod suite;
mod twin;
mod unify;
mod values;
mod vary;
mod world;

pub use crate::document::{Place, Problem, Problems};
pub use capabilities::all_capabilities;
pub(crate) use case::MOST_MESSAGES;
pub use case::{Case, Direction, Step, Twin};
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
pub use read::read_text;
pub use reference::reference;
pub use schema::schema;
pub use settings::{ListEntry, Route, Rule, Settings, Switches};
pub use suite::Suite;
pub use values::duration;
pub use world::{Denial, Dnssec, Domain, ExtraRecord, MxRecord, Sts, TlsRpt, World};
