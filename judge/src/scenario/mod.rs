//! Station 1: scenario files become checked, resolved cases.

#[cfg(test)]
mod agreement;
mod capabilities;
mod case;
mod catalogue;
mod difference;
mod expect;
mod fault;
mod keys;
mod legacy;
mod lookup;
mod merge;
mod message;
mod name;
mod nesting;
mod problem;
mod read;
mod reader;
mod resolve;
mod settings;
mod spelling;
mod suite;
mod tree;
mod twin;
mod values;
mod vary;
mod world;

pub use case::{Case, Direction, Place, Step, Twin};
pub use catalogue::{Catalogue, CatalogueError, Row};
pub use difference::{Difference, differences, differences_of_client};
pub use expect::{
    Count, Disclosure, Expect, Expectation, FieldPattern, Fields, Level, OutcomeWord, Pattern,
    TlsCondition, Wanted,
};
pub use fault::{Deed, DnsDeed, Fault, FaultPlace, Moment};
pub use message::{Ask, Client, Message, ReportBody};
pub use name::{ascii_form, domain_of, is_same_name, without_brackets};
pub use problem::{Problem, Problems};
pub use read::read_text;
pub use settings::{ListEntry, Route, Rule, Settings, Switches};
pub use suite::Suite;
pub use world::{
    Answering, Attacker, ClientCertificate, Denial, Dnssec, Domain, ExtraRecord, Family, Host,
    HostAddress, HttpsHost, MxRecord, Shown, StartTls, Sts, Tampering, TlsRpt, TlsVersion, Tlsa,
    TlsaData, World,
};
