//! What the shell asks while somebody types: commands and flags out of the tree, names out of a cache of what the
//! daemon knows.
//!
//! The scripts in `completions/` call this program with `COMPLETE` set.

mod cache;

use std::time::Duration;

use clap::CommandFactory as _;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::{Bash, CompleteEnv, EnvCompleter, Fish, Zsh};
use nexops_core::alert::{AlertStatusFilter, ListAlerts};
use nexops_core::client::{self, Client};
use nexops_core::node::ListNodes;
use nexops_core::notification::Channel;
use nexops_core::page::MAX_PER_PAGE;
use nexops_core::profile::Profile;
use nexops_core::profile::contexts::Contexts;
use nexops_core::task::{ListTasks, Task};
use nexops_core::vm::ListVms;

use crate::cli::{Cli, Shell};
use crate::output::Row;
use crate::paging::all;
use crate::rows::{alert, task};

/// The variable that says which shell asks.
const VARIABLE: &str = "COMPLETE";
/// Who types does not want to wait: after this, what is known from before must do.
const PATIENCE: Duration = Duration::from_millis(250);

/// Out of `$fpath` zsh runs the script when the first completion is asked for, which must then be answered too.
const ZSH_FIRST_CALL: &str = r#"if [[ "$funcstack[1]" == _nexops ]]; then
    _clap_dynamic_completer_nexops "$@"
fi
"#;

/// Answers the shell and ends, if it is a shell that asks.
pub fn answer() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// The script that makes a shell ask.
pub fn script(shell: Shell) -> std::io::Result<Vec<u8>> {
    let adapter: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    adapter.write_registration(VARIABLE, "nexops", "nexops", "nexops", &mut script)?;
    if shell == Shell::Zsh {
        script.extend_from_slice(ZSH_FIRST_CALL.as_bytes());
    }
    Ok(script)
}

/// A kind of thing that has names on the command line. For one more: a variant, and what to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// Guests, by number and by name.
    Guest,
    /// Nodes, by name.
    Node,
    /// Connections, by name.
    Connection,
    /// Tags of guests.
    Tag,
    /// Tasks, by id.
    Task,
    /// Services, by name.
    Service,
    /// Alert rules, by name.
    Rule,
    /// Alerts that are not over, by id.
    Alert,
    /// Channels, by name.
    Channel,
    /// Contexts, by name.
    Context,
}

/// A name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// What is typed.
    pub value: String,
    /// What the shell shows beside it.
    pub help: String,
}

impl Known {
    fn new(value: impl Into<String>, help: impl Into<String>) -> Self {
        Self { value: value.into(), help: help.into() }
    }

    /// Whether a shell takes the value for one plain word. Names come from outside, and nobody shall run one.
    fn is_plain(&self) -> bool {
        !self.value.is_empty()
            && !self.value.starts_with('-')
            && self.value.chars().all(|letter| letter.is_alphanumeric() || "._-/:@+".contains(letter))
    }
}

impl Noun {
    /// Completes an argument that names one of these.
    pub fn completer(self) -> ArgValueCandidates {
        ArgValueCandidates::new(move || {
            let candidate = |known: Known| CompletionCandidate::new(known.value).help(Some(known.help.into()));
            known(self).into_iter().filter(Known::is_plain).map(candidate).collect()
        })
    }

