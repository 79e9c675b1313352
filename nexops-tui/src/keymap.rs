//! What keys do: the one table that dispatch, footer, help, palette and the page in the documentation come from.

mod action;
mod bindings;
mod chord;

use std::collections::HashMap;

pub use self::action::Action;
pub use self::bindings::BINDINGS;
pub use self::chord::{Chord, NotAChord};
use crate::symbols::Symbols;

/// Where a binding holds. The innermost scope that knows a key decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everywhere, unless a text field or a dialog has the keys.
    Global,
    /// Wherever a table, list or text can be moved in.
    List,
    /// Where charts are shown.
    Chart,
    /// Where a guest is selected or shown.
    Guest,
    /// On the list of guests.
    Infrastructure,
    /// On pages with tabs or panes.
    Tabs,
    /// On the tasks.
    Tasks,
    /// On services.
    Services,
    /// On alerts.
    Alerts,
    /// On the rules for alerts.
    Rules,
    /// On silences.
    Silences,
    /// On connections and channels.
    Settings,
    /// On the appearance.
    Appearance,
    /// In texts over the screen: keys, messages, what came of a trial.
    Reading,
    /// Where what came of a trial shows a certificate that can be pinned.
    Pin,
    /// While columns are chosen.
    Columns,
    /// In forms whose content can be tried before it is saved.
    Trial,
    /// In dialogs that ask.
    Dialog,
    /// In forms.
    Form,
    /// In the command palette, beside those of text fields.
    Palette,
    /// While a text is typed.
    Text,
}

impl Scope {
    /// Its heading in the help.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::List => "Tables and lists",
            Self::Chart => "Charts",
            Self::Guest => "Guest",
            Self::Infrastructure => "Guests",
            Self::Tabs => "Tabs",
            Self::Tasks => "Tasks",
            Self::Services => "Services",
            Self::Alerts => "Alerts",
            Self::Rules => "Alert rules",
            Self::Silences => "Silences",
            Self::Settings => "Connections and channels",
            Self::Appearance => "Appearance",
            Self::Reading => "Texts",
            Self::Pin => "Certificates",
            Self::Columns => "Columns",
            Self::Trial => "Forms of connections and rules",
            Self::Dialog => "Dialogs",
            Self::Form => "Forms",
            Self::Palette => "Command palette",
            Self::Text => "Text fields",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Where it holds.
    pub scope: Scope,
    /// The keys, the one that is shown first.
    pub chords: &'static [&'static str],
    /// What it does.
    pub action: Action,
    /// What it does, in a word or two, for the footer.
    pub label: &'static str,
    /// What it does, in the help and the palette.
    pub help: &'static str,
    /// Its place in the footer: low goes first, 0 does not show.
    pub hint: u8,
}

/// What the footer says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The key.
    pub key: String,
    /// What it does, in a word or two.
    pub label: &'static str,
    /// What it does.
    pub action: Action,
}

/// The table with a user's changes.
#[derive(Debug, Clone)]
pub struct Keymap {
    rows: Vec<Row>,
    index: HashMap<(Scope, Chord), usize>,
}

/// A binding with the keys that hold.
#[derive(Debug, Clone)]
pub struct Row {
    /// The binding as built in.
    pub binding: &'static Binding,
    /// Its keys.
    pub chords: Vec<Chord>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::new(&HashMap::new()).unwrap_or_else(|errors| unreachable!("the built-in keys clash: {errors:?}"))
    }
}

impl Keymap {
    /// The built-in keys, with those that the user gave other keys: the name of an action with its keys.
    ///
    /// # Errors
    /// A sentence for every unknown action, unreadable key, and pair of actions on one key.
    pub fn new(overrides: &HashMap<String, Vec<String>>) -> Result<Self, Vec<String>> {
        let mut errors: Vec<String> = overrides
            .keys()
            .filter(|name| Action::named(name).is_none())
            .map(|name| format!("keys.{name}: there is no such action; the page of keys in docs lists them"))
            .collect();
        let mut rows = Vec::with_capacity(BINDINGS.len());
        for binding in BINDINGS {
            let own = overrides.get(binding.action.name());
            let written: Vec<&str> =
                own.map_or_else(|| binding.chords.to_vec(), |keys| keys.iter().map(String::as_str).collect());
            let mut chords = Vec::new();
            for text in written {
                match text.parse() {
                    Ok(chord) => chords.push(chord),
                    Err(error) => errors.push(format!("keys.{}: {error}", binding.action.name())),
                }
            }
            rows.push(Row { binding, chords });
        }
        let mut index = HashMap::new();
        for (number, row) in rows.iter().enumerate() {
            for chord in &row.chords {
                if let Some(other) = index.insert((row.binding.scope, *chord), number)
                    && other != number
                {
                    let first: &Row = &rows[other];
                    errors.push(format!(
                        "key {}: both {} and {} want it ({})",
                        chord.label(Symbols::Unicode),
                        first.binding.action.name(),
                        row.binding.action.name(),
                        row.binding.scope.title().to_lowercase()
                    ));
                }
            }
        }
        if errors.is_empty() { Ok(Self { rows, index }) } else { Err(errors) }
    }

