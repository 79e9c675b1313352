//! What every screen looks like, at three sizes and in every state.

use chrono::Duration;
use nexops_tui::failure::Failure;
use nexops_tui::model::Model;
use nexops_tui::msg::{Effect, Event};
use nexops_tui::snapshot::text;
use nexops_tui::symbols::{Marker, Symbols};

use crate::fixture::{empty, happen, keys, ready};

/// The sizes that screens are made for.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn check(name: &str, prepare: impl Fn(&mut Model)) {
    for (columns, rows) in SIZES {
        let mut model = ready(columns, rows);
        prepare(&mut model);
        insta::assert_snapshot!(format!("{name}-{columns}x{rows}"), text(&model));
    }
}

#[test]
fn the_dashboard() {
    check("dashboard", |_| {});
}

#[test]
fn the_infrastructure() {
    check("infrastructure", |model| {
        keys(model, "2 down space");
    });
}

#[test]
fn a_guest() {
    check("vm", |model| {
        keys(model, "2 /postgres enter enter");
    });
}

#[test]
fn a_node() {
    check("node", |model| {
        keys(model, "2 tab enter");
    });
}

#[test]
fn the_tasks() {
    check("tasks", |model| {
        keys(model, "2 t");
    });
}

#[test]
fn a_question_before_the_plug_is_pulled() {
    check("confirm", |model| {
        keys(model, "2 X opn");
    });
}

#[test]
fn the_palette() {
    check("palette", |model| {
        keys(model, "2 :vm post");
    });
}

#[test]
fn the_keys() {
    check("help", |model| {
        keys(model, "2 ?");
    });
}

#[test]
fn a_filter_that_is_typed() {
    check("filter", |model| {
        keys(model, "2 /cpu>40 k3");
    });
}

#[test]
fn before_anything_came() {
    for (columns, rows) in SIZES {
        insta::assert_snapshot!(format!("loading-{columns}x{rows}"), text(&empty(columns, rows)));
    }
}

#[test]
fn without_a_daemon() {
    for (columns, rows) in SIZES {
        let mut model = ready(columns, rows);
        keys(&mut model, "2");
        model.now += Duration::seconds(80);
        for effect in happen(&mut model, Event::Tick) {
            if let Effect::Ask(question, generation) = effect {
                let result = Err(Failure::unreachable("http://127.0.0.1:8000: Connection refused (os error 111)"));
                happen(&mut model, Event::Answered { question, generation, result });
            }
        }
        insta::assert_snapshot!(format!("unreachable-{columns}x{rows}"), text(&model));
    }
}

#[test]
fn in_ascii_alone() {
    let mut model = ready(80, 24);
    (model.symbols, model.marker) = (Symbols::Ascii, Marker::Ascii);
    keys(&mut model, "2 /postgres enter enter");
    let text = text(&model);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!("ascii", text);
}
