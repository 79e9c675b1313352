//! Guests.

use nexops_core::vm::{Vm, VmStatus, VmType};
use uuid::Uuid;

use crate::format::{gibibytes, mebibytes, rate, uptime};
use crate::power::under_way;
use crate::query::{Filterable, Property};
use crate::table::{Column, Order, Row};
use crate::theme::Role;
use crate::view::Look;
use crate::widgets::cell::Cell;
use crate::widgets::meter::role_of;

impl Filterable for Vm {
    const PROPERTIES: &'static [&'static str] =
        &["id", "name", "state", "node", "cluster", "type", "tag", "ip", "lock", "cpu", "mem", "disk", "uptime"];

    fn property(&self, name: &str) -> Option<Property<'_>> {
        #[expect(clippy::cast_precision_loss, reason = "seconds of uptime")]
        let seconds = |seconds: i64| seconds as f64;
        Some(match name {
            "id" => Property::Number(Some(f64::from(self.vmid))),
            "name" => Property::Text(self.name.as_str().into()),
            "state" => Property::Text(self.status.as_str().into()),
            "node" => Property::Text(self.node.as_str().into()),
            "cluster" => Property::Text(self.connection.as_str().into()),
            "type" => Property::Text(kind(self.kind).into()),
            "tag" => Property::Texts(&self.tags),
            "ip" => Property::Text(self.ip_address.as_deref().unwrap_or_default().into()),
            "lock" => Property::Text(self.locked.as_deref().unwrap_or_default().into()),
            "cpu" => Property::Number(self.usage.cpu_usage),
            "mem" => Property::Number(self.usage.memory_usage),
            "disk" => Property::Number(self.usage.disk_usage),
            "uptime" => Property::Number(self.usage.uptime_seconds.map(seconds)),
            _ => return None,
        })
    }

    fn any_text(&self, visit: &mut dyn FnMut(&str) -> bool) -> bool {
        visit(&self.name)
            || visit(&self.vmid.to_string())
            || visit(&self.node)
            || self.ip_address.as_deref().is_some_and(&mut *visit)
            || self.tags.iter().any(|tag| visit(tag))
    }
}

