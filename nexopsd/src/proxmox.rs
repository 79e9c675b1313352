//! The Proxmox VE API client: foreign shapes end here, as domain values or named errors.
//!
//! Proxmox is lenient in what it sends: types vary between releases and even inside one answer, keys come and go, and most
//! of what it has to say about a failure stands in the status line. Nothing outside of this module has to know that.

mod client;
mod cluster;
mod config;
mod error;
mod guest;
mod history;
mod inside;
mod limit;
mod node;
mod payload;
mod permissions;
mod power;
mod refusal;
mod settings;
mod task;
mod transport;
mod upid;

pub use client::Client;
pub use cluster::{ClusterStatus, Member, Resources, StorageRow, Version};
pub use config::{Birthmark, GuestConfig, has_agent};
pub use error::{Attempt, Error};
pub use guest::{GuestAddress, GuestCurrent, GuestRow};
pub use history::{Minute, Remembered};
pub use inside::{AgentRefusal, DiskUse, Interface, best_address};
pub use node::NodeRow;
pub use permissions::Permissions;
pub use power::PowerOptions;
pub use refusal::Refusal;
pub use settings::{Settings, Timeouts, check_host};
pub use task::{Outcome, TaskEnd, TaskRow, TaskState};
pub use upid::{BadUpid, Upid};
