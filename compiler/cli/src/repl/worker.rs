//! Inputs on a thread of their own, so that Ctrl-C stops a computation and not the session.

use super::session::{Outcome, Session};
use crate::interrupt::Interrupt;
use crate::{Failure, STACK};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long Ctrl-C may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Does an input. After Ctrl-C its thread is left behind with what it was working on.
///
/// # Errors
/// What the input says, that it broke the compiler, or [`Failure::Interrupted`].
pub fn run(session: &Session, text: &str) -> Outcome {
    let interrupt = Interrupt::catch()?;
    let (sender, done) = channel();
    let (session, text) = (session.clone(), text.to_string());
    let work = move || {
        // Nobody waits for what was interrupted.
        let _ = sender.send(super::step(&session, &text));
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(work);
    thread.map_err(|e| Failure::error(format!("cannot start a thread: {e}")))?;
    loop {
        match done.recv_timeout(PATIENCE) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Timeout) if interrupt.raised().load(Ordering::Relaxed) => {
                return Err(Failure::Interrupted);
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                let failure = Failure::error("this broke the compiler; the session goes on");
                return Err(failure.help("Please report it."));
            }
        }
    }
}
