//! What is remembered for a short time: a bounded map whose entries end by themselves.
use chrono::{DateTime, Utc};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

pub(crate) struct Brief<K, V> {
    entries_max: usize,
    held: Mutex<HashMap<K, (V, DateTime<Utc>)>>,
}

impl<K: Eq + Hash + Clone, V: Clone> Brief<K, V> {
    pub(crate) fn new(entries_max: usize) -> Self {
        Self { entries_max, held: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn get(&self, key: &K, now: DateTime<Utc>) -> Option<V> {
        let held = self.held();
        held.get(key).filter(|(_, until)| now < *until).map(|(value, _)| value.clone())
    }

    /// When it is full, what has ended makes room, and failing that what ends first.
    pub(crate) fn put(&self, key: K, value: V, until: DateTime<Utc>, now: DateTime<Utc>) {
        let mut held = self.held();
        if held.len() >= self.entries_max && !held.contains_key(&key) {
            held.retain(|_, (_, until)| now < *until);
        }
        if held.len() >= self.entries_max && !held.contains_key(&key) {
            let first = held.iter().min_by_key(|(_, (_, until))| *until).map(|(key, _)| key.clone());
            if let Some(first) = first {
                held.remove(&first);
            }
        }
        held.insert(key, (value, until));
    }

    pub(crate) fn forget(&self, key: &K) {
        self.held().remove(key);
    }

    /// Forgets whatever fits.
    pub(crate) fn forget_where(&self, fits: impl Fn(&V) -> bool) {
        self.held().retain(|_, (value, _)| !fits(value));
    }

    fn held(&self) -> MutexGuard<'_, HashMap<K, (V, DateTime<Utc>)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    #[test]
    fn an_entry_ends_at_its_time() {
        let brief = Brief::new(2);
        brief.put("a", 1, at(10), at(0));
        assert_eq!(brief.get(&"a", at(9)), Some(1));
        assert_eq!(brief.get(&"a", at(10)), None);
        brief.forget(&"a");
        assert_eq!(brief.get(&"a", at(9)), None);
        brief.put("a", 1, at(10), at(0));
        brief.put("b", 2, at(10), at(0));
        brief.forget_where(|value| *value == 1);
        assert_eq!([brief.get(&"a", at(9)), brief.get(&"b", at(9))], [None, Some(2)]);
    }

    #[test]
    fn a_full_map_drops_what_ends_first() {
        let brief = Brief::new(2);
        brief.put("a", 1, at(30), at(0));
        brief.put("b", 2, at(20), at(0));
        brief.put("c", 3, at(40), at(0));
        assert_eq!(
            [brief.get(&"a", at(1)), brief.get(&"b", at(1)), brief.get(&"c", at(1))],
            [Some(1), None, Some(3)]
        );
    }
}
