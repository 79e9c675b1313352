//! Limits: how many requests Proxmox has to bear at a time.
//!
//! A node answers with three worker processes, each of which does one thing after the other. Two at a time leave one for
//! the people at its web interface.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests at a time for one node.
pub const PER_NODE: usize = 2;

/// Who has to bear a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Bearer {
    /// The node that the path names.
    Node(String),
    /// The host that is asked, for paths that it answers itself.
    Host(String),
}

/// Hands out the right to send a request.
#[derive(Debug, Default)]
pub struct Limit {
    bearers: Mutex<HashMap<Bearer, Arc<Semaphore>>>,
}

impl Limit {
    /// Waits until fewer than [`PER_NODE`] requests are under way there.
    pub async fn enter(&self, bearer: Bearer) -> OwnedSemaphorePermit {
        let semaphore = {
            let mut bearers = self.bearers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(bearers.entry(bearer).or_insert_with(|| Arc::new(Semaphore::new(PER_NODE))))
        };
        semaphore.acquire_owned().await.expect("these semaphores are never closed")
    }
}
