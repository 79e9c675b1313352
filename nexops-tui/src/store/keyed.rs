//! Answers to the same question about different things.

use std::collections::HashMap;
use std::hash::Hash;

use crate::remote::Remote;

/// How many are kept; the least lately asked for goes first.
const KEPT: usize = 96;

/// Answers to the same question about different things.
#[derive(Debug)]
pub struct Keyed<K, T> {
    remotes: HashMap<K, Remote<T>>,
    lately: Vec<K>,
}

impl<K, T> Default for Keyed<K, T> {
    fn default() -> Self {
        Self { remotes: HashMap::new(), lately: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, T> Keyed<K, T> {
    /// The answer about one thing; `None` when it was not asked for lately.
    pub fn get(&self, key: K) -> Option<&Remote<T>> {
        self.remotes.get(&key)
    }

    /// The answer about one thing, which is asked for now.
    pub fn get_mut(&mut self, key: K) -> &mut Remote<T> {
        self.lately.retain(|other| *other != key);
        self.lately.push(key);
        if self.lately.len() > KEPT {
            let oldest = self.lately.remove(0);
            self.remotes.remove(&oldest);
        }
        self.remotes.entry(key).or_default()
    }
}
