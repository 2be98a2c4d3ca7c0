//! Trampolines by site: whatever a form lacks is made in one request; equal sites share one for the whole process.

use crate::session::{Session, failure};
use crate::{Counts, compile_error, first, guard};
use dashmap::DashMap;
use engine::analyze::{SiteId, Tree, UnitData};
use questions::{Diagnostic, Redefined, Request, Response, Site};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

/// A site and the symbol that was chosen for it: a better overload that is declared later is another one.
type Key = (Site, String);

#[derive(Default)]
pub(crate) struct Sites {
    made: DashMap<Key, u64>,
    count_made: AtomicU64,
    count_shared: AtomicU64,
}

impl Sites {
    pub(crate) fn counts(&self) -> Counts {
        Counts { made: self.count_made.load(Ordering::Relaxed), shared: self.count_shared.load(Ordering::Relaxed) }
    }

    /// A type that changed may stand in any site's arguments.
    pub(crate) fn redefined(&self, redefined: &[Redefined]) {
        if redefined.iter().any(|r| r.changed_type) {
            self.made.clear();
        }
    }

    pub(crate) fn bind(
        &self,
        session: &Session,
        tree: &Tree,
        unit: &UnitData,
        sites: &[SiteId],
    ) -> Result<(), Diagnostic> {
        let mut wanted: Vec<(Key, Vec<SiteId>)> = Vec::new();
        let mut index: HashMap<Key, usize> = HashMap::new();
        for &id in sites {
            if !unit.sites[id.index()].load(Ordering::Acquire).is_null() {
                continue;
            }
            let answer = tree.site(id);
            let key = (answer.site.clone(), answer.symbol.clone());
            if let Some(address) = self.made.get(&key) {
                self.count_shared.fetch_add(1, Ordering::Relaxed);
                store(unit, id, *address);
                continue;
            }
            let at = *index.entry(key.clone()).or_insert(wanted.len());
            match wanted.get_mut(at) {
                Some((_, ids)) => ids.push(id),
                None => wanted.push((key, vec![id])),
            }
        }
        if wanted.is_empty() { Ok(()) } else { self.make(session, unit, wanted) }
    }

    fn make(&self, session: &Session, unit: &UnitData, wanted: Vec<(Key, Vec<SiteId>)>) -> Result<(), Diagnostic> {
        let request = Request::Trampolines { sites: wanted.iter().map(|(k, _)| k.0.clone()).collect() };
        let (made, inits) = match session.request(&request) {
            Ok(Response::Trampolines { trampolines, inits }) if trampolines.len() == wanted.len() => {
                (trampolines, inits)
            }
            other => return Err(first(failure(other))),
        };
        let mut error = None;
        for ((key, ids), made) in wanted.into_iter().zip(made) {
            match made {
                Ok(t) if t.address != 0 => {
                    self.count_made.fetch_add(1, Ordering::Relaxed);
                    ids.into_iter().for_each(|id| store(unit, id, t.address));
                    self.made.insert(key, t.address);
                }
                Ok(_) => error = error.or_else(|| Some(compile_error("cpp/limit", "a trampoline has no address"))),
                Err(d) => error = error.or(Some(d)),
            }
        }
        guard::run_inits_or_diagnostic(&inits)?;
        error.map_or(Ok(()), Err)
    }
}

fn store(unit: &UnitData, id: SiteId, address: u64) {
    unit.sites[id.index()].store(address as *mut _, Ordering::Release);
}
