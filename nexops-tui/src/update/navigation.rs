//! From screen to screen.

use crate::model::{Model, Place, Screen};

/// Goes to a screen.
pub fn go(model: &mut Model, screen: Screen) {
    if model.screen != screen {
        model.trail.leave((model.screen, model.pane));
        enter(model, (screen, 0));
    }
}

/// Goes to a pane of a screen.
pub fn go_to(model: &mut Model, (screen, pane): Place) {
    go(model, screen);
    model.drawer = false;
    show_pane(model, pane);
}

/// Goes where one came from, or to the dashboard; says whether that was another screen.
pub fn back(model: &mut Model) -> bool {
    let here = (model.screen, model.pane);
    let before = model.trail.back(here).or_else(|| Some((parent(model.screen)?, 0)));
    before.is_some_and(|place| {
        enter(model, place);
        true
    })
}

/// Goes where one went back from.
pub fn forward(model: &mut Model) {
    if let Some(place) = model.trail.forward((model.screen, model.pane)) {
        enter(model, place);
    }
}

/// Gives the keys to a pane of the screen, counted from 0 and round.
pub fn show_pane(model: &mut Model, pane: usize) {
    model.pane = pane % model.screen.panes();
    model.scroll = 0;
}

fn enter(model: &mut Model, (screen, pane): Place) {
    model.screen = screen;
    model.pane = pane;
    model.drawer = false;
    model.cursor = None;
    model.zoom = None;
    model.scroll = 0;
}

/// The screen above, for those that were opened first.
const fn parent(screen: Screen) -> Option<Screen> {
    match screen {
        Screen::Dashboard => None,
        Screen::Infrastructure | Screen::Services | Screen::Alerts | Screen::Settings | Screen::Audit => {
            Some(Screen::Dashboard)
        }
        Screen::Node(_) | Screen::Vm(_) | Screen::Task(_) => Some(Screen::Infrastructure),
        Screen::Service(_) => Some(Screen::Services),
    }
}
