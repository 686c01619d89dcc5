//! One mail transaction: MAIL, RCPT for each recipient, DATA (RFC 5321 §3.3), with the parameters that the receiver's last
//! EHLO answer allows.

use super::client::{Client, SessionFault, Stage};
use super::content::stuffed;
use super::ehlo::Keywords;
use super::reply::{Category, Reply};
use crate::delivery::{Message, Recipient, TlsTag};
use crate::dsn;

/// The parameters that a message needs or may use at a receiver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Parameters {
    size: bool,
    eight_bit: bool,
    utf8: bool,
    dsn: bool,
    requires_tls: bool,
}

/// A receiver's word that it took a message for a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Acceptance {
    /// Its reply to the end of the message.
    pub(crate) reply: Reply,
    /// It lists DSN, and so has taken over what the sender asked about notices (RFC 3461 §5.2.1).
    pub(crate) takes_over_notices: bool,
}

/// Why a receiver did not take a message for a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It said so.
    Reply(Stage, Reply),
    /// The session broke before it said anything.
    Broken {
        /// Whether the whole content had been sent by then.
        content_sent: bool,
        /// Whether the receiver spoke, but not in SMTP.
        malformed: bool,
        /// What happened.
        text: String,
    },
    /// The message needs more than the receiver lists (RFC 1870 §6.1, RFC 6152 §3, RFC 6531 §3.2,
    /// RFC 8689 §4.2.1).
    Unsupported {
        /// The enhanced status code.
        status: &'static str,
        /// What is missing.
        text: String,
    },
}

impl Refusal {
    /// Whether it will not clear up by itself.
    ///
    /// Choice: 552 to RCPT counts as 452 unless its enhanced status speaks of something else than too many recipients, since
    /// older receivers say so that they take no more in this session (RFC 5321 §4.5.3.1.10).
    #[must_use]
    pub(crate) fn is_permanent(&self) -> bool {
        match self {
            Self::Reply(Stage::Rcpt, reply) if reply.code() == 552 => reply
                .enhanced_status()
                .is_some_and(|status| status != "5.5.3"),
            Self::Reply(_, reply) => reply.category() == Category::Permanent,
            Self::Broken { .. } => false,
            Self::Unsupported { .. } => true,
        }
    }

    fn broken(fault: &SessionFault) -> Self {
        Self::Broken {
            content_sent: fault.stage() == Stage::EndOfData,
            malformed: fault.is_malformed(),
            text: fault.to_string(),
        }
    }
}

impl Parameters {
    /// What of the message's needs the keywords allow.
    ///
    /// # Errors
    /// `Refusal::Unsupported` when they do not allow enough.
    pub(crate) fn of(message: &Message, keywords: &Keywords) -> Result<Self, Refusal> {
        let missing = |status, text: String| Err(Refusal::Unsupported { status, text });
        let size = u64::try_from(message.content.len()).unwrap_or(u64::MAX);
        if let Some(limit) = keywords.size_limit()
            && size > limit
        {
            return missing(
                "5.3.4",
                format!("the message has {size} octets, the host takes {limit}"),
            );
        }
        if message.is_eight_bit() && !keywords.has("8BITMIME") {
            return missing(
                "5.6.3",
                "the message is in 8 bits, which the host does not take".into(),
            );
        }
        let utf8 = keywords.has("SMTPUTF8");
        if let Some(sender) = &message.sender
            && sender.ascii_form().is_none()
            && !utf8
        {
            return Err(needs_utf8_address());
        }
        if message.has_utf8_header() && !utf8 {
            let text = "the header needs SMTPUTF8, which the host does not list";
            return missing("5.6.9", text.into());
        }
        let requires_tls = message.tls == TlsTag::Required;
        if requires_tls && !keywords.has("REQUIRETLS") {
            let text = "the message needs REQUIRETLS, which the host does not list";
            return missing("5.7.30", text.into());
        }
        Ok(Self {
            size: keywords.has("SIZE"),
            eight_bit: message.is_eight_bit(),
            utf8: utf8 && message.smtputf8,
            dsn: keywords.has("DSN"),
            requires_tls,
        })
    }

    /// Whether a recipient can be named at all, by itself: what one address needs keeps no other back.
    ///
    /// # Errors
    /// `Refusal::Unsupported` when it cannot.
    fn allow(&self, recipient: &Recipient) -> Result<(), Refusal> {
        if recipient.mailbox.ascii_form().is_none() && !self.utf8 {
            return Err(needs_utf8_address());
        }
        Ok(())
    }

    fn mail(&self, message: &Message) -> String {
        let from = message
            .sender
            .as_ref()
            .map_or_else(String::new, |sender| self.address(sender));
        let mut line = format!("MAIL FROM:<{from}>");
        if self.size {
            line.push_str(&format!(" SIZE={}", message.content.len()));
        }
        if self.eight_bit {
            line.push_str(" BODY=8BITMIME");
        }
        if self.utf8 {
            line.push_str(" SMTPUTF8");
        }
        if self.requires_tls {
            line.push_str(" REQUIRETLS");
        }
        if self.dsn {
            if let Some(returned) = message.dsn.ret {
                line.push_str(&format!(" RET={}", returned.keyword()));
            }
            if let Some(id) = &message.dsn.envelope_id {
                line.push_str(&format!(" ENVID={id}"));
            }
        }
        line
    }

