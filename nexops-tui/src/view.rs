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
use crate::keymap::Action;
use crate::model::{Model, Screen};
use crate::msg::Followed;
use crate::screens;
use crate::symbols::{Marker, Symbols};
use crate::theme::{Role, Theme};

/// The smallest terminal that shows more than a card which says that it is too small.
pub const SMALLEST: (u16, u16) = (80, 24);
/// From this width on there is a sidebar in the place of tabs, and more columns.
pub const WIDE: u16 = 110;
/// From this width on there is a side panel.
pub const WIDEST: u16 = 180;
/// From this age on the age of the data is shown.
pub const OLD: Duration = Duration::seconds(75);

/// Whether data of this time is old.
#[must_use]
pub fn is_old(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - at >= OLD
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
}

/// What a click hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// What a key does.
    Act(Action),
    /// One of the screens that tabs and sidebar lead to.
    Tab(usize),
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
