//! The pen that writes cells: it moves, and changes its colours, only where that can be seen.
//!
//! A line over which every byte counts wants no more than that. It is also why colours are written here: the library
//! writes both whenever one changes, and loses bold text where there are to be no colours.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

/// What can be seen of a style on an empty cell.
const SEEN_ON_SPACE: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// Each modifier with its parameter.
const PARAMETERS: [(Modifier, &str); 6] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::REVERSED, "7"),
    (Modifier::CROSSED_OUT, "9"),
];

/// Where the pen is, and how it writes.
#[derive(Debug, Default)]
pub struct Pen {
    /// The place after what was written last.
    place: Option<(u16, u16)>,
    /// The colours of letters and of the ground; default ones at first.
    colors: (Color, Color),
    modifiers: Modifier,
}

impl Pen {
    /// Writes a cell.
    pub fn put(&mut self, out: &mut Vec<u8>, x: u16, y: u16, cell: &Cell) {
        self.go(out, x, y);
        self.dress(out, cell);
        out.extend_from_slice(cell.symbol().as_bytes());
        // After a sign of two cells the place is set anew.
        self.place = Some((x + 1, y));
    }

    /// Leaves the terminal with its own colours.
    pub fn lift(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\x1b[0m");
        *self = Self::default();
    }

    fn go(&self, out: &mut Vec<u8>, x: u16, y: u16) {
        match self.place {
            Some(place) if place == (x, y) => {}
            Some((column, row)) if row == y && column < x => {
                out.extend_from_slice(format!("\x1b[{}C", x - column).as_bytes());
            }
            Some(_) | None => out.extend_from_slice(format!("\x1b[{};{}H", y + 1, x + 1).as_bytes()),
        }
    }

    fn dress(&mut self, out: &mut Vec<u8>, cell: &Cell) {
        let is_space = cell.symbol() == " ";
        let mut modifiers = cell.modifier;
        if is_space && (self.modifiers | modifiers).intersection(SEEN_ON_SPACE).is_empty() {
            modifiers = self.modifiers;
        }
        let mut parameters: Vec<String> = Vec::new();
        if !(self.modifiers - modifiers).is_empty() {
            // There is no taking off of one alone that all terminals know.
            *self = Self { place: self.place, ..Self::default() };
            parameters.push("0".to_owned());
        }
        let added = PARAMETERS.iter().filter(|(modifier, _)| (modifiers - self.modifiers).contains(*modifier));
        parameters.extend(added.map(|(_, parameter)| (*parameter).to_owned()));
        self.modifiers = modifiers;
        let letters_are_seen = !is_space || modifiers.intersects(SEEN_ON_SPACE);
        if letters_are_seen && cell.fg != self.colors.0 {
            parameters.push(parameter(cell.fg, Ground::Letters));
            self.colors.0 = cell.fg;
        }
        if cell.bg != self.colors.1 {
            parameters.push(parameter(cell.bg, Ground::Paper));
            self.colors.1 = cell.bg;
        }
        if !parameters.is_empty() {
            out.extend_from_slice(format!("\x1b[{}m", parameters.join(";")).as_bytes());
        }
    }
}

/// What a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ground {
    Letters,
    Paper,
}

fn parameter(color: Color, ground: Ground) -> String {
    let (base, bright) = match ground {
        Ground::Letters => (30, 90),
        Ground::Paper => (40, 100),
    };
    match color {
        Color::Reset => (base + 9).to_string(),
        Color::Black => base.to_string(),
        Color::Red => (base + 1).to_string(),
        Color::Green => (base + 2).to_string(),
        Color::Yellow => (base + 3).to_string(),
        Color::Blue => (base + 4).to_string(),
        Color::Magenta => (base + 5).to_string(),
        Color::Cyan => (base + 6).to_string(),
        Color::Gray => (base + 7).to_string(),
        Color::DarkGray => bright.to_string(),
        Color::LightRed => (bright + 1).to_string(),
        Color::LightGreen => (bright + 2).to_string(),
        Color::LightYellow => (bright + 3).to_string(),
        Color::LightBlue => (bright + 4).to_string(),
        Color::LightMagenta => (bright + 5).to_string(),
        Color::LightCyan => (bright + 6).to_string(),
        Color::White => (bright + 7).to_string(),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
        Color::Indexed(index) => format!("{};5;{index}", base + 8),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn written(cells: &[(u16, &str, Style)]) -> String {
        let (mut pen, mut out) = (Pen::default(), Vec::new());
        for (x, symbol, style) in cells {
            let mut cell = Cell::default();
            cell.set_symbol(symbol).set_style(*style);
            pen.put(&mut out, *x, 0, &cell);
        }
        String::from_utf8(out).unwrap().replace('\x1b', "^")
    }

    #[test]
    fn neighbours_of_one_style_are_written_as_a_word() {
        let red = Style::new().fg(Color::Red);
        assert_eq!(written(&[(0, "a", red), (1, "b", red), (5, "c", red)]), "^[1;1H^[31mab^[3Cc");
    }

    #[test]
    fn a_space_takes_no_colour_of_letters_but_that_of_the_ground() {
        let one = Style::new().fg(Color::Red).bg(Color::Blue);
        let other = Style::new().fg(Color::Green).bg(Color::Blue);
        assert_eq!(written(&[(0, "a", one), (1, " ", other), (2, "b", one)]), "^[1;1H^[31;44ma b");
    }

    #[test]
    fn what_is_taken_off_takes_all_off_and_the_rest_is_put_on_again() {
        let bold = Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD);
        let plain = Style::new().fg(Color::Rgb(1, 2, 3));
        assert_eq!(written(&[(0, "a", bold), (1, "b", plain)]), "^[1;1H^[1;38;2;1;2;3ma^[0;38;2;1;2;3mb");
    }

    #[test]
    fn a_reversed_space_is_seen() {
        let reversed = Style::new().add_modifier(Modifier::REVERSED);
        assert_eq!(written(&[(0, "a", Style::new()), (1, " ", reversed)]), "^[1;1Ha^[7m ");
    }
}
