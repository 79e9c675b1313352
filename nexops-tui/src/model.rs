//! Everything that the screen is made from.

pub mod link;
pub mod modal;
pub mod toast;

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, Utc};
use nexops_core::alert::Alert;
use nexops_core::id::{NodeId, ServiceId, TaskId, VmId};
use nexops_core::metric::Range;
use uuid::Uuid;

use self::link::Link;
use self::modal::Modal;
use self::toast::Toasts;
use crate::command::Followed;
use crate::keymap::Keymap;
use crate::preferences::Preferences;
use crate::store::{Store, rows};
use crate::symbols::{Marker, Symbols};
use crate::table::Table;
use crate::theme::{Depth, Palette, Theme};
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
    /// The services.
    Services,
    /// One service.
    Service(ServiceId),
    /// Alerts, rules and silences.
    Alerts,
    /// What can be set up.
    Settings,
    /// The audit log.
    Audit,
    /// One task and what its worker wrote.
    Task(TaskId),
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
pub const TABS: [Tab; 6] = [
    Tab { name: "Dashboard", short: "Dash", screen: Screen::Dashboard },
    Tab { name: "Infrastructure", short: "Infra", screen: Screen::Infrastructure },
    Tab { name: "Services", short: "Svc", screen: Screen::Services },
    Tab { name: "Alerts", short: "Alerts", screen: Screen::Alerts },
    Tab { name: "Settings", short: "Set", screen: Screen::Settings },
    Tab { name: "Audit log", short: "Audit", screen: Screen::Audit },
];

impl Screen {
    /// Which of the tabs it belongs to, counted from 0.
    #[must_use]
    pub const fn tab(self) -> usize {
        match self {
            Self::Dashboard => 0,
            Self::Infrastructure | Self::Node(_) | Self::Vm(_) | Self::Task(_) => 1,
            Self::Services | Self::Service(_) => 2,
            Self::Alerts => 3,
            Self::Settings => 4,
            Self::Audit => 5,
        }
    }

    /// How many panes it has, of which one has the keys.
    #[must_use]
    pub const fn panes(self) -> usize {
        match self {
            Self::Infrastructure => 2,
            Self::Alerts => 4,
            Self::Settings => 3,
            Self::Dashboard
            | Self::Node(_)
            | Self::Vm(_)
            | Self::Services
            | Self::Service(_)
            | Self::Audit
            | Self::Task(_) => 1,
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
    /// Services.
    pub services: Table,
    /// Active alerts.
    pub alerts: Table,
    /// Alerts of the past and the present.
    pub alert_history: Table,
    /// Rules for alerts.
    pub rules: Table,
    /// Silences.
    pub silences: Table,
    /// The audit log.
    pub audit: Table,
    /// Connections to Proxmox.
    pub connections: Table,
    /// Notification channels.
    pub channels: Table,
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
    /// Which line of the appearance is selected.
    pub line: usize,
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
    /// The name of the palette that they come from.
    pub palette: String,
    /// The palettes to choose from.
    pub palettes: Vec<Palette>,
    /// How many colours the terminal shows.
    pub depth: Depth,
    /// The signs.
    pub symbols: Symbols,
    /// How charts are drawn.
    pub marker: Marker,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// The daemons that can be spoken to in its place.
    pub contexts: Vec<Context>,
    /// The daemon's address.
    pub url: String,
    /// As whom the daemon is spoken to; `None` when nobody said.
    pub actor: Option<String>,
    /// How many forms were sent: each carries its number.
    pub sent: u64,
    /// Where things were drawn last.
    pub drawn: Drawn,
}

/// A daemon that is known by a name, without its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// Who asks there; `None` where nobody said.
    pub actor: Option<String>,
}

/// Where one was.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    back: Vec<Place>,
    forward: Vec<Place>,
}

/// A screen, and the pane of it that has the keys.
pub type Place = (Screen, usize);

/// How many steps back are remembered.
const LONGEST_TRAIL: usize = 50;

