//! How often each node was asked, and in vain.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use nexops_core::error::ErrorCode;

/// So many nodes are counted on their own; a cluster has far fewer.
const MOST_NODES: usize = 500;

/// Requests to one node since the daemon started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallCount {
    /// The node; empty for what the cluster as a whole was asked.
    pub node: String,
    /// Requests, with those that failed.
    pub requests: u64,
    /// Requests that failed, by what they failed with.
    pub errors: BTreeMap<ErrorCode, u64>,
}

/// Requests to one node, with those that failed and with what.
#[derive(Debug, Default)]
struct Count {
    requests: u64,
    errors: BTreeMap<ErrorCode, u64>,
}

/// The counts of one connection.
#[derive(Debug, Default)]
pub struct Calls {
    by_node: Mutex<BTreeMap<String, Count>>,
}

impl Calls {
    /// Counts a request to a node, or to the cluster as a whole.
    pub fn count(&self, node: Option<&str>, error: Option<ErrorCode>) {
        let mut by_node = self.by_node.lock().unwrap_or_else(PoisonError::into_inner);
        let node = node.unwrap_or_default();
        if !by_node.contains_key(node) && by_node.len() >= MOST_NODES {
            return;
        }
        let count = by_node.entry(node.to_owned()).or_default();
        count.requests += 1;
        if let Some(code) = error {
            *count.errors.entry(code).or_default() += 1;
        }
    }

    /// All counts, by node.
    pub fn all(&self) -> Vec<CallCount> {
        let by_node = self.by_node.lock().unwrap_or_else(PoisonError::into_inner);
        by_node
            .iter()
            .map(|(node, Count { requests, errors })| CallCount {
                node: node.clone(),
                requests: *requests,
                errors: errors.clone(),
            })
            .collect()
    }
}
