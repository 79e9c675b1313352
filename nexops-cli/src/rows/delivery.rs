//! Messages, and what became of them.

use nexops_core::notification::{Delivery, DeliveryState};

use crate::color::Tone;
use crate::format::{ago, timestamp};
use crate::output::{Cell, Column, Field, Row};

impl Row for Delivery {
    const NARROW: &'static [Column<Self>] = &[
        Column { header: "ID", cell: |delivery, _| Cell::plain(delivery.id.to_string()) },
        Column { header: "STATE", cell: |delivery, _| state(delivery.state) },
        Column { header: "CHANNEL", cell: |delivery, _| Cell::plain(&delivery.channel) },
        Column { header: "EVENT", cell: |delivery, _| Cell::plain(delivery.event.as_str()) },
        Column { header: "QUEUED", cell: |delivery, now| Cell::plain(ago(delivery.created_at, now)) },
        Column { header: "TITLE", cell: |delivery, _| Cell::plain(&delivery.title) },
    ];
    const WIDE: &'static [Column<Self>] = &[
        Column { header: "TRIES", cell: |delivery, _| Cell::plain(delivery.attempts.to_string()) },
        Column { header: "REASON", cell: |delivery, _| Cell::maybe(reason(delivery)) },
        Column { header: "ALERT ID", cell: |delivery, _| Cell::maybe(delivery.alert_id.map(|id| id.to_string())) },
    ];
    const FIELDS: &'static [Field<Self>] = &[
        Field { name: "id", value: |delivery| Some(delivery.id.to_string()) },
        Field { name: "state", value: |delivery| Some(delivery.state.to_string()) },
        Field { name: "channel", value: |delivery| Some(delivery.channel.clone()) },
        Field { name: "event", value: |delivery| Some(delivery.event.to_string()) },
        Field { name: "title", value: |delivery| Some(delivery.title.clone()) },
        Field { name: "alert_id", value: |delivery| delivery.alert_id.map(|id| id.to_string()) },
        Field { name: "message_id", value: |delivery| delivery.message_id.map(|id| id.to_string()) },
        Field { name: "attempts", value: |delivery| Some(delivery.attempts.to_string()) },
        Field { name: "reason", value: reason },
        Field { name: "created_at", value: |delivery| Some(timestamp(delivery.created_at)) },
        Field { name: "next_attempt_at", value: |delivery| delivery.next_attempt_at.map(timestamp) },
        Field { name: "finished_at", value: |delivery| delivery.finished_at.map(timestamp) },
    ];

    fn name(&self) -> String {
        self.id.to_string()
    }
}

fn state(state: DeliveryState) -> Cell {
    let tone = match state {
        DeliveryState::Pending => Tone::Odd,
        DeliveryState::Sent => Tone::Good,
        DeliveryState::Dead => Tone::Bad,
        DeliveryState::Cancelled => Tone::Dim,
    };
    Cell::new(state.as_str(), tone)
}

/// Why it was not sent, or not yet.
fn reason(delivery: &Delivery) -> Option<String> {
    delivery.reason.clone().or_else(|| delivery.last_error.as_ref().map(|error| error.message.clone()))
}