impl Trail {
    /// Notes that one leaves a screen for a new one.
    pub fn leave(&mut self, place: Place) {
        self.forward.clear();
        self.back.push(place);
        if self.back.len() > LONGEST_TRAIL {
            self.back.remove(0);
        }
    }

    /// The screen before.
    pub fn back(&mut self, from: Place) -> Option<Place> {
        let place = self.back.pop()?;
        self.forward.push(from);
        Some(place)
    }

    /// The screen that one went back from.
    pub fn forward(&mut self, from: Place) -> Option<Place> {
        let place = self.forward.pop()?;
        self.back.push(from);
        Some(place)
    }

    /// Whether one went back from anywhere.
    #[must_use]
    pub fn leads_forward(&self) -> bool {
        !self.forward.is_empty()
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
            store: &self.store,
        }
    }

    /// The source whose charts are on the screen.
    #[must_use]
    pub fn charted(&self) -> Option<Uuid> {
        match self.screen {
            Screen::Vm(id) => Some(id.0),
            Screen::Node(id) => Some(id.0),
            Screen::Service(id) => Some(id.0),
            Screen::Services => self.tables.services.selected(),
            Screen::Infrastructure if self.size.0 >= crate::view::WIDEST => self.tables.vms.selected(),
            Screen::Alerts => self.selected_alert().filter(|alert| alert.metric_name.is_some()).map(|it| it.source_id),
            Screen::Dashboard | Screen::Infrastructure | Screen::Settings | Screen::Audit | Screen::Task(_) => None,
        }
    }

    /// The alert that is selected, on the tab of those that are active or that of all.
    #[must_use]
    pub fn selected_alert(&self) -> Option<&Alert> {
        match (self.screen, self.pane) {
            (Screen::Alerts, 0) => self.tables.alerts.selected_row(rows(&self.store.alerts)),
            (Screen::Alerts, 1) => self.tables.alert_history.selected_row(rows(&self.store.alert_history)),
            _elsewhere => None,
        }
    }

    /// Shows things in this palette from now on.
    pub fn paint(&mut self, palette: &Palette) {
        self.theme = Theme::new(palette, self.depth);
        palette.name().clone_into(&mut self.palette);
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
            Pane::Services => &self.services,
            Pane::Alerts => &self.alerts,
            Pane::AlertHistory => &self.alert_history,
            Pane::Rules => &self.rules,
            Pane::Silences => &self.silences,
            Pane::Audit => &self.audit,
            Pane::Connections => &self.connections,
            Pane::Channels => &self.channels,
        }
    }

    /// The state of a table, to change it.
    pub fn of_mut(&mut self, pane: Pane) -> &mut Table {
        match pane {
            Pane::Vms => &mut self.vms,
            Pane::Nodes => &mut self.nodes,
            Pane::Tasks => &mut self.tasks,
            Pane::Top => &mut self.top,
            Pane::Services => &mut self.services,
            Pane::Alerts => &mut self.alerts,
            Pane::AlertHistory => &mut self.alert_history,
            Pane::Rules => &mut self.rules,
            Pane::Silences => &mut self.silences,
            Pane::Audit => &mut self.audit,
            Pane::Connections => &mut self.connections,
            Pane::Channels => &mut self.channels,
        }
    }

    /// Takes over how the tables were left.
    pub fn restore(&mut self, kept: &std::collections::BTreeMap<String, crate::table::Kept>) {
        for (name, pane) in REMEMBERED {
            self.of_mut(pane).kept = kept.get(name).cloned().unwrap_or_default();
        }
    }
}

/// The tables that are remembered, by their names in the state file.
pub const REMEMBERED: [(&str, Pane); 11] = [
    ("vms", Pane::Vms),
    ("nodes", Pane::Nodes),
    ("tasks", Pane::Tasks),
    ("services", Pane::Services),
    ("alerts", Pane::Alerts),
    ("alert_history", Pane::AlertHistory),
    ("rules", Pane::Rules),
    ("silences", Pane::Silences),
    ("audit", Pane::Audit),
    ("connections", Pane::Connections),
    ("channels", Pane::Channels),
];
