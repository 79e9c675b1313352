//! What is sent, to whom, and what is held back.
//!
//! Each channel is brought from what it was told to what is so now. All that keeps a message back (a silence, another
//! alert that explains this one, an acknowledgement, flapping) is only a reason not to do it yet.

use chrono::Duration;
use nexops_core::alert::{AlertKind, Resolution};

use crate::outcome::{Cancelled, Message, MessageKind};
use crate::state::{End, Phase, Told};
use crate::step::Evaluation;
use crate::timing::REOPEN_WINDOW;

impl Evaluation<'_> {
    /// Sends what is due.
    pub(crate) fn tell(&mut self) {
        let acknowledged = self.state.is_acknowledged();
        let muted = self.muting.silenced || self.muting.inhibited || acknowledged;
        if let Some(flapping) = &mut self.state.flapping {
            if !flapping.announced && !muted {
                flapping.announced = true;
                self.tell_everybody(MessageKind::Flapping);
            }
            return;
        }
        let Some(occurrence) = &self.state.occurrence else { return };
        match &occurrence.end {
            Some(end) if acknowledged && self.setting.now - end.at < REOPEN_WINDOW => {}
            Some(_) => self.tell_the_end(),
            None if muted => {}
            None => {
                let kind = if occurrence.kind == AlertKind::NoData { MessageKind::NoData } else { MessageKind::Firing };
                self.tell_who_does_not_know(kind);
                self.remind();
            }
        }
    }

    /// Tells all channels of the alert, whatever they know.
    fn tell_everybody(&mut self, kind: MessageKind) {
        let channels = self.state.occurrence.as_ref().map(|occurrence| occurrence.channels.clone()).unwrap_or_default();
        for channel in channels {
            self.announce(channel, kind);
        }
    }

    fn tell_who_does_not_know(&mut self, kind: MessageKind) {
        let channels = self.state.occurrence.as_ref().map(|occurrence| occurrence.channels.clone()).unwrap_or_default();
        for channel in channels {
            if !self.state.told.contains_key(&channel) {
                self.announce(channel, kind);
            }
        }
    }

    fn announce(&mut self, channel: String, kind: MessageKind) {
        let now = self.setting.now;
        if let Some(message) = self.message(&channel, kind, None) {
            let told = Told { alert: message.alert, message: message.number, at: now };
            self.outcome.messages.push(message);
            self.state.told.insert(channel, told);
        }
    }

    fn remind(&mut self) {
        let (Some(repeat), Phase::Firing { .. } | Phase::NoData { .. }) =
            (self.rule.repeat_interval_seconds, self.state.phase)
        else {
            return;
        };
        if self.muting.reminders_inhibited || self.state.flags.stale && self.state.phase_is_firing() {
            return;
        }
        let now = self.setting.now;
        let repeat = Duration::seconds(i64::from(repeat));
        let due: Vec<String> = self
            .state
            .told
            .iter()
            .filter(|(channel, told)| now - told.at >= repeat && !(self.queued)(channel, told))
            .map(|(channel, _)| channel.clone())
            .collect();
        for channel in due {
            if let Some(message) = self.message(&channel, MessageKind::Reminder, None) {
                self.outcome.messages.push(message);
                if let Some(told) = self.state.told.get_mut(&channel) {
                    told.at = now;
                }
            }
        }
    }

    /// Tells those who heard of the alert how it ended. What they have not got yet is withdrawn instead.
    pub(crate) fn tell_the_end(&mut self) {
        let Some(end) = self.state.occurrence.as_ref().and_then(|occurrence| occurrence.end.clone()) else { return };
        let End { resolution, .. } = end;
        let kind = match resolution {
            Resolution::Recovered => MessageKind::Resolved,
            Resolution::RuleChanged
            | Resolution::RuleDeleted
            | Resolution::RuleDisabled
            | Resolution::SourceDeleted
            | Resolution::SourceStopped
            | Resolution::NoData
            | Resolution::Manual => MessageKind::Closed,
        };
        for (channel, told) in std::mem::take(&mut self.state.told) {
            if (self.queued)(&channel, &told) {
                let Told { alert, message: number, at: _ } = told;
                self.outcome.cancelled.push(Cancelled { alert, number, channel, resolution });
            } else if let Some(message) = self.message(&channel, kind, Some(resolution)) {
                self.outcome.messages.push(message);
            }
        }
    }

    /// Tells those who heard of the alert that its rule was made more severe.
    pub(crate) fn tell_of_severity(&mut self) {
        if self.muting.silenced || self.muting.inhibited || self.state.is_flapping() {
            return;
        }
        // Who has not got the beginning yet hears of it with the severity it has.
        let heard = self.state.told.iter().filter(|(channel, told)| !(self.queued)(channel, told));
        let channels: Vec<String> = heard.map(|(channel, _)| channel.clone()).collect();
        for channel in channels {
            let message = self.message(&channel, MessageKind::SeverityRaised, None);
            self.outcome.messages.extend(message);
        }
    }

    fn message(&mut self, channel: &str, kind: MessageKind, resolution: Option<Resolution>) -> Option<Message> {
        let at = self.setting.now;
        let occurrence = self.state.occurrence.as_mut()?;
        occurrence.messages += 1;
        Some(Message {
            alert: occurrence.id,
            number: occurrence.messages,
            channel: channel.to_owned(),
            kind,
            resolution,
            severity: occurrence.severity,
            at,
        })
    }
}
