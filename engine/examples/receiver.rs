//! The engine as an MX host that takes mail from authenticated senders alone, for programs that try to be one.
//!
//! ```text
//! receiver RESOLVER HOME SENDER...
//! ```
//!
//! It takes mail for the domain HOME, asks the resolver at the address RESOLVER, and has one inbound rule, whose list is the
//! SENDERs, addresses or domains, each to be authenticated. It prints its address and runs until its standard input ends.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};

use mtaspec_engine::address::{DomainName, MailDomain};
use mtaspec_engine::outside::Outside;
use mtaspec_engine::settings::{ListEntry, Rule, Settings, Switches};
use mtaspec_engine::{Engine, Options, Service};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("{what} is missing"));
    let resolver: SocketAddr = next("RESOLVER")?.parse()?;
    let home = DomainName::parse(&next("HOME")?)?;
    let entries = arguments
        .map(|entry| ListEntry::parse(&entry).map(ListEntry::for_authenticated))
        .collect::<Result<_, _>>()?;

    let mut settings = Settings::new(home.clone(), vec![resolver]);
    settings.receiving.domains = vec![MailDomain::Name(home)];
    let mut rule = Rule::new("authenticated", entries);
    rule.switches = Switches::OFF;
    settings.rules = vec![rule];
    let options = Options {
        listen: vec![(Service::Mx, (Ipv4Addr::LOCALHOST, 0).into())],
        ..Options::default()
    };
    let engine = Engine::start(settings, Outside::system(), options).await?;
    for (_, address) in engine.addresses() {
        writeln!(std::io::stdout(), "{address}")?;
    }
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    engine.stop();
    Ok(())
}
