//! Looking names up in a world, in whichever spelling.

use super::name::{ascii_form, without_brackets};
use super::{Attacker, Domain, Host, HttpsHost, World};

impl World {
    /// The domain of that name, with the spelling under which the world has it.
    #[must_use]
    pub fn domain(&self, name: &str) -> Option<(&str, &Domain)> {
        find(&self.domains, name)
    }

    /// The SMTP host of that name or `[NAME]`.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<(&str, &Host)> {
        find(&self.hosts, without_brackets(name))
    }

    /// The HTTPS host of that name.
    #[must_use]
    pub fn https_host(&self, name: &str) -> Option<(&str, &HttpsHost)> {
        find(&self.https, name)
    }

    /// Who stands in the path to the host of that name.
    #[must_use]
    pub fn attacker(&self, name: &str) -> Option<(&str, &Attacker)> {
        find(&self.attackers, without_brackets(name))
    }
}

fn find<'a, T>(
    map: &'a std::collections::BTreeMap<String, T>,
    name: &str,
) -> Option<(&'a str, &'a T)> {
    let exact = map.get_key_value(name);
    let found = exact.or_else(|| {
        let wanted = ascii_form(name);
        map.iter().find(|(key, _)| ascii_form(key) == wanted)
    });
    found.map(|(key, value)| (key.as_str(), value))
}
