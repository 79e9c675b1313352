//! Forms: fields, what was typed into them, and what the daemon did not accept.

pub mod channel;
pub mod connection;
pub mod reader;
pub mod rule;
pub mod service;
pub mod silence;
pub mod source;

use std::borrow::Cow;

use nexops_core::alert::rule::AlertRule;
use nexops_core::error::FieldError;
use nexops_core::id::AlertId;
use nexops_core::notification::Channel;
use nexops_core::service::Service;
use nexops_core::settings::ProxmoxConnection;
use tui_input::{Input, InputRequest};

use crate::failure::Failure;

/// Something to fill in.
#[derive(Debug, Clone)]
pub struct Form {
    /// What it is for, as a heading.
    pub title: String,
    /// A sentence under the heading.
    pub hint: String,
    /// What the button says.
    pub verb: &'static str,
    /// The fields.
    pub fields: Vec<Field>,
    /// Which field has the keys.
    pub focus: usize,
    /// What is made of it.
    pub purpose: Purpose,
    /// What is wrong with it as a whole.
    pub complaint: Option<String>,
    /// The number under which it was sent, while what comes of that is awaited.
    pub sent: Option<u64>,
}

/// What a form is for: what is changed by it, if that is there already.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// Who speaks to the daemon.
    SignIn,
    /// A service.
    Service(Option<Box<Service>>),
    /// A rule for alerts.
    Rule(Option<Box<AlertRule>>),
    /// A silence.
    Silence,
    /// A note that somebody knows of the alert with this title.
    Acknowledge(AlertId, String),
    /// A note why the alert with this title is closed.
    Resolve(AlertId, String),
    /// A connection to Proxmox.
    Connection(Option<Box<ProxmoxConnection>>),
    /// A notification channel.
    Channel(Option<Box<Channel>>),
}