    /// The file in the cache.
    const fn file(self) -> &'static str {
        match self {
            Self::Guest => "guests",
            Self::Node => "nodes",
            Self::Connection => "connections",
            Self::Tag => "tags",
            Self::Task => "tasks",
            Self::Service => "services",
            Self::Rule => "rules",
            Self::Alert => "alerts",
            Self::Channel => "channels",
            Self::Context => "contexts",
        }
    }

    async fn fetch(self, client: &Client) -> client::Result<Vec<Known>> {
        let per_page = Some(MAX_PER_PAGE);
        let vms = async || client.list_vms(&ListVms { per_page, ..ListVms::default() }).await.map(|list| list.data);
        Ok(match self {
            Self::Context => Vec::new(),
            Self::Guest => {
                let vms = vms().await?;
                let by_number =
                    vms.iter().map(|vm| Known::new(vm.vmid.to_string(), format!("{}, {}", vm.name, vm.status)));
                let by_name = vms.iter().map(|vm| Known::new(vm.name.as_str(), format!("{} on {}", vm.vmid, vm.node)));
                by_number.chain(by_name).collect()
            }
            Self::Node => {
                let nodes = client.list_nodes(&ListNodes { per_page, ..ListNodes::default() }).await?.data;
                nodes
                    .iter()
                    .map(|node| Known::new(node.hostname.as_str(), format!("{}, {}", node.status, node.connection)))
                    .collect()
            }
            Self::Connection => {
                let connections = client.system().await?.data.connections;
                connections.iter().map(|one| Known::new(one.name.as_str(), one.hosts.join(", "))).collect()
            }
            Self::Tag => {
                let mut tags: Vec<String> = vms().await?.into_iter().flat_map(|vm| vm.tags).collect();
                tags.sort_unstable();
                tags.dedup();
                tags.into_iter().map(|tag| Known::new(tag, "")).collect()
            }
            Self::Task => {
                let tasks = client.list_tasks(&ListTasks { per_page: Some(50), ..ListTasks::default() }).await?.data;
                let help = |task: &Task| format!("{}, {}", task::label(task), task.status);
                tasks.iter().map(|task| Known::new(task.id.to_string(), help(task))).collect()
            }
            Self::Service => {
                let services = all::services(client, None).await?.rows;
                services.iter().map(|service| Known::new(service.name.as_str(), service.status.as_str())).collect()
            }
            Self::Rule => {
                let rules = all::rules(client, None).await?.rows;
                rules.iter().map(|rule| Known::new(rule.name.as_str(), alert::condition(&rule.definition()))).collect()
            }
            Self::Alert => {
                let query = ListAlerts { per_page, status: Some(AlertStatusFilter::Active), ..ListAlerts::default() };
                let alerts = client.list_alerts(&query).await?.data;
                alerts.iter().map(|alert| Known::new(alert.id.to_string(), alert.title.as_str())).collect()
            }
            Self::Channel => {
                let channels = all::channels(client, None).await?.rows;
                let help = |channel: &Channel| format!("{}, {}", channel.settings.kind(), channel.status);
                channels.iter().map(|channel| Known::new(channel.name.as_str(), help(channel))).collect()
            }
        })
    }
}

/// What the daemon has now, or had the last time that it could be asked; nothing where it never could.
fn known(noun: Noun) -> Vec<Known> {
    if noun == Noun::Context {
        return contexts();
    }
    let Ok(profile) = Profile::chosen(None, None) else { return Vec::new() };
    let cache = cache::Cache::of(&profile.url, noun.file());
    if let Some(fresh) = cache.as_ref().and_then(cache::Cache::fresh) {
        return fresh;
    }
    match ask(noun, profile) {
        Some(answer) => {
            // A cache that cannot be written only makes the next question slower.
            let _ = cache.map(|cache| cache.write(&answer));
            answer
        }
        None => cache.and_then(|cache| cache.any()).unwrap_or_default(),
    }
}

/// They are in a file, and nobody has to be asked.
fn contexts() -> Vec<Known> {
    let contexts = Contexts::load().unwrap_or_default();
    contexts.iter().map(|(name, context)| Known::new(name, &context.url)).collect()
}

fn ask(noun: Noun, profile: Profile) -> Option<Vec<Known>> {
    let client = Client::new(profile).ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async { tokio::time::timeout(PATIENCE, noun.fetch(&client)).await.ok()?.ok() })
}

/// Completes `--sort`: every column, in both directions.
pub fn sort_by<Column: Copy + std::fmt::Display + Send + Sync>(columns: &'static [Column]) -> ArgValueCandidates {
    ArgValueCandidates::new(move || {
        let both = columns.iter().flat_map(|column| [format!("{column}"), format!("-{column}")]);
        both.map(CompletionCandidate::new).collect()
    })
}

/// Completes `--sort` where any field will do.
pub fn sort_fields<T: Row>() -> ArgValueCandidates {
    ArgValueCandidates::new(|| {
        let both = T::FIELDS.iter().flat_map(|field| [field.name.to_owned(), format!("-{}", field.name)]);
        both.map(CompletionCandidate::new).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_shell_would_take_for_more_than_a_word_is_not_offered() {
        for plain in ["101", "web-1", "pve1/web-1", "näh", "019aaf00-0000-7000-8000-000000000001"] {
            assert!(Known::new(plain, "").is_plain(), "{plain}");
        }
        for other in ["", "$(reboot)", "a b", "a;b", "`a`", "-rf", "a\tb", "a\nb", "'a", "a*"] {
            assert!(!Known::new(other, "").is_plain(), "{other}");
        }
    }
}
