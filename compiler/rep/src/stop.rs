//! Ending a computation from outside: a prompt gives its thread a flag, and long loops look at it.
//!
//! A loop that finds the flag raised unwinds its thread, without a message, so that nothing half done is remembered as a result.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    static FLAG: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

/// What a thread unwinds with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

/// Lets a flag end the long computations of this thread.
pub fn when(flag: Arc<AtomicBool>) {
    FLAG.with(|f| *f.borrow_mut() = Some(flag));
}

/// The flag of this thread.
pub fn flag() -> Option<Arc<AtomicBool>> {
    FLAG.with(|f| f.borrow().clone())
}

/// Unwinds with [`Stopped`] if the flag of this thread is raised.
pub(crate) fn check() {
    let raised = FLAG.with(|f| f.borrow().as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)));
    if raised {
        resume_unwind(Box::new(Stopped));
    }
}

#[cfg(test)]
mod tests {
    use super::{Stopped, when};
    use crate::group::Group;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    /// A table that was asked for in vain is made when it is asked for again.
    #[test]
    fn nothing_half_done_is_kept() {
        let group = Group::Dic(23);
        let asked = group.clone();
        let stopped = std::thread::spawn(move || {
            when(Arc::new(AtomicBool::new(true)));
            asked.character_table().map(|t| t.len())
        });
        let payload = stopped.join().expect_err("an end");
        assert_eq!(payload.downcast_ref(), Some(&Stopped));
        assert_eq!(group.character_table().map(|t| t.len()), Ok(26));
    }
}
