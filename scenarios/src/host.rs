//! The machine that a run happens on: wall clock, memory, processors. The only file that looks at them;
//! what it finds goes into `environment.json`, into budgets and progress, and never into a result.

#![allow(
    clippy::disallowed_types,
    reason = "the one place that measures wall time, for budgets and environment.json"
)]

use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Wall time since a start.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// `environment.json`: facts about one execution, outside of every comparison of bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Environment {
    /// Wall time of the whole run.
    pub wall_s: f64,
    /// Largest resident memory of the process, if the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// Dispatched events of all cells over wall time.
    pub events_per_s: f64,
    /// Folder that the scenario's files are relative to: `diff` and `trace` look there.
    pub scenario_folder: PathBuf,
    /// Worker threads.
    pub threads: usize,
    /// Processors that the process may use.
    pub processors: usize,
    /// Operating system.
    pub os: &'static str,
    /// Architecture.
    pub arch: &'static str,
    /// Build profile.
    pub profile: &'static str,
}

impl Environment {
    /// The facts at the end of a run.
    pub fn measure(watch: Stopwatch, events: u64, threads: usize, folder: &Path) -> Self {
        let wall_s = watch.elapsed().as_secs_f64();
        Environment {
            wall_s,
            peak_memory_bytes: status_field("VmHWM:"),
            events_per_s: if wall_s > 0.0 { events as f64 / wall_s } else { 0.0 },
            scenario_folder: std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf()),
            threads,
            processors: processors(),
            os: std::env::consts::OS,
            arch: std::env::consts::ARCH,
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
        }
    }

    /// The bytes of `environment.json`.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("plain fields");
        text.push('\n');
        text
    }
}

/// Processors that the process may use, at least one.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, |n| n.get())
}

/// Resident memory of the process now, if the system tells.
pub fn memory_now() -> Option<u64> {
    status_field("VmRSS:")
}

/// Memory that a run may use if the user sets no limit: three quarters of what the machine has, or of
/// the container's limit if that is less.
pub fn memory_limit() -> u64 {
    let total = meminfo_total().unwrap_or(4 << 30);
    let container = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok())
        .min();
    container.map_or(total, |limit| limit.min(total)) / 4 * 3
}

fn meminfo_total() -> Option<u64> {
    field_kib(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

fn status_field(name: &str) -> Option<u64> {
    field_kib(&fs::read_to_string("/proc/self/status").ok()?, name)
}

/// `Name:   1234 kB` as bytes.
fn field_kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}
