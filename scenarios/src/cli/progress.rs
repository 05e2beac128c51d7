//! A progress bar on stderr, on terminals only.

use indicatif::{ProgressBar, ProgressStyle};
use std::sync::Mutex;

/// Steps of the bar.
const STEPS: u64 = 1_000;

/// The progress of a batch of cells.
pub(super) struct Progress {
    bar: ProgressBar,
    shares: Mutex<Vec<f64>>,
}

impl Progress {
    /// A bar over so many cells; a silent one if it is not wanted.
    pub(super) fn new(cells: usize, wanted: bool) -> Self {
        let bar = if wanted { ProgressBar::new(STEPS) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{wide_bar} {percent:>3} %  {elapsed}  about {eta} left");
        bar.set_style(style.expect("a good template"));
        Progress { bar, shares: Mutex::new(vec![0.0; cells]) }
    }

    /// Cell number `cell` has done this share of its time.
    pub(super) fn tell(&self, cell: usize, share: f64) {
        let Ok(mut shares) = self.shares.lock() else {
            return;
        };
        if let Some(done) = shares.get_mut(cell) {
            *done = share;
        }
        let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
        self.bar.set_position((mean * STEPS as f64) as u64);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
