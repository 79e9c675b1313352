//! A key with its modifiers, as people write it: `ctrl-r`, `space`, `G`, `f2`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::symbols::Symbols;

/// A key together with the modifiers that are held. Shift is part of the letter: `G` is not `g`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAChord(pub String);

impl fmt::Display for NotAChord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "'{}' is not a key; write it as a, G, ctrl-r, alt-left, space, enter, tab or f2", self.0)
    }
}

/// The names of keys that are no letters.
const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
];

impl From<KeyEvent> for Chord {
    fn from(event: KeyEvent) -> Self {
        let modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        Self { code: event.code, modifiers }
    }
}

impl FromStr for Chord {
    type Err = NotAChord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        loop {
            if let Some(after) = rest.strip_prefix("ctrl-").filter(|after| !after.is_empty()) {
                modifiers |= KeyModifiers::CONTROL;
                rest = after;
            } else if let Some(after) = rest.strip_prefix("alt-").filter(|after| !after.is_empty()) {
                modifiers |= KeyModifiers::ALT;
                rest = after;
            } else {
                break;
            }
        }
        let named = NAMED.iter().find(|(name, _)| *name == rest).map(|(_, code)| *code);
        let function = || rest.strip_prefix('f')?.parse::<u8>().ok().filter(|number| (1..=12).contains(number));
        let mut characters = rest.chars();
        let code = match (named, function(), characters.next(), characters.next()) {
            (Some(code), _, _, _) => code,
            (None, Some(number), _, _) => KeyCode::F(number),
            (None, None, Some(character), None) if !character.is_control() && character != ' ' => {
                KeyCode::Char(character)
            }
            _ => return Err(NotAChord(text.to_owned())),
        };
        Ok(Self { code, modifiers })
    }
}

impl Chord {
    /// The key as it is shown: as on the key itself, in signs that the terminal has.
    #[must_use]
    pub fn label(&self, symbols: Symbols) -> String {
        let mut label = String::new();
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            label.push_str("Ctrl-");
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            label.push_str("Alt-");
        }
        let sign = |unicode: &str, ascii: &str| match symbols {
            Symbols::Unicode => unicode.to_owned(),
            Symbols::Ascii => ascii.to_owned(),
        };
        label.push_str(&match self.code {
            KeyCode::Enter => sign("⏎", "Enter"),
            KeyCode::Up => sign("↑", "Up"),
            KeyCode::Down => sign("↓", "Down"),
            KeyCode::Left => sign("←", "Left"),
            KeyCode::Right => sign("→", "Right"),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(character) => character.to_string(),
            code => code.to_string(),
        });
        label
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("g", "g")]
    #[case("G", "G")]
    #[case("ctrl-r", "Ctrl-r")]
    #[case("alt-left", "Alt-←")]
    #[case("space", "Space")]
    #[case("shift-tab", "Shift-Tab")]
    #[case("f2", "F2")]
    #[case("-", "-")]
    #[case("[", "[")]
    fn a_chord_is_read_and_shown(#[case] written: &str, #[case] shown: &str) {
        assert_eq!(written.parse::<Chord>().unwrap().label(Symbols::Unicode), shown);
    }

    #[rstest]
    #[case("")]
    #[case("ctrl-")]
    #[case("gg")]
    #[case("f13")]
    #[case(" ")]
    fn what_is_no_key_is_refused(#[case] written: &str) {
        assert!(written.parse::<Chord>().is_err());
    }

    #[test]
    fn a_terminal_without_signs_gets_words() {
        assert_eq!("alt-left".parse::<Chord>().unwrap().label(Symbols::Ascii), "Alt-Left");
    }

    #[test]
    fn shift_is_part_of_the_letter() {
        let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Chord::from(event), "G".parse().unwrap());
    }
}