impl Row for Vm {
    const COLUMNS: &'static [Column<Self>] = &[
        Column {
            key: "id",
            title: "ID",
            width: 6,
            stretch: 0,
            right: true,
            priority: 1,
            cell: |vm, _| Cell::muted(vm.vmid.to_string()),
            order: Order::Number(|vm| Some(f64::from(vm.vmid))),
        },
        Column {
            key: "type",
            title: "T",
            width: 2,
            stretch: 0,
            right: false,
            priority: 6,
            cell: |vm, _| Cell::muted(kind(vm.kind)),
            order: Order::Text(|vm| kind(vm.kind)),
        },
        Column {
            key: "name",
            title: "NAME",
            width: 16,
            stretch: 14,
            right: false,
            priority: 0,
            cell: |vm, _| Cell::text(vm.name.clone()),
            order: Order::Text(|vm| &vm.name),
        },
        Column {
            key: "state",
            title: "STATE",
            width: 11,
            stretch: 4,
            right: false,
            priority: 1,
            cell: state,
            order: Order::Text(|vm| vm.status.as_str()),
        },
        Column {
            key: "cpu",
            title: "CPU",
            width: 5,
            stretch: 9,
            right: true,
            priority: 2,
            cell: |vm, _| Cell::Percent(vm.usage.cpu_usage, role_of(vm.usage.cpu_usage)),
            order: Order::Number(|vm| vm.usage.cpu_usage),
        },
        Column {
            key: "mem",
            title: "MEM",
            width: 5,
            stretch: 9,
            right: true,
            priority: 2,
            cell: |vm, _| Cell::Percent(vm.usage.memory_usage, role_of(vm.usage.memory_usage)),
            order: Order::Number(|vm| vm.usage.memory_usage),
        },
        Column {
            key: "disk",
            title: "DISK",
            width: 5,
            stretch: 0,
            right: true,
            priority: 5,
            cell: |vm, _| Cell::Percent(vm.usage.disk_usage, role_of(vm.usage.disk_usage)),
            order: Order::Number(|vm| vm.usage.disk_usage),
        },
        Column {
            key: "node",
            title: "NODE",
            width: 6,
            stretch: 6,
            right: false,
            priority: 3,
            cell: |vm, _| Cell::muted(vm.node.clone()),
            order: Order::Text(|vm| &vm.node),
        },
        Column {
            key: "ip",
            title: "IP",
            width: 15,
            stretch: 0,
            right: false,
            priority: 4,
            cell: |vm, _| Cell::muted(vm.ip_address.clone().unwrap_or_else(|| "-".to_owned())),
            order: Order::Text(|vm| vm.ip_address.as_deref().unwrap_or_default()),
        },
        Column {
            key: "uptime",
            title: "UPTIME",
            width: 8,
            stretch: 0,
            right: true,
            priority: 7,
            cell: |vm, _| Cell::muted(uptime(vm.usage.uptime_seconds)),
            #[expect(clippy::cast_precision_loss, reason = "seconds of uptime")]
            order: Order::Number(|vm| vm.usage.uptime_seconds.map(|seconds| seconds as f64)),
        },
        Column {
            key: "net",
            title: "NET IN/OUT",
            width: 19,
            stretch: 0,
            right: true,
            priority: 9,
            cell: |vm, _| Cell::muted(format!("{} / {}", rate(vm.usage.network_in), rate(vm.usage.network_out))),
            order: Order::Number(|vm| Some(vm.usage.network_in? + vm.usage.network_out?)),
        },
        Column {
            key: "tags",
            title: "TAGS",
            width: 10,
            stretch: 10,
            right: false,
            priority: 8,
            cell: |vm, _| Cell::muted(vm.tags.join(" ")),
            order: Order::Text(|vm| vm.tags.first().map_or("", String::as_str)),
        },
        Column {
            key: "cluster",
            title: "CLUSTER",
            width: 10,
            stretch: 6,
            right: false,
            priority: 10,
            cell: |vm, _| Cell::muted(vm.connection.clone()),
            order: Order::Text(|vm| &vm.connection),
        },
        Column {
            key: "size",
            title: "CORES/MEM/DISK",
            width: 23,
            stretch: 0,
            right: true,
            priority: 11,
            cell: |vm, _| {
                let memory = mebibytes(f64::from(vm.memory_mb));
                Cell::muted(format!("{} / {memory} / {}", vm.cpu_cores, gibibytes(vm.disk_gb)))
            },
            order: Order::Number(|vm| Some(f64::from(vm.memory_mb))),
        },
    ];

    fn id(&self) -> Uuid {
        self.id.0
    }
}

/// The kind in two letters.
const fn kind(kind: VmType) -> &'static str {
    match kind {
        VmType::Qemu => "VM",
        VmType::Lxc => "CT",
    }
}

/// The sign and the role of a guest's status.
#[must_use]
pub const fn badge(status: VmStatus, look: &Look<'_>) -> (&'static str, Role) {
    match status {
        VmStatus::Running => (look.symbols.full(), Role::Ok),
        VmStatus::Stopped => (look.symbols.hollow(), Role::Muted),
        VmStatus::Paused => (look.symbols.half(), Role::Unknown),
        VmStatus::Error => (look.symbols.critical(), Role::Critical),
        VmStatus::Unknown => (look.symbols.unknown(), Role::Unknown),
    }
}

/// What a guest does, or what is being done to it.
fn state(vm: &Vm, look: &Look<'_>) -> Cell {
    if let Some(action) = look.under_way(vm.id) {
        return Cell::Badge(look.symbols.running(), under_way(action).into(), Role::Information);
    }
    let (sign, role) = badge(vm.status, look);
    if vm.template {
        return Cell::Badge(look.symbols.hollow(), "template".into(), Role::Muted);
    }
    match &vm.locked {
        Some(lock) => Cell::Badge(sign, format!("{} ({lock})", vm.status).into(), role),
        None => Cell::Badge(sign, vm.status.as_str().into(), role),
    }
}
