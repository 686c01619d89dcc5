//! Which enhanced status codes a notice may give (RFC 3463 §2, RFC 5248 §4).
//!
//! A receiver may answer with codes of its own making. Only registered ones go into a status field; the receiver's words
//! stand in the diagnostic, whatever they are.

use crate::smtp::Reply;

/// The last registered detail of each subject, from 0 on; none of them leaves one out.
const LAST_DETAILS: [u16; 8] = [0, 10, 4, 6, 7, 6, 10, 30];

/// The status that a reply gives: its own, if that is of the right class and registered, else the nearest that is.
#[must_use]
pub(super) fn of_reply(reply: &Reply, is_permanent: bool) -> String {
    let class = if is_permanent { "5" } else { "4" };
    let undefined = || format!("{class}.0.0");
    let Some(own) = reply.enhanced_status() else {
        return undefined();
    };
    let numbers: Vec<u16> = own
        .split('.')
        .filter_map(|text| text.parse().ok())
        .collect();
    let (&[_, subject, detail], true) = (&numbers[..], own.starts_with(class)) else {
        return undefined();
    };
    match LAST_DETAILS.get(usize::from(subject)) {
        None => undefined(),
        // Something of this subject, not said more exactly (RFC 3463 §3).
        Some(last) if detail > *last => format!("{class}.{subject}.0"),
        Some(_) => own.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_codes_of_the_right_class_are_taken_over() {
        // (reply, status)
        let cases = [
            ((550, "5.1.1 who?"), "5.1.1"),
            ((550, "5.1.10 no mail"), "5.1.10"),
            ((550, "5.1.11 no mail"), "5.1.0"),
            ((550, "5.7.30 no"), "5.7.30"),
            ((550, "5.7.199 no"), "5.7.0"),
            ((550, "5.0.1 no"), "5.0.0"),
            ((550, "5.8.1 no"), "5.0.0"),
            ((550, "5.999.999 no"), "5.0.0"),
            ((550, "4.1.1 no"), "5.0.0"),
            ((550, "no"), "5.0.0"),
            ((451, "4.3.0 later"), "4.3.0"),
            ((451, "later"), "4.0.0"),
        ];
        for ((code, text), want) in cases {
            let reply = Reply::of(code, &[text]);
            assert_eq!(of_reply(&reply, code >= 500), want, "{code} {text}");
        }
    }
}
