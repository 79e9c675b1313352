//! What the model looks like. Pure: it reads the model, draws, and says where it drew what.

mod chrome;
mod help;
mod modal;
mod state;

use std::collections::HashMap;

use chrono::{DateTime, Duration, FixedOffset, Utc};
use nexops_core::id::{TaskId, VmId};
use nexops_core::metric::Range;
use nexops_core::vm::PowerAction;
use ratatui::Frame;
use ratatui::layout::Rect;
use uuid::Uuid;

pub use self::help::keys_page;
pub use self::modal::{buttons, centered};
pub use self::state::{Shown, sentence, show};
use crate::command::Followed;
use crate::keymap::Action;
use crate::model::{Model, Screen};
use crate::screens;
use crate::store::Store;
use crate::symbols::{Marker, Symbols};
use crate::theme::{Role, Theme};

/// The smallest terminal that shows more than a card which says that it is too small.
pub const SMALLEST: (u16, u16) = (80, 24);
/// From this width on there is a sidebar in the place of tabs, and more columns.
pub const WIDE: u16 = 110;
/// From this width on there is a side panel.
pub const WIDEST: u16 = 180;
/// From this age on data is old, where it is collected every half minute or more often.
const OLD: Duration = Duration::seconds(75);

/// The age from which on the data is old: when two collections and a half were missed.
#[must_use]
pub fn old_from(store: &Store) -> Duration {
    let seconds = store.system.seen().map_or(30, |seen| seen.value.collect_interval_seconds);
    Duration::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 4000).saturating_mul(5) / 2).max(OLD)
}

/// How things look: what every piece that is drawn may read.
#[derive(Debug, Clone, Copy)]
pub struct Look<'m> {
    /// The colours.
    pub theme: &'m Theme,
    /// The signs.
    pub symbols: Symbols,
    /// How charts are drawn.
    pub marker: Marker,
    /// The time.
    pub now: DateTime<Utc>,
    /// Where the user's clock stands.
    pub offset: FixedOffset,
    /// Where the charts are read: steps from the right.
    pub cursor: Option<u16>,
    /// The span of the charts.
    pub range: Range,
    /// Tasks of ours that have not ended.
    pub followed: &'m HashMap<TaskId, Followed>,
    /// What the daemon told, for names of things and small charts in tables.
    pub store: &'m Store,
}

impl Look<'_> {
    /// What is being done to a guest by us.
    #[must_use]
    pub fn under_way(&self, vm: VmId) -> Option<PowerAction> {
        self.followed.values().find(|followed| followed.vm == vm).map(|followed| followed.action)
    }
}

/// A table on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// Guests.
    Vms,
    /// Nodes.
    Nodes,
    /// Tasks.
    Tasks,
    /// The busiest guests, on the dashboard.
    Top,
    /// Services.
    Services,
    /// Active alerts.
    Alerts,
    /// Alerts of the past and the present.
    AlertHistory,
    /// Rules for alerts.
    Rules,
    /// Silences.
    Silences,
    /// The audit log.
    Audit,
    /// Connections to Proxmox.
    Connections,
    /// Notification channels.
    Channels,
}

/// What a click hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// What a key does.
    Act(Action),
    /// One of the screens that tabs and sidebar lead to.
    Tab(usize),
    /// A pane of the screen, counted from 0.
    Pane(usize),
    /// A line of the appearance.
    Line(usize),
    /// A column's heading.
    Heading(Pane, &'static str),
    /// A row.
    Row(Pane, Uuid),
    /// A dialog's button: the one that does it, or the one that does not.
    Button(bool),
}

/// Where things were drawn.
#[derive(Debug, Clone, Default)]
pub struct Drawn {
    /// What a click hits, the topmost last.
    pub hits: Vec<(Rect, Hit)>,
    /// The first row and the height of each table.
    pub tables: HashMap<Pane, (usize, usize)>,
    /// How far the topmost long text can be scrolled.
    pub furthest: u16,
}

/// Draws the whole screen, and says where what was drawn.
pub fn view(model: &Model, frame: &mut Frame<'_>) -> Drawn {
    let mut drawn = Drawn::default();
    let area = frame.area();
    let look = model.look();
    frame.buffer_mut().set_style(area, look.theme.ground(Role::Background));
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        chrome::too_small(frame, area, &look);
        return drawn;
    }
    let body = chrome::draw(model, frame, area, &look, &mut drawn);
    match model.screen {
        Screen::Dashboard => screens::dashboard::view(model, frame, body, &look, &mut drawn),
        Screen::Infrastructure => screens::infrastructure::view(model, frame, body, &look, &mut drawn),
        Screen::Node(id) => screens::node::view(model, id, frame, body, &look, &mut drawn),
        Screen::Vm(id) => screens::vm::view(model, id, frame, body, &look, &mut drawn),
        Screen::Services => screens::services::view(model, frame, body, &look, &mut drawn),
        Screen::Service(id) => screens::service::view(model, id, frame, body, &look, &mut drawn),
        Screen::Alerts => screens::alerts::view(model, frame, body, &look, &mut drawn),
        Screen::Settings => screens::settings::view(model, frame, body, &look, &mut drawn),
        Screen::Audit => screens::audit::view(model, frame, body, &look, &mut drawn),
        Screen::Task(id) => screens::task::view(model, id, frame, body, &look, &mut drawn),
    }
    if model.drawer {
        screens::tasks::drawer(model, frame, body, &look, &mut drawn);
    }
    chrome::toasts(model, frame, body, &look);
    for modal in &model.modals {
        modal::draw(model, modal, frame, area, &look, &mut drawn);
    }
    drawn
}
