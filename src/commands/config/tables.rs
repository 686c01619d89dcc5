//! The table of all domains for whoever makes a relay's own tables of it.

use mtaspec_harness::subject::profile::Data;

/// One line a domain, fields parted by tabs: for a program that makes a relay's tables of them.
pub(super) fn as_lines(data: &Data) -> String {
    let mut text = "#domain\trequired\tdane\tmx\troute\n".to_owned();
    for domain in &data.domains {
        let mut switches = domain.switches;
        if let Some(route) = &domain.route {
            switches.require_tls |= route.switches.require_tls;
            switches.require_ca_signed |= route.switches.require_ca_signed;
            switches.validate_hostname |= route.switches.validate_hostname;
        }
        let words = [
            (switches.require_tls, "tls"),
            (switches.require_ca_signed, "ca"),
            (switches.validate_hostname, "name"),
        ];
        let words: Vec<&str> = (words.iter())
            .filter(|(is_asked, _)| *is_asked)
            .map(|(_, word)| *word)
            .collect();
        let route = domain.route.as_ref().map(|route| {
            let mx = if route.mx_lookup { " mx" } else { "" };
            format!("{} {}{mx}", route.host, route.port)
        });
        let fields = [
            domain.name.clone(),
            words.join("+"),
            domain.dane.clone().unwrap_or_default(),
            domain.mx.join(","),
            route.unwrap_or_default(),
        ];
        let fields = fields.map(|field| {
            if field.is_empty() {
                "-".to_owned()
            } else {
                field
            }
        });
        text.push_str(&fields.join("\t"));
        text.push('\n');
    }
    text
}
