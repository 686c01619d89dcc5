//! A dialogue that the scenario spells out (SCENARIOS §8, `script`).
//!
//! A segment is written in one piece, and then a reply is awaited for each of its commands; behind a STARTTLS that was
//! answered 220 none is due any more, since a receiver discards what came with it (RFC 3207 §6). `TLS` shakes hands, and
//! `MESSAGE` is the content of the next message with its dot. The envelope sender of that message gets its token, by
//! which whatever becomes of it is known.

use mtaspec_judge::scenario::{Difference, Moment};

use super::conversation::{Conversation, Ended, Talk};
use super::sender::Letter;
use crate::subject::stuffed;

/// Where the dialogue stands.
struct Course<'a> {
    letters: &'a [Letter<'a>],
    /// How many messages were sent.
    sent: usize,
    /// The code of the last reply.
    code: u16,
}

impl<'a> Course<'a> {
    /// The message that is sent next; the last one when all are.
    fn letter(&self) -> Option<Letter<'a>> {
        self.letters.get(self.sent).or(self.letters.last()).copied()
    }

    /// A line of the script as it goes out.
    fn line(&self, written: &str) -> String {
        let is_mail = written
            .get(..4)
            .is_some_and(|verb| verb.eq_ignore_ascii_case("MAIL"));
        match self.letter() {
            Some(Letter { message, mail }) if is_mail && !message.from.is_empty() => written
                .replacen(
                    &format!("<{}>", message.from),
                    &format!("<{}>", mail.sender),
                    1,
                ),
            _ => written.to_owned(),
        }
    }
}

impl Conversation<'_> {
    /// Says a script from its beginning to its end.
    pub(super) async fn say_script(
        &mut self,
        script: &[Vec<String>],
        letters: &[Letter<'_>],
    ) -> Ended {
        let mut course = Course {
            letters,
            sent: 0,
            code: 0,
        };
        let went = self.go_through(script, &mut course).await;
        // A subject that ends it has been shown what there was to show; one that leaves no way into TLS has not.
        if matches!(went, Ok(()) | Err(Ended::ByReceiver)) {
            self.met(&Difference::Client("script".to_owned()));
        }
        went.err().unwrap_or(Ended::BySender)
    }

    async fn go_through(&mut self, script: &[Vec<String>], course: &mut Course<'_>) -> Talk<()> {
        self.greeted().await?;
        for segment in script {
            match segment.as_slice() {
                [only] if only == "TLS" => {
                    if course.code != 220 {
                        return Err(Ended::BySender);
                    }
                    self.begin_tls().await?;
                    self.pass(&Moment::AfterHandshake).await?;
                }
                [only] if only == "MESSAGE" => {
                    if course.code == 354 {
                        self.message(course).await?;
                    }
                }
                [only] => {
                    let line = course.line(only);
                    let moment = self.moment_of(only);
                    let reply = match moment {
                        Some(moment) => self.command(&moment, &line).await?,
                        None => {
                            self.say(&line).await?;
                            let verb = self.follows.clone();
                            self.reply(&verb).await?
                        }
                    };
                    course.code = reply.code;
                }
                several => self.segment(several, course).await?,
            }
        }
        Ok(())
    }

    async fn message(&mut self, course: &mut Course<'_>) -> Talk<()> {
        let Some(letter) = course.letter() else {
            return Ok(());
        };
        self.message = Some(letter.mail.message.clone());
        let content = self.client.content(letter);
        let reply = self.send_content(&content).await?;
        course.code = reply.code;
        course.sent += 1;
        self.note(None, &reply);
        Ok(())
    }

    /// Several lines in one piece.
    async fn segment(&mut self, lines: &[String], course: &mut Course<'_>) -> Talk<()> {
        let mut bytes = Vec::new();
        let mut verbs = Vec::new();
        for written in lines {
            if written == "MESSAGE" {
                let Some(letter) = course.letter() else {
                    continue;
                };
                bytes.extend(stuffed(&self.client.content(letter)));
                verbs.push("end-of-data".to_owned());
                continue;
            }
            let line = course.line(written);
            self.tell_command(&line);
            verbs.push(self.follows.clone());
            bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
        self.write(&bytes).await?;
        for verb in verbs {
            let reply = self.reply(&verb).await?;
            course.code = reply.code;
            if verb == "end-of-data" {
                course.sent += 1;
                self.note(None, &reply);
            }
            if verb == "STARTTLS" && reply.code == 220 {
                break;
            }
        }
        Ok(())
    }

    /// The moment that a line stands for.
    fn moment_of(&self, line: &str) -> Option<Moment> {
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        Some(match verb.to_ascii_uppercase().as_str() {
            "EHLO" if self.tls => Moment::EhloAfterTls,
            "EHLO" => Moment::Ehlo,
            "HELO" => Moment::Helo,
            "STARTTLS" => Moment::Starttls,
            "MAIL" => Moment::Mail,
            "RCPT" => Moment::Rcpt,
            "DATA" => Moment::Data,
            "QUIT" => Moment::Quit,
            _ => return None,
        })
    }
}
