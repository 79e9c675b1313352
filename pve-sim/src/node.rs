//! A node: its hardware, its storages and whether it answers.

use crate::clock::Moment;

/// A node as the simulator keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) fingerprint: String,
    pub(crate) threads: u32,
    pub(crate) memory_bytes: u64,
    pub(crate) storages: Vec<Storage>,
    pub(crate) started: Moment,
    /// Since when the node is cut off; `None` while it answers.
    pub(crate) offline_since: Option<Moment>,
}

impl Node {
    pub(crate) fn is_online(&self) -> bool {
        self.offline_since.is_none()
    }

    /// The root file system, which is also the storage `local`.
    pub(crate) fn root(&self) -> Option<&Storage> {
        self.storages.first()
    }
}

/// A storage as one node sees it.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    pub(crate) name: &'static str,
    pub(crate) plugin: &'static str,
    pub(crate) content: &'static str,
    pub(crate) shared: bool,
    pub(crate) size_bytes: u64,
    /// Share in use when the simulator starts, 0..1.
    pub(crate) used: f64,
}

impl Storage {
    /// Fills up by about two percent a month.
    pub(crate) fn used_bytes(&self, up_seconds: f64) -> u64 {
        let used = (self.used + 0.02 * up_seconds.max(0.0) / 2_592_000.0).min(0.97);
        (self.size_bytes as f64 * used) as u64
    }
}
