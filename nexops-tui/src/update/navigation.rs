//! From screen to screen.

use crate::model::{Model, Screen};

/// Goes to a screen.
pub fn go(model: &mut Model, screen: Screen) {
    if model.screen != screen {
        model.trail.leave(model.screen);
        enter(model, screen);
    }
}

/// Goes where one came from, or to the dashboard; says whether that was another screen.
pub fn back(model: &mut Model) -> bool {
    let before = model.trail.back(model.screen).or_else(|| parent(model.screen));
    before.is_some_and(|screen| {
        enter(model, screen);
        true
    })
}

/// Goes where one went back from.
pub fn forward(model: &mut Model) {
    if let Some(screen) = model.trail.forward(model.screen) {
        enter(model, screen);
    }
}

fn enter(model: &mut Model, screen: Screen) {
    model.screen = screen;
    model.pane = 0;
    model.cursor = None;
    model.zoom = None;
    model.scroll = 0;
}

/// The screen above, for those that were opened first.
const fn parent(screen: Screen) -> Option<Screen> {
    match screen {
        Screen::Dashboard => None,
        Screen::Infrastructure => Some(Screen::Dashboard),
        Screen::Node(_) | Screen::Vm(_) => Some(Screen::Infrastructure),
    }
}
