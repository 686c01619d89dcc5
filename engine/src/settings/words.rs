//! Settings in words for people.

use super::{Applies, Switches};

impl Switches {
    /// What they ask, as in "TLS, a certificate from a trusted authority".
    #[must_use]
    pub fn in_words(self) -> String {
        let asked = [
            (self.require_tls, "TLS"),
            (
                self.require_ca_signed,
                "a certificate from a trusted authority",
            ),
            (self.validate_hostname, "a certificate that names the host"),
        ];
        let asked = asked.into_iter().filter(|(is_on, _)| *is_on);
        let words: Vec<&str> = asked.map(|(_, word)| word).collect();
        if words.is_empty() {
            "nothing".to_owned()
        } else {
            words.join(", ")
        }
    }
}

impl Applies {
    /// Which mail it is, as in "mail to and from".
    #[must_use]
    pub fn in_words(self) -> String {
        let of_lists = match (self.outbound, self.inbound) {
            (true, true) => Some("mail to and from its lists"),
            (true, false) => Some("mail to its lists"),
            (false, true) => Some("mail from its lists"),
            (false, false) => None,
        };
        let of_routes = self
            .secure_route
            .then_some("mail that leaves by a route which requires TLS");
        let words: Vec<&str> = of_lists.into_iter().chain(of_routes).collect();
        words.join(", and ")
    }
}
