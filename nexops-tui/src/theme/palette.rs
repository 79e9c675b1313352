//! The built-in palettes, and those that users write.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{Rgb, Role};

/// A colour for each role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Palette {
    name: Cow<'static, str>,
    colors: [Rgb; Role::ALL.len()],
    mono: bool,
}

const fn rgb(value: u32) -> Rgb {
    Rgb((value >> 16) as u8, (value >> 8) as u8, value as u8)
}

const fn palette(name: &'static str, mono: bool, colors: [u32; Role::ALL.len()]) -> Palette {
    let mut parts = [Rgb(0, 0, 0); Role::ALL.len()];
    let mut index = 0;
    while index < colors.len() {
        parts[index] = rgb(colors[index]);
        index += 1;
    }
    Palette { name: Cow::Borrowed(name), colors: parts, mono }
}

/// The palettes that NexOps brings, the default first. The colours stand in the order of [`Role`].
#[rustfmt::skip]
pub const BUILT_IN: &[Palette] = &[
    palette("navy", false, [
        0x0B_12_20, 0x11_1A_2C, 0x17_23_3A, 0x2A_3A_55, 0x38_BD_F8, 0x81_8C_F8, 0xD7_E0_EE, 0xF4_F7_FB, 0x8A_9A_B6,
        0x5A_6A_88, 0x34_D3_99, 0xFB_BF_24, 0xFA_8A_8A, 0x7C_B6_FC, 0xB4_9C_FB, 0x1C_3A_5E, 0x22_D3_EE,
    ]),
    palette("light", false, [
        0xF3_F6_FA, 0xFF_FF_FF, 0xFF_FF_FF, 0xC3_CE_DC, 0x03_55_8A, 0x43_38_CA, 0x1B_26_36, 0x05_0A_12, 0x4A_58_6C,
        0x8A_97_A8, 0x04_5A_3B, 0x7C_40_04, 0xA8_15_15, 0x1B_47_BE, 0x61_25_C2, 0xD5_E6_F8, 0x0B_5A_6B,
    ]),
    palette("contrast", false, [
        0x00_00_00, 0x00_00_00, 0x10_10_10, 0xA0_A0_A0, 0x40_D8_FF, 0xB0_B0_FF, 0xFF_FF_FF, 0xFF_FF_FF, 0xD0_D0_D0,
        0xA0_A0_A0, 0x40_FF_90, 0xFF_E0_40, 0xFF_9A_9A, 0x90_C8_FF, 0xE0_B8_FF, 0x00_38_70, 0x40_F0_FF,
    ]),
    palette("mono", true, [0; Role::ALL.len()]),
];

impl Palette {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The colour of a role.
    #[must_use]
    pub fn color(&self, role: Role) -> Rgb {
        self.colors[role as usize]
    }

    /// Whether it does without colours.
    #[must_use]
    pub fn is_mono(&self) -> bool {
        self.mono
    }

    /// The built-in palette of this name.
    #[must_use]
    pub fn built_in(name: &str) -> Option<&'static Self> {
        BUILT_IN.iter().find(|palette| palette.name == name)
    }

    /// A user's palette: the roles he names, and the rest from a built-in one (`base`, or navy).
    ///
    /// # Errors
    /// A sentence for every unknown role or base, and everything that is no colour.
    pub fn from_user(name: &str, written: &HashMap<String, String>) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let mut palette = BUILT_IN[0].clone();
        if let Some(base) = written.get("base") {
            match Self::built_in(base) {
                Some(base) => palette = base.clone(),
                None => {
                    let names: Vec<&str> = BUILT_IN.iter().map(Self::name).collect();
                    errors.push(format!("themes.{name}.base: '{base}' is not one of {}", names.join(", ")));
                }
            }
        }
        palette.name = Cow::Owned(name.to_owned());
        for (key, value) in written.iter().filter(|(key, _)| *key != "base") {
            match (Role::ALL.iter().find(|role| role.name() == key), value.parse()) {
                (Some(role), Ok(color)) => palette.colors[*role as usize] = color,
                (Some(_), Err(error)) => errors.push(format!("themes.{name}.{key}: {error}")),
                (None, _) => {
                    let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                    errors.push(format!("themes.{name}.{key}: not one of {}", names.join(", ")));
                }
            }
        }
        if errors.is_empty() { Ok(palette) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_theme_changes_what_it_names_and_nothing_else() {
        let written =
            HashMap::from([("base".to_owned(), "light".to_owned()), ("accent".to_owned(), "#123456".to_owned())]);
        let palette = Palette::from_user("mine", &written).unwrap();
        assert_eq!(palette.color(Role::Accent), Rgb(0x12, 0x34, 0x56));
        assert_eq!(palette.color(Role::Text), BUILT_IN[1].color(Role::Text));
    }

    #[test]
    fn what_cannot_be_used_in_a_theme_is_named() {
        let written =
            HashMap::from([("acent".to_owned(), "#123456".to_owned()), ("ok".to_owned(), "green".to_owned())]);
        let errors = Palette::from_user("mine", &written).unwrap_err().join("\n");
        assert!(errors.contains("themes.mine.acent") && errors.contains("themes.mine.ok: 'green'"), "{errors}");
    }
}
