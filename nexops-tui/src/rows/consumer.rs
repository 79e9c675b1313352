//! The guests that take most, on the dashboard.

use nexops_core::overview::Consumer;
use uuid::Uuid;

use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row};
use crate::widgets::cell::Cell;

impl Filterable for Consumer {
    const PROPERTIES: &'static [&'static str] = &[];

    fn property(&self, _name: &str) -> Option<Property<'_>> {
        None
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name) || visit(&self.node)
    }
}

impl Row for Consumer {
    const COLUMNS: &'static [Column<Self>] = &[Column {
        key: "load",
        title: "LOAD",
        width: 5,
        stretch: 0,
        right: true,
        priority: 0,
        cell: |consumer, _| Cell::text(consumer.name.clone()),
        // The busiest first.
        order: Order::Number(|consumer| Some(-consumer.load)),
    }];

    fn id(&self) -> Uuid {
        self.id.0
    }
}
