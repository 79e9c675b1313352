//! Colours, and what terminals with fewer of them show instead.

use std::str::FromStr;

use ratatui::style::Color;

/// A colour of 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// How many colours the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// All of them.
    #[default]
    True,
    /// The 256 of xterm.
    Indexed,
    /// The sixteen that the terminal's user has chosen.
    Sixteen,
    /// None, as `NO_COLOR` wishes.
    None,
}

impl From<Rgb> for Color {
    fn from(Rgb(red, green, blue): Rgb) -> Self {
        Self::Rgb(red, green, blue)
    }
}

impl FromStr for Rgb {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || format!("'{text}' is not a colour; write it as #1c3a5e");
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii()).ok_or_else(bad)?;
        let part = |from: usize| u8::from_str_radix(&digits[from..from + 2], 16).map_err(|_| bad());
        Ok(Self(part(0)?, part(2)?, part(4)?))
    }
}

impl Rgb {
    /// The nearest of xterm's 256: of its cube of six by six by six, or of its greys.
    #[must_use]
    pub fn indexed(self) -> u8 {
        const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
        let nearest = |value: u8| (0..6_u8).min_by_key(|step| STEPS[usize::from(*step)].abs_diff(value)).unwrap_or(0);
        let (red, green, blue) = (nearest(self.0), nearest(self.1), nearest(self.2));
        let cube = Self(STEPS[usize::from(red)], STEPS[usize::from(green)], STEPS[usize::from(blue)]);
        let mean = (u16::from(self.0) + u16::from(self.1) + u16::from(self.2)) / 3;
        let grey_step = u8::try_from((mean.saturating_sub(3) / 10).min(23)).unwrap_or(23);
        let level = 8 + 10 * grey_step;
        let grey = Self(level, level, level);
        if self.distance(grey) < self.distance(cube) { 232 + grey_step } else { 16 + 36 * red + 6 * green + blue }
    }

    fn distance(self, other: Self) -> u32 {
        let square = |one: u8, two: u8| u32::from(one.abs_diff(two)).pow(2);
        square(self.0, other.0) + square(self.1, other.1) + square(self.2, other.2)
    }

    /// Relative luminance as WCAG defines it, 0..=1.
    fn luminance(self) -> f64 {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(self.0) + 0.7152 * part(self.1) + 0.0722 * part(self.2)
    }
}

/// The contrast of two colours as WCAG defines it, 1..=21.
#[must_use]
pub fn contrast(one: Rgb, two: Rgb) -> f64 {
    let (one, two) = (one.luminance(), two.luminance());
    (one.max(two) + 0.05) / (one.min(two) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_indexed_colour_is_itself_where_there_is_one() {
        assert_eq!(Rgb(0, 0, 0).indexed(), 16);
        assert_eq!(Rgb(255, 255, 255).indexed(), 231);
        assert_eq!(Rgb(95, 135, 175).indexed(), 67);
        assert_eq!(Rgb(8, 8, 8).indexed(), 232);
        assert_eq!(Rgb(238, 238, 238).indexed(), 255);
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((contrast(Rgb(0, 0, 0), Rgb(255, 255, 255)) - 21.0).abs() < 0.01);
        assert!((contrast(Rgb(10, 20, 30), Rgb(10, 20, 30)) - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_colour_is_read_and_nonsense_refused() {
        assert_eq!("#1C3a5e".parse(), Ok(Rgb(0x1c, 0x3a, 0x5e)));
        for bad in ["1c3a5e", "#1c3a5", "#1c3a5g", "#ääz", ""] {
            assert!(bad.parse::<Rgb>().is_err(), "{bad}");
        }
    }
}
