//! The receiver's part of a settings file, and the accounts, which stand elsewhere.
//!
//! Passwords are never in the main file: `accounts` names a file, or a variable of the environment, with `user:password`
//! on each line. No message shows any of it.

use crate::address::MailDomain;
use crate::outside::Beside;
use crate::settings::{Account, Receiving};

use super::pem;
use super::problem::{Complaint, Source};
use super::table::{File, Table};

/// Reads `[receiving]`.
pub(super) fn read(table: Table<'_>, beside: &dyn Beside) -> Receiving {
    let domains = table.many("domains", |text| {
        MailDomain::parse(text).map_err(|error| {
            Complaint::new(error.to_string()).help("a domain of one's own, as in example.test")
        })
    });
    let receiving = Receiving {
        domains: domains.unwrap_or_default(),
        certificate: pem::own(&table, "certificate", beside),
        demand_tls: table.flag("demand_tls").unwrap_or(false),
        accounts: accounts(&table, beside),
    };
    if receiving.demand_tls && table.entry("certificate").is_none() {
        let complaint = Complaint::new("TLS is demanded of everybody, and there is no certificate");
        let help = "certificate = { chain = \"FILE\", key = \"FILE\" }";
        let span = table.place("demand_tls");
        table.file.error(span, complaint.help(help));
    }
    table.close();
    receiving
}

fn accounts(table: &Table<'_>, beside: &dyn Beside) -> Vec<Account> {
    if table.is_table("accounts") {
        let Some(inner) = table.table("accounts") else {
            return Vec::new();
        };
        let name = inner.text("variable");
        if inner.entry("variable").is_none() {
            inner.missing("variable", "the name of a variable of the environment");
        }
        let mut accounts = Vec::new();
        if let Some(name) = name {
            match beside.variable(name.text) {
                Some(value) => accounts = parse(table, &format!("${}", name.text), &value),
                None => {
                    let complaint =
                        Complaint::new(format!("the variable {} is not set", name.text));
                    let help = "set it to lines of `user:password`";
                    inner.file.error(name.span, complaint.help(help));
                }
            }
        }
        inner.close();
        return accounts;
    }
    let Some(path) = table.text("accounts") else {
        return Vec::new();
    };
    let bytes = match beside.file(path.text) {
        Ok(bytes) => bytes,
        Err(error) => {
            let complaint = Complaint::new(format!("{:?} cannot be read: {error}", path.text));
            let help =
                "a path begins where the settings file is; the file has lines of `user:password`";
            table.file.error(path.span, complaint.help(help));
            return Vec::new();
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => parse(table, &beside.shown(path.text), &text),
        Err(_) => {
            let complaint = Complaint::new(format!("{:?} is not UTF-8", path.text));
            let help = "save it as UTF-8 text";
            table.file.error(path.span, complaint.help(help));
            Vec::new()
        }
    }
}

fn parse(table: &Table<'_>, name: &str, text: &str) -> Vec<Account> {
    let source = Source::secret(name, text);
    let file = File {
        source: &source,
        notes: table.file.notes,
    };
    let mut accounts: Vec<Account> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let span = start..start + line.len();
        start = span.end;
        let line = line.trim_end_matches(['\n', '\r']);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once(':') {
            Some((user, _)) if accounts.iter().any(|known| known.user == user) => {
                let complaint = Complaint::new("an account of this name stands above");
                file.error(span, complaint.help("one password for each account"));
            }
            Some((user, password)) if !user.is_empty() && !password.is_empty() => {
                accounts.push(Account {
                    user: user.to_owned(),
                    password: password.to_owned(),
                });
            }
            _ => {
                let complaint = Complaint::new("this line is no account");
                file.error(span, complaint.help("write user:password"));
            }
        }
    }
    accounts
}
