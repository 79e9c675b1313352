//! Families of figures, each with its help and the lines below it.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// What is written so far.
pub struct Page<'a, 'e> {
    encoder: &'a mut DescriptorEncoder<'e>,
}

/// The labels of a line.
pub type Labels<'a> = Vec<(&'static str, &'a str)>;

impl<'a, 'e> Page<'a, 'e> {
    pub fn new(encoder: &'a mut DescriptorEncoder<'e>) -> Self {
        Self { encoder }
    }

    /// One figure that goes up and down, without labels.
    pub fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.encoder.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    /// Figures that go up and down. What is not known has no line.
    pub fn gauges<'l>(
        &mut self,
        name: &str,
        help: &str,
        lines: impl Iterator<Item = (Labels<'l>, Option<f64>)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, lines, |mut line, value| line.encode_gauge(&value))
    }

    /// One figure that only goes up, without labels. The name gets `_total`.
    pub fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let mut line = self.encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
        line.encode_counter::<NoLabelSet, u64, u64>(&value, None)
    }

    /// Figures that only go up. The name gets `_total`.
    pub fn counters<'l>(
        &mut self,
        name: &str,
        help: &str,
        lines: impl Iterator<Item = (Labels<'l>, Option<f64>)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, lines, |mut line, value| {
            line.encode_counter::<NoLabelSet, f64, u64>(&value, None)
        })
    }

    /// A family without lines is left out as a whole.
    fn family<'l>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        lines: impl Iterator<Item = (Labels<'l>, Option<f64>)>,
        mut write: impl FnMut(MetricEncoder<'_>, f64) -> fmt::Result,
    ) -> fmt::Result {
        let mut known = lines.filter_map(|(labels, value)| Some((labels, value?))).peekable();
        if known.peek().is_none() {
            return Ok(());
        }
        let mut family = self.encoder.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in known {
            write(family.encode_family(&labels)?, value)?;
        }
        Ok(())
    }
}
