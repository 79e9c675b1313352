//! How things look, as chosen in the settings: it holds at once and is remembered.

use crate::keymap::Action;
use crate::model::Model;
use crate::model::toast::Tone;
use crate::msg::Effect;
use crate::symbols::{Marker, Symbols};

/// What can be chosen of the appearance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The theme.
    Theme,
    /// The signs.
    Symbols,
    /// How charts are drawn.
    Marker,
    /// Whether the mouse is taken.
    Mouse,
    /// Whether the sidebar is shown.
    Sidebar,
}

impl Setting {
    /// Every setting, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Theme, Self::Symbols, Self::Marker, Self::Mouse, Self::Sidebar];
}

/// Moves in the list of settings.
pub fn step(model: &mut Model, action: Action) {
    let last = Setting::ALL.len() - 1;
    model.line = match action {
        Action::Up => model.line.saturating_sub(1),
        Action::Down => (model.line + 1).min(last),
        Action::PageUp | Action::First => 0,
        Action::PageDown | Action::Last => last,
        _other => model.line,
    };
}

/// Goes to the next choice of the setting that is selected, or the one before.
pub fn change(model: &mut Model, forward: bool) -> Vec<Effect> {
    match Setting::ALL.get(model.line) {
        Some(Setting::Theme) => {
            let names: Vec<String> = model.palettes.iter().map(|palette| palette.name().to_owned()).collect();
            let at = names.iter().position(|name| *name == model.palette).unwrap_or(0);
            let next = turn(at, names.len(), forward);
            if let Some(palette) = model.palettes.get(next).cloned() {
                model.paint(&palette);
                model.preferences.theme = Some(palette.name().to_owned());
            }
        }
        Some(Setting::Symbols) => {
            model.symbols = match model.symbols {
                Symbols::Unicode => Symbols::Ascii,
                Symbols::Ascii => Symbols::Unicode,
            };
            model.preferences.symbols = Some(model.symbols);
        }
        Some(Setting::Marker) => {
            let at = Marker::ALL.iter().position(|marker| *marker == model.marker).unwrap_or(0);
            model.marker = Marker::ALL[turn(at, Marker::ALL.len(), forward)];
            model.preferences.marker = Some(model.marker);
        }
        Some(Setting::Mouse) => return take_mouse(model, !model.mouse),
        Some(Setting::Sidebar) => model.preferences.sidebar = !model.preferences.sidebar,
        None => {}
    }
    Vec::new()
}

/// The place after, or before, of so many; round.
const fn turn(at: usize, count: usize, forward: bool) -> usize {
    (at + if forward { 1 } else { count - 1 }) % count
}

/// Takes the mouse, or leaves it to the terminal.
pub fn take_mouse(model: &mut Model, taken: bool) -> Vec<Effect> {
    model.mouse = taken;
    model.preferences.mouse = Some(taken);
    let text = if taken { "the mouse is taken" } else { "the mouse is left to the terminal" };
    model.toasts.say(Tone::Information, text, model.now);
    vec![Effect::Mouse(taken)]
}
