//! The policies of all domains: in memory, in the store, and fetched one at a time for each domain (RFC 8461 §5.1).
//!
//! Every round asks for the `Standing` of its domain. What is fetched and when is decided by `entry`; here it is done.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::Notify;

use crate::address::DomainName;
use crate::outside::{Clock, Kind, Outside, Store, take_up};

use super::cached::Cached;
use super::entry::Entry;
use super::listing::HeldPolicy;
use super::record::PolicyId;
use super::source::{FetchFault, Source};
use super::standing::Standing;
use super::stored;

/// The most octets of policies that are kept: those of a million domains that publish what most do.
const ROOM: usize = 256 * 1_024 * 1_024;
/// How many domains are known before those that do not matter any more are let go for the first time.
const FIRST_SWEEP: usize = 64;

/// Keeps policies. Clones are the same keeper, which outlives a change of settings.
#[derive(Clone)]
pub(crate) struct Keeper {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    room: usize,
    domains: Mutex<Domains>,
    changed: Notify,
}

struct Domains {
    by_name: BTreeMap<DomainName, Arc<Domain>>,
    /// How many there are when it is time to let some go.
    sweep_at: usize,
}

/// One domain.
#[derive(Default)]
pub(super) struct Domain {
    entry: Mutex<Entry>,
    /// Who fetches its policy, or takes it out of the store, holds this.
    pub(super) fetching: tokio::sync::Mutex<()>,
}

impl Domain {
    pub(super) fn entry(&self) -> MutexGuard<'_, Entry> {
        self.entry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    /// A keeper of nothing yet.
    #[must_use]
    pub(crate) fn new(outside: &Outside) -> Self {
        Self::with_room(outside, ROOM)
    }

    /// The same, with room for so many octets of policies.
    #[must_use]
    pub(super) fn with_room(outside: &Outside, room: usize) -> Self {
        Self {
            inner: Arc::new(Inner {
                clock: Arc::clone(&outside.clock),
                store: Arc::clone(&outside.store),
                room,
                domains: Mutex::new(Domains {
                    by_name: BTreeMap::new(),
                    sweep_at: FIRST_SWEEP,
                }),
                changed: Notify::new(),
            }),
        }
    }

    /// A keeper of what is in the store. What cannot be read there is set aside, and what has expired is taken out.
    ///
    /// # Errors
    /// What the system says of the store.
    pub(crate) async fn load(outside: &Outside) -> io::Result<Self> {
        let keeper = Self::new(outside);
        let store = &*outside.store;
        let now = outside.clock.now();
        let mut expired = Vec::new();
        take_up(store, Kind::Policies, |name, bytes| {
            let (domain, cached) = stored::read(name, bytes)?;
            if cached.is_in_force(now) {
                let held = Domain {
                    entry: Mutex::new(Entry::of(cached, now)),
                    ..Domain::default()
                };
                keeper.domains().by_name.insert(domain, Arc::new(held));
            } else {
                expired.push(name.clone());
            }
            Ok(())
        })
        .await?;
        for name in expired {
            store.remove(Kind::Policies, &name).await?;
        }
        Ok(keeper)
    }

    /// The policies that hold now, by domain.
    #[must_use]
    pub(crate) fn list(&self) -> Vec<HeldPolicy> {
        let (now, domains) = (self.now(), self.domains());
        let told = |(domain, held): (&DomainName, &Arc<Domain>)| held.entry().told(domain, now);
        domains.by_name.iter().filter_map(told).collect()
    }

    /// How a domain stands now. Its record is looked up anew, and its policy fetched if the record tells of another one.
    pub(crate) async fn standing(&self, source: &impl Source, domain: &DomainName) -> Standing {
        let record = source.id(domain).await;
        let held = match &record {
            Ok(_) => Some(self.held(domain).await),
            Err(_) => self.domains().by_name.get(domain).cloned(),
        };
        let Some(held) = held else {
            return Standing {
                record,
                cached: None,
                failure: None,
            };
        };
        let is_refreshed_again = held.entry().note_use(self.now());
        if is_refreshed_again {
            self.inner.changed.notify_one();
        }
        if let Ok(id) = &record {
            self.bring_up_to_date(source, domain, &held, id).await;
        }
        let now = self.now();
        let entry = held.entry();
        Standing {
            record,
            cached: entry.in_force(now).cloned(),
            failure: entry.failure().cloned(),
        }
    }

    /// Fetches the policy of this id if that is wanted. Whoever comes meanwhile waits for the same fetch.
    async fn bring_up_to_date(
        &self,
        source: &impl Source,
        domain: &DomainName,
        held: &Domain,
        id: &PolicyId,
    ) {
        if !held.entry().wants_fetch(id, self.now()) {
            return;
        }
        let _alone = held.fetching.lock().await;
        if held.entry().wants_fetch(id, self.now()) {
            self.fetch(source, domain, held, id.clone()).await;
        }
    }