/// A field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name, as the daemon's complaints call it.
    pub key: &'static str,
    /// Its name for people.
    pub label: &'static str,
    /// What it holds.
    pub value: Value,
    /// What may stand in it.
    pub help: Cow<'static, str>,
    /// What is wrong with it.
    pub complaint: Option<String>,
    /// The choice, by its key, that must be one of these words for the field to be there; `None` when it always is.
    pub only: Option<(&'static str, &'static [&'static str])>,
}

/// What a field holds.
#[derive(Debug, Clone)]
pub enum Value {
    /// A text.
    Text(Input),
    /// A text that is not shown.
    Secret(Input),
    /// One of several words, by its place.
    Choice(Vec<String>, usize),
    /// Yes or no.
    Toggle(bool),
}

impl Field {
    fn new(key: &'static str, label: &'static str, value: Value, help: impl Into<Cow<'static, str>>) -> Self {
        Self { key, label, value, help: help.into(), complaint: None, only: None }
    }

    /// A text, with what stands in it at first.
    #[must_use]
    pub fn text(key: &'static str, label: &'static str, value: &str, help: impl Into<Cow<'static, str>>) -> Self {
        Self::new(key, label, Value::Text(value.into()), help)
    }

    /// A text that is not shown.
    #[must_use]
    pub fn secret(key: &'static str, label: &'static str, help: impl Into<Cow<'static, str>>) -> Self {
        Self::new(key, label, Value::Secret(Input::default()), help)
    }

    /// One of several words.
    #[must_use]
    pub fn choice(
        key: &'static str,
        label: &'static str,
        words: impl IntoIterator<Item = impl Into<String>>,
        chosen: &str,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        let place = words.iter().position(|word| word == chosen).unwrap_or(0);
        Self::new(key, label, Value::Choice(words, place), help)
    }

    /// Yes or no.
    #[must_use]
    pub fn toggle(key: &'static str, label: &'static str, on: bool, help: impl Into<Cow<'static, str>>) -> Self {
        Self::new(key, label, Value::Toggle(on), help)
    }

    /// The same field, there only where a choice is one of these words.
    #[must_use]
    pub fn only(mut self, choice: &'static str, words: &'static [&'static str]) -> Self {
        self.only = Some((choice, words));
        self
    }

    /// Puts a text into it, if it holds one.
    pub fn write(&mut self, text: &str) {
        match &mut self.value {
            Value::Text(input) | Value::Secret(input) => *input = text.into(),
            Value::Choice(..) | Value::Toggle(_) => {}
        }
    }
}

impl Form {
    /// A form whose first field has the keys.
    #[must_use]
    pub fn new(title: impl Into<String>, verb: &'static str, purpose: Purpose, fields: Vec<Field>) -> Self {
        Self { title: title.into(), hint: String::new(), verb, fields, focus: 0, purpose, complaint: None, sent: None }
    }

    /// The text of a field, without spaces round it; empty when it is blank.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        match self.fields.iter().find(|field| field.key == key).map(|field| &field.value) {
            Some(Value::Text(input) | Value::Secret(input)) => input.value().trim(),
            Some(Value::Choice(words, place)) => words.get(*place).map_or("", String::as_str),
            Some(Value::Toggle(true)) => "true",
            Some(Value::Toggle(false)) => "false",
            None => "",
        }
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, key: &str) -> bool {
        self.get(key) == "true"
    }

    /// Changes the text of the field that has the keys.
    pub fn edit(&mut self, request: InputRequest) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            field.complaint = None;
            match &mut field.value {
                Value::Text(input) | Value::Secret(input) => {
                    input.handle(request);
                }
                Value::Toggle(on) => *on ^= request == InputRequest::InsertChar(' '),
                Value::Choice(words, place) => {
                    if request == InputRequest::InsertChar(' ') {
                        *place = (*place + 1) % words.len().max(1);
                    }
                }
            }
        }
    }

    /// Goes to the next choice of the field, or the one before; `false` when the field has none.
    pub fn choose(&mut self, forward: bool) -> bool {
        let Some(field) = self.fields.get_mut(self.focus) else { return false };
        match &mut field.value {
            Value::Choice(words, place) => {
                let count = words.len().max(1);
                *place = (*place + if forward { 1 } else { count - 1 }) % count;
                field.complaint = None;
                true
            }
            Value::Toggle(on) => {
                *on = !*on;
                true
            }
            Value::Text(_) | Value::Secret(_) => false,
        }
    }

    /// The places of the fields that are there.
    #[must_use]
    pub fn visible(&self) -> Vec<usize> {
        let is_there = |field: &Field| field.only.is_none_or(|(choice, words)| words.contains(&self.get(choice)));
        (0..self.fields.len()).filter(|place| is_there(&self.fields[*place])).collect()
    }

    /// Goes to the next field that is there, or the one before.
    pub fn step(&mut self, forward: bool) {
        let visible = self.visible();
        let count = visible.len().max(1);
        let at = visible.iter().position(|place| *place == self.focus).unwrap_or(0);
        let next = (at + if forward { 1 } else { count - 1 }) % count;
        self.focus = visible.get(next).copied().unwrap_or(0);
    }

    /// Puts complaints at their fields, and the keys on the first of them; those of no field here go to the form.
    pub fn complain(&mut self, complaints: &[FieldError]) {
        let mut of_none = Vec::new();
        for field in &mut self.fields {
            field.complaint = None;
        }
        for FieldError { field: name, reason, .. } in complaints.iter().rev() {
            // A complaint about a part of a value names a path.
            let key = name.rsplit('.').next().unwrap_or(name).split('[').next().unwrap_or(name);
            let place = self.fields.iter().position(|field| field.key == name || field.key == key);
            match place {
                Some(place) => {
                    self.fields[place].complaint = Some(reason.clone());
                    self.focus = place;
                }
                None => of_none.push(format!("{name}: {reason}")),
            }
        }
        self.complaint = (!of_none.is_empty()).then(|| of_none.join("; "));
    }

    /// Shows what the daemon said against it.
    pub fn refuse(&mut self, failure: &Failure) {
        self.sent = None;
        if failure.fields.is_empty() {
            self.complaint = Some(failure.message.clone());
        } else {
            self.complain(&failure.fields);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        let fields = vec![
            Field::text("name", "Name", "web", ""),
            Field::choice("severity", "Severity", ["info", "warning"], "warning", ""),
            Field::toggle("enabled", "Enabled", true, ""),
            Field::text("page", "Page", "", "").only("severity", &["critical"]),
        ];
        Form::new("Rule", "Save", Purpose::SignIn, fields)
    }

    #[test]
    fn complaints_stand_at_their_fields_and_the_first_has_the_keys() {
        let mut form = form();
        form.focus = 2;
        form.complain(&[FieldError::new("name", "taken"), FieldError::new("threshold", "not a number")]);
        assert_eq!(form.fields[0].complaint.as_deref(), Some("taken"));
        assert_eq!(form.complaint.as_deref(), Some("threshold: not a number"));
        assert_eq!(form.focus, 0);
    }

    #[test]
    fn fields_that_are_there_are_walked_round_and_choices_too() {
        let mut form = form();
        form.step(false);
        assert_eq!(form.focus, 2);
        form.edit(InputRequest::InsertChar(' '));
        assert!(!form.is_on("enabled"));
        form.step(false);
        assert!(form.choose(true));
        assert_eq!(form.get("severity"), "info");
        form.step(false);
        assert!(!form.choose(true));
    }
}
