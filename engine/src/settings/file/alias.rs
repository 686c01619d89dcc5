//! Aliases of a settings file: `[aliases]`, an address and whom it stands for on each line.

use crate::address::Mailbox;
use crate::settings::{Alias, Aliases};

use super::problem::Complaint;
use super::table::Table;

/// Reads `[aliases]`.
pub(super) fn read(table: &Table<'_>) -> Aliases {
    let mailbox = |text: &str| {
        Mailbox::parse(text).map_err(|error| {
            Complaint::new(error.to_string()).help("an address, as in anna@example.test")
        })
    };
    let mut known: Vec<Alias> = Vec::new();
    for (address, members) in table.texts_by_key() {
        if members.is_empty() {
            let complaint = Complaint::new(format!("{:?} stands for nobody", address.text));
            let help = "name one address or several, or take it away";
            table.file.error(address.span.clone(), complaint.help(help));
        }
        let members = members
            .iter()
            .filter_map(|member| table.parse(member, mailbox))
            .collect();
        let Some(alias) = table.parse(&address, mailbox) else {
            continue;
        };
        if known.iter().any(|one| one.address.is_same(&alias)) {
            let complaint = Complaint::new(format!("{:?} is said twice", address.text));
            let help = "an address is the same in any letter case; put both together";
            table.file.error(address.span, complaint.help(help));
        }
        known.push(Alias {
            address: alias,
            members,
        });
    }
    known.into_iter().collect()
}
