//! Inputs on a thread of their own, so that Ctrl-C stops a computation and not the session.

use super::session::{Answer, Outcome, Session};
use super::show;
use super::value::Value;
use crate::interrupt::Interrupt;
use crate::{Failure, STACK};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long Ctrl-C may go unnoticed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Does an input. After Ctrl-C its thread ends at the next step of a computation with groups or representations, or of compiled code; nobody
/// waits for it, and what it was working on goes with it.
///
/// # Errors
/// What the input says, that it broke the compiler, or [`Failure::Interrupted`].
pub fn run(session: &Session, text: &str) -> Outcome {
    let interrupt = Interrupt::catch()?;
    let (sender, done) = channel();
    let (session, text) = (session.clone(), text.to_string());
    let stop = interrupt.flag();
    let work = move || {
        gdl_rep::stop::when(stop);
        // Nobody waits for what was interrupted.
        let _ = sender
            .send(super::step(&session, &text).map(|(answers, next)| (answers.into_iter().map(shown).collect(), next)));
    };
    let thread = thread::Builder::new().stack_size(STACK).spawn(work);
    thread.map_err(|e| Failure::error(format!("cannot start a thread: {e}")))?;
    loop {
        let received = done.recv_timeout(PATIENCE);
        if interrupt.raised().load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        match received {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                let failure = Failure::error("this broke the compiler; the session goes on");
                return Err(failure.help("Please report it."));
            }
        }
    }
}

/// A value as text: what is printed of one may take as long as the value itself. Pictures depend on the terminal.
fn shown(answer: Answer) -> Answer {
    match answer {
        Answer::Value { name, text, value } if !matches!(value, Value::Picture(_)) => {
            Answer::Text(show::value(&value, name.as_deref(), &text))
        }
        other => other,
    }
}
