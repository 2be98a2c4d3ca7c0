//! Trampolines by site: whatever a form lacks is made at once; equal sites share one for the whole process. A recipe needs
//! only the addresses of what it calls; what has none is compiled, all of a form in one request.

use crate::session::{Session, failure};
use crate::{Counts, compile_error, first, guard, thunks};
use engine::analyze::{SiteId, Tree, UnitData};
use engine::clock::{self, Part};
use engine::table::{DashMap, HashMap, HashSet};
use questions::{Diagnostic, Recipe, Redefined, Request, Response, Site};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A site and the symbol that was chosen for it: a better overload that is declared later is another one.
type Key = (Site, String);

#[derive(Default)]
pub(crate) struct Sites {
    made: DashMap<Key, u64>,
    recipes: DashMap<Recipe, u64>,
    addresses: DashMap<String, u64>,
    count_made: AtomicU64,
    count_shaped: AtomicU64,
    count_shared: AtomicU64,
}

/// A site that has no trampoline, and where it stands in the unit.
type Wanted<'t> = (Key, Option<&'t Recipe>, Vec<SiteId>);

impl Sites {
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            made: self.count_made.load(Ordering::Relaxed),
            shaped: self.count_shaped.load(Ordering::Relaxed),
            shared: self.count_shared.load(Ordering::Relaxed),
        }
    }

    /// A type that changed may stand in any site's arguments.
    pub(crate) fn redefined(&self, redefined: &[Redefined]) {
        if redefined.iter().any(|r| r.changed_type) {
            self.made.clear();
            self.recipes.clear();
        }
        if !redefined.is_empty() {
            self.addresses.clear();
        }
    }

    pub(crate) fn bind(
        &self,
        session: &Arc<Session>,
        tree: &Tree,
        unit: &UnitData,
        sites: &[SiteId],
    ) -> Result<(), Diagnostic> {
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut index: HashMap<Key, usize> = HashMap::default();
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
                Some((_, _, ids)) => ids.push(id),
                None => wanted.push((key, answer.recipe.as_ref(), vec![id])),
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let rest = clock::timed(Part::Trampolines, || self.follow_recipes(session, unit, wanted))?;
        if rest.is_empty() { Ok(()) } else { self.make(session, unit, rest) }
    }

    /// Trampolines for the recipes whose symbols have addresses; gives back the sites that are left.
    fn follow_recipes<'t>(
        &self,
        session: &Arc<Session>,
        unit: &UnitData,
        wanted: Vec<Wanted<'t>>,
    ) -> Result<Vec<Wanted<'t>>, Diagnostic> {
        self.find_addresses(session, &wanted)?;
        let mut rest = Vec::new();
        for (key, recipe, ids) in wanted {
            match recipe.and_then(|r| self.trampoline(session, r)) {
                Some(address) => {
                    self.made.insert(key, address);
                    ids.into_iter().for_each(|id| store(unit, id, address));
                }
                None => rest.push((key, recipe, ids)),
            }
        }
        Ok(rest)
    }

    fn trampoline(&self, session: &Arc<Session>, recipe: &Recipe) -> Option<u64> {
        if let Some(known) = self.recipes.get(recipe) {
            self.count_shared.fetch_add(1, Ordering::Relaxed);
            return Some(*known);
        }
        let addresses: Option<Vec<u64>> = recipe.symbols.iter().map(|s| self.addresses.get(s).map(|a| *a)).collect();
        let address = thunks::make(session, recipe, addresses?).ok()?;
        self.count_shaped.fetch_add(1, Ordering::Relaxed);
        self.recipes.insert(recipe.clone(), address);
        Some(address)
    }

    /// Where a symbol lies that is linked already.
    pub(crate) fn address(&self, session: &Session, symbol: &str) -> Option<u64> {
        if let Some(known) = self.addresses.get(symbol) {
            return Some(*known);
        }
        let address = session.linked(symbol)?;
        self.addresses.insert(symbol.to_owned(), address);
        Some(address)
    }

    fn find_addresses(&self, session: &Session, wanted: &[Wanted]) -> Result<(), Diagnostic> {
        let mut seen = HashSet::default();
        let symbols: Vec<String> = wanted
            .iter()
            .filter_map(|(_, recipe, _)| *recipe)
            .flat_map(|r| &r.symbols)
            .filter(|s| !self.addresses.contains_key(*s) && seen.insert(*s))
            .cloned()
            .collect();
        if symbols.is_empty() {
            return Ok(());
        }
        match session.request(&Request::Provide { symbols: symbols.clone() }) {
            Ok(Response::Provided { addresses, inits }) if addresses.len() == symbols.len() => {
                for (symbol, address) in symbols.into_iter().zip(addresses).filter(|(_, a)| *a != 0) {
                    self.addresses.insert(symbol, address);
                }
                guard::run_inits_or_diagnostic(&inits)
            }
            other => Err(first(failure(other))),
        }
    }

    fn make(&self, session: &Session, unit: &UnitData, wanted: Vec<Wanted>) -> Result<(), Diagnostic> {
        let request = Request::Trampolines { sites: wanted.iter().map(|(k, ..)| k.0.clone()).collect() };
        let (made, inits) = match session.request(&request) {
            Ok(Response::Trampolines { trampolines, inits }) if trampolines.len() == wanted.len() => {
                (trampolines, inits)
            }
            other => return Err(first(failure(other))),
        };
        let mut error = None;
        for ((key, _, ids), made) in wanted.into_iter().zip(made) {
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
