//! Footer and help: they offer what does something, and can be read to their end and no further.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use nexops_tui::model::Model;
use nexops_tui::model::modal::Modal;
use nexops_tui::msg::Event;
use nexops_tui::snapshot::{render, text};
use nexops_tui::view::Hit;

use crate::fixture::{happen, keys, ready};

fn at(model: &Model) -> u16 {
    match model.modals.last() {
        Some(Modal::Help(at)) => *at,
        other => panic!("{other:?}"),
    }
}

fn wheel(model: &mut Model, kind: MouseEventKind) {
    let mouse = MouseEvent { kind, column: 1, row: 1, modifiers: KeyModifiers::NONE };
    happen(model, Event::Mouse(mouse));
}

#[test]
fn the_help_ends_where_it_ends() {
    let mut model = ready(80, 24);
    keys(&mut model, "2 ? G");
    let end = at(&model);
    assert!(end > 0 && text(&model).contains("docs/keys.md"), "{}", text(&model));
    keys(&mut model, "j j j");
    assert_eq!(at(&model), end);
    keys(&mut model, "k");
    assert_eq!(at(&model), end - 1, "one step back is one step");
}

#[test]
fn the_wheel_moves_the_help() {
    let mut model = ready(80, 24);
    keys(&mut model, "2 ?");
    wheel(&mut model, MouseEventKind::ScrollDown);
    assert_eq!(at(&model), 3);
    wheel(&mut model, MouseEventKind::ScrollUp);
    assert_eq!(at(&model), 0);
}

#[test]
fn a_click_on_a_tab_shows_it() {
    let mut model = ready(120, 40);
    keys(&mut model, "4");
    let drawn = render(&model).1;
    let (area, _) = drawn.hits.iter().find(|(_, hit)| *hit == Hit::Pane(2)).copied().unwrap();
    let kind = MouseEventKind::Down(MouseButton::Left);
    let mouse = MouseEvent { kind, column: area.x, row: area.y, modifiers: KeyModifiers::NONE };
    happen(&mut model, Event::Mouse(mouse));
    assert_eq!(model.pane, 2);
}

#[test]
fn a_screen_without_a_table_offers_nothing_that_tables_do() {
    let mut model = ready(200, 60);
    keys(&mut model, "2 enter");
    let footer = |model: &Model| text(model).lines().last().unwrap().to_owned();
    for words in ["filter", "sort", "columns", "open"] {
        assert!(!footer(&model).contains(words), "{words}: {}", footer(&model));
    }
    assert!(footer(&model).contains("restart") && footer(&model).contains("zoom"), "{}", footer(&model));
    keys(&mut model, "?");
    assert!(!text(&model).contains("sort by the next column"));
    keys(&mut model, "esc esc");
    assert!(footer(&model).contains("filter") && footer(&model).contains("sort"), "{}", footer(&model));
}

#[test]
fn without_leave_to_change_anything_nothing_is_offered_that_would() {
    let mut model = ready(200, 60);
    model.read_only = true;
    for (way, words) in [("2", "restart"), ("3", "new"), ("4", "silence"), ("5", "test")] {
        keys(&mut model, way);
        let footer = text(&model).lines().last().unwrap().to_owned();
        assert!(!footer.contains(words), "{footer}");
    }
}

#[test]
fn the_log_of_a_task_is_read_to_its_end() {
    let mut model = ready(80, 24);
    keys(&mut model, "2 t enter G");
    assert!(text(&model).contains("attempt 60"), "{}", text(&model));
    keys(&mut model, "g");
    assert!(!text(&model).contains("attempt 60"));
}
