//! Addresses out of the value of an address field (RFC 5322 §3.4, §4.4, RFC 6532 §3.2, RFC 6854 §3).
//!
//! The grammar with its obsolete forms, and nothing beyond it: the first octet that breaks it ends the reading.

use crate::address::Mailbox;

/// A piece of a field: comments and blanks are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// An atom, or the content of a quoted string.
    Word { text: String, is_quoted: bool },
    /// A domain literal with its brackets.
    Literal(String),
    /// One of `< > , ; : @ .`
    Special(char),
}

/// The mailboxes of a well-formed address list, members of groups among them; none when it is not well-formed.
#[must_use]
pub(super) fn mailboxes(text: &str) -> Option<Vec<Mailbox>> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        rest: &tokens,
        found: Vec::new(),
    };
    parser.address_list()?;
    Some(parser.found)
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        match first {
            ' ' | '\t' => {}
            '(' => skip_comment(&mut chars)?,
            '"' => {
                let mut content = String::new();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => content.push(chars.next()?),
                        other => content.push(other),
                    }
                }
                tokens.push(Token::Word {
                    text: content,
                    is_quoted: true,
                });
            }
            '[' => {
                let mut literal = String::from('[');
                loop {
                    match chars.next()? {
                        ']' => break,
                        ' ' | '\t' => {}
                        '[' | '\\' => return None,
                        other => literal.push(other),
                    }
                }
                literal.push(']');
                tokens.push(Token::Literal(literal));
            }
            '<' | '>' | ',' | ';' | ':' | '@' | '.' => tokens.push(Token::Special(first)),
            _ if is_atext(first) => {
                let mut atom = String::from(first);
                while let Some(next) = chars.next_if(|next| is_atext(*next)) {
                    atom.push(next);
                }
                tokens.push(Token::Word {
                    text: atom,
                    is_quoted: false,
                });
            }
            _ => return None,
        }
    }
    Some(tokens)
}

/// Whether an atom may have it; beyond ASCII all may stand (RFC 6532 §3.2).
fn is_atext(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            ' ' | '(' | ')' | '<' | '>' | '[' | ']' | ':' | ';' | '@' | '\\' | ',' | '.' | '"'
        )
        && character != char::REPLACEMENT_CHARACTER
}

/// Comments may hold comments.
fn skip_comment(chars: &mut impl Iterator<Item = char>) -> Option<()> {
    let mut depth = 1_usize;
    while depth > 0 {
        match chars.next()? {
            '(' => depth += 1,
            ')' => depth -= 1,
            '\\' => {
                chars.next()?;
            }
            _ => {}
        }
    }
    Some(())
}

/// What is left to read of a list, and what was found in it.
struct Parser<'t> {
    rest: &'t [Token],
    found: Vec<Mailbox>,
}

impl<'t> Parser<'t> {
    fn take(&mut self) -> Option<&'t Token> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn take_if(&mut self, special: char) -> bool {
        let is_there = self.rest.first() == Some(&Token::Special(special));
        if is_there {
            self.take();
        }
        is_there
    }

    /// Mailboxes and groups; empty places between commas are an obsolete form.
    fn address_list(&mut self) -> Option<()> {
        loop {
            self.address(true)?;
            if self.rest.is_empty() {
                return Some(());
            }
            if !self.take_if(',') {
                return None;
            }
        }
    }

    /// A mailbox, a group where one may stand, or nothing.
    fn address(&mut self, may_be_group: bool) -> Option<()> {
        let is_of_phrase =
            |token: &&Token| matches!(token, Token::Word { .. } | Token::Special('.'));
        let length = self.rest.iter().take_while(is_of_phrase).count();
        let (phrase, rest) = self.rest.split_at(length);
        self.rest = rest;
        if self.take_if('@') {
            return self.mailbox(phrase);
        }
        if self.take_if('<') {
            self.angle_address()?;
            return self.take_if('>').then_some(());
        }
        if may_be_group && !phrase.is_empty() && self.take_if(':') {
            loop {
                self.address(false)?;
                if self.take_if(';') {
                    return Some(());
                }
                if !self.take_if(',') {
                    return None;
                }
            }
        }
        phrase.is_empty().then_some(())
    }

    /// What stands between angle brackets: a mailbox, behind an obsolete route maybe.
    fn angle_address(&mut self) -> Option<()> {
        let has_route = matches!(self.rest.first(), Some(Token::Special('@' | ',')));
        if has_route {
            while !self.take_if(':') {
                if self.take_if(',') {
                    continue;
                }
                if !self.take_if('@') {
                    return None;
                }
                self.domain()?;
            }
        }
        let is_of_local = |token: &&Token| !matches!(token, Token::Special('@' | '>'));
        let length = self.rest.iter().take_while(is_of_local).count();
        let (local, rest) = self.rest.split_at(length);
        self.rest = rest;
        self.take_if('@').then_some(())?;
        self.mailbox(local)
    }

    /// The domain behind an at sign, and with the local part before it a mailbox.
    fn mailbox(&mut self, local: &[Token]) -> Option<()> {
        let local = dotted(local)?;
        let domain = self.domain()?;
        self.found.push(mailbox(&local, &domain)?);
        Some(())
    }

    fn domain(&mut self) -> Option<String> {
        if let Some(Token::Literal(literal)) = self.rest.first() {
            self.take();
            return Some(literal.clone());
        }
        let mut domain = String::new();
        loop {
            let Some(Token::Word {
                text,
                is_quoted: false,
            }) = self.take()
            else {
                return None;
            };
            domain.push_str(text);
            if !self.take_if('.') {
                return Some(domain);
            }
            domain.push('.');
        }
    }
}

