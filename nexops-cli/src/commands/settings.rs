//! `nexops settings`.

mod deliveries;
mod notify;
mod proxmox;

use crate::cli::SettingsCommand;
use crate::context::Context;
use crate::failure::Result;

/// Runs one of the verbs.
pub async fn run(command: SettingsCommand, context: &Context) -> Result<()> {
    match command {
        SettingsCommand::Proxmox(command) => proxmox::run(command, context).await,
        SettingsCommand::Notify(command) => notify::run(command, context).await,
    }
}
