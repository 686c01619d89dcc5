//! Policies are fetched anew before they expire, whether mail goes there or not, and whatever the records say
//! (RFC 8461 §3.3, §10.2).

use std::sync::Arc;

use futures_util::future::select;
use futures_util::stream::{self, StreamExt};

use crate::address::DomainName;

use super::keeper::Keeper;
use super::source::Source;

/// How many domains are asked at the same time.
const ABREAST: usize = 8;

impl Keeper {
    /// Keeps every policy fresh, with whatever source there is at the time. Never ends.
    pub(crate) async fn keep_fresh<S: Source>(self, source: impl Fn() -> Arc<S>) {
        loop {
            let now = self.clock().now();
            let refreshes = self.refreshes();
            let due = refreshes.iter().take_while(|(at, _)| *at <= now);
            let due: Vec<&DomainName> = due.map(|(_, domain)| domain).collect();
            if !due.is_empty() {
                let source = source();
                stream::iter(due)
                    .for_each_concurrent(ABREAST, |domain| self.refresh(source.as_ref(), domain))
                    .await;
                continue;
            }
            let changed = std::pin::pin!(self.changed());
            match refreshes.first() {
                Some((at, _)) => drop(select(self.clock().sleep_until(*at), changed).await),
                None => changed.await,
            }
        }
    }

    /// Fetches the policy of one domain anew. A record that cannot be had or read does not hinder that: then it is fetched
    /// under the id that is known.
    async fn refresh(&self, source: &impl Source, domain: &DomainName) {
        let Some(held) = self.known(domain) else {
            return;
        };
        let record = source.id(domain).await;
        let _alone = held.fetching.lock().await;
        let now = self.clock().now();
        let id = {
            let entry = held.entry();
            // Mail may have brought it meanwhile.
            if entry.refresh_due(now).is_none_or(|due| due > now) {
                return;
            }
            record
                .ok()
                .or_else(|| entry.in_force(now).map(|cached| cached.id.clone()))
        };
        if let Some(id) = id {
            self.fetch(source, domain, &held, id).await;
        }
    }
}
