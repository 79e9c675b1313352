//! What things look like: roles with colours, reduced to what the terminal can show.

mod color;
mod palette;

use ratatui::style::{Color, Modifier, Style};

pub use self::color::{Depth, Rgb, contrast};
pub use self::palette::{BUILT_IN, Palette};

macro_rules! roles {
    ($($(#[$meta:meta])* $variant:ident = $name:literal / $ansi:expr,)+) => {
        /// What a colour is for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Role { $($(#[$meta])* $variant,)+ }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in a theme file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Its colour among the sixteen that the terminal's user has chosen.
            const fn ansi(self) -> Color {
                match self { $(Self::$variant => $ansi),+ }
            }
        }
    };
}

roles! {
    /// Behind everything.
    Background = "background" / Color::Reset,
    /// Behind panels.
    Surface = "surface" / Color::Reset,
    /// Behind dialogs.
    Raised = "raised" / Color::Reset,
    /// Lines round panels.
    Border = "border" / Color::DarkGray,
    /// The one accent: what has the keys.
    Accent = "accent" / Color::Cyan,
    /// The second line of a chart.
    Second = "second" / Color::Blue,
    /// Text.
    Text = "text" / Color::Reset,
    /// Text that matters most.
    Strong = "strong" / Color::White,
    /// Text that matters less.
    Muted = "muted" / Color::DarkGray,
    /// Units and grids.
    Faint = "faint" / Color::DarkGray,
    /// Healthy.
    Ok = "ok" / Color::Green,
    /// Worth a look.
    Warning = "warning" / Color::Yellow,
    /// Wrong.
    Critical = "critical" / Color::Red,
    /// Information.
    Information = "information" / Color::Blue,
    /// Unknown or paused.
    Unknown = "unknown" / Color::Magenta,
    /// Behind the selected row.
    Selection = "selection" / Color::Blue,
    /// What is marked.
    Mark = "mark" / Color::Cyan,
}

/// A palette as this terminal shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    colors: [Color; Role::ALL.len()],
    /// Without colours, weight and reversal carry the meaning.
    plain: bool,
}

impl Theme {
    /// Reduces a palette to a depth.
    #[must_use]
    pub fn new(palette: &Palette, depth: Depth) -> Self {
        let color = |role: Role| match depth {
            Depth::True => palette.color(role).into(),
            Depth::Indexed => Color::Indexed(palette.color(role).indexed()),
            Depth::Sixteen => role.ansi(),
            Depth::None => Color::Reset,
        };
        let mut colors = [Color::Reset; Role::ALL.len()];
        for role in Role::ALL {
            colors[*role as usize] = color(*role);
        }
        Self { colors, plain: depth == Depth::None || palette.is_mono() }
    }

    /// The colour of a role.
    #[must_use]
    pub fn color(&self, role: Role) -> Color {
        if self.plain { Color::Reset } else { self.colors[role as usize] }
    }

    /// Text in a role's colour; what matters is bold, what is wrong without colours too.
    #[must_use]
    pub fn text(&self, role: Role) -> Style {
        let style = Style::new().fg(self.color(role));
        match role {
            Role::Strong | Role::Mark => style.add_modifier(Modifier::BOLD),
            Role::Critical | Role::Warning | Role::Accent if self.plain => style.add_modifier(Modifier::BOLD),
            Role::Muted | Role::Faint | Role::Border if self.plain => style.add_modifier(Modifier::DIM),
            Role::Background
            | Role::Surface
            | Role::Raised
            | Role::Border
            | Role::Accent
            | Role::Second
            | Role::Text
            | Role::Muted
            | Role::Faint
            | Role::Ok
            | Role::Warning
            | Role::Critical
            | Role::Information
            | Role::Unknown
            | Role::Selection => style,
        }
    }

    /// What is painted before everything else.
    #[must_use]
    pub fn ground(&self, role: Role) -> Style {
        Style::new().fg(self.color(Role::Text)).bg(self.color(role))
    }

    /// The selected row; its own foregrounds stay.
    #[must_use]
    pub fn selected(&self) -> Style {
        if self.plain {
            return Style::new().add_modifier(Modifier::REVERSED);
        }
        let style = Style::new().bg(self.color(Role::Selection));
        // Sixteen colours leave no shade for the background that every foreground is legible on.
        if self.color(Role::Selection) == Color::Blue { style.fg(Color::White) } else { style }
    }

    /// Whether there are no colours.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.plain
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    fn every_built_in_theme_is_legible(#[values(0, 1, 2)] number: usize) {
        let palette = &BUILT_IN[number];
        let check = |foreground: Role, background: Role, least: f64| {
            let ratio = contrast(palette.color(foreground), palette.color(background));
            assert!(
                ratio >= least,
                "{}: {} on {} has {ratio:.2}, not {least}",
                palette.name(),
                foreground.name(),
                background.name()
            );
        };
        check(Role::Text, Role::Surface, 7.0);
        check(Role::Strong, Role::Surface, 7.0);
        check(Role::Text, Role::Selection, 4.5);
        for background in [Role::Background, Role::Surface, Role::Raised] {
            check(Role::Muted, background, 4.5);
        }
        for status in [Role::Ok, Role::Warning, Role::Critical, Role::Information, Role::Unknown, Role::Accent] {
            for background in [Role::Background, Role::Surface, Role::Raised, Role::Selection] {
                check(status, background, 4.5);
            }
        }
    }

    #[test]
    fn without_colours_nothing_is_coloured_and_the_selection_is_reversed() {
        for palette in BUILT_IN {
            let theme = Theme::new(palette, Depth::None);
            for role in Role::ALL {
                assert_eq!(theme.color(*role), Color::Reset);
                assert_eq!(theme.text(*role).fg, Some(Color::Reset));
            }
            assert!(theme.selected().add_modifier.contains(Modifier::REVERSED));
        }
    }
}
