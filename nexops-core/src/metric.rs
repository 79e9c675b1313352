//! Metrics: what is measured, in which unit, and its history.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::text_enum;
use crate::usage::Usage;

text_enum! {
    /// Something that is measured again and again.
    pub enum Metric {
        /// Percent of the source's CPUs.
        CpuUsage = "cpu_usage",
        /// Percent of the source's memory.
        MemoryUsage = "memory_usage",
        /// Percent of the source's disk.
        DiskUsage = "disk_usage",
        /// Bytes received a second.
        NetworkIn = "network_in",
        /// Bytes sent a second.
        NetworkOut = "network_out",
        /// Milliseconds until a service answered.
        ResponseTime = "response_time",
        /// 1 while a service counts as up, 0 while it counts as down. Not measured while nobody knows.
        Up = "up",
        /// Days until a service's certificate ends; below 0 when it has ended.
        CertificateDays = "certificate_days",
    }
}

impl Metric {
    /// The unit in which it is stored and served.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::CpuUsage | Self::MemoryUsage | Self::DiskUsage => Unit::Percent,
            Self::NetworkIn | Self::NetworkOut => Unit::BytesPerSecond,
            Self::ResponseTime => Unit::Milliseconds,
            Self::Up => Unit::Bool,
            Self::CertificateDays => Unit::Days,
        }
    }

    /// Whether it is measured of this kind of source.
    #[must_use]
    pub const fn is_measured_of(self, source: SourceType) -> bool {
        match self {
            Self::CpuUsage | Self::MemoryUsage | Self::DiskUsage => {
                matches!(source, SourceType::Node | SourceType::Vm)
            }
            Self::NetworkIn | Self::NetworkOut => matches!(source, SourceType::Vm),
            Self::ResponseTime | Self::Up | Self::CertificateDays => matches!(source, SourceType::Service),
        }
    }

    /// Its value among current figures; `None` when it is not known.
    #[must_use]
    pub const fn of(self, usage: &Usage) -> Option<f64> {
        match self {
            Self::CpuUsage => usage.cpu_usage,
            Self::MemoryUsage => usage.memory_usage,
            Self::DiskUsage => usage.disk_usage,
            Self::NetworkIn => usage.network_in,
            Self::NetworkOut => usage.network_out,
            Self::ResponseTime | Self::Up | Self::CertificateDays => None,
        }
    }
}

text_enum! {
    /// The unit of a metric.
    pub enum Unit {
        /// Percent, 0..=100.
        Percent = "percent",
        /// Bytes.
        Bytes = "bytes",
        /// Bytes a second.
        BytesPerSecond = "bytes_per_sec",
        /// Milliseconds.
        Milliseconds = "milliseconds",
        /// 0 or 1.
        Bool = "bool",
        /// Days.
        Days = "days",
    }
}

text_enum! {
    /// The kind of thing that a metric is measured of.
    pub enum SourceType {
        /// A node.
        Node = "node",
        /// A guest.
        Vm = "vm",
        /// A service.
        Service = "service",
    }
}

text_enum! {
    /// A span of time that ends now.
    pub enum Range {
        /// The last hour.
        Hour = "1h",
        /// The last six hours.
        SixHours = "6h",
        /// The last day.
        Day = "24h",
        /// The last seven days.
        Week = "7d",
    }
}

impl Range {
    /// How long the span is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        match self {
            Self::Hour => Duration::hours(1),
            Self::SixHours => Duration::hours(6),
            Self::Day => Duration::hours(24),
            Self::Week => Duration::days(7),
        }
    }
}

/// The history of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SourceSeries {
    /// The kind of source.
    pub source_type: SourceType,
    /// Its id.
    pub source_id: Uuid,
    /// The span that was asked for; null when it was given by `from` and `to`.
    pub range: Option<Range>,
    /// One entry for each metric that the source has.
    pub series: Vec<Series>,
}

/// The history of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Series {
    /// What was measured.
    pub metric_name: Metric,
    /// In which unit.
    pub unit: Unit,
    /// The length of a bucket, in seconds.
    pub resolution_seconds: u32,
    /// One point a bucket, oldest first, without holes: a bucket without samples has nulls.
    pub points: Vec<Point>,
}

/// One bucket of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Point {
    /// When the bucket begins.
    pub t: DateTime<Utc>,
    /// The mean of its samples; null when there are none.
    pub avg: Option<f64>,
    /// The smallest.
    pub min: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

/// Which history to give.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SeriesQuery {
    /// A span that ends now; `1h` if neither this nor `from` is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
    /// The beginning, instead of `range`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// The end, with `from`; now if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
    /// Only this metric; may be given several times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metric: Vec<Metric>,
    /// The most points a series may have, 2 to 5000; 500 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 2, maximum = 5000)]
    pub max_points: Option<u32>,
}
