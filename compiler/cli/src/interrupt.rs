//! Ctrl-C while a model is trained: the first asks for an end, the second is one.

use crate::Failure;
use signal_hook::SigId;
use signal_hook::consts::SIGINT;
use signal_hook::{flag, low_level};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

/// The exit code of a program that Ctrl-C has ended: 128 and the number of the signal.
pub const EXIT: u8 = 130;

/// What ends the process once nothing catches Ctrl-C any more; it must go before something does again.
static DEFAULT: Mutex<Option<SigId>> = Mutex::new(None);

/// While it lives, the first Ctrl-C raises a flag and the second ends the process. Afterwards one ends it, as it does by default.
pub struct Interrupt {
    raised: Arc<AtomicBool>,
    actions: [SigId; 2],
}

impl Interrupt {
    /// Catches Ctrl-C from now on.
    ///
    /// # Errors
    /// What the system says.
    pub fn catch() -> Result<Interrupt, Failure> {
        if let Some(action) = DEFAULT.lock().unwrap_or_else(PoisonError::into_inner).take() {
            low_level::unregister(action);
        }
        let raised = Arc::new(AtomicBool::new(false));
        // Actions run in this order: only what an earlier signal has raised ends the process.
        let register = || -> std::io::Result<[SigId; 2]> {
            let second = flag::register_conditional_shutdown(SIGINT, EXIT.into(), raised.clone())?;
            Ok([second, flag::register(SIGINT, raised.clone())?])
        };
        let actions = register().map_err(|e| Failure::error(format!("cannot catch Ctrl-C: {e}")))?;
        Ok(Interrupt { raised, actions })
    }

    /// The flag, for another thread; it stays raised.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.raised.clone()
    }

    /// True after the first Ctrl-C.
    pub fn raised(&self) -> &AtomicBool {
        &self.raised
    }
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        for action in self.actions {
            low_level::unregister(action);
        }
        // That the default cannot be put back leaves the process no worse than it has been.
        let action = flag::register_conditional_default(SIGINT, Arc::new(AtomicBool::new(true)));
        *DEFAULT.lock().unwrap_or_else(PoisonError::into_inner) = action.ok();
    }
}