    /// Fetches a policy; the caller is alone with the domain.
    pub(super) async fn fetch(
        &self,
        source: &impl Source,
        domain: &DomainName,
        held: &Domain,
        id: PolicyId,
    ) {
        let fetched = match source.policy(domain).await {
            Ok(policy) if !self.has_room_for(held, policy.text().len()) => Err(FetchFault::NoRoom),
            fetched => fetched,
        };
        let now = self.now();
        match fetched {
            Ok(policy) => {
                let cached = held.entry().note_success(id, policy, now);
                tracing::info!(%domain, id = %cached.id, mode = %cached.policy.mode(), "a policy was fetched");
                self.write_down(domain, &cached).await;
            }
            Err(fault) => {
                let (failure, standing) = {
                    let mut entry = held.entry();
                    let failure = entry.note_failure(id, fault, now);
                    (failure, entry.in_force(now).cloned())
                };
                let (id, fault, count) = (&failure.id, &failure.fault, failure.count);
                match standing.filter(|cached| cached.binds()) {
                    // Somebody may stand in the way: people must hear of it before the policy expires (RFC 8461 §10.2).
                    Some(cached) => {
                        let left = cached.expiry().duration_since(now).unwrap_or_default();
                        let left = left.as_secs();
                        tracing::warn!(%domain, %id, %fault, count, left, "a policy could not be refreshed; the old one holds for so many seconds");
                    }
                    None => {
                        tracing::info!(%domain, %id, %fault, count, "a policy could not be fetched");
                    }
                }
            }
        }
        self.inner.changed.notify_one();
    }

    /// Puts a policy into the store. One that cannot be written holds in memory all the same.
    async fn write_down(&self, domain: &DomainName, cached: &Cached) {
        let name = stored::name(domain);
        let bytes = stored::written(domain, cached);
        if let Err(error) = self.inner.store.put(Kind::Policies, &name, bytes).await {
            tracing::error!(%domain, %error, "a policy could not be stored; it will be lost with this program");
        }
    }

    /// Whether so many octets can be kept in the place of what is kept of a domain.
    fn has_room_for(&self, held: &Domain, octets: usize) -> bool {
        let freed = held.entry().octets();
        let domains = self.domains();
        let kept = domains.by_name.values().map(|held| held.entry().octets());
        kept.sum::<usize>() + octets <= self.inner.room + freed
    }

    /// The domain, which is known from now on.
    async fn held(&self, domain: &DomainName) -> Arc<Domain> {
        let (held, is_crowded) = {
            let mut domains = self.domains();
            let held = Arc::clone(domains.by_name.entry(domain.clone()).or_default());
            (held, domains.by_name.len() >= domains.sweep_at)
        };
        if is_crowded {
            self.sweep().await;
        }
        held
    }

    /// Lets go of domains of which nothing is known any more that matters, here and in the store.
    async fn sweep(&self) {
        let over: Vec<(DomainName, Arc<Domain>)> = {
            let domains = self.domains();
            let is_over =
                |(_, held): &(&DomainName, &Arc<Domain>)| held.entry().is_over(self.now());
            let over = domains.by_name.iter().filter(is_over);
            over.map(|(name, held)| (name.clone(), Arc::clone(held)))
                .collect()
        };
        for (domain, held) in over {
            // Whoever fetches its policy has just made it matter again.
            let Ok(alone) = held.fetching.try_lock() else {
                continue;
            };
            if !held.entry().is_over(self.now()) {
                continue;
            }
            let name = stored::name(&domain);
            if let Err(error) = self.inner.store.remove(Kind::Policies, &name).await {
                tracing::warn!(%domain, %error, "an expired policy could not be taken out of the store");
            }
            drop(alone);
            let mut domains = self.domains();
            // The table and this function: nobody else has it or waits for it.
            if Arc::strong_count(&held) == 2 {
                domains.by_name.remove(&domain);
            }
        }
        let mut domains = self.domains();
        domains.sweep_at = (domains.by_name.len() * 2).max(FIRST_SWEEP);
    }

    /// A domain that is known.
    pub(super) fn known(&self, domain: &DomainName) -> Option<Arc<Domain>> {
        self.domains().by_name.get(domain).cloned()
    }

    /// How many domains are known.
    #[cfg(test)]
    pub(super) fn known_domains(&self) -> usize {
        self.domains().by_name.len()
    }

    /// When which domain is to be asked anew although no mail wants it, the first first.
    pub(super) fn refreshes(&self) -> Vec<(SystemTime, DomainName)> {
        let (now, domains) = (self.now(), self.domains());
        let due = |(name, held): (&DomainName, &Arc<Domain>)| {
            Some((held.entry().refresh_due(now)?, name.clone()))
        };
        let mut refreshes: Vec<_> = domains.by_name.iter().filter_map(due).collect();
        refreshes.sort();
        refreshes
    }

    /// Ready when another refresh may have become due since this was last asked.
    pub(super) async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    fn now(&self) -> SystemTime {
        self.inner.clock.now()
    }

    fn domains(&self) -> MutexGuard<'_, Domains> {
        (self.inner.domains.lock()).unwrap_or_else(PoisonError::into_inner)
    }
}
