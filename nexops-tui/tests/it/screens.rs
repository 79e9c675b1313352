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
fn the_log_of_a_task() {
    check("task", |model| {
        keys(model, "2 t enter");
    });
}

#[test]
fn the_services() {
    check("services", |model| {
        keys(model, "3 down");
    });
}

#[test]
fn a_service() {
    check("service", |model| {
        keys(model, "3 down enter");
    });
}

#[test]
fn the_form_of_a_service() {
    check("service-form", |model| {
        keys(model, "3 e");
    });
}

#[test]
fn the_alerts() {
    check("alerts", |model| {
        keys(model, "4");
    });
}

#[test]
fn the_alerts_of_the_past() {
    check("alert-history", |model| {
        keys(model, "4 tab G");
    });
}

#[test]
fn the_rules() {
    check("rules", |model| {
        keys(model, "4 tab tab");
    });
}

#[test]
fn the_form_of_a_rule() {
    check("rule-form", |model| {
        keys(model, "4 tab tab n");
    });
}

#[test]
fn the_silences() {
    check("silences", |model| {
        keys(model, "4 tab tab tab");
    });
}

#[test]
fn the_audit_log() {
    check("audit", |model| {
        keys(model, "6 down down");
    });
}

#[test]
fn the_connections() {
    check("connections", |model| {
        keys(model, "5 down");
    });
}

#[test]
fn the_form_of_a_connection() {
    check("connection-form", |model| {
        keys(model, "5 e");
    });
}

#[test]
fn the_channels() {
    check("channels", |model| {
        keys(model, "5 tab");
    });
}

#[test]
fn the_appearance() {
    check("appearance", |model| {
        keys(model, "5 tab tab");
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

#[test]
fn no_screen_needs_more_than_ascii() {
    for way in ["1", "2 t", "2 t enter", "2 ?", "3", "3 enter", "3 e", "4", "4 s", "4 tab tab", "5 e", "5 tab tab", "6"]
    {
        let mut model = ready(120, 40);
        (model.symbols, model.marker) = (Symbols::Ascii, Marker::Ascii);
        keys(&mut model, way);
        let text = text(&model);
        let foreign: String = text.chars().filter(|character| !character.is_ascii()).collect();
        assert!(foreign.is_empty(), "{way}: {foreign}\n{text}");
    }
}