    fn rcpt(&self, recipient: &Recipient) -> String {
        let mut line = format!("RCPT TO:<{}>", self.address(&recipient.mailbox));
        if self.dsn {
            if let Some(notify) = &recipient.notify {
                line.push_str(&format!(" NOTIFY={}", notify.keywords()));
            }
            if let Some(original) = &recipient.original {
                // A host without SMTPUTF8 gets the form for seven bits (RFC 6533 §3).
                let original = if self.utf8 {
                    original.clone()
                } else {
                    dsn::in_seven_bits(original)
                };
                line.push_str(&format!(" ORCPT={original}"));
            }
        }
        line
    }

    /// An address in ASCII alone, unless the transaction is one of SMTPUTF8.
    fn address(&self, mailbox: &crate::address::Mailbox) -> String {
        match mailbox.ascii_form() {
            Some(ascii) if !self.utf8 => ascii,
            _ => mailbox.as_str().to_owned(),
        }
    }
}

fn needs_utf8_address() -> Refusal {
    Refusal::Unsupported {
        status: "5.6.7",
        text: "an address needs SMTPUTF8, which the host does not list".into(),
    }
}

/// Hands a message over for some recipients, and says for each what came of it, in their order.
pub(crate) async fn transact(
    client: &mut Client,
    keywords: &Keywords,
    message: &Message,
    recipients: &[&Recipient],
) -> Vec<Result<Acceptance, Refusal>> {
    let for_all = |refusal: Refusal| vec![Err(refusal); recipients.len()];
    let fitted = dsn::fitted(message, keywords);
    let message = fitted.as_ref().unwrap_or(message);
    let parameters = match Parameters::of(message, keywords) {
        Ok(parameters) => parameters,
        Err(refusal) => return for_all(refusal),
    };
    let unsupported: Vec<Option<Refusal>> = recipients
        .iter()
        .map(|recipient| parameters.allow(recipient).err())
        .collect();
    if unsupported.iter().all(Option::is_some) {
        return unsupported.into_iter().flatten().map(Err).collect();
    }
    match client.command(Stage::Mail, &parameters.mail(message)).await {
        Ok(reply) if reply.category() == Category::Completed => {}
        Ok(reply) => return for_all(Refusal::Reply(Stage::Mail, reply)),
        Err(fault) => return for_all(Refusal::broken(&fault)),
    }
    let mut refused: Vec<Option<Refusal>> = Vec::with_capacity(recipients.len());
    for (recipient, unsupported) in recipients.iter().zip(unsupported) {
        if unsupported.is_some() {
            refused.push(unsupported);
            continue;
        }
        match client
            .command(Stage::Rcpt, &parameters.rcpt(recipient))
            .await
        {
            Ok(reply) if reply.category() == Category::Completed => refused.push(None),
            Ok(reply) => refused.push(Some(Refusal::Reply(Stage::Rcpt, reply))),
            Err(fault) => {
                // Recipients that were refused by then stay refused; for all others the session broke.
                refused.resize(recipients.len(), None);
                let broken = Refusal::broken(&fault);
                return refused
                    .into_iter()
                    .map(|was| Err(was.unwrap_or(broken.clone())))
                    .collect();
            }
        }
    }
    if refused.iter().all(Option::is_some) {
        return refused.into_iter().flatten().map(Err).collect();
    }
    let sent = send_content(client, message).await;
    let sent = sent.map(|reply| Acceptance {
        reply,
        takes_over_notices: parameters.dsn,
    });
    refused
        .into_iter()
        .map(|refusal| refusal.map_or_else(|| sent.clone(), Err))
        .collect()
}

async fn send_content(client: &mut Client, message: &Message) -> Result<Reply, Refusal> {
    let broken = |fault: SessionFault| Refusal::broken(&fault);
    let reply = client.command(Stage::Data, "DATA").await.map_err(broken)?;
    if reply.code() != 354 {
        return Err(Refusal::Reply(Stage::Data, reply));
    }
    if let Err(fault) = client
        .write(Stage::Content, &stuffed(&message.content))
        .await
    {
        return Err(last_words(client, fault).await);
    }
    let reply = client.reply(Stage::EndOfData).await.map_err(broken)?;
    if reply.category() == Category::Completed {
        Ok(reply)
    } else {
        Err(Refusal::Reply(Stage::EndOfData, reply))
    }
}

/// A receiver may refuse and hang up while content comes in; what it said may still be there. What is no refusal counts for
/// nothing, since the content was not sent whole.
async fn last_words(client: &mut Client, fault: SessionFault) -> Refusal {
    let broken = Refusal::broken(&fault);
    if !matches!(fault, SessionFault::Write { .. }) {
        return broken;
    }
    match client.reply(Stage::Content).await {
        Ok(reply) if matches!(reply.category(), Category::Transient | Category::Permanent) => {
            Refusal::Reply(Stage::Content, reply)
        }
        _ => broken,
    }
}