/// Words with a dot between each two.
fn dotted(tokens: &[Token]) -> Option<String> {
    let mut text = String::new();
    for (place, token) in tokens.iter().enumerate() {
        match token {
            Token::Word { text: word, .. } if place % 2 == 0 => text.push_str(word),
            Token::Special('.') if place % 2 == 1 => text.push('.'),
            _ => return None,
        }
    }
    (tokens.len() % 2 == 1).then_some(text)
}

/// A mailbox of these parts, quoted only where it must be, so that `"ann"@partner.test` is `ann@partner.test`.
pub(super) fn mailbox(local: &str, domain: &str) -> Option<Mailbox> {
    let is_dot_string = !local.is_empty()
        && local
            .split('.')
            .all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
    if is_dot_string {
        return Mailbox::parse(&format!("{local}@{domain}")).ok();
    }
    let escaped = local.replace('\\', "\\\\").replace('"', "\\\"");
    Mailbox::parse(&format!("\"{escaped}\"@{domain}")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(mailboxes: &[Mailbox]) -> Vec<String> {
        mailboxes
            .iter()
            .map(|mailbox| format!("{}@{}", mailbox.local_part(), mailbox.domain()))
            .collect()
    }

    #[test]
    fn the_grammar_gives_the_addresses_and_nothing_of_display_names_or_comments() {
        // (field, its addresses; none: it is not well-formed)
        let cases: [(&str, Option<&[&str]>); 32] = [
            ("ann@partner.test", Some(&["ann@partner.test"])),
            ("Ann Smith <ann@Partner.TEST>", Some(&["ann@partner.test"])),
            (
                r#""Smith, Ann" <ann@partner.test>"#,
                Some(&["ann@partner.test"]),
            ),
            (r#""ann@partner.test" <bob@x.test>"#, Some(&["bob@x.test"])),
            (r#""a \" <b@y.test>" <bob@x.test>"#, Some(&["bob@x.test"])),
            ("(ann@partner.test) bob@x.test", Some(&["bob@x.test"])),
            (
                "bob@x.test (a (nested <b@y.test>) one)",
                Some(&["bob@x.test"]),
            ),
            ("bob (c) @ (d) x (e) . test", Some(&["bob@x.test"])),
            ("John Q. Public <jq@x.test>", Some(&["jq@x.test"])),
            ("a@x.test, b@y.test", Some(&["a@x.test", "b@y.test"])),
            ("a@x.test,, b@y.test,", Some(&["a@x.test", "b@y.test"])),
            (
                "Team: a@x.test, B <b@y.test>;",
                Some(&["a@x.test", "b@y.test"]),
            ),
            ("Nobody: ;", Some(&[])),
            ("Team: a@x.test;, c@z.test", Some(&["a@x.test", "c@z.test"])),
            ("", Some(&[])),
            ("<@relay.test,@two.test:a@x.test>", Some(&["a@x.test"])),
            (r#""ann"@partner.test"#, Some(&["ann@partner.test"])),
            (r#""a b"@x.test"#, Some(&["\"a b\"@x.test"])),
            (r#"a."b".c@x.test"#, Some(&["a.b.c@x.test"])),
            ("a@[192.0.2.1]", Some(&["a@[192.0.2.1]"])),
            ("jürgen@bücher.test", Some(&["jürgen@xn--bcher-kva.test"])),
            ("=?utf-8?q?J=C3=BCrgen?= <j@x.test>", Some(&["j@x.test"])),
            ("ann@partner.test <bob@x.test>", None),
            ("<a@x.test> <b@y.test>", None),
            ("Ann Smith ann@partner.test", None),
            ("\"Ann <ann@partner.test>", None),
            ("Ann <ann@partner.test", None),
            ("Team: a@x.test, Inner: b@y.test;;", None),
            ("a@x.test; b@y.test", None),
            ("<>", None),
            ("ann", None),
            ("a@b@x.test", None),
        ];
        for (field, want) in cases {
            let found = mailboxes(field);
            assert_eq!(
                found.as_deref().map(told),
                want.map(|want| want.iter().map(ToString::to_string).collect()),
                "{field}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(\\PC|[<>(),;:@.\"\\\\\\[\\]=?]){0,60}") {
            let _ = mailboxes(&text);
        }

        #[test]
        fn a_well_formed_address_is_found(local in "[a-z]{1,8}(\\.[a-z]{1,8})?", name in "[A-Za-z ]{0,12}") {
            let field = format!("{name} <{local}@partner.test>");
            let want = vec![format!("{local}@partner.test")];
            prop_assert_eq!(mailboxes(&field).map(|found| told(&found)), Some(want));
        }
    }
}
