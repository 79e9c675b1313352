//! Texts that fit.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The cells that a text takes.
#[must_use]
pub fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// The text if it fits, else its beginning and the sign for what was cut off.
#[must_use]
pub fn fit<'t>(text: &'t str, cells: u16, ellipsis: &str) -> std::borrow::Cow<'t, str> {
    if width(text) <= cells {
        return text.into();
    }
    let room = cells.saturating_sub(width(ellipsis));
    let mut cut = text.to_owned();
    while width(&cut) > room {
        cut.pop();
    }
    if cells >= width(ellipsis) {
        cut.push_str(ellipsis);
    }
    cut.into()
}

/// Puts a text at a place, inside the area only, and gives the column after it.
pub fn put(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    if !(area.y..area.bottom()).contains(&y) || !(area.x..area.right()).contains(&x) {
        return x;
    }
    let room = usize::from(area.right() - x);
    buffer.set_stringn(x, y, text, room, style).0
}

/// Puts a text so that it ends at the right of the area.
pub fn put_right(buffer: &mut Buffer, area: Rect, y: u16, text: &str, style: Style) {
    let text = fit(text, area.width, "");
    put(buffer, area, area.right().saturating_sub(width(&text)), y, &text, style);
}

/// Breaks a text into lines of at most so many cells: at spaces where it can, else after a sign that parts what belongs
/// together less.
#[must_use]
pub fn wrap(text: &str, cells: u16) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && width(&line) + 1 + width(word) > cells {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            for character in word.chars() {
                if width(&line) + u16::try_from(character.width().unwrap_or(0)).unwrap_or(0) > cells {
                    let rest =
                        line.rfind([',', ';', '/', '&']).map(|sign| line.split_off(sign + 1)).unwrap_or_default();
                    lines.push(std::mem::replace(&mut line, rest));
                }
                line.push(character);
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_long_word_is_parted_after_its_commas() {
        assert_eq!(wrap("virtio=BC:24,bridge=vmbr0,firewall=1", 16), ["virtio=BC:24,", "bridge=vmbr0,", "firewall=1"]);
        assert_eq!(wrap("a,bcdefghijk", 5), ["a,", "bcdef", "ghijk"]);
        assert_eq!(wrap("abcd,efgh", 5), ["abcd,", "efgh"]);
    }

    proptest! {
        #[test]
        fn a_text_that_was_made_to_fit_fits(text in ".{0,30}", cells in 0_u16..20) {
            prop_assert!(width(&fit(&text, cells, "…")) <= cells);
        }

        #[test]
        fn wrapped_lines_are_no_longer_than_asked(text in "[a-zä,; ]{0,60}", cells in 1_u16..20) {
            for line in wrap(&text, cells) {
                prop_assert!(width(&line) <= cells, "{line:?}");
            }
        }
    }
}
