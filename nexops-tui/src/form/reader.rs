//! What was typed into a form, as values; what is no value is complained about at its field.

use std::str::FromStr;

use nexops_core::error::FieldError;

use super::Form;
use crate::format::seconds_of;

/// Reads a form, and gathers what is wrong with it.
#[derive(Debug)]
pub struct Reader<'f> {
    form: &'f Form,
    faults: Vec<FieldError>,
}

impl<'f> Reader<'f> {
    /// Begins to read.
    #[must_use]
    pub fn new(form: &'f Form) -> Self {
        Self { form, faults: Vec::new() }
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.form.get(key).to_owned()
    }

    /// The text of a field; `None` when it is empty.
    #[must_use]
    pub fn filled(&self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// The texts of a field that are separated by commas or spaces.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<String> {
        let parts = self.form.get(key).split([',', ' ']).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, key: &str) -> bool {
        self.form.is_on(key)
    }

    /// A choice, as the value that its word stands for; `None` for a word that stands for nothing.
    #[must_use]
    pub fn chosen<T: FromStr>(&self, key: &str) -> Option<T> {
        self.form.get(key).parse().ok()
    }

    /// A number that must be there.
    pub fn number<T: FromStr + Default>(&mut self, key: &str) -> T {
        let value = self.number_or_none(key);
        if value.is_none() && self.form.get(key).is_empty() {
            self.complain(key, "a number is wanted");
        }
        value.unwrap_or_default()
    }

    /// A number; `None` when the field is empty.
    pub fn number_or_none<T: FromStr>(&mut self, key: &str) -> Option<T> {
        let text = self.form.get(key);
        let value = text.trim_end_matches('%').trim().parse().ok();
        if value.is_none() && !text.is_empty() {
            self.complain(key, format!("'{text}' is not a number that fits here"));
        }
        value
    }

    /// A span of time in seconds; `None` when the field is empty.
    pub fn seconds(&mut self, key: &str) -> Option<u32> {
        let text = self.form.get(key);
        if text.is_empty() {
            return None;
        }
        let seconds = seconds_of(text);
        if seconds.is_none() {
            self.complain(key, format!("'{text}' is no span of time; write it as 90s, 15m, 2h or 1d12h"));
        }
        seconds
    }

    /// Takes a value that was worked out of a field, or complains there.
    pub fn take<T>(&mut self, key: &str, value: Result<T, String>) -> Option<T> {
        value.map_err(|reason| self.complain(key, reason)).ok()
    }

    /// Complains about a field.
    pub fn complain(&mut self, key: &str, reason: impl Into<String>) {
        self.faults.push(FieldError::new(key, reason));
    }

    /// The value, unless anything is wrong with a field or with the whole.
    ///
    /// # Errors
    /// What is wrong, field by field.
    pub fn finish<T>(mut self, value: T, faults: impl FnOnce(&T) -> Vec<FieldError>) -> Result<T, Vec<FieldError>> {
        for fault in faults(&value) {
            // What was no number needs no second complaint.
            if !self.faults.iter().any(|known| known.field == fault.field) {
                self.faults.push(fault);
            }
        }
        if self.faults.is_empty() { Ok(value) } else { Err(self.faults) }
    }
}
