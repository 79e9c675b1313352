//! Moving figures: pure functions of a guest and the time, so that idle guests cost nothing.

use std::f64::consts::TAU;

use crate::clock::Moment;
use crate::guest::{Guest, GuestKind, Run};
use crate::random::fraction_of;

/// What a guest uses at one moment. All zero when it is stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) uptime: u64,
    /// Share of the guest's own processors, 0..1.
    pub(crate) cpu: f64,
    pub(crate) mem: u64,
    /// What the guest costs the host; 0 for containers.
    pub(crate) memhost: u64,
    /// Used bytes of the root disk; always 0 for virtual machines, as on a real server.
    pub(crate) disk: u64,
    pub(crate) netin: u64,
    pub(crate) netout: u64,
    pub(crate) diskread: u64,
    pub(crate) diskwrite: u64,
    pub(crate) pid: u32,
    /// Percentage of time something waited for a processor.
    pub(crate) pressure: f64,
}

/// The bytes in use on the root disk of a running guest, which only its inside knows for a virtual machine.
pub(crate) fn used_disk_bytes(guest: &Guest, now: Moment) -> u64 {
    guest.run.as_ref().map_or(0, |run| disk(guest, run.active_seconds(now)))
}

/// The figures of a guest at a moment.
pub(crate) fn figures(guest: &Guest, now: Moment) -> Figures {
    guest.run.as_ref().map_or_else(Figures::default, |run| running(guest, run, run.counted_from, now))
}

/// The same with counters that were never reset, so that the rates of the past can be told.
pub(crate) fn unbroken_figures(guest: &Guest, now: Moment) -> Figures {
    guest.run.as_ref().map_or_else(Figures::default, |run| running(guest, run, 0.0, now))
}

fn running(guest: &Guest, run: &Run, counted_from: f64, now: Moment) -> Figures {
    let active = run.active_seconds(now);
    let uptime = now.since(run.started).max(0.0);
    let cpu = if run.is_paused() { 0.0 } else { cpu(guest, now) };
    let mem = memory(guest, active);
    let is_qemu = guest.kind == GuestKind::Qemu;
    let counted = |which, mean_rate| {
        counter(guest, which, mean_rate, active).saturating_sub(counter(guest, which, mean_rate, counted_from))
    };
    let launch = guest.seed ^ run.started.epoch();
    Figures {
        uptime: uptime as u64,
        cpu,
        mem,
        memhost: if is_qemu { mem + mem / 32 + (48 << 20) } else { 0 },
        disk: if is_qemu { 0 } else { disk(guest, active) },
        netin: counted(20, 60_000.0),
        netout: counted(21, 45_000.0),
        diskread: counted(22, 30_000.0),
        diskwrite: counted(23, 90_000.0),
        pid: 1_000 + (fraction_of(launch) * 400_000.0) as u32,
        pressure: (cpu * cpu * 1_200.0).round() / 100.0,
    }
}

/// A daily, a slow and a quick wave around a base, a little noise every ten seconds, rare bursts.
fn cpu(guest: &Guest, now: Moment) -> f64 {
    let base = 0.015 + 0.35 * guest.trait_of(1).powi(3);
    let wave = |period: f64, phase: f64| (TAU * (now.seconds() / period + phase)).sin();
    let daily = 0.25 * wave(86_400.0, guest.trait_of(2));
    let slow = 0.35 * wave(400.0 + 1_600.0 * guest.trait_of(3), guest.trait_of(4));
    let quick = 0.2 * wave(45.0 + 90.0 * guest.trait_of(5), guest.trait_of(6));
    let noise = 0.03 * fraction_of(guest.seed ^ (now.epoch() / 10));
    let burst_window = guest.seed.rotate_left(17) ^ (now.epoch() / 300);
    let burst = if fraction_of(burst_window) > 0.97 { 0.45 } else { 0.0 };
    (base * (1.0 + daily + slow + quick) + noise + burst).clamp(0.0, 0.99)
}

/// Grows during the first minutes after a start, then breathes slowly.
fn memory(guest: &Guest, active: f64) -> u64 {
    let settled = 0.22 + 0.5 * guest.trait_of(7);
    let breath = 0.05 * (TAU * (active / (900.0 + 3_600.0 * guest.trait_of(8)))).sin();
    let warm = 0.3 + 0.7 * (1.0 - (-active / 90.0).exp());
    (guest.max_memory_bytes as f64 * (settled + breath) * warm) as u64
}

fn disk(guest: &Guest, active: f64) -> u64 {
    let used = 0.12 + 0.55 * guest.trait_of(9) + 0.02 * (active / 2_592_000.0).min(1.0);
    (guest.max_disk_bytes as f64 * used) as u64
}

/// The integral of a rate that swings but stays positive: a counter that only grows.
fn counter(guest: &Guest, which: u64, mean_rate: f64, active: f64) -> u64 {
    let rate = mean_rate * 12.0 * guest.trait_of(which).powi(4) + mean_rate * 0.05;
    let swing = 0.8;
    let turn = TAU / (120.0 + 1_800.0 * guest.trait_of(which + 30));
    let phase = TAU * guest.trait_of(which + 60);
    let wave = swing / turn * (phase.cos() - (turn * active + phase).cos());
    (rate * (active + wave)).max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seed;

    proptest! {
        #[test]
        fn counters_never_fall_and_shares_stay_shares(seed in any::<u64>(), times in prop::collection::vec(0.0f64..1e6, 2..20)) {
            let start = Moment::at(1_700_000_000.0);
            let mut guest = seed::ordinary_guest(100, GuestKind::Lxc, seed, start);
            guest.run = Some(Run::from(start));
            let mut times = times;
            times.sort_by(f64::total_cmp);
            let mut last = Figures::default();
            for seconds in times {
                let next = figures(&guest, start.plus(seconds));
                prop_assert!((0.0..=1.0).contains(&next.cpu));
                prop_assert!(next.mem <= guest.max_memory_bytes);
                prop_assert!(next.disk <= guest.max_disk_bytes);
                prop_assert!(next.netin >= last.netin && next.netout >= last.netout);
                prop_assert!(next.diskread >= last.diskread && next.diskwrite >= last.diskwrite);
                last = next;
            }
        }
    }
}
