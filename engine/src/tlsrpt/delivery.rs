//! Reports on their way: what falls due is written, and taken to each URI that the domain names (RFC 8460 §3, §5).

use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::stream::{self, StreamExt};

use crate::delivery::{Queue, Workshop};
use crate::https::{Body, Client, Limits, Proof, Request};
use crate::settings::Reporting;
use crate::tasks::Tasks;

use super::body::{Author, Report};
use super::entry::{Entry, Sending};
use super::keeper::Keeper;
use super::mail;
use super::record;
use super::uri::{ReportUri, UriKind};

/// How many reports are on their way at the same time.
const ABREAST: usize = 8;
/// How much time a report may take by HTTPS; what the server says beside its status is not read.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(20),
    total: Duration::from_secs(2 * 60),
    body: None,
};
/// What is posted.
const MEDIA_TYPE: &str = "application/tlsrpt+gzip";

impl Keeper {
    /// Reports what falls due, until the engine closes.
    pub(crate) async fn report(self, queue: Queue, tasks: Tasks) {
        let mut closing = std::pin::pin!(tasks.closing());
        loop {
            let round = std::pin::pin!(self.round(&queue));
            if let Either::Left(_) = select(closing.as_mut(), round).await {
                return;
            }
        }
    }

    /// Does what is due, or waits until something is.
    async fn round(&self, queue: &Queue) {
        let due = self.take_due(ABREAST);
        if !due.is_empty() {
            stream::iter(due)
                .for_each_concurrent(ABREAST, |entry| self.take_on(queue, entry))
                .await;
            return;
        }
        let changed = std::pin::pin!(self.changed());
        match self.earliest() {
            Some(at) => drop(select(self.clock().sleep_until(at), changed).await),
            None => changed.await,
        }
    }

    /// Tries to hand over the report of one day.
    async fn take_on(&self, queue: &Queue, entry: Entry) {
        let workshop = queue.workshop();
        let (domain, day) = (entry.domain.clone(), entry.day);
        let Some(reporting) = &workshop.settings.reporting else {
            tracing::info!(%domain, %day, "no reports are made any more: a tally is dropped");
            return self.forget(&domain, day).await;
        };
        let left = match self.addressees(&workshop, &entry).await {
            Ok(left) if left.is_empty() => return self.forget(&domain, day).await,
            Ok(uris) => Some(
                self.hand_over(queue, &workshop, reporting, &entry, uris)
                    .await,
            ),
            Err(fault) => {
                tracing::info!(%domain, %fault, "nobody knows now who wants the report");
                None
            }
        };
        match entry.tried(left, self.now(), &workshop.settings.retry) {
            Some(entry) => self.put_back(entry).await,
            None => self.forget(&domain, day).await,
        }
    }

    /// Who has not taken the report yet: at first everybody whom the record names.
    async fn addressees(
        &self,
        workshop: &Workshop,
        entry: &Entry,
    ) -> Result<Vec<ReportUri>, crate::route::LookupFault> {
        if let Some(Sending {
            left: Some(left), ..
        }) = &entry.sending
        {
            return Ok(left
                .iter()
                .filter_map(|uri| ReportUri::parse(uri))
                .collect());
        }
        let domain = &entry.domain;
        Ok(match record::look_up(&workshop.resolver, domain).await? {
            Ok(record) => record.rua,
            Err(fault) => {
                tracing::debug!(%domain, %fault, "nobody wants a report");
                Vec::new()
            }
        })
    }

    /// Takes the report to each URI, and says which of them did not take it.
    ///
    /// Choice: all of them get it, since RFC 8460 §3 allows it and a domain that names several wants to rely on none.
    async fn hand_over(
        &self,
        queue: &Queue,
        workshop: &Workshop,
        reporting: &Reporting,
        entry: &Entry,
        uris: Vec<ReportUri>,
    ) -> Vec<String> {
        let submitter = reporting.contact.domain();
        let author = Author {
            organization: &reporting.organization,
            contact: reporting.contact.mailbox(),
            submitter,
        };
        let id = entry.report_id(submitter);
        let report = Report::new(author, &entry.domain, entry.day, &id, &entry.tally);
        let mut left = Vec::new();
        for uri in uris {
            let taken = match uri.kind() {
                UriKind::Mail(_) => self.mail(queue, workshop, reporting, &report, &uri).await,
                UriKind::Https { .. } => post(workshop, &report, &uri).await,
            };
            match taken {
                Ok(()) => {
                    tracing::info!(domain = %entry.domain, %uri, id, "a report is on its way");
                }
                Err(why) => {
                    tracing::info!(domain = %entry.domain, %uri, id, why, "a report was not taken");
                    left.push(uri.to_string());
                }
            }
        }
        left
    }

    /// Puts the report into the queue, which tries it for as long as a report is worth.
    async fn mail(
        &self,
        queue: &Queue,
        workshop: &Workshop,
        reporting: &Reporting,
        report: &Report,
        uri: &ReportUri,
    ) -> Result<(), String> {
        let UriKind::Mail(to) = uri.kind() else {
            return Ok(());
        };
        let Some(key) = &reporting.dkim else {
            // It never will: a report without a signature is ignored.
            tracing::warn!(%uri, "a report cannot be mailed, since there is no key that signs it");
            return Ok(());
        };
        let from = reporting.sender.as_ref().unwrap_or(&reporting.contact);
        let now = workshop.outside.clock.now();
        let draw = self.chance().draw();
        let message = mail::message(report, (from.mailbox(), key), to, now, draw);
        let (message, recipient) = message.map_err(|error| error.to_string())?;
        queue
            .take(message, vec![recipient])
            .await
            .map_err(|error| error.to_string())
    }
}

/// Posts the report (RFC 8460 §5.4).
///
/// Choice: whatever certificate the server shows, as RFC 8460 §3 allows: a report holds nothing that its receiver does not
/// know, and one about expired certificates should not fail for another one.
async fn post(workshop: &Workshop, report: &Report, uri: &ReportUri) -> Result<(), String> {
    let UriKind::Https { host, port, target } = uri.kind() else {
        return Ok(());
    };
    let client = Client {
        outside: &workshop.outside,
        resolver: &workshop.resolver,
        stack: &workshop.web,
    };
    let request = Request {
        host,
        port: *port,
        target,
        body: Some(Body {
            media_type: MEDIA_TYPE,
            bytes: report.packed.clone(),
        }),
        proof: Proof::Nothing,
        limits: LIMITS,
    };
    match client.send(request).await {
        Ok(answer) if answer.is_success() => Ok(()),
        Ok(answer) => Err(format!("the server answered with status {}", answer.status)),
        Err(fault) => Err(fault.to_string()),
    }
}
