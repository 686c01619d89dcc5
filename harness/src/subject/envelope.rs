//! The commands of an envelope, and content on its way: MAIL, RCPT, and the final dot.

use mtaspec_judge::scenario::Message;

use crate::plan::PlannedMail;

/// MAIL with the parameters that the message asks for (RFC 1870, RFC 3461 §4.3, RFC 6531 §3.4, RFC 8689 §2).
pub(crate) fn mail_command(
    message: &Message,
    mail: &PlannedMail,
    length: usize,
    is_ascii: bool,
) -> String {
    let mut line = format!("MAIL FROM:<{}> SIZE={length}", mail.sender);
    if !is_ascii {
        line.push_str(" BODY=8BITMIME");
    }
    if message.smtputf8 {
        line.push_str(" SMTPUTF8");
    }
    if let Some(ret) = &message.ret {
        line.push_str(&format!(" RET={}", ret.to_uppercase()));
    }
    if let Some(envid) = &message.envid {
        line.push_str(&format!(" ENVID={}", xtext(envid)));
    }
    if message.requiretls {
        line.push_str(" REQUIRETLS");
    }
    line
}

/// RCPT, the same way.
pub(crate) fn rcpt_command(message: &Message, recipient: &str) -> String {
    let mut line = format!("RCPT TO:<{recipient}>");
    if !message.notify.is_empty() {
        line.push_str(&format!(
            " NOTIFY={}",
            message.notify.join(",").to_uppercase()
        ));
    }
    line
}

/// Text as a parameter's value (RFC 3461 §4).
fn xtext(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'+' | b'=' => out.push_str(&format!("+{byte:02X}")),
            b'!'..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("+{byte:02X}")),
        }
    }
    out
}

/// Content with doubled dots and the final one (RFC 5321 §4.5.2).
pub(crate) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 8);
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    if !out.is_empty() && !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b".\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_begins_with_a_dot_gets_another() {
        assert_eq!(stuffed(b".a\r\nb.\r\n..\r\n"), b"..a\r\nb.\r\n...\r\n.\r\n");
        assert_eq!(stuffed(b"a"), b"a\r\n.\r\n");
    }
}
