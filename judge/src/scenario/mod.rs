//! Station 1: scenario files become checked, resolved cases.

mod case;
mod difference;
mod expect;
mod fault;
mod message;
mod settings;
mod world;

pub use case::{Case, Direction, Place, Step, Twin};
pub use difference::Difference;
pub use expect::{
    Count, Disclosure, Expect, Expectation, FieldPattern, Fields, Level, OutcomeWord, Pattern,
    TlsCondition, Wanted,
};
pub use fault::{Deed, DnsDeed, Fault, FaultPlace, Moment};
pub use message::{Ask, Client, Message, ReportBody};
pub use settings::{ListEntry, Route, Rule, Settings, Switches};
pub use world::{
    Answering, Attacker, ClientCertificate, Denial, Dnssec, Domain, ExtraRecord, Family, Host,
    HostAddress, HttpsHost, MxRecord, Shown, StartTls, Sts, Tampering, TlsRpt, TlsVersion, Tlsa,
    TlsaData, World,
};
