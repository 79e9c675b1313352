//! Everything that the screen is made from.

pub mod link;
pub mod modal;
pub mod toast;

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Utc};
use nexops_core::id::{NodeId, TaskId, VmId};
use nexops_core::metric::Range;
use uuid::Uuid;

use self::link::Link;
use self::modal::Modal;
use self::toast::Toasts;
use crate::keymap::Keymap;
use crate::msg::Followed;
use crate::preferences::Preferences;
use crate::store::Store;
use crate::symbols::{Marker, Symbols};
use crate::table::Table;
use crate::theme::Theme;
use crate::view::{Drawn, Look, Pane};

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Screen {
    /// The dashboard.
    Dashboard,
    /// Nodes and guests.
    Infrastructure,
    /// One node.
    Node(NodeId),
    /// One guest.
    Vm(VmId),
}

/// One of the screens that tabs and sidebar lead to.
#[derive(Debug)]
pub struct Tab {
    /// Its name.
    pub name: &'static str,
    /// Its name where there is little room.
    pub short: &'static str,
    /// The screen.
    pub screen: Screen,
}

/// The screens that tabs and sidebar lead to, in the order of their keys.
pub const TABS: [Tab; 2] = [
    Tab { name: "Dashboard", short: "Dash", screen: Screen::Dashboard },
    Tab { name: "Infrastructure", short: "Infra", screen: Screen::Infrastructure },
];

impl Screen {
    /// Which of the tabs it belongs to, counted from 0.
    #[must_use]
    pub const fn tab(self) -> usize {
        match self {
            Self::Dashboard => 0,
            Self::Infrastructure | Self::Node(_) | Self::Vm(_) => 1,
        }
    }
}

/// The states of the tables.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    /// Guests.
    pub vms: Table,
    /// Nodes, on the dashboard and above the guests: only their selection counts.
    pub nodes: Table,
    /// Tasks.
    pub tasks: Table,
    /// The busiest guests.
    pub top: Table,
}

/// Everything that the screen is made from.
#[derive(Debug)]
pub struct Model {
    /// The time of the last message.
    pub now: DateTime<Utc>,
    /// Where the user's clock stands.
    pub offset: FixedOffset,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// What is looked at.
    pub screen: Screen,
    /// Where one came from, and where one went back from.
    pub trail: Trail,
    /// What lies over the screen, the topmost last.
    pub modals: Vec<Modal>,
    /// What the daemon told.
    pub store: Store,
    /// Whether the daemon is there.
    pub link: Link,
    /// The states of the tables.
    pub tables: Tables,
    /// Which pane of the screen has the keys, counted from 0.
    pub pane: usize,
    /// The span of the charts.
    pub range: Range,
    /// Where the charts are read: steps from the right.
    pub cursor: Option<u16>,
    /// The one chart that is shown alone.
    pub zoom: Option<usize>,
    /// How far long texts were scrolled.
    pub scroll: u16,
    /// Whether the drawer with the tasks is open.
    pub drawer: bool,
    /// Whether the picture is held still.
    pub paused: bool,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// Tasks of ours that have not ended, by guest.
    pub followed: HashMap<TaskId, Followed>,
    /// Messages that come and go.
    pub toasts: Toasts,
    /// What is remembered.
    pub preferences: Preferences,
    /// What was last written down, so that nothing is written twice.
    pub saved: Preferences,
    /// The keys.
    pub keymap: Keymap,
    /// The colours.
    pub theme: Theme,
    /// The signs.
    pub symbols: Symbols,
    /// How charts are drawn.
    pub marker: Marker,
    /// The daemon's address.
    pub url: String,
    /// Where things were drawn last.
    pub drawn: Drawn,
}

/// Where one was.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    back: Vec<Screen>,
    forward: Vec<Screen>,
}

/// How many steps back are remembered.
const LONGEST_TRAIL: usize = 50;

impl Trail {
    /// Notes that one leaves a screen for a new one.
    pub fn leave(&mut self, screen: Screen) {
        self.forward.clear();
        self.back.push(screen);
        if self.back.len() > LONGEST_TRAIL {
            self.back.remove(0);
        }
    }

    /// The screen before.
    pub fn back(&mut self, from: Screen) -> Option<Screen> {
        let screen = self.back.pop()?;
        self.forward.push(from);
        Some(screen)
    }

    /// The screen that one went back from.
    pub fn forward(&mut self, from: Screen) -> Option<Screen> {
        let screen = self.forward.pop()?;
        self.back.push(from);
        Some(screen)
    }
}

impl Model {
    /// How things look.
    #[must_use]
    pub fn look(&self) -> Look<'_> {
        Look {
            theme: &self.theme,
            symbols: self.symbols,
            marker: self.marker,
            now: self.now,
            offset: self.offset,
            cursor: self.cursor,
            range: self.range,
            followed: &self.followed,
        }
    }

    /// The source whose charts are on the screen.
    #[must_use]
    pub fn charted(&self) -> Option<Uuid> {
        match self.screen {
            Screen::Vm(id) => Some(id.0),
            Screen::Node(id) => Some(id.0),
            Screen::Dashboard | Screen::Infrastructure => None,
        }
    }
}

impl Tables {
    /// The state of a table.
    #[must_use]
    pub fn of(&self, pane: Pane) -> &Table {
        match pane {
            Pane::Vms => &self.vms,
            Pane::Nodes => &self.nodes,
            Pane::Tasks => &self.tasks,
            Pane::Top => &self.top,
        }
    }

    /// The state of a table, to change it.
    pub fn of_mut(&mut self, pane: Pane) -> &mut Table {
        match pane {
            Pane::Vms => &mut self.vms,
            Pane::Nodes => &mut self.nodes,
            Pane::Tasks => &mut self.tasks,
            Pane::Top => &mut self.top,
        }
    }

    /// Every table that is remembered, with its name in the state file.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &Table); 3] {
        [("vms", &self.vms), ("nodes", &self.nodes), ("tasks", &self.tasks)]
    }

    /// Takes over how the tables were left.
    pub fn restore(&mut self, kept: &std::collections::BTreeMap<String, crate::table::Kept>) {
        let tables = [("vms", &mut self.vms), ("nodes", &mut self.nodes), ("tasks", &mut self.tasks)];
        for (name, table) in tables {
            table.kept = kept.get(name).cloned().unwrap_or_default();
        }
    }
}
