//! The command palette: screens, guests with what can be done to them, and commands, found by a few letters.

mod verbs;

use nexops_core::id::{NodeId, ServiceId, VmId};
use nexops_core::vm::{PowerAction, Vm, VmStatus};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use tui_input::Input;
use uuid::Uuid;

use crate::keymap::{Action, BINDINGS, Keymap, Scope};
use crate::model::{Model, Place};
use crate::power;
use crate::store::rows;
use crate::symbols::Symbols;
use crate::view::Pane;

/// What can be done to guests: what harms least is offered first.
const GENTLEST_FIRST: [PowerAction; 7] = [
    PowerAction::Start,
    PowerAction::Resume,
    PowerAction::Shutdown,
    PowerAction::Restart,
    PowerAction::Suspend,
    PowerAction::Stop,
    PowerAction::Reset,
];

/// How many entries are shown at the most.
pub const SHOWN: usize = 12;

/// The palette while it is open.
#[derive(Debug)]
pub struct Palette {
    /// What was typed.
    pub input: Input,
    /// What fits, the best first.
    pub found: Vec<usize>,
    /// Which of them is selected.
    pub position: usize,
    /// Everything there is.
    pub entries: Vec<Entry>,
}

/// Something that the palette offers.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is, in the words by which it is found.
    pub words: String,
    /// What it is about, beside it.
    pub detail: String,
    /// The key that does the same.
    pub key: String,
    /// What it does.
    pub target: Target,
}

/// What an entry does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// What a key does.
    Act(Action),
    /// Shows a guest.
    Vm(VmId),
    /// Shows a node.
    Node(NodeId),
    /// Shows a service.
    Service(ServiceId),
    /// Acts on a guest.
    Power(VmId, PowerAction),
    /// Goes to a place, selects a row there, and does what a key does to it.
    On(Place, Option<(Pane, Uuid)>, Action),
    /// Speaks to the daemon of the context at this place of the list.
    Context(usize),
}

impl Palette {
    /// Everything that can be found now.
    #[must_use]
    pub fn open(model: &Model) -> Self {
        let mut palette = Self { input: Input::default(), found: Vec::new(), position: 0, entries: entries(model) };
        palette.search();
        palette
    }

    /// Takes over what has become known since it was opened; what was typed stays.
    pub fn renew(&mut self, model: &Model) {
        let entries = entries(model);
        if entries != self.entries {
            self.entries = entries;
            self.search();
        }
    }

    /// Works out what fits to what was typed.
    pub fn search(&mut self) {
        self.position = 0;
        let typed = self.input.value().trim();
        if typed.is_empty() {
            self.found = (0..self.entries.len()).collect();
            return;
        }
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = self
            .entries
            .iter()
            .enumerate()
            .filter_map(|(index, entry)| {
                Some((pattern.score(Utf32Str::new(&entry.words, &mut buffer), &mut matcher)?, index))
            })
            .collect();
        scored.sort_by_key(|(score, index)| (std::cmp::Reverse(*score), *index));
        self.found = scored.into_iter().map(|(_, index)| index).collect();
    }

    /// Moves the selection.
    pub fn step(&mut self, forward: bool) {
        let last = self.found.len().saturating_sub(1);
        self.position = if forward { (self.position + 1).min(last) } else { self.position.saturating_sub(1) };
    }

    /// What is selected.
    #[must_use]
    pub fn selected(&self) -> Option<&Entry> {
        self.found.get(self.position).map(|index| &self.entries[*index])
    }
}

fn entries(model: &Model) -> Vec<Entry> {
    let mut entries: Vec<Entry> = commands(&model.keymap, model.symbols).collect();
    let nodes = model.store.nodes.seen().map(|seen| seen.value.as_slice()).unwrap_or_default();
    entries.extend(nodes.iter().map(|node| Entry {
        words: format!("node {}", node.hostname),
        detail: node.status.to_string(),
        key: String::new(),
        target: Target::Node(node.id),
    }));
    entries.extend(rows(&model.store.services).iter().map(|service| Entry {
        words: format!("service {}", service.name),
        detail: service.status.to_string(),
        key: String::new(),
        target: Target::Service(service.id),
    }));
    if !model.read_only {
        entries.extend(verbs::all(model));
    }
    entries.extend(model.contexts.iter().enumerate().map(|(place, context)| Entry {
        words: format!("context use {}", context.name),
        detail: context.url.clone(),
        key: String::new(),
        target: Target::Context(place),
    }));
    for vm in model.store.vms.seen().map(|seen| seen.value.as_slice()).unwrap_or_default() {
        entries.push(Entry {
            words: format!("{} {}", vm.vmid, vm.name),
            detail: format!("{} on {}", vm.status, vm.node),
            key: String::new(),
            target: Target::Vm(vm.id),
        });
        if !model.read_only {
            entries.extend(actions(vm, &model.keymap, model.symbols));
        }
    }
    entries
}

/// What keys do everywhere, but for moving.
fn commands(keymap: &Keymap, symbols: Symbols) -> impl Iterator<Item = Entry> + '_ {
    BINDINGS
        .iter()
        .filter(|binding| binding.scope == Scope::Global && !matches!(binding.action, Action::Palette | Action::Back))
        .map(move |binding| Entry {
            words: binding.action.name().replace('_', " "),
            detail: binding.help.to_owned(),
            key: keymap.key_of(&[Scope::Global], binding.action, symbols),
            target: Target::Act(binding.action),
        })
}

/// What can be done to a guest as it is now, in the words of the command line.
fn actions<'m>(vm: &'m Vm, keymap: &'m Keymap, symbols: Symbols) -> impl Iterator<Item = Entry> + 'm {
    GENTLEST_FIRST.iter().filter(move |action| makes_sense(vm, **action)).map(move |action| Entry {
        words: format!("vm {action} {} {}", vm.vmid, vm.name),
        detail: format!("{} on {}", vm.status, vm.node),
        key: keymap.key_of(&[Scope::Guest], power::key_action(*action), symbols),
        target: Target::Power(vm.id, *action),
    })
}

/// Whether an action makes sense in the state that a guest is in.
fn makes_sense(vm: &Vm, action: PowerAction) -> bool {
    let off = matches!(vm.status, VmStatus::Stopped);
    let frozen = matches!(vm.status, VmStatus::Paused);
    match action {
        _ if vm.template => false,
        PowerAction::Start => off,
        PowerAction::Resume => frozen,
        PowerAction::Suspend => !off && !frozen,
        PowerAction::Stop | PowerAction::Restart | PowerAction::Shutdown | PowerAction::Reset => !off,
    }
}
