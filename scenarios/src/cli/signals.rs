//! Ctrl-C: the first one lets the run stop and clean up, a second one ends the program at once.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Exit code after a second Ctrl-C.
const INTERRUPTED: i32 = 130;

/// A flag that is raised when the user or the system asks the program to end.
pub(super) fn interruption() -> Arc<AtomicBool> {
    let raised = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Without a handler the default holds: the program ends, and leaves a folder with a temporary name.
        let _ = flag::register_conditional_shutdown(signal, INTERRUPTED, raised.clone());
        let _ = flag::register(signal, raised.clone());
    }
    raised
}
