//! The engine's DKIM signer, for programs that verify what it signs.
//!
//! ```text
//! signer DOMAIN SELECTOR KEY
//! ```
//!
//! KEY is a file with a private key in PEM. On standard input come messages, each of them base64 on a line of its own; each is
//! answered with the signed one in the same form. The first line of the output is the key record to publish.

use std::error::Error;
use std::io::{BufRead, Write};
use std::time::SystemTime;

use data_encoding::BASE64;
use mtaspec_engine::address::DomainName;
use mtaspec_engine::settings::DkimKey;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or(format!("{what} is missing"));
    let (domain, selector) = (next("DOMAIN")?, next("SELECTOR")?);
    let key = PrivateKeyDer::from_pem_file(next("KEY")?)?;
    let (domain, selector) = (DomainName::parse(&domain)?, DomainName::parse(&selector)?);
    let key = DkimKey::new(domain, selector, key)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", key.record())?;
    for line in std::io::stdin().lock().lines() {
        let content = BASE64.decode(line?.as_bytes())?;
        let signed = key.signed(&content, SystemTime::now())?;
        writeln!(out, "{}", BASE64.encode(&signed))?;
    }
    Ok(())
}