    /// What a key does where these scopes hold, the innermost first.
    #[must_use]
    pub fn action(&self, scopes: &[Scope], chord: Chord) -> Option<Action> {
        scopes.iter().find_map(|scope| self.index.get(&(*scope, chord))).map(|row| self.rows[*row].binding.action)
    }

    /// Every row.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The hints for the footer where these scopes hold, the most wanted first.
    #[must_use]
    pub fn hints(&self, scopes: &[Scope], symbols: Symbols) -> Vec<Hint> {
        let mut hints: Vec<(u8, usize, Hint)> = Vec::new();
        for (depth, scope) in scopes.iter().enumerate() {
            for row in self.rows.iter().filter(|row| row.binding.scope == *scope && row.binding.hint > 0) {
                let Some(chord) = row.chords.first() else { continue };
                if scopes[..depth].iter().any(|inner| self.index.contains_key(&(*inner, *chord))) {
                    continue;
                }
                let key = self.with_partner(row, *chord, symbols);
                let hint = Hint { key, label: row.binding.label, action: row.binding.action };
                hints.push((row.binding.hint, depth, hint));
            }
        }
        hints.sort_by_key(|(wanted, depth, _)| (*wanted, *depth));
        hints.into_iter().map(|(_, _, hint)| hint).collect()
    }

    /// A key in words, with that of the action that does the same the other way: one hint tells of both.
    fn with_partner(&self, row: &Row, chord: Chord, symbols: Symbols) -> String {
        let key = chord.label(symbols);
        let Some(partner) = row.binding.action.partner() else { return key };
        let other = self.key_of(&[row.binding.scope], partner, symbols);
        if key.chars().count() == 1 && other.chars().count() == 1 { key + &other } else { format!("{key}/{other}") }
    }

    /// The key that does this in one of these scopes; empty when none does.
    #[must_use]
    pub fn key_of(&self, scopes: &[Scope], action: Action, symbols: Symbols) -> String {
        let of = |scope: &Scope| {
            self.rows.iter().find(|row| row.binding.scope == *scope && row.binding.action == action)?.chords.first()
        };
        scopes.iter().find_map(of).map(|chord| chord.label(symbols)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_built_in_bindings_of_a_scope_want_the_same_key() {
        assert!(Keymap::new(&HashMap::new()).is_ok());
    }

    #[test]
    fn every_action_has_a_key_somewhere() {
        for action in Action::ALL {
            assert!(BINDINGS.iter().any(|binding| binding.action == *action), "{} has no key", action.name());
        }
    }

    #[test]
    fn a_user_can_give_an_action_another_key_and_a_clash_is_told() {
        let overrides = |name: &str, key: &str| HashMap::from([(name.to_owned(), vec![key.to_owned()])]);
        let keymap = Keymap::new(&overrides("quit", "Q")).unwrap();
        assert_eq!(keymap.action(&[Scope::Global], "Q".parse().unwrap()), Some(Action::Quit));
        assert_eq!(keymap.action(&[Scope::Global], "q".parse().unwrap()), None);
        let errors = Keymap::new(&overrides("quit", "t")).unwrap_err();
        assert!(errors[0].contains("quit") && errors[0].contains("tasks"), "{errors:?}");
        assert!(Keymap::new(&overrides("fly", "f")).unwrap_err()[0].contains("fly"));
    }

    #[test]
    fn the_inner_scope_goes_before_the_outer() {
        let keymap = Keymap::default();
        let esc = "esc".parse().unwrap();
        assert_eq!(keymap.action(&[Scope::Dialog], esc), Some(Action::Cancel));
        assert_eq!(keymap.action(&[Scope::List, Scope::Global], esc), Some(Action::Back));
    }
}
