//! The releases the simulator can imitate.

/// A release of Proxmox VE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PveVersion {
    /// 7.4, without texts in error bodies and with numbers as text.
    V7_4,
    /// 8.4, the last of its line.
    V8_4,
    /// 9.1.
    #[default]
    V9_1,
}
