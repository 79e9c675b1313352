//! Everything that the daemon told, by the question that it answers.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use nexops_core::id::{NodeId, TaskId, VmId};
use nexops_core::metric::{Range, SourceSeries};
use nexops_core::node::Node;
use nexops_core::overview::Overview;
use nexops_core::system::System;
use nexops_core::task::{Task, TaskLog};
use nexops_core::vm::Vm;
use uuid::Uuid;

use crate::failure::Failure;
use crate::remote::Remote;

/// How many histories, guests and logs are kept; the least lately asked for goes first.
const KEPT: usize = 64;

/// A question to the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Question {
    /// How the daemon is.
    System,
    /// Everything in numbers.
    Overview,
    /// The nodes.
    Nodes,
    /// The guests.
    Vms,
    /// The latest tasks.
    Tasks,
    /// A guest with its configuration.
    Vm(VmId),
    /// A history.
    Series(Uuid, Range),
    /// What a task's worker wrote.
    TaskLog(TaskId),
}

/// An answer to a question.
#[derive(Debug, Clone)]
pub enum Answer {
    /// How the daemon is.
    System(Box<System>),
    /// Everything in numbers.
    Overview(Box<Overview>),
    /// The nodes.
    Nodes(Vec<Node>),
    /// The guests.
    Vms(Vec<Vm>),
    /// The latest tasks.
    Tasks(Vec<Task>),
    /// A guest with its configuration.
    Vm(Box<Vm>),
    /// A history.
    Series(Box<SourceSeries>),
    /// What a task's worker wrote.
    TaskLog(TaskLog),
}

/// Everything that the daemon told.
#[derive(Debug, Default)]
pub struct Store {
    /// How the daemon is.
    pub system: Remote<Box<System>>,
    /// Everything in numbers.
    pub overview: Remote<Box<Overview>>,
    /// The nodes.
    pub nodes: Remote<Vec<Node>>,
    /// The guests, without their configurations.
    pub vms: Remote<Vec<Vm>>,
    /// The latest tasks.
    pub tasks: Remote<Vec<Task>>,
    details: Keyed<VmId, Box<Vm>>,
    series: Keyed<(Uuid, Range), Box<SourceSeries>>,
    logs: Keyed<TaskId, TaskLog>,
}

/// Answers to the same question about different things.
#[derive(Debug)]
struct Keyed<K, T> {
    remotes: HashMap<K, Remote<T>>,
    lately: Vec<K>,
}

impl<K, T> Default for Keyed<K, T> {
    fn default() -> Self {
        Self { remotes: HashMap::new(), lately: Vec::new() }
    }
}

impl<K: Copy + Eq + std::hash::Hash, T> Keyed<K, T> {
    fn get(&self, key: K) -> Option<&Remote<T>> {
        self.remotes.get(&key)
    }

    fn get_mut(&mut self, key: K) -> &mut Remote<T> {
        self.lately.retain(|other| *other != key);
        self.lately.push(key);
        if self.lately.len() > KEPT {
            let oldest = self.lately.remove(0);
            self.remotes.remove(&oldest);
        }
        self.remotes.entry(key).or_default()
    }
}

impl Store {
    /// A guest with its configuration.
    #[must_use]
    pub fn vm(&self, id: VmId) -> Option<&Remote<Box<Vm>>> {
        self.details.get(id)
    }

    /// A history.
    #[must_use]
    pub fn history(&self, source: Uuid, range: Range) -> Option<&Remote<Box<SourceSeries>>> {
        self.series.get((source, range))
    }

    /// What a task's worker wrote.
    #[must_use]
    pub fn log(&self, task: TaskId) -> Option<&Remote<TaskLog>> {
        self.logs.get(task)
    }

    /// A guest, out of the list.
    #[must_use]
    pub fn guest(&self, id: VmId) -> Option<&Vm> {
        self.vms.seen()?.value.iter().find(|vm| vm.id == id)
    }

    /// A node, out of the list.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.seen()?.value.iter().find(|node| node.id == id)
    }

    /// Notes that a question is being asked, and gives the generation that the answer will carry.
    pub fn ask(&mut self, question: Question) -> u64 {
        match question {
            Question::System => self.system.ask(),
            Question::Overview => self.overview.ask(),
            Question::Nodes => self.nodes.ask(),
            Question::Vms => self.vms.ask(),
            Question::Tasks => self.tasks.ask(),
            Question::Vm(id) => self.details.get_mut(id).ask(),
            Question::Series(source, range) => self.series.get_mut((source, range)).ask(),
            Question::TaskLog(id) => self.logs.get_mut(id).ask(),
        }
    }

    /// When a question is due to be asked again; `None` while its answer is awaited.
    #[must_use]
    pub fn due(&self, question: Question, every: Duration) -> Option<DateTime<Utc>> {
        const NOW: Option<DateTime<Utc>> = Some(DateTime::UNIX_EPOCH);
        match question {
            Question::System => self.system.due(every),
            Question::Overview => self.overview.due(every),
            Question::Nodes => self.nodes.due(every),
            Question::Vms => self.vms.due(every),
            Question::Tasks => self.tasks.due(every),
            Question::Vm(id) => self.details.get(id).map_or(NOW, |remote| remote.due(every)),
            Question::Series(source, range) => self.series.get((source, range)).map_or(NOW, |remote| remote.due(every)),
            Question::TaskLog(id) => self.logs.get(id).map_or(NOW, |remote| remote.due(every)),
        }
    }

    /// Makes a question due now.
    pub fn invalidate(&mut self, question: Question) {
        match question {
            Question::System => self.system.invalidate(),
            Question::Overview => self.overview.invalidate(),
            Question::Nodes => self.nodes.invalidate(),
            Question::Vms => self.vms.invalidate(),
            Question::Tasks => self.tasks.invalidate(),
            Question::Vm(id) => self.details.get_mut(id).invalidate(),
            Question::Series(source, range) => self.series.get_mut((source, range)).invalidate(),
            Question::TaskLog(id) => self.logs.get_mut(id).invalidate(),
        }
    }

    /// Takes an answer, unless a newer question is under way; says whether it was taken.
    pub fn answer(
        &mut self,
        question: Question,
        generation: u64,
        result: Result<Answer, Failure>,
        now: DateTime<Utc>,
    ) -> bool {
        macro_rules! take {
            ($remote:expr, $variant:ident) => {
                match result {
                    Ok(Answer::$variant(value)) => $remote.answer(generation, Ok(value), now),
                    Ok(_) => false,
                    Err(failure) => $remote.answer(generation, Err(failure), now),
                }
            };
        }
        match question {
            Question::System => take!(self.system, System),
            Question::Overview => take!(self.overview, Overview),
            Question::Nodes => take!(self.nodes, Nodes),
            Question::Vms => take!(self.vms, Vms),
            Question::Tasks => take!(self.tasks, Tasks),
            Question::Vm(id) => take!(self.details.get_mut(id), Vm),
            Question::Series(source, range) => take!(self.series.get_mut((source, range)), Series),
            Question::TaskLog(id) => take!(self.logs.get_mut(id), TaskLog),
        }
    }
}
